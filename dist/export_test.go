package dist

// KLNames lists the pairs with a closed form as "dist.Q ‖ dist.P".
func KLNames() []string { return klNames }

// Implicit derivatives, for comparison with tables.
var (
	ImplicitLogGamma = implicitLogGamma
	VonMisesSlope    = vonMisesSlope
)

// Numbers of proposals.
const (
	GammaProposals    = gammaProposals
	VonMisesProposals = vonMisesProposals
)
