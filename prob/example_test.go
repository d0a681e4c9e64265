package prob_test

import (
	"context"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// Eight schools (Rubin 1981): the effects θ_j of coaching in eight schools share a mean and a
// scale. The non-centred form, θ = μ + τz, is the one that a Gaussian guide fits.
func ExampleADVI_eightSchools() {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(5)))
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(5)})
		p.Plate("schools", 8, func(p *prob.Trace) {
			z := p.Sample("z", dist.NewNormal(p.Const(0), p.Const(1)))
			theta := p.Deterministic("theta", g.Add(mu, g.Mul(tau, z)))
			p.Observe("y", dist.NewNormal(theta, p.Data("sigma")), p.Data("y"))
		})
	}, prob.Data{
		"y":     {28, 8, -3, 7, -1, 1, 18, 12},
		"sigma": {15, 10, 16, 11, 9, 11, 10, 18},
	})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1, Check: 4000})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := fit.Summary()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s is between %.0f and %.0f\n", s[0].Name, s[0].Q05, s[0].Q95)
	fmt.Println("k̂ below .7:", fit.KHat < .7)
	// Output:
	// mu is between -1 and 10
	// k̂ below .7: true
}

// Logistic regression of a vector of coefficients.
func ExampleADVI_logisticRegression() {
	m := prob.New(func(p *prob.Trace) {
		beta := p.Sample("beta", dist.NewNormal(p.Const(0, 2), p.Const(2)))
		p.Plate("data", 8, func(p *prob.Trace) {
			logits := g.Dot(p.Data("x", 8, 2), beta).Product()
			p.Observe("y", dist.Bernoulli{Logits: logits}, p.Data("y"))
		})
	}, prob.Data{
		"x": {1, -2, 1, -1.5, 1, -1, 1, -.5, 1, .5, 1, 1, 1, 1.5, 1, 2},
		"y": {0, 0, 0, 1, 0, 1, 1, 1},
	})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	beta, err := fit.Draws("beta", 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	positive := 0
	for _, b := range beta {
		if b[1] > 0 {
			positive++
		}
	}
	fmt.Println("the slope is positive in more than 95 % of the draws:", positive > 950)
	// Output: the slope is positive in more than 95 % of the draws: true
}

// A mixture of two normal distributions: the component of each datum is a discrete unknown, which
// is summed out.
func ExampleADVI_mixture() {
	m := prob.New(func(p *prob.Trace) {
		low := p.Sample("low", dist.NewNormal(p.Const(0), p.Const(5)))
		gap := p.Sample("gap", dist.HalfNormal{Scale: p.Const(5)})
		mu := p.Deterministic("mu", g.Stack([]*g.Node{low, g.Add(low, gap)}, 0))
		weight := p.Sample("weight", dist.Beta{Alpha: p.Const(2), Beta: p.Const(2)})
		sigma := p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(1)})
		p.Plate("data", 9, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: g.Log(g.Div(weight, g.OneMinus(weight)))})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), sigma), p.Data("y"))
		})
	}, prob.Data{"y": {-2.1, -1.8, -2.4, 1.9, 2.2, 2.6, 1.7, 2.0, 2.3}})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := fit.Summary()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range s {
		if e.Name == "mu[0]" || e.Name == "mu[1]" || e.Name == "weight" {
			fmt.Printf("%s %.1f\n", e.Name, e.Mean)
		}
	}
	// Output:
	// mu[0] -2.1
	// mu[1] 2.1
	// weight 0.6
}

// The mode needs no guide.
func ExampleMAP() {
	m := prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(3), Rate: p.Const(1)})
		p.Plate("days", 4, func(p *prob.Trace) {
			p.Observe("calls", dist.Poisson{LogRate: g.Log(rate)}, p.Data("calls"))
		})
	}, prob.Data{"calls": {2, 4, 3, 4}})
	mode, err := prob.MAP(context.Background(), m, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f\n", mode.Values["rate"][0]) // (3 + 13 − 1)/(1 + 4)
	// Output: 3.000
}

// A model that cannot be fitted says which variable is at fault.
func ExampleModel_Check() {
	m := prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(3), Rate: p.Const(1)})
		p.Observe("wait", dist.Exponential{Rate: rate}, p.Const(-1))
	}, nil)
	fmt.Println(m.Check())
	// Output: prob: variable "wait": observed value: got -1, want a number of 0 or more
}
