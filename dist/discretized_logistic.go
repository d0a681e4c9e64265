package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Bins is the number of levels of 8-bit data on [0, 1]: x = k/255.
const Bins = 256

// DiscretizedLogistic is the logistic distribution with location μ and scale s = e^LogScale,
// integrated over the bins of 8-bit data on [0, 1]; the first and last bin reach to ∓∞
// (Salimans et al. 2017, eq. 2). With w = 1/255, p = (x + w/2 − μ)/s and m = p − w/s,
//
//	ln P(x) = ln(σ(p) − σ(m)) = ln σ(p) + ln σ(−m) + ln(1 − e^(−w/s)),
//
// a form that does not cancel in the tails.
type DiscretizedLogistic struct {
	Loc      *g.Node // μ
	LogScale *g.Node // ln s, broadcast against Loc
}

// LogProb implements [Distribution]; x holds multiples of 1/255 in [0, 1].
func (d DiscretizedLogistic) LogProb(x *g.Node) *g.Node {
	d.Loc, d.LogScale = like(d.Loc, x), like(d.LogScale, x)
	const w = 1. / (Bins - 1)
	inv := g.Exp(g.Neg(d.LogScale))
	z := g.Sub(x, d.Loc)
	upper := special.LogSigmoid(g.Mul(g.AddScalar(z, w/2), inv))
	lower := special.LogSigmoid(g.Neg(g.Mul(g.AddScalar(z, -w/2), inv)))
	inner := g.Add(g.Add(upper, lower), special.Log1mExp(g.MulScalar(inv, w)))
	first := g.LessThan(x, special.ScalarLike(x, w/2))
	last := g.GreaterThan(x, special.ScalarLike(x, 1-w/2))
	return g.Where(first, upper, g.Where(last, lower, inner))
}

// Mean returns μ clipped to [0, 1], the range of the data.
func (d DiscretizedLogistic) Mean() *g.Node { return to(g.ClipScalar(d.Loc, 0, 1), d.shape()) }

// shape is that of a draw.
func (d DiscretizedLogistic) shape() []int { return joint(d.Loc, d.LogScale) }

// Variance returns the variance of the continuous logistic, s²π²/3.
func (d DiscretizedLogistic) Variance() *g.Node {
	const pi2over3 = 3.28986813369645287294
	v := g.MulScalar(g.Exp(g.MulScalar(d.LogScale, 2)), pi2over3)
	return to(v, d.shape())
}

// Sample draws from the logistic and rounds to the nearest level.
func (d DiscretizedLogistic) Sample(s *model.Scope, name string, m int) *g.Node {
	loc, scale := to(d.Loc, d.shape()), to(g.Exp(d.LogScale), d.shape())
	x := g.Add(repeat(loc, m), g.Mul(repeat(scale, m), uniformSides(s, name, m, d.shape()).logit()))
	level := g.Floor(g.AddScalar(g.MulScalar(g.ClipScalar(x, 0, 1), Bins-1), .5))
	return g.StopGradient(g.MulScalar(level, 1./(Bins-1)))
}

// Support is the unit interval, of which the values are the levels k/(Bins − 1).
func (d DiscretizedLogistic) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d DiscretizedLogistic) Parameters() []Parameter { return locScale(d.Loc, d.LogScale, nil) }
