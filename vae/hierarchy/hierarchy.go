package hierarchy

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// hierarchy is a latent-variable model of G groups of latents, numbered from the top,
//
//	p(x, z) = p(x|z) Π_l N(z_l; μ_l(z_<l), σ_l²(z_<l)),  z_1 ~ N(0, I).
//
// Its code holds the groups in this order, each as what the group adds to those before it,
//
//	ε_l = (z_l − μ_l(z_<l))/σ_l(z_<l),
//
// so that p(ε) = N(0, I) whatever the networks are: a code is sampled, moved and mixed like that of
// a plain VAE, new values of its last columns redraw the lower groups under p(z_l|z_<l), and a group
// varies with the data only as far as it tells more of them than those above. The map from ε to z is
// triangular with the derivatives σ_l on its diagonal, so that ln q(ε|x) − ln p(ε) is
// ln q(z|x) − ln p(z), and each KL divergence is that of the z_l.
type hierarchy struct {
	cfg   vae.Config
	sizes []int     // L_l, in the order of drawing
	down  generator // p(x, z)
	guide guided    // q(z|x)
}

// generator is p(x, z) as a way from the top to the data. Its state is what the groups drawn so far
// tell those that follow.
type generator struct {
	start func(s *model.Scope, n int) *g.Node                  // state of n rows before the first group
	prior func(s *model.Scope, l int, h *g.Node) normal        // p(z_l|z_<l) of group l at a state, n×L_l
	next  func(s *model.Scope, l int, h, z *g.Node) *g.Node    // state after group l
	data  func(s *model.Scope, last *g.Node) dist.Distribution // p(x|z) at the last state
}

// guided is q(z|x), a way through the groups in some order.
type guided interface {
	// walk draws or takes the groups for k rows of each datum x, B×D, as k·B rows.
	walk(m hierarchy, s *model.Scope, x *g.Node, k int, c choice) path
}

// choice says what becomes of each group on the way; the zero value takes the means of the guide.
type choice struct {
	noise []*g.Node // of each group: draws from the guide
	given *g.Node   // the code: the groups that it stands for
}

// of returns z_l where the guide q and, if the code is given, the prior p are known.
func (c choice) of(m hierarchy, l int, q, p normal) *g.Node {
	switch {
	case c.given != nil:
		return g.Add(p.Loc, g.Mul(g.Exp(p.LogScale), m.column(c.given, l)))
	case c.noise != nil:
		return g.Add(q.Loc, g.Mul(g.Exp(q.LogScale), c.noise[l]))
	}
	return q.Loc
}

// path is one way through the groups.
type path struct {
	q, p []normal  // of each group where it was drawn, N×L_l
	z    []*g.Node // the groups, N×L_l
	last *g.Node   // state after the last
	// exact tells of each group that q is its distribution given all that p depends on, so that the
	// KL divergence of the two is the expectation of ln q − ln p.
	exact []bool
	top   *g.Node // ln p of the columns of the first group where its prior is not N(0, I), N×L_1; nil otherwise
}

// column returns the columns of group l of codes, N×L.
func (m hierarchy) column(code *g.Node, l int) *g.Node {
	from := 0
	for _, n := range m.sizes[:l] {
		from += n
	}
	return g.Slice(code, g.AxisRange(), g.AxisRange(from, from+m.sizes[l]))
}

// descend goes from the top to the data, with the groups that pick returns.
func (m hierarchy) descend(s *model.Scope, n int, pick func(l int, h *g.Node, p normal) *g.Node) (p []normal, z []*g.Node, last *g.Node) {
	h := m.down.start(s, n)
	for l := range m.sizes {
		p = append(p, m.down.prior(s, l, h))
		z = append(z, pick(l, h, p[l]))
		h = m.down.next(s, l, h, z[l])
	}
	return p, z, h
}

// Groups implements [vae.Hierarchical].
func (m hierarchy) Groups() []int { return m.sizes }

// OpenKL says that neither the divergence between guide and prior nor the entropy has a closed form (see
// [vae.Network.ClosedKL]).
func (m hierarchy) OpenKL() {}

// drawn is a way with k draws for each datum.
func (m hierarchy) drawn(s *model.Scope, x *g.Node, name string, k int) path {
	c := choice{}
	b := x.Shape().Dim(0)
	for l, n := range m.sizes {
		eps := s.Normal(fmt.Sprintf("%s/%d", name, l), k, b, n)
		c.noise = append(c.noise, g.Reshape(eps, k*b, n))
	}
	return m.guide.walk(m, s, x, k, c)
}

// code returns ε, N×L.
func (w path) code() *g.Node {
	var out []*g.Node
	for l, z := range w.z {
		out = append(out, g.Mul(g.Sub(z, w.p[l].Loc), g.Exp(g.Neg(w.p[l].LogScale))))
	}
	return g.Concatenate(out, 1)
}

// logQ returns ln q of the code by columns, N×L: ln q(z) + ln σ of the prior.
func (w path) logQ() *g.Node {
	var out []*g.Node
	for l, z := range w.z {
		out = append(out, g.Add(w.q[l].LogProb(z), w.p[l].LogScale))
	}
	return g.Concatenate(out, 1)
}

// kl returns the mean over k draws of the KL divergence by columns, B×L: in closed form of the groups
// that allow it, and from the draws of the others, or of all.
func (w path) kl(k int, fromDraws bool) *g.Node {
	var out []*g.Node
	for l, z := range w.z {
		v := g.Sub(w.q[l].LogProb(z), w.p[l].LogProb(z))
		switch {
		case l == 0 && w.top != nil:
			v = g.Sub(w.q[l].LogProb(z), w.top)
		case w.exact[l] && !fromDraws:
			v = dist.MustKL(w.q[l], w.p[l])
		}
		out = append(out, v)
	}
	all := g.Concatenate(out, 1)
	return g.ReduceMean(g.Reshape(all, k, -1, all.Shape().Dim(1)), 0)
}

// Terms implements [vae.Model]. What is paid for the KL term is by group (see [hierarchy.cost]).
func (m hierarchy) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	if e.Objective != nil {
		return m.weighted(s, b, e)
	}
	k, n := e.Draws(), b.Size()
	w := m.drawn(s, b.X, "z", k)
	t := vi.Terms{Kind: vi.KindELBO, Z: g.Reshape(w.code(), k, n, -1)}
	if p, own := m.Prior(s, n).(topPrior); own {
		logP := g.Reshape(p.LogProb(t.Z), k*n, -1)
		w.top = columnsOf(logP, 0, m.sizes[0])
	}
	t.KL = w.kl(k, e.MonteCarloKL)
	logLik := func(last *g.Node) *g.Node {
		return g.Reshape(special.SumDims(m.down.data(s.In("decoder"), last).LogProb(vae.Copies(b.X, k))), k, n)
	}
	t.LogLik = logLik(w.last)
	if e.Shuffle {
		t.Shuffled = logLik(neighbours(w.last, k, n))
	}
	t.Cost = func(r vi.Rate) *g.Node { return m.cost(r, t.KL, b.Progress) }
	t.Figures = m.figures(t.KL)
	return t
}

// neighbours moves every row of k·n rows to the next datum.
func neighbours(h *g.Node, k, n int) *g.Node {
	if n < 2 {
		return h
	}
	d := h.Shape().Dimensions
	h = g.Reshape(h, append([]int{k, n}, d[1:]...)...)
	h = g.Concatenate([]*g.Node{g.Slice(h, g.AxisRange(), g.AxisRange(-1)), g.Slice(h, g.AxisRange(), g.AxisRange(0, -1))}, 1)
	return g.Reshape(h, d...)
}

// Latent implements [vae.Probabilistic].
func (m hierarchy) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	return vi.Latent{Q: hierarchyGuide{m, s, b.X}, P: m.Prior(s, b.Size()), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, vae.Code{Z: z}) }}
}

// Encode implements [vae.Encoder] with the moments of each group of the code where those that it depends
// on have their means: exact of the first group that the guide draws, and without the spread
// that the others inherit from those before them.
func (m hierarchy) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	w := m.guide.walk(m, s, b.X, 1, choice{})
	var v []*g.Node
	for l := range w.z {
		v = append(v, g.Exp(g.MulScalar(g.Sub(w.q[l].LogScale, w.p[l].LogScale), 2)))
	}
	return w.code(), g.Concatenate(v, 1)
}

// Decode implements [vae.Decoder].
func (m hierarchy) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	s = s.In("decoder")
	given := choice{given: c.Z}
	_, _, last := m.descend(s, c.Z.Shape().Dim(0), func(l int, _ *g.Node, p normal) *g.Node {
		return given.of(m, l, normal{}, p)
	})
	return m.down.data(s, last)
}
