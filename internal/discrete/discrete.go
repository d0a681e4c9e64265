// Package discrete is the arithmetic of finite distributions that their samplers share.
package discrete

import (
	"math"
	"math/rand/v2"
)

// Largest is the largest of numbers, −∞ of none.
func Largest(x []float64) float64 {
	top := math.Inf(-1)
	for _, l := range x {
		top = max(top, l)
	}
	return top
}

// Softmax turns logarithms into probabilities in place and returns ln Σ exp. Of −∞ only it
// returns −∞ and leaves them.
func Softmax(x []float64) float64 {
	top := Largest(x)
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.
	for i, l := range x {
		x[i] = math.Exp(l - top)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return top + math.Log(sum)
}

// Pick draws a place by its probability, never one of probability 0.
func Pick(r *rand.Rand, prob []float64) int {
	u, last := r.Float64(), 0
	for a, p := range prob {
		if p > 0 {
			if last = a; u < p {
				return a
			}
		}
		u -= p
	}
	return last
}
