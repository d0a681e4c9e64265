package bnn

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Quantile returns the smallest y whose CDF is at least q, for q in (0, 1), up to rounding: of the
// mixture itself, which no normal distribution with its mean and deviation has where the draws
// disagree. It is NaN for other q.
func (p Prediction) Quantile(q float64) float64 {
	if !(q > 0 && q < 1) {
		return math.NaN()
	}
	if p.Probs != nil {
		for c := range p.Probs {
			if p.CDF(float64(c)) >= q {
				return float64(c)
			}
		}
		return float64(len(p.Probs) - 1)
	}
	// The quantile lies between the least and the largest of the draws' own.
	z := mathext.NormalQuantile(q) // math.Erfcinv has 10 digits fewer in the tails
	lo, hi := math.Inf(1), math.Inf(-1)
	for k, m := range p.locs {
		lo, hi = math.Min(lo, m+z*p.sds[k]), math.Max(hi, m+z*p.sds[k])
	}
	return p.solve(q, lo, hi, min(max(p.Mean+z*p.SD, lo), hi))
}

// solve finds the quantile between lo and hi from a first guess y on: by Newton's method, and by
// bisection where a step leaves the bounds or is not half of the one before the last (Brent 1973,
// chapter 4). Between draws far apart the CDF is flat to rounding, and there bisection does all the
// work, for Newton's method would be content with any y.
func (p Prediction) solve(q, lo, hi, y float64) float64 {
	last, before := hi-lo, hi-lo
	for range 200 {
		cdf, density := p.cumulative(y)
		if cdf >= q {
			hi = y
		} else {
			lo = y
		}
		next := y - (cdf-q)/density
		flat := density*(hi-lo) < 1e-10*q
		if flat || !(next >= lo && next <= hi) || math.Abs(next-y) > before/2 {
			next = lo + (hi-lo)/2
		}
		step := math.Abs(next - y)
		before, last, y = last, step, next
		if step <= 1e-15*math.Abs(y) || lo >= hi {
			break
		}
	}
	return y
}

// cumulative returns the CDF and the density at y.
func (p Prediction) cumulative(y float64) (cdf, density float64) {
	for k, m := range p.locs {
		z := (y - m) / (p.sds[k] * math.Sqrt2)
		cdf += math.Erfc(-z)
		density += math.Exp(-z*z) / p.sds[k]
	}
	n := float64(len(p.locs))
	return cdf / (2 * n), density / (n * math.Sqrt(2*math.Pi))
}

// Interval returns the central interval that holds the target with probability level.
func (p Prediction) Interval(level float64) (lo, hi float64) {
	return p.Quantile((1 - level) / 2), p.Quantile((1 + level) / 2)
}
