package crf

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxTemplates bounds the templates of a file.
const maxTemplates = 1000

// cellMacro is a cell in a template file, %x[offset,column].
var cellMacro = regexp.MustCompile(`%x\[(-?\d+),(\d+)\]`)

// ReadTemplates reads templates of the form that CRF++ has: a line "U02:%x[-1,0]/%x[0,1]" makes a
// feature of the cells at offset and column, a line "B" the transitions between labels, and # begins
// a comment. Transitions that depend on cells are refused.
func ReadTemplates(r io.Reader) (templates []Template, transitions bool, err error) {
	in := bufio.NewScanner(r)
	for line := 1; in.Scan(); line++ {
		text, _, _ := strings.Cut(in.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		bad := func(msg string, args ...any) error { return &FormatError{"templates", line, fmt.Sprintf(msg, args...)} }
		var t Template
		for _, m := range cellMacro.FindAllStringSubmatch(text, -1) {
			offset, e1 := strconv.Atoi(m[1])
			column, e2 := strconv.Atoi(m[2])
			if e1 != nil || e2 != nil {
				return nil, false, bad("got %q, want %%x[offset,column]", m[0])
			}
			t = append(t, Cell{column, offset})
		}
		rest := cellMacro.ReplaceAllString(text, "")
		switch {
		case strings.Contains(rest, "%"):
			return nil, false, bad("got %q, want cells of the form %%x[offset,column]", text)
		case text[0] == 'B' && len(t) > 0:
			return nil, false, bad("got %q, want B alone: transitions do not depend on cells", text)
		case text[0] == 'B':
			transitions = true
		case text[0] != 'U':
			return nil, false, bad("got %q, want a line that begins with U or B", text)
		case len(templates) == maxTemplates:
			return nil, false, bad("got more than %d templates", maxTemplates)
		default:
			templates = append(templates, t)
		}
	}
	if err := in.Err(); err != nil {
		return nil, false, fmt.Errorf("crf: templates: %w", err)
	}
	if len(templates) == 0 {
		return nil, false, &FormatError{"templates", 0, "got none, want a line such as U00:%x[0,0]"}
	}
	return templates, transitions, checkTemplates(templates, maxColumn)
}
