package eval

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Evidence is a latent-variable model whose ln p(x) is wanted, over a set of parameters.
type Evidence struct {
	// Params holds the model's parameters, which are not changed.
	Params *model.Params
	// Latent returns prior and decoder at rows x; the guide is not used.
	Latent func(s *model.Scope, x *g.Node) vi.Latent
}

// AIS holds the settings of annealed importance sampling (Neal 2001; Wu et al. 2017) along
// p_t(z) ∝ p(z) p(x|z)^β_t, β_0 = 0 … β_T = 1, with Hamiltonian transitions,
//
//	ln w = Σ_t (β_t − β_{t−1}) ln p(x|z_{t−1}),  E w = p(x).
//
// Its step sizes are found in a run of its own, one a temperature and datum, and then held, so
// that the transitions leave their distributions invariant exactly.
type AIS struct {
	Chains    int     // C, chains a datum
	Steps     int     // T, temperatures
	Leapfrogs int     // leapfrog steps of a transition
	StepSize  float64 // first step size, which adapts
	Accept    float64 // acceptance that step sizes are adapted to
}

// DefaultAIS is 16 chains over 1,000 temperatures with 10 leapfrog steps each, adapted to 65 %
// acceptance (Wu et al. 2017, section 5).
func DefaultAIS() AIS { return AIS{Chains: 16, Steps: 1000, Leapfrogs: 10, StepSize: .2, Accept: .65} }

// Validate tells whether the settings can be used.
func (a AIS) Validate() error {
	switch {
	case a.Chains < 1 || a.Steps < 1 || a.Leapfrogs < 1:
		return fmt.Errorf("eval: AIS: got %d chains, %d temperatures and %d leapfrog steps, want at least 1 of each", a.Chains, a.Steps, a.Leapfrogs)
	case !(a.StepSize > 0) || math.IsInf(a.StepSize, 0):
		return fmt.Errorf("eval: AIS: step size: got %v, want a finite number above 0", a.StepSize)
	case !(a.Accept > 0 && a.Accept < 1):
		return fmt.Errorf("eval: AIS: acceptance: got %v, want between 0 and 1", a.Accept)
	}
	return nil
}

// temperature is β_t, a sigmoid schedule scaled to [0, 1] (Wu et al. 2017, section 5), which
// moves slowly at both ends.
func (a AIS) temperature(t int) float64 {
	const width = 4.
	s := func(u float64) float64 { return 1 / (1 + math.Exp(-width*(2*u-1))) }
	return (s(float64(t)/float64(a.Steps)) - s(0)) / (s(1) - s(0))
}

// annealing is a run along the path for N data.
type annealing struct {
	AIS
	n                int
	x                *tensors.Tensor
	start, move, lik *model.Program
	params           *model.Params
	steps            [][]float64 // step sizes by temperature and datum
}

// prepare builds the programs for N rows of D values.
func (a AIS) prepare(e Evidence, x []float32, width int) (*annealing, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	if width < 1 || len(x) == 0 || len(x)%width != 0 {
		return nil, fmt.Errorf("eval: AIS: got %d values, want rows of %d", len(x), width)
	}
	r := &annealing{AIS: a, n: len(x) / width, params: e.Params}
	r.x = model.Tensor(e.Params.DType(), x, r.n, width)
	r.start = model.NewProgram(e.Params, "AIS start", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{e.Latent(s, in[0]).FromPrior(s.In("ais"), "start", a.Chains, r.n)}
	})
	r.lik = model.NewProgram(e.Params, "AIS likelihood", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{likelihood(e.Latent(s, in[0]), in[0], in[1])}
	})
	r.move = model.NewProgram(e.Params, "AIS transition", func(s *model.Scope, in []*g.Node) []*g.Node {
		next, accepted, lik := transition(s.In("ais"), e.Latent(s, in[0]), in[0], in[1], in[2], in[3], a.Leapfrogs)
		return []*g.Node{next, lik, accepted}
	})
	return r, nil
}

// initial draws the chains from the prior and returns them with their ln p(x|z).
func (r *annealing) initial(key rng.Key) (z *tensors.Tensor, lik []float64, err error) {
	res, err := r.start.Run(key, r.x)
	if err != nil {
		return nil, nil, err
	}
	lik, err = r.likelihood(res.Outputs[0])
	return res.Outputs[0], lik, err
}

// likelihood returns ln p(x|z) of the chains, C×N.
func (r *annealing) likelihood(z *tensors.Tensor) ([]float64, error) {
	out, err := r.lik.Values(rng.Key{}, r.x, z)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// step moves the chains at temperature t and frees the old ones.
func (r *annealing) step(z *tensors.Tensor, t int, size []float64, key rng.Key) (next *tensors.Tensor, lik, accepted []float64, err error) {
	dtype := r.params.DType()
	narrow := make([]float32, len(size))
	for i, v := range size {
		narrow[i] = float32(v)
	}
	res, err := r.move.Run(key.At(uint64(t)), r.x, z, model.Tensor(dtype, narrow, 1, r.n), model.Scalar(dtype, r.temperature(t)))
	if err != nil {
		return nil, nil, nil, err
	}
	if err := z.FinalizeAll(); err != nil {
		return nil, nil, nil, err
	}
	if lik, err = model.Floats(res.Outputs[1]); err != nil {
		return nil, nil, nil, err
	}
	accepted, err = model.Floats(res.Outputs[2])
	return res.Outputs[0], lik, accepted, err
}

// adapt finds the step sizes in a run forward: up by 2 % while the smoothed acceptance of a
// datum's chains is above the target, down by 2 % while it is below.
func (r *annealing) adapt(ctx context.Context, key rng.Key) error {
	z, _, err := r.initial(key.Named("start"))
	if err != nil {
		return err
	}
	size, smooth := make([]float64, r.n), make([]float64, r.n)
	for i := range size {
		size[i], smooth[i] = r.StepSize, r.Accept
	}
	r.steps = make([][]float64, r.Steps+1)
	for t := 1; t <= r.Steps; t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.steps[t] = append([]float64(nil), size...)
		var accepted []float64
		if z, _, accepted, err = r.step(z, t, size, key); err != nil {
			return err
		}
		for i := range size {
			mean := 0.
			for c := range r.Chains {
				mean += accepted[c*r.n+i] / float64(r.Chains)
			}
			smooth[i] = .9*smooth[i] + .1*mean
			if smooth[i] > r.Accept {
				size[i] *= 1.02
			} else {
				size[i] *= .98
			}
		}
	}
	r.steps[0] = r.steps[1]
	return z.FinalizeAll()
}

// forward returns the log-weights of all chains, C×N, and the mean acceptance.
func (r *annealing) forward(ctx context.Context, key rng.Key) (logW []float64, rate float64, err error) {
	z, lik, err := r.initial(key.Named("start"))
	if err != nil {
		return nil, 0, err
	}
	logW = make([]float64, r.Chains*r.n)
	for t := 1; t <= r.Steps; t++ {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		for i, v := range lik {
			logW[i] += (r.temperature(t) - r.temperature(t-1)) * v
		}
		var accepted []float64
		if z, lik, accepted, err = r.step(z, t, r.steps[t], key); err != nil {
			return nil, 0, err
		}
		for _, v := range accepted {
			rate += v / float64(len(accepted)*r.Steps)
		}
	}
	return logW, rate, z.FinalizeAll()
}

// Annealed is an evidence estimated by annealed importance sampling.
type Annealed struct {
	Sums   []vi.ImportanceSum // of the weights of each datum's chains
	Accept float64            // mean acceptance of the transitions
}

// LogEvidence estimates ln p(x) of each row of x, N×width. The mean of w is exactly p(x), so
// each estimate is a lower bound in expectation.
func (a AIS) LogEvidence(ctx context.Context, e Evidence, x []float32, width int, key rng.Key) (Annealed, error) {
	r, err := a.prepare(e, x, width)
	if err != nil {
		return Annealed{}, err
	}
	if err := r.adapt(ctx, key.Named("adapt")); err != nil {
		return Annealed{}, err
	}
	logW, rate, err := r.forward(ctx, key.Named("forward"))
	if err != nil {
		return Annealed{}, err
	}
	return Annealed{r.sums(logW), rate}, nil
}

// sums gathers the log-weights of each datum.
func (r *annealing) sums(logW []float64) []vi.ImportanceSum {
	out := make([]vi.ImportanceSum, r.n)
	for c := range r.Chains {
		for i := range out {
			out[i].Add(logW[c*r.n+i])
		}
	}
	return out
}
