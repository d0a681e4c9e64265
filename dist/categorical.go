package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Categorical is the distribution over the classes 0, …, C − 1 with unnormalised
// log-probabilities l on the last axis. Values are class numbers and lack that axis:
//
//	ln P(x) = l_x − ln Σ_c e^(l_c).
type Categorical struct {
	Logits *g.Node // l, …×C
}

// LogProb implements [Distribution]; it has no derivative by x.
func (d Categorical) LogProb(x *g.Node) *g.Node {
	x = g.StopGradient(x)
	c := d.Logits.Shape().Dimensions[d.Logits.Rank()-1]
	v := together(g.BroadcastToDims(g.ExpandAxes(x, -1), append(dims(x), c)...), logSoftmax(d.Logits))
	hit := g.Equal(v[0], classes(v[0]))
	ok := g.ReduceLogicalOr(hit, -1)
	return supported(ok, g.ReduceSum(g.Where(hit, v[1], g.ZerosLike(v[1])), -1))
}

// Mean returns the mean of the class numbers.
func (d Categorical) Mean() *g.Node {
	return g.ReduceSum(g.Mul(g.Exp(logSoftmax(d.Logits)), classes(d.Logits)), -1)
}

// Variance returns the variance of the class numbers.
func (d Categorical) Variance() *g.Node {
	off := g.Sub(classes(d.Logits), g.ExpandAxes(d.Mean(), -1))
	return g.ReduceSum(g.Mul(g.Exp(logSoftmax(d.Logits)), g.Square(off)), -1)
}

// Entropy returns −Σ p ln p.
func (d Categorical) Entropy() *g.Node {
	logP := logSoftmax(d.Logits)
	return g.Neg(g.ReduceSum(g.Mul(g.Exp(logP), logP), -1))
}

// Sample returns class numbers, M×shape, by inversion of the distribution function.
func (d Categorical) Sample(s *model.Scope, name string, m int) *g.Node {
	last := d.Logits.Rank() - 1
	return drawCategorical(s, name, d.Logits, append([]int{m}, dims(d.Logits)[:last]...))
}

// drawCategorical draws class numbers in a shape that the leading axes of logits broadcast to.
func drawCategorical(s *model.Scope, name string, logits *g.Node, shape []int) *g.Node {
	c := logits.Shape().Dimensions[logits.Rank()-1]
	below := g.CumSum(g.Exp(logSoftmax(logits)), -1)
	total := g.Slice(below, allAxes(logits.Rank()-1, g.AxisElem(c-1))...)
	u := g.ExpandAxes(fineUniform(s, name, shape...), -1)
	over := together(g.Mul(u, like(total, u)), like(below, u))
	k := g.ReduceSum(count(g.GreaterOrEqual(over[0], over[1]), logits), -1)
	return g.StopGradient(g.MinScalar(k, float64(c-1)))
}

// Support implements [Declared].
func (d Categorical) Support() Support {
	c := d.Logits.Shape().Dimensions[d.Logits.Rank()-1]
	return Support{Set: Count, Low: special.ScalarLike(d.Logits, 0), High: special.ScalarLike(d.Logits, float64(c-1))}
}

// Parameters implements [Declared].
func (d Categorical) Parameters() []Parameter { return classLogits(d.Logits) }

// classLogits is the parameter of the distributions over classes.
func classLogits(logits *g.Node) []Parameter {
	return []Parameter{{"Logits", logits, Support{Set: Vector}}}
}

// klClasses is Σ p_q (ln p_q − ln p_p) for logits on the last axis.
func klClasses(q, p *g.Node) *g.Node {
	v := together(logSoftmax(q), logSoftmax(p))
	return g.ReduceSum(g.Mul(g.Exp(v[0]), g.Sub(v[0], v[1])), -1)
}

func init() {
	registerKL(func(q, p Categorical) *g.Node { return klClasses(q.Logits, p.Logits) })
}
