package quant

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// smoothing is ε of Laplace's rule for the counts, N + ε each.
const smoothing = 1e-5

// fresh is the count that codes start with, in units of the one below which they are dead: with
// γ = .99 a code that nothing chooses has 69 steps.
const fresh = 2

// start is the count of a new code.
func (c Codebook) start() float64 {
	if c.Reset > 0 {
		return fresh * c.Reset
	}
	return 1
}

// count is the moving average of the number of features of a step that each code stands for, K.
func (c Codebook) count(s *model.Scope) *g.Node {
	return s.State("count", model.Constant(c.start()), c.Codes)
}

// long is the number of steps since a code was chosen where it never was.
const long = 1 << 20

// idle is the number of steps since each code was chosen, K.
func (c Codebook) idle(s *model.Scope) *g.Node { return s.State("idle", model.Constant(long), c.Codes) }

// track updates counts, the codes that follow means, and dead codes, after features z, N×D, whose
// numbers are k.
func (c Codebook) track(s *model.Scope, z, k *g.Node) {
	n := Counts(k, c.Codes, z.DType())
	old := c.count(s)
	count := g.Add(g.MulScalar(old, c.Decay), g.MulScalar(n, 1-c.Decay))
	idle := g.Where(g.GreaterThan(n, g.ZerosLike(n)), g.ZerosLike(n), g.MinScalar(g.AddScalar(c.idle(s), 1), long))
	codes := g.StopGradient(c.table(s))
	if c.Update == ByEMA {
		codes = c.averaged(codes, old, count, sums(k, c.Codes, z))
	}
	if c.Reset > 0 && c.Update != ByMap {
		dead := g.LessThan(count, g.MulScalar(g.OnesLike(count), c.Reset))
		count = g.Where(dead, g.MulScalar(g.OnesLike(count), c.start()), count)
		idle = g.Where(dead, g.MulScalar(g.OnesLike(idle), long), idle)
		c.revive(s, z, codes, dead)
	} else if c.Update == ByEMA {
		s.UpdateState("codes", codes)
	}
	s.UpdateState("count", count)
	s.UpdateState("idle", idle)
}

// averaged returns the codes after a step of moving averages (van den Oord et al. 2017, eq. 6–8)
//
//	N ← γN + (1−γ)n,  m ← γm + (1−γ)Σz,  e = m/Ñ,  Ñ = (N + ε)/(ΣN + Kε)·ΣN,
//
// where m is e·Ñ of the step before. With codes of length 1 the new ones are made so.
func (c Codebook) averaged(e, old, count, sum *g.Node) *g.Node {
	smoothed := func(n *g.Node) *g.Node {
		total := g.ReduceAllSum(n)
		share := g.Div(g.AddScalar(n, smoothing), g.AddScalar(total, smoothing*float64(c.Codes)))
		return g.ExpandAxes(g.Mul(share, total), -1)
	}
	m := g.Add(g.MulScalar(g.Mul(e, smoothed(old)), c.Decay), g.MulScalar(sum, 1-c.Decay))
	e = g.Div(m, smoothed(count))
	if c.Unit {
		e = Unit(e)
	}
	return e
}

// revive puts dead codes, K of Bool, at random features z, N×D; the others become e.
func (c Codebook) revive(s *model.Scope, z, e, dead *g.Node) {
	n := z.Shape().Dim(0)
	place := g.MinScalar(g.MulScalar(s.Uniform("revive", c.Codes), float64(n)), float64(n-1))
	at := g.StopGradient(Rows(z, place))
	wide := g.BroadcastToDims(g.ExpandAxes(dead, -1), c.Codes, c.Dim)
	if c.Update == ByEMA {
		s.UpdateState("codes", g.Where(wide, at, e))
		return
	}
	placed := c.placed(s)
	s.UpdateState("placed", g.Where(wide, g.Sub(at, g.StopGradient(c.drawn(s))), placed))
}

// usage returns the share of the codes that the steps of the window chose, and the perplexity
// exp(−Σ p ln p) of the moving averages of their counts, 1 to K. Codes that were revived count as
// unused until they are chosen.
func (c Codebook) usage(s *model.Scope) (used, perplexity *g.Node) {
	recent := g.LessThan(c.idle(s), special.ScalarLike(c.idle(s), float64(max(1, c.Window))))
	used = g.ReduceAllMean(g.ConvertDType(recent, s.DType()))
	p := c.count(s)
	p = g.Div(p, g.ReduceAllSum(p))
	return used, g.Exp(g.Neg(g.ReduceAllSum(g.Mul(p, g.Log(g.MaxScalar(p, 1e-30))))))
}
