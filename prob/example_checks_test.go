package prob_test

import (
	"context"
	"fmt"
	"math"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// Labels that can be swapped are two modes. The importance weights of a guide that holds one of them
// are good; the starts tell.
func ExampleFit_Verdict() {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(5)))
		p.Plate("data", 6, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: p.Const(0)})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": {-2.1, -1.8, -2.4, 1.9, 2.2, 2.6}})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(fit.Places), "places")
	fmt.Println(strings.Contains(fit.Verdict(), "runs from different starts ended in different places"))
	// Output:
	// 2 places
	// true
}

// Means in order cannot swap their labels.
func ExampleOrdered() {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", prob.Ordered{Of: dist.NewNormal(p.Const(0), p.Const(5)), N: 2})
		p.Plate("data", 6, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: p.Const(0)})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": {-2.1, -1.8, -2.4, 1.9, 2.2, 2.6}})
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
	fmt.Printf("%.1f and %.1f from %d place\n", s[0].Mean, s[1].Mean, len(fit.Places))
	// Output: -2.1 and 2.2 from 1 place
}

// Lifetimes that are still running: what ended counts by its density, what did not by the chance to
// last that long, here of an exponential distribution. The exact posterior of the rate is
// Gamma(2 + 3, 1 + 15), with mean .3125.
func ExampleTrace_Factor() {
	m := prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(2), Rate: p.Const(1)})
		p.Plate("lifetimes", 5, func(p *prob.Trace) {
			logSurvival := g.Neg(g.Mul(rate, p.Data("time")))
			p.Factor("lifetime", g.Add(g.Mul(p.Data("ended"), g.Log(rate)), logSurvival))
		})
	}, prob.Data{"time": {1, 2, 2, 5, 5}, "ended": {1, 1, 1, 0, 0}})
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
	fmt.Println("within a hundredth:", math.Abs(s[0].Mean-.3125) < .01)
	// Output: within a hundredth: true
}
