package eval

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// Bootstrapped is a figure with a percentile bootstrap interval.
type Bootstrapped struct {
	Value float64 `json:"value"` // of the sample
	Lo    float64 `json:"lo"`    // lower end of the interval
	Hi    float64 `json:"hi"`    // upper end
}

// Detection says how well scores tell positives from negatives, with bootstrap intervals from
// resamples that keep the number of positives and of negatives.
type Detection struct {
	AUROC       Bootstrapped `json:"auroc"`       // see [AUROC]
	AUPR        Bootstrapped `json:"aupr"`        // see [AUPR]
	FPR95       Bootstrapped `json:"fpr95"`       // false-positive rate at a true-positive rate of .95, see [FPRAtTPR]
	Sensitivity Bootstrapped `json:"sensitivity"` // true-positive rate at a false-positive rate of .05, see [TPRAtFPR]
	Positives   int          `json:"positives"`   // rows
	Negatives   int          `json:"negatives"`   // rows
	Resamples   int          `json:"resamples"`   // B of the bootstrap
	Level       float64      `json:"level"`       // of the intervals
}

// Detect measures scores with n resamples at a level.
func Detect(scores []float64, positive []bool, key rng.Key, n int, level float64) (Detection, error) {
	r, err := newRanking("Detect", scores, positive)
	if err != nil {
		return Detection{}, err
	}
	if n < 1 {
		return Detection{}, fmt.Errorf("eval: Detect: resamples: got %d, want at least 1", n)
	}
	if err := checkOpenUnit("Detect: level", level); err != nil {
		return Detection{}, err
	}
	figures := []func(weight []int) float64{
		r.areaOf, r.precision,
		func(w []int) float64 { return r.fprAt(w, ceilTol(.95*float64(r.p))) },
		func(w []int) float64 { return r.tprAt(w, floorTol(.05*float64(r.n))) },
	}
	once := make([]int, len(r.scores))
	for i := range once {
		once[i] = 1
	}
	draws := make([][]float64, len(figures))
	r.resample(key, n, func(weight []int) {
		for k, f := range figures {
			draws[k] = append(draws[k], f(weight))
		}
	})
	d := Detection{Positives: r.p, Negatives: r.n, Resamples: n, Level: level}
	for k, e := range []*Bootstrapped{&d.AUROC, &d.AUPR, &d.FPR95, &d.Sensitivity} {
		slices.Sort(draws[k])
		*e = Bootstrapped{figures[k](once), sortedQuantile(draws[k], (1-level)/2), sortedQuantile(draws[k], (1+level)/2)}
	}
	return d, nil
}

// resample hands out how often each example is in each of n stratified bootstrap samples.
func (r *ranking) resample(key rng.Key, n int, fn func(weight []int)) {
	var members [2][]int // places in the sorted order of the negatives and the positives
	for i, pos := range r.positive {
		members[b2i(pos)] = append(members[b2i(pos)], i)
	}
	weight := make([]int, len(r.scores))
	for b := range n {
		rand := key.At(uint64(b)).Rand()
		clear(weight)
		for _, m := range members {
			for range m {
				weight[m[rand.IntN(len(m))]]++
			}
		}
		fn(weight)
	}
}

// areaOf is the AUROC with a count per example.
func (r *ranking) areaOf(count []int) float64 {
	weight := make([]float64, len(count))
	for i, c := range count {
		weight[i] = float64(c)
	}
	return r.area(weight)
}

// precision is the average precision with a count per example (see [AUPR]).
func (r *ranking) precision(count []int) float64 {
	var ap float64
	tp, seen := 0, 0
	for i := len(r.scores) - 1; i >= 0; {
		before, j := tp, i
		for ; j >= 0 && r.scores[j] == r.scores[i]; j-- {
			seen += count[j]
			if r.positive[j] {
				tp += count[j]
			}
		}
		if seen > 0 {
			ap += float64(tp-before) / float64(r.p) * float64(tp) / float64(seen)
		}
		i = j
	}
	return ap
}

// TPRAtFPR is the highest true-positive rate, the sensitivity, of any threshold whose
// false-positive rate is at most fpr, that is, at a specificity of 1 − fpr. Tied scores alarm
// together.
func TPRAtFPR(scores []float64, positive []bool, fpr float64) (float64, error) {
	r, err := newRanking("TPRAtFPR", scores, positive)
	if err != nil {
		return 0, err
	}
	if !(fpr >= 0 && fpr < 1) {
		return 0, fmt.Errorf("eval: TPRAtFPR: false-positive rate: got %v, want a value in [0, 1)", fpr)
	}
	once := make([]int, len(r.scores))
	for i := range once {
		once[i] = 1
	}
	return r.tprAt(once, floorTol(fpr*float64(r.n))), nil
}

// tprAt is the true-positive rate of the lowest threshold with at most that many false positives,
// with a count per example.
func (r *ranking) tprAt(count []int, most int) float64 {
	tp, fp, found := 0, 0, 0
	for i := len(r.scores) - 1; i >= 0; i-- {
		if r.positive[i] {
			tp += count[i]
		} else {
			fp += count[i]
		}
		if fp > most {
			break
		}
		if i == 0 || r.scores[i-1] != r.scores[i] {
			found = tp
		}
	}
	return float64(found) / float64(r.p)
}
