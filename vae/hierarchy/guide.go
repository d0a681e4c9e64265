package hierarchy

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// hierarchyGuide is q(ε|x) of a hierarchy at a batch of data x, B×D: the joint distribution of all
// groups of the code. Its log-densities are by column, given the columns of the other groups that
// the guide draws before. It is a [vi.Scored] guide.
type hierarchyGuide struct {
	m hierarchy
	s *model.Scope
	x *g.Node
}

// RsampleLogProb returns M draws, M×B×L, and ln q of their columns, M×B×L.
func (q hierarchyGuide) RsampleLogProb(s *model.Scope, name string, k int) (z, logQ *g.Node) {
	w := q.m.drawn(s, q.x, name, k)
	b := q.x.Shape().Dim(0)
	return g.Reshape(w.code(), k, b, -1), g.Reshape(w.logQ(), k, b, -1)
}

// Sample returns M draws, M×B×L.
func (q hierarchyGuide) Sample(s *model.Scope, name string, k int) *g.Node {
	z, _ := q.RsampleLogProb(s, name, k)
	return z
}

// LogProb returns ln q of the columns of codes, M×B×L or B×L.
func (q hierarchyGuide) LogProb(z *g.Node) *g.Node {
	d := z.Shape().Dimensions
	k := 1
	if len(d) == 3 {
		k = d[0]
	}
	w := q.m.guide.walk(q.m, q.s, q.x, k, choice{given: g.Reshape(z, -1, d[len(d)-1])})
	return g.Reshape(w.logQ(), d...)
}

// Mean and Variance are the moments of [hierarchy.Encode].
func (q hierarchyGuide) Mean() *g.Node     { mean, _ := q.m.Encode(q.s, vae.Batch{X: q.x}); return mean }
func (q hierarchyGuide) Variance() *g.Node { _, v := q.m.Encode(q.s, vae.Batch{X: q.x}); return v }

// tempered are densities by column, each to the power of the weight of its group, in the place of the
// densities themselves.
type tempered struct {
	hierarchyGuide
	powers *g.Node // by column, 1×L
}

// RsampleLogProb returns draws of the guide and its weighted ln q.
func (q tempered) RsampleLogProb(s *model.Scope, name string, k int) (z, logQ *g.Node) {
	z, logQ = q.hierarchyGuide.RsampleLogProb(s, name, k)
	return z, g.Mul(logQ, g.ExpandAxes(q.powers, 0))
}

// LogProb returns the weighted ln q of codes, M×B×L.
func (q tempered) LogProb(z *g.Node) *g.Node {
	return g.Mul(q.hierarchyGuide.LogProb(z), g.ExpandAxes(q.powers, 0))
}

// temperedPrior is the prior under the same weights.
type temperedPrior struct {
	dist.Distribution
	powers *g.Node
}

// LogProb returns the weighted ln p of codes, M×B×L.
func (p temperedPrior) LogProb(z *g.Node) *g.Node {
	return g.Mul(p.Distribution.LogProb(z), g.ExpandAxes(p.powers, 0))
}

// weighted are the terms under a bound of several draws. While layers warm up, p(z_l|z_<l)/q(z_l|z_<l, x) of
// their groups enters its importance weights to the power w_l(t) (see [hierarchy.cost]); the KL term
// that is reported stays as it is.
func (m hierarchy) weighted(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	l := m.Latent(s, b)
	if !m.warms() {
		return e.ELBO(s, b.X, l)
	}
	plain := l
	powers := m.powers(b.Progress)
	l.Q = tempered{hierarchyGuide: hierarchyGuide{m, s, b.X}, powers: powers}
	l.P = temperedPrior{plain.P, powers}
	t := e.ELBO(s, b.X, l)
	t.KL = g.ReduceMean(g.Sub(plain.Q.LogProb(t.Z), plain.P.LogProb(t.Z)), 0)
	t.Figures = m.figures(t.KL)
	return t
}

// topDown is a guide that draws the groups in the order of the prior,
//
//	q(z|x) = Π_l q(z_l|z_<l, x),
//
// so that each KL divergence has a closed form given the groups above.
type topDown struct {
	// read looks at data x and returns the guide of group l at a state h, of k rows a datum, with
	// prior p there.
	read func(s *model.Scope, x *g.Node, k int) func(l int, h *g.Node, p normal) normal
}

// walk implements [guided].
func (t topDown) walk(m hierarchy, s *model.Scope, x *g.Node, k int, c choice) (w path) {
	at := t.read(s.In("encoder"), x, k)
	w.p, w.z, w.last = m.descend(s.In("decoder"), k*x.Shape().Dim(0), func(l int, h *g.Node, p normal) *g.Node {
		q := at(l, h, p)
		w.q, w.exact = append(w.q, q), append(w.exact, true)
		return c.of(m, l, q, p)
	})
	return w
}

// bottomUp is a guide that draws the groups from the data to the top,
//
//	q(z|x) = q(z_G|x) Π_{l<G} q(z_l|z_{l+1}),
//
// so that the top alone has a KL divergence in closed form given what it depends on.
type bottomUp struct {
	first func(s *model.Scope, x *g.Node) normal            // q(z_G|x), B×L_G
	above func(s *model.Scope, l int, below *g.Node) normal // q(z_l|z_{l+1})
}

// walk implements [guided].
func (t bottomUp) walk(m hierarchy, s *model.Scope, x *g.Node, k int, c choice) (w path) {
	groups, rows := len(m.sizes), k*x.Shape().Dim(0)
	w.q, w.exact = make([]normal, groups), make([]bool, groups)
	w.exact[0] = true
	up, down := s.In("encoder"), s.In("decoder")
	z := make([]*g.Node, groups)
	if c.given != nil {
		_, z, _ = m.descend(down, rows, func(l int, _ *g.Node, p normal) *g.Node { return c.of(m, l, normal{}, p) })
	}
	for l := groups - 1; l >= 0; l-- {
		if l == groups-1 {
			q := t.first(up, x)
			w.q[l] = normal{Loc: vae.Copies(q.Loc, k), LogScale: vae.Copies(q.LogScale, k)}
		} else {
			w.q[l] = t.above(up, l, z[l+1])
		}
		if c.given == nil {
			z[l] = c.of(m, l, w.q[l], normal{})
		}
	}
	w.p, w.z, w.last = m.descend(down, rows, func(l int, _ *g.Node, _ normal) *g.Node { return z[l] })
	return w
}
