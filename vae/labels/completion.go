package labels

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "completion",
		Summary:  "completes images of which a part is seen, with a code for what that leaves open",
		Paper:    "Sohn et al. 2015",
		Sections: "D47",
		Measured: "importance-sampled p(rest|seen) within 5 standard errors of the quadrature over the code; MNIST from a quarter, 20 epochs: −ln p 63.7 nats, 104.5 without a code",
		Test:     "vae/labels/completion_test.go, paper/labels_test.go",
		Nets:     []string{nets.MLP, nets.Conv, nets.ResNet},
		Options: []vae.Option{
			{Name: "observe", Usage: "part of an image that is seen; of other rows the first half or quarter of the columns", Default: "left", Kind: vae.Choice, Choices: parts},
			{Name: "gsnn", Usage: "share of the loss −E_p(z|seen) ln p(rest|z, seen), which trains the prior for what it is used for", Default: "0", Kind: vae.Number, Min: 0, Max: 1, Small: ".3"},
			{Name: "code", Usage: "whether there is a code, or the rest is a function of what is seen", Default: "latent", Kind: vae.Choice, Choices: []string{"latent", "none"}},
		},
		Check: checkRest,
		New:   newCompletion,
	})
}

// checkRest refuses rows too small for the part that is seen to leave anything open. Without a shape the
// rows are not known yet.
func checkRest(c vae.Config) error {
	if part := c.Choice("observe"); len(c.Shape) > 0 && !slices.Contains(observed(c, part), 0) {
		return fmt.Errorf("vae: completion: rows of shape %v: got none of %d values to complete beside the part %s, want at least 1", c.Shape, c.Dim, part)
	}
	return nil
}

// parts are the choices of --observe.
var parts = []string{"left", "top", "quarter"}

// completion is the conditional VAE for structured prediction: o are the values that are seen and r the
// rest,
//
//	ln p(r|o) ≥ E_q(z|r,o)[ln p(r|z, o)] − KL(q(z|r, o) ‖ p(z|o))
//
// (Sohn et al. 2015, eq. 4). With the option gsnn = 1 − α the loss is α times the negative bound and
// 1 − α times −E_p(z|o)[ln p(r|z, o)] (eq. 7).
type completion struct {
	vae.Config
	seen []float64 // 1 for the values that are seen, D
	gsnn float64
}

// newCompletion builds the model; without a code it is a network for p(r|o) alone.
func newCompletion(c vae.Config) vae.Model {
	m := completion{c, observed(c, c.Choice("observe")), c.Number("gsnn")}
	if c.Choice("code") == "none" {
		return regression{m}
	}
	return m
}

// mask is 1 for the values that are seen, 1×D.
func (m completion) mask(x *g.Node) *g.Node {
	return g.ExpandAxes(g.ConvertDType(g.Const(x.Graph(), m.seen), x.DType()), 0)
}

// part keeps what is seen of rows; the rest is 0.
func (m completion) part(x *g.Node) *g.Node {
	return g.Mul(x, g.BroadcastToDims(m.mask(x), x.Shape().Dimensions...))
}

// rest is p(r|z, o) for codes of k·B rows and features of what is seen of B.
func (m completion) rest(s *model.Scope, x, h, z *g.Node) dist.Distribution {
	k := 1
	if z != nil {
		k = z.Shape().Dim(0) / x.Shape().Dim(0)
		h = nn.Concat(vae.Copies(h, k), z)
	}
	s = s.In("decoder")
	return completed{m.Distribution(s, m.Outputs(s, h)), m, vae.Copies(m.part(x), k)}
}

// Latent implements [vae.Probabilistic].
func (m completion) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	h := m.Features(s.In("seen"), m.part(b.X))
	return vi.Latent{
		Q:      m.GaussianGuide(s.In("encoder"), b.X),
		P:      m.Heads(s.In("prior"), h),
		Decode: func(z *g.Node) dist.Distribution { return m.rest(s, b.X, h, z) },
	}
}

// Terms implements [vae.Model].
func (m completion) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	l := m.Latent(s, b)
	t := e.ELBO(s, b.X, l)
	if m.gsnn > 0 {
		z := l.P.Sample(s, "gsnn", 1)
		direct := g.ReduceAllMean(g.ReduceSum(l.Decode(g.Squeeze(z, 0)).LogProb(b.X), -1))
		bound := g.Sub(g.ReduceAllMean(t.LogLik), g.ReduceAllSum(g.ReduceMean(t.KL, 0)))
		t.Penalty = g.MulScalar(g.Sub(bound, direct), m.gsnn)
		t.Figures = []vi.Figure{{Name: "ln p(rest|seen) by the prior", Value: direct}}
	}
	return t
}

// Encode implements [vae.Encoder] with codes in units of p(z|o), what they tell beyond what is seen: their
// prior is N(0, I).
func (m completion) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	l := m.Latent(s, b)
	q, p := l.Q.(dist.Normal), l.P.(dist.Normal)
	mean = g.Mul(g.Sub(q.Loc, p.Loc), g.Exp(g.Neg(p.LogScale)))
	return mean, g.Exp(g.MulScalar(g.Sub(q.LogScale, p.LogScale), 2))
}

// Complete implements [vae.Completer] with one draw of z ~ p(z|o).
func (m completion) Complete(s *model.Scope, b vae.Batch) dist.Distribution {
	l := m.Latent(s, b)
	return l.Decode(g.Squeeze(l.P.Sample(s, "completion", 1), 0))
}

// regression is p(r|o) without a code, a network of the same size.
type regression struct{ of completion }

// Complete implements [vae.Completer].
func (m regression) Complete(s *model.Scope, b vae.Batch) dist.Distribution {
	return m.of.rest(s, b.X, m.of.Features(s.In("seen"), m.of.part(b.X)), nil)
}

// Terms implements [vae.Model].
func (m regression) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	return vi.Terms{Kind: vi.KindLogProb, LogLik: g.ExpandAxes(g.ReduceSum(m.Complete(s, b).LogProb(b.X), -1), 0)}
}
