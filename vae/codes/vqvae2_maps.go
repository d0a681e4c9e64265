package codes

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vae/quant"
)

// levelNames are the scopes of the coarse map and the fine one.
var levelNames = [2]string{"top", "bottom"}

// coarse is the shape of the coarse map, half the sides of the fine one.
func (m twoLevels) coarse() nets.Extent {
	e := m.cfg.MapExtent()
	return nets.Extent{Height: max(1, nets.HalfDown(e.Height)), Width: max(1, nets.HalfDown(e.Width)), Channels: e.Channels}
}

// books are the quantisers of the two maps.
func (m twoLevels) books() [2]quant.Vector {
	c := m.cfg
	fine := quant.Vector{Book: quant.Codebook{
		Codes: c.Whole("codes"), Dim: c.Whole("code-dim"), Update: quant.ByEMA,
		Commit: c.Number("commit"), Decay: emaDecay, Reset: c.Number("reset"),
	}}
	coarse := fine
	coarse.Levels = c.Whole("coarse-quantisers")
	return [2]quant.Vector{coarse, fine}
}

// CodeMaps implements [vae.Gridded].
func (m twoLevels) CodeMaps() []vae.CodeMap {
	at, e, k := m.coarse(), m.cfg.MapExtent(), m.cfg.Whole("codes")
	return []vae.CodeMap{{Height: at.Height, Width: at.Width, Depth: m.cfg.Whole("coarse-quantisers"), Values: k}, {Height: e.Height, Width: e.Width, Depth: 1, Values: k}}
}

// bothLevels is what is made of rows.
type bothLevels struct {
	out   [2]quant.Output   // of the quantisers
	seen  [2]*g.Node        // the features that they see
	alone dist.Distribution // p(x|t); nil where it has no weight
}

// quantise returns what is made of rows x; codes count as in use for so many steps.
func (m twoLevels) quantise(s *model.Scope, x *g.Node, steps int) (b bothLevels) {
	in, k, books := s.In("encoder"), s.In(quantiserScope), m.books()
	h := m.cfg.FeatureMap(in, x)
	down := m.cfg.NetConfig().PlainBlocks(in.In("down"), nets.Halved(m.coarse().Channels).Apply(in.In("down"), h))
	level := func(i int, features *g.Node) {
		b.seen[i] = nn.Dense(in.In(levelNames[i]), rowsOfPlaces(features), books[i].Book.Dim)
		b.out[i] = books[i].Over(steps).Apply(k.In(levelNames[i]), b.seen[i])
	}
	level(0, down)
	fine := []*g.Node{h, nn.ReLU(m.up(in, b.out[0].Codes))}
	if m.cfg.Number("coarse-weight") > 0 {
		b.alone = m.decode(s, b.out[0].Codes, nil)
		fine = append(fine, m.cfg.FeatureMap(in.In("rest"), g.Sub(x, g.StopGradient(b.alone.Mean()))))
	}
	level(1, g.Concatenate(fine, 3))
	return b
}

// up brings codes of the coarse map, N×D, to the places of the fine one.
func (m twoLevels) up(s *model.Scope, codes *g.Node) *g.Node {
	s, e, at := s.In("coarse"), m.cfg.MapExtent(), m.coarse()
	h := nets.ThreeByThree(e.Channels).Apply(s.In("enter"), g.Reshape(codes, -1, at.Height, at.Width, codes.Shape().Dim(1)))
	return nets.Doubled(s.In("up"), m.cfg.NetConfig().PlainBlocks(s, h), e)
}

// decode returns p(x|t, b) of the codes of both maps; without those of the fine one, p(x|t), they are zeros.
func (m twoLevels) decode(s *model.Scope, top, bottom *g.Node) dist.Distribution {
	s = s.In("decoder")
	up := rowsOfPlaces(m.up(s, top))
	if bottom == nil {
		zero := g.Slice(g.ZerosLike(up), g.AxisRange(), g.AxisRange(0, 1))
		bottom = g.BroadcastToDims(zero, zero.Shape().Dim(0), m.cfg.Whole("code-dim"))
	}
	return fromPlaces(m.cfg, s, g.Concatenate([]*g.Node{up, bottom}, 1))
}
