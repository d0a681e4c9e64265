package report

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/elbo-go/elbo/data"
)

// hasGroups asks for a hierarchy of at least two groups and rows to keep the top of.
func hasGroups(s *scene) bool {
	return canReconstruct(s) && s.can["sample"] && len(s.Net.Groups()) > 1
}

// maxBoundaries is the number of places at which the picture cuts the hierarchy.
const maxBoundaries = 3

// drawGroups keeps the upper groups of test rows and draws the lower ones anew, from the lowest alone to all
// but the top.
func drawGroups(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	rows, draws := 2, 2
	if s.isImage() {
		rows, draws = 8, 4
	}
	rows = min(rows, s.n)
	kept := boundaries(len(s.Net.Groups()))
	l := layout{title: title, join: ": "}
	l.cols = []string{"row", "decoded"}
	for _, keep := range kept {
		for i := range draws {
			label := ""
			if i == 0 || !s.isImage() {
				label = redrawn(len(s.Net.Groups()), keep)
			}
			l.cols = append(l.cols, label)
		}
	}
	var all [][]float32
	for i := range rows {
		l.rows = append(l.rows, fmt.Sprintf("test row %d", i))
		line, err := s.redraws(ctx, i, kept, draws)
		if err != nil {
			return "", err
		}
		all = append(append(all, s.row(i)), line...)
	}
	if s.isImage() {
		l.rows = nil
	}
	return "Test rows, their decoded codes, and decoded codes whose lower layers are drawn anew under the prior given the upper ones: layer 1, next " +
		"to the data, and then more of them, up to all but the top. What stays the same along a line is what the layers that were kept hold.", s.grid(w, all, len(l.cols), l)
}

// boundaries are the numbers of groups to keep of so many, from all but the lowest to the top alone.
func boundaries(groups int) (out []int) {
	n := min(groups-1, maxBoundaries)
	for i := range n {
		out = append(out, groups-1-i*(groups-2)/max(1, n-1))
	}
	return slices.Compact(out)
}

// redrawn names the layers that are drawn anew.
func redrawn(groups, keep int) string {
	if keep == groups-1 {
		return "layer 1 anew"
	}
	return fmt.Sprintf("1 to %d anew", groups-keep)
}

// redraws decodes the code of row i as it is and with layers drawn anew.
func (s *scene) redraws(ctx context.Context, i int, kept []int, draws int) ([][]float32, error) {
	codes := [][]float32{s.code(i)}
	for _, keep := range kept {
		z, err := s.Net.Resample(ctx, slices.Concat(slices.Repeat([][]float32{s.code(i)}, draws)...), keep, s.key("groups").At(uint64(i)).At(uint64(keep)))
		if err != nil {
			return nil, err
		}
		codes = append(codes, data.Rows(z, s.latent)...)
	}
	return s.decode(ctx, codes)
}
