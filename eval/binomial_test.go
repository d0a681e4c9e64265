package eval

import (
	"math"
	"testing"
)

// binomialMass is P(X = k) from its definition.
func binomialMass(n int, p float64, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

func TestBinomialIntervalAgreesWithSummedMasses(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40, 300} {
		for _, p := range []float64{0.01, 0.1, 0.37, 0.5, 0.93} {
			for _, level := range []float64{0.5, 0.9, 0.99, 0.9999} {
				lo, hi, err := BinomialInterval(n, p, level)
				if err != nil {
					t.Fatal(err)
				}
				tail := (1 - level) / 2
				wantLo, wantHi := 0, n
				for sum := binomialMass(n, p, 0); sum <= tail; sum += binomialMass(n, p, wantLo) {
					wantLo++
				}
				for sum := binomialMass(n, p, n); sum <= tail; sum += binomialMass(n, p, wantHi) {
					wantHi--
				}
				if lo != wantLo || hi != wantHi {
					t.Errorf("n=%d p=%v level=%v: got [%d, %d], want [%d, %d]", n, p, level, lo, hi, wantLo, wantHi)
				}
			}
		}
	}
}

func TestBinomialIntervalAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		n      int
		p      float64
		lo, hi int
	}{{0, 0.3, 0, 0}, {10, 0, 0, 0}, {10, 1, 10, 10}} {
		lo, hi, err := BinomialInterval(c.n, c.p, 0.99)
		if err != nil || lo != c.lo || hi != c.hi {
			t.Errorf("n=%d p=%v: got [%d, %d] %v, want [%d, %d]", c.n, c.p, lo, hi, err, c.lo, c.hi)
		}
	}
	_, _, err := BinomialInterval(-1, 0.5, 0.9)
	fails(t, err, "trials")
	_, _, err = BinomialInterval(5, 1.5, 0.9)
	fails(t, err, "probability")
	_, _, err = BinomialInterval(5, 0.5, 1)
	fails(t, err, "level")
}

// The limits are those p at which the tail beyond k has half of 1 − level; no successes
// give the closed form 1 − tail^(1/n).
func TestProportionIntervalInvertsTheTails(t *testing.T) {
	lo, hi, err := ProportionInterval(0, 20, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "lower limit", lo, 0, 0)
	near(t, "upper limit", hi, 1-math.Pow(0.025, 1.0/20), 1e-10)
	lo, hi, _ = ProportionInterval(20, 20, 0.95)
	near(t, "lower limit", lo, math.Pow(0.025, 1.0/20), 1e-10)
	near(t, "upper limit", hi, 1, 0)
	lo, hi, _ = ProportionInterval(7, 30, 0.9)
	var above, below float64
	for k := 7; k <= 30; k++ {
		above += binomialMass(30, lo, k)
	}
	for k := 0; k <= 7; k++ {
		below += binomialMass(30, hi, k)
	}
	near(t, "upper tail at the lower limit", above, 0.05, 1e-9)
	near(t, "lower tail at the upper limit", below, 0.05, 1e-9)
	_, _, err = ProportionInterval(5, 4, 0.9)
	fails(t, err, "counts")
	_, _, err = ProportionInterval(1, 4, 0)
	fails(t, err, "level")
}
