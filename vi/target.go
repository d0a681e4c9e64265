package vi

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Target is a log-density over Rⁿ, up to a constant: what a guide of all latent variables of a
// model together approximates.
type Target struct {
	// Dim is n.
	Dim int
	// LogDensity returns ln p(u), a scalar, for one point u of n elements.
	LogDensity func(s *model.Scope, u *g.Node) *g.Node
}

// Guide is a distribution q(u) over Rⁿ whose draws are differentiable functions of its
// parameters, which it creates in the scope.
type Guide interface {
	// Draw returns M draws, M×n, and ln q of each, M.
	Draw(s *model.Scope, name string, m int) (u, logQ *g.Node)
}
