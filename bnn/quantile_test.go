package bnn

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// drawn returns a prediction of 100 draws whose means spread by a deviation and whose noise is
// about 1.
func drawn(spread float64, seed uint64) (p Prediction) {
	v := make([]float64, 200)
	rng.New(seed).NormalFloat64(v)
	for k := range 100 {
		p.addNormal(3+spread*v[2*k], 1+.1*v[2*k+1])
	}
	p.summarize()
	return p
}

// Both ends of an interval of one row.
func BenchmarkInterval(b *testing.B) {
	p := drawn(.5, 1)
	for b.Loop() {
		p.Interval(.9)
	}
}

// bisect is the quantile by nothing but bisection, until no number lies between the bounds.
func bisect(p Prediction, q float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for k, m := range p.locs {
		lo, hi = math.Min(lo, m-40*p.sds[k]), math.Max(hi, m+40*p.sds[k])
	}
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return hi
		}
		if p.CDF(mid) >= q {
			hi = mid
		} else {
			lo = mid
		}
	}
}

// Newton's quantiles are those of bisection, from draws that agree to draws far apart: to the
// number that rounding of the CDF, some 1e-15 of it and 1e-16 at least near 1, leaves open.
func TestQuantilesAreThoseOfBisection(t *testing.T) {
	for i, spread := range []float64{0, .5, 5, 100, 1e6} {
		for seed := range uint64(5) {
			p := drawn(spread, seed+uint64(i)*10)
			for _, q := range []float64{1e-12, 1e-4, .025, .1, .3, .5, .77, .95, .999, 1 - 1e-9} {
				got, want := p.Quantile(q), bisect(p, q)
				_, density := p.cumulative(want)
				if open := 1e-14/density + 1e-13*math.Abs(want); math.Abs(got-want) > open && math.Abs(p.CDF(got)-q) > 1e-14 {
					t.Errorf("spread %v, q %v: got %.16g, want %.16g within %.2g", spread, q, got, want, open)
				}
			}
		}
	}
}

// The density is the derivative of the CDF, by central differences, and both are those that a
// prediction tells.
func TestTheCDFAndItsDerivativeAreThoseOfThePrediction(t *testing.T) {
	p := drawn(2, 1)
	for _, y := range []float64{-4, 1, 3, 3.7, 9} {
		cdf, density := p.cumulative(y)
		near(t, "CDF", cdf, p.CDF(y), 1e-14)
		near(t, "density", density, math.Exp(p.LogProb(y)), 1e-14)
		near(t, "derivative", density, (p.CDF(y+1e-4)-p.CDF(y-1e-4))/2e-4, 1e-8)
	}
}

// Where the density underflows between two draws, bisection finds the way, and the median of two
// draws without overlap is the end of the lower one's mass.
func TestQuantilesBetweenDrawsFarApart(t *testing.T) {
	p := mixture(0, 1e-3, 1e6, 1e-3)
	near(t, "a quarter", p.Quantile(.25), 0, 1e-12)
	near(t, "three quarters", p.Quantile(.75), 1e6, 1e-9)
	if m := p.Quantile(.5); !(m > 5e-3 && m < .02) {
		t.Errorf("median: got %v, want it where the CDF comes to ½", m)
	}
	if one := mixture(7, 1e-300); one.Quantile(.9) != 7 {
		t.Errorf("a point: got %v, want 7", one.Quantile(.9))
	}
}
