package prob

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Trace is one run of a model's function, inside some plates.
type Trace struct {
	r      *run
	plates []*plate // outermost first
	block  *block
}

// run is what the traces of one run share.
type run struct {
	m        *Model
	s        *model.Scope
	mode     mode
	u        *g.Node // the unconstrained point, n
	full     bool    // no minibatches
	jacobian bool    // densities of u, not of the constrained variables
	choice   map[string]int
	values   map[string]*g.Node // by variable
	dists    map[string]dist.Distribution
	terms    map[string]*g.Node // ln p of each variable, before plates are summed
	rows     map[string]*g.Node // data of a plate's minibatch, B
}

// mode is what a run is for.
type mode int

const (
	exploring  mode = iota // finds the variables and their shapes
	scoring                // evaluates ln p at a point
	predicting             // draws what was observed anew, at a point
	forward                // draws everything from the prior
)

// block collects the log-density of a plate's body.
type block struct {
	total *g.Node // with the axes of the plates; nil is 0
}

// fail stops the run with an error that names a variable.
func fail(name, format string, args ...any) {
	panic(mistake{fmt.Errorf("prob: variable %q: %s", name, fmt.Sprintf(format, args...))})
}

// mistake is an error that names its variable.
type mistake struct{ error }

// Const returns a constant, a scalar without dims.
func (p *Trace) Const(v float64, dims ...int) *g.Node {
	c := g.Const(p.r.s.Graph(), v)
	if len(dims) == 0 {
		return c
	}
	return g.BroadcastToDims(c, dims...)
}

// Observe says that a variable had a value: its log-density there is part of the model's. In
// plates the value has an axis for each, the innermost first.
func (p *Trace) Observe(name string, d dist.Distribution, value *g.Node) {
	s := p.enter(name, observed)
	if p.r.mode == exploring {
		p.fitObserved(s, d, value)
	}
	if p.r.mode == predicting || p.r.mode == forward {
		p.keep(s, d, p.draw(s, d))
		return
	}
	p.keep(s, d, value)
	p.add(s, p.score(s, d, value))
}

// Sample introduces an unknown and returns its value.
func (p *Trace) Sample(name string, d dist.Distribution) *g.Node {
	r := p.r
	if r.mode == exploring {
		p.declare(name, d)
	}
	s := p.site(name)
	var value, logDet *g.Node
	switch {
	case r.mode == forward, r.mode == predicting && s.kind == discrete:
		value = p.draw(s, d)
	case s.kind == discrete:
		value = p.level(s, d, r.choice[name])
	default:
		value, logDet = p.constrain(s, d)
	}
	p.keep(s, d, value)
	if r.mode == exploring || r.mode == scoring {
		term := p.score(s, d, value)
		if logDet != nil && r.jacobian {
			term = g.Add(term, p.reduce(s, logDet))
		}
		p.add(s, term)
	}
	return value
}

// Deterministic gives a value computed from the others a name, under which its draws are kept.
func (p *Trace) Deterministic(name string, value *g.Node) *g.Node {
	s := p.enter(name, computed)
	if p.r.mode == exploring {
		s.dims = slices.Clone(value.Shape().Dimensions)
		p.single(s)
	}
	p.r.values[name] = value
	return value
}

// Factor adds a term to the log-density, such as a likelihood that is no distribution's.
// In a plate it has the plate's axes.
func (p *Trace) Factor(name string, logDensity *g.Node) {
	s := p.enter(name, computed)
	if p.r.mode == exploring {
		s.dims, s.plates, s.constant = slices.Clone(logDensity.Shape().Dimensions), len(p.plates), true
		if !slices.Equal(s.dims, p.shape()) {
			fail(name, "factor: got shape %v, want %v of its plates", s.dims, p.shape())
		}
	}
	if p.r.mode == exploring || p.r.mode == scoring {
		p.add(s, logDensity)
	}
}

// enter finds the variable of a name, and makes it while exploring.
func (p *Trace) enter(name string, k kind) *site {
	if p.r.mode != exploring {
		return p.site(name)
	}
	switch {
	case name == "":
		panic(fmt.Errorf("prob: a variable has no name"))
	case p.r.m.byName[name] != nil:
		fail(name, "the name is used twice")
	}
	s := &site{name: name, kind: k, group: p.group(), plates: len(p.plates)}
	p.r.m.sites = append(p.r.m.sites, s)
	p.r.m.byName[name] = s
	return s
}

// site returns a variable that is known.
func (p *Trace) site(name string) *site {
	s := p.r.m.byName[name]
	if s == nil {
		fail(name, "the model's function did not have it when first run; it must do the same every time")
	}
	return s
}

// keep notes what a variable is in this run.
func (p *Trace) keep(s *site, d dist.Distribution, value *g.Node) {
	p.r.values[s.name], p.r.dists[s.name] = value, d
}

// score returns ln p(value) with the axes of the plates.
func (p *Trace) score(s *site, d dist.Distribution, value *g.Node) *g.Node {
	var lp *g.Node
	named(s.name, func() { lp = d.LogProb(value) })
	return p.reduce(s, lp)
}

// reduce sums over all axes but those of the plates.
func (p *Trace) reduce(s *site, x *g.Node) *g.Node {
	want := p.shape()
	if x.Rank() < len(want) {
		named(s.name, func() { x = g.BroadcastToDims(leading(x, len(want)), want...) })
	}
	if x.Rank() > len(want) {
		axes := make([]int, 0, x.Rank())
		for a := len(want); a < x.Rank(); a++ {
			axes = append(axes, a)
		}
		x = g.ReduceSum(x, axes...)
	}
	if !slices.Equal(x.Shape().Dimensions, want) {
		named(s.name, func() { x = g.BroadcastToDims(x, want...) })
	}
	return x
}

// add adds a variable's term to the block.
func (p *Trace) add(s *site, term *g.Node) {
	p.r.terms[s.name] = term
	if p.block.total == nil {
		p.block.total = term
		return
	}
	p.block.total = g.Add(p.block.total, term)
}

// named runs a step of graph building and lets its failure name the variable.
func named(name string, step func()) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case mistake:
			panic(e)
		default:
			fail(name, "%v", e)
		}
	}()
	step()
}

// leading gives x leading axes of size 1 up to a rank.
func leading(x *g.Node, rank int) *g.Node {
	for x.Rank() < rank {
		x = g.ExpandAxes(x, 0)
	}
	return x
}

// zero is the log-density of nothing, in the shape of the plates.
func (p *Trace) zero() *g.Node { return p.Const(0, p.shape()...) }

// scale multiplies by a number.
func scale(x *g.Node, v float64) *g.Node { return g.Mul(x, special.ScalarLike(x, v)) }
