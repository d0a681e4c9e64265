package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// unitEnds puts the limits of a log-density on (0, 1) at 0 and 1 into inside, where it has −∞. Near 0
// the density goes as x^(a−1), near 1 as (1−x)^(b−1): the limit is +∞ for an exponent below 0, −∞ for
// one above, and for 0 it is log, with derivatives by x of −fall and rise. The derivatives by a and
// b are those of log, those of infinite limits 0.
func unitEnds(x, inside, a, b, log, fall, rise *g.Node) *g.Node {
	n := together(x, inside, a, b, log, fall, rise)
	x, one := n[0], g.OnesLike(n[0])
	atZero, atOne := g.Equal(x, g.ZerosLike(x)), g.Equal(x, one)
	limit := func(power, slope *g.Node) *g.Node {
		flat := g.Equal(power, one)
		// (x − x₀)·slope is 0 at the end x₀, with the derivative.
		step := g.Mul(g.Sub(x, g.StopGradient(x)), slope)
		ends := g.Where(g.LessThan(power, one), full(x, dims(x), math.Inf(1)), full(x, dims(x), math.Inf(-1)))
		return g.Where(flat, g.Add(n[4], step), ends)
	}
	return g.Where(atZero, limit(n[2], g.Neg(n[5])), g.Where(atOne, limit(n[3], n[6]), n[1]))
}
