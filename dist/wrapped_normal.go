package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// WrappedNormal is the distribution of z = exp_μ(v/λ_μ), v ~ N(0, diag σ²), on a Poincaré ball of n
// dimensions (Nagano et al. 2019; Mathieu et al. 2019, section 3.2). With r = ‖v‖, the distance of z
// from μ, its density by the volume of the ball's coordinates is
//
//	ln p(z) = ln N(v; 0, diag σ²) − (n − 1) ln(sinh(√c r)/(√c r)) + n ln λ_z,
//
// and that by the hyperbolic volume has no last term.
type WrappedNormal struct {
	Loc       *g.Node // μ, …×n, inside of the ball
	LogScale  *g.Node // ln σ, …×n
	Curvature float64 // c > 0
}

const wrappedNormal = "WrappedNormal"

// Ball returns the space.
func (d WrappedNormal) Ball() PoincareBall { return PoincareBall{d.Curvature} }

// check broadcasts the batch axes.
func (d WrappedNormal) check() WrappedNormal {
	got := d.Loc.Shape().Dimensions
	require(len(got) > 0 && got[len(got)-1] > 0, wrappedNormal, "Loc", got, "…×n")
	requireVector(wrappedNormal, "LogScale", d.LogScale, got[len(got)-1])
	require(d.Curvature > 0 && !math.IsInf(d.Curvature, 0), wrappedNormal, "Curvature", d.Curvature, "a finite number above 0")
	batch := jointDims(wrappedNormal, batchOf(d.Loc, 1), batchOf(d.LogScale, 1))
	d.Loc, d.LogScale = spread(d.Loc, batch, 1), spread(d.LogScale, batch, 1)
	return d
}

// size returns n.
func (d WrappedNormal) size() int { return d.Loc.Shape().Dim(-1) }

// logProb is the log-density of z, reached from μ by v.
func (d WrappedNormal) logProb(z, v *g.Node) *g.Node {
	n := float64(d.size())
	scale := lead(d.LogScale, v.Rank())
	normal := g.Sub(g.MulScalar(g.Square(g.Mul(v, g.Exp(g.Neg(scale)))), -.5), scale)
	flat := g.AddScalar(g.ReduceSum(normal, -1), -n/2*logTwoPi)
	bend := logSinhc(g.MulScalar(g.ReduceSum(g.Square(v), -1), d.Curvature))
	volume := g.Squeeze(d.Ball().LogConformal(z), -1)
	return g.Add(g.Sub(flat, g.MulScalar(bend, n-1)), g.MulScalar(volume, n))
}

// LogProb implements [Distribution]; it is −∞ outside of the ball.
func (d WrappedNormal) LogProb(z *g.Node) *g.Node {
	d = d.check()
	requireVector(wrappedNormal, "values", z, d.size())
	batch := jointDims(wrappedNormal, batchOf(z, 1), batchOf(d.Loc, 1))
	z = spread(z, batch, 1)
	inside := g.GreaterThan(d.Ball().gap(z), filled(d.Ball().gap(z), 0))
	safe := g.Where(g.BroadcastToDims(inside, dims(z)...), z, g.ZerosLike(z))
	v := g.MulScalar(d.Ball().straight(spread(d.Loc, batch, 1), safe), 2)
	lp := d.logProb(safe, v)
	return g.Where(g.Squeeze(inside, -1), lp, filled(lp, math.Inf(-1)))
}

// Mean returns μ, the point with the least E[d(μ, z)²] (its Fréchet mean): the reflection of the ball
// at μ takes v to −v and the distribution to itself, so no other point can have it.
func (d WrappedNormal) Mean() *g.Node { return d.check().Loc }

// Variance returns σ², the parts of E[d(μ, z)²] along the axes of the tangent space at μ, in which
// lengths are those of the metric.
func (d WrappedNormal) Variance() *g.Node { return g.Exp(g.MulScalar(d.check().LogScale, 2)) }

// Sample implements [Distribution].
func (d WrappedNormal) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns μ ⊕ Exp0(v/2), M×…×n, kept off the boundary by [PoincareBall.Project].
func (d WrappedNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	z, _ := d.draw(s, name, m)
	return z
}

// RsampleLogProb returns draws, M×…×n, and their log-densities, M×…, from their v: far from 0 the way
// back from z has fewer digits.
func (d WrappedNormal) RsampleLogProb(s *model.Scope, name string, m int) (z, logProb *g.Node) {
	z, v := d.draw(s, name, m)
	return z, d.check().logProb(z, v)
}

// draw returns draws with their v.
func (d WrappedNormal) draw(s *model.Scope, name string, m int) (z, v *g.Node) {
	d = d.check()
	v = g.Mul(s.Normal(name, drawn(m, d.Loc)...), repeat(g.Exp(d.LogScale), m))
	return d.Ball().Project(d.Ball().Add(repeat(d.Loc, m), d.Ball().Exp0(g.MulScalar(v, .5)))), v
}

// Support implements [Declared].
func (d WrappedNormal) Support() Support { return Support{Set: Ball} }

// Parameters implements [Declared].
func (d WrappedNormal) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Ball}}, {"LogScale", d.LogScale, Support{Set: Vector}}}
}
