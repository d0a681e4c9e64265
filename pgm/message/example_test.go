package message_test

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/pgm/message"
)

// The mean and precision of five numbers by variational messages.
func ExampleAscent() {
	m := message.New()
	mu, tau := m.Random("mu", expfam.Normal{}, 1), m.Random("tau", expfam.Gamma{}, 1)
	m.Add("prior of tau", message.Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(1, 1)}, tau)
	m.Add("prior of mu", message.Normal{}, mu, m.Constant(expfam.Normal{}, 0), tau)
	m.Add("data", message.Normal{}, m.Known("x", expfam.Normal{}, 5, []float64{1, 2, 3, 4, 5}), mu, tau)
	a, err := message.NewAscent(m, message.AscentConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	trace, converged, err := a.Run(context.Background())
	fmt.Printf("bound %.4f, converged %v, error %v\n", trace[len(trace)-1], converged, err)
	fmt.Printf("mean %.3f\n", a.Moments(mu, 0)[0])
	parts, err := a.Parts()
	for _, p := range parts {
		fmt.Printf("%-12s %8.3f\n", p.Name, p.Nats)
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// bound -12.3298, converged true, error <nil>
	// mean 2.500
	// prior of tau   -0.359
	// prior of mu    -2.701
	// data           -9.917
	// mu              1.035
	// tau            -0.387
}

// Two days of weather behind an umbrella, by sum-product on a chain of tables.
func ExampleMessages() {
	m := message.New()
	two := expfam.Categorical{K: 2}
	rain := m.Random("rain", two, 2)
	log := func(xs ...float64) (out []float64) {
		for _, x := range xs {
			out = append(out, math.Log(x))
		}
		return out
	}
	m.Add("first day", message.Prior{Family: two, Eta: log(.5, .5)}, rain.At(0))
	m.Add("next day", message.Table{Card: []int{2, 2}, Log: log(.7, .3, .3, .7)}, rain.At(0), rain.At(1))
	m.Add("sights", message.Table{Card: []int{2, 2}, Log: log(.9, .1, .2, .8)}, rain, m.Known("umbrella", two, 2, []float64{0, 0}))
	p, err := message.NewMessages(m, message.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, _, err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for day := range 2 {
		u, _ := p.Moments(rain, day)
		fmt.Printf("day %d: p(rain) = %.3f\n", day+1, u[0])
	}
	z, _ := p.LogZ()
	fmt.Printf("p(umbrellas) = %.4f\n", math.Exp(z))
	// Output:
	// day 1: p(rain) = 0.883
	// day 2: p(rain) = 0.883
	// p(umbrellas) = 0.3515
}

// Who is stronger: two skills, of which the first was seen to win, by expectation propagation.
func ExampleInterval() {
	m := message.New()
	skill := m.Random("skill", expfam.Normal{}, 2)
	m.Add("prior", message.Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(25, 9./625)}, skill)
	perf := m.Random("performance", expfam.Normal{}, 2)
	m.Add("form", message.Normal{}, perf, skill, m.Constant(expfam.Gamma{}, 36./625))
	lead := m.Derive("lead", expfam.Normal{}, message.Linear{Weights: []float64{1, -1}}, perf.At(0), perf.At(1))
	m.Add("win", message.Interval{Low: 0, High: math.Inf(1)}, lead)
	p, err := message.NewMessages(m, message.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, converged, err := p.Run(context.Background())
	fmt.Println(converged, r.Waiting, err)
	for i := range 2 {
		u, _ := p.Moments(skill, i)
		fmt.Printf("%.2f ± %.2f\n", u[0], math.Sqrt(u[1]-u[0]*u[0]))
	}
	// Output:
	// true 0 <nil>
	// 29.21 ± 7.19
	// 20.79 ± 7.19
}

// A declaration that no message passes is refused with its factor, slot and reason.
func ExampleDeclarationError() {
	m := message.New()
	x, scale := m.Random("x", expfam.Normal{}, 1), m.Random("scale", expfam.Normal{}, 1)
	m.Add("likelihood", message.Normal{}, x, m.Constant(expfam.Normal{}, 0), scale)
	fmt.Println(m.Err())
	// Output:
	// message: factor likelihood: slot precision: scale is normal {}, want gamma {}: the messages would not be conjugate
}
