package approx

import "math"

// algebra is how a table is summed over one of its axes against a message along it: by sums of
// products or by maxima of sums of logarithms.
type algebra struct {
	// last contracts the axis that changes fastest: dst[i] = ⊕_j t[i·c+j] ⊗ in[j].
	last func(dst, t, in []float64)
	// first contracts the axis that changes slowest: dst[r] = ⊕_i t[i·R+r] ⊗ in[i].
	first func(dst, t, in []float64)
}

var (
	sums   = algebra{sumLast, sumFirst}       // of numbers
	maxima = algebra{maxLast, maxFirst}       // of logarithms
	logs   = algebra{logSumLast, logSumFirst} // sums, of logarithms
)

func sumLast(dst, t, in []float64) {
	for i := range dst {
		row, sum := t[i*len(in):(i+1)*len(in)], 0.
		for j, x := range in {
			sum += row[j] * x
		}
		dst[i] = sum
	}
}

func sumFirst(dst, t, in []float64) {
	clear(dst)
	for i, x := range in {
		for r, y := range t[i*len(dst) : (i+1)*len(dst)] {
			dst[r] += x * y
		}
	}
}

func maxLast(dst, t, in []float64) {
	for i := range dst {
		row, top := t[i*len(in):(i+1)*len(in)], math.Inf(-1)
		for j, x := range in {
			top = max(top, row[j]+x)
		}
		dst[i] = top
	}
}

func maxFirst(dst, t, in []float64) {
	for r := range dst {
		dst[r] = math.Inf(-1)
	}
	for i, x := range in {
		for r, y := range t[i*len(dst) : (i+1)*len(dst)] {
			dst[r] = max(dst[r], x+y)
		}
	}
}

func logSumLast(dst, t, in []float64) {
	maxLast(dst, t, in)
	for i, top := range dst {
		if math.IsInf(top, -1) {
			continue
		}
		row, sum := t[i*len(in):(i+1)*len(in)], 0.
		for j, x := range in {
			sum += math.Exp(row[j] + x - top)
		}
		dst[i] = top + math.Log(sum)
	}
}

func logSumFirst(dst, t, in []float64) {
	maxFirst(dst, t, in)
	for r, top := range dst {
		if math.IsInf(top, -1) {
			continue
		}
		sum := 0.
		for i, x := range in {
			sum += math.Exp(t[i*len(dst)+r] + x - top)
		}
		dst[r] = top + math.Log(sum)
	}
}

// contract reduces a table over axes of the lengths card to the axis k, against messages along
// the others: axes from the last to k+1, then from the first to k−1. Each step works on a table
// smaller by its axis, so that all of it costs little more than one pass. The tables on the
// way lie in two buffers of at least half the table's length.
func (a algebra) contract(t []float64, card []int, in [][]float64, k int, buf *[2][]float64) []float64 {
	turn := 0
	step := func(length int, by func(dst, t, in []float64), in []float64) {
		dst := buf[turn][:length]
		by(dst, t, in)
		t, turn = dst, 1-turn
	}
	for j := len(card) - 1; j > k; j-- {
		step(len(t)/card[j], a.last, in[j])
	}
	for j := range k {
		step(len(t)/card[j], a.first, in[j])
	}
	return t
}
