package codes

import (
	"context"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/quant"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:      "gumbel-vae",
		Summary:   "discrete VAE: a map of categorical codes by Gumbel-softmax, with a learned prior",
		Paper:     "Jang et al. 2017; Maddison et al. 2017; Ramesh et al. 2021",
		Sections:  "D15",
		Measured:  "frequencies of draws by χ²; the bound of hard codes is that of enumeration; MNIST, 3 epochs: 93 % of 128 codes used, 21.4 dB",
		Test:      "vae/quant/relaxed_test.go, vae/codes/gumbelvae_test.go, paper/vq_test.go",
		Nets:      codeNets,
		Layers:    vae.Config.DenseNet,
		Scheduled: true,
		Options: quantisedOptions(
			vae.Option{Name: "codes", Usage: "values of a place, K", Default: "64", Kind: vae.Whole, Min: 2, Max: 8192, Small: "4"},
			vae.Option{Name: "code-dim", Usage: "numbers that stand for a value, D", Default: "16", Kind: vae.Whole, Min: 1, Max: 4096, Small: "2"},
			vae.Option{Name: "low-temperature", Usage: "τ at the end of the codes' stage, which begins with 1", Default: "0.0625", Kind: vae.Number, Min: 1e-3, Max: 1},
			vae.Option{Name: "kl-warmup", Usage: "share of the steps in which the weight of the KL term rises to β", Default: "0.3", Kind: vae.Number, Min: 0, Max: 1},
		),
		Stages:  func(c vae.Config) []vae.Stage { return codeStages(c, startGumbel) },
		Indices: func(c vae.Config) (count, values int) { return c.MapExtent().Places(), c.Whole("codes") },
		New:     func(c vae.Config) vae.Model { return withCodePrior(c, gumbel{c}) },
	})
}

// gumbel is the discrete VAE: each place of a map has a categorical distribution over K codes,
//
//	L(x) = E_q[ln p(x|z)] − β Σ_places KL(q(k|x) ‖ 1/K),
//
// learned with relaxed draws whose temperature falls from 1, and hard ones outside training, where it
// is a bound of the discrete model. The gap between the two is in the history: ln p(x|z) of relaxed
// draws less that of the likeliest codes. A code is encoded as its likeliest values.
type gumbel struct{ cfg vae.Config }

// startGumbel starts the decoder.
func startGumbel(_ context.Context, n *vae.Network, x []float32, _ rng.Key) error {
	return startOffset(n.Config, n, x)
}

// relaxed are the codes.
func (m gumbel) relaxed() quant.Relaxed {
	return quant.Relaxed{Codes: m.cfg.Whole("codes"), Dim: m.cfg.Whole("code-dim"), Low: m.cfg.Number("low-temperature")}
}

// logits of the codes of all places, N×K.
func (m gumbel) logits(s *model.Scope, x *g.Node) *g.Node {
	s = s.In("encoder")
	return nn.Dense(s.In("logits"), rowsOfPlaces(m.cfg.FeatureMap(s, x)), m.relaxed().Codes)
}

// Terms implements [vae.Model].
func (m gumbel) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	r, logits := m.relaxed(), m.logits(s, b.X)
	tau := r.Temperature(b.Progress)
	codes := r.Draw(s.In(quantiserScope), logits, tau, !s.Training(), 1)
	kl := g.Reshape(r.KL(logits), b.Size(), -1)
	t := vi.Terms{Kind: vi.KindELBO, KL: warmed(kl, b.Progress, m.cfg.Number("kl-warmup"))}
	lp := special.SumDims(m.decode(s, g.Squeeze(codes, 0)).LogProb(b.X))
	t.LogLik = g.ExpandAxes(lp, 0)
	if s.Training() {
		t.Figures = []vi.Figure{{Name: "temperature", Value: tau}, {Name: "gap of relaxed codes, nats", Value: m.gap(s, b, lp, logits)}}
	}
	return t
}

// gapRows is the number of rows of a step that the gap is taken over.
const gapRows = 16

// gap is the mean of ln p(x|z) of relaxed draws, B, less that of the likeliest codes, over the first
// rows of the batch.
func (m gumbel) gap(s *model.Scope, b vae.Batch, soft, logits *g.Node) *g.Node {
	n := min(gapRows, b.Size())
	places := logits.Shape().Dim(0) / b.Size()
	first := func(x *g.Node, rows int) *g.Node { return g.StopGradient(g.Slice(x, g.AxisRange(0, rows))) }
	hard := m.Decode(s.Fixed(), vae.Code{Z: m.relaxed().Likeliest(first(logits, n*places))})
	return g.ReduceAllMean(g.Sub(first(soft, n), special.SumDims(hard.LogProb(first(b.X, n)))))
}

// warmed is the KL term with a gradient whose weight rises from 0 to 1 while the given share of
// training is done. Its value stays that of the bound.
func warmed(kl, progress *g.Node, share float64) *g.Node {
	if share == 0 {
		return kl
	}
	weight := g.MinScalar(g.DivScalar(progress, share), 1)
	fixed := g.StopGradient(kl)
	return g.Add(fixed, g.Mul(weight, g.Sub(kl, fixed)))
}

// decode returns p(x|z) of codes, N×D.
func (m gumbel) decode(s *model.Scope, codes *g.Node) dist.Distribution {
	return fromPlaces(m.cfg, s.In("decoder"), codes)
}

// Encode implements [vae.Encoder]: the likeliest codes, whose variance is 0.
func (m gumbel) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	z := g.Reshape(m.relaxed().Likeliest(m.logits(s, b.X)), b.Size(), -1)
	return z, g.ZerosLike(z)
}

// drawn implements noisy.
func (m gumbel) drawn(s *model.Scope, b vae.Batch) (z, logQ *g.Node) {
	q := dist.Categorical{Logits: g.StopGradient(m.logits(s, b.X))}
	z = g.Squeeze(q.Sample(s, "code", 1), 0)
	logQ = g.ReduceSum(g.Reshape(q.LogProb(z), b.Size(), -1), -1)
	return g.Reshape(z, b.Size(), -1), logQ
}

// Decode implements [vae.Decoder].
func (m gumbel) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	return m.decode(s, m.relaxed().Lookup(s.In(quantiserScope), g.Reshape(c.Z, -1, 1)))
}

// CodeMaps implements [vae.Gridded].
func (m gumbel) CodeMaps() []vae.CodeMap {
	e := m.cfg.MapExtent()
	return []vae.CodeMap{{Height: e.Height, Width: e.Width, Depth: 1, Values: m.relaxed().Codes}}
}
