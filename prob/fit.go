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
	// KHat is the Pareto shape of the importance weights p/q; above [Fit.KLimit] the guide is not to
	// be trusted (Vehtari et al. 2024). NaN where it has no meaning. It sees the posterior where
	// the guide has draws, and nothing of a mode that is out of their reach: see Places.
	KHat float64
	// KHatStdErr is its standard error.
	KHatStdErr float64
	// Bent tells that a guide that was not asked for has been bent (see [Options.Guide]).
	Bent bool
	// StartRHat is the largest R̂ of the unconstrained reals over the draws of the fits from
	// different starts; 1 where all starts ended at one place.
	StartRHat float64
	// Places holds where the starts ended, the fit's own place first.
	Places []Place
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
	before  *Fit          // the Gaussian that was bent
	starts  int           // that ended here
	checked time.Duration // of the final draws
	weights []float64     // ln p − ln q of the final draws
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

// weigh returns n draws with ln p − ln q of each, of which the first are known.
func (f *fitter) weigh(ctx context.Context, n int, key rng.Key, known []float64) (u [][]float64, weights []float64, err error) {
	u, logQ, err := f.draws(n, key)
	if err != nil {
		return nil, nil, err
	}
	weights = make([]float64, n)
	for i := copy(weights, known); i < n; i++ {
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
	_, w, err := f.weigh(ctx, rateDraws, f.key.Named("bound"), nil)
	if err != nil {
		return 0, err
	}
	sum := 0.
	for _, v := range w {
		sum += v / rateDraws
	}
	return sum, nil
}

// mostDraws is how many times the final draws may be multiplied to settle k̂.
const mostDraws = 8

// fit makes the final draws, and more while k̂ is within its standard error of its limit.
func (f *fitter) fit(ctx context.Context) (*Fit, error) {
	out := &Fit{f: f, Steps: f.done, Converged: f.converged, RHat: f.rhat, Trail: f.trail, Elapsed: time.Since(f.begun)}
	begun := time.Now()
	for n := f.o.Check; ; n *= 2 {
		var err error
		if out.points, out.weights, err = f.weigh(ctx, n, f.key.Named("final"), out.weights); err != nil {
			return nil, err
		}
		_, out.KHat = vi.PSIS(out.weights)
		out.KHatStdErr = vi.KStdErr(out.KHat, n)
		if !(math.Abs(out.KHat-out.KLimit()) < out.KHatStdErr) || n >= mostDraws*f.o.Check {
			break
		}
	}
	n := float64(len(out.weights))
	sq := 0.
	for _, v := range out.weights {
		out.ELBO += v / n
	}
	for _, v := range out.weights {
		sq += (v - out.ELBO) * (v - out.ELBO) / (n - 1)
	}
	out.ELBOStdErr = math.Sqrt(sq / n)
	if guide.IsDelta(f.guide) {
		out.KHat, out.KHatStdErr = math.NaN(), math.NaN()
	}
	out.checked = time.Since(begun)
	return out, nil
}

// KLimit is the k̂ up to which the fit's importance weights can be trusted, .7 from 2,154 draws on
// and less for fewer ([vi.KLimit]). It is .5 for a bent guide whose Gaussian was beyond its limit by a
// standard error: a guide that maximises the bound keeps to where it has mass, so that of a tail
// which is known to be there a k̂ above .5 leaves doubt.
func (fit *Fit) KLimit() float64 {
	if len(fit.weights) == 0 {
		return vi.TrustLimit
	}
	if b := fit.before; b != nil && b.KHat > b.KLimit()+b.KHatStdErr {
		return bendAbove
	}
	return vi.KLimit(len(fit.weights))
}

// Weighted tells whether [Fit.Summary] weighs the draws: where k̂ says that this can be trusted.
func (fit *Fit) Weighted() bool { return fit.KHat <= fit.KLimit() }

// LogEvidence estimates ln p(x) by importance sampling from the guide with the draws of the fit,
// and its standard error. Where k̂ exceeds .7 both are too small.
func (fit *Fit) LogEvidence() (logZ, stdErr float64) {
	var sum vi.ImportanceSum
	for _, w := range fit.weights {
		sum.Add(w)
	}
	return sum.LogEvidence(), sum.StdErr()
}
