package prob

import (
	"context"
	"fmt"
	"math"
	"time"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/guide"
)

// Fit is a guide that has been fitted to a model's posterior.
type Fit struct {
	// ELBO is the bound E_q[ln p − ln q] in nats, from Options.Check draws of all data.
	ELBO float64
	// ELBOStdErr is its Monte-Carlo standard error.
	ELBOStdErr float64
	// KHat is the Pareto shape of the importance weights p/q; above .7 the guide is not to be
	// trusted (Vehtari et al. 2024). NaN where it has no meaning.
	KHat float64
	// RHat is the largest R̂ of the guide's parameters over the last iterates.
	RHat float64
	// Converged tells whether the bound had stopped to rise before the steps were used up.
	Converged bool
	// Steps is the number of steps made.
	Steps int
	// Elapsed is the time of the fit itself, compilation included, without the final draws.
	Elapsed time.Duration
	// Trail is the state after each window of steps.
	Trail []Progress

	f       *fitter
	weights []float64 // ln p − ln q of the final draws
	points  [][]float64
	values  *model.Program // of the named variables at a point
	fields  []field
}

// field is a named array among the values at a point.
type field struct {
	name string
	dims []int
	at   int
}

// chunk is the number of draws that one run of the guide's program makes.
const chunk = 100

// draws returns n draws of the guide and ln q of each.
func (f *fitter) draws(n int, key rng.Key) (u [][]float64, logQ []float64, err error) {
	prog := f.sampler
	if prog == nil {
		prog = model.NewProgram(f.p, "draws", func(s *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := f.guide.Draw(s.In("guide"), "eps", chunk)
			return []*g.Node{u, g.Neg(logQ)}
		})
		f.sampler = prog
	}
	for i := uint64(0); len(u) < n; i++ {
		out, err := prog.Values(key.At(i))
		if err != nil {
			return nil, nil, plain(err)
		}
		for k := 0; k < chunk && len(u) < n; k++ {
			u = append(u, out[0][k*f.m.dim:(k+1)*f.m.dim])
			logQ = append(logQ, -out[1][k])
		}
	}
	return u, logQ, nil
}

// weigh returns n draws with ln p − ln q of each.
func (f *fitter) weigh(ctx context.Context, n int, key rng.Key) (u [][]float64, weights []float64, err error) {
	u, logQ, err := f.draws(n, key)
	if err != nil {
		return nil, nil, err
	}
	weights = make([]float64, n)
	for i := range u {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("prob: fit stopped after %d steps: %w", f.done, err)
		}
		lp, err := f.d.at(u[i])
		if err != nil {
			return nil, nil, err
		}
		weights[i] = lp - logQ[i]
		if math.IsNaN(weights[i]) {
			weights[i] = math.Inf(-1) // a density that cannot be evaluated counts as none
		}
	}
	return u, weights, nil
}

// rateDraws is the number of draws that compare the bounds at two rates; they are the same
// draws of ε, so that little noise is left in the difference.
const rateDraws = 100

// bound estimates the bound at the present parameters.
func (f *fitter) bound(ctx context.Context) (float64, error) {
	_, w, err := f.weigh(ctx, rateDraws, f.key.Named("bound"))
	if err != nil {
		return 0, err
	}
	sum := 0.
	for _, v := range w {
		sum += v / rateDraws
	}
	return sum, nil
}

// fit makes the final draws.
func (f *fitter) fit(ctx context.Context) (*Fit, error) {
	out := &Fit{f: f, Steps: f.done, Converged: f.converged, RHat: f.rhat, Trail: f.trail, Elapsed: time.Since(f.begun)}
	u, w, err := f.weigh(ctx, f.o.Check, f.key.Named("final"))
	if err != nil {
		return nil, err
	}
	out.points, out.weights = u, w
	n := float64(len(w))
	sq := 0.
	for _, v := range w {
		out.ELBO += v / n
	}
	for _, v := range w {
		sq += (v - out.ELBO) * (v - out.ELBO) / (n - 1)
	}
	out.ELBOStdErr = math.Sqrt(sq / n)
	_, out.KHat = vi.PSIS(w)
	if guide.IsDelta(f.guide) {
		out.KHat = math.NaN()
	}
	return out, nil
}

// LogEvidence estimates ln p(x) by importance sampling from the guide with the draws of the fit,
// and its standard error. Where k̂ exceeds .7 both are too small.
func (fit *Fit) LogEvidence() (logZ, stdErr float64) {
	var sum vi.ImportanceSum
	for _, w := range fit.weights {
		sum.Add(w)
	}
	return sum.LogEvidence(), sum.StdErr()
}

// Verdict says in plain language whether the fit can be trusted.
func (fit *Fit) Verdict() string {
	k := fmt.Sprintf("k̂ = %.2f", fit.KHat)
	switch {
	case math.IsNaN(fit.KHat):
		return "a point estimate: it says nothing about uncertainty"
	case !fit.Converged && fit.KHat > vi.TrustLimit:
		return fmt.Sprintf("do not trust this fit: %s, and it had not converged after %d steps", k, fit.Steps)
	case fit.KHat > vi.TrustLimit:
		return fmt.Sprintf("do not trust this fit: %s is above .7, so the posterior has mass where the guide has almost none; write the model in another form (non-centred), or use a richer guide", k)
	case !fit.Converged:
		return fmt.Sprintf("not converged after %d steps (R̂ = %.2f): raise Options.Steps; %s", fit.Steps, fit.RHat, k)
	case fit.KHat >= .5:
		return fmt.Sprintf("usable: %s is between .5 and .7, so means are near and intervals are rough; importance weighting helps", k)
	}
	return fmt.Sprintf("good: %s is below .5, the guide is close to the posterior", k)
}
