package labels

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// drawn is the model at rows x with codes that end with their class, B×(L+1), for estimates that draw
// the class instead of summing over it.
func (m semi) drawn(s *model.Scope, x, label *g.Node) vi.Latent {
	zero := g.BroadcastToDims(special.ScalarLike(x, 0), x.Shape().Dim(0), m.latent)
	return vi.Latent{
		Q: classGuide{m, s, x, m.logWeights(s, x, label)},
		P: classPrior{m, dist.StandardNormal(zero)},
		Decode: func(zy *g.Node) dist.Distribution {
			z, label := lastCut(zy)
			return m.data(s, z, vae.OneHot(s, label, m.classes))
		},
	}
}

// lastCut cuts the last of the values off, …×(L+1) to …×L and ….
func lastCut(zy *g.Node) (z, last *g.Node) {
	z, last = cutAt(zy, zy.Shape().Dim(zy.Rank()-1)-1)
	return z, g.Squeeze(last, -1)
}

// withLast puts z, …×L, and one more value, …, together.
func withLast(z, last *g.Node) *g.Node {
	return g.Concatenate([]*g.Node{z, g.ExpandAxes(last, -1)}, -1)
}

// classGuide is w_y q(z|x, y) as a distribution of codes that end with their class.
type classGuide struct {
	semi
	s    *model.Scope
	x    *g.Node // B×D
	logW *g.Node // B×C
}

// at returns q(z|x, y) and ln w_y of M·B rows of classes.
func (q classGuide) at(label *g.Node) (dist.Normal, *g.Node) {
	y := vae.OneHot(q.s, label, q.classes)
	logW := vae.Copies(q.logW, y.Shape().Dim(0)/q.logW.Shape().Dim(0))
	return q.guide(q.s, q.x, y), g.ReduceSum(g.Mul(y, logW), -1)
}

// RsampleLogProb implements [vi.Scored]; the draws of the class have no gradient.
func (q classGuide) RsampleLogProb(s *model.Scope, name string, m int) (zy, logQ *g.Node) {
	zy = q.Sample(s, name, m)
	return zy, q.LogProb(zy)
}

// LogProb implements [dist.Distribution].
func (q classGuide) LogProb(zy *g.Node) *g.Node {
	shape := zy.Shape().Dimensions
	z, label := lastCut(g.Reshape(zy, -1, q.latent+1))
	of, logW := q.at(label)
	return g.Reshape(g.Add(g.ReduceSum(of.LogProb(z), -1), logW), shape[:len(shape)-1]...)
}

// Sample implements [dist.Distribution].
func (q classGuide) Sample(s *model.Scope, name string, m int) *g.Node {
	label := dist.Categorical{Logits: q.logW}.Sample(s, name+" class", m) // M×B
	of, _ := q.at(g.Reshape(label, -1))
	z := of.Rsample(s, name, 1)
	return withLast(g.Reshape(z, m, -1, q.latent), label)
}

// moments are E[v] of values v of z by class, C·B×L, with those of the class, B×(L+1).
func (q classGuide) moments(v, class *g.Node) *g.Node {
	b := q.x.Shape().Dim(0)
	w := g.ExpandAxes(g.Transpose(g.Exp(q.logW), 0, 1), -1)
	v = g.Reshape(v, q.classes, b, q.latent)
	return withLast(g.ReduceSum(g.Mul(v, g.BroadcastToDims(w, v.Shape().Dimensions...)), 0), class)
}

// all is q(z|x, y) of all classes, C·B rows.
func (q classGuide) all() dist.Normal {
	return q.guide(q.s, q.x, enumerated(q.s, q.x.Shape().Dim(0), q.classes))
}

// Mean implements [dist.Distribution].
func (q classGuide) Mean() *g.Node {
	return q.moments(q.all().Mean(), dist.Categorical{Logits: q.logW}.Mean())
}

// Variance implements [dist.Distribution].
func (q classGuide) Variance() *g.Node {
	of, class := q.all(), dist.Categorical{Logits: q.logW}
	second := q.moments(g.Add(of.Variance(), g.Square(of.Mean())), g.Add(class.Variance(), g.Square(class.Mean())))
	return g.Sub(second, g.Square(q.Mean()))
}

// Entropy is that of w and the mean of that of q(z|x, y), B.
func (q classGuide) Entropy() *g.Node {
	both := q.moments(q.all().Entropy(), dist.Categorical{Logits: q.logW}.Entropy())
	return g.ReduceSum(both, -1)
}

// classPrior is p(z) p(y) as a distribution of codes that end with their class.
type classPrior struct {
	semi
	z dist.Normal // B×L
}

// LogProb implements [dist.Distribution].
func (p classPrior) LogProb(zy *g.Node) *g.Node {
	z, _ := lastCut(zy)
	return g.AddScalar(g.ReduceSum(p.z.LogProb(z), -1), -math.Log(float64(p.classes)))
}

// class is p(y) of each row.
func (p classPrior) class() dist.Categorical {
	return dist.Categorical{Logits: g.BroadcastToDims(special.ScalarLike(p.z.Loc, 0), p.z.Loc.Shape().Dim(0), p.classes)}
}

// Mean implements [dist.Distribution].
func (p classPrior) Mean() *g.Node { return withLast(p.z.Mean(), p.class().Mean()) }

// Variance implements [dist.Distribution].
func (p classPrior) Variance() *g.Node { return withLast(p.z.Variance(), p.class().Variance()) }

// Sample implements [dist.Distribution].
func (p classPrior) Sample(s *model.Scope, name string, m int) *g.Node {
	return withLast(p.z.Sample(s, name, m), p.class().Sample(s, name+" class", m))
}
