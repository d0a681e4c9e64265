package gauss

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	for _, e := range []struct{ name, summary, paper, measured, test, command string }{
		{"gauss/network", "linear-Gaussian Bayesian networks: joint, conditionals, least squares with a ridge, scores and tests for structures", "Shachter & Kenley 1989",
			"joint, Bayes' rule and information form of 1,000 random networks within 1e-7; a Kalman smoother's figures", "pgm/gauss/gauss_test.go, pgm/gauss/kalman_test.go", "gauss.NewNetwork, Moments.Fit"},
		{"gauss/belief", "belief propagation of Gaussian Markov random fields: exact on forests, right means on cycles where it converges", "Malioutov et al. 2006",
			"1,000 random forests within 1e-10; means of loopy fields within 1e-8; a chain of a million in two passes", "pgm/gauss/belief_test.go", "Field.Propagate"},
	} {
		catalog.Add(catalog.Entry{Group: catalog.Graphical, Name: e.name, Summary: e.summary, Paper: e.paper, Sections: "D19, D21",
			Measured: e.measured, Test: e.test, Command: e.command})
	}
}
