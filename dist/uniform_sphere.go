package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// UniformSphere is the uniform distribution on the vectors of n numbers with length one:
//
//	ln p(x) = ln Γ(n/2) − ln 2π^(n/2).
type UniformSphere struct {
	Like *g.Node // any array of the values' shape, …×n; its elements do not count
}

// size returns n.
func (d UniformSphere) size() int {
	got := d.Like.Shape().Dimensions
	require(len(got) > 0 && got[len(got)-1] > 1, "UniformSphere", "Like", got, "…×n, n above 1")
	return got[len(got)-1]
}

// LogProb implements [Distribution].
func (d UniformSphere) LogProb(x *g.Node) *g.Node {
	requireVector("UniformSphere", "values", x, d.size())
	zero := total("UniformSphere", g.ReduceSum(g.ZerosLike(x), -1), g.ReduceSum(g.ZerosLike(d.Like), -1))
	return g.AddScalar(zero, -logUnitSphere(d.size()))
}

// Mean returns 0.
func (d UniformSphere) Mean() *g.Node { return g.ZerosLike(d.Like) }

// Variance returns 1/n.
func (d UniformSphere) Variance() *g.Node { return filled(d.Like, 1/float64(d.size())) }

// Entropy returns the logarithm of the area.
func (d UniformSphere) Entropy() *g.Node {
	return g.AddScalar(g.ReduceSum(g.ZerosLike(d.Like), -1), logUnitSphere(d.size()))
}

// Sample implements [Distribution].
func (d UniformSphere) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns ε/‖ε‖ with ε ~ N(0, I), M×…×n. There is nothing to differentiate by.
func (d UniformSphere) Rsample(s *model.Scope, name string, m int) *g.Node {
	return unitVector(s.Normal(name, drawn(m, d.Like)...))
}

// unitVector divides vectors by their length.
func unitVector(x *g.Node) *g.Node {
	return g.Div(x, g.Sqrt(g.ReduceAndKeep(g.Square(x), g.ReduceSum, -1)))
}

// Support implements [Declared].
func (d UniformSphere) Support() Support { return Support{Set: Sphere} }

// Parameters implements [Declared]: there are none.
func (d UniformSphere) Parameters() []Parameter { return nil }

// logUnitSphere is the logarithm of the area of the unit sphere in n dimensions, 2π^(n/2)/Γ(n/2).
func logUnitSphere(n int) float64 {
	lg, _ := math.Lgamma(float64(n) / 2)
	return math.Ln2 + float64(n)/2*math.Log(math.Pi) - lg
}
