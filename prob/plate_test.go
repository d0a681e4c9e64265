package prob_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/prob"
)

// hierarchy has one local unknown a datum, seen in minibatches of b.
func hierarchy(n, b int) *prob.Model {
	y, x := make([]float64, n), make([]float64, n)
	for i := range y {
		y[i], x[i] = math.Sin(float64(i)), float64(i%4)-1.5
	}
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 1))
		p.Minibatch("data", n, b, func(p *prob.Trace) {
			z := p.Sample("z", dist.NewNormal(mu, p.Const(.7)))
			s := p.Sample("s", dist.Exponential{Rate: p.Const(1)})
			p.Observe("y", dist.NewNormal(g.Add(z, p.Data("x")), g.AddScalar(s, .1)), p.Data("y"))
		})
	}, prob.Data{"y": y, "x": x})
}

// targets evaluates a model's target at a point with the noise of many keys.
func targets(t *testing.T, m *prob.Model, u []float64, n int) []float64 {
	t.Helper()
	target, err := m.Target()
	if err != nil {
		t.Fatal(err)
	}
	if target.Dim != len(u) {
		t.Fatalf("got %d dimensions, want %d", target.Dim, len(u))
	}
	prog := model.NewProgram(tk.Params(t, dtypes.Float64), "target", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{target.LogDensity(s, in[0])}
	})
	out := make([]float64, n)
	for i := range out {
		out[i] = tk.Values(t, prog, rng.New(uint64(i)), tk.Vector(u...))[0][0]
	}
	return out
}

// A minibatch's log-density is an unbiased estimate of that of all data, whether the batch divides
// the data or not. Right estimates fail with probability 6e-5 a case.
func TestMinibatchesEstimateTheWhole(t *testing.T) {
	for _, c := range [][2]int{{12, 3}, {12, 5}, {7, 6}, {10, 1}} {
		n, b := c[0], c[1]
		u := make([]float64, 1+2*n)
		rng.New(9).NormalFloat64(u)
		whole := logDensity(t, hierarchy(n, b), u...)
		within(t, "whole without minibatches", logDensity(t, hierarchy(n, 0), u...), whole, 1e-10)
		got := targets(t, hierarchy(n, b), u, 4000)
		tk.MeanWithin(t, fmt.Sprintf("%d of %d", b, n), got, whole, 4)
		if _, v, _ := tk.Moments(got); v == 0 {
			t.Errorf("%d of %d: all minibatches are alike", b, n)
		}
		for _, v := range targets(t, hierarchy(n, n), u, 2) {
			within(t, "a minibatch of all", v, whole, 1e-10)
		}
	}
}

// With N data in parts of b, every datum is drawn with chance b/N: the estimate of a single
// datum's weight is exact on average.
func TestEveryDatumHasTheSameChance(t *testing.T) {
	const n, b, runs = 7, 3, 6000
	for i := range n {
		m := prob.New(func(p *prob.Trace) {
			p.Sample("a", normal(p, 0, 1))
			p.Minibatch("data", n, b, func(p *prob.Trace) { p.Factor("hit", p.Data("hit")) })
		}, prob.Data{"hit": func() []float64 { v := make([]float64, n); v[i] = 1; return v }()})
		got := targets(t, m, []float64{0}, runs)
		tk.MeanWithin(t, fmt.Sprint("datum ", i), got, 1-.5*math.Log(2*math.Pi), 4)
	}
}

// Minibatches of two nested plates, the inner axis first.
func TestNestedMinibatchesPickBothAxes(t *testing.T) {
	const n, k = 4, 3
	build := func(bn, bk int) *prob.Model {
		y := make([]float64, n*k)
		for i := range y {
			y[i] = float64(i * i)
		}
		return prob.New(func(p *prob.Trace) {
			p.Sample("a", normal(p, 0, 1))
			p.Minibatch("outer", n, bn, func(p *prob.Trace) {
				z := p.Sample("z", normal(p, 0, 1))
				p.Minibatch("inner", k, bk, func(p *prob.Trace) {
					p.Factor("y", g.Mul(g.ExpandAxes(z, 0), p.Data("y", k, n)))
				})
			})
		}, prob.Data{"y": y})
	}
	u := []float64{.3, 1, -1, 2, .5}
	whole := logDensity(t, build(0, 0), u...)
	want := -2.5*math.Log(2*math.Pi) - (.09+1+1+4+.25)/2
	for i := range k * n {
		want += float64(i*i) * u[1+i%n]
	}
	within(t, "whole", whole, want, 1e-9)
	tk.MeanWithin(t, "both in minibatches", targets(t, build(2, 2), u, 4000), whole, 4)
	tk.MeanWithin(t, "inner in minibatches", targets(t, build(0, 1), u, 4000), whole, 4)
}

// Unknowns take the plate's size, and keep axes of their own after it.
func TestPlatesExpandTheirUnknowns(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		p.Plate("outer", 3, func(p *prob.Trace) {
			a := p.Sample("a", normal(p, 0, 1))
			p.Sample("w", dist.NewNormal(p.Const(0, 3, 2), p.Const(1)))
			p.Sample("simplex", dist.Dirichlet{Concentration: p.Const(1, 4)})
			p.Plate("inner", 5, func(p *prob.Trace) {
				p.Sample("b", dist.NewNormal(a, p.Const(1)))
			})
		})
	}, nil)
	x, err := m.Prior(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"a": 3, "w": 6, "simplex": 12, "b": 15} {
		if len(x[name]) != 3 || len(x[name][0]) != want {
			t.Errorf("%s: got %d draws of %d numbers, want 3 of %d", name, len(x[name]), len(x[name][0]), want)
		}
	}
	if n, err := m.Dim(); err != nil || n != 3+6+9+15 {
		t.Errorf("got %d unconstrained reals, error %v, want 33", n, err)
	}
}

// A fit with minibatches finds the posterior of all data.
func TestMinibatchFitFindsThePosteriorOfAllData(t *testing.T) {
	const n = 200
	y := make([]float64, n)
	rng.New(4).NormalFloat64(y)
	sum := 0.
	for i := range y {
		y[i] += 2
		sum += y[i]
	}
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 10))
		p.Minibatch("data", n, 50, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(mu, p.Const(1)), p.Data("y"))
		})
	}, prob.Data{"y": y})
	e := estimates(t, fitted(t, m, prob.Options{Seed: 1}))["mu"]
	precision := n + .01
	sd := 1 / math.Sqrt(precision)
	within(t, "mean in sd", (e.Mean-sum/precision)/sd, 0, .2)
	within(t, "sd", e.SD/sd, 1, .1)
}
