package labels

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "m1-m2",
		Summary:  "finds classes as m2 does, in the codes of a VAE that is trained first",
		Paper:    "Kingma et al. 2014",
		Sections: "D32",
		Measured: "evidence by quadrature over both codes; MNIST, 100 labels, 80 epochs, 5 seeds: 95.7 ± .8 % of the test rows right",
		Test:     "vae/labels/semi_test.go, paper/labels_test.go",
		Nets:     []string{nets.MLP, nets.Conv, nets.ResNet},
		Labels:   true,
		Labelled: labelledRows,
		Options: []vae.Option{
			alphaOption,
			{Name: "features", Usage: "values of the code of the VAE that is trained first", Default: "50", Kind: vae.Whole, Min: 1, Max: vae.MaxWidth, Small: "3"},
			{Name: "top-hidden", Usage: "hidden layers between those codes, classes and codes", Default: "500", Kind: vae.List, Min: 1, Max: vae.MaxWidth, Small: "4"},
		},
		Stages: func(vae.Config) []vae.Stage {
			return []vae.Stage{{Name: "features", Share: .5}, {Name: "classes", Share: .5}}
		},
		New: newStacked,
	})
}

// stacked is M1+M2 of Kingma et al. 2014, section 2.1,
//
//	p(y) p(z₂) p(z₁|y, z₂) p(x|z₁),  q(z₁|x) q(y|z₁) q(z₂|z₁, y),
//
// with p(z₁|y, z₂) a diagonal normal distribution. As in the paper q(z₁|x) and p(x|z₁) are those of a
// VAE with the prior N(0, I), which the first stage trains and the second keeps: trained together, z₁
// is free to drop what tells classes apart. The second stage trains M2 (see semi) on draws of z₁. Both
// report bounds on ln p(x), the second
//
//	E_q(z₁|x)[ln p(x|z₁) − ln q(z₁|x) + M2's bound on ln p(z₁)].
type stacked struct {
	semi                // of z₁
	c, first vae.Config // of the whole and of the VAE
	wide     []int      // hidden layers of M2
	alpha    float64    // weight of the classifier
}

// newStacked builds the model.
func newStacked(c vae.Config) vae.Model {
	m := stacked{c: c, first: c, wide: c.List("top-hidden"), alpha: c.Number(alphaOption.Name)}
	m.first.Latent = c.Whole("features")
	top := c
	top.Dim, top.Shape, top.Net, top.Hidden = m.first.Latent, nil, nets.MLP, m.wide
	m.semi = semi{
		latent: c.Latent, classes: c.Classes,
		logits: func(s *model.Scope, z1 *g.Node, _ string) *g.Node {
			s = s.In("classifier")
			return nn.Dense(s.In("out"), nn.MLP(s, z1, m.wide), c.Classes)
		},
		guide: func(s *model.Scope, z1, y *g.Node) dist.Normal {
			s = s.In("encoder")
			return top.Heads(s, layers(top, s, z1, y, m.wide))
		},
		data: func(s *model.Scope, z2, y *g.Node) dist.Distribution {
			s = s.In("decoder")
			return m.first.Heads(s, nn.MLP(s, nn.Concat(z2, y), m.wide))
		},
	}
	return m
}

// below is q(z₁|x), above p(x|z₁).
func (m stacked) below(s *model.Scope, x *g.Node) dist.Normal {
	return m.first.GaussianGuide(s.In("features").In("encoder"), x)
}
func (m stacked) above(s *model.Scope, z1 *g.Node) dist.Distribution {
	return m.first.Mirrored(s.In("features").In("decoder"), z1)
}

// vae is the model that the first stage trains.
func (m stacked) vae(s *model.Scope, x *g.Node) vi.Latent {
	q := m.below(s, x)
	return vi.Latent{Q: q, P: dist.StandardNormal(q.Loc), Decode: func(z1 *g.Node) dist.Distribution { return m.above(s, z1) }}
}

// Terms implements [vae.Model]; the divergences are those of z₂, of z₁ and of the class.
func (m stacked) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	if b.Stage == 0 {
		return e.ELBO(s, b.X, m.vae(s, b.X))
	}
	q, size := m.below(s, b.X), b.Size()
	e.Objective = nil
	lower := vi.Estimator{Samples: e.Samples, Shuffle: e.Shuffle, MonteCarloKL: true}.ELBO(s, b.X, m.vae(s, b.X))
	draws := e.Draws()
	z1 := g.Reshape(lower.Z, draws*size, m.first.Latent)
	label := b.Code(z1).Label
	upper := m.terms(s.In("top"), z1, label, vi.Estimator{MonteCarloKL: e.MonteCarloKL})
	mean := func(v *g.Node) *g.Node { return g.ReduceMean(g.Reshape(v, draws, size, -1), 0) } // M·B×… to B×G
	logQ := g.ReduceSum(q.LogProb(lower.Z), -1)
	kl, class := g.Slice(upper.KL, g.AxisRange(), g.AxisRange(0, -1)), g.Slice(upper.KL, g.AxisRange(), g.AxisRange(-1))
	between := g.Sub(g.Reshape(logQ, -1), g.Reshape(upper.LogLik, -1))
	t := vi.Terms{Kind: vi.KindELBO, LogLik: lower.LogLik, Shuffled: lower.Shuffled,
		KL: g.Concatenate([]*g.Node{mean(kl), mean(between), mean(class)}, 1)}
	rows := b
	if b.Labelled != nil {
		rows = *b.Labelled
	}
	seen := g.Squeeze(m.below(s, rows.X).Rsample(s, "labelled", 1), 0)
	miss := m.miss(s.In("top"), seen, rows.Label)
	t.Penalty = g.MulScalar(miss, m.alpha)
	t.Routes = []optim.Route{{Scope: "features"}}
	t.Figures = []vi.Figure{{Name: "class, nats", Value: miss}}
	return t
}

// Classify implements [vae.Classifier] at the mean of q(z₁|x).
func (m stacked) Classify(s *model.Scope, b vae.Batch) *g.Node {
	return m.logits(s.In("top"), m.below(s, b.X).Mean(), "")
}

// Encode implements [vae.Encoder]: z₂ at the mean of q(z₁|x).
func (m stacked) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	q := m.guide(s.In("top"), m.below(s, b.X).Mean(), b.OneHot(s, m.classes))
	return q.Mean(), q.Variance()
}

// Decode implements [vae.Decoder] by the mean of p(z₁|y, z₂).
func (m stacked) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.above(s, m.data(s.In("top"), c.Z, c.OneHot(s, m.classes)).Mean())
}

// Prior implements [vae.Generator].
func (m stacked) Prior(s *model.Scope, n int) dist.Distribution { return vae.NormalPrior(m.c, s, n) }
