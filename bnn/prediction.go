package bnn

import (
	"math"
)

// Prediction is the predictive distribution of one target: the equal mixture over K weight
// draws, (1/K) Σ_k p(y|x, w_k).
//
// For a number the spread splits by the law of total variance,
//
//	Var y = Var_w E[y|w] + E_w Var[y|w] = Epistemic² + Aleatoric²,
//
// for a class by the entropy (Depeweg et al. 2018): H[y] = I(y; w) + E_w H[y|w], in nats.
type Prediction struct {
	Mean      float64   // mean of the target; for classes the most probable one
	SD        float64   // standard deviation; for classes the entropy H[y]
	Epistemic float64   // what more data would take away; for classes the mutual information I(y; w)
	Aleatoric float64   // what stays; for classes the expected entropy E_w H[y|w]
	Probs     []float64 // probability of each class; nil for a number

	locs, sds []float64 // mean and standard deviation by draw
	entropy   float64   // ΣH of the draws
	draws     int
}

// addNormal adds a draw's distribution of a number.
func (p *Prediction) addNormal(loc, sd float64) {
	p.locs, p.sds = append(p.locs, loc), append(p.sds, sd)
}

// addClasses adds a draw's logits.
func (p *Prediction) addClasses(f []float64) {
	if p.Probs == nil {
		p.Probs = make([]float64, len(f))
	}
	top := f[0]
	for _, v := range f {
		top = math.Max(top, v)
	}
	sum := 0.
	for _, v := range f {
		sum += math.Exp(v - top)
	}
	for k, v := range f {
		lnP := v - top - math.Log(sum)
		if q := math.Exp(lnP); q > 0 { // 0 ln 0 is 0
			p.Probs[k] += q
			p.entropy -= q * lnP
		}
	}
	p.draws++
}

// summarize forms the moments from the draws.
func (p *Prediction) summarize() {
	if p.Probs != nil {
		p.summarizeClasses()
		return
	}
	k := float64(len(p.locs))
	var mean, between, within float64
	for i, m := range p.locs {
		mean += m / k
		within += p.sds[i] * p.sds[i] / k
	}
	for _, m := range p.locs {
		between += (m - mean) * (m - mean) / k
	}
	p.Mean, p.SD = mean, math.Sqrt(between+within)
	p.Epistemic, p.Aleatoric = math.Sqrt(between), math.Sqrt(within)
}

// summarizeClasses does it for classes.
func (p *Prediction) summarizeClasses() {
	k, best := float64(p.draws), 0
	for c := range p.Probs {
		p.Probs[c] /= k
		if p.Probs[c] > p.Probs[best] {
			best = c
		}
		if p.Probs[c] > 0 {
			p.SD -= p.Probs[c] * math.Log(p.Probs[c])
		}
	}
	p.Mean, p.Aleatoric = float64(best), p.entropy/k
	p.Epistemic = math.Max(0, p.SD-p.Aleatoric) // rounding may leave −1e-16
}

// LogProb returns ln p(y|x): the log-density of a number, the log-probability of a class.
func (p Prediction) LogProb(y float64) float64 {
	if p.Probs != nil {
		if c := int(y); y == math.Trunc(y) && c >= 0 && c < len(p.Probs) {
			return math.Log(p.Probs[c])
		}
		return math.Inf(-1)
	}
	top := math.Inf(-1)
	terms := make([]float64, len(p.locs))
	for k, m := range p.locs {
		z := (y - m) / p.sds[k]
		terms[k] = -.5*z*z - math.Log(p.sds[k]) - .5*math.Log(2*math.Pi)
		top = math.Max(top, terms[k])
	}
	sum := 0.
	for _, v := range terms {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(terms)))
}

// CDF returns the probability that the target is at most y.
func (p Prediction) CDF(y float64) float64 {
	sum := 0.
	if p.Probs != nil {
		for c, v := range p.Probs {
			if float64(c) <= y {
				sum += v
			}
		}
		return min(1, sum)
	}
	for k, m := range p.locs {
		sum += .5 * math.Erfc((m-y)/(p.sds[k]*math.Sqrt2))
	}
	return sum / float64(len(p.locs))
}
