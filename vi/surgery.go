package vi

import (
	"fmt"
	"math"
)

// Surgery is the mean KL divergence of a guide from the prior over a data set, taken apart
// (Hoffman & Johnson 2016, eq. 6),
//
//	(1/N) Σ_n KL(q(z|x_n) ‖ p(z)) = I_q(x; z) + KL(q̄(z) ‖ p(z)),  q̄ = (1/N) Σ_n q(z|x_n).
type Surgery struct {
	Rate       float64 // (1/N) Σ_n KL(q(z|x_n) ‖ p(z)), nats
	MutualInfo float64 // I_q(x; z) of the index of the datum and its code
	MarginalKL float64 // KL(q̄(z) ‖ p(z))
}

// Dissect computes the surgery of a discrete code from the probabilities q(z = c|x_n), N rows
// of C, and p(z = c). For continuous codes see [Posterior.MutualInformation].
func Dissect(q [][]float64, p []float64) (Surgery, error) {
	var s Surgery
	mean := make([]float64, len(p))
	for n, row := range q {
		if len(row) != len(p) {
			return s, fmt.Errorf("vi: surgery: row %d: got %d states, want %d", n, len(row), len(p))
		}
		for c, v := range row {
			mean[c] += v / float64(len(q))
		}
	}
	for _, row := range q {
		s.Rate += divergence(row, p) / float64(len(q))
		s.MutualInfo += divergence(row, mean) / float64(len(q))
	}
	s.MarginalKL = divergence(mean, p)
	return s, nil
}

// divergence is KL(a ‖ b) = Σ a ln(a/b) of two discrete distributions.
func divergence(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		if v > 0 {
			sum += v * math.Log(v/b[i])
		}
	}
	return sum
}
