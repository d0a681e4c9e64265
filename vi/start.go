package vi

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Finite returns an error that names what is no finite number at u: the log-density or an element
// of its gradient.
func (d *Density) Finite(u []float64) error {
	grad := make([]float64, d.dim)
	v, err := d.Gradient(u, grad)
	if err != nil {
		return err
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("vi: target: log-density: got %v, want a finite number", v)
	}
	for i, s := range grad {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return fmt.Errorf("vi: target: element %d of the gradient: got %v, want a finite number", i, s)
		}
	}
	return nil
}

// Start returns the first of several points, uniform in [−radius, radius]ⁿ, at which the target is
// finite.
func (d *Density) Start(key rng.Key, radius float64, tries int) ([]float64, error) {
	gen := key.Rand()
	var last error
	for range tries {
		u := make([]float64, d.dim)
		for j := range u {
			u[j] = radius * (2*gen.Float64() - 1)
		}
		if last = d.Finite(u); last == nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("vi: target: none of %d random points in [−%v, %v]ⁿ can be a start; the last: %w", tries, radius, radius, last)
}
