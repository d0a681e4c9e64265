package vi

import (
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Rate says what training pays for the KL term, the rate of the code, by groups g of its columns:
//
//	β Σ_g max(λ, mean over the batch of KL_g)          (Kingma et al. 2016, eq. 15)
//	γ |Σ_g mean over the batch of KL_g − C|            with a capacity (Burgess et al. 2018, eq. 8)
//
// The zero value but for Beta is the KL term of the ELBO times β.
type Rate struct {
	Beta     *g.Node // β, a scalar
	FreeBits float64 // λ, nats that each group may carry at no cost
	Group    int     // columns of a group, in their order; 0 and 1: each is a group of its own
	Capacity *g.Node // C, the nats that a code is to carry, a scalar, which takes the place of β and λ; nil: none
	Weight   float64 // γ
}

// Cost returns what is paid for a KL divergence by columns, B×G, as a scalar.
func (r Rate) Cost(kl *g.Node) *g.Node {
	mean := g.ReduceMean(kl, 0)
	if r.Capacity != nil {
		return g.MulScalar(g.Abs(g.Sub(g.ReduceAllSum(mean), r.Capacity)), r.Weight)
	}
	if r.FreeBits > 0 {
		mean = g.MaxScalar(byGroup(mean, r.Group), r.FreeBits)
	}
	return g.Mul(r.Beta, g.ReduceAllSum(mean))
}

// byGroup sums every n values, G, and those that are left at the end.
func byGroup(x *g.Node, n int) *g.Node {
	columns := x.Shape().Dim(0)
	if n <= 1 {
		return x
	}
	if rest := (n - columns%n) % n; rest > 0 {
		x = g.Concatenate([]*g.Node{x, g.BroadcastToDims(special.ScalarLike(x, 0), rest)}, 0)
	}
	return g.ReduceSum(g.Reshape(x, -1, n), 1)
}

// Capacity is the schedule of a capacity C(t), which rises from 0 over a share of the training.
type Capacity struct {
	Nats  float64 // C at the end
	Share float64 // of the steps until it is reached; 0: at once
}

// At returns C when a share of the steps, a scalar, is done.
func (c Capacity) At(progress *g.Node) *g.Node {
	if c.Share == 0 {
		return special.ScalarLike(progress, c.Nats)
	}
	return g.MulScalar(g.MinScalar(g.MulScalar(progress, 1/c.Share), 1), c.Nats)
}

// Reached tells whether C has its last value when a share of the steps is done.
func (c Capacity) Reached(progress float64) bool { return progress >= c.Share*(1-1e-9) }

// NarrowLogVar returns the largest ln σ² with which a normal distribution of any mean is at least
// rate nats from N(0, 1),
//
//	½(μ² + σ² − 1 − ln σ²) ≥ ½(σ² − 1 − ln σ²) = rate,
//
// the root below 0 for a rate above 0 (Razavi et al. 2019, section 2.1).
func NarrowLogVar(rate float64) float64 {
	if !(rate >= 0) {
		panic(fmt.Errorf("vi: minimum rate: got %v, want at least 0", rate))
	}
	lo, hi := -2*rate-1, 0. // at which e^u − 1 − u is above and at most twice the rate
	for range 200 {
		mid := (lo + hi) / 2
		if math.Expm1(mid)-mid > 2*rate {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}
