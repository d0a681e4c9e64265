package codes

import (
	"context"
	"math"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// gridded models are autoencoders whose codes are maps of indices.
type gridded interface {
	vae.Model
	vae.Encoder
	vae.Decoder
	vae.Gridded
}

// codePriorOptions are the settings of p(z) for models whose codes are indices.
var codePriorOptions = []vae.Option{
	{Name: "code-prior", Usage: "p(z) of the codes: pixelcnn learns it in a second stage, uniform is none", Default: "pixelcnn", Kind: vae.Choice, Choices: []string{"pixelcnn", "uniform"}},
	{Name: "prior-share", Usage: "share of the epochs that the prior of the codes is learned in", Default: "0.4", Kind: vae.Number, Min: .01, Max: .99},
	{Name: "prior-classes", Usage: "learn the prior of the codes given the class, to sample by class", Default: "false", Kind: vae.Switch, Labels: true},
	{Name: "prior-layers", Usage: "layers of the prior of the codes", Default: "5", Kind: vae.Whole, Min: 1, Max: 100, Small: "1"},
	{Name: "prior-channels", Usage: "channels of the prior of the codes", Default: "32", Kind: vae.Whole, Min: 1, Max: 4096, Small: "2"},
}

// codeStages are the stages of a model whose codes are indices: the codes, which begin with start,
// and their prior, if it is learned.
func codeStages(c vae.Config, start func(ctx context.Context, n *vae.Network, x []float32, key rng.Key) error) []vae.Stage {
	if c.Choice("code-prior") == "uniform" {
		return []vae.Stage{{Name: "codes", Share: 1, Start: start}}
	}
	share := c.Number("prior-share")
	return []vae.Stage{{Name: "codes", Share: 1 - share, Start: start}, {Name: "prior", Share: share}}
}

// withCodePrior gives a model of codes the prior that the options ask for.
func withCodePrior(c vae.Config, m gridded) vae.Model {
	if c.Choice("code-prior") == "uniform" {
		return uniformCodes{m}
	}
	return pixelCodes{m, c}
}

// uniformCodes has p(z) = Π 1/K.
type uniformCodes struct{ gridded }

// Next implements [vae.Ancestral].
func (m uniformCodes) Next(_ *model.Scope, c vae.Code) *g.Node {
	zero := g.MulScalar(c.Z, 0)
	return g.BroadcastToDims(g.ExpandAxes(zero, -1), append(zero.Shape().Dimensions, m.CodeMaps()[0].Values)...)
}

// pixelCodes has p(z) = Π p(z_i | z_1, …, z_{i−1}, y), learned while encoder and decoder stay as they
// are: by a [nn.PixelCNN] for each map, which sees the coarser maps and the class y, if the model
// knows it, and by a sum of embeddings for the numbers of a place (van den Oord et al. 2017, section
// 3.3; Razavi et al. 2019, section 3.2).
type pixelCodes struct {
	gridded
	cfg vae.Config
}

// LearnsCodePrior implements [vae.PriorLearner].
func (m pixelCodes) LearnsCodePrior() {}

// Terms implements [vae.Model]. In the second stage the bound is
//
//	ln p(x) ≥ E_q[ln p(x|z) + ln p(z) − ln q(z|x)]
//
// with ln q = 0 where the guide is a point mass.
func (m pixelCodes) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	if b.Stage == 0 {
		return m.gridded.Terms(s, b, e)
	}
	still := s.Fixed()
	z, logQ := m.code(still, b)
	logLik := special.SumDims(m.Decode(still, b.Code(z)).LogProb(b.X))
	logPrior := g.ReduceSum(chosen(s, m.Next(s, b.Code(z)), z), -1)
	bits := g.MulScalar(g.ReduceAllMean(logPrior), -1/(math.Ln2*float64(m.cfg.Latent)))
	return vi.Terms{
		LogLik: g.ExpandAxes(logLik, 0), KL: g.ExpandAxes(g.Sub(logQ, logPrior), -1), Kind: vi.KindELBO,
		Figures: []vi.Figure{{Name: "bits a code number", Value: bits}},
	}
}

// noisy models have a guide of codes of indices that is no point mass.
type noisy interface {
	// drawn returns a draw of the codes of a batch, B×L, and ln q(z|x) of each, B.
	drawn(s *model.Scope, b vae.Batch) (z, logQ *g.Node)
}

// code returns codes of a batch and ln q(z|x), which is 0 of a point mass.
func (m pixelCodes) code(s *model.Scope, b vae.Batch) (z, logQ *g.Node) {
	if of, ok := m.gridded.(noisy); ok {
		return of.drawn(s, b)
	}
	z, _ = m.Encode(s, b)
	return g.StopGradient(z), g.ReduceSum(g.ZerosLike(z), -1)
}

// chosen is the log-probability of each number of codes, B×L, by logits B×L×K.
func chosen(s *model.Scope, logits, z *g.Node) *g.Node {
	return g.ReduceSum(g.Mul(vae.OneHotIndices(s, z, logits.Shape().Dim(-1)), g.LogSoftmax(logits, -1)), -1)
}

// Next implements [vae.Ancestral].
func (m pixelCodes) Next(s *model.Scope, c vae.Code) *g.Node {
	var whole, coarser *g.Node
	if c.Label != nil {
		whole = c.OneHot(s, m.cfg.Classes)
	}
	var out []*g.Node
	first := 0
	for i, at := range m.CodeMaps() {
		s := nets.Stage(s.In("prior"), "map", i)
		z := g.Slice(c.Z, g.AxisRange(), g.AxisRange(first, first+at.Count()))
		logits, seen := codeMap(m.cfg, s, at, z, whole, coarser)
		out, first = append(out, logits), first+at.Count()
		coarser = seen
	}
	if len(out) == 1 {
		return out[0]
	}
	return g.Concatenate(out, 1)
}

// codeMap returns the logits of the numbers of a map, B×count×K, and the features of all of them for
// finer maps. The numbers of a place are told apart by the sum of the embeddings of those before.
func codeMap(c vae.Config, s *model.Scope, at vae.CodeMap, z, whole, coarser *g.Node) (logits, seen *g.Node) {
	width := c.Whole("prior-channels")
	ids := g.ConvertDType(g.Reshape(z, -1, at.Height, at.Width, at.Depth), dtypes.Int32)
	var sum *g.Node
	before := make([]*g.Node, at.Depth) // what the numbers of a place before the q-th add
	for q := range at.Depth {
		one := g.Squeeze(g.Slice(ids, g.AxisRange(), g.AxisRange(), g.AxisRange(), g.AxisRange(q, q+1)), 3)
		before[q] = sum
		sum = plus(sum, embedded(nets.Stage(s, "number", q), one, at.Values, width))
	}
	h := pixels(c).Apply(s.In("pixels"), sum, whole, resized(coarser, at))
	each := make([]*g.Node, at.Depth)
	for q := range at.Depth {
		each[q] = g.ExpandAxes(codeLogits(nets.Stage(s, "logits", q), plus(before[q], h), at.Values), 3)
	}
	return g.Reshape(g.Concatenate(each, 3), -1, at.Count(), at.Values), sum
}
