package forecast

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// confusion draws counts by true and predicted class.
func confusion(s *scene) (picture, error) {
	counts, err := eval.Confusion(s.probs, s.labels)
	if err != nil {
		return picture{}, err
	}
	p := picture{draw: func(w io.Writer, title string) error { return plot.Confusion(w, counts, s.Classes, title) }}
	p.caption = "Test rows by true class (down) and most probable class (across). A full blue diagonal is what one wants; orange says which class is taken for which."
	if pairs := mixedUp(counts, s.Classes, 3); len(pairs) > 0 {
		p.caption += " Most often mixed up: " + strings.Join(pairs, "; ") + "."
	}
	return p, nil
}

// mixedUp names the wrong cells with the largest counts.
func mixedUp(counts [][]int, classes []string, most int) (out []string) {
	type cell struct{ i, j, n int }
	var cells []cell
	for i, row := range counts {
		for j, n := range row {
			if i != j && n > 0 {
				cells = append(cells, cell{i, j, n})
			}
		}
	}
	slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(b.n, a.n) })
	for _, c := range cells[:min(most, len(cells))] {
		out = append(out, fmt.Sprintf("%s taken for %s (%d)", clipped(classes[c.i]), clipped(classes[c.j]), c.n))
	}
	return out
}

// clipped keeps a name short enough for a sentence.
func clipped(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return name
}
