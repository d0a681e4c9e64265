package report

import (
	"context"
	"fmt"
	"io"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// cutOff parts rows of width values in the first n of each and the one at the end, nil if there is none.
func cutOff(rows []float32, width, n int) (values, last []float32) {
	if width == n {
		return rows, nil
	}
	for _, r := range data.Rows(rows, width) {
		values, last = append(values, r[:n]...), append(last, r[n])
	}
	return values, last
}

// values are those of the test rows, without classes.
func (s *scene) values() []float32 {
	x, _ := cutOff(s.TestX, s.Net.Width(), s.dim)
	return x
}

// klByDim is the KL divergence by latent dimension; nil if it is not known by dimension. Models of
// classes have further ones behind those.
func (s *scene) klByDim() []float64 {
	kl := s.Record.KLPerDim
	if n := len(kl); n == s.latent || n > s.latent && s.Net.Width() > s.dim {
		return kl[:s.latent]
	}
	return nil
}

// first are the numbers of the first n rows.
func (s *scene) first(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// halves are the rows whose class the steps of a path have: one in its first half, the other behind.
func halves(p [2]int, steps int) []int {
	out := make([]int, steps)
	for i := range out {
		out[i] = p[2*i/steps]
	}
	return out
}

// errorRate is the share of validation rows whose class is missed.
func errorRate(e vi.Epoch) (float64, bool) {
	if e.ErrorRate == nil {
		return 0, false
	}
	return *e.ErrorRate, true
}

// classFigures tell how many classes are missed.
func (s *scene) classFigures() []plot.KeyFigure {
	if s.ErrorRate == nil {
		return nil
	}
	return []plot.KeyFigure{{Name: "Classes found wrong, test", Value: number(100**s.ErrorRate, 2), Unit: "%",
		Note: fmt.Sprintf("of %s, whose classes the model does not see", count(s.Record.N, s.datum()))}}
}

// The most classes that a picture has rows for, and its columns of images.
const (
	shownClasses = 20
	shownCodes   = 10
)

// drawClasses draws samples of each class, with the same noise down each column.
func (s *scene) drawClasses(ctx context.Context, title string, w io.Writer) (string, error) {
	cols := 1
	if s.isImage() {
		cols = shownCodes
	}
	var rows [][]float32
	l := layout{title: title}
	for c := range min(s.Net.Config.Classes, shownClasses) {
		z, err := s.Net.PriorOf(ctx, cols, c, s.key("samples"))
		if err != nil {
			return "", err
		}
		x, err := s.Net.Decode(ctx, z)
		if err != nil {
			return "", err
		}
		rows = append(rows, data.Rows(x, s.dim)...)
		name := fmt.Sprint(c)
		if c < len(s.show.Classes) {
			name = s.show.Classes[c]
		}
		l.rows = append(l.rows, name)
	}
	return "Means of p(x|y, z): one row for each class y, one draw of z from the prior for each column, not chosen by hand. Rows should be of their class, " +
		"columns alike in what classes leave open, such as slant and stroke.", s.grid(w, rows, cols, l)
}

func canComplete(s *scene) bool { return s.can["complete"] && s.n > 0 }

// Numbers of rows and of completions in their picture.
const (
	completedRows = 8
	completions   = 6
)

// drawCompletions draws rows beside what the model makes of the part that it sees.
func drawCompletions(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	n, draws := min(s.n, completedRows), completions
	if !s.isImage() {
		draws = 2
	}
	width := s.Net.Width()
	grid := make([][]float32, 0, n*(draws+1))
	l := layout{title: title, join: " ", cols: []string{"original"}}
	all := [][][]float32{data.Rows(s.x[:n*s.dim], s.dim)}
	for k := range draws {
		x, err := s.Net.Complete(ctx, s.seen[:n*width], s.key("completions").At(uint64(k)))
		if err != nil {
			return "", err
		}
		all, l.cols = append(all, data.Rows(x, s.dim)), append(l.cols, fmt.Sprint("draw ", k+1))
	}
	for i := range n {
		l.rows = append(l.rows, "")
		for _, rows := range all {
			grid = append(grid, rows[i])
		}
	}
	return fmt.Sprintf("Test rows, and the part that the model sees (%s) with what it expects of the rest, for %d draws of the code. Draws should differ where what is seen "+
		"leaves it open, and agree where it does not.", s.Net.Config.Options["observe"], draws), s.grid(w, grid, draws+1, l)
}
