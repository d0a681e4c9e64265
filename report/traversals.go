package report

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// canWalk asks for codes that can be moved a little.
func canWalk(s *scene) bool { return s.can["interpolate"] && s.n > 0 }

// drawTraversals moves one dimension at a time by ±3 standard deviations, starting from the code
// of one test row.
func drawTraversals(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	dims, steps := 4, 5
	if s.isImage() {
		dims, steps = 10, 11
	}
	moved := s.byUse()[:min(dims, s.latent)]
	l := layout{title: title, join: " = "}
	for _, j := range moved {
		l.rows = append(l.rows, s.dimension(j))
	}
	for i := range steps {
		l.cols = append(l.cols, signed(offset(i, steps)))
	}
	codes, err := s.traversed(ctx, moved, steps)
	if err != nil {
		return "", err
	}
	rows, err := s.decode(ctx, codes, 0)
	if err != nil {
		return "", err
	}
	unit := "standard deviations of the prior"
	if !s.can["sample"] {
		unit = "standard deviations of the codes around their mean"
	}
	return "Each row moves one dimension from −3 to 3 " + unit + " while the others stay at the code of one test row; the most used dimensions come first. " +
		"A row that changes one thing only has found a factor; a row that changes nothing is an unused dimension.", s.grid(w, rows, steps, l)
}

// traversed are the codes of the picture: steps for each of the moved dimensions.
func (s *scene) traversed(ctx context.Context, moved []int, steps int) ([][]float32, error) {
	center, sd, err := s.spread(ctx)
	if err != nil {
		return nil, err
	}
	var codes [][]float32
	for _, j := range moved {
		for i := range steps {
			z := slices.Clone(s.code(0))
			z[j] = float32(center[j] + sd[j]*offset(i, steps))
			codes = append(codes, z)
		}
	}
	return codes, nil
}

// spread is the centre and the scale of each dimension: those of the prior, else of the codes.
func (s *scene) spread(ctx context.Context) (center, sd []float64, err error) {
	if s.can["sample"] {
		return s.Net.PriorSpread(ctx)
	}
	center, sd = s.moments()
	for j := range sd {
		sd[j] = math.Sqrt(sd[j])
	}
	return center, sd, nil
}

// offset is the i-th of steps values from −3 to 3.
func offset(i, steps int) float64 { return -3 + 6*float64(i)/float64(steps-1) }

// signed prints a number with few digits and a true minus.
func signed(v float64) string {
	return strings.Replace(strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64), "-", "−", 1)
}

// dimension names a latent dimension with what it carries, where the label has room for it.
func (s *scene) dimension(j int) string {
	kl := s.klByDim()
	if kl == nil || !s.isImage() && !s.isSeries() {
		return fmt.Sprintf("z%d", j)
	}
	return fmt.Sprintf("z%d, %.2f nats", j, kl[j])
}
