package dist

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// sloped returns value, whose derivatives are those given: pairs of a parameter and the
// derivative by it, all of one shape. It is for formulas that cancel when they are
// differentiated term by term. The terms p − p are zero; only their gradients count.
func sloped(value *g.Node, pairs ...*g.Node) *g.Node {
	value = g.StopGradient(value)
	for i := 0; i < len(pairs); i += 2 {
		p, slope := pairs[i], pairs[i+1]
		u := g.IdentityWithCustomGradient(p, func(_, v *g.Node) *g.Node { return g.Mul(v, slope) })
		value = g.Add(value, g.Sub(u, g.StopGradient(p)))
	}
	return value
}

// whole tells which elements are whole numbers from 0 on.
func whole(x *g.Node) *g.Node {
	return g.LogicalAnd(g.GreaterOrEqual(x, g.ZerosLike(x)), g.Equal(x, g.Floor(x)))
}

// within tells which elements are whole numbers from 0 to n.
func within(x, n *g.Node) *g.Node { return g.LogicalAnd(whole(x), g.LessOrEqual(x, n)) }

// count turns truths into 0 and 1 in the type of x.
func count(ok, x *g.Node) *g.Node { return g.ConvertDType(ok, x.DType()) }

// fineUniform draws uniforms in (0, 1) with 48 bits, of which float32 keeps all near 0 and 24
// near 1. The plain draws have 24, so that events rarer than 6e-8 would not be told apart.
func fineUniform(s *model.Scope, name string, shape ...int) *g.Node {
	s = s.In(name)
	u := g.Add(s.Uniform("high", shape...), g.MulScalar(s.Uniform("low", shape...), 0x1p-24))
	most := 1 - 0x1p-49
	if u.DType().Size() < 8 {
		most = 1 - 0x1p-24
	}
	return g.MinScalar(g.AddScalar(u, 0x1p-49), most)
}

// logSoftmax returns ln p of the classes on the last axis.
func logSoftmax(logits *g.Node) *g.Node {
	return g.Sub(logits, g.ExpandAxes(special.LogSumExp(logits, -1), -1))
}

// classes returns 0, 1, …, C − 1 along the last axis in the shape of x.
func classes(x *g.Node) *g.Node { return g.Iota(x.Graph(), x.Shape(), x.Rank()-1) }

// registerPair adds a closed form that not every pair of distributions of its types has.
func registerPair[Q, P Distribution](kl klPair) {
	klNames = append(klNames, fmt.Sprintf("%T ‖ %T", *new(Q), *new(P)))
	klPairs = append(klPairs, kl)
}
