package regress

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestTheMeanSquareOfTheNormalCurveIsItsIntegral(t *testing.T) {
	for _, m := range []float64{-3, 0, .7} {
		for _, v := range []float64{1e-6, .3, 2, 50} {
			s, sum := math.Sqrt(v), 0.
			const h = .001
			for z := -9.; z < 9; z += h {
				p := math.Exp(LogNormalCDF(m + s*z))
				sum += h * p * p * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
			}
			near(t, "E[Φ²]", probitSquare(m, v), sum, 1e-8)
		}
	}
}

// One datum has the exact evidence ½ under the probit link too, for every prior.
func TestOneDatumUnderTheAugmentedProbit(t *testing.T) {
	for _, s := range []float64{.1, 1, 10} {
		m, err := FitProbit(ctx, mat.NewDense(1, 1, []float64{1}), []float64{1}, Config{Fixed: 1 / s, Tolerance: 1e-15})
		if err != nil {
			t.Fatal(err)
		}
		// The fixed point: V = s/(1+s) and m = V⟨z⟩ = s φ(m)/Φ(m).
		near(t, "V", m.Cov[0], s/(1+s), 1e-14)
		near(t, "m", m.Mean[0], s*inverseMills(m.Mean[0]), 1e-6)
		if last(m.Bound) > math.Log(.5) {
			t.Errorf("s = %g: bound %g above the evidence", s, last(m.Bound))
		}
		near(t, "bound", last(m.Bound), augmented(m.Mean[0], m.Cov[0], s), 1e-9)
	}
}

// augmented is the bound of one datum t = 1 at q(w) = N(m, v) and q(z) = N(z; m, 1)/Φ(m) over
// z > 0, by quadrature over z of E[ln N(z; w, 1)] − ln q(z).
func augmented(m, v, s float64) (sum float64) {
	const h = 1e-5
	for z := h / 2; z < m+10; z += h {
		log := -(log2Pi+(z-m)*(z-m))/2 - LogNormalCDF(m)
		sum += h * math.Exp(log) * (-(log2Pi+(z-m)*(z-m)+v)/2 - log)
	}
	return sum - (math.Log(2*math.Pi*s)+(m*m+v)/s)/2 + (1+math.Log(2*math.Pi*v))/2
}
