package eval

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Sandwich holds bounds on ln p(x) of data simulated from the model, nats, in expectation.
type Sandwich struct {
	X      []float32 // the simulated data, N×width
	Lower  []float64 // by annealing forward from the prior
	Upper  []float64 // by annealing backward from the code that made the datum
	Accept float64   // mean acceptance of the transitions forward
}

// Gap is the mean of upper less lower bound: what is left unknown.
func (s Sandwich) Gap() float64 {
	sum := 0.
	for i := range s.Lower {
		sum += (s.Upper[i] - s.Lower[i]) / float64(len(s.Lower))
	}
	return sum
}

// Bidirectional simulates n data of the model and bounds the evidence of each from both sides
// (Grosse et al. 2015, section 4): the code z* that made a datum is an exact draw from its
// posterior, from which a chain can be run back to the prior with
//
//	ln w′ = −Σ_t (β_t − β_{t−1}) ln p(x|z_t),  E w′ = 1/p(x),  ln p(x) ≤ −E ln w′.
//
// The model needs a likelihood that can be drawn from; rows have width values.
func (a AIS) Bidirectional(ctx context.Context, e Evidence, n, width int, key rng.Key) (Sandwich, error) {
	x, z, err := a.simulate(e, n, width, key.Named("simulate"))
	if err != nil {
		return Sandwich{}, err
	}
	r, err := a.prepare(e, x, width)
	if err != nil {
		return Sandwich{}, err
	}
	if err := r.adapt(ctx, key.Named("adapt")); err != nil {
		return Sandwich{}, err
	}
	up, rate, err := r.forward(ctx, key.Named("forward"))
	if err != nil {
		return Sandwich{}, err
	}
	down, err := r.backward(ctx, z, key.Named("backward"))
	if err != nil {
		return Sandwich{}, err
	}
	out := Sandwich{X: x, Accept: rate}
	lower, inverse := r.sums(up), r.sums(down)
	for i := range lower {
		out.Lower = append(out.Lower, lower[i].LogEvidence())
		out.Upper = append(out.Upper, -inverse[i].LogEvidence())
	}
	return out, nil
}

// simulate draws n codes from the prior and a datum from each. The codes come back repeated for
// every chain, C×N×L.
func (a AIS) simulate(e Evidence, n, width int, key rng.Key) (x []float32, z *tensors.Tensor, err error) {
	if err := a.Validate(); err != nil {
		return nil, nil, err
	}
	blank := model.Tensor(e.Params.DType(), make([]float32, n*width), n, width)
	res, err := model.NewProgram(e.Params, "simulate", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := e.Latent(s, in[0])
		z := l.FromPrior(s.In("bdmc"), "code", 1, n)
		x := l.Decode(g.Squeeze(z, 0)).Sample(s.In("bdmc"), "datum", 1)
		d := z.Shape().Dimensions
		return []*g.Node{g.Reshape(x, n, width), g.BroadcastToDims(z, append([]int{a.Chains}, d[1:]...)...)}
	}).Run(key, blank)
	if err != nil {
		return nil, nil, err
	}
	x, err = model.Float32s(res.Outputs[0])
	return x, res.Outputs[1], err
}

// backward returns ln w′ of the chains that start at exact draws from the posterior, C×N.
func (r *annealing) backward(ctx context.Context, z *tensors.Tensor, key rng.Key) (logW []float64, err error) {
	// The first transition leaves the posterior, t = T, invariant and parts the chains.
	logW = make([]float64, r.Chains*r.n)
	for t := r.Steps; t >= 1; t-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var lik []float64
		if z, lik, _, err = r.step(z, t, r.steps[t], key); err != nil {
			return nil, err
		}
		for i, v := range lik {
			logW[i] -= (r.betas[t][i%r.n] - r.betas[t-1][i%r.n]) * v
		}
	}
	return logW, z.FinalizeAll()
}

// Worst is the largest upper less lower bound over the data.
func (s Sandwich) Worst() float64 {
	worst := math.Inf(-1)
	for i := range s.Lower {
		worst = math.Max(worst, s.Upper[i]-s.Lower[i])
	}
	return worst
}
