package hmm

import (
	"math"
	"slices"
)

// logSumExp is ln Σ exp(v).
func logSumExp(v []float64) float64 {
	top := slices.Max(v)
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

// logs returns the logarithms of weights.
func logs(w []float64) []float64 {
	out := make([]float64, len(w))
	for i, v := range w {
		out[i] = math.Log(v)
	}
	return out
}

// logForward is the forward pass in logarithms, the definition of the scaled one: side holds
// ln p(x_1 … x_t, z_t = k).
func (w *lattice) logForward() (logZ float64) {
	k, lt, terms := w.k, logs(w.trans), make([]float64, w.k)
	for j, v := range logs(w.start) {
		w.side[j] = v + w.b[j]
	}
	for t := 1; t < w.t; t++ {
		prev := w.side[(t-1)*k : t*k]
		for j := range k {
			for i, v := range prev {
				terms[i] = v + lt[i*k+j]
			}
			w.side[t*k+j] = logSumExp(terms) + w.b[t*k+j]
		}
	}
	return logSumExp(w.side[(w.t-1)*k:])
}

// logBackward is the backward pass in logarithms after logForward:
//
//	ln β_t(i) = ln Σ_j A(i,j) b_{t+1}(j) β_{t+1}(j)
//
// (Rabiner 1989, eq. 25). b becomes the smoothed marginals, side the filtered ones and pairs
// the expected steps.
func (w *lattice) logBackward(logZ float64) {
	k, lt, terms := w.k, logs(w.trans), make([]float64, w.k)
	beta, back := make([]float64, k), make([]float64, k)
	clear(w.pairs)
	for t := w.t - 1; t >= 0; t-- {
		a, b := w.side[t*k:(t+1)*k], w.b[t*k:(t+1)*k]
		for i, v := range a {
			back[i] = b[i] + beta[i]
			b[i] = v + beta[i]
		}
		for i, v := range w.side[max(t-1, 0)*k : t*k] {
			for j := range k {
				terms[j] = lt[i*k+j] + back[j]
				w.pairs[i*k+j] += math.Exp(v + terms[j] - logZ)
			}
			beta[i] = logSumExp(terms)
		}
		logShares(b)
		logShares(a)
	}
}

// logShares turns logarithms of weights into shares; far from zero they have lost digits that
// all of a row have in common.
func logShares(v []float64) {
	total := logSumExp(v)
	for i, x := range v {
		v[i] = math.Exp(x - total)
	}
}
