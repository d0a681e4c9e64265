package vae

import (
	"context"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// Evaluator computes bounds with one estimator; its programs are compiled once.
type Evaluator struct {
	net  *Network
	est  vi.Estimator
	prog *model.Program
}

// Evaluator returns an evaluator of the network's bound at β = 1.
func (n *Network) Evaluator(e vi.Estimator) *Evaluator {
	if !n.Can()["bound"] {
		e = vi.Estimator{} // no noise: one draw, nothing to shuffle
	}
	e.Samples = e.Draws()
	return &Evaluator{n, e, n.terms(e, n.Config.lastStage())}
}

// In returns the evaluator of the terms of a stage of training.
func (v *Evaluator) In(stage int) *Evaluator {
	return &Evaluator{v.net, v.est, v.net.terms(v.est, stage)}
}

// terms is the program of the terms of the bound in a stage.
func (n *Network) terms(e vi.Estimator, stage int) *model.Program {
	return model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
		b := n.Batch(in[0], nil)
		b.Stage = stage
		t := n.Model.Terms(s, b, e)
		out := []*g.Node{t.LogLik}
		if t.KL != nil {
			out = append(out, t.KL)
		}
		if t.Shuffled != nil {
			out = append(out, t.Shuffled)
		}
		if e.Objective != nil {
			out = append(out, t.MustBound(e.Objective)(special.ScalarLike(in[0], 1)))
		}
		return out
	})
}

// Record returns the bound over x, N×D. The key decides the draws of z; β is only reported.
func (v *Evaluator) Record(ctx context.Context, x []float32, key rng.Key, beta float64) (vi.Record, error) {
	acc := vi.NewAccumulator(v.net.Kind(), v.est.Samples).Maximizing(v.est.Objective)
	err := v.each(ctx, x, key, func(_ int, b vi.Batch) { acc.Add(b) })
	return acc.Record(beta), err
}

// PerDatum returns the reconstruction term and the KL divergence of each row of x.
func (v *Evaluator) PerDatum(ctx context.Context, x []float32, key rng.Key) (rec, kl []float64, err error) {
	total := len(x) / v.net.Width()
	rec, kl = make([]float64, total), make([]float64, total)
	err = v.each(ctx, x, key, func(first int, b vi.Batch) {
		latent := len(b.KL) / b.Size
		for i := range b.Size {
			for m := range v.est.Samples {
				rec[first+i] += b.LogLik[m*b.Size+i] / float64(v.est.Samples)
			}
			for j := range latent {
				kl[first+i] += b.KL[i*latent+j]
			}
		}
	})
	return rec, kl, err
}

// each runs the program over x and hands out the terms batch by batch.
func (v *Evaluator) each(ctx context.Context, x []float32, key rng.Key, fn func(first int, b vi.Batch)) error {
	d := v.net.Width()
	return batches(ctx, x, d, v.net.piece(v.est.Samples), func(x []float32, first, rows, full int) error {
		in, err := v.net.Params.Tensor(x, full, d)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		out, err := v.prog.Values(key.At(uint64(first)), in)
		if err != nil {
			return err
		}
		b := vi.Batch{LogLik: columns(out[0], full, rows), Size: rows}
		if len(out) > 1 {
			b.KL = out[1][:rows*(len(out[1])/full)]
		}
		if v.est.Objective != nil {
			b.Bound = out[len(out)-1][:rows]
			out = out[:len(out)-1]
		}
		if len(out) > 2 {
			b.Shuffled = columns(out[2], full, rows)
		}
		fn(first, b)
		return nil
	})
}

// columns keeps the first rows columns of a matrix of full columns.
func columns(x []float64, full, rows int) []float64 {
	if full == rows {
		return x
	}
	out := make([]float64, 0, len(x)/full*rows)
	for i := 0; i < len(x); i += full {
		out = append(out, x[i:i+rows]...)
	}
	return out
}

// Posterior returns the moments of q(z|x) of x, N×D.
func (n *Network) Posterior(ctx context.Context, x []float32) (vi.Posterior, error) {
	mean, variance, err := n.Encode(ctx, x)
	if err != nil {
		return vi.Posterior{}, err
	}
	w, l := n.CodeWidth(), n.Config.Latent
	return vi.Posterior{Mean: wide(mean, w, l), Variance: wide(variance, w, l), N: len(mean) / w, L: l}, nil
}

// wide converts the first n of every w values to float64.
func wide(x []float32, w, n int) []float64 {
	out := make([]float64, 0, len(x)/w*n)
	for i, v := range x {
		if i%w < n {
			out = append(out, float64(v))
		}
	}
	return out
}

// weightRows bounds the rows×draws of one execution of an importance-weight program.
const weightRows = 4096

// draws is the number of draws of an execution for each of so many rows.
func (n *Network) draws(rows int) int {
	return max(1, int(min(weightRows, maxValues/n.Config.Widest()))/rows)
}

// LogEvidence returns the importance sums of exactly k weights for each row of x. Weights
// are computed in chunks, so memory does not grow with k; the sums are in float64.
func (n *Network) LogEvidence(ctx context.Context, x []float32, k int, key rng.Key) ([]vi.ImportanceSum, error) {
	if err := n.needEvidence(); err != nil {
		return nil, err
	}
	if k < 1 {
		return nil, fmt.Errorf("vae: importance weights: got %d, want at least 1", k)
	}
	d := n.Width()
	sums := make([]vi.ImportanceSum, len(x)/max(1, d))
	programs := map[int]*model.Program{}
	err := batches(ctx, x, d, min(64, n.piece(1)), func(x []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(x, full, d)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		for done := 0; done < k; {
			if err := ctx.Err(); err != nil {
				return err
			}
			draws := min(k-done, n.draws(full))
			if programs[draws] == nil {
				programs[draws] = n.weights(draws)
			}
			out, err := programs[draws].Values(key.At(uint64(first)).At(uint64(done)), in)
			if err != nil {
				return err
			}
			for m := range draws {
				for i := range rows {
					sums[first+i].Add(out[0][m*full+i])
				}
			}
			done += draws
		}
		return nil
	})
	return sums, err
}

// at returns guide, prior and decoder of a model with a bound, at rows of [Network.Width] values;
// x holds those of the data.
func (n *Network) at(s *model.Scope, rows *g.Node) (x *g.Node, l vi.Latent) {
	b := n.Batch(rows, nil)
	return b.X, n.Model.(Probabilistic).Latent(s, b)
}

// Latent returns guide, prior and decoder at data x, B×D, of a model with a bound whose rows have
// no class.
func (n *Network) Latent(s *model.Scope, x *g.Node) vi.Latent {
	if n.tail() > 0 {
		panic(fmt.Errorf("vae: model %s: got rows of data alone, want them with their class", n.Name))
	}
	_, l := n.at(s, x)
	return l
}

// weights is the program of k log-weights a row.
func (n *Network) weights(k int) *model.Program {
	return model.NewProgram(n.Params, "weights", func(s *model.Scope, in []*g.Node) []*g.Node {
		if m, ok := n.Model.(Weigher); ok {
			return []*g.Node{m.LogWeights(s, n.Batch(in[0], nil), k)}
		}
		x, l := n.at(s, in[0])
		return []*g.Node{vi.LogWeights(s, x, l, k)}
	})
}

// Forms returns the bound of x in its two forms from the same draws: E_q[ln p(x|z)] − KL in
// closed form, and E_q[ln p(x, z)] + H[q] (see [vi.Estimator.JointForm]), one value a row.
func (n *Network) Forms(ctx context.Context, x []float32, key rng.Key, samples int) (split, joint []float64, err error) {
	if err := n.need("bound"); err != nil {
		return nil, nil, err
	}
	samples = max(1, samples)
	e := vi.Estimator{Samples: samples}
	second := model.NewProgram(n.Params, "joint", func(s *model.Scope, in []*g.Node) []*g.Node {
		x, l := n.at(s, in[0])
		return []*g.Node{e.JointForm(s, x, l)}
	})
	rec, kl, err := n.Evaluator(e).PerDatum(ctx, x, key)
	if err != nil {
		return nil, nil, err
	}
	joint = make([]float64, len(rec))
	d := n.Width()
	err = batches(ctx, x, d, n.piece(samples), func(x []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(x, full, d)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		out, err := second.Values(key.At(uint64(first)), in)
		if err != nil {
			return err
		}
		for m := range samples {
			for i := range rows {
				joint[first+i] += out[0][m*full+i] / float64(samples)
			}
		}
		return nil
	})
	for i := range rec {
		rec[i] -= kl[i]
	}
	return rec, joint, err
}
