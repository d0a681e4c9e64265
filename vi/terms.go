// Package vi holds variational inference itself: the terms of the evidence lower bound, its
// estimators, the schedules of its weights, and the diagnostics of a fitted guide.
//
// Reductions belong to the library: sums over a datum's dimensions, means over data, in nats.
package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/optim"
)

// The kinds of bound that a [Record] may hold.
const (
	KindELBO    = "ELBO"
	KindIWAE    = "IWAE"
	KindLogProb = "log-likelihood" // of a model without latent noise: not a bound
)

// Terms are the parts of a bound for a batch of B data, as graph nodes.
type Terms struct {
	// LogLik is ln p(x|z) of each draw z ~ q(z|x), M×B.
	LogLik *g.Node
	// KL is KL(q(z|x) ‖ p(z)) by latent dimension, B×L; nil where there is no latent noise, B×1
	// where guide or prior does not factorise.
	KL *g.Node
	// Shuffled is ln p(x|z′) with z′ drawn for another datum of the batch, M×B; nil unless asked for.
	Shuffled *g.Node
	// Z holds the draws behind LogLik, M×B×L; nil where there is no latent noise.
	Z *g.Node
	// Kind says which bound LogLik − ΣKL estimates.
	Kind string
	// Bound returns another bound of each datum, B, with the gradient of its estimator, where an
	// [Objective] was asked for: what training maximises instead of LogLik − ΣKL. The weight β
	// is that of ln p(z) − ln q(z|x). It can be called once.
	Bound func(beta *g.Node) *g.Node
	// Cost is what training pays for KL in place of [Rate.Cost], where groups of columns have weights
	// or free bits of their own; nil is that.
	Cost func(r Rate) *g.Node
	// Penalty is what training minimises beside the bound, a scalar, such as a weighted total
	// correlation; nil is none. It is no part of the bound and of no record of it.
	Penalty *g.Node
	// Routes hold losses of their own for parts of the parameters, such as those of a critic; the
	// others descend [Terms.Loss]. nil is none.
	Routes []optim.Route
	// Figures are scalars that the history keeps beside the terms, as means over an epoch.
	Figures []Figure
}

// Figure is a named scalar of a training step.
type Figure struct {
	Name  string  // such as "total correlation, nats"
	Value *g.Node // scalar
}

// MustBound returns [Terms.Bound] of a model that was asked for the objective; it panics if the
// model has a bound of its own alone.
func (t Terms) MustBound(o Objective) func(beta *g.Node) *g.Node {
	if t.Bound == nil {
		panic(fmt.Errorf("vi: bound: got %s for a model that has a bound of its own alone, want elbo", o.Kind()))
	}
	return t.Bound
}

// Loss is [Terms.LossAt] with a weight β and λ free bits a column of the KL divergence. With β = 1
// and λ = 0 it is the negative ELBO.
func (t Terms) Loss(beta *g.Node, freeBits float64) *g.Node {
	return t.LossAt(Rate{Beta: beta, FreeBits: freeBits})
}

// LossAt returns what training minimises, a scalar: the negative mean log-likelihood plus the cost
// of the rate. With an objective it is the negative mean of its bound. A penalty is added.
func (t Terms) LossAt(r Rate) *g.Node {
	loss := t.bounded(r)
	if t.Penalty != nil {
		loss = g.Add(loss, t.Penalty)
	}
	return loss
}

// bounded is the loss without the penalty.
func (t Terms) bounded(r Rate) *g.Node {
	if t.Bound != nil {
		if r.FreeBits > 0 || r.Capacity != nil {
			panic(fmt.Errorf("vi: free bits or capacity with a bound that has no KL term, want none"))
		}
		return g.Neg(g.ReduceAllMean(t.Bound(r.Beta)))
	}
	loss := g.Neg(g.ReduceAllMean(t.LogLik))
	if t.KL == nil {
		return loss
	}
	if t.Cost != nil {
		return g.Add(loss, t.Cost(r))
	}
	return g.Add(loss, r.Cost(t.KL))
}
