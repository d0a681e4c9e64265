package hmm

import "fmt"

// point is an emission with a posterior that has a point form.
type point interface {
	// point returns the emission at expected parameters.
	point() (Emission, error)
}

// point is Discrete at the expected probabilities.
func (e *DirichletSymbols) point() (Emission, error) {
	return NewDiscrete(e.Symbols, proportions(e.Conc, e.Symbols))
}

// point is Poisson at the expected rates a/b.
func (e *GammaRate) point() (Emission, error) {
	rate := make([]float64, len(e.A))
	for j, a := range e.A {
		rate[j] = a / e.B[j]
	}
	return NewPoisson(rate)
}

// point is a diagonal Gaussian at m and the inverse b/a of the expected precision.
func (e *NormalGamma) point() (Emission, error) {
	d, cov := len(e.M0), append([]float64(nil), e.B...)
	for i := range cov {
		cov[i] /= e.A[i/d]
	}
	return NewGaussian(Diagonal, d, append([]float64(nil), e.M...), cov)
}

// point is a full Gaussian at m and the inverse V/ν of the expected precision.
func (e *NormalWishart) point() (Emission, error) {
	d, cov := len(e.M0), append([]float64(nil), e.V...)
	for i := range cov {
		cov[i] /= e.Nu[i/(d*d)]
	}
	return NewGaussian(Full, d, append([]float64(nil), e.M...), cov)
}

// proportions divides each row of n values by its total.
func proportions(v []float64, n int) []float64 {
	out := append([]float64(nil), v...)
	for i := 0; i < len(out); i += n {
		total := sum(out[i : i+n])
		for j := range n {
			out[i+j] /= total
		}
	}
	return out
}

// Point returns the model at expected parameters: expected probabilities and rates, and the
// inverse of expected precisions.
func (b *Bayes) Point() (*Model, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	p, ok := b.Emit.(point)
	if !ok {
		return nil, fmt.Errorf("hmm: point: emission: got %T, want one with a posterior", b.Emit)
	}
	e, err := p.point()
	if err != nil {
		return nil, err
	}
	return New(proportions(b.Start, len(b.Start)), b.MeanTrans(), e)
}
