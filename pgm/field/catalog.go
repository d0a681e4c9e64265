package field

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	for _, m := range []struct{ name, summary, paper, measured, test, command, worth string }{
		{"ising", "spins on any graph: exact moments, Gibbs and cluster sampling", "Ising 1925; Swendsen & Wang 1987",
			"4×4 grid: ln Z 13.5571989 and magnetisations to the printed digits", "pgm/field/field_test.go", "field.Ising", "exact"},
		{"potts", "sites of several states, learnt by pseudo-likelihood, likelihood, CD or PCD", "Potts 1952; Besag 1975; Tieleman 2008",
			"J = .4 of 5,000 draws of the 4×4 grid within .013 by all four", "pgm/field/field_test.go", "field.Fit", "exact"},
		{"rbm", "restricted Boltzmann machine by CD-k or PCD, ln Z exactly or by annealing", "Hinton 2002; Salakhutdinov & Murray 2008",
			"binarized MNIST, 20 hidden units: −143.68 nats an image by exact ln Z 202.29, annealed 202.30 ± .25", "pgm/field/rbm_test.go, pgm/field/mnist_test.go", "field.NewTrainer", "exact, or estimate with a standard error"},
	} {
		catalog.Add(catalog.Entry{Group: catalog.Graphical, Name: m.name, Summary: m.summary, Paper: m.paper, Sections: "D21",
			Measured: m.measured, Test: m.test, Command: m.command, Notes: []catalog.Note{{Name: "ln Z", Value: m.worth}}})
	}
}
