package codes

import (
	"math"

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

func init() {
	vae.Register(vae.Spec{
		Name:      "vq-vae-2",
		Summary:   "VQ-VAE with a coarse map of codes and a fine one that is quantised given the coarse one",
		Paper:     "Razavi et al. 2019",
		Sections:  "D10",
		Measured:  "on 24 patterned rows other rows' coarse codes cost 1 nat, fine ones 19, both 29",
		Test:      "vae/codes/vqvae2_test.go",
		Surrogate: passedThrough,
		Nets:      []string{nets.VQ, nets.Conv, nets.ResNet},
		Options: quantisedOptions(
			vae.Option{Name: "codes", Usage: "entries of each of the two codebooks, K", Default: "128", Kind: vae.Whole, Min: 2, Max: 1 << 16, Small: "5"},
			vae.Option{Name: "code-dim", Usage: "values of an entry, D", Default: "16", Kind: vae.Whole, Min: 1, Max: 4096, Small: "2"},
			vae.Option{Name: "commit", Usage: "weight of the distance of features to their entries", Default: "0.25", Kind: vae.Number, Min: 0, Max: 1e6},
			vae.Option{Name: "reset", Usage: "entries that fewer features of a step than this choose, in the mean, move to one of them; 0 is never", Default: "1", Kind: vae.Number, Min: 0, Max: 1e6},
		),
		Stages: func(c vae.Config) []vae.Stage { return codeStages(c, twoLevels{c}.start) },
		Indices: func(c vae.Config) (count, values int) {
			return twoLevels{c}.coarse().Places() + c.MapExtent().Places(), c.Whole("codes")
		},
		New: func(c vae.Config) vae.Model { return withCodePrior(c, twoLevels{c}) },
	})
}

// twoLevels is the VQ-VAE-2 of two maps (Razavi et al. 2019, algorithm 1):
//
//	h = net(x),  t = Quantise(down(h)),  b = Quantise(h, up(t)),  p(x|t, b) with parameters net(up(t), b),
//
// whose loss is that of the VQ-VAE with both commitments. Codes follow moving averages. The numbers of
// the coarse map, t, come first.
type twoLevels struct{ cfg vae.Config }

// coarse is the shape of the coarse map, half the sides of the fine one.
func (m twoLevels) coarse() nets.Extent {
	e := m.cfg.MapExtent()
	return nets.Extent{Height: max(1, nets.HalfDown(e.Height)), Width: max(1, nets.HalfDown(e.Width)), Channels: e.Channels}
}

// book is either quantiser.
func (m twoLevels) book() quant.Vector {
	c := m.cfg
	return quant.Vector{Book: quant.Codebook{Codes: c.Whole("codes"), Dim: c.Whole("code-dim"), Update: quant.ByEMA, Commit: c.Number("commit"), Decay: emaDecay, Reset: c.Number("reset")}}
}

// levelNames are the scopes of the two.
var levelNames = [2]string{"top", "bottom"}

// quantise returns what the quantisers make of rows x, and the features they see.
func (m twoLevels) quantise(s *model.Scope, x *g.Node, q quant.Quantiser) (out [2]quant.Output, seen [2]*g.Node) {
	in, e, k := s.In("encoder"), m.cfg.MapExtent(), s.In(quantiserScope)
	h := m.cfg.FeatureMap(in, x)
	_, _, d := q.Size()
	down := nn.ReLU(nets.Halved(e.Channels).Apply(in.In("down"), h))
	seen[0] = nn.Dense(in.In(levelNames[0]), rowsOfPlaces(down), d)
	out[0] = q.Apply(k.In(levelNames[0]), seen[0])
	both := g.Concatenate([]*g.Node{h, nn.ReLU(m.up(in, out[0].Codes))}, 3)
	seen[1] = nn.Dense(in.In(levelNames[1]), rowsOfPlaces(both), d)
	out[1] = q.Apply(k.In(levelNames[1]), seen[1])
	return out, seen
}

// up brings codes of the coarse map, N×D, to the places of the fine one.
func (m twoLevels) up(s *model.Scope, codes *g.Node) *g.Node {
	e, at := m.cfg.MapExtent(), m.coarse()
	return nets.Doubled(s.In("up"), g.Reshape(codes, -1, at.Height, at.Width, codes.Shape().Dim(1)), e)
}

// decode returns p(x|t, b) of the codes of both maps.
func (m twoLevels) decode(s *model.Scope, top, bottom *g.Node) dist.Distribution {
	s = s.In("decoder")
	return fromPlaces(m.cfg, s, g.Concatenate([]*g.Node{rowsOfPlaces(m.up(s, top)), bottom}, 1))
}

// Terms implements [vae.Model].
func (m twoLevels) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	out, _ := m.quantise(s, b.X, m.book().Over((b.N+b.Size()-1)/b.Size()))
	t := vi.Terms{Kind: vi.KindELBO}
	t.LogLik = g.ExpandAxes(special.SumDims(m.decode(s, out[0].Codes, out[1].Codes).LogProb(b.X)), 0)
	rate := float64(m.cfg.Latent) * math.Log(float64(m.cfg.Whole("codes")))
	t.KL = g.BroadcastToDims(special.ScalarLike(b.X, rate), b.Size(), 1)
	for i, level := range levelNames {
		loss := g.DivScalar(g.ReduceAllSum(out[i].Loss), float64(b.Size()))
		for _, f := range append(out[i].Figures, vi.Figure{Name: "code loss", Value: loss}) {
			t.Figures = append(t.Figures, vi.Figure{Name: level + ": " + f.Name, Value: f.Value})
		}
		for _, name := range m.book().Frozen() {
			t.Routes = append(t.Routes, optim.Route{Scope: quantiserScope + "/" + level + "/" + name})
		}
		t.Penalty = plus(t.Penalty, loss)
	}
	return t
}

// Encode implements [vae.Encoder]: the numbers of both maps, whose variance is 0.
func (m twoLevels) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	out, _ := m.quantise(s.Fixed(), b.X, m.book())
	z := g.Concatenate([]*g.Node{g.Reshape(out[0].Index, b.Size(), -1), g.Reshape(out[1].Index, b.Size(), -1)}, 1)
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m twoLevels) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	n := m.coarse().Places()
	var codes [2]*g.Node
	for i, z := range []*g.Node{g.Slice(c.Z, g.AxisRange(), g.AxisRange(0, n)), g.Slice(c.Z, g.AxisRange(), g.AxisRange(n))} {
		codes[i] = m.book().Lookup(s.In(quantiserScope).In(levelNames[i]), g.Reshape(z, -1, 1))
	}
	return m.decode(s, codes[0], codes[1])
}

// CodeMaps implements [vae.Gridded].
func (m twoLevels) CodeMaps() []vae.CodeMap {
	at, e, k := m.coarse(), m.cfg.MapExtent(), m.cfg.Whole("codes")
	return []vae.CodeMap{{Height: at.Height, Width: at.Width, Depth: 1, Values: k}, {Height: e.Height, Width: e.Width, Depth: 1, Values: k}}
}
