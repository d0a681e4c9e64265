package hmm

import "math"

// Viterbi returns the most probable path of states and ln p(x, path) (Viterbi 1967). Of
// paths that tie, it is one that ends in the lowest state, and came from the lowest.
func (m *Model) Viterbi(x []float64) (path []int, logProb float64, err error) {
	w, err := m.ready(x)
	if err != nil {
		return nil, 0, err
	}
	k, lt := w.k, logs(m.Trans)
	from := make([]int32, w.t*k)
	best, next := logs(m.Start), make([]float64, k)
	for t := range w.t {
		if t > 0 {
			longest(next, best, lt, from[t*k:(t+1)*k])
			best, next = next, best
		}
		for j, v := range w.b[t*k : (t+1)*k] {
			best[j] += v
		}
	}
	end := 0
	for j, v := range best {
		if v > best[end] {
			end = j
		}
	}
	if logProb = best[end]; math.IsInf(logProb, -1) {
		return nil, logProb, ErrImpossible
	}
	path = make([]int, w.t)
	for t := w.t - 1; t >= 0; t-- {
		path[t] = end
		end = int(from[t*k+end])
	}
	return path, logProb, nil
}

// longest sets next(j) = max_i best(i) + ln A(i,j) and from to where the maximum is.
func longest(next, best, logTrans []float64, from []int32) {
	k := len(next)
	from = from[:k]
	for j, v := range logTrans[:k] {
		next[j], from[j] = best[0]+v, 0
	}
	for i := 1; i < k; i++ {
		bi := best[i]
		for j, v := range logTrans[i*k : (i+1)*k] {
			if s := bi + v; s > next[j] {
				next[j], from[j] = s, int32(i)
			}
		}
	}
}
