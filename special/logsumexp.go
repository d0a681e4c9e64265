package special

import g "github.com/gomlx/gomlx/core/graph"

// LogSumExp returns ln Σ eˣ over one axis, by the usual shift with the maximum.
func LogSumExp(x *g.Node, axis int) *g.Node {
	m := g.StopGradient(g.ReduceMax(x, axis))
	shifted := g.Sub(x, g.ExpandAxes(m, axis))
	return g.Add(m, g.Log(g.ReduceSum(g.Exp(shifted), axis)))
}
