package codes

import (
	"math"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vae/quant"
	"github.com/elbo-go/elbo/vi"
)

// quantised is an autoencoder whose code is a map of numbers: the net leads to a feature map, a 1×1
// convolution to the quantiser's D values a place, the quantiser to codes, and the net from their map
// to p(x|z). The guide is a point mass and p(z) uniform, until a prior is learned, so that the bound is
//
//	ln p(x) ≥ ln p(x|z(x)) − L ln K
//
// with a KL term that is a constant. Training minimises the quantiser's loss besides.
type quantised struct {
	cfg vae.Config
	q   quant.Quantiser
}

// codeNets are the nets of models whose code is a map; a place of the MLP's is all of it.
var codeNets = []string{nets.VQ, nets.Conv, nets.ResNet, nets.DCGAN, nets.MLP}

// quantiserScope is the scope of the quantiser.
const quantiserScope = "quantiser"

// passedThrough is [vae.Spec.Surrogate] of quantisers: features pass through to the decoder, and codebooks
// learn from features alone.
var passedThrough = []string{"encoder", quantiserScope}

// kept are quantisers with codebooks: they name the parameters that steps set themselves, and tell
// which codes were in use over so many steps.
type kept interface {
	Frozen() []string
	Over(steps int) quant.Quantiser
}

// places returns the features that the quantiser sees, N×D for N = B·h·w places.
func (m quantised) places(s *model.Scope, x *g.Node) *g.Node {
	_, _, d := m.q.Size()
	return nn.Dense(s.In("project"), rowsOfPlaces(m.cfg.FeatureMap(s, x)), d)
}

// rowsOfPlaces reshapes maps, B×h×w×C, to the values of their places, N×C.
func rowsOfPlaces(h *g.Node) *g.Node { return g.Reshape(h, -1, h.Shape().Dim(-1)) }

// Terms implements [vae.Model]; there is no noise for the estimator to draw.
func (m quantised) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	t, q := vi.Terms{Kind: vi.KindELBO}, m.q
	if k, ok := q.(kept); ok {
		q = k.Over((b.N + b.Size() - 1) / b.Size()) // an epoch
		for _, name := range k.Frozen() {
			t.Routes = append(t.Routes, optim.Route{Scope: quantiserScope + "/" + name})
		}
	}
	out := q.Apply(s.In(quantiserScope), m.places(s.In("encoder"), b.X))
	t.LogLik = g.ExpandAxes(special.SumDims(m.decode(s, out.Codes).LogProb(b.X)), 0)
	t.KL = g.BroadcastToDims(special.ScalarLike(b.X, m.rate()), b.Size(), 1)
	t.Figures = out.Figures
	if out.Loss != nil {
		t.Penalty = g.DivScalar(g.ReduceAllSum(out.Loss), float64(b.Size()))
		t.Figures = append(t.Figures, vi.Figure{Name: "code loss", Value: t.Penalty})
	}
	return t
}

// rate is L ln K.
func (m quantised) rate() float64 {
	at := m.CodeMaps()[0]
	return float64(at.Count()) * math.Log(float64(at.Values))
}

// decode returns p(x|z) of codes, N×D.
func (m quantised) decode(s *model.Scope, codes *g.Node) dist.Distribution {
	return fromPlaces(m.cfg, s.In("decoder"), codes)
}

// fromPlaces returns p(x|z) of the values of all places, N×D. What the net makes of them is beside an
// offset of each value of a row, which training starts at the mean of the rows: else all codes begin by
// running off together, towards the background.
func fromPlaces(c vae.Config, s *model.Scope, codes *g.Node) dist.Distribution {
	e := c.MapExtent()
	out := c.FromMap(s, g.Reshape(codes, -1, e.Height, e.Width, codes.Shape().Dim(1)))
	return c.Distribution(s, g.Add(out, g.ExpandAxes(s.Param("offset", model.Constant(0), c.Dim), 0)))
}

// Encode implements [vae.Encoder]: the numbers of the codes, whose variance is 0.
func (m quantised) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	s = s.Fixed()
	out := m.q.Apply(s.In(quantiserScope), m.places(s.In("encoder"), b.X))
	z := g.Reshape(out.Index, b.Size(), -1)
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m quantised) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	count, _, _ := m.q.Size()
	return m.decode(s, m.q.Lookup(s.In(quantiserScope), g.Reshape(c.Z, -1, count)))
}

// CodeMaps implements [vae.Gridded].
func (m quantised) CodeMaps() []vae.CodeMap { return []vae.CodeMap{gridOf(m.cfg, m.q)} }

// gridOf is the map of numbers of a quantiser.
func gridOf(c vae.Config, q quant.Quantiser) vae.CodeMap {
	count, values, _ := q.Size()
	e := c.MapExtent()
	return vae.CodeMap{Height: e.Height, Width: e.Width, Depth: count, Values: values}
}

// indicesOf are [vae.Spec.Indices] of a quantiser.
func indicesOf(q func(vae.Config) quant.Quantiser) func(vae.Config) (count, values int) {
	return func(c vae.Config) (count, values int) {
		at := gridOf(c, q(c))
		return at.Count(), at.Values
	}
}

// newQuantised builds the model of a quantiser with its prior.
func newQuantised(q func(vae.Config) quant.Quantiser) func(vae.Config) vae.Model {
	return func(c vae.Config) vae.Model { return withCodePrior(c, quantised{c, q(c)}) }
}

// quantisedOptions are the settings of a quantiser and those of the prior of codes.
func quantisedOptions(own ...vae.Option) []vae.Option { return slices.Concat(own, codePriorOptions) }
