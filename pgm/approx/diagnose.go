package approx

import "math"

// diagnose reads marginals, standard errors, ESS and R̂ off chains of a number of batches.
func (b *blocks) diagnose(runs []*monitored, batches, size int) *Result {
	r := &Result{LogZ: math.NaN(), Marginals: b.known(), StdErr: b.table(),
		ESS: make([]float64, len(b.card)), RHat: make([]float64, len(b.card))}
	n := float64(batches * len(runs))
	for v, k := range b.card {
		if _, seen := b.evidence[v]; seen {
			r.RHat[v] = 1
			continue
		}
		r.Marginals[v] = make([]float64, k)
		r.RHat[v], r.ESS[v] = 1, n*float64(size)
		for s := range k {
			var sum, square, visits, spread float64
			for _, m := range runs {
				sum += m.sum[v][s]
				square += m.square[v][s]
				visits += m.visits[0][v][s] + m.visits[1][v][s]
				spread += m.spread[v][s]
			}
			r.Marginals[v][s] = sum / n
			r.StdErr[v][s] = math.Sqrt(variance(n, sum, square) / n)
			p := visits / (n * float64(size))
			// a batch of independent visits would have a mean of variance p(1−p)/size
			if of := variance(n, p*n, spread); of > 0 {
				r.ESS[v] = min(r.ESS[v], n*p*(1-p)/of)
			}
			r.RHat[v] = max(r.RHat[v], rhat(runs, v, s))
		}
	}
	return r
}

// variance is that of n numbers with a sum and a sum of squares, never below 0; one number
// is taken to have that of a Bernoulli variable, for want of another.
func variance(n, sum, square float64) float64 {
	mean := sum / n
	if n < 2 {
		return mean * (1 - mean)
	}
	return max(0, (square-n*mean*mean)/(n-1))
}

// rhat is √(((n−1)/n W + B/n) / W) of whether the state is s, over the halves of the chains
// (Gelman et al. 2013, eq. 11.4): W is the mean variance within them and B/n the variance of
// their means. Halves that never move agree or do not.
func rhat(runs []*monitored, v, s int) float64 {
	var count, within, sum, square, n float64
	for _, m := range runs {
		for half, visits := range m.visits {
			if m.swept[half] < 2 {
				continue
			}
			n = m.swept[half]
			mean := visits[v][s] / n
			count++
			sum += mean
			square += mean * mean
			within += mean * (1 - mean) * n / (n - 1)
		}
	}
	if count < 2 {
		return 1
	}
	within /= count
	between := variance(count, sum, square)
	switch {
	case between == 0:
		return 1
	case within == 0:
		return math.Inf(1)
	}
	return max(1, math.Sqrt((n-1)/n+between/within))
}
