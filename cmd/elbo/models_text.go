package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/text"
)

// writeModels prints name and summary of every method, by group; a terminal has long lines wrapped.
func writeModels(out io.Writer) error {
	var b strings.Builder
	columns, width := terminalWidth(out), 0
	for _, e := range catalog.Entries() {
		width = max(width, utf8.RuneCountInString(e.Name))
	}
	for _, group := range catalog.Groups() {
		fmt.Fprintf(&b, "%s\n", group)
		for _, e := range catalog.Entries() {
			if e.Group == group {
				writeFact(&b, columns, "  "+e.Name, width+4, e.Summary)
			}
		}
		b.WriteByte('\n')
	}
	writeFact(&b, columns, "likelihoods", width+4, strings.Join(likelihoodNames(), ", "))
	b.WriteString("\n`elbo models NAME` tells more of one: paper, command, figures, tests.\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// writeModelsOf prints what is known of the methods that names stand for.
func writeModelsOf(out io.Writer, names []string) error {
	var b strings.Builder
	columns := terminalWidth(out)
	for i, e := range entriesOf(names) {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", e.Name)
		facts := []catalog.Note{{Name: "is", Value: e.Summary}, {Name: "group", Value: e.Group}, {Name: "paper", Value: e.Paper}, {Name: "use", Value: e.Command}}
		facts = append(facts, e.Notes...)
		facts = append(facts, catalog.Note{Name: "measured", Value: e.Measured}, catalog.Note{Name: "tests", Value: e.Test})
		for _, f := range facts {
			if f.Value != "" {
				writeFact(&b, columns, "  "+f.Name, 15, f.Value)
			}
		}
	}
	if b.Len() == 0 {
		return misusef("models: got %s, want a name of `elbo models`, or a part of one%s", strings.Join(names, " "), nearestEntry(names[0]))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// entriesOf are the methods that have one of the names, or else a part of their own in common with
// one, in the order of the names.
func entriesOf(names []string) (out []catalog.Entry) {
	for _, name := range names {
		name = strings.ToLower(name)
		of := func(fits func(e catalog.Entry) bool) (found bool) {
			for _, e := range catalog.Entries() {
				same := func(o catalog.Entry) bool { return o.Group == e.Group && o.Name == e.Name }
				if fits(e) {
					if found = true; !slices.ContainsFunc(out, same) {
						out = append(out, e)
					}
				}
			}
			return found
		}
		if !of(func(e catalog.Entry) bool { return strings.ToLower(e.Name) == name }) {
			of(func(e catalog.Entry) bool { return strings.Contains(strings.ToLower(e.Name), name) })
		}
	}
	return out
}

// nearestEntry suggests the method whose name is least far from one that was mistyped.
func nearestEntry(name string) string {
	near := slices.MinFunc(catalog.Entries(), func(a, b catalog.Entry) int {
		return cmp.Compare(text.Distance(name, a.Name), text.Distance(name, b.Name))
	})
	if text.Distance(name, near.Name) > 2 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", near.Name)
}

// terminalWidth is the width of a terminal, and without bound of anything else.
func terminalWidth(out io.Writer) int {
	if s := newScreen(out); s.live {
		return s.width()
	}
	return math.MaxInt
}

// writeFact appends a line of a name and, from the indent on, what is said of it. Further lines
// take what does not fit into the columns.
func writeFact(b *strings.Builder, columns int, name string, indent int, said string) {
	fmt.Fprintf(b, "%-*s", indent, name)
	room, at := max(20, columns-1-indent), 0
	for i, word := range strings.Fields(said) {
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && at+1+n > room:
			fmt.Fprintf(b, "\n%*s", indent, "")
			at = 0
		case i > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
}
