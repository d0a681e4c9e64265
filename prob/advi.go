package prob

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/guide"
)

// ADVI fits a guide to the model's posterior by stochastic ascent of the bound
//
//	L = E_q[ln p(x, z(u)) + ln|det ∂z/∂u| − ln q(u)]
//
// with reparameterised gradients (Kucukelbir et al. 2017, section 2.5). The guide starts from the
// mode and the curvature there (see [Options.Plain]). The step size is constant until the bound
// has stopped to rise and the iterates are stationary (R̂), then their average is taken and the
// step size lowered, until that gains nothing (Dhaka et al. 2020; Welandawe et al. 2022). A guide
// that was not asked for is bent where importance weights say that it should be (see
// [Options.Guide]), and other starts are tried (see [Options.Starts]). A context that ends stops the
// fit with the context's error.
func ADVI(ctx context.Context, m *Model, o Options) (*Fit, error) {
	begun := time.Now()
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.dim == 0 {
		return nil, fmt.Errorf("prob: the model has no continuous unknown for a guide; its evidence is exact (Model.LogDensity)")
	}
	filled, err := o.fill(m.dim)
	if err != nil {
		return nil, err
	}
	p, err := m.params(o.Seed)
	if err != nil {
		return nil, err
	}
	d, err := m.density(p, true)
	if err != nil {
		return nil, err
	}
	run := &search{m: m, o: filled, d: d, key: rng.New(o.Seed), begun: begun, bend: o.Guide == nil}
	return run.all(ctx)
}

// fitter is the state of a fit.
type fitter struct {
	m     *Model
	o     Options
	key   rng.Key
	p     *model.Params
	d     *density
	at    guide.Start
	guide vi.Guide

	step      *model.Program
	sampler   *model.Program
	rate, fix *model.Input
	out       [][]float64
	names     []string // of the guide's parameters
	batches   batches
	done      int // steps
	begun     time.Time
	trail     []Progress
	converged bool
	rhat      float64
}

// newFitter prepares the step of a guide of a family from a start.
func newFitter(m *Model, o Options, d *density, at guide.Start) (*fitter, error) {
	f := &fitter{m: m, o: o, key: rng.New(o.Seed), begun: time.Now(), d: d, at: at, guide: o.Guide(m.dim, at)}
	var err error
	if f.p, err = m.params(o.Seed); err != nil {
		return nil, err
	}
	if f.rate, err = f.p.Input(); err != nil {
		return nil, err
	}
	if f.fix, err = f.p.Input(); err != nil {
		return nil, err
	}
	f.step = model.NewProgram(f.p, "step", f.ascent).Training()
	return f, nil
}

// ascent builds one step: M draws, their mean of ln p − ln q, and Adam. A step whose bound or
// gradient is no number changes nothing.
func (f *fitter) ascent(s *model.Scope, in []*g.Node) []*g.Node {
	u, logQ := f.draw(s, f.o.Draws)
	var sum *g.Node
	for i := range f.o.Draws {
		row := g.Reshape(g.Slice(u, g.AxisRange(i, i+1)), f.m.dim)
		lp := f.m.target(s.In("model"), row, &f.batches)
		if sum == nil {
			sum = lp
		} else {
			sum = g.Add(sum, lp)
		}
	}
	elbo := g.Sub(scale(sum, 1/float64(f.o.Draws)), g.ReduceAllMean(logQ))
	norm := f.adam().Update(s, g.Neg(elbo), in[0], in[1])
	s.Guard(g.And(g.IsFinite(elbo), g.IsFinite(norm)))
	names, nodes := s.Trainable()
	f.names = names
	out := []*g.Node{elbo, norm}
	for _, n := range nodes {
		out = append(out, g.Neg(n))
	}
	return out
}

// adam returns the optimizer. In coordinates that the start has whitened a derivative of 1 is one
// nat a standard deviation: with ε = 1 steps are as long as Adam's where the gradient is above it,
// and shrink with the gradient where the guide is near its optimum, where Adam's own would walk at
// random by the full rate.
func (f *fitter) adam() optim.Adam {
	a := optim.NewAdam()
	if !f.o.Plain {
		a.Epsilon = 1
	}
	return a
}

// draw returns draws of the guide, by the path estimator where it has one.
func (f *fitter) draw(s *model.Scope, m int) (u, logQ *g.Node) {
	if q, ok := f.guide.(guide.Path); ok && !f.o.Score {
		return q.DrawPath(s.In("guide"), "eps", m)
	}
	return f.guide.Draw(s.In("guide"), "eps", m)
}

// advance makes one step at a learning rate, t = 1, 2, … since Adam's moments were last reset,
// and returns the estimate of the bound and the parameters before the step.
func (f *fitter) advance(t int64, rate float64) (elbo float64, at [][]float64, err error) {
	a, b := f.adam().Scalars(t, rate)
	if err := f.rate.Set(a); err != nil {
		return 0, nil, plain(err)
	}
	if err := f.fix.Set(b); err != nil {
		return 0, nil, plain(err)
	}
	in := []*tensors.Tensor{f.rate.Tensor, f.fix.Tensor}
	if f.out, err = f.step.ValuesInto(f.out, f.key.Named("step").At(uint64(f.done)), in...); err != nil {
		return 0, nil, plain(err)
	}
	f.done++
	elbo = f.out[0][0]
	if !finite(elbo, f.out[1][0]) {
		return elbo, nil, errSkipped
	}
	return elbo, f.out[2:], nil
}
