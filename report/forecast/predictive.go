package forecast

import (
	"math"

	"github.com/elbo-go/elbo/bnn"
)

// hasDraws tells whether a prediction knows its mixture; without draws its CDF is 0/0.
func hasDraws(p bnn.Prediction) bool { return !math.IsNaN(p.CDF(math.MaxFloat64)) }

// cdf is the probability of a target of at most y. Where the distribution jumps at y it is half
// way up, so that a certain prediction that is right gets ½.
func cdf(p bnn.Prediction, y float64) float64 {
	if hasDraws(p) {
		if u := p.CDF(y); !math.IsNaN(u) {
			return math.Min(1, u)
		}
		return math.Min(1, (p.CDF(math.Nextafter(y, math.Inf(-1)))+p.CDF(math.Nextafter(y, math.Inf(1))))/2)
	}
	switch {
	case p.SD > 0:
		return .5 * math.Erfc((p.Mean-y)/(p.SD*math.Sqrt2))
	case y < p.Mean:
		return 0
	case y > p.Mean:
		return 1
	}
	return .5
}

// quantile is the q-quantile of a prediction, 0 < q < 1.
func quantile(p bnn.Prediction, q float64) float64 {
	if hasDraws(p) {
		return p.Quantile(q)
	}
	return normalQuantile(p.Mean, p.SD, q)
}

// normalQuantile is that of a normal distribution.
func normalQuantile(mean, sd, q float64) float64 {
	return mean + sd*math.Sqrt2*math.Erfinv(2*q-1)
}

// band is a central interval for each of some rows.
type band struct{ lo, hi []float64 }

// totalBand holds the targets with probability level, noiseBand would if the weights were known to
// be their mean.
func totalBand(ps []bnn.Prediction, level float64) (b band) {
	for _, p := range ps {
		b.lo = append(b.lo, quantile(p, (1-level)/2))
		b.hi = append(b.hi, quantile(p, (1+level)/2))
	}
	return b
}

func noiseBand(ps []bnn.Prediction, level float64) (b band) {
	for _, p := range ps {
		b.lo = append(b.lo, normalQuantile(p.Mean, p.Aleatoric, (1-level)/2))
		b.hi = append(b.hi, normalQuantile(p.Mean, p.Aleatoric, (1+level)/2))
	}
	return b
}
