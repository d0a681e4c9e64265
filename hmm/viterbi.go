package hmm

import "math"

// Viterbi returns the most probable path of states and ln p(x, path) (Viterbi 1967): the best
// beginnings F and the best ends G of a path, each over half of the sequence,
//
//	F_t(j) = ln b_t(j) + max_i [F_{t−1}(i) + ln A(i,j)],  G_t(i) = ln b_t(i) + max_j [ln A(i,j) + G_{t+1}(j)],
//
// and the best step from one to the other. Of paths that tie, it is one that takes the lowest
// states, looked for from the middle to both ends.
func (m *Model) Viterbi(x []float64) (path []int, logProb float64, err error) {
	w, err := m.ready(x)
	if err != nil {
		return nil, 0, err
	}
	defer w.release()
	w.logDensities()
	k, mid, path := w.k, w.middle(), make([]int, w.t)
	ahead, back := logs(m.Trans), logs(w.back)
	w.both(func() { w.beginnings(mid, logs(m.Start), ahead) }, func() { w.ends(mid, back) })
	first, second := logs(m.Start), w.row(w.b, mid)
	if mid > 0 {
		longest(first, w.row(w.b, mid-1), ahead)
	}
	for j, v := range second {
		first[j] += v
	}
	path[mid] = highest(first)
	if logProb = first[path[mid]]; math.IsInf(logProb, -1) {
		return nil, logProb, ErrImpossible
	}
	w.both(func() {
		scores := make([]float64, k)
		for t := mid - 1; t >= 0; t-- {
			path[t] = follow(scores, w.row(w.b, t), back[path[t+1]*k:])
		}
	}, func() {
		scores := make([]float64, k)
		for t := mid + 1; t < w.t; t++ {
			path[t] = follow(scores, w.row(w.b, t), ahead[path[t-1]*k:])
		}
	})
	return path, logProb, nil
}

// beginnings turns the rows of b before the middle into F.
func (w *lattice) beginnings(mid int, start, logTrans []float64) {
	best := start
	for t := range mid {
		if t > 0 {
			longest(best, w.row(w.b, t-1), logTrans)
		}
		plus(w.row(w.b, t), best)
	}
}

// ends turns the rows of b from the middle on into G.
func (w *lattice) ends(mid int, logBack []float64) {
	best := make([]float64, w.k)
	for t := w.t - 2; t >= mid; t-- {
		longest(best, w.row(w.b, t+1), logBack)
		plus(w.row(w.b, t), best)
	}
}

// longest sets next(j) = max_i best(i) + M(i,j): four columns at a time, whose maxima stay in
// registers.
func longest(next, best, m []float64) {
	k, j := len(next), 0
	for ; j+4 <= k; j += 4 {
		r, v := m[j:j+4:j+4], best[0]
		s0, s1, s2, s3 := v+r[0], v+r[1], v+r[2], v+r[3]
		at := j + k
		for _, v := range best[1:] {
			r := m[at : at+4 : at+4]
			s0, s1, s2, s3 = max(s0, v+r[0]), max(s1, v+r[1]), max(s2, v+r[2]), max(s3, v+r[3])
			at += k
		}
		next[j], next[j+1], next[j+2], next[j+3] = s0, s1, s2, s3
	}
	for ; j < k; j++ {
		s, at := best[0]+m[j], j+k
		for _, v := range best[1:] {
			s = max(s, v+m[at])
			at += k
		}
		next[j] = s
	}
}

// highest is the first index of the largest value.
func highest(v []float64) (at int) {
	for i, x := range v {
		if x > v[at] {
			at = i
		}
	}
	return at
}

// follow is the first state with the largest sum of its value and a step's.
func follow(scores, values, steps []float64) int {
	for i, v := range values {
		scores[i] = v + steps[i]
	}
	return highest(scores)
}
