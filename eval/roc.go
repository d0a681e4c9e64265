package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// AUROC is the area under the receiver operating characteristic: the probability that a
// random positive scores above a random negative, a tie counting one half
// (Hanley & McNeil 1982). It is exact, from mid-ranks:
//
//	AUROC = (Σ_{positive} rank − P(P+1)/2) / (P N).
func AUROC(scores []float64, positive []bool) (float64, error) {
	r, err := newRanking("AUROC", scores, positive)
	if err != nil {
		return 0, err
	}
	return r.area(nil), nil
}

// AUROCInterval is a percentile bootstrap interval of AUROC at the given level, from n
// resamples that keep the number of positives and of negatives.
func AUROCInterval(scores []float64, positive []bool, key rng.Key, n int, level float64) (lo, hi float64, err error) {
	r, err := newRanking("AUROCInterval", scores, positive)
	if err != nil {
		return 0, 0, err
	}
	if n < 1 {
		return 0, 0, fmt.Errorf("eval: AUROCInterval: resamples: got %d, want at least 1", n)
	}
	if err := checkOpenUnit("AUROCInterval: level", level); err != nil {
		return 0, 0, err
	}
	var members [2][]int // positions in the sorted order of the negatives and the positives
	for i, pos := range r.positive {
		members[b2i(pos)] = append(members[b2i(pos)], i)
	}
	areas := make([]float64, n)
	weight := make([]float64, len(r.scores))
	for b := range areas {
		rand := key.At(uint64(b)).Rand()
		clear(weight)
		for _, m := range members {
			for range m {
				weight[m[rand.IntN(len(m))]]++
			}
		}
		areas[b] = r.area(weight)
	}
	slices.Sort(areas)
	return sortedQuantile(areas, (1-level)/2), sortedQuantile(areas, (1+level)/2), nil
}

// FPRAtTPR is the lowest false-positive rate of any threshold whose true-positive rate is
// at least tpr; FPR95 is FPRAtTPR(scores, positive, 0.95). Tied scores alarm together.
func FPRAtTPR(scores []float64, positive []bool, tpr float64) (float64, error) {
	r, err := newRanking("FPRAtTPR", scores, positive)
	if err != nil {
		return 0, err
	}
	if !(tpr > 0 && tpr <= 1) {
		return 0, fmt.Errorf("eval: FPRAtTPR: true-positive rate: got %v, want a value in (0, 1]", tpr)
	}
	need := ceilTol(tpr * float64(r.p))
	tp, fp := 0, 0
	for i := len(r.scores) - 1; i >= 0; i-- {
		tp += b2i(r.positive[i])
		fp += b2i(!r.positive[i])
		if groupEnds := i == 0 || r.scores[i-1] != r.scores[i]; groupEnds && tp >= need {
			break
		}
	}
	return float64(fp) / float64(r.n), nil
}

// ranking holds scores in ascending order with their classes.
type ranking struct {
	scores   []float64
	positive []bool
	p, n     int // how many positives and negatives
}

// newRanking checks and sorts; what names the caller in errors.
func newRanking(what string, scores []float64, positive []bool) (*ranking, error) {
	if len(scores) != len(positive) {
		return nil, fmt.Errorf("eval: %s: lengths: got %d scores and %d classes, want the same number", what, len(scores), len(positive))
	}
	order := make([]int, len(scores))
	r := &ranking{scores: make([]float64, len(scores)), positive: make([]bool, len(scores))}
	for i, s := range scores {
		if math.IsNaN(s) {
			return nil, fmt.Errorf("eval: %s: score %d: got NaN, want a number", what, i)
		}
		order[i] = i
		r.p += b2i(positive[i])
	}
	r.n = len(scores) - r.p
	if r.p == 0 || r.n == 0 {
		return nil, fmt.Errorf("eval: %s: classes: got %d positives and %d negatives, want at least one of each", what, r.p, r.n)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	for i, j := range order {
		r.scores[i], r.positive[i] = scores[j], positive[j]
	}
	return r, nil
}

// area is the AUROC with the given weight per example (nil: all one): each positive beats
// the negatives below it and half of those it ties with.
func (r *ranking) area(weight []float64) float64 {
	var below, pos, won float64
	for i := 0; i < len(r.scores); {
		var tieP, tieN float64
		j := i
		for ; j < len(r.scores) && r.scores[j] == r.scores[i]; j++ {
			w := 1.0
			if weight != nil {
				w = weight[j]
			}
			if r.positive[j] {
				tieP += w
			} else {
				tieN += w
			}
		}
		won += tieP * (below + tieN/2)
		below += tieN
		pos += tieP
		i = j
	}
	return won / (pos * below)
}
