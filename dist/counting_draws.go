package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

const (
	// invertBelow is the mean below which counts are drawn by inversion, and from which
	// Hörmann's (1993) transformed rejection is valid.
	invertBelow = 10
	// inverted is the number of values that inversion tells apart: at a mean of 10 a larger
	// one has probability 1e-17.
	inverted = 50
	// proposals is the number of proposals of transformed rejection. One is accepted with
	// probability .708 or more (least at a mean of 10 with p = ½), so that none of 18 is with
	// probability 2.4e-10 or less.
	proposals = 18
	// raised is the factor by which the hat for Poisson numbers is higher than published, where
	// it falls short of the probability by up to .6 % (at a rate of 15.7, over 1e-4 of the mass).
	raised = 1.01
)

// drawPoisson draws one number for each rate.
func drawPoisson(s *model.Scope, name string, rate *g.Node) *g.Node {
	limit := full(rate, dims(rate), invertBelow)
	few := g.LessThan(rate, limit)
	s = s.In(name)
	low := invertPoisson(s, g.Where(few, rate, limit))
	high := rejectPoisson(s, g.Where(few, limit, rate))
	return g.StopGradient(g.Where(few, low, high))
}

// invertPoisson draws by inversion, for rates of at most 10.
func invertPoisson(s *model.Scope, rate *g.Node) *g.Node {
	wide := along(rate, inverted+1)
	k := classes(wide)
	// ln p is the sum of ln λ − ln i up to k. A rate of 0 counts as the least number.
	step := g.Sub(g.Log(g.MaxScalar(wide, tiny(wide))), g.Log(g.Max(k, g.OnesLike(k))))
	step = g.Where(g.Equal(k, g.ZerosLike(k)), g.Neg(wide), step)
	return invert(s, g.Exp(g.CumSum(step, -1)))
}

// invert draws k with the probabilities on the last axis, as the number of j with u < P(X > j).
func invert(s *model.Scope, probs *g.Node) *g.Node {
	last := probs.Rank() - 1
	tail := g.Reverse(g.CumSum(g.Reverse(probs, last), -1), last) // P(X ≥ j)
	total := g.Slice(tail, allAxes(last, g.AxisElem(0))...)
	u := fineUniform(s, "inversion", probs.Shape().Dimensions[:last]...)
	above := g.LessThan(g.Mul(g.ExpandAxes(u, -1), total), tail)
	return g.AddScalar(g.ReduceSum(count(above, probs), -1), -1)
}

// allAxes selects everything on n axes and then last.
func allAxes(n int, last g.SliceAxisSpec) []g.SliceAxisSpec {
	axes := make([]g.SliceAxisSpec, n, n+1)
	for i := range axes {
		axes[i] = g.AxisRange()
	}
	return append(axes, last)
}

// along repeats x n times on a new last axis.
func along(x *g.Node, n int) *g.Node {
	return g.BroadcastToDims(g.ExpandAxes(x, -1), append(dims(x), n)...)
}

// tiny is the smallest normal number in the type of x.
func tiny(x *g.Node) float64 {
	if x.DType().Size() < 8 {
		return 0x1p-126
	}
	return 0x1p-1022
}

// rejectPoisson draws by transformed rejection (Hörmann 1993, PTRS) for rates of 10 or more.
func rejectPoisson(s *model.Scope, rate *g.Node) *g.Node {
	b := g.AddScalar(g.MulScalar(g.Sqrt(rate), 2.53), .931)
	a := g.AddScalar(g.MulScalar(b, .02483), -.059)
	scale := g.Log(g.AddScalar(g.MulScalar(g.Reciprocal(g.AddScalar(b, -3.4)), 1.1328*raised), 1.1239*raised))
	h := newHat(s, along(a, proposals), along(b, proposals), along(g.AddScalar(rate, .43), proposals))
	k := g.Max(h.k, g.ZerosLike(h.k))
	logP := logPoisson(k, along(g.Log(rate), proposals), g.Sub(k, along(rate, proposals)))
	ok := g.LessOrEqual(g.Add(h.logV, along(scale, proposals)), logP)
	return firstOf(k, g.LogicalAnd(ok, g.Equal(k, h.k)))
}

// hat is a proposal of transformed rejection, of which the table-mountain hat has the inverse
// (2a/(½ − |u|) + b)u + c, u uniform on (−½, ½).
type hat struct {
	k    *g.Node // the proposed number
	logV *g.Node // ln of the height under the hat: v uniform on (0, 1), over a/(½ − |u|)² + b
}

func newHat(s *model.Scope, a, b, c *g.Node) hat {
	u := g.AddScalar(fineUniform(s, "u", dims(a)...), -.5)
	v := fineUniform(s, "v", dims(a)...)
	edge := g.MaxScalar(g.AddScalar(g.Neg(g.Abs(u)), .5), 0x1p-49)
	k := g.Floor(g.Add(g.Mul(g.Add(g.Div(g.MulScalar(a, 2), edge), b), u), c))
	return hat{k, g.Sub(g.Log(v), g.Log(g.Add(g.Div(a, g.Square(edge)), b)))}
}

// firstOf returns the first number that is ok along the last axis, 0 where none is.
func firstOf(k, ok *g.Node) *g.Node {
	n := k.Shape().Dimensions[k.Rank()-1]
	rank := g.Where(ok, g.AddScalar(g.Neg(classes(k)), float64(n)), g.ZerosLike(k))
	best := g.ExpandAxes(g.ReduceMax(rank, -1), -1)
	return g.ReduceSum(g.Where(g.LogicalAnd(ok, g.Equal(rank, best)), k, g.ZerosLike(k)), -1)
}

// drawBinomial draws one number for each pair of trials and log-odds.
func drawBinomial(s *model.Scope, name string, trials, logits *g.Node) *g.Node {
	s = s.In(name)
	l := g.Neg(g.Abs(logits)) // at most one half succeed; the others are counted
	few := g.LessThan(g.Mul(trials, g.Logistic(l)), special.ScalarLike(l, invertBelow))
	low := invertBinomial(s, g.Where(few, trials, g.ZerosLike(l)), l)
	high := rejectBinomial(s, g.Where(few, full(l, dims(l), 2*invertBelow), trials), g.Where(few, g.ZerosLike(l), l))
	k := g.Where(few, low, high)
	return g.StopGradient(g.Where(g.GreaterThan(logits, g.ZerosLike(l)), g.Sub(trials, k), k))
}

// invertBinomial draws by inversion, for means of at most 10 and l ≤ 0.
func invertBinomial(s *model.Scope, trials, logits *g.Node) *g.Node {
	n, l := along(trials, inverted+1), along(logits, inverted+1)
	k := classes(n)
	ratio := g.Div(g.AddScalar(g.Sub(n, k), 1), g.Max(k, g.OnesLike(k))) // (n − k + 1)/k
	step := g.Add(g.Log(g.Max(ratio, special.ScalarLike(l, tiny(l)))), l)
	first := g.Equal(k, g.ZerosLike(k))
	step = g.Where(first, g.Mul(n, special.LogSigmoid(g.Neg(l))), step)
	probs := g.Where(g.LessOrEqual(k, n), g.Exp(g.CumSum(step, -1)), g.ZerosLike(k))
	return invert(s, probs)
}

// rejectBinomial draws by transformed rejection (Hörmann 1993, BTRS) for means of 10 or more
// and l ≤ 0.
func rejectBinomial(s *model.Scope, trials, logits *g.Node) *g.Node {
	p := g.Logistic(logits)
	mean := g.Mul(trials, p)
	sd := g.Sqrt(g.Mul(mean, g.Logistic(g.Neg(logits))))
	b := g.AddScalar(g.MulScalar(sd, 2.53), 1.15)
	a := g.AddScalar(g.Add(g.MulScalar(b, .0248), g.MulScalar(p, .01)), -.0873)
	scale := g.Log(g.Mul(g.AddScalar(g.MulScalar(g.Reciprocal(b), 5.1), 2.83), sd))
	mode := g.Floor(g.Mul(g.AddScalar(trials, 1), p))
	top := g.Add(binomialTerms(trials, logits, mode), scale)

	h := newHat(s, along(a, proposals), along(b, proposals), along(g.AddScalar(mean, .5), proposals))
	n := along(trials, proposals)
	k := g.Min(g.Max(h.k, g.ZerosLike(h.k)), n)
	logP := g.Sub(binomialTerms(n, along(logits, proposals), k), along(top, proposals))
	return firstOf(k, g.LogicalAnd(g.LessOrEqual(h.logV, logP), g.Equal(k, h.k)))
}
