package eval

import "fmt"

// NMI is the mutual information of two partitions of rows over the mean of their entropies,
// 2 I(a; b) / (H(a) + H(b)) (Strehl & Ghosh 2002): 1 for equal partitions whatever their numbers, 0
// for independent ones, up to a bias that grows with the numbers of parts. Two partitions of one part
// are equal.
func NMI(a, b []int) (float64, error) {
	mi, err := MutualInformation(a, b)
	if err != nil {
		return 0, fmt.Errorf("eval: NMI: %w", err)
	}
	h := Entropy(a) + Entropy(b)
	if h == 0 {
		return 1, nil
	}
	return 2 * mi / h, nil
}

// AdjustedRand is the Rand index of two partitions of rows, the share of pairs that both put together
// or both part, less its expectation under random partitions with parts of the same sizes, over the
// most that is left (Hubert & Arabie 1985, eq. 5): 1 for equal partitions, 0 on average for
// independent ones, and possibly below.
func AdjustedRand(a, b []int) (float64, error) {
	if len(a) != len(b) || len(a) < 2 {
		return 0, fmt.Errorf("eval: AdjustedRand: got %d and %d rows, want as many and at least two", len(a), len(b))
	}
	la, na := numbered(a)
	lb, nb := numbered(b)
	joint, ca, cb := make([]float64, na*nb), make([]float64, na), make([]float64, nb)
	for i := range la {
		joint[la[i]*nb+lb[i]]++
		ca[la[i]]++
		cb[lb[i]]++
	}
	together, byA, byB := pairsOf(joint), pairsOf(ca), pairsOf(cb)
	expected := byA * byB / pairsOf([]float64{float64(len(a))})
	most := (byA + byB) / 2
	if most == expected {
		return 1, nil // both are one part, or both are single rows
	}
	return (together - expected) / (most - expected), nil
}

// pairsOf is Σ c(c − 1)/2.
func pairsOf(counts []float64) (sum float64) {
	for _, c := range counts {
		sum += c * (c - 1) / 2
	}
	return sum
}
