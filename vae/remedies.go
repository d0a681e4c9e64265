package vae

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// Remedies are shapes of guide and decoder against posterior collapse; the zero value is none. The
// first two are ways to build N(μ, σ²) that any model with such a guide can have.
type Remedies struct {
	// MinRate is δ, the least KL divergence of every latent dimension of every datum from N(0, 1) in
	// nats: ln σ² stays below the u at which ½(eᵘ − 1 − u) = δ, as u − softplus(u − ln σ²). That
	// holds for every mean, so it bounds the rate from below but not what the code tells of the datum.
	MinRate float64
	// MeanScale is γ, the standard deviation over data of every element of μ: its batch norm with
	// this scale and a learned shift b, so that the mean rate is at least ½ Σ_j (γ² + b_j²) (Zhu et
	// al. 2020, eq. 9), and the code varies with the data. Outside training the norm has running moments.
	MeanScale float64
	// Skip feeds z to every dense layer of the decoder beside the layer before, and of nets of images
	// to the feature map (Dieng et al. 2019, section 3.1).
	Skip bool
}

// maxMinRate and maxMeanScale bound the remedies: a guide of 9 nats has ln σ² = −19, near the
// clamp, and means beyond a thousand deviations of the prior are a mistake.
const (
	maxMinRate   = 9
	maxMeanScale = 1000
)

// checkRemedies tells whether the model can have the remedies.
func (c Config) checkRemedies(s Spec) error {
	r, guide := c.Remedies, fmt.Sprintf("vae: %s: minimum rate %v and scale of the means %v", s.Name, c.Remedies.MinRate, c.Remedies.MeanScale)
	switch {
	case !(r.MinRate >= 0 && r.MinRate <= maxMinRate):
		return fmt.Errorf("vae: %s: minimum rate: got %v, want 0 to %d nats a latent dimension", s.Name, r.MinRate, maxMinRate)
	case !(r.MeanScale >= 0 && r.MeanScale <= maxMeanScale):
		return fmt.Errorf("vae: %s: scale of the means: got %v, want 0 to %d", s.Name, r.MeanScale, maxMeanScale)
	case r.Skip && len(s.Nets) == 0:
		return fmt.Errorf("vae: %s: skip: its decoder is its own; want a model that takes --net", s.Name)
	case r.MinRate+r.MeanScale == 0:
		return nil
	case !s.Gaussian:
		return fmt.Errorf("%s: its guide is its own; want 0 of both", guide)
	case c.bent():
		return fmt.Errorf("%s: got the posterior %s, want normal", guide, c.Posterior)
	case !c.priorFamily().closed:
		return fmt.Errorf("%s: got the prior %s, want normal, of which they bound the divergence", guide, c.Prior)
	}
	return nil
}

// remedied is the guide of unrestricted means and ln σ².
func (c Config) remedied(s *model.Scope, mean, logVar *g.Node) dist.Normal {
	if c.Remedies.MinRate > 0 {
		u := special.ScalarLike(logVar, vi.NarrowLogVar(c.Remedies.MinRate))
		logVar = g.Sub(u, special.Softplus(g.Sub(u, logVar)))
	}
	if c.Remedies.MeanScale > 0 {
		mean = normed(s.In("norm"), mean, c.Remedies.MeanScale)
	}
	return dist.Normal{Loc: mean, LogScale: g.MulScalar(logVar, .5)}
}

// normFloor is added to the variance of a batch, which may be 0; normShare is the share of a batch in
// the running moments.
const (
	normFloor = 1e-5
	normShare = .1
)

// normed is γ(x − m)/√(v + ε) + b, with the mean m and the variance v over the rows of x, B×L: those
// of the batch in training, and running ones elsewhere.
func normed(s *model.Scope, x *g.Node, scale float64) *g.Node {
	l := x.Shape().Dim(1)
	mean, variance := s.State("mean", model.Constant(0), l), s.State("variance", model.Constant(1), l)
	if s.Training() {
		running := []*g.Node{mean, variance}
		mean = g.ReduceMean(x, 0)
		variance = g.ReduceMean(g.Square(g.Sub(x, g.ExpandAxes(mean, 0))), 0)
		for i, now := range []*g.Node{mean, variance} {
			step := g.MulScalar(g.Sub(g.StopGradient(now), running[i]), normShare)
			s.UpdateState([]string{"mean", "variance"}[i], g.Add(running[i], step))
		}
	}
	y := g.Div(g.Sub(x, g.ExpandAxes(mean, 0)), g.ExpandAxes(g.Sqrt(g.AddScalar(variance, normFloor)), 0))
	return g.Add(g.MulScalar(y, scale), g.ExpandAxes(s.Param("shift", model.Constant(0), l), 0))
}

// skipping is [Config.Outputs] with z beside what every dense layer and the feature map see.
func (c Config) skipping(s *model.Scope, z *g.Node) *g.Node {
	h := z
	for i, width := range c.NetConfig().Reversed() {
		h = nn.ReLU(nn.Dense(nets.Stage(s, "hidden", i), c.beside(h, z, i), width))
	}
	h = c.beside(h, z, len(c.Hidden))
	if !c.NetConfig().Family().Images {
		return nn.Dense(s.In("out"), h, c.Dim)
	}
	return c.FromMap(s, nn.Concat(nets.Spread(s, h, c.MapExtent()), z))
}

// beside is what the i-th layer of a decoder sees; the first one sees z alone.
func (c Config) beside(h, z *g.Node, i int) *g.Node {
	if i == 0 {
		return h
	}
	return nn.Concat(h, z)
}

// skipWeights counts the weights that skipping adds to a net.
func (c Config) skipWeights() int64 {
	if !c.Remedies.Skip {
		return 0
	}
	l, n := int64(c.Latent), int64(0)
	for i := 1; i < len(c.Hidden); i++ {
		n += l * int64(c.NetConfig().Reversed()[i])
	}
	last := c.Dim
	if e := c.MapExtent(); c.NetConfig().Family().Images {
		last = e.Size()
		n += 9 * int64(e.Channels) * (int64(e.Channels) + l)
	}
	if len(c.Hidden) > 0 {
		n += l * int64(last)
	}
	return n
}
