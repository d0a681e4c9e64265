package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Mixture emits rows from a mixture of M Gaussians for each state,
//
//	p(x | k) = Σ_m w(k,m) N(x; μ_km, Σ_km)
//
// (Rabiner 1989, eq. 49).
type Mixture struct {
	// Parts holds the K·M Gaussians, those of a state side by side.
	Parts *Gaussian
	// Weight holds w, K×M.
	Weight []float64
	// Each is M.
	Each int
	// Pseudo is the count added to every weight: a Dirichlet(1 + Pseudo) prior.
	Pseudo float64
}

// NewMixture returns a checked mixture emission with each parts a state.
func NewMixture(parts *Gaussian, each int, weight []float64) (*Mixture, error) {
	e := &Mixture{Parts: parts, Weight: weight, Each: each}
	return e, e.prepare()
}

// prepare checks the parameters and factors the covariances.
func (e *Mixture) prepare() error {
	if e.Parts == nil {
		return fmt.Errorf("hmm: mixture: got no Gaussians, want some")
	}
	if err := e.Parts.prepare(); err != nil {
		return err
	}
	if n := e.Parts.States(); e.Each < 1 || n%e.Each != 0 || len(e.Weight) != n || !(e.Pseudo >= 0) || math.IsInf(e.Pseudo, 0) {
		return fmt.Errorf("hmm: mixture: got %d Gaussians and %d weights, %d a state, pseudo-count %g, want as many of both, a multiple, and a finite number from 0",
			n, len(e.Weight), e.Each, e.Pseudo)
	}
	for i := 0; i < len(e.Weight); i += e.Each {
		if err := checkDistribution(fmt.Sprintf("mixture: state %d", i/e.Each), e.Weight[i:i+e.Each]); err != nil {
			return err
		}
	}
	return nil
}

// States is K.
func (e *Mixture) States() int { return len(e.Weight) / e.Each }

// Dim is D.
func (e *Mixture) Dim() int { return e.Parts.Dim() }

// Check says what is wrong with a sequence.
func (e *Mixture) Check(x []float64) error { return e.Parts.Check(x) }

// joint returns ln w(k,m) + ln N(x_t; μ_km, Σ_km), T×K×M.
func (e *Mixture) joint(x []float64) []float64 {
	n, lw := len(e.Weight), logs(e.Weight)
	all := make([]float64, len(x)/e.Dim()*n)
	e.Parts.LogLik(all, x)
	for t := 0; t < len(all); t += n {
		plus(all[t:t+n], lw)
	}
	return all
}

// LogLik fills out with ln Σ_m w(k,m) N(x_t; μ_km, Σ_km).
func (e *Mixture) LogLik(out, x []float64) {
	all := e.joint(x)
	for i := range out {
		out[i] = logSumExp(all[i*e.Each : (i+1)*e.Each])
	}
}

// Stats is that of the Gaussians.
func (e *Mixture) Stats() int { return e.Parts.Stats() }

// Accumulate deals the weight of a state to its parts in proportion to their densities.
func (e *Mixture) Accumulate(stats, x, weights []float64) {
	all := e.joint(x)
	for i, g := range weights {
		parts := all[i*e.Each : (i+1)*e.Each]
		if g == 0 {
			clear(parts)
			continue
		}
		top := logSumExp(parts)
		for m, v := range parts {
			parts[m] = g * math.Exp(v-top)
		}
	}
	e.Parts.Accumulate(stats, x, all)
}

// Update sets weights and Gaussians.
func (e *Mixture) Update(stats []float64) error {
	size := e.Parts.q.centred()
	for s := 0; s < len(e.Weight); s += e.Each {
		counts := make([]float64, e.Each)
		for m := range counts {
			counts[m] = stats[(s+m)*size]
		}
		shares(e.Weight[s:s+e.Each], counts, e.Pseudo)
	}
	return e.Parts.Update(stats)
}

// LogPrior is that of weights and Gaussians.
func (e *Mixture) LogPrior() float64 { return logPseudo(e.Weight, e.Pseudo) + e.Parts.LogPrior() }

// Draw draws a part and then a row.
func (e *Mixture) Draw(r *rand.Rand, state int, past, row []float64) {
	m := draw(r, e.Weight[state*e.Each:(state+1)*e.Each])
	e.Parts.Draw(r, state*e.Each+m, past, row)
}
