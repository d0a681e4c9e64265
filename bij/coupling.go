package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Coupling keeps a part of a vector and moves the rest by a law whose numbers depend on the
// part kept,
//
//	y_kept = x_kept,  y_rest = f(x_rest; net(x_kept)),  ln|det| = Σ ln|f′|
//
// (Dinh, Krueger & Bengio 2015, section 3.2).
type Coupling struct {
	Keep int                            // number of elements kept
	Last bool                           // keep the last elements, not the first
	Law  Law                            // how an element moves
	Net  func(kept *g.Node) (p *g.Node) // …×Keep to …×(n−Keep)×k
}

// NewCoupling returns a coupling of vectors of n elements that keeps the first n/2, or the last
// with last.
func NewCoupling(s *model.Scope, n int, last bool, law Law, net Net) Coupling {
	mustBe(n >= 2, "coupling: got %d elements, want 2 or more", n)
	keep, k := n/2, law.Params()
	if last {
		keep = n - n/2
	}
	p := net.build(s, keep, (n-keep)*k, nil)
	return Coupling{keep, last, law, func(x *g.Node) *g.Node { return byElement(p.apply(x), n-keep, k) }}
}

// NewNICE returns a coupling with the law of [Additive].
func NewNICE(s *model.Scope, n int, last bool, net Net) Coupling {
	return NewCoupling(s, n, last, Additive{}, net)
}

// NewRealNVP returns a coupling with the law of [Scaling].
func NewRealNVP(s *model.Scope, n int, last bool, net Net) Coupling {
	return NewCoupling(s, n, last, Scaling{}, net)
}

// NewSplineCoupling returns a coupling with the law of a [Spline] (Durkan et al. 2019).
func NewSplineCoupling(s *model.Scope, n int, last bool, law SplineLaw, net Net) Coupling {
	return NewCoupling(s, n, last, law, net)
}

// apply moves the rest of x, forward or back.
func (f Coupling) apply(x *g.Node, inverse bool) (y, logDet *g.Node) {
	n := width("coupling", x)
	mustBe(f.Keep > 0 && f.Keep < n, "coupling: got %d elements, want more than the %d kept", n, f.Keep)
	split := f.Keep
	if f.Last {
		split = n - f.Keep
	}
	kept, rest := cut(x, 0, split), cut(x, split, n)
	if f.Last {
		kept, rest = rest, kept
	}
	law := f.Law.Map(f.Net(kept))
	if inverse {
		law = Invert{law}
	}
	rest, l := law.Forward(rest)
	if f.Last {
		kept, rest = rest, kept
	}
	return g.Concatenate([]*g.Node{kept, rest}, -1), g.ReduceSum(l, -1)
}

// Forward implements [Bijector].
func (f Coupling) Forward(x *g.Node) (y, logDet *g.Node) { return f.apply(x, false) }

// Inverse implements [Bijector].
func (f Coupling) Inverse(y *g.Node) (x, logDet *g.Node) { return f.apply(y, true) }

// Event implements [Bijector]: vectors.
func (Coupling) Event() Event { return vectors(0) }
