package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Poisson emits counts, p(x | k) = λ_k^x e^(−λ_k)/x!.
type Poisson struct {
	// Rate holds λ for each state.
	Rate []float64
	// Shape and Exposure are the prior λ^Shape e^(−Exposure·λ) of each rate, up to a constant.
	Shape, Exposure float64
}

// maxCount is the largest count, below which a float64 holds every whole number.
const maxCount = 1 << 53

// NewPoisson returns a checked Poisson emission.
func NewPoisson(rate []float64) (*Poisson, error) {
	for i, v := range rate {
		if v == 0 {
			return nil, fmt.Errorf("hmm: poisson: state %d: rate: got 0, want a positive number", i)
		}
	}
	e := &Poisson{Rate: rate}
	return e, e.prepare()
}

// prepare checks the parameters; a fit may have made a rate zero.
func (e *Poisson) prepare() error {
	if len(e.Rate) == 0 || !(e.Shape >= 0) || !(e.Exposure >= 0) || math.IsInf(e.Shape+e.Exposure, 0) {
		return fmt.Errorf("hmm: poisson: got %d rates, prior (%g, %g), want at least one and finite numbers from 0", len(e.Rate), e.Shape, e.Exposure)
	}
	for i, v := range e.Rate {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("hmm: poisson: state %d: rate: got %g, want a finite number from 0", i, v)
		}
	}
	return nil
}

// States is K.
func (e *Poisson) States() int { return len(e.Rate) }

// Dim is 1.
func (e *Poisson) Dim() int { return 1 }

// Check says what is wrong with a sequence.
func (e *Poisson) Check(x []float64) error { return checkWhole(x, maxCount) }

// LogLik fills out with x ln λ_k − λ_k − ln x!.
func (e *Poisson) LogLik(out, x []float64) {
	countDensity(out, x, logs(e.Rate), e.Rate)
	k := len(e.Rate)
	for t, v := range x {
		if v >= manyCounts {
			for j, rate := range e.Rate {
				out[t*k+j] = logManyCounts(v, rate)
			}
		}
	}
}

// manyCounts is where x ln λ and ln x! begin to cancel: each is x ln x, of which the last digit
// moves the bound of a fit at counts of 1e12 by more than a sweep does.
const manyCounts = 1e5

// logManyCounts is the log-probability of a large count by the deviance of x from λ and the error
// of Stirling's formula, neither of which cancels (Loader 2000, "Fast and accurate computation of
// binomial probabilities"),
//
//	ln p = −[x ln(x/λ) + λ − x] − ½ ln(2πx) − 1/(12x) + O(x⁻³).
func logManyCounts(x, rate float64) float64 {
	if rate == 0 {
		return math.Inf(-1)
	}
	d := (rate - x) / x // λ/x = 1 + d, and the bracket is x(d − ln(1+d))
	deviance := d - math.Log1p(d)
	if math.Abs(d) < 1e-2 { // d − ln(1+d) = d²/2 − d³/3 + …
		deviance = 0
		for i := 9; i >= 2; i-- {
			term := 1 / float64(i)
			if i%2 == 1 {
				term = -term
			}
			deviance = deviance*d + term
		}
		deviance *= d * d
	}
	return -x*deviance - .5*math.Log(2*math.Pi*x) - 1/(12*x)
}

// countDensity fills out with x·logRate − rate − ln x!.
func countDensity(out, x, logRate, rate []float64) {
	k := len(rate)
	for t, v := range x {
		factorial, _ := math.Lgamma(v + 1)
		for j := range rate {
			log := 0.0 // 0·ln λ is 0 even where ln λ is −Inf
			if v > 0 {
				log = v * logRate[j]
			}
			out[t*k+j] = log - rate[j] - factorial
		}
	}
}

// Stats is 2K.
func (e *Poisson) Stats() int { return 2 * len(e.Rate) }

// Accumulate adds weights and weighted counts.
func (e *Poisson) Accumulate(stats, x, weights []float64) { countSums(stats, x, weights) }

// countSums adds Σγ and then Σγx of each state.
func countSums(stats, x, weights []float64) {
	k := len(stats) / 2
	for t, v := range x {
		for j, g := range weights[t*k : (t+1)*k] {
			stats[j] += g
			stats[k+j] += g * v
		}
	}
}

// Update sets λ = (Σγx + Shape)/(Σγ + Exposure). A state that saw only zeros has rate zero.
func (e *Poisson) Update(stats []float64) error {
	k := len(e.Rate)
	for j := range e.Rate {
		if n := stats[j] + e.Exposure; n > 1e-290 {
			e.Rate[j] = (stats[k+j] + e.Shape) / n
		}
	}
	return nil
}

// LogPrior is the Gamma prior at the rates.
func (e *Poisson) LogPrior() (sum float64) {
	for _, v := range e.Rate {
		if e.Shape > 0 {
			sum += e.Shape * math.Log(v)
		}
		sum -= e.Exposure * v
	}
	return sum
}

// Draw draws a count.
func (e *Poisson) Draw(r *rand.Rand, state int, _, row []float64) {
	row[0] = 0
	if e.Rate[state] > 0 {
		row[0] = distuv.Poisson{Lambda: e.Rate[state], Src: r}.Rand()
	}
}
