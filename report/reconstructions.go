package report

import (
	"context"
	"io"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/plot"
)

func canReconstruct(s *scene) bool { return s.can["encode"] && s.can["decode"] && s.n > 0 }

// Numbers of rows in the picture of reconstructions.
const (
	shownImages = 20 // in two blocks
	shownRows   = 6
)

// drawReconstructions draws rows of all classes with their reconstructions.
func drawReconstructions(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	n := shownRows
	if s.isImage() {
		n = shownImages
	}
	n = min(n, s.n)
	inputs := data.Rows(s.x[:n*s.dim], s.dim)
	codes := data.Rows(s.mean[:n*s.latent], s.latent)
	outputs, err := s.decode(ctx, codes, s.first(n)...)
	if err != nil {
		return "", err
	}
	if s.isImage() {
		return "Test images as the model saw them, above the mean of p(x|z) at the mean of q(z|x). Blur shows what the code does not hold; " +
			"a wrong class shows codes that two classes share.", plot.Pairs(w, inputs, outputs, s.show.Shape, 10, title)
	}
	return "Test rows as the model saw them and the mean of p(x|z) at the mean of q(z|x), over the columns. Columns that the dashed line " +
			"ignores are not held by the code.",
		plot.PairedLines(w, inputs, outputs, plot.PairedLinesOptions{Title: title, Names: s.columns(), YLabel: s.unit()})
}
