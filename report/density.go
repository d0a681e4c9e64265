package report

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/elbo-go/elbo/plot"
)

// Of the density of codes: cells along an axis, and draws from the prior beside it.
const (
	densitySide  = 90
	densityDraws = 500
)

// hasDensity asks for two dimensions whose guides have a width, and for a prior to compare with.
func hasDensity(s *scene) bool {
	if !hasCodes(s) || !s.can["sample"] || s.latent < 2 {
		return false
	}
	for i := range s.n {
		for _, j := range s.byUse()[:2] {
			if v := s.variance[i*s.latent+j]; !(v > 0) || math.IsInf(float64(v), 0) {
				return false
			}
		}
		if i == 10 { // a guide has a width everywhere or nowhere
			break
		}
	}
	return true
}

// drawDensity draws the aggregate of the guides in the plane of the two most used dimensions, where
// it is exact for guides that are independent normal distributions, with draws from the prior on it:
//
//	q̄(z_a, z_b) = (1/n) Σ_i N(z_a; μ_ia, σ²_ia) N(z_b; μ_ib, σ²_ib).
func drawDensity(ctx context.Context, s *scene, title string, w io.Writer) (string, error) {
	used := s.byUse()
	a, b := min(used[0], used[1]), max(used[0], used[1])
	prior, err := s.Net.Prior(ctx, densityDraws, s.key("density"))
	if err != nil {
		return "", err
	}
	spec := plot.FieldSpec{Title: title, XLabel: fmt.Sprintf("z%d", a), YLabel: fmt.Sprintf("z%d", b), Name: "density", DotsName: "draws from the prior"}
	wide := s.Net.CodeWidth()
	for i := 0; i < len(prior); i += wide {
		spec.Dots = append(spec.Dots, [2]float64{float64(prior[i+a]), float64(prior[i+b])})
	}
	spec.X, spec.Y = s.reach(a, spec.Dots, 0), s.reach(b, spec.Dots, 1)
	spec.Values = s.aggregate(a, b, spec.X, spec.Y)
	caption := fmt.Sprintf("The codes of %s as one distribution, the mean of their guides, ", count(s.n, "test row"))
	if s.latent > 2 {
		caption += "in the two dimensions that are used most, "
	}
	return caption + "and draws from the prior. Where dots lie on light ground, samples come from codes that no row has; dark ground without dots is never sampled. " +
		"Guides enter as normal distributions with their means and variances.", plot.Field(w, spec)
}

// reach is the range that shows the dots of an axis and the guides' means with two deviations.
func (s *scene) reach(j int, dots [][2]float64, axis int) [2]float64 {
	r := [2]float64{math.Inf(1), math.Inf(-1)}
	for _, d := range dots {
		r[0], r[1] = min(r[0], d[axis]), max(r[1], d[axis])
	}
	for i := range s.n {
		m, sd := float64(s.code(i)[j]), math.Sqrt(float64(s.variance[i*s.latent+j]))
		r[0], r[1] = min(r[0], m-2*sd), max(r[1], m+2*sd)
	}
	if r[0] == r[1] {
		r[0], r[1] = r[0]-1, r[1]+1
	}
	return r
}

// aggregate is q̄ at the centres of the cells, row by row from the bottom. The density of a guide is a
// product over the axes, so that exponentials are taken along these alone.
func (s *scene) aggregate(a, b int, x, y [2]float64) [][]float64 {
	out := make([][]float64, densitySide)
	for i := range out {
		out[i] = make([]float64, densitySide)
	}
	for i := range s.n {
		across, up := s.along(i, a, x), s.along(i, b, y)
		for r, u := range up {
			if u == 0 {
				continue
			}
			for c, v := range across {
				out[r][c] += u * v / float64(s.n)
			}
		}
	}
	return out
}

// along is the density of element j of the code of row i at the centres of the cells of an axis.
func (s *scene) along(i, j int, r [2]float64) []float64 {
	out := make([]float64, densitySide)
	m, v := float64(s.code(i)[j]), float64(s.variance[i*s.latent+j])
	for c := range out {
		d := r[0] + (float64(c)+.5)/densitySide*(r[1]-r[0]) - m
		out[c] = math.Exp(-d*d/(2*v)) / math.Sqrt(2*math.Pi*v)
	}
	return out
}
