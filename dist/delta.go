package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Delta is all mass at one number. Its log-probability is 0 there and −∞ elsewhere: it is a
// distribution of atoms, not a density.
type Delta struct {
	At *g.Node // the number
}

// LogProb implements [Distribution]; it has no derivatives.
func (d Delta) LogProb(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), g.StopGradient(d.At))
	return supported(g.Equal(v[0], v[1]), g.ZerosLike(v[0]))
}

// Mean implements [Distribution].
func (d Delta) Mean() *g.Node { return d.At }

// Variance returns 0.
func (d Delta) Variance() *g.Node { return g.ZerosLike(d.At) }

// Entropy returns 0.
func (d Delta) Entropy() *g.Node { return g.ZerosLike(d.At) }

// Sample implements [Distribution].
func (d Delta) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns M copies of the number, which carry its gradient.
func (d Delta) Rsample(_ *model.Scope, _ string, m int) *g.Node { return repeat(d.At, m) }

// Support implements [Declared].
func (d Delta) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Delta) Parameters() []Parameter { return []Parameter{{"At", d.At, Support{Set: Real}}} }
