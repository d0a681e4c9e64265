package vi

import (
	"fmt"
	"math"
)

// At returns k for a squared distance, as [RBF.Of] does in a graph.
func (k RBF) At(square float64) float64 {
	sum := 0.
	for _, c := range k.Squares {
		sum += math.Exp(-square / c)
	}
	return sum / float64(len(k.Squares))
}

// At returns k for a squared distance, as [IMQ.Of] does in a graph.
func (k IMQ) At(square float64) float64 {
	sum := 0.
	for _, c := range k.Squares {
		sum += c / (c + square)
	}
	return sum / float64(len(k.Squares))
}

// Discrepancy is the squared maximum mean discrepancy of two distributions from n draws of each.
type Discrepancy struct {
	// Squared is the unbiased estimate, as [MMD] has it: 0 in the mean where the distributions are
	// the same, and so it may be negative.
	Squared float64 `json:"squared"`
	// Noise is the standard deviation that the estimate has where they are the same.
	Noise float64 `json:"noise"`
	// Draws is n.
	Draws int `json:"draws"`
}

// Distinct tells whether the estimate lies more than three times its noise above 0, as about one in
// eighty does where the distributions are the same.
func (d Discrepancy) Distinct() bool { return d.Squared > 3*d.Noise }

// Discrepant estimates the discrepancy of draws x and y, n×L each, by a kernel of squared distances in
// float64. With h(i, j) = k(x_i, x_j) + k(y_i, y_j) − k(x_i, y_j) − k(x_j, y_i) (Gretton et al. 2012,
// lemma 6), whose mean given either pair is 0 where the distributions are the same, the variance is
// there that of a sum over pairs which are uncorrelated,
//
//	2/(n(n − 1)) E[h²].
func Discrepant(k func(square float64) float64, x, y []float64, l int) (Discrepancy, error) {
	if l < 1 || len(x) != len(y) || len(x)%l != 0 || len(x) < 2*l {
		return Discrepancy{}, fmt.Errorf("vi: discrepancy: got %d and %d values in draws of %d, want as many and two draws at least", len(x), len(y), l)
	}
	n := len(x) / l
	of := func(a []float64, i int, b []float64, j int) float64 {
		square := 0.
		for d, v := range a[i*l : (i+1)*l] {
			v -= b[j*l+d]
			square += v * v
		}
		return k(square)
	}
	within, across, squares := 0., 0., 0.
	for i := range n {
		across += of(x, i, y, i)
		for j := range i {
			own := of(x, i, x, j) + of(y, i, y, j)
			other := of(x, i, y, j) + of(x, j, y, i)
			within, across = within+own, across+other
			squares += (own - other) * (own - other)
		}
	}
	pairs := float64(n*(n-1)) / 2
	return Discrepancy{Squared: within/pairs - 2*across/float64(n*n), Noise: math.Sqrt(squares) / pairs, Draws: n}, nil
}
