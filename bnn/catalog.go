package bnn

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	for _, m := range []struct{ name, summary, paper, measured, test string }{
		{"vi", "mean-field posterior of the weights by variational inference", "Blundell et al. 2015; Kingma et al. 2015",
			"of a linear model the exact means and 1/Λ_jj, the gap to the evidence the known KL; a cubic's 95 % intervals hold 90 to 99 % of new rows",
			"bnn/linear_test.go, bnn/evidence_test.go, bnn/cubic_test.go, paper/bnn_test.go"},
		{"dropout", "Monte-Carlo dropout: a draw leaves out a share of the hidden units", "Gal & Ghahramani 2016",
			"the mean over masks is the whole network within five standard errors of 2,000 draws", "bnn/evidence_test.go, bnn/fit_test.go, paper/bnn_mnist_test.go"},
		{"ensemble", "deep ensemble: networks from different starts", "Lakshminarayanan et al. 2017",
			"more members change none of the others", "bnn/evidence_test.go, bnn/fit_test.go"},
		{"laplace", "Laplace approximation about the mode with the diagonal Fisher matrix", "MacKay 1992; Ritter et al. 2018",
			"of a linear model the variances 1/Λ_jj; the Fisher diagonal that of plain loops", "bnn/linear_test.go, bnn/update_test.go"},
		{"laplace-kfac", "Laplace approximation with Kronecker factors by layer", "Ritter et al. 2018; Immer et al. 2021",
			"of a linear model the exact posterior with its correlations and the evidence; of one row the exact Fisher block of each layer", "bnn/kfac_test.go, bnn/linearized_test.go"},
		{"last-layer", "exact posterior of the last layer's weights, the others at the mode", "MacKay 1992",
			"of a linear model the exact deviation √(xᵀΛ⁻¹x), calibrated over 300 tables", "bnn/linear_test.go, bnn/uncertainty_test.go"},
		{"swag", "normal distribution of the weights on the path of stochastic gradients", "Maddox et al. 2019",
			"4,000 draws have the moments of the path", "bnn/linear_test.go, bnn/evidence_test.go"},
		{"sgld", "stochastic gradient Langevin dynamics", "Welling & Teh 2011",
			"of a linear model the exact means within .35 sd and variances within 35 %, correlations and all", "bnn/linear_test.go, bnn/update_test.go"},
	} {
		catalog.Add(catalog.Entry{Group: catalog.Nets, Name: m.name, Summary: m.summary, Paper: m.paper, Sections: "D30",
			Measured: m.measured, Test: m.test, Command: "elbo train bnn --method " + m.name})
	}
}
