package prob

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	const posteriordb = "docs/results/posteriordb.txt"
	for _, m := range []struct{ name, summary, paper, measured, test, command string }{
		{"advi/mean-field", "Gaussian guide with independent coordinates, fitted by its bound", "Kucukelbir et al. 2017",
			"√(1−ρ²) of a Gaussian's deviations within 2 %; 5 of 12 posteriors of posteriordb", "prob/exact_test.go, " + posteriordb, "prob.ADVI with guide.MeanField"},
		{"advi/full-rank", "Gaussian guide with any covariance, fitted by its bound", "Kucukelbir et al. 2017",
			"the normaliser of a Gaussian; 12 of 12 posteriors of posteriordb", "prob/exact_test.go, " + posteriordb, "prob.ADVI with guide.FullRank"},
		{"advi/low-rank", "Gaussian guide with a diagonal and a few directions, fitted by its bound", "Ong, Nott & Smith 2018",
			"20,000 draws have the moments of the Gaussian, densities its formula", "vi/guide/gaussian_test.go, prob/fit_test.go", "prob.ADVI with guide.LowRank"},
		{"advi/copula", "Gaussian copula with skewed margins, fitted by its bound", "Smith, Loaiza-Maya & Nott 2020",
			"mass one; the gap to skewed margins a small part of the best Gaussian's", "vi/guide/copula_test.go", "prob.ADVI with guide.Copula"},
		{"advi/iaf", "autoregressive guide with skewed margins, fitted by its bound", "Kingma et al. 2016",
			"mass one; the gap to a funnel a small part of the best Gaussian's", "vi/guide/copula_test.go", "prob.ADVI with guide.IAF"},
		{"advi/flow", "normal distribution bent by a flow, fitted by its bound", "Rezende & Mohamed 2015",
			"a bent posterior within .03 nats, where the best Gaussian misses .1", "vi/guide/flow_test.go, docs/results/flows.txt", "prob.ADVI with guide.Flow"},
		{"map", "mode of the posterior density of the constrained unknowns", "Bishop 2006",
			"that of least squares for a regression with a flat prior", "prob/fit_test.go", "prob.MAP"},
		{"pathfinder", "Gaussians along the path of an optimiser, pooled by importance weights", "Zhang et al. 2022",
			"ln Z of a correlated Gaussian within .01; 11 of 12 posteriors of posteriordb", "vi/pathfinder/pathfinder_test.go, " + posteriordb, "pathfinder.Run with prob's Target"},
		{"laplace", "Gaussian of the mode and the curvature there", "MacKay 2003",
			"a Gaussian of ten dimensions within 1e-6, its ln Z within 1e-8; Stirling's formula", "vi/laplace/laplace_test.go", "laplace.Run with prob's Target"},
	} {
		catalog.Add(catalog.Entry{Group: catalog.Inference, Name: m.name, Summary: m.summary, Paper: m.paper, Sections: "D46",
			Measured: m.measured, Test: m.test, Command: m.command})
	}
}
