package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Autoregressive moves every element of a vector by a law whose numbers depend on the elements
// before it,
//
//	y_i = f(x_i; net_i(x_1, …, x_{i−1})),  ln|det| = Σ_i ln|f′|.
//
// Forward is one pass of the network, Inverse n passes.
type Autoregressive struct {
	Law Law                         // how an element moves
	Net func(x *g.Node) (p *g.Node) // …×n to …×n×k, where p_i is a function of the elements before i
}

// NewAutoregressive returns the flow of vectors of n elements whose network is a [MADE].
func NewAutoregressive(s *model.Scope, n int, law Law, net Net) Autoregressive {
	return Autoregressive{law, NewMADE(s, n, law.Params(), net).Apply}
}

// NewIAF returns the inverse autoregressive flow (Kingma et al. 2016, algorithm 1 with the law
// of [Scaling]), whose draws take one pass: a guide.
func NewIAF(s *model.Scope, n int, net Net) Autoregressive {
	return NewAutoregressive(s, n, Scaling{}, net)
}

// NewMAF returns the masked autoregressive flow (Papamakarios, Pavlakou & Murray 2017), whose
// density takes one pass and whose draws take n: a model of data.
func NewMAF(s *model.Scope, n int, net Net) Invert {
	return Invert{NewAutoregressive(s, n, Scaling{}, net)}
}

// NewSplineAutoregressive returns the flow with the law of a [Spline] (Durkan et al. 2019).
func NewSplineAutoregressive(s *model.Scope, n int, law SplineLaw, net Net) Autoregressive {
	return NewAutoregressive(s, n, law, net)
}

// Forward implements [Bijector].
func (f Autoregressive) Forward(x *g.Node) (y, logDet *g.Node) {
	width("autoregressive", x)
	y, l := f.Law.Map(f.Net(x)).Forward(x)
	return y, g.ReduceSum(l, -1)
}

// Inverse runs n passes: after the k-th, the first k elements of x are right, and they depend
// on no others.
func (f Autoregressive) Inverse(y *g.Node) (x, logDet *g.Node) {
	x = g.ZerosLike(y)
	for range width("autoregressive", y) {
		x, logDet = f.Law.Map(f.Net(x)).Inverse(y)
	}
	return x, g.ReduceSum(logDet, -1)
}

// Event implements [Bijector]: vectors.
func (Autoregressive) Event() Event { return vectors(0) }
