package message

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/cavi"
)

// FallError is the error of a sweep that lowered the bound.
type FallError = cavi.FallError

// AscentConfig is how variational messages are passed.
type AscentConfig struct {
	// Order are the plates in the order of their updates; nil means that of declaration. A sweep
	// updates those that are listed alone.
	Order []Var
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep raises the bound L by less than Tolerance·|L|;
	// 0 means 1e-10.
	Tolerance float64
	// Step is the share ρ of the way that natural parameters go to their optimum,
	// η ← (1−ρ)η + ρη*, which is a step along the natural gradient (Hoffman et al. 2013, eq. 15);
	// 0 means 1, coordinate ascent.
	Step float64
	// Progress, where set, hears of every sweep, counted from 1. It may Save.
	Progress func(sweep int, bound float64)
}

// filled puts in the defaults.
func (c AscentConfig) filled() (AscentConfig, error) {
	if c.Sweeps == 0 {
		c.Sweeps = cavi.Sweeps
	}
	if c.Tolerance == 0 {
		c.Tolerance = cavi.Tolerance
	}
	if c.Step == 0 {
		c.Step = 1
	}
	if c.Sweeps < 0 || !(c.Tolerance > 0) || !(c.Step > 0 && c.Step <= 1) {
		return c, fmt.Errorf("message: ascent: got %d sweeps, tolerance %g and step %g, want positive ones and a step of at most 1", c.Sweeps, c.Tolerance, c.Step)
	}
	return c, nil
}

// Ascent is variational message passing in progress: q(x) = Π_x q(x), one factor a variable.
type Ascent struct {
	g     *graph
	cfg   AscentConfig
	eta   [][]float64 // by block: natural parameters of q, none for functions of others
	u     [][]float64 // by block: ⟨u⟩
	sites []*Site
	order []*block
	sweep int64
	last  float64 // the bound after the last sweep
}

// NewAscent readies variational message passing. q starts at a plain member of its family, and
// [Ascent.Start] sets another.
func NewAscent(m *Model, cfg AscentConfig) (*Ascent, error) {
	g, err := newGraph(m)
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.filled(); err != nil {
		return nil, err
	}
	a := &Ascent{g: g, cfg: cfg, eta: make([][]float64, len(g.blocks)), u: make([][]float64, len(g.blocks)), sites: g.sites(false), last: math.Inf(-1)}
	if err := a.check(); err != nil {
		return nil, err
	}
	for _, b := range g.blocks {
		if err := a.begin(b); err != nil {
			return nil, err
		}
	}
	for _, b := range g.blocks {
		a.derive(b)
	}
	return a, a.setOrder()
}

// setOrder takes the order of updates from the settings.
func (a *Ascent) setOrder() error {
	for _, v := range a.cfg.Order {
		if v.b.known || v.b.maker != nil {
			return fmt.Errorf("message: order: %s has no distribution of its own to update", v.b.name)
		}
		a.order = append(a.order, v.b)
	}
	if a.cfg.Order != nil {
		return nil
	}
	for _, b := range a.g.blocks {
		if !b.known && b.maker == nil {
			a.order = append(a.order, b)
		}
	}
	return nil
}

// begin fills the memory of a plate.
func (a *Ascent) begin(b *block) error {
	u := make([]float64, b.n*b.size)
	a.u[b.id] = u
	if b.known {
		for i := range b.n {
			if err := b.stats(u[i*b.size:(i+1)*b.size], i); err != nil {
				return err
			}
		}
		return nil
	}
	if b.maker != nil {
		return nil
	}
	plain, err := standard(b.family)
	if err != nil {
		return &NodeError{"variable", b.name, 0, err}
	}
	a.eta[b.id] = make([]float64, b.n*b.size)
	for i := range b.n {
		copy(a.eta[b.id][i*b.size:], plain)
		if _, err := b.family.Expect(u[i*b.size:(i+1)*b.size], plain); err != nil {
			return &NodeError{"variable", b.name, i, err}
		}
	}
	return nil
}

// derive computes the statistics of a plate of functions; those it depends on were declared before.
func (a *Ascent) derive(b *block) {
	if b.maker == nil {
		return
	}
	for i := range b.n {
		b.maker.f.(Link).Push(a.stats(b, i), a.site(b.maker, i))
	}
}

// Start sets q of one variable by its natural parameters.
func (a *Ascent) Start(v Var, i int, eta []float64) error {
	if v.b.known || v.b.maker != nil || i < 0 || i >= v.Len() || len(eta) != v.b.size {
		return fmt.Errorf("message: start of %s %d: got %d parameters, want %d of a variable with a distribution of its own", v.b.name, i, len(eta), v.b.size)
	}
	p := v.place(i)
	copy(a.natural(v.b, p), eta)
	if err := a.settle(v.b, p); err != nil {
		return err
	}
	a.last = math.Inf(-1)
	return nil
}

// Natural is a copy of the natural parameters of q of one variable.
func (a *Ascent) Natural(v Var, i int) []float64 {
	if a.eta[v.b.id] == nil {
		return nil
	}
	return append([]float64(nil), a.natural(v.b, v.place(i))...)
}

// Moments is a copy of ⟨u⟩ of one variable.
func (a *Ascent) Moments(v Var, i int) []float64 {
	return append([]float64(nil), a.stats(v.b, v.place(i))...)
}

func (a *Ascent) natural(b *block, i int) []float64 {
	return a.eta[b.id][i*b.size : (i+1)*b.size : (i+1)*b.size]
}

func (a *Ascent) stats(b *block, i int) []float64 {
	return a.u[b.id][i*b.size : (i+1)*b.size : (i+1)*b.size]
}

// site is a factor with the statistics of its variables.
func (a *Ascent) site(n *node, i int) *Site {
	s := a.sites[n.id]
	s.I = i
	for k := range n.slots {
		b, at := n.slots[k].b, n.slots[k].at(i)
		s.In[k].U, s.In[k].Value = a.stats(b, at), b.at(at)
	}
	return s
}

// collect adds up the messages to a variable from all factors that it is an argument of,
// through those that are functions of it: Σ_f ∂⟨ln f⟩/∂⟨u⟩.
func (a *Ascent) collect(to []float64, b *block, i int) {
	clear(to)
	part := make([]float64, b.size)
	for _, e := range a.g.of(b, i) {
		n := a.g.nodes[e.node]
		if f, ok := n.f.(adder); ok {
			f.add(to, int(e.slot), a.site(n, int(e.place)))
			continue
		}
		if link, ok := n.f.(Link); ok {
			if e.slot == 0 {
				continue // how the variable is made
			}
			y := n.slots[0].b
			eta := make([]float64, y.size)
			a.collect(eta, y, n.slots[0].at(int(e.place)))
			link.Pull(part, int(e.slot), eta, a.site(n, int(e.place)))
		} else {
			n.f.(Averager).Average(part, int(e.slot), a.site(n, int(e.place)))
		}
		for k, v := range part {
			to[k] += v
		}
	}
}

// adder is an averager that adds its message itself, where most of it is 0.
type adder interface {
	add(to []float64, slot int, s *Site)
}

// update moves q of one variable towards its optimum given all others.
func (a *Ascent) update(b *block, i int, to []float64) error {
	a.collect(to, b, i)
	eta, rho := a.natural(b, i), a.cfg.Step
	for k, v := range to {
		if rho != 1 {
			v = (1-rho)*eta[k] + rho*v
		}
		eta[k] = v
	}
	return a.settle(b, i)
}

// settle computes ⟨u⟩ of a variable and of all functions of it.
func (a *Ascent) settle(b *block, i int) error {
	if _, err := b.family.Expect(a.stats(b, i), a.natural(b, i)); err != nil {
		return &NodeError{"variable", b.name, i, err}
	}
	a.refresh(b, i)
	return nil
}

// refresh computes ⟨u⟩ of all functions of a variable.
func (a *Ascent) refresh(b *block, i int) {
	for _, e := range a.g.of(b, i) {
		n := a.g.nodes[e.node]
		if link, ok := n.f.(Link); ok && e.slot > 0 {
			y, at := n.slots[0].b, n.slots[0].at(int(e.place))
			link.Push(a.stats(y, at), a.site(n, int(e.place)))
			a.refresh(y, at)
		}
	}
}

// Sweep updates every variable once and returns the bound. A bound that falls is an error of the
// variable whose update lowered it.
func (a *Ascent) Sweep() (float64, error) {
	before := a.copy()
	for _, b := range a.order {
		to := make([]float64, b.size)
		for i := range b.n {
			if err := a.update(b, i, to); err != nil {
				return 0, err
			}
		}
	}
	bound, err := a.Bound()
	if err != nil {
		return 0, err
	}
	a.sweep++
	if from := a.last; fell(from, bound) {
		return bound, a.blame(before, &FallError{Sweep: int(a.sweep), From: from, To: bound})
	}
	a.last = bound
	return bound, nil
}

// fell says whether a bound is lower than rounding explains.
func fell(from, to float64) bool {
	return to < from-1e-9*max(math.Abs(from), math.Abs(to))-1e-12
}

// Run sweeps until the bound stands still and returns the bound of every sweep. The context is
// asked between sweeps.
func (a *Ascent) Run(ctx context.Context) (trace []float64, converged bool, err error) {
	for a.sweep < int64(a.cfg.Sweeps) {
		if err := ctx.Err(); err != nil {
			return trace, false, err
		}
		last := a.last
		bound, err := a.Sweep()
		if err != nil {
			return trace, false, err
		}
		trace = append(trace, bound)
		if a.cfg.Progress != nil {
			a.cfg.Progress(int(a.sweep), bound)
		}
		if bound-last <= a.cfg.Tolerance*max(math.Abs(last), math.Abs(bound)) && !math.IsInf(last, -1) {
			return trace, true, nil
		}
	}
	return trace, false, nil
}

// standard is the natural parameters at which a plain member of a family stands.
func standard(f expfam.Family) ([]float64, error) {
	switch f := f.(type) {
	case expfam.Normal:
		return f.Natural(0, 1), nil
	case expfam.Gamma:
		return f.Natural(1, 1), nil
	case expfam.MultiNormal:
		return f.Natural(make([]float64, f.D), identity(f.D)), nil
	case expfam.Wishart:
		return f.Natural(identity(f.D), float64(f.D)), nil
	case expfam.NormalGamma:
		return f.Natural(0, 1, 1, 1), nil
	case expfam.NormalWishart:
		return f.Natural(make([]float64, f.D), 1, identity(f.D), float64(f.D)), nil
	case expfam.Categorical, expfam.Dirichlet, expfam.Beta, PathFamily: // equal logits, concentrations of 1
		return make([]float64, f.Len()), nil
	}
	return nil, fmt.Errorf("got a %s variable, want a family that has messages", f.Name())
}

// identity is the identity matrix.
func identity(d int) []float64 {
	x := make([]float64, d*d)
	for i := range d {
		x[i*d+i] = 1
	}
	return x
}
