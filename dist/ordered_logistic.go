package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// OrderedLogistic is the proportional-odds model of C ordered classes (McCullagh 1980): a logistic
// variable about η is cut at c₀ < … < c_{C−2}, and the class is the number of cuts below it,
//
//	P(x ≤ k) = σ(c_k − η),   x = 0, …, C − 1.
type OrderedLogistic struct {
	Loc       *g.Node // η, …
	Cutpoints *g.Node // c, …×(C−1), increasing along the last axis; broadcast against Loc
}

// gaps returns c_k − η, …×(C−1).
func (d OrderedLogistic) gaps() *g.Node {
	v := together(g.ExpandAxes(d.Loc, -1), d.Cutpoints)
	return g.Sub(v[1], v[0])
}

// logProbs returns ln P of the classes on the last axis. In the middle σ(b) − σ(a) is
// σ(b)σ(−a)(1 − e^(a−b)).
func (d OrderedLogistic) logProbs() *g.Node {
	at := d.gaps()
	below, above := special.LogSigmoid(at), special.LogSigmoid(g.Neg(at))
	slice := func(x *g.Node, r g.SliceAxisSpec) *g.Node { return g.Slice(x, allAxes(x.Rank()-1, r)...) }
	parts := []*g.Node{slice(below, g.AxisRange(0, 1))}
	if n := at.Shape().Dim(-1); n > 1 {
		upper, lower := g.AxisRange(1), g.AxisRange(0, n-1)
		width := special.Log1mExp(g.Sub(slice(d.Cutpoints, upper), slice(d.Cutpoints, lower)))
		inner := together(slice(below, upper), slice(above, lower), like(width, at))
		parts = append(parts, g.Add(g.Add(inner[0], inner[1]), inner[2]))
	}
	return g.Concatenate(append(parts, slice(above, g.AxisRange(-1))), -1)
}

// categorical is the same distribution without the order.
func (d OrderedLogistic) categorical() Categorical { return Categorical{d.logProbs()} }

// LogProb implements [Distribution]; it has no derivative by x.
func (d OrderedLogistic) LogProb(x *g.Node) *g.Node { return d.categorical().LogProb(x) }

// Mean returns the mean class number, Σ_k P(x > k).
func (d OrderedLogistic) Mean() *g.Node {
	return g.ReduceSum(g.Logistic(g.Neg(d.gaps())), -1)
}

// Variance implements [Distribution].
func (d OrderedLogistic) Variance() *g.Node { return d.categorical().Variance() }

// Entropy implements [Entropic].
func (d OrderedLogistic) Entropy() *g.Node { return d.categorical().Entropy() }

// Sample returns class numbers, M×shape.
func (d OrderedLogistic) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.categorical().Sample(s, name, m)
}

// Support implements [Declared].
func (d OrderedLogistic) Support() Support {
	c := d.Cutpoints.Shape().Dim(-1)
	return Support{Set: Count, Low: special.ScalarLike(d.Loc, 0), High: special.ScalarLike(d.Loc, float64(c))}
}

// Parameters implements [Declared].
func (d OrderedLogistic) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Real}}, {"Cutpoints", d.Cutpoints, Support{Set: Ordered}}}
}

func init() {
	registerKL(func(q, p OrderedLogistic) *g.Node { return klClasses(q.logProbs(), p.logProbs()) })
}
