package eval

// MIG is the mutual information gap of codes, N×L (Chen et al. 2018, eq. 6),
//
//	(1/F) Σ_k [I(z_j(k); v_k) − max_{j ≠ j(k)} I(z_j; v_k)] / H(v_k),  j(k) = argmax_j I(z_j; v_k),
//
// with each element of a code cut into bins of equal width (see [DefaultBins]). It is 1 where one
// element alone knows each factor, and 0 where two know it equally well. The gaps of the factors
// come with it. Codes are means of q(z|x) by custom, though the paper's own estimate draws from it.
func MIG(codes [][]float64, factors []Factor, bins int) (mig float64, gaps []float64, err error) {
	d, err := newFactored("MIG", codes, factors)
	if err != nil {
		return 0, nil, err
	}
	mi, entropy, err := d.information(bins)
	if err != nil {
		return 0, nil, err
	}
	for k, h := range entropy {
		first, second, _ := topTwo(column(mi, k))
		gaps = append(gaps, (first-second)/h)
		mig += gaps[k] / float64(len(entropy))
	}
	return mig, gaps, nil
}

// Modularity tells whether each element of codes, N×L, depends on one factor alone (Ridgeway &
// Mozer 2018, eq. 2): the mean over elements j of
//
//	1 − Σ_{k ≠ k(j)} I(z_j; v_k)² / [(F − 1) I(z_j; v_k(j))²],  k(j) = argmax_k I(z_j; v_k),
//
// with each element cut into bins of equal width. Elements that know nothing of any factor have no
// part in it; the result is 0 if all are so. Of many factors it is near 1 even where an element mixes
// them, for the sum is divided by F − 1. It wants two factors.
func Modularity(codes [][]float64, factors []Factor, bins int) (float64, error) {
	d, err := newFactored("Modularity", codes, factors)
	if err != nil {
		return 0, err
	}
	if err := atLeastTwo("Modularity", len(factors)); err != nil {
		return 0, err
	}
	mi, _, err := d.information(bins)
	if err != nil {
		return 0, err
	}
	sum, n := 0., 0
	for _, row := range mi {
		best, _, at := topTwo(row)
		if best == 0 {
			continue
		}
		rest := 0.
		for k, v := range row {
			if k != at {
				rest += v * v
			}
		}
		sum += 1 - rest/(best*best*float64(len(row)-1))
		n++
	}
	return sum / float64(max(n, 1)), nil
}
