package eval

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// BetaScore is the metric of Higgins et al. 2017, appendix A.4: pairs of rows share one factor,
// drawn evenly, and a linear classifier has to name it from the mean over a group of pairs of
//
//	|z_1 − z_2|, element by element.
//
// The score is its accuracy on further groups: 1 for codes in which each factor has elements of its
// own, and for many that are no more than turned, which is its known weakness (Kim & Mnih 2018,
// section 3). The classifier is [FitLogistic]; pairs are drawn from the rows with replacement. It
// wants two factors.
func BetaScore(ctx context.Context, codes [][]float64, factors []Factor, v Votes, key rng.Key) (VoteScore, error) {
	d, err := newFactored("BetaScore", codes, factors)
	if err != nil {
		return VoteScore{}, err
	}
	if err := v.check("BetaScore"); err != nil {
		return VoteScore{}, err
	}
	if err := atLeastTwo("BetaScore", len(factors)); err != nil {
		return VoteScore{}, err
	}
	g, r := newGroups(d), key.Rand()
	elements, _ := d.alive(v.Floor)
	alive := len(elements)
	if alive == 0 {
		elements = []int{0} // a code without life is as good as a guess
	}
	draw := func(n int) (x [][]float64, y []int) {
		for range n {
			k := r.IntN(len(factors))
			difference := make([]float64, len(elements))
			for range v.Rows {
				a := r.IntN(len(codes))
				mates := g.mates(k, a)
				b := mates[r.IntN(len(mates))]
				for i, j := range elements {
					difference[i] += math.Abs(codes[a][j]-codes[b][j]) / float64(v.Rows)
				}
			}
			x, y = append(x, difference), append(y, k)
		}
		return x, y
	}
	trainX, trainY := draw(v.Train)
	testX, testY := draw(v.Test)
	a, err := Probe(ctx, trainX, trainY, testX, testY, len(factors), DefaultProbeL2)
	return VoteScore{a.Right, a.Rows, a.Score, a.Lo, a.Hi, alive}, err
}
