package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// OneHotCategorical is [Categorical] with classes as one-hot vectors:
//
//	ln P(x) = Σ_c x_c ln p_c,   p = softmax(l).
//
// Its derivative by x is ln p, which lets straight-through draws of [GumbelSoftmax] train.
type OneHotCategorical struct {
	Logits *g.Node // l, …×C
}

// LogProb implements [Distribution]; vectors that are not one-hot have −∞.
func (d OneHotCategorical) LogProb(x *g.Node) *g.Node {
	v := together(x, logSoftmax(d.Logits))
	one := g.Equal(v[0], g.OnesLike(v[0]))
	bits := g.LogicalAll(g.LogicalOr(one, g.Equal(v[0], g.ZerosLike(v[0]))), -1)
	ones := g.ReduceSum(count(one, v[0]), -1)
	ok := g.LogicalAnd(bits, g.Equal(ones, g.OnesLike(ones)))
	return supported(ok, g.ReduceSum(g.Mul(v[0], v[1]), -1))
}

// Mean returns p, …×C.
func (d OneHotCategorical) Mean() *g.Node { return g.Exp(logSoftmax(d.Logits)) }

// Variance returns p(1 − p) of each element.
func (d OneHotCategorical) Variance() *g.Node {
	p := d.Mean()
	return g.Mul(p, others(p))
}

// others is 1 − p for probabilities on the last axis. Where p is above ½, as one at most can
// be, it is the sum of the others, which keeps the digits that 1 − p loses.
func others(p *g.Node) *g.Node {
	most := g.GreaterThan(p, full(p, dims(p), .5))
	rest := g.ReduceSum(g.Where(most, g.ZerosLike(p), p), -1)
	return g.Where(most, g.BroadcastToDims(g.ExpandAxes(rest, -1), dims(p)...), g.OneMinus(p))
}

// Entropy returns −Σ p ln p.
func (d OneHotCategorical) Entropy() *g.Node { return Categorical(d).Entropy() }

// Sample returns one-hot vectors, M×…×C.
func (d OneHotCategorical) Sample(s *model.Scope, name string, m int) *g.Node {
	k := Categorical(d).Sample(s, name, m)
	return oneHot(k, d.Logits.Shape().Dimensions[d.Logits.Rank()-1])
}

// oneHot turns class numbers into vectors of c elements.
func oneHot(k *g.Node, c int) *g.Node {
	wide := along(k, c)
	return g.StopGradient(count(g.Equal(wide, classes(wide)), k))
}

// Support implements [Declared].
func (d OneHotCategorical) Support() Support { return Support{Set: OneHot} }

// Parameters implements [Declared].
func (d OneHotCategorical) Parameters() []Parameter { return classLogits(d.Logits) }

func init() {
	registerKL(func(q, p OneHotCategorical) *g.Node { return klClasses(q.Logits, p.Logits) })
}
