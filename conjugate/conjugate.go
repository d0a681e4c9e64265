// Package conjugate holds the small problems on which variational inference and expectation
// propagation can be compared with the exact answer: the mean and precision of a normal, a
// multivariate normal approximated by independent factors, and the clutter problem.
package conjugate

import (
	"math"

	"github.com/elbo-go/elbo/internal/cavi"
)

var log2Pi = math.Log(2 * math.Pi)

// Loop is how long to iterate.
type Loop struct {
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep changes the bound L by less than Tolerance·|L|;
	// 0 means 1e-10.
	Tolerance float64
	// Progress, where set, hears of every sweep, counted from 1.
	Progress func(sweep int, bound float64)
}

func (l Loop) cavi() cavi.Loop {
	return cavi.Loop{Sweeps: l.Sweeps, Tolerance: l.Tolerance, Progress: l.Progress}
}

// finite says whether all values are finite numbers.
func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// logNormal is ln N(x; m, v).
func logNormal(x, m, v float64) float64 { return -(log2Pi + math.Log(v) + (x-m)*(x-m)/v) / 2 }
