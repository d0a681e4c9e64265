package hierarchy

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// Prior implements [vae.Generator]: N(0, I) of the code, which [hierarchy.Decode] turns into draws of
// one group after the other, or of the top group another of [vae.Priors]. That sees the top of the guide
// where the other groups of it have their means.
func (m hierarchy) Prior(s *model.Scope, n int) dist.Distribution {
	if m.cfg.PlainPrior() {
		return vae.NormalPrior(m.cfg, s, n)
	}
	top, rest := m.cfg, m.cfg
	top.Latent, rest.Latent = m.sizes[0], total(m.sizes[1:])
	top = top.WithGuide(func(_ *model.Scope, x *g.Node) normal { return m.guide.walk(m, s, x, 1, choice{}).q[0] })
	p := topPrior{top: top.CodePrior(s, n), size: m.sizes[0]}
	if rest.Latent > 0 {
		below := dist.StandardNormal(rest.NoCodes(s, n))
		p.below = &below
	}
	return p
}

// topPrior is the prior of a code whose first group has a distribution of its own and whose other groups
// are N(0, I). Log-densities are by column; those of a first group that does not factorise are shared
// out evenly among its columns.
type topPrior struct {
	top   dist.Distribution
	size  int     // columns of the first group
	below *normal // of the other columns; nil without any
}

// LogProb returns ln p of the columns of codes, M×B×L or B×L.
func (p topPrior) LogProb(z *g.Node) *g.Node {
	first := p.top.LogProb(columnsOf(z, 0, p.size))
	if first.Rank() < z.Rank() {
		d := append(append([]int(nil), first.Shape().Dimensions...), p.size)
		first = g.BroadcastToDims(g.ExpandAxes(g.MulScalar(first, 1/float64(p.size)), -1), d...)
	}
	if p.below == nil {
		return first
	}
	return g.Concatenate([]*g.Node{first, p.below.LogProb(columnsOf(z, p.size, z.Shape().Dim(-1)))}, -1)
}

// columnsOf are the values of the last axis from one up to another.
func columnsOf(z *g.Node, from, to int) *g.Node {
	return g.SliceAxis(z, -1, g.AxisRange(from, to))
}

// beside puts values of the other groups after those of the first.
func (p topPrior) beside(first *g.Node, below func(normal) *g.Node) *g.Node {
	if p.below == nil {
		return first
	}
	return g.Concatenate([]*g.Node{first, below(*p.below)}, -1)
}

// Sample returns M draws, M×B×L.
func (p topPrior) Sample(s *model.Scope, name string, k int) *g.Node {
	return p.beside(p.top.Sample(s, name+"/top", k), func(q normal) *g.Node { return q.Sample(s, name, k) })
}

// Mean returns the means of the columns, NaN where a first group has none in closed form.
func (p topPrior) Mean() *g.Node { return p.beside(p.top.Mean(), normal.Mean) }

// Variance returns the variances of the columns.
func (p topPrior) Variance() *g.Node { return p.beside(p.top.Variance(), normal.Variance) }
