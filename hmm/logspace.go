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

// logForward is the forward pass in logarithms, the definition of forward: alpha holds
// ln p(x_1 … x_t, z_t = k).
func (w *lattice) logForward(start, trans []float64) (logZ float64) {
	k, lt, terms := w.k, logs(trans), make([]float64, w.k)
	for j, v := range logs(start) {
		w.alpha[j] = v + w.b[j]
	}
	for t := 1; t < w.t; t++ {
		prev := w.alpha[(t-1)*k : t*k]
		for j := range k {
			for i, v := range prev {
				terms[i] = v + lt[i*k+j]
			}
			w.alpha[t*k+j] = logSumExp(terms) + w.b[t*k+j]
		}
	}
	return logSumExp(w.alpha[(w.t-1)*k:])
}

// logBackward is the backward pass in logarithms after logForward:
//
//	ln β_t(i) = ln Σ_j A(i,j) b_{t+1}(j) β_{t+1}(j)
//
// (Rabiner 1989, eq. 25). b becomes the smoothed marginals, pairs the expected steps.
func (w *lattice) logBackward(trans []float64, logZ float64) {
	k, lt, terms := w.k, logs(trans), make([]float64, w.k)
	beta, back := make([]float64, k), make([]float64, k)
	clear(w.pairs)
	for t := w.t - 1; t >= 0; t-- {
		a, b := w.alpha[t*k:(t+1)*k], w.b[t*k:(t+1)*k]
		for i, v := range a {
			back[i] = b[i] + beta[i]
			b[i] = math.Exp(v + beta[i] - logZ)
		}
		if t == 0 {
			return
		}
		for i, v := range w.alpha[(t-1)*k : t*k] {
			for j := range k {
				terms[j] = lt[i*k+j] + back[j]
				w.pairs[i*k+j] += math.Exp(v + terms[j] - logZ)
			}
			beta[i] = logSumExp(terms)
		}
	}
}
