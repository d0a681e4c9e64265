package dist

import g "github.com/gomlx/gomlx/core/graph"

// KLNames lists the pairs with a closed form as "dist.Q ‖ dist.P".
func KLNames() []string { return klNames }

// Implicit derivatives, for comparison with tables.
var (
	ImplicitLogGamma = implicitLogGamma
	ImplicitCosine   = implicitCosine
	Follow           = follow
	VonMisesSlope    = vonMisesSlope
)

// Numbers of proposals.
const (
	GammaProposals    = gammaProposals
	VonMisesProposals = vonMisesProposals
)

// Sides returns u, 1 − u and the draws made of them, from two draws of 24 bits.
func Sides(high, low *g.Node) (u, v, exponential, logit, gumbel *g.Node) {
	x := newSides(high, low)
	return x.u, x.v, x.exponential(), x.logit(), x.gumbel()
}
