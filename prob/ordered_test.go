package prob_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// Two ordered numbers u₁ < u₁ + e^{u₂}: the density by hand, with the volume e^{u₂}.
func TestOrderedDensitiesAreThoseOfOrderStatistics(t *testing.T) {
	m := prob.New(func(p *prob.Trace) { p.Sample("x", prob.Ordered{Of: normal(p, 1, 2), N: 2}) }, nil)
	for _, u := range [][]float64{{0, 0}, {-1.3, .4}, {2, -3}} {
		x := []float64{u[0], u[0] + math.Exp(u[1])}
		want := math.Log(2) + u[1]
		for _, v := range x {
			want += -.5*(v-1)*(v-1)/4 - math.Log(2) - .5*math.Log(2*math.Pi)
		}
		within(t, "ln p", logDensity(t, m, u...), want, 1e-12)
	}
	// It is a density: the bound of the prior comes near ln 1 = 0 and the evidence is 0.
	fit := fitted(t, m, prob.Options{Seed: 1, Check: 4000})
	z, se := fit.LogEvidence()
	within(t, "log-evidence", z, 0, math.Max(4*se, .01))
}

// Draws of the prior are in order, and those of three normal numbers have means ∓.8463 and 0
// (3/(2√π)): 4 standard errors of 4,000 draws, false alarm 1e-4.
func TestOrderedDrawsAreSorted(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		p.Sample("x", prob.Ordered{Of: normal(p, 0, 1), N: 3})
		p.Sample("y", prob.Ordered{Of: normal(p, 0, 1), N: 3})
	}, nil)
	all, err := m.Prior(2000, 3)
	if err != nil {
		t.Fatal(err)
	}
	rows := append(all["x"], all["y"]...)
	var mean [3]float64
	for _, x := range rows {
		if !(x[0] < x[1] && x[1] < x[2]) {
			t.Fatalf("got %v, want increasing numbers", x)
		}
		for i, v := range x {
			mean[i] += v / float64(len(rows))
		}
	}
	for i, want := range []float64{-1.5 / math.Sqrt(math.Pi), 0, 1.5 / math.Sqrt(math.Pi)} {
		within(t, "mean", mean[i], want, 4*.75/math.Sqrt(4000))
	}
}

// A value out of order that is observed is refused by name.
func TestOrderedValuesOutOfOrderAreNamed(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 1))
		p.Observe("x", prob.Ordered{Of: dist.NewNormal(mu, p.Const(1)), N: 2}, g.Const(mu.Graph(), []float64{2, 1}))
	}, nil)
	refused(t, "order", m.Check(), `prob: variable "x": observed value: got [2 1] at index 0, want increasing numbers`)
}
