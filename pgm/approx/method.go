package approx

// Meaning says what a method's LogZ is to ln Z.
type Meaning string

// The meanings of LogZ.
const (
	Approximation Meaning = "approximation, exact on trees"
	Above         Meaning = "upper bound"
	Below         Meaning = "lower bound"
	Estimate      Meaning = "estimate with a standard error"
	None          Meaning = "none"
)

// Method is a way to answer that the program offers by name.
type Method struct {
	// Name is the name on the command line.
	Name string
	// Title is what it is, in words.
	Title string
	// Run answers.
	Run Run
	// Default is a configuration to start from.
	Default Config
	// LogZ says what the LogZ of its results is.
	LogZ Meaning
	// Directed methods take graphs of Bayesian networks only.
	Directed bool
	// Random methods depend on the seed and have standard errors.
	Random bool
}

// Methods are the methods that answer about marginals, in the order in which to try them.
func Methods() []Method {
	messages, anneal, weight := Default(), Default(), Default()
	messages.Tolerance = 1e-10
	above := messages
	above.Damping = .5
	anneal.Sweeps, anneal.Draws = 1000, 200
	weight.Draws = 100_000
	return []Method{
		{Name: "bp", Title: "loopy belief propagation", Run: Belief, Default: messages, LogZ: Approximation},
		{Name: "mf", Title: "mean field", Run: MeanField, Default: messages, LogZ: Below},
		{Name: "trw", Title: "tree-reweighted belief propagation", Run: Reweighted, Default: above, LogZ: Above},
		{Name: "gibbs", Title: "Gibbs sampling", Run: Gibbs, Default: Default(), LogZ: None, Random: true},
		{Name: "lw", Title: "likelihood weighting", Run: Weighting, Default: weight, LogZ: Estimate, Directed: true, Random: true},
		{Name: "ais", Title: "annealed importance sampling", Run: Anneal, Default: anneal, LogZ: Estimate, Random: true},
	}
}
