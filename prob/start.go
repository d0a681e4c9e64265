package prob

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi/guide"
)

// maxHessian bounds the dimensions for which second derivatives are taken one by one.
const maxHessian = 300

// initial draws a point where ln p and its gradient are finite, from U(−2, 2) and ever nearer
// to 0.
func initial(d *density, key rng.Key) ([]float64, error) {
	u, raw, grad := make([]float64, d.n), make([]float32, d.n), make([]float64, d.n)
	for try := range uint64(100) {
		key.At(try).Uniform(raw)
		width := 2 * math.Pow(.9, float64(try))
		for i, v := range raw {
			u[i] = width * (2*float64(v) - 1)
		}
		lp, err := d.gradient(u, grad)
		if err != nil {
			return nil, err
		}
		if finite(lp) && finite(grad...) {
			return u, nil
		}
	}
	return nil, fmt.Errorf("prob: start: got no finite log-density with a finite gradient at 100 points")
}

// findStart climbs from u towards the mode and takes the guide's first location and scales from the
// curvature there. Where the climb does not end, or ends where the curvature is no Gaussian's, it
// takes the point of the way whose Gaussian has the highest bound, as Pathfinder does (Zhang et
// al. 2022); mode tells that it is a maximum.
func (m *Model) findStart(ctx context.Context, d *density, u []float64, key rng.Key) (best guide.Start, mode bool, err error) {
	c := &climber{d: d, steps: 200, tol: 1e-6}
	if u, err = c.climb(ctx, u); err != nil {
		return best, false, err
	}
	best, h, ok, err := refine(d, u)
	if err != nil {
		return best, false, err
	}
	if c.done && h != nil {
		if err := m.ridge(d, u, h); err != nil {
			return best, false, err
		}
	}
	if ok && c.done {
		return best, true, nil
	}
	top := math.Inf(-1)
	for k := len(c.path) - 1; k >= 0; k = k*2/3 - 1 {
		at, _, _, err := gaussianAt(d, c.path[k])
		if err != nil {
			return at, false, err
		}
		bound, err := d.bound(at, key.Named("bound"))
		if err != nil {
			return at, false, err
		}
		if bound > top {
			best, top = at, bound
		}
	}
	return best, false, nil
}

// refine is gaussianAt after Newton steps from u, for L-BFGS may stop early where scales differ much
// and its curvature is not yet that of the density. Steps end where they promise less than 1e-4 nats
// or gain nothing.
func refine(d *density, u []float64) (at guide.Start, h []float64, ok bool, err error) {
	n := d.n
	grad, next, slope := make([]float64, n), make([]float64, n), make([]float64, n)
	lp, err := d.gradient(u, grad)
	if err != nil {
		return at, nil, false, err
	}
	for range 10 {
		if at, h, ok, err = gaussianAt(d, u); err != nil || !ok || at.Factor == nil {
			return at, h, ok, err
		}
		white := make([]float64, n) // Fᵀ grad
		for i := range n {
			for j := range i + 1 {
				white[j] += at.Factor[i*n+j] * grad[i]
			}
		}
		if dot(white, white)/2 < 1e-4 {
			break
		}
		for i := range n {
			next[i] = u[i] + dot(at.Factor[i*n:i*n+i+1], white[:i+1])
		}
		v, err := d.gradient(next, slope)
		if err != nil {
			return at, h, false, err
		}
		if !(v > lp) || !finite(slope...) {
			break
		}
		lp, u = v, append([]float64(nil), next...)
		copy(grad, slope)
	}
	return at, h, ok, nil
}

// gaussianAt returns the Gaussian with location u and the curvature of −ln p there: 1/√H_jj as
// scales, which are those of the best mean field, and the factor of H⁻¹ where H is positive
// definite (ok).
func gaussianAt(d *density, u []float64) (at guide.Start, h []float64, ok bool, err error) {
	at = guide.Start{Loc: u, Scale: make([]float64, d.n)}
	diag, h, err := curvature(d, u)
	if err != nil {
		return at, nil, false, err
	}
	ok = true
	for j, v := range diag {
		if at.Scale[j] = 1 / math.Sqrt(v); !(v > 1e-12) || math.IsInf(v, 0) {
			at.Scale[j], ok = 1, false
		}
	}
	if h == nil {
		return at, nil, ok, nil
	}
	f, definite := inverseFactor(h, d.n)
	if definite && ok {
		at.Factor = f
		return at, h, true, nil
	}
	return at, h, false, nil
}

// curvature returns −∇² ln p at u by central differences of the gradient, and its diagonal; in
// many dimensions the diagonal alone, by probes of random signs (Bekas, Kokiopoulou & Saad 2007).
func curvature(d *density, u []float64) (diag, h []float64, err error) {
	n := d.n
	diag = make([]float64, n)
	if n <= maxHessian {
		h = make([]float64, n*n)
		v := make([]float64, n)
		for j := range n {
			v[j] = 1
			row, err := d.product(u, v, 1e-4*math.Max(1, math.Abs(u[j])))
			if err != nil {
				return nil, nil, err
			}
			copy(h[j*n:], row)
			v[j] = 0
		}
		for i := range n {
			diag[i] = h[i*n+i]
			for j := range i {
				mean := (h[i*n+j] + h[j*n+i]) / 2
				h[i*n+j], h[j*n+i] = mean, mean
			}
		}
		return diag, h, nil
	}
	const probes = 20
	v, raw := make([]float64, n), make([]float32, n)
	for k := range uint64(probes) {
		rng.New(k).Uniform(raw)
		for i := range v {
			v[i] = 1
			if raw[i] < .5 {
				v[i] = -1
			}
		}
		row, err := d.product(u, v, 1e-4)
		if err != nil {
			return nil, nil, err
		}
		for i := range v {
			diag[i] += v[i] * row[i] / probes
		}
	}
	return diag, nil, nil
}

// product returns −∇² ln p(u)·v from gradients at u ± step·v.
func (d *density) product(u, v []float64, step float64) ([]float64, error) {
	var g [2][]float64
	p := make([]float64, d.n)
	for k, sign := range []float64{1, -1} {
		for i := range p {
			p[i] = u[i] + sign*step*v[i]
		}
		g[k] = make([]float64, d.n)
		if _, err := d.gradient(p, g[k]); err != nil {
			return nil, err
		}
	}
	for i := range p {
		p[i] = (g[1][i] - g[0][i]) / (2 * step)
	}
	return p, nil
}

// bound estimates the bound of the Gaussian of a start from 25 draws.
func (d *density) bound(at guide.Start, key rng.Key) (float64, error) {
	const draws = 25
	u, eps := make([]float64, d.n), make([]float64, d.n)
	sum := 0.
	for _, s := range at.Scale {
		sum += math.Log(s)
	}
	for k := range uint64(draws) {
		key.At(k).NormalFloat64(eps)
		for i := range u {
			u[i] = at.Loc[i] + at.Scale[i]*eps[i]
		}
		lp, err := d.at(u)
		if err != nil {
			return 0, err
		}
		if !finite(lp) {
			return math.Inf(-1), nil
		}
		sum += (lp + dot(eps, eps)/2) / draws
	}
	return sum + .5*float64(d.n)*math.Log(2*math.Pi), nil
}
