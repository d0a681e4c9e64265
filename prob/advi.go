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
// step size lowered, until that gains nothing (Dhaka et al. 2020; Welandawe et al. 2022). A context
// that ends stops the fit with the context's error.
func ADVI(ctx context.Context, m *Model, o Options) (*Fit, error) {
	f, err := newFitter(ctx, m, o)
	if err != nil {
		return nil, err
	}
	if err := f.ascend(ctx); err != nil {
		return nil, err
	}
	return f.fit(ctx)
}

// fitter is the state of a fit.
type fitter struct {
	m     *Model
	o     Options
	key   rng.Key
	p     *model.Params
	d     *density
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

// newFitter checks model and options, finds a start and prepares the step.
func newFitter(ctx context.Context, m *Model, o Options) (*fitter, error) {
	begun := time.Now()
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.dim == 0 {
		return nil, fmt.Errorf("prob: the model has no continuous unknown for a guide; its evidence is exact (Model.LogDensity)")
	}
	o, err := o.fill(m.dim)
	if err != nil {
		return nil, err
	}
	f := &fitter{m: m, o: o, key: rng.New(o.Seed), begun: begun}
	if f.p, err = m.params(o.Seed); err != nil {
		return nil, err
	}
	if f.d, err = m.density(f.p, true); err != nil {
		return nil, err
	}
	at, err := f.start(ctx)
	if err != nil {
		return nil, err
	}
	f.guide = o.Guide(m.dim, at)
	if f.rate, err = f.p.Input(); err != nil {
		return nil, err
	}
	if f.fix, err = f.p.Input(); err != nil {
		return nil, err
	}
	f.step = model.NewProgram(f.p, "step", f.ascent).Training()
	return f, nil
}

// start finds where the guide begins.
func (f *fitter) start(ctx context.Context) (guide.Start, error) {
	if !f.o.Plain {
		return f.m.findStart(ctx, f.d, f.key.Named("start"))
	}
	u, err := initial(f.d, f.key.Named("start"))
	at := guide.Start{Loc: u, Scale: make([]float64, len(u))}
	for i := range at.Scale {
		at.Scale[i] = .1
	}
	return at, err
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
