package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// RejectionCurve is what is left of the error when the rows with the highest scores are refused
// (El-Yaniv & Wiener 2010): the useful curve of an uncertainty, for it says what a person who
// takes over the refused rows leaves to the model.
type RejectionCurve struct {
	Refused []float64 // share of the rows refused: 0, …, less than 1, rising
	Risk    []float64 // mean loss of the rows kept
	Area    float64   // mean of the risk over all numbers of rows kept, AURC (Geifman et al. 2019)
}

// Rejection refuses rows by falling score, such as the entropy of a class or the deviation of a
// number; losses are 1 for a wrong class and 0 for a right one, or errors of any kind. Rows of one
// score are refused together; in Area, each of them counts as their mean.
func Rejection(scores, losses []float64) (c RejectionCurve, err error) {
	if len(scores) != len(losses) || len(scores) == 0 {
		return c, fmt.Errorf("eval: Rejection: lengths: got %d scores and %d losses, want as many, and one at least", len(scores), len(losses))
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
		if math.IsNaN(scores[i]) || math.IsNaN(losses[i]) {
			return c, fmt.Errorf("eval: Rejection: row %d: got score %v and loss %v, want numbers", i, scores[i], losses[i])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	n, sum := float64(len(order)), 0.
	for i := 0; i < len(order); { // rows kept: those of the lowest scores
		j, tie := i, 0.
		for ; j < len(order) && scores[order[j]] == scores[order[i]]; j++ {
			tie += losses[order[j]]
		}
		for k := 1; k <= j-i; k++ {
			c.Area += (sum + tie*float64(k)/float64(j-i)) / float64(i+k) / n
		}
		sum += tie
		c.Refused = append(c.Refused, float64(len(order)-j)/n)
		c.Risk = append(c.Risk, sum/float64(j))
		i = j
	}
	slices.Reverse(c.Refused)
	slices.Reverse(c.Risk)
	return c, nil
}
