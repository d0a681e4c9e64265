package eval

import (
	"fmt"
	"math"
)

// DefaultBins is the number of bins of equal width that codes are cut into for the mutual
// information with a factor, as in Locatello et al. 2019, appendix B.
const DefaultBins = 20

// Discretize cuts values into bins of equal width between the least and the largest and returns
// the number of each value's bin, from 0.
func Discretize(values []float64, bins int) ([]int, error) {
	if bins < 1 || len(values) == 0 {
		return nil, fmt.Errorf("eval: Discretize: got %d values and %d bins, want at least one of each", len(values), bins)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("eval: Discretize: value %d: got %v, want a finite number", i, v)
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	out := make([]int, len(values))
	if lo == hi {
		return out, nil
	}
	for i, v := range values {
		// Halves keep the difference of two values of opposite sign near the largest float finite.
		out[i] = min(bins-1, int(float64(bins)*((v/2-lo/2)/(hi/2-lo/2))))
	}
	return out, nil
}

// Entropy is −Σ p ln p of the frequencies of whole numbers, nats.
func Entropy(values []int) float64 {
	level, n := numbered(values)
	counts := make([]float64, n)
	for _, l := range level {
		counts[l]++
	}
	return entropyOf(counts, float64(len(values)))
}

// entropyOf is −Σ c/n ln(c/n).
func entropyOf(counts []float64, n float64) float64 {
	h := 0.
	for _, c := range counts {
		if c > 0 {
			h -= c / n * math.Log(c/n)
		}
	}
	return h
}

// MutualInformation is Σ p(a, b) ln[p(a, b)/(p(a) p(b))] of the frequencies of pairs of whole
// numbers, nats. Of independent values with A and B levels the estimate is high by
// (A − 1)(B − 1)/2N to first order (Miller 1955).
func MutualInformation(a, b []int) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("eval: MutualInformation: got %d and %d values, want as many and at least one", len(a), len(b))
	}
	la, na := numbered(a)
	lb, nb := numbered(b)
	return informationOf(la, na, lb, nb), nil
}

// informationOf is the mutual information of numbered levels.
func informationOf(a []int, na int, b []int, nb int) float64 {
	joint := make([]float64, na*nb)
	pa, pb := make([]float64, na), make([]float64, nb)
	for i, l := range a {
		joint[l*nb+b[i]]++
		pa[l]++
		pb[b[i]]++
	}
	n, sum := float64(len(a)), 0.
	for i, c := range joint {
		if c > 0 {
			sum += c / n * math.Log(c*n/(pa[i/nb]*pb[i%nb]))
		}
	}
	return math.Max(sum, 0) // rounding may leave less than 0
}

// information returns I(z_j; v_k) of each element of the codes, cut into bins, and each factor,
// L×F, with the entropies of the factors.
func (d *factored) information(bins int) (mi [][]float64, entropy []float64, err error) {
	n := float64(len(d.codes))
	for k, level := range d.level {
		counts := make([]float64, d.levels[k])
		for _, l := range level {
			counts[l]++
		}
		entropy = append(entropy, entropyOf(counts, n))
	}
	for j := range d.codes[0] {
		cut, err := Discretize(column(d.codes, j), bins)
		if err != nil {
			return nil, nil, err
		}
		row := make([]float64, len(d.level))
		for k, level := range d.level {
			row[k] = informationOf(cut, bins, level, d.levels[k])
		}
		mi = append(mi, row)
	}
	return mi, entropy, nil
}
