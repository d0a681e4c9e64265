package crf

import (
	"fmt"
	"strconv"
)

// Cell is a column of the token that stands Offset after the present one.
type Cell struct {
	// Column counts from 0.
	Column int `json:"column"`
	// Offset counts tokens; negative ones are before.
	Offset int `json:"offset"`
}

// Template makes one feature of each token: the conjunction of its cells. Beyond the ends of the
// sequence a cell says how far beyond. No cells make a feature that every token has.
type Template []Cell

// Window returns the templates of a column's cells from offset −radius to radius, alone and, for
// each length in joined, that many neighbours together.
func Window(column, radius int, joined ...int) []Template {
	var out []Template
	for _, length := range append([]int{1}, joined...) {
		for from := -radius; from+length-1 <= radius; from++ {
			var t Template
			for k := range length {
				t = append(t, Cell{column, from + k})
			}
			out = append(out, t)
		}
	}
	return out
}

// Chunking returns the templates of chunking by words in column 0 and parts of speech in column 1:
// words within two tokens and pairs of neighbours with the present one, parts of speech within two
// tokens with their pairs and triples (Sha & Pereira 2003, table 1).
func Chunking() []Template {
	words := append(Window(0, 2), Window(0, 1, 2)[3:]...)
	return append(words, Window(1, 2, 2, 3)...)
}

// maxOffset bounds the reach of a template.
const maxOffset = 1 << 10

// checkTemplates wants cells that exist in rows of the given width.
func checkTemplates(ts []Template, width int) error {
	if len(ts) == 0 {
		return fmt.Errorf("crf: templates: got none, want one or more")
	}
	for i, t := range ts {
		for _, c := range t {
			if c.Column < 0 || c.Column >= width || c.Offset < -maxOffset || c.Offset > maxOffset {
				return fmt.Errorf("crf: template %d: got column %d at offset %d, want a column below %d and an offset within %d",
					i, c.Column, c.Offset, width, maxOffset)
			}
		}
	}
	return nil
}

// appendFeature appends the text of template number k at token t: its number and, after a zero
// byte each, the cells; a place beyond the ends is two zero bytes and how far beyond.
func appendFeature(text []byte, k int, tpl Template, rows [][]string, t int) []byte {
	text = strconv.AppendInt(text, int64(k), 10)
	for _, c := range tpl {
		text = append(text, 0)
		switch at := t + c.Offset; {
		case at < 0:
			text = strconv.AppendInt(append(text, 0), int64(at), 10)
		case at >= len(rows):
			text = strconv.AppendInt(append(text, 0, '+'), int64(at-len(rows)+1), 10)
		default:
			text = append(text, rows[at][c.Column]...)
		}
	}
	return text
}

// checkRows wants T ≥ 1 rows of the same width.
func checkRows(what string, i int, s Sequence, width int) error {
	if len(s.Rows) == 0 {
		return fmt.Errorf("crf: %s: sequence %d: got no tokens", what, i)
	}
	for t, row := range s.Rows {
		if len(row) < width {
			return fmt.Errorf("crf: %s: sequence %d: token %d: columns: got %d, want %d", what, i, t, len(row), width)
		}
	}
	return nil
}
