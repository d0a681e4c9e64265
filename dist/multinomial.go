package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Multinomial is the number of times that each of C classes comes up in n trials, with
// p = softmax(l):
//
//	ln P(x) = ln n! − Σ_c ln x_c! + Σ_c x_c ln p_c,   Σ_c x_c = n.
type Multinomial struct {
	Trials *g.Node // n, whole numbers, …; they carry no gradient
	Logits *g.Node // l, …×C
}

// parts broadcasts the batch axes of the trials, as …×1, and of ln p and x.
func (d Multinomial) parts(x *g.Node) (n, logP, k *g.Node) {
	n = g.StopGradient(d.Trials)
	if n.Rank() > 0 {
		n = g.ExpandAxes(n, -1)
	}
	v := together(n, logSoftmax(d.Logits), x)
	return v[0], v[1], v[2]
}

// LogProb implements [Distribution], as Π_c Pois(x_c; n p_c) / Pois(n; n), whose terms keep
// their digits where n is large. Its derivatives by l are x − np; it has none by x.
func (d Multinomial) LogProb(x *g.Node) *g.Node {
	n, logP, k := d.parts(g.StopGradient(x))
	one := g.ReduceMax(n, -1)
	ok := g.LogicalAnd(g.LogicalAll(whole(k), -1), g.Equal(g.ReduceSum(k, -1), one))
	k = g.Where(g.BroadcastToDims(g.ExpandAxes(ok, -1), dims(k)...), k, g.ZerosLike(k))
	mean := g.Mul(n, g.Exp(logP))
	rest := g.Sub(k, mean)
	most := g.Max(n, g.OnesLike(n))
	terms := g.ReduceSum(logPoisson(k, g.Add(g.Log(most), logP), rest), -1)
	value := g.Sub(terms, logPoissonAt(g.Max(one, g.OnesLike(one))))
	value = g.Where(g.Equal(one, g.ZerosLike(one)), g.ZerosLike(value), value)
	// Σ_c rest_c (ln p_c)' is rest_c for each logit, as the rests sum to 0.
	return supported(ok, g.Add(g.StopGradient(value), vanishing(logP, rest)))
}

// vanishing is Σ_c slope_c (p_c − p_c) over the last axis: 0, with the slopes as derivatives.
func vanishing(p, slope *g.Node) *g.Node {
	return g.ReduceSum(sloped(g.ZerosLike(p), p, slope), -1)
}

// Mean returns np, …×C.
func (d Multinomial) Mean() *g.Node {
	n, logP, _ := d.parts(g.ZerosLike(d.Logits))
	return g.Mul(n, g.Exp(logP))
}

// Variance returns np(1 − p) of each element.
func (d Multinomial) Variance() *g.Node {
	n, logP, _ := d.parts(g.ZerosLike(d.Logits))
	p := g.Exp(logP)
	return g.Mul(n, g.Mul(p, others(p)))
}

// Sample returns counts, M×…×C. The classes are the leaves of a binary tree; the count of a
// node is split between its halves by a binomial draw, level by level.
func (d Multinomial) Sample(s *model.Scope, name string, m int) *g.Node {
	s = s.In(name)
	n, logP, _ := d.parts(g.ZerosLike(d.Logits))
	counts := repeat(g.Slice(n, allAxes(n.Rank()-1, g.AxisRange(0, 1))...), m)
	c := logP.Shape().Dim(-1)
	for i, level := range halves(repeat(logP, m)) {
		k := drawBinomial(s, levelName(i), counts, level)
		pair := g.Stack([]*g.Node{k, g.Sub(counts, k)}, -1)
		shape := dims(pair)
		shape[len(shape)-2] *= 2
		counts = g.Reshape(pair, shape[:len(shape)-1]...)
	}
	return g.StopGradient(g.Slice(counts, allAxes(counts.Rank()-1, g.AxisRange(0, c))...))
}

// levelName names the noise of a level of the tree.
func levelName(i int) string { return "level" + string(rune('a'+i)) }

// halves returns, from the root down, the log-odds of the first half of each node of the
// binary tree over the classes, …×2^level. Missing leaves have probability 0.
func halves(logP *g.Node) []*g.Node {
	c, size := logP.Shape().Dim(-1), 1
	for size < c {
		size *= 2
	}
	if size > c {
		shape := dims(logP)
		shape[len(shape)-1] = size - c
		none := g.BroadcastToDims(special.ScalarLike(logP, -1e6), shape...)
		logP = g.Concatenate([]*g.Node{logP, none}, -1)
	}
	var levels []*g.Node
	for size > 1 {
		size /= 2
		shape := append(dims(logP)[:logP.Rank()-1], size, 2)
		pair := g.Reshape(logP, shape...)
		first := g.Slice(pair, allAxes(pair.Rank()-1, g.AxisElem(0))...)
		second := g.Slice(pair, allAxes(pair.Rank()-1, g.AxisElem(1))...)
		odds := g.Squeeze(g.Sub(first, second), -1)
		levels = append([]*g.Node{odds}, levels...)
		logP = special.LogSumExp(pair, -1)
	}
	return levels
}

// Support implements [Declared].
func (d Multinomial) Support() Support { return Support{Set: Counts} }

// Parameters implements [Declared].
func (d Multinomial) Parameters() []Parameter {
	return append([]Parameter{{"Trials", d.Trials, Support{Set: Natural}}}, classLogits(d.Logits)...)
}

// klMultinomial is n times the divergence of the classes, for the same trials (see klBinomial).
func klMultinomial(q, p Distribution) (*g.Node, bool) {
	a, ok := q.(Multinomial)
	b, ok2 := p.(Multinomial)
	if !ok || !ok2 || a.Trials != b.Trials {
		return nil, false
	}
	v := together(a.Trials, klClasses(a.Logits, b.Logits))
	return g.Mul(v[0], v[1]), true
}

func init() { registerPair[Multinomial, Multinomial](klMultinomial) }
