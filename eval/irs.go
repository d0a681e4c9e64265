package eval

import (
	"math"
	"slices"
)

// irsQuantile of the deviations stands for their maximum, which one odd row would decide.
const irsQuantile = .99

// IRS is the interventional robustness score of codes, N×L (Suter et al. 2019, eq. 6 to 9): how little
// an element moves by all other factors while one is held. With d_jk the deviation of element j from
// its mean among the rows of a level of factor k, as its .99 quantile averaged over levels, and d_j that
// over all rows,
//
//	IRS = Σ_j w_j max_k (1 − d_jk/d_j),  w_j = Var(z_j) / Σ Var.
//
// It is 1 where each element follows one factor, and near 0 for noise. Weights make it forgive
// elements that hardly vary; unlike the other scores it depends on the scales of elements.
func IRS(codes [][]float64, factors []Factor) (float64, error) {
	d, err := newFactored("IRS", codes, factors)
	if err != nil {
		return 0, err
	}
	if err := atLeastTwo("IRS", len(factors)); err != nil {
		return 0, err
	}
	score, total := 0., 0.
	g := newGroups(d)
	for j := range codes[0] {
		z := column(codes, j)
		whole := deviation(z)
		if whole == 0 {
			continue
		}
		best := 0.
		for k := range g.members {
			held := 0.
			for _, rows := range g.members[k] {
				held += deviation(gather(z, rows)) / float64(len(g.members[k]))
			}
			best = math.Max(best, 1-held/whole)
		}
		w := varianceOf(z)
		score, total = score+w*best, total+w
	}
	if total == 0 {
		return 0, nil
	}
	return score / total, nil
}

// deviation is the quantile of the distances to the mean.
func deviation(z []float64) float64 {
	mean := 0.
	for _, v := range z {
		mean += v / float64(len(z))
	}
	off := make([]float64, len(z))
	for i, v := range z {
		off[i] = math.Abs(v - mean)
	}
	slices.Sort(off)
	return sortedQuantile(off, irsQuantile)
}
