package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// TypicalBatches tests whether batches of m scores each, consecutive ones, are as normal rows score in
// the mean: it returns the p-value of each batch under
//
//	|mean of the batch − Ĥ|,  Ĥ the mean of the normal scores,
//
// against n batches of m drawn from the normal scores with replacement (Nalisnick et al. 2019,
// algorithm 1). With −ln p(x) as the score, Ĥ is the entropy of the data, and a batch from anywhere
// else, likelier or less likely, is found by few rows where single rows are not. What is left over
// after the last whole batch is not tested.
func TypicalBatches(normal, scores []float64, m, n int, key rng.Key) ([]float64, error) {
	switch {
	case m < 1 || m > len(scores):
		return nil, fmt.Errorf("eval: TypicalBatches: rows of a batch: got %d, want 1 to %d", m, len(scores))
	case n < 1:
		return nil, fmt.Errorf("eval: TypicalBatches: resamples: got %d, want at least 1", n)
	case len(normal) < 2:
		return nil, fmt.Errorf("eval: TypicalBatches: normal scores: got %d, want at least 2", len(normal))
	case slices.ContainsFunc(normal, math.IsNaN) || slices.ContainsFunc(scores, math.IsNaN):
		return nil, fmt.Errorf("eval: TypicalBatches: scores: got NaN, want numbers")
	}
	h, _ := MeanStdErr(normal)
	null := make([]float64, n)
	for b := range null {
		r := key.At(uint64(b)).Rand()
		sum := 0.
		for range m {
			sum += normal[r.IntN(len(normal))]
		}
		null[b] = math.Abs(sum/float64(m) - h)
	}
	var off []float64
	for i := 0; i+m <= len(scores); i += m {
		mean, _ := MeanStdErr(scores[i : i+m])
		off = append(off, math.Abs(mean-h))
	}
	return ConformalPValues(null, off)
}
