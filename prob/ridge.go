package prob

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// soft is the curvature, as a share of that of single unknowns, below which a direction is looked
// along.
const soft = 1e-7

// ridge refuses a log-density that does not fall along the direction of least curvature h at u:
// several unknowns of which the data and the priors bind only a combination.
func (m *Model) ridge(d *density, u, h []float64) error {
	n := m.dim
	// In units in which every unknown alone has curvature 1.
	unit, even := make([]float64, n), make([]float64, n*n)
	for i := range n {
		if unit[i] = 1 / math.Sqrt(h[i*n+i]); !finite(unit[i]) {
			return nil
		}
	}
	for i := range n {
		for j := range n {
			even[i*n+j] = h[i*n+j] * unit[i] * unit[j]
		}
	}
	v, curve, ok := softest(even, n)
	if !ok || n < 2 || curve > soft {
		return nil
	}
	first, second := largest(v)
	for i := range v {
		v[i] *= unit[i]
	}
	// Ten standard deviations of the direction, as far as differences of gradients can tell it.
	far := 10 / math.Sqrt(math.Max(curve, 1e-9))
	for _, side := range []float64{-1, 1} {
		flat, err := d.flatAlong(u, v, side, [][2]float64{{far, 6 * far}})
		if err != nil {
			return err
		}
		if !flat {
			continue
		}
		a, b := m.owner(first), m.owner(second)
		if a == b {
			return fmt.Errorf("prob: variable %q: improper density: it does not fall to 0 along a direction of its elements; give it a proper prior or data", a)
		}
		return fmt.Errorf("prob: variable %q: improper density: it does not fall to 0 as %q and %q change together; give them proper priors or data", a, a, b)
	}
	return nil
}

// softest returns the unit vector of least curvature and its curvature, by inverse iteration.
func softest(h []float64, n int) (v []float64, curve float64, ok bool) {
	mean := 0.
	for i := range n {
		mean += math.Abs(h[i*n+i]) / float64(n)
	}
	shifted := append([]float64(nil), h...)
	for i := range n {
		shifted[i*n+i] += soft * mean
	}
	f, ok := inverseFactor(shifted, n)
	if !ok {
		return nil, 0, false
	}
	v = make([]float64, n)
	rng.New(7).NormalFloat64(v)
	w := make([]float64, n)
	for range 4 {
		for j := range n { // w = Fᵀv
			w[j] = 0
			for i := j; i < n; i++ {
				w[j] += f[i*n+j] * v[i]
			}
		}
		for i := range n { // v = Fw
			v[i] = dot(f[i*n:i*n+i+1], w[:i+1])
		}
		norm := math.Sqrt(dot(v, v))
		for i := range v {
			v[i] /= norm
		}
	}
	for i := range n {
		curve += v[i] * dot(h[i*n:(i+1)*n], v)
	}
	return v, curve, true
}

// largest returns the indices of the two largest elements of |v|.
func largest(v []float64) (first, second int) {
	second = -1
	for i := 1; i < len(v); i++ {
		switch {
		case math.Abs(v[i]) > math.Abs(v[first]):
			first, second = i, first
		case second < 0 || math.Abs(v[i]) > math.Abs(v[second]):
			second = i
		}
	}
	return first, max(0, second)
}
