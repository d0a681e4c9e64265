package pgm

import "slices"

// walk goes through the cells of a table in order and keeps the place in a smaller table over
// some of its variables. Neighbouring axes along which both move evenly are one axis.
type walk struct {
	lens    []int // lengths of the axes, slowest first
	strides []int // steps of the smaller table along them
}

// newWalk is the walk through a table over vars beside one over sub.
func newWalk(vars, card, sub, subCard []int) walk {
	stride := make(map[int]int, len(sub))
	for i, s := len(sub)-1, 1; i >= 0; i-- {
		stride[sub[i]] = s
		s *= subCard[i]
	}
	var w walk
	for i, v := range slices.Backward(vars) {
		s, n := stride[v], card[i]
		if n == 1 {
			continue
		}
		if k := len(w.lens) - 1; k >= 0 && s == w.strides[k]*w.lens[k] {
			w.lens[k] *= n
			continue
		}
		w.lens, w.strides = append(w.lens, n), append(w.strides, s)
	}
	if len(w.lens) == 0 {
		w.lens, w.strides = []int{1}, []int{0}
	}
	slices.Reverse(w.lens)
	slices.Reverse(w.strides)
	return w
}

// runs calls f for each run of the fastest axis: cells at … at+n−1 of the table go with the
// cells from, from+stride, … of the smaller one.
func (w walk) runs(f func(at, from, n, stride int)) {
	last := len(w.lens) - 1
	n, stride := w.lens[last], w.strides[last]
	place := make([]int, last)
	for at, from := 0, 0; ; at += n {
		f(at, from, n, stride)
		k := last - 1
		for ; k >= 0; k-- {
			place[k]++
			from += w.strides[k]
			if place[k] < w.lens[k] {
				break
			}
			from -= place[k] * w.strides[k]
			place[k] = 0
		}
		if k < 0 {
			return
		}
	}
}
