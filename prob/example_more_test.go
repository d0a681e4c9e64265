package prob_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// mean averages the first element of draws.
func mean(draws [][]float64) (m float64) {
	for _, d := range draws {
		m += d[0] / float64(len(draws))
	}
	return m
}

// Draws of new data from a fitted model.
func ExampleFit_Predict() {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(10)))
		p.Plate("data", 3, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(mu, p.Const(1)), p.Data("y"))
		})
	}, prob.Data{"y": {4, 5, 6}})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := fit.Predict(1000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d draws of %d data, about %.0f\n", len(y["y"]), len(y["y"][0]), mean(y["y"]))
	// Output: 1000 draws of 3 data, about 5
}

// What a model holds possible before it sees data.
func ExampleModel_Prior() {
	m := prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(6), Rate: p.Const(2)})
		p.Observe("calls", dist.Poisson{LogRate: g.Log(rate)}, p.Const(2))
	}, nil)
	x, err := m.Prior(2000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("rate about %.0f, calls about %.0f\n", mean(x["rate"]), mean(x["calls"]))
	// Output: rate about 3, calls about 3
}

// A fit that sees 100 of 1,000 data a step; the model scales their log-density itself.
func ExampleTrace_Minibatch() {
	y := make([]float64, 1000)
	rng.New(1).NormalFloat64(y)
	m := prob.New(func(p *prob.Trace) {
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		p.Minibatch("data", 1000, 100, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(p.Const(0), sigma), p.Data("y"))
		})
	}, prob.Data{"y": y})
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
	fmt.Printf("%s is %.1f\n", s[0].Name, s[0].Mean)
	// Output: sigma is 1.0
}

// A guide of one's choice: full covariance of the global unknowns, a mean field of the local ones.
func ExampleOptions_guide() {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(3)))
		tau := p.Sample("tau", dist.HalfNormal{Scale: p.Const(1)})
		p.Plate("groups", 4, func(p *prob.Trace) {
			theta := p.Sample("theta", dist.NewNormal(mu, tau))
			p.Observe("y", dist.NewNormal(theta, p.Const(.2)), p.Data("y"))
		})
	}, prob.Data{"y": {1.8, 2.4, 1.2, 2.6}})
	fit, err := prob.ADVI(context.Background(), m, prob.Options{
		Seed:  1,
		Guide: guide.Block(guide.Part{Size: 2, Of: guide.FullRank}, guide.Part{Size: 4, Of: guide.MeanField}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	theta, err := fit.Draws("theta", 500)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d draws of %d groups, the first about %.0f\n", len(theta), len(theta[0]), mean(theta))
	// Output: 500 draws of 4 groups, the first about 2
}

// The evidence of two models, by importance sampling from their guides: the data were drawn with a
// slope.
func ExampleFit_LogEvidence() {
	build := func(slope bool) *prob.Model {
		return prob.New(func(p *prob.Trace) {
			line := p.Sample("a", dist.NewNormal(p.Const(0), p.Const(2)))
			if slope {
				b := p.Sample("b", dist.NewNormal(p.Const(0), p.Const(2)))
				line = g.Add(line, g.Mul(b, p.Data("x")))
			}
			p.Plate("data", 5, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(line, p.Const(.5)), p.Data("y")) })
		}, prob.Data{"x": {-2, -1, 0, 1, 2}, "y": {-2.2, -.7, .3, 1.1, 2.4}})
	}
	var z [2]float64
	for i, slope := range []bool{false, true} {
		fit, err := prob.ADVI(context.Background(), build(slope), prob.Options{Seed: 1})
		if err != nil {
			fmt.Println(err)
			return
		}
		z[i], _ = fit.LogEvidence()
	}
	fmt.Println("the slope is favoured by more than e¹⁰:", z[1]-z[0] > 10)
	// Output: the slope is favoured by more than e¹⁰: true
}

// The log-density of a model over unconstrained reals, for a method of one's own.
func ExampleModel_Target() {
	m := prob.New(func(p *prob.Trace) {
		p.Sample("sigma", dist.Exponential{Rate: p.Const(1)})
	}, nil)
	target, err := m.Target()
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	prog := model.NewProgram(model.NewParams(b, dtypes.Float64, rng.New(1)), "mine", func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{target.LogDensity(s, g.Const(s.Graph(), []float64{math.Ln2}))}
	})
	out, err := prog.Values(rng.Key{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d dimension, ln p = %.4f\n", target.Dim, out[0][0]) // −σ + ln σ at σ = 2
	// Output: 1 dimension, ln p = -1.3069
}

// Points of the unconstrained reals as values of the variables.
func ExampleModel_Constrain() {
	m := prob.New(func(p *prob.Trace) {
		sigma := p.Sample("sigma", dist.Exponential{Rate: p.Const(1)})
		p.Deterministic("variance", g.Square(sigma))
	}, nil)
	x, err := m.Constrain([][]float64{{0}, {1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 2 {
		fmt.Printf("%.3f %.3f\n", x["sigma"][i][0], x["variance"][i][0])
	}
	// Output:
	// 1.000 1.000
	// 2.718 7.389
}
