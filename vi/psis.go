package vi

import (
	"fmt"
	"math"
	"slices"
)

// PSIS smooths the largest importance ratios by a generalised Pareto distribution (Vehtari et al.
// 2024) and returns the logarithms of the weights, normalised to Σw = 1, with k̂, the estimated
// shape of the ratios' tail: the number of their finite moments is 1/k̂. [Verdict] says what a k̂
// means.
//
// The tail is the largest min(S/5, 3√S) of S ratios. k̂ is 0 where the tail is constant, and
// +∞ where there are fewer than 5 ratios in it, or where a ratio is +∞ or no number; such ratios
// get weight 0.
func PSIS(logRatios []float64) (logWeights []float64, k float64) {
	logWeights = slices.Clone(logRatios)
	broken := false
	for i, v := range logWeights {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			logWeights[i], broken = math.Inf(-1), true
		}
	}
	k = smoothTail(logWeights)
	if broken {
		k = math.Inf(1)
	}
	total := logSum(logWeights)
	if math.IsInf(total, -1) { // no ratio is above 0
		for i := range logWeights {
			logWeights[i] = -math.Log(float64(len(logWeights)))
		}
		return logWeights, math.Inf(1)
	}
	for i := range logWeights {
		logWeights[i] -= total
	}
	return logWeights, k
}

// smoothTail replaces the largest log-ratios by quantiles of a fitted tail, in place.
func smoothTail(logW []float64) (k float64) {
	s := len(logW)
	m := tailSize(s)
	if m < 5 {
		return math.Inf(1)
	}
	order := make([]int, s)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case logW[a] < logW[b]:
			return -1
		case logW[a] > logW[b]:
			return 1
		}
		return 0
	})
	tail := order[s-m:]
	top, cut := logW[order[s-1]], logW[order[s-m-1]]
	if math.IsInf(top, -1) {
		return math.Inf(1)
	}
	// Ratios that differ by no more than their rounding have no tail to fit.
	if top-cut < 1e-10*(1+math.Abs(top)) {
		return 0
	}
	floor := math.Exp(cut - top)
	excess := make([]float64, 0, m)
	for _, i := range tail {
		excess = append(excess, math.Exp(logW[i]-top)-floor)
	}
	k, sigma := fitPareto(excess)
	if math.IsInf(k, 0) || math.IsNaN(k) {
		return math.Inf(1)
	}
	for j, i := range tail {
		p := (float64(j) + .5) / float64(m)
		q := floor + paretoQuantile(p, k, sigma)
		logW[i] = math.Min(math.Log(q), 0) + top // never above the largest raw ratio
	}
	return k
}

// tailSize is the number of ratios in the tail of s.
func tailSize(s int) int { return int(math.Min(float64(s)/5, 3*math.Sqrt(float64(s)))) }

// KLimit returns the k̂ up to which the weighted mean of s draws can be trusted, min(1 − 1/log₁₀ s,
// .7): few draws reach less of the tail (Vehtari et al. 2024, section 3.2.4).
func KLimit(s int) float64 {
	return math.Max(0, math.Min(1-1/math.Log10(math.Max(2, float64(s))), TrustLimit))
}

// KStdErr returns the standard error of k̂ of s ratios, (1 + k)/√M for a tail of M (Smith 1987, table
// 1), less the share of the ten excesses that [PSIS] adds. It falls with the fourth root of s.
func KStdErr(k float64, s int) float64 {
	m := float64(tailSize(s))
	if m < 5 || math.IsNaN(k) || math.IsInf(k, 0) {
		return math.NaN()
	}
	return (1 + math.Max(k, -.5)) / math.Sqrt(m) * m / (m + 10)
}

// paretoQuantile is the inverse of F(x) = 1 − (1 + kx/σ)^(−1/k).
func paretoQuantile(p, k, sigma float64) float64 {
	if math.Abs(k) < 1e-12 {
		return -sigma * math.Log1p(-p)
	}
	return sigma * math.Expm1(-k*math.Log1p(-p)) / k
}

// fitPareto returns shape and scale of a generalised Pareto distribution of excesses x ≥ 0 in
// rising order: the posterior mean of θ = −k/σ on a grid under the profile likelihood (Zhang &
// Stephens 2009, eqs. 6–9), with k drawn towards ½ as if by ten further excesses (Vehtari et al.
// 2024, appendix C).
func fitPareto(x []float64) (k, sigma float64) {
	n := float64(len(x))
	quartile, largest := x[int(n/4+.5)-1], x[len(x)-1]
	if quartile <= 0 { // ties with the cut
		quartile = largest / n
	}
	shape := func(theta float64) float64 {
		sum := 0.
		for _, v := range x {
			sum += math.Log1p(-theta * v)
		}
		return sum / n
	}
	grid := 30 + int(math.Sqrt(n))
	theta, logL := make([]float64, grid), make([]float64, grid)
	for j := range grid {
		theta[j] = 1/largest + (1-math.Sqrt(float64(grid)/(float64(j)+.5)))/(3*quartile)
		kj := shape(theta[j])
		logL[j] = n * (math.Log(-theta[j]/kj) - kj - 1)
		if math.IsNaN(logL[j]) { // θ = 0, the exponential distribution, within rounding
			logL[j] = math.Inf(-1)
		}
	}
	total, mean := logSum(logL), 0.
	for j := range grid {
		mean += theta[j] * math.Exp(logL[j]-total)
	}
	k = shape(mean)
	sigma = -k / mean
	return (k*n + 10*.5) / (n + 10), sigma
}

// logSum returns ln Σ eˣ.
func logSum(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

// TrustLimit is the k̂ above which the weights of any sample are not to be trusted.
const TrustLimit = .7

// Verdict says in plain words what a k̂ of [PSIS] means for the approximation that the draws came
// from (Vehtari et al. 2024, section 3.2.4).
func Verdict(k float64) string {
	switch {
	case math.IsNaN(k) || math.IsInf(k, 1):
		return "no tail could be fitted (too few draws, or ratios that are no numbers): do not trust the approximation"
	case k <= .5:
		return fmt.Sprintf("k̂ = %.2f: good, the approximation is close and the weights correct what is left", k)
	case k <= TrustLimit:
		return fmt.Sprintf("k̂ = %.2f: usable with the weights, which converge slowly", k)
	case k <= 1:
		return fmt.Sprintf("k̂ = %.2f is above %v: do not trust the approximation, nor estimates from its weights", k, TrustLimit)
	}
	return fmt.Sprintf("k̂ = %.2f is above 1: do not trust the approximation; it misses so much of the target that no weights can correct it", k)
}

// LogMeanRatio returns ln of the mean of the smoothed ratios, an estimate of ln ∫p where the
// ratios are p/q at draws of q: [PSIS] leaves all ratios but those of the tail as they are, up to the
// common factor that this restores.
func LogMeanRatio(logRatios, logWeights []float64) float64 {
	low, at := math.Inf(1), -1
	for i, v := range logRatios {
		if v < low && !math.IsInf(v, 0) && !math.IsInf(logWeights[i], 0) {
			low, at = v, i
		}
	}
	if at < 0 {
		return math.Inf(-1)
	}
	return logRatios[at] - logWeights[at] - math.Log(float64(len(logRatios)))
}
