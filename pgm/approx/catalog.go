package approx

import (
	"cmp"

	"github.com/elbo-go/elbo/internal/catalog"
)

func init() {
	const grid = "4×4 Ising grid (ln Z 13.5572): "
	for _, m := range []struct{ name, summary, paper, measured, test, worth string }{
		{"bp", "loopy belief propagation: serial, flooding or by residual", "Pearl 1988; Yedidia, Freeman & Weiss 2005",
			grid + "13.4357; 1,000 random trees within 1e-12", "pgm/approx/schedule_test.go, pgm/approx/approx_test.go", string(Approximation)},
		{"max-product", "an assignment of high probability by messages and by blocks", "Pearl 1988; Dawid 1992",
			"the best of 1,000 random trees, ties and all; of 866 of 867 random graphs with loops", "pgm/approx/maximum_test.go", string(None)},
		{"mplp", "an assignment of high probability and a bound that none exceeds, by the dual of a linear program", "Globerson & Jaakkola 2007",
			"the best of 994 of 1,000 random models, proved so for 973; the bound never rises", "pgm/approx/dual_test.go", string(None)},
		{"trw", "tree-reweighted belief propagation, with the best trees if asked", "Wainwright, Jaakkola & Willsky 2005",
			grid + "14.2465, 14.2289 with better trees; above ln Z on 1,000 random models", "pgm/approx/reweighted_test.go", string(Above)},
		{"mf", "naive mean field", "Wainwright & Jordan 2008",
			grid + "12.8085; below ln Z on 1,000 random models, no fall of the bound", "pgm/approx/reweighted_test.go, pgm/approx/law_test.go", string(Below)},
		{"structured-mf", "mean field of clusters that are solved exactly", "Saul & Jordan 1996",
			grid + "13.0461 with rows; below ln Z on 1,000 random models, no fall of the bound", "pgm/approx/structured_test.go", string(Below)},
		{"gibbs", "Gibbs sampling in chains, variables tied by zeros at once, with R̂ and ESS", "Geman & Geman 1984",
			"marginals of 1,000 random models within 3.6 standard errors, 5.7 % beyond 1.96", "pgm/approx/sampler_test.go, pgm/approx/diagnose_test.go", string(None)},
		{"lw", "likelihood weighting in Bayesian networks", "Fung & Chang 1990; Shachter & Peot 1990",
			"1,000 random networks within 3.7 standard errors, 5.7 % beyond 1.96", "pgm/approx/sampler_test.go", string(Estimate)},
		{"ais", "annealed importance sampling of ln Z", "Neal 2001",
			grid + "13.552 ± .009; 1,000 random models within 3.7 standard errors", "pgm/approx/sampler_test.go, pgm/approx/diagnose_test.go", string(Estimate)},
	} {
		command := map[string]string{"max-product": "approx.Maximum", "mplp": "approx.Dual", "structured-mf": "approx.Structured"}[m.name]
		catalog.Add(catalog.Entry{Group: catalog.Graphical, Name: m.name, Summary: m.summary, Paper: m.paper, Sections: "D19, D21",
			Measured: m.measured, Test: m.test, Command: cmp.Or(command, "elbo query --method "+m.name), Notes: []catalog.Note{{Name: "ln Z", Value: m.worth}}})
	}
}
