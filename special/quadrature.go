package special

import (
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/integrate/quad"
)

// tailDepth is the fall of a log-integrand at which an integral is cut off: e^−39 = 1e-17.
const tailDepth = 39

// rule is a Gauss–Legendre rule on (0, 1). The integrands of package special are exponentials of
// concave functions that fall by tailDepth over the range.
type rule struct{ nodes, weights []float64 }

// legendre returns the rule of n nodes.
func legendre(n int) rule {
	r := rule{make([]float64, n), make([]float64, n)}
	quad.Legendre{}.FixedLocations(r.nodes, r.weights, 0, 1)
	return r
}

// tail is the integral of e^φ(v) between 0 and end, and what it was computed from; the nodes are
// a last axis.
type tail struct{ end, v, mass, integral *g.Node }

// integrate forms ∫e^φ(v)dv over the range between 0 and end, whose sign is free. The end, where the
// integrand is 1e-17, counts as fixed when the integral is differentiated.
func (r rule) integrate(end *g.Node, phi func(v *g.Node) *g.Node) tail {
	row := func(c []float64) *g.Node {
		return g.ExpandLeftToRank(g.ConstAsDType(end.Graph(), end.DType(), c), end.Rank()+1)
	}
	end = g.StopGradient(end)
	v := g.Mul(g.ExpandAxes(end, -1), row(r.nodes))
	mass := g.Mul(g.Exp(phi(v)), row(r.weights))
	return tail{end, v, mass, g.Mul(g.Abs(end), g.ReduceSum(mass, -1))}
}

// mean returns the mean of f at the nodes under the density proportional to e^φ.
func (t tail) mean(f *g.Node) *g.Node {
	return g.Div(g.ReduceSum(g.Mul(f, t.mass), -1), g.ReduceSum(t.mass, -1))
}

// newton improves v, where the concave φ(v) = −tailDepth, by n steps.
func newton(v *g.Node, n int, phi, slope func(v *g.Node) *g.Node) *g.Node {
	for range n {
		v = g.Sub(v, g.Div(g.AddScalar(phi(v), tailDepth), slope(v)))
	}
	return v
}

// inFloat64 brings nodes to one shape and to float64, in which the incomplete integrals are
// computed whatever the type of the graph.
func inFloat64(xs ...*g.Node) []*g.Node {
	xs = broadcast(xs...)
	for i, x := range xs {
		xs[i] = g.ConvertDType(x, dtypes.Float64)
	}
	return xs
}

// logRatio returns ln(1 + μ) = ln r, from μ where that is small.
func logRatio(mu, r *g.Node) *g.Node {
	near := g.LessThan(g.Abs(mu), fill(mu, .5))
	return g.Where(near, g.Log1p(g.Where(near, mu, g.ZerosLike(mu))), g.Log(g.Where(near, g.OnesLike(r), r)))
}
