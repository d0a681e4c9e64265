package eval

import (
	"math"
	"sort"
)

// retune places n + 1 temperatures of a datum after a pilot run: so that each step covers the same
// share of the thermodynamic length
//
//	Λ(β) = ∫₀^β sd_b(ln p(x|z)) db,
//
// which makes the variance of ln w least for chains that mix (Gelman & Meng 1998, section 4.3;
// Grosse, Maddison & Salakhutdinov 2013, eq. 12). A tenth of the steps stays with the pilot's
// schedule, in case the pilot saw too little. The pilot's temperatures are given at 0 … T, with
// the log-likelihoods of its chains at each.
func retune(beta []float64, logLik [][]float64, n int) []float64 {
	last := len(beta) - 1
	deviation := pooled(logLik, last/50)
	share := make([]float64, last+1) // Λ, then the share of the steps up to each pilot temperature
	for t := 1; t <= last; t++ {
		share[t] = share[t-1] + (beta[t]-beta[t-1])*(deviation[t]+deviation[t-1])/2
	}
	total := share[last]
	for t := range share {
		even := float64(t) / float64(last)
		if total > 0 && !math.IsInf(total, 0) {
			even = .9*share[t]/total + .1*even
		}
		share[t] = even
	}
	out := make([]float64, n+1)
	for k := range out {
		want := float64(k) / float64(n)
		t := min(max(1, sort.SearchFloat64s(share, want)), last)
		out[k] = beta[t-1] + (want-share[t-1])/(share[t]-share[t-1])*(beta[t]-beta[t-1])
	}
	out[0], out[n] = 0, 1
	return out
}

// pooled returns the standard deviation of log-likelihoods at each temperature, over the chains
// of all temperatures at most reach away.
func pooled(logLik [][]float64, reach int) []float64 {
	out := make([]float64, len(logLik))
	for t := range out {
		n, mean, square := 0., 0., 0.
		for _, row := range logLik[max(0, t-reach):min(len(logLik), t+reach+1)] {
			for _, v := range row { // Welford's recurrence
				n++
				d := v - mean
				mean += d / n
				square += d * (v - mean)
			}
		}
		if n > 1 && square > 0 {
			out[t] = math.Sqrt(square / (n - 1))
		}
	}
	return out
}
