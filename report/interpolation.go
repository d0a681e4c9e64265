package report

import (
	"context"
	"fmt"
	"io"
	"math/big"

	"github.com/elbo-go/elbo/eval"
)

func hasPairs(s *scene) bool { return canWalk(s) && s.n >= 2 }

// pairs chooses up to most pairs of rows, of different classes if there are any. No row is
// chosen twice.
func (s *scene) pairs(most int) [][2]int {
	used := make([]bool, s.n)
	var out [][2]int
	for i := 0; i < s.n && len(out) < most; i++ {
		for j := i + 1; j < s.n && !used[i]; j++ {
			if !used[j] && (s.show.Labels == nil || s.show.Labels[i] != s.show.Labels[j]) {
				out = append(out, [2]int{i, j})
				used[i], used[j] = true, true
			}
		}
	}
	if len(out) == 0 { // all of one class
		out = append(out, [2]int{0, 1})
	}
	return out
}

// drawInterpolation decodes straight lines between codes, each above the blend of its two rows
// value by value.
func drawInterpolation(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	most, steps, blend := 2, 5, "blend"
	if s.isImage() {
		most, steps, blend = 5, 9, "pixel blend"
	}
	var rows [][]float32
	l := layout{title: title, join: " "}
	for _, p := range s.pairs(most) {
		path, err := eval.Path("linear", s.code(p[0]), s.code(p[1]), steps)
		if err != nil {
			return "", err
		}
		decoded, err := s.decode(ctx, path, halves(p, steps)...)
		if err != nil {
			return "", err
		}
		mixed, err := eval.Path("linear", s.row(p[0]), s.row(p[1]), steps)
		if err != nil {
			return "", err
		}
		rows = append(append(rows, decoded...), mixed...)
		l.rows = append(l.rows, "latent path", blend)
	}
	for i := range steps {
		l.cols = append(l.cols, fraction(i, steps-1))
	}
	return fmt.Sprintf("The straight line between the codes of two test rows, decoded at %d points, above the blend of the same two rows value by value. "+
		"Every step of the latent path should be a credible datum; the blend only fades one out and the other in.", steps), s.grid(w, rows, steps, l)
}

// fraction prints i/n in lowest terms.
func fraction(i, n int) string { return big.NewRat(int64(i), int64(n)).RatString() }
