package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// point is a network with one value a weight under the prior N(0, s²): training finds the
// maximum of the posterior. With a rate it is dropout: a hidden unit is left out with that
// probability, and others count 1/(1−rate) times (Gal & Ghahramani 2016, who show that the bound
// then has −ln p(w) times 1−rate for its KL, up to a constant).
type point struct {
	shape shape
	sd    float64
	rate  float64
}

// network is what a phase trains.
type network interface {
	// terms returns the outputs B×outputs for a batch of inputs B×in, and what the weights cost
	// in nats: KL(q ‖ p), or −ln p(w) up to a constant.
	terms(s *model.Scope, x *g.Node) (f, penalty *g.Node)
}

func (p point) terms(s *model.Scope, x *g.Node) (f, penalty *g.Node) {
	pairs := p.shape.pointWeights(s)
	for l := range p.shape.layers() {
		if l > 0 {
			x = nn.ReLU(x)
			if p.rate > 0 {
				x = g.Mul(x, p.mask(s.In(layerName(l)), x))
			}
		}
		x = affine(x, pairs[2*l], pairs[2*l+1])
		cost := g.Add(gaussianCost(pairs[2*l], p.sd*p.shape.scale(l)), gaussianCost(pairs[2*l+1], p.sd))
		if l == 0 {
			penalty = cost
		} else {
			penalty = g.Add(penalty, cost)
		}
	}
	return x, g.MulScalar(penalty, 1-p.rate)
}

// mask returns 0 with probability rate and 1/(1−rate) else, in the shape of x.
func (p point) mask(s *model.Scope, x *g.Node) *g.Node {
	u := s.Uniform("dropout", x.Shape().Dimensions...)
	keep := g.MulScalar(g.OnesLike(u), 1/(1-p.rate))
	return g.Where(g.LessThan(u, g.MulScalar(g.OnesLike(u), p.rate)), g.ZerosLike(u), keep)
}

// gaussianCost is −ln N(w; 0, s²) up to a constant.
func gaussianCost(w *g.Node, sd float64) *g.Node {
	return g.MulScalar(g.ReduceAllSum(g.Square(w)), .5/(sd*sd))
}
