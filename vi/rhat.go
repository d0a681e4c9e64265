package vi

import "math"

// SplitRHat returns the potential scale reduction R̂ of chains of equal length, each cut in two
// (Gelman et al. 2013, eq. 11.4): the root of the variance of all draws over the mean variance within
// a half, 1 where the halves agree. Of one chain of an optimiser's iterates it tells whether they
// still drift. It is NaN where a half has fewer than 2 draws or no half varies.
func SplitRHat(chains ...[]float64) float64 {
	halves := split(chains)
	if len(halves) == 0 || len(halves[0]) < 2 {
		return math.NaN()
	}
	n := float64(len(halves[0]))
	between, within := spread(halves)
	if within == 0 {
		return math.NaN()
	}
	return math.Sqrt(((n-1)/n*within + between/n) / within)
}

// ESS returns the effective number of draws of chains of equal length, each cut in two: their
// number over the autocorrelation time 1 + 2Σρ_t, summed over pairs of lags while the pairs'
// sums are positive and made to fall (Geyer 1992; Gelman et al. 2013, section 11.5).
func ESS(chains ...[]float64) float64 {
	halves := split(chains)
	if len(halves) == 0 || len(halves[0]) < 4 {
		return math.NaN()
	}
	m, n := len(halves), len(halves[0])
	between, within := spread(halves)
	total := float64(n-1)/float64(n)*within + between/float64(n)
	if total == 0 {
		return math.NaN()
	}
	means := make([]float64, m)
	for c, x := range halves {
		means[c] = mean(x)
	}
	rho := func(lag int) float64 {
		sum := 0.
		for c, x := range halves {
			for i := 0; i+lag < n; i++ {
				sum += (x[i] - means[c]) * (x[i+lag] - means[c])
			}
		}
		// Autocovariances with divisor n; total is the variance of all draws.
		cov := sum / float64(n*m)
		return 1 - (within*float64(n-1)/float64(n)-cov)/total
	}
	time, last := -1., math.Inf(1)
	for t := 0; t+1 < n; t += 2 {
		pair := rho(t) + rho(t+1)
		if t == 0 {
			pair = 1 + rho(1)
		}
		if pair <= 0 {
			break
		}
		last = math.Min(last, pair)
		time += 2 * last
	}
	draws := float64(m * n)
	// Antithetic chains are believed up to a gain of log₁₀ of the draws.
	return draws / math.Max(time, 1/math.Log10(draws))
}

// split cuts every chain in two of equal length, without the middle draw of an odd number.
func split(chains [][]float64) [][]float64 {
	var out [][]float64
	for _, x := range chains {
		h := len(x) / 2
		out = append(out, x[:h], x[len(x)-h:])
	}
	return out
}

// spread returns n times the variance of the chains' means, and the mean of their variances.
func spread(chains [][]float64) (between, within float64) {
	m, n := float64(len(chains)), float64(len(chains[0]))
	all := make([]float64, len(chains))
	for c, x := range chains {
		all[c] = mean(x)
		for _, v := range x {
			within += (v - all[c]) * (v - all[c]) / (n - 1) / m
		}
	}
	grand := mean(all)
	for _, v := range all {
		between += n * (v - grand) * (v - grand) / (m - 1)
	}
	return between, within
}

func mean(x []float64) float64 {
	sum := 0.
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
