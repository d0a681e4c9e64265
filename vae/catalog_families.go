package vae

import "github.com/elbo-go/elbo/internal/catalog"

// family is what the catalogue says of a guide or a prior.
type family struct{ name, summary, paper, measured, test string }

// guideFacts are those of the families of q(z|x).
var guideFacts = []family{
	{normalPosterior, "normal distribution with independent elements", "Kingma & Welling 2014", "MNIST, 20 epochs: −ELBO 100.3", "docs/results/bounds.txt"},
	{"planar", "maps that push codes from a plane, emitted by the encoder", "Rezende & Mohamed 2015", "MNIST, ten maps, 20 epochs: −ELBO 99.7", "docs/results/bounds.txt"},
	{"radial", "maps that push codes from a point, emitted by the encoder", "Rezende & Mohamed 2015", flowFact, flowTest},
	{"sylvester", "planar maps of several planes, orthogonal columns", "van den Berg et al. 2018", "MNIST, four maps, 20 epochs: −ELBO 98.6", "docs/results/bounds.txt"},
	{"householder", "planar maps of several planes, turned by reflections", "van den Berg et al. 2018", flowFact, flowTest},
	{"triangular", "planar maps of several planes, by turns in the two orders", "van den Berg et al. 2018", flowFact, flowTest},
	{"spline", "splines of one half of the code that see the other", "Durkan et al. 2019", flowFact, flowTest},
	{"iaf", "every element of the code shifted and scaled by those before it", "Kingma et al. 2016", "MNIST, two steps, 20 epochs: −ELBO 99.1", "docs/results/bounds.txt"},
}

// What holds for every flow: the evidence by its weights is that by a normal guide.
const (
	flowFact = "the ln p(x) that a normal guide has, by 200,000 weights, within four standard errors"
	flowTest = "vae/posterior_test.go"
)

// priorFacts are those of the families of p(z), whose summaries and papers are theirs.
var priorFacts = []family{
	{name: "normal", measured: "MNIST, 20 epochs: −ELBO 100.3; digits: −ln p(x) 94.4", test: "docs/results/bounds.txt, paper/priors_test.go"},
	{name: "mixture", measured: "eight clusters: −ln p(x) 1.3 nats below N(0, I); digits, 100 components: 91.8 against 94.4", test: "vae/prior_gain_test.go, paper/priors_test.go"},
	{name: "vamp", measured: "equals the aggregate posterior of its pseudo-inputs within 1e-14; eight clusters: −ln p(x) 1.5 nats below N(0, I); digits, 100 components: 89.5 against 94.4", test: "vae/prior_vamp_test.go, vae/prior_gain_test.go, paper/priors_test.go"},
	{name: "flow", measured: "MNIST, 20 epochs: −ELBO 94.3 against 100.3", test: "docs/results/bounds.txt"},
	{name: "realnvp", measured: "density sums to 1 and is that of its draws", test: "vae/prior_test.go"},
	{name: "maf", measured: "density sums to 1 and is that of its draws", test: "vae/prior_test.go"},
}

func init() {
	for _, f := range guideFacts {
		catalog.Add(catalog.Entry{Group: catalog.Guides, Name: f.name, Summary: f.summary, Paper: f.paper, Sections: "D1, D18",
			Measured: f.measured, Test: f.test, Command: "elbo train vae --posterior " + f.name})
	}
	for _, f := range priorFacts {
		p := Config{Prior: f.name}.priorFamily()
		catalog.Add(catalog.Entry{Group: catalog.Priors, Name: f.name, Summary: p.Summary, Paper: p.Paper, Sections: "D39",
			Measured: f.measured, Test: f.test, Command: "elbo train vae --prior " + f.name})
	}
}
