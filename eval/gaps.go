package eval

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Gaps says where a bound loses against ln p(x), datum by datum, in nats (Cremer et al. 2018,
// eq. 3–5):
//
//	ln p(x) − L(q)  =  ln p(x) − L(q*)  +  L(q*) − L(q),
//	inference gap   =  approximation    +  amortisation,
//
// where q is the guide that a network gives and q* the best normal distribution with a diagonal
// covariance for that datum alone.
type Gaps struct {
	LogEvidence []float64 // ln p(x), or an estimate from below
	Best        []float64 // L(q*)
	Amortized   []float64 // L(q)
}

// Approximation is the mean of ln p(x) − L(q*): what the family of guides costs.
func (r Gaps) Approximation() (mean, stdErr float64) {
	return meanDifference(r.LogEvidence, r.Best)
}

// Amortization is the mean of L(q*) − L(q): what it costs that a network finds the guide.
func (r Gaps) Amortization() (mean, stdErr float64) { return meanDifference(r.Best, r.Amortized) }

// Inference is the mean of ln p(x) − L(q), the sum of both.
func (r Gaps) Inference() (mean, stdErr float64) {
	return meanDifference(r.LogEvidence, r.Amortized)
}

// meanDifference is the mean of a − b with its standard error over data.
func meanDifference(a, b []float64) (mean, stdErr float64) {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return MeanStdErr(d)
}

// GapSettings says how q* is found: by Adam on mean and ln σ of each datum, from the network's
// guide and from the prior's moments, keeping the better one of each datum.
type GapSettings struct {
	Steps   int     // steps of Adam from each start
	LR      float64 // learning rate at the start; it falls to 0 by half a cosine
	Draws   int     // draws of z a datum in a step
	Average int     // executions of so many draws that a reported bound is averaged over
	Weights int     // importance weights of the evidence, from q*
}

// DefaultGaps are 1,000 steps with 8 draws, and 5,000 importance weights.
func DefaultGaps() GapSettings {
	return GapSettings{Steps: 1000, LR: .05, Draws: 8, Average: 64, Weights: 5000}
}

// refinement is a search for the best guides of N data.
type refinement struct {
	GapSettings
	x                     *tensors.Tensor
	p                     *model.Params
	n, l                  int
	climb, value, weights *model.Program
}

// FindGaps reports the gaps of a model with a diagonal normal guide at rows x, N×width. The
// evidence is importance-sampled from q* unless it is given.
func FindGaps(ctx context.Context, e Evidence, x []float32, width int, evidence []float64, c GapSettings, key rng.Key) (Gaps, error) {
	if c.Steps < 0 || c.Draws < 1 || c.Average < 1 || c.Weights < 1 || !(c.LR > 0) {
		return Gaps{}, fmt.Errorf("eval: gaps: got %+v, want at least 1 draw, average and weight and a learning rate above 0", c)
	}
	if width < 1 || len(x) == 0 || len(x)%width != 0 {
		return Gaps{}, fmt.Errorf("eval: gaps: got %d values, want rows of %d", len(x), width)
	}
	r := refine(e, x, width, c)
	start, err := r.guides(e)
	if err != nil {
		return Gaps{}, err
	}
	if evidence != nil && len(evidence) != r.n {
		return Gaps{}, fmt.Errorf("eval: gaps: got the evidence of %d rows, want %d", len(evidence), r.n)
	}
	out := Gaps{LogEvidence: evidence}
	if out.Amortized, err = r.bound(start[0], key.Named("bound")); err != nil {
		return out, err
	}
	best := start[0]
	out.Best = append([]float64(nil), out.Amortized...)
	for i, q := range start {
		if err := r.optimize(ctx, q, key.Named("climb").At(uint64(i))); err != nil {
			return out, err
		}
		value, err := r.bound(q, key.Named("bound"))
		if err != nil {
			return out, err
		}
		if i == 0 {
			best = q
		}
		best.keep(q, value, out.Best, r.l)
	}
	if evidence == nil {
		out.LogEvidence, err = r.importance(ctx, best, key.Named("weights"))
	}
	return out, err
}

// gaussians are the parameters of N diagonal normal guides, mean and ln σ, N×L each.
type gaussians struct{ mean, logSD []float64 }

// keep takes over the guides of q that have a larger bound, and the bound itself.
func (b *gaussians) keep(q gaussians, value, best []float64, l int) {
	for i, v := range value {
		if v > best[i] {
			best[i] = v
			copy(b.mean[i*l:(i+1)*l], q.mean[i*l:])
			copy(b.logSD[i*l:(i+1)*l], q.logSD[i*l:])
		}
	}
}

// refine builds the programs.
func refine(e Evidence, x []float32, width int, c GapSettings) *refinement {
	r := &refinement{GapSettings: c, p: e.Params, n: len(x) / width}
	r.x = model.Tensor(e.Params.DType(), x, r.n, width)
	at := func(s *model.Scope, in []*g.Node) vi.Latent {
		l := e.Latent(s, in[0])
		l.Q = dist.Normal{Loc: in[1], LogScale: in[2]}
		return l
	}
	bound := func(s *model.Scope, in []*g.Node) *g.Node {
		t := vi.Estimator{Samples: c.Draws}.ELBO(s.In("gaps"), in[0], at(s, in))
		return g.Sub(g.ReduceMean(t.LogLik, 0), g.ReduceSum(t.KL, -1))
	}
	r.climb = model.NewProgram(e.Params, "refine", func(s *model.Scope, in []*g.Node) []*g.Node {
		return g.Gradient(g.ReduceAllSum(bound(s, in)), in[1], in[2])
	})
	r.value = model.NewProgram(e.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{bound(s, in)}
	})
	r.weights = model.NewProgram(e.Params, "weights", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{vi.LogWeights(s.In("gaps"), in[0], at(s, in), c.Draws)}
	})
	return r
}

// guides returns the starts: the network's guide, and moments of the prior.
func (r *refinement) guides(e Evidence) ([]gaussians, error) {
	out, err := model.NewProgram(r.p, "guide", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := e.Latent(s, in[0])
		q, ok := l.Q.(dist.Normal)
		if !ok {
			panic(fmt.Errorf("eval: gaps: got a guide %T, want a diagonal normal one", l.Q))
		}
		d := q.Loc.Shape().Dimensions
		logSD := func(v *g.Node) *g.Node { return g.BroadcastToDims(g.MulScalar(g.Log(v), .5), d...) }
		return []*g.Node{q.Loc, g.BroadcastToDims(q.LogScale, d...), g.BroadcastToDims(l.P.Mean(), d...), logSD(l.P.Variance())}
	}).Values(rng.Key{}, r.x)
	if err != nil {
		return nil, err
	}
	r.l = len(out[0]) / r.n
	return []gaussians{{out[0], out[1]}, {out[2], out[3]}}, nil
}

// inputs are x and the guides as tensors.
func (r *refinement) inputs(q gaussians) []*tensors.Tensor {
	narrow := func(x []float64) *tensors.Tensor {
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = float32(v)
		}
		return model.Tensor(r.p.DType(), y, r.n, r.l)
	}
	return []*tensors.Tensor{r.x, narrow(q.mean), narrow(q.logSD)}
}

// optimize climbs the bound of each datum by Adam with its usual moments.
func (r *refinement) optimize(ctx context.Context, q gaussians, key rng.Key) error {
	m, v := [2][]float64{}, [2][]float64{}
	for k := range m {
		m[k], v[k] = make([]float64, r.n*r.l), make([]float64, r.n*r.l)
	}
	for t := 1; t <= r.Steps; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		grad, err := r.climb.Values(key.At(uint64(t)), r.inputs(q)...)
		if err != nil {
			return err
		}
		rate := r.LR * .5 * (1 + math.Cos(math.Pi*float64(t-1)/float64(r.Steps)))
		for k, x := range [][]float64{q.mean, q.logSD} {
			for i, d := range grad[k] {
				m[k][i] = .9*m[k][i] + .1*d
				v[k][i] = .999*v[k][i] + .001*d*d
				up := m[k][i] / (1 - math.Pow(.9, float64(t)))
				down := math.Sqrt(v[k][i]/(1-math.Pow(.999, float64(t)))) + 1e-8
				x[i] += rate * up / down
			}
		}
	}
	return nil
}

// bound returns L of each datum, averaged over many draws; equal keys give equal noise, so that
// the differences of guides carry less of it.
func (r *refinement) bound(q gaussians, key rng.Key) ([]float64, error) {
	out := make([]float64, r.n)
	in := r.inputs(q)
	for i := range r.Average {
		v, err := r.value.Values(key.At(uint64(i)), in...)
		if err != nil {
			return nil, err
		}
		for j, b := range v[0] {
			out[j] += b / float64(r.Average)
		}
	}
	return out, nil
}

// importance returns ln p(x) of each datum by importance sampling from the guides.
func (r *refinement) importance(ctx context.Context, q gaussians, key rng.Key) ([]float64, error) {
	sums := make([]vi.ImportanceSum, r.n)
	in := r.inputs(q)
	for done := 0; done < r.Weights; done += r.Draws {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := r.weights.Values(key.At(uint64(done)), in...)
		if err != nil {
			return nil, err
		}
		for k := range min(r.Draws, r.Weights-done) {
			for i := range sums {
				sums[i].Add(w[0][k*r.n+i])
			}
		}
	}
	out := make([]float64, r.n)
	for i := range sums {
		out[i] = sums[i].LogEvidence()
	}
	return out, nil
}
