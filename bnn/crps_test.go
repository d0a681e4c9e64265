package bnn

import (
	"math"
	"testing"
)

// The integral of the definition by Simpson's rule on panels of .01, whose error for these smooth
// pieces is below 1e-8 once the panels end at the jump at y.
func crpsByQuadrature(p Prediction, y float64) float64 {
	piece := func(a, b float64, step float64) float64 {
		const n = 4000
		h, sum := (b-a)/n, 0.
		for i := range n + 1 {
			w := 4.
			switch {
			case i == 0 || i == n:
				w = 1
			case i%2 == 0:
				w = 2
			}
			f := p.CDF(a+float64(i)*h) - step
			sum += w * f * f
		}
		return sum * h / 3
	}
	return piece(-20, y, 0) + piece(y, 20, 1)
}

func TestTheScoreOfAMixtureIsItsIntegral(t *testing.T) {
	var p Prediction
	p.addNormal(-1, .5)
	p.addNormal(.5, 1)
	p.addNormal(3, .2)
	p.summarize()
	for _, y := range []float64{-4, -1, 0, 2.9, 7} {
		near(t, "CRPS", p.CRPS(y), crpsByQuadrature(p, y), 1e-8)
	}
}

// One normal distribution has Gneiting & Raftery's closed form, σ(2φ(0) − 1/√π) at its mean.
func TestTheScoreOfOneNormalAtItsMean(t *testing.T) {
	var p Prediction
	p.addNormal(2, 3)
	near(t, "CRPS", p.CRPS(2), 3*(2/math.Sqrt(2*math.Pi)-1/math.Sqrt(math.Pi)), 1e-14)
	var point Prediction
	point.addNormal(2, 0)
	near(t, "CRPS of a point", point.CRPS(5), 3, 0)
	var class Prediction
	class.addClasses([]float64{0, 1})
	if v := class.CRPS(0); !math.IsNaN(v) {
		t.Errorf("of a class: got %v, want NaN", v)
	}
}
