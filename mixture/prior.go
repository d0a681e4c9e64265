package mixture

import (
	"fmt"
	"slices"
)

// prior holds the prior of the components: m₀, β₀, ν₀ and P₀ = W₀⁻¹.
type prior struct {
	d, k    int
	alpha   float64
	beta    float64
	nu      float64
	mean    []float64 // D
	scale   []float64 // D×D; only the diagonal is used by Diagonal and Spherical
	logDet  float64   // ln|P₀|
	weights Weights
}

// newPrior fills in what the settings leave to the data.
func newPrior(c Config, x Data) (*prior, error) {
	p := &prior{d: x.D, k: c.Components, alpha: c.Alpha, beta: c.Beta, nu: c.Nu, weights: c.Weights}
	mean, cov := x.moments()
	if p.mean = slices.Clone(c.Mean); p.mean == nil {
		p.mean = mean
	}
	if p.scale = slices.Clone(c.Scale); p.scale == nil {
		p.scale = cov
	}
	if p.nu == 0 {
		p.nu = float64(x.D)
	}
	return p, p.prepare(c.Covariance)
}

// prepare brings the scale into the shape of the precision matrices and checks it.
func (p *prior) prepare(cov Covariance) error {
	d := p.d
	for i := range d {
		for j := range i {
			if p.scale[i*d+j] != p.scale[j*d+i] {
				return fmt.Errorf("mixture: prior scale: entries (%d, %d) and (%d, %d) differ, want a symmetric matrix", i, j, j, i)
			}
		}
	}
	if cov == Diagonal || cov == Spherical {
		diag, mean := make([]float64, d*d), 0.
		for i := range d {
			mean += p.scale[i*d+i] / float64(d)
		}
		for i := range d {
			if diag[i*d+i] = p.scale[i*d+i]; cov == Spherical {
				diag[i*d+i] = mean
			}
		}
		p.scale = diag
	}
	_, logDet, ok := cholesky(p.scale, d)
	if !ok {
		return fmt.Errorf("mixture: prior scale: got a matrix that is not positive definite")
	}
	p.logDet = logDet
	return nil
}
