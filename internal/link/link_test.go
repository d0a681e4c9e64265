package link

import (
	"math"
	"math/big"
	"testing"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.17g, want %.17g ± %g", what, got, want, tol)
	}
}

func TestTheNormalTailHasItsPrintedValues(t *testing.T) {
	// ln Φ(x) from 30-digit arithmetic.
	for _, c := range []struct{ x, want float64 }{
		{0, -math.Ln2}, {-1, -1.8410216450092636}, {-5, -15.064998393988725}, {-10, -53.23128515051247},
		{-20, -203.91715537109727}, {-40, -804.6084420137538}, {8, -6.22096057427179e-16},
	} {
		near(t, "ln Φ", LogNormalCDF(c.x), c.want, 1e-14*max(1e-15, math.Abs(c.want))+1e-30)
	}
}

func TestTheTailAndItsSlopeJoinWithoutAStep(t *testing.T) {
	for _, at := range []float64{-10, 0} {
		a, b := LogNormalCDF(math.Nextafter(at, -99)), LogNormalCDF(math.Nextafter(at, 99))
		near(t, "ln Φ", a, b, 1e-13*math.Abs(a))
		a, b = InverseMills(math.Nextafter(at, -99)), InverseMills(math.Nextafter(at, 99))
		near(t, "φ/Φ", a, b, 1e-13*a)
	}
	for x := -60.; x < 6; x += .37 {
		// d ln Φ/dx = φ/Φ by central differences.
		const h = 1e-5
		slope := (LogNormalCDF(x+h) - LogNormalCDF(x-h)) / (2 * h)
		near(t, "slope", InverseMills(x), slope, 1e-6*max(1, math.Abs(x*x)*1e-2))
	}
	if v := LogNormalCDF(-1e150); math.IsNaN(v) || InverseMills(-1e8) < 1e8 {
		t.Error("the far tail is lost")
	}
}

// λ(ξ) = Σ (−1)^k … has no short series, so the quotient is taken in 200 bits: with e^ξ as a sum of
// powers, tanh(ξ/2) = (e^ξ − 1)/(e^ξ + 1).
func TestLambdaIsTheQuotientInManyDigits(t *testing.T) {
	for _, xi := range []float64{1e-8, 1e-3, .0199, .0201, .5, 3, 20} {
		x := new(big.Float).SetPrec(200).SetFloat64(xi)
		term, e := big.NewFloat(1).SetPrec(200), big.NewFloat(1).SetPrec(200)
		for k := 1.; k < 200; k++ {
			term.Quo(term.Mul(term, x), big.NewFloat(k))
			e.Add(e, term)
		}
		one := big.NewFloat(1)
		top, bottom := new(big.Float).SetPrec(200).Sub(e, one), new(big.Float).SetPrec(200).Add(e, one)
		bottom.Mul(bottom, x.Mul(x, big.NewFloat(4)))
		want, _ := top.Quo(top, bottom).Float64()
		near(t, "λ", Lambda(xi)/want, 1, 3e-16)
		near(t, "λ is even", Lambda(-xi), Lambda(xi), 0)
	}
	near(t, "λ(0)", Lambda(0), 1./8, 0)
}

func TestTheLogisticCurveKeepsItsTails(t *testing.T) {
	for _, a := range []float64{-800, -30, -1, 0, 1e-9, 2, 40, 800} {
		near(t, "ln σ(a) − ln σ(−a)", LogSigmoid(a)-LogSigmoid(-a), a, 3e-16*max(1, math.Abs(a)))
	}
	near(t, "ln σ(0)", LogSigmoid(0), -math.Ln2, 1e-16)
}
