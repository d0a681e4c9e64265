package prob_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// valuesOf returns the computed values of a model at a point.
func valuesOf(t *testing.T, m *prob.Model, u ...float64) map[string][][]float64 {
	t.Helper()
	x, err := m.Constrain([][]float64{u})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Data take the shape that is asked for, or that of the plates.
func TestDataTakeTheirShape(t *testing.T) {
	shapes := map[string]string{}
	m := prob.New(func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		note := func(what string, x *g.Node) { shapes[what] = fmt.Sprint(x.Shape().Dimensions) }
		note("vector", p.Data("x"))
		note("matrix", p.Data("x", 3, 2))
		note("cube", p.Data("x", 1, 2, 3))
		note("scalar", p.Data("one"))
		p.Plate("outer", 2, func(p *prob.Trace) {
			note("rows", p.Data("x", 2, 3))
			p.Plate("inner", 3, func(p *prob.Trace) {
				note("both plates", p.Data("x"))
				note("both plates and more", p.Data("x", 3, 2, 1))
				p.Factor("f", g.Mul(a, p.Data("x")))
			})
		})
	}, prob.Data{"x": {1, 2, 3, 4, 5, 6}, "one": {7}})
	within(t, "ln p", logDensity(t, m, 1.5), logNormal(1.5, 0, 1)+1.5*21, 1e-12)
	for what, want := range map[string]string{
		"vector": "[6]", "matrix": "[3 2]", "cube": "[1 2 3]", "scalar": "[1]", "rows": "[2 3]", "both plates": "[3 2]", "both plates and more": "[3 2 1]",
	} {
		if shapes[what] != want {
			t.Errorf("%s: got shape %s, want %s", what, shapes[what], want)
		}
	}
}

// The text of an error names every plate that data are read in.
func TestDataOfNestedPlatesNameThem(t *testing.T) {
	for want, fn := range map[string]func(p *prob.Trace){
		`prob: data "x": got shape [6], want [3 2] first in plate "inner" of 3 in plate "outer" of 2`: func(p *prob.Trace) { p.Data("x", 6) },
		`prob: data "x": got shape [2 3], want [3 2] first in plate "inner" of 3 in plate "outer" of 2`: func(p *prob.Trace) {
			p.Data("x", 2, 3)
		},
		`prob: variable "y": observed value: got shape [6], want [3 2] in plate "inner" of 3 in plate "outer" of 2`: func(p *prob.Trace) {
			p.Observe("y", normal(p, 0, 1), p.Const(0, 6))
		},
		`prob: variable "y": observed value: got shape [3 2], want [3 2] in plate "inner" of 3 in plate "outer" of 2 and 1 axes more`: func(p *prob.Trace) {
			p.Observe("y", dist.Dirichlet{Concentration: p.Const(1, 3)}, p.Const(1, 3, 2))
		},
		`prob: variable "t": got a distribution of shape [2 3] in plate "inner" of 3 in plate "outer" of 2`: func(p *prob.Trace) {
			p.Sample("t", dist.NewNormal(p.Const(0, 2, 3), p.Const(1)))
		},
	} {
		m := prob.New(func(p *prob.Trace) {
			p.Sample("a", normal(p, 0, 1))
			p.Plate("outer", 2, func(p *prob.Trace) { p.Plate("inner", 3, fn) })
		}, prob.Data{"x": {1, 2, 3, 4, 5, 6}})
		refused(t, "nested", m.Check(), want)
	}
}

// Shape mistakes inside a variable's own density carry its name.
func TestShapeMistakesNameTheVariable(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		a := p.Sample("a", dist.NewNormal(p.Const(0, 3), p.Const(1)))
		p.Observe("y", dist.NewNormal(a, p.Const(1, 2)), p.Const(0, 3))
	}, nil)
	err := m.Check()
	if err == nil || !strings.HasPrefix(err.Error(), `prob: variable "y": `) {
		t.Errorf("got %v, want y by name", err)
	}
}

// Elements along the first axis are selected by whole numbers in any shape.
func TestSelectTakesElements(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		a := p.Sample("a", dist.NewNormal(p.Const(0, 3), p.Const(1)))
		w := p.Sample("w", dist.NewNormal(p.Const(0, 2, 2), p.Const(1)))
		p.Deterministic("one", prob.Select(a, p.Const(2)))
		p.Deterministic("many", prob.Select(a, p.Data("k")))
		p.Deterministic("rows", prob.Select(w, p.Data("row")))
	}, prob.Data{"k": {2, 0, 0, 1}, "row": {1, 0, 1}})
	x := valuesOf(t, m, 10, 11, 12, 1, 2, 3, 4)
	for name, want := range map[string]string{
		"one": "[12]", "many": "[12 10 10 11]", "rows": "[3 4 1 2 3 4]", "a": "[10 11 12]", "w": "[1 2 3 4]",
	} {
		if got := fmt.Sprint(x[name][0]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// Vectors observed in a plate: one event a datum.
func TestVectorsInAPlateAreOneEventEach(t *testing.T) {
	y := []float64{.1, .2, 1.1, -.4, .9, 2}
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(1)))
		p.Plate("n", 3, func(p *prob.Trace) {
			tril := g.Reshape(g.Const(mu.Graph(), []float64{1, 0, .5, 2}), 2, 2)
			p.Observe("y", dist.MultivariateNormal{Loc: mu, Tril: tril}, p.Data("y", 3, 2))
		})
	}, prob.Data{"y": y})
	mu := []float64{.3, -.2}
	want := logNormal(mu[0], 0, 1) + logNormal(mu[1], 0, 1)
	for i := range 3 {
		z1 := y[2*i] - mu[0]
		want += logNormal(z1, 0, 1) + logNormal(y[2*i+1]-mu[1]-.5*z1, 0, 2)
	}
	within(t, "ln p", logDensity(t, m, mu...), want, 1e-12)
}

// Axes of a variable beyond its plates are summed with it.
func TestFurtherAxesBelongToTheVariable(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		w := p.Sample("w", dist.NewNormal(p.Const(0, 2, 3), p.Const(2)))
		p.Plate("n", 2, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.MulScalar(w, 2), p.Const(1)), p.Data("y", 2, 3))
		})
	}, prob.Data{"y": {1, 2, 3, 4, 5, 6}})
	u, want := []float64{.5, 1, -1, 2, 0, 3}, 0.
	for i, v := range u {
		want += logNormal(v, 0, 2) + logNormal(float64(i+1), 2*v, 1)
	}
	within(t, "ln p", logDensity(t, m, u...), want, 1e-12)
}

// A model of constants alone beside its unknown: the terms of a plate without variables are none.
func TestEmptyPlatesAddNothing(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		p.Sample("a", normal(p, 0, 1))
		p.Plate("nothing", 5, func(*prob.Trace) {})
		p.Factor("constant", p.Const(3))
	}, nil)
	within(t, "ln p", logDensity(t, m, .7), logNormal(.7, 0, 1)+3, 1e-13)
	if math.IsNaN(logDensity(t, m, 1e200)) {
		t.Error("a point far out has no log-density")
	}
}
