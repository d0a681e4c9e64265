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

// semi is p(y) p(z) p(x|y, z) with p(y) = 1/C and the guide q(y|x) q(z|x, y). With the weights w of
// the classes, those of q(y|x) where the class is not known and one-hot where it is, its bound on
// ln p(x) and on ln p(x, y) is
//
//	Σ_y w_y {E_q(z|x,y)[ln p(x|y, z)] − KL(q(z|x, y) ‖ p(z))} − KL(w ‖ p(y))
//
// (Kingma et al. 2014, eq. 6 and 7), the sum over classes exact.
type semi struct {
	latent, classes int
	logits          func(s *model.Scope, x *g.Node, noise string) *g.Node // ln q(y|x) up to a constant, B×C, with noise of a name in training
	guide           func(s *model.Scope, x, y *g.Node) dist.Normal        // q(z|x, y), k·B rows of y
	data            func(s *model.Scope, z, y *g.Node) dist.Distribution  // p(x|y, z)
}

// logWeights is ln w, B×C; that of a class which is known not to be the one is as small as it takes.
func (m semi) logWeights(s *model.Scope, x, label *g.Node) *g.Node {
	free := g.LogSoftmax(m.logits(s, x, "unlabelled"), -1)
	if label == nil {
		return free
	}
	hit := vae.OneHot(s, label, m.classes)
	known := g.BroadcastToDims(g.ExpandAxes(g.GreaterOrEqual(label, g.ZerosLike(label)), -1), free.Shape().Dimensions...)
	return g.Where(known, g.MulScalar(g.AddScalar(hit, -1), never), free)
}

// never is the magnitude of the log-probability of what does not happen; e^−never is 0.
const never = 1e4

// terms are those of the bound of rows x, B×D: M×B and B×(L+1), with the divergence of w from p(y)
// at the end.
func (m semi) terms(s *model.Scope, x, label *g.Node, e vi.Estimator) vi.Terms {
	b := x.Shape().Dim(0)
	e.Objective = nil
	y := enumerated(s, b, m.classes)
	t := e.ELBO(s, vae.Copies(x, m.classes), m.given(s, x, y))
	logW := g.Transpose(m.logWeights(s, x, label), 0, 1) // C×B
	w := g.Exp(logW)
	mixed := func(v *g.Node) *g.Node { // M×C·B to M×B
		v = g.Reshape(v, -1, m.classes, b)
		return g.ReduceSum(g.Mul(v, g.BroadcastToDims(g.ExpandAxes(w, 0), v.Shape().Dimensions...)), 1)
	}
	t.LogLik = mixed(t.LogLik)
	if t.Shuffled != nil {
		t.Shuffled = mixed(t.Shuffled)
	}
	kl := g.Reshape(t.KL, m.classes, b, -1)
	kl = g.ReduceSum(g.Mul(kl, g.BroadcastToDims(g.ExpandAxes(w, -1), kl.Shape().Dimensions...)), 0)
	class := g.AddScalar(g.ReduceSum(g.Mul(w, logW), 0), math.Log(float64(m.classes)))
	t.KL, t.Z = g.Concatenate([]*g.Node{kl, g.ExpandAxes(class, -1)}, 1), nil
	return t
}

// given is the model at rows x whose classes are y, k·B×C.
func (m semi) given(s *model.Scope, x, y *g.Node) vi.Latent {
	q := m.guide(s, x, y)
	return vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z *g.Node) dist.Distribution {
		return m.data(s, z, vae.Copies(y, z.Shape().Dim(0)/y.Shape().Dim(0)))
	}}
}

// miss is the mean of −ln q(y|x) over the rows whose class is known, a scalar; 0 if there are none.
func (m semi) miss(s *model.Scope, x, label *g.Node) *g.Node {
	hit := vae.OneHot(s, label, m.classes)
	sum := g.ReduceAllSum(g.Mul(hit, g.LogSoftmax(m.logits(s, x, "labelled"), -1)))
	return g.Neg(g.Div(sum, g.Max(g.ReduceAllSum(hit), special.ScalarLike(hit, 1))))
}
