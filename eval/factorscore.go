package eval

import (
	"math"
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/rng"
)

// FactorScore is the metric of Kim & Mnih 2018, section 3: groups of rows share one factor, drawn
// evenly, whose element of the code should vary least,
//
//	d* = argmin_j Var_group(z_j) / Var(z_j),
//
// and a majority vote over groups says which factor an element stands for. The score is the share of
// further groups whose factor the vote of d* names: 1 for codes that keep each factor to elements of
// its own, 1/F for codes that know nothing. Groups are drawn from the rows with replacement. It
// wants two factors; without a living element the score is that of a blind vote.
func FactorScore(codes [][]float64, factors []Factor, v Votes, key rng.Key) (VoteScore, error) {
	d, err := newFactored("FactorScore", codes, factors)
	if err != nil {
		return VoteScore{}, err
	}
	if err := v.check("FactorScore"); err != nil {
		return VoteScore{}, err
	}
	if err := atLeastTwo("FactorScore", len(factors)); err != nil {
		return VoteScore{}, err
	}
	e := &electorate{groups: newGroups(d), rows: v.Rows, rand: key.Rand()}
	e.elements, e.variance = d.alive(v.Floor)
	tally := make([][]float64, len(codes[0]))
	for j := range tally {
		tally[j] = make([]float64, len(factors))
	}
	for range v.Train {
		j, k := e.vote()
		tally[j][k]++
	}
	right := 0
	for range v.Test {
		j, k := e.vote()
		_, _, named := topTwo(tally[j])
		right += b2i(named == k)
	}
	return newVoteScore(right, v.Test, len(e.elements))
}

// electorate are the elements of a code that vote.
type electorate struct {
	*groups
	rows     int // of a group
	elements []int
	variance []float64 // over all rows, of every element
	rand     *rand.Rand
}

// vote draws a factor and a group that shares it, and returns the element that varies least there
// beside the factor.
func (e *electorate) vote() (least, factor int) {
	factor = e.rand.IntN(len(e.level))
	mates := e.mates(factor, e.rand.IntN(len(e.codes)))
	rows, values := make([]int, e.rows), make([]float64, e.rows)
	for i := range rows {
		rows[i] = mates[e.rand.IntN(len(mates))]
	}
	best := math.Inf(1)
	for _, j := range e.elements {
		for i, row := range rows {
			values[i] = e.codes[row][j]
		}
		if s := varianceOf(values) / e.variance[j]; s < best {
			best, least = s, j
		}
	}
	return least, factor
}
