package report

import (
	"context"
	"io"
	"math"

	"github.com/elbo-go/elbo/data"
)

func canSample(s *scene) bool { return s.can["sample"] }

// drawSamples draws decoded draws from the prior.
func drawSamples(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	n := 12
	if s.isImage() {
		n = 100
	}
	if s.Net.CodeWidth() > s.latent {
		return s.drawClasses(ctx, title, w)
	}
	x, err := s.Net.Sample(ctx, n, s.key("samples"))
	if err != nil {
		return "", err
	}
	caption := "Means of p(x|z) at draws of z from the prior, not chosen by hand. Samples much worse than the reconstructions show that the codes of " +
		"data do not fill the prior; samples all alike show that the code is ignored."
	if s.isImage() {
		return caption, s.grid(w, data.Rows(x, s.dim), 10, layout{title: title})
	}
	return caption + " Below them stand as many test rows, in " + s.unit() + ": each column should range alike in both, though samples lack the noise of data.",
		s.besideData(w, data.Rows(x, s.dim), title)
}

// besideData draws rows of a table or a series with as many rows of the data below them.
func (s *scene) besideData(w io.Writer, rows [][]float32, title string) error {
	cols, sample, real := 1, "sample", "test row"
	if s.isSeries() {
		cols, sample, real = 6, "samples", "test rows"
	}
	l := layout{title: title}
	for range len(rows) / cols {
		l.rows = append(l.rows, sample)
	}
	n := min(len(rows), s.n)
	for i := 0; i < n; i += cols {
		l.rows = append(l.rows, real)
	}
	return s.grid(w, append(rows, data.Rows(s.x[:n*s.dim], s.dim)...), cols, l)
}

// planeCodes are the codes of the plane, row by row from the top left.
func planeCodes() [][]float32 {
	quantile := func(i int) float32 {
		p := (float64(i) + .5) / planeSide
		return float32(math.Sqrt2 * math.Erfinv(2*p-1))
	}
	var codes [][]float32
	for row := range planeSide {
		for col := range planeSide {
			codes = append(codes, []float32{quantile(col), quantile(planeSide - 1 - row)}) // up is larger
		}
	}
	return codes
}

// planeSide is the number of codes along each axis of the plane.
const planeSide = 20

func hasPlane(s *scene) bool {
	return s.can["sample"] && s.class == nil && s.latent == 2 && s.isImage()
}

// drawManifold decodes a grid over the plane of two-dimensional codes, at the quantiles
// Φ⁻¹((i + ½)/20) of the standard normal prior, so that each tile stands for equal probability.
func drawManifold(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	rows, err := s.decode(ctx, planeCodes())
	if err != nil {
		return "", err
	}
	return "Means of p(x|z) with z0 rising to the right and z1 upwards, at quantiles of the standard normal from 2.5 % to 97.5 %, so that every " +
		"tile has the same prior probability. Neighbours should blend into each other.", s.grid(w, rows, planeSide, layout{title: title, gap: -1})
}
