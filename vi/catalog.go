package vi

import "github.com/elbo-go/elbo/internal/catalog"

func init() {
	const loops = "value and gradient of every draw equal plain loops"
	for _, b := range []struct{ name, summary, paper, sections, measured, test string }{
		{"elbo", "evidence lower bound, in closed form where its terms have one", "Kingma & Welling 2014", "D1, D2",
			"exact on a linear model, tight at the posterior; MNIST, 20 epochs: −ELBO 100.2", "vi/toy_test.go, docs/results/paper.txt"},
		{"iwae", "importance-weighted bound of K draws", "Burda et al. 2016", "D8",
			"the published ladder −2.0606 to −1.7605 over K within four standard errors; " + loops, "vi/objective_test.go, vi/toy_test.go, docs/results/bounds.txt"},
		{"miwae", "mean of M importance-weighted bounds of K draws", "Rainforth et al. 2018", "D8", loops, "vi/objective_test.go"},
		{"piwae", "importance-weighted for the model, mean of several bounds for the guide", "Rainforth et al. 2018", "D8", loops, "vi/objective_test.go"},
		{"ciwae", "mixture of the ELBO and the importance-weighted bound", "Rainforth et al. 2018", "D8", loops, "vi/objective_test.go"},
		{"renyi", "variational Rényi bound of order α", "Li & Turner 2016", "D8",
			"the importance-weighted bound at α = 0, the ELBO as α → 1; " + loops, "vi/objective_test.go"},
		{"vr-max", "bound of the largest weight alone", "Li & Turner 2016", "D8",
			"the limit α → −∞ of renyi; " + loops, "vi/objective_test.go"},
		{"dreg", "importance-weighted bound with the doubly reparameterised gradient", "Tucker et al. 2019", "D8",
			"its gradient has the mean of the plain one, and a signal-to-noise ratio that rises with K", "vi/objective_test.go"},
		{"stl", "ELBO without the guide's score in the gradient", "Roeder et al. 2017", "D2, D8",
			"unbiased; no noise at the exact posterior", "vi/objective_test.go"},
		{"tail-adaptive", "f-divergence whose weights follow the ranks of the draws", "Wang et al. 2018", "D8", loops, "vi/objective_test.go"},
	} {
		catalog.Add(catalog.Entry{Group: catalog.Bounds, Name: b.name, Summary: b.summary, Paper: b.paper, Sections: b.sections,
			Measured: b.measured, Test: b.test, Command: "elbo train vae --bound " + b.name})
	}
}
