package eval

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// FPRAtTPRInterval is a percentile bootstrap interval of [FPRAtTPR] at the given level, from n
// resamples that keep the number of positives and of negatives.
func FPRAtTPRInterval(scores []float64, positive []bool, tpr float64, key rng.Key, n int, level float64) (lo, hi float64, err error) {
	if _, err := FPRAtTPR(scores, positive, tpr); err != nil {
		return 0, 0, err
	}
	if n < 1 {
		return 0, 0, fmt.Errorf("eval: FPRAtTPRInterval: resamples: got %d, want at least 1", n)
	}
	if err := checkOpenUnit("FPRAtTPRInterval: level", level); err != nil {
		return 0, 0, err
	}
	r, err := newRanking("FPRAtTPRInterval", scores, positive)
	if err != nil {
		return 0, 0, err
	}
	var members [2][]int // places in the sorted order of the negatives and the positives
	for i, pos := range r.positive {
		members[b2i(pos)] = append(members[b2i(pos)], i)
	}
	rates := make([]float64, n)
	weight := make([]int, len(r.scores))
	need := ceilTol(tpr * float64(r.p))
	for b := range rates {
		rand := key.At(uint64(b)).Rand()
		clear(weight)
		for _, m := range members {
			for range m {
				weight[m[rand.IntN(len(m))]]++
			}
		}
		rates[b] = r.fprAt(weight, need)
	}
	slices.Sort(rates)
	return sortedQuantile(rates, (1-level)/2), sortedQuantile(rates, (1+level)/2), nil
}

// fprAt is the false-positive rate of the highest threshold that finds need positives, with a
// count per example; tied scores alarm together.
func (r *ranking) fprAt(weight []int, need int) float64 {
	tp, fp := 0, 0
	for i := len(r.scores) - 1; i >= 0; i-- {
		if r.positive[i] {
			tp += weight[i]
		} else {
			fp += weight[i]
		}
		if ends := i == 0 || r.scores[i-1] != r.scores[i]; ends && tp >= need {
			break
		}
	}
	return float64(fp) / float64(r.n)
}
