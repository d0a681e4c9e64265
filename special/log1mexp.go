package special

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Log1mExp returns ln(1 − e^−x) for x > 0. Below ln 2 it uses expm1, above log1p (Mächler
// 2012): each form cancels on the other's side. Its derivative is 1/(eˣ − 1).
func Log1mExp(x *g.Node) *g.Node {
	small := g.LessThan(x, ScalarLike(x, math.Ln2))
	lo := g.Where(small, x, g.OnesLike(x)) // arguments that keep the unused branch finite
	hi := g.Where(small, g.OnesLike(x), x)
	value := g.Where(small, g.Log(g.Neg(g.Expm1(g.Neg(lo)))), g.Log1p(g.Neg(g.Exp(g.Neg(hi)))))
	slope := g.Where(small, g.Reciprocal(Expm1(lo)), g.Div(g.Exp(g.Neg(hi)), g.OneMinus(g.Exp(g.Neg(hi)))))
	return withGradient(x, value, slope)
}
