package prob

import (
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
)

// toSupport returns the bijector from unconstrained reals onto a continuous support; ok is false
// where there is none.
func toSupport(s dist.Support) (b bij.Bijector, ok bool) {
	switch s.Set {
	case dist.Real, dist.Vector, dist.Matrix:
		return bij.Identity{}, true
	case dist.Positive, dist.NonNegative:
		return bij.Exp{}, true
	case dist.Unit:
		return bij.Sigmoid{}, true
	case dist.Interval:
		return bij.Sigmoid{Low: s.Low, High: s.High}, true
	case dist.AtLeast:
		return bij.AtLeast{Low: s.Low}, true
	case dist.Circle:
		return circle{}, true
	case dist.Simplex:
		return bij.StickBreaking{}, true
	case dist.Ordered:
		return bij.Ordered{}, true
	case dist.Sphere:
		return bij.Stereographic{}, true
	case dist.LowerCholesky:
		return bij.CholeskyCov{}, true
	case dist.CorrCholesky:
		return bij.CholeskyCorr{}, true
	case dist.PositiveDefinite:
		return covariance{}, true
	}
	return nil, false
}

// circle maps the reals onto the angles −π < y < π.
type circle struct{}

// Forward implements [bij.Bijector].
func (circle) Forward(x *g.Node) (y, logDet *g.Node) {
	y, logDet = bij.Sigmoid{}.Forward(x)
	return g.MulScalar(g.AddScalar(y, -.5), 2*math.Pi), g.AddScalar(logDet, math.Log(2*math.Pi))
}

// Inverse implements [bij.Bijector].
func (circle) Inverse(y *g.Node) (x, logDet *g.Node) {
	x, logDet = bij.Sigmoid{}.Inverse(g.AddScalar(g.MulScalar(y, .5/math.Pi), .5))
	return x, g.AddScalar(logDet, -math.Log(2*math.Pi))
}

// Event implements [bij.Bijector]: a map of numbers.
func (circle) Event() bij.Event { return bij.Event{} }

// covariance maps vectors onto positive definite matrices Σ = LLᵀ, L as of [bij.CholeskyCov]:
//
//	ln|det ∂Σ/∂L| = n ln 2 + Σᵢ (n + 1 − i) ln L_ii,  i = 1, …, n
//
// (Muirhead 1982, theorem 2.1.9), the volume being that of the elements on and below the diagonal.
type covariance struct{}

// Forward implements [bij.Bijector].
func (covariance) Forward(x *g.Node) (y, logDet *g.Node) {
	l, logDet := bij.CholeskyCov{}.Forward(x)
	n := l.Shape().Dim(-1)
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = float64(n - i)
	}
	eye := g.DiagonalWithValue(g.ScalarOne(l.Graph(), l.DType()), n)
	diag := g.ReduceSum(g.Mul(l, leading(eye, l.Rank())), -1)
	w := leading(g.ConstAsDType(l.Graph(), l.DType(), weights), diag.Rank())
	volume := g.AddScalar(g.ReduceSum(g.Mul(w, g.Log(diag)), -1), float64(n)*math.Ln2)
	return product(l), g.Add(logDet, volume)
}

// product returns LLᵀ for matrices in the last two axes.
func product(l *g.Node) *g.Node {
	rows, columns := g.ExpandAxes(l, -2), g.ExpandAxes(l, -3)
	return g.ReduceSum(g.Mul(rows, columns), -1)
}

// Inverse is not needed: unknowns are mapped forward.
func (covariance) Inverse(*g.Node) (x, logDet *g.Node) {
	panic("prob: the map onto covariances is used forward only")
}

// Event implements [bij.Bijector]: vectors to matrices.
func (covariance) Event() bij.Event { return bij.CholeskyCov{}.Event() }

// declare notes an unknown and its shape while exploring.
func (p *Trace) declare(name string, d dist.Distribution) {
	s := p.enter(name, latent)
	dec, ok := d.(dist.Declared)
	if !ok {
		fail(name, "%T does not say where its values lie (dist.Declared)", d)
	}
	event := dist.EventRank(d)
	s.dims = p.valueShape(s, d, event)
	sup := dec.Support()
	if sup.Discrete() {
		s.kind = discrete
		p.enumerable(s, dec)
		return
	}
	b, ok := toSupport(sup)
	if !ok {
		fail(name, "%T: there is no map from the reals onto the set of its values", d)
	}
	s.free = slices.Clone(s.dims)
	if e := b.Event(); e.Undo != nil {
		at := len(s.dims) - e.Out
		named(name, func() { s.free = append(s.free[:at], e.Undo(s.dims[at:])...) })
	}
	s.offset = p.r.m.dim
	p.r.m.dim += size(s.free)
}

// constrain returns an unknown's value at the run's point with ln|det ∂value/∂u|.
func (p *Trace) constrain(s *site, d dist.Distribution) (value, logDet *g.Node) {
	var x *g.Node
	if p.r.u == nil {
		x = p.Const(0, s.free...)
	} else {
		x = g.Slice(p.r.u, g.AxisRange(s.offset, s.offset+size(s.free)))
		x = p.pick(g.Reshape(x, s.free...))
	}
	dec, ok := d.(dist.Declared)
	if !ok {
		fail(s.name, "got %T, which the first run of the model's function did not have", d)
	}
	b, _ := toSupport(dec.Support())
	if _, same := b.(bij.Identity); same {
		return x, nil
	}
	named(s.name, func() { value, logDet = b.Forward(x) })
	return value, logDet
}
