package curved

import (
	"math"

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
		Name:     "poincare-vae",
		Summary:  "VAE whose codes lie in hyperbolic space, which has room for trees",
		Paper:    "Mathieu et al. 2019",
		Sections: "D1, D39",
		Measured: "exponential and logarithm inverse within 1e-10, densities of the disk sum to 1 within 1e-6; noisy nodes of a tree in two dimensions: −ln p(x) 6.4 nats below that of codes in the plane, 3.1 below the same decoder without curvature",
		Test:     "vae/curved/poincare_test.go, vae/curved/poincare_toy_test.go, dist/ball_test.go, dist/wrapped_normal_test.go",
		Nets:     []string{nets.MLP, nets.Conv, nets.ResNet},
		Options: []vae.Option{
			{Name: "curvature", Usage: "curvature of the codes' space, with its sign turned", Default: "1", Kind: vae.Number, Min: 1e-4, Max: 1e4},
			{Name: "prior-scale", Usage: "standard deviation of the prior", Default: "1", Kind: vae.Number, Min: 1e-3, Max: 10},
			{Name: "first-layer", Usage: "how the decoder reads a code", Default: gyroplanes, Kind: vae.Choice, Choices: []string{gyroplanes, logMap}},
		},
		Usual: vae.Usual{Latent: 5}, // in twenty dimensions nearly all of a ball is far from its means, whose pictures blur
		New: func(c vae.Config) vae.Model {
			return &hyperbolic{c, dist.PoincareBall{Curvature: c.Number("curvature")}}
		},
	})
}

// The first layers of a hyperbolic decoder.
const (
	gyroplanes = "gyroplane" // signed distances from hyperplanes
	logMap     = "log"       // the logarithm at 0
)

// hyperbolic is the Poincaré VAE, whose code is a point of a ball of curvature −c,
//
//	q(z|x) = wrapped N(z; exp₀ m(h), diag σ²(h)),  p(z) = wrapped N(z; 0, s²I),
//	KL(q ‖ p) by draws
//
// (Mathieu et al. 2019, sections 3.2 and 3.3). Distances grow so fast outwards that a tree fits in
// two dimensions. A decoder begins with units that are a multiple of the code's distance from
// hyperplanes, or with the logarithm at 0 and a usual layer; see [dist.WrappedNormal].
type hyperbolic struct {
	vae.Config
	ball dist.PoincareBall
}

// OpenKL marks that the divergence has no closed form.
func (m *hyperbolic) OpenKL() {}

// guide is q(z|x). The mean is as far from 0 as its tangent vector is long.
func (m *hyperbolic) guide(s *model.Scope, x *g.Node) dist.WrappedNormal {
	q := m.GaussianGuide(s.In("encoder"), x)
	mean := m.ball.Project(m.ball.Exp0(g.MulScalar(q.Loc, .5)))
	return dist.WrappedNormal{Loc: mean, LogScale: q.LogScale, Curvature: m.ball.Curvature}
}

// Terms implements [vae.Model].
func (m *hyperbolic) Terms(s *model.Scope, b vae.Batch, e vi.Estimator) vi.Terms {
	return e.ELBO(s, b.X, m.Latent(s, b))
}

// Latent implements [vae.Probabilistic].
func (m *hyperbolic) Latent(s *model.Scope, b vae.Batch) vi.Latent {
	return vi.Latent{Q: m.guide(s, b.X), P: m.Prior(s, b.Size()), Decode: func(z *g.Node) dist.Distribution { return m.Decode(s, b.Code(z)) }}
}

// Encode implements [vae.Encoder] with the Fréchet mean of the guide, and the variances of the ball's
// coordinates to first order, σ²/λ².
func (m *hyperbolic) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	q := m.guide(s, b.X)
	return q.Loc, g.Mul(q.Variance(), g.Exp(g.MulScalar(m.ball.LogConformal(q.Loc), -2)))
}

// Decode implements [vae.Decoder]; a code outside of the ball is moved into it.
func (m *hyperbolic) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	s, z := s.In("decoder"), m.ball.Project(c.Z)
	if m.Choice("first-layer") == logMap {
		return m.Mirrored(s, g.MulScalar(m.ball.Log0(z), 2))
	}
	rest, width := m.Config, m.Config.Latent
	if n := len(m.Hidden); n > 0 {
		width, rest.Hidden = m.Hidden[n-1], m.Hidden[:n-1]
	}
	return rest.Mirrored(s, nn.ReLU(gyroplane(s.In("gyroplane"), m.ball, z, width)))
}

// Prior implements [vae.Generator].
func (m *hyperbolic) Prior(s *model.Scope, n int) dist.Distribution {
	zero := m.NoCodes(s, n)
	return dist.WrappedNormal{Loc: zero, LogScale: g.AddScalar(zero, math.Log(m.Number("prior-scale"))), Curvature: m.ball.Curvature}
}

// gyroplane is the layer 2‖a_k‖ d(z, H_k) of signed distances from hyperplanes H_k through the points
// exp₀(p_k) at right angles to a_k (Mathieu et al. 2019, section 3.3), B×K; in flat space it is affine.
func gyroplane(s *model.Scope, b dist.PoincareBall, z *g.Node, units int) *g.Node {
	n := z.Shape().Dim(-1)
	a := g.ExpandAxes(s.Param("direction", model.FanIn(n), units, n), 0)
	p := g.ExpandAxes(b.Project(b.Exp0(s.Param("offset", model.FanIn(n), units, n))), 0)
	length := g.Sqrt(g.AddScalar(g.ReduceSum(g.Square(a), -1), 1e-30))
	return g.Mul(g.MulScalar(length, 2), b.Hyperplane(p, a, g.ExpandAxes(z, 1)))
}
