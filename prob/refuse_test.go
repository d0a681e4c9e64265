package prob_test

import (
	"context"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// bad is a model that has to be refused.
type bad struct {
	name string
	fn   func(p *prob.Trace)
	data prob.Data
	want string // exact text; "…" leaves the rest open
}

var eight = prob.Data{"y": {28, 8, -3, 7, -1, 1, 18, 12}, "sigma": {15, 10, 16, 11, 9, 11, 10, 18}}

// seen observes y of a plate under N(mu, 1).
func seen(p *prob.Trace, mu *g.Node, n int) {
	p.Plate("schools", n, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(mu, p.Const(1)), p.Data("y")) })
}

var badModels = []bad{
	{"no unknown", func(p *prob.Trace) { p.Observe("y", normal(p, 0, 1), p.Const(1)) }, nil,
		`prob: the model has no unknown (Trace.Sample)`},
	{"observed value outside the support", func(p *prob.Trace) {
		a := p.Sample("a", dist.Gamma{Concentration: p.Const(2), Rate: p.Const(1)})
		p.Plate("n", 3, func(p *prob.Trace) {
			p.Observe("y", dist.Gamma{Concentration: a, Rate: p.Const(1)}, p.Data("y"))
		})
	}, prob.Data{"y": {1, -1, 2}},
		`prob: variable "y": observed value: got -1 at index 1, want a number above 0`},
	{"fraction as a count", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Observe("y", dist.Poisson{LogRate: a}, p.Const(1.5))
	}, nil, `prob: variable "y": observed value: got 1.5, want a whole number of 0 or more`},
	{"two as a coin", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Observe("y", dist.Bernoulli{Logits: a}, p.Const(2))
	}, nil, `prob: variable "y": observed value: got 2, want 0 or 1`},
	{"negative scale", func(p *prob.Trace) { p.Sample("a", dist.HalfCauchy{Scale: p.Const(-5)}) }, nil,
		`prob: variable "a": parameter Scale: got -5, want a number above 0`},
	{"scale of the wrong sign somewhere", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Observe("y", dist.Gamma{Concentration: p.Const(2), Rate: a}, p.Const(1))
	}, nil, `prob: variable "y": parameter Rate: got 0, want a number above 0`},
	{"scale that is no number", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Observe("y", dist.NewNormal(a, p.Const(-1)), p.Const(1))
	}, nil, `prob: variable "y": parameter Scale: got -1, want a number above 0`},
	{"improper prior without data", func(p *prob.Trace) {
		p.Flat("beta", dist.Support{Set: dist.Real})
		p.Sample("a", normal(p, 0, 1))
	}, nil, `prob: variable "beta": improper density: it does not fall to 0 as the variable goes to the lower end of its range; give it a proper prior or data`},
	{"improper scale with one datum", func(p *prob.Trace) {
		s := p.Flat("scale", dist.Support{Set: dist.Positive})
		p.Observe("y", dist.NewNormal(p.Const(0), s), p.Const(1))
	}, nil, `prob: variable "scale": improper density: it does not fall to 0 as the variable goes to the upper end of its range; give it a proper prior or data`},
	{"improper element", func(p *prob.Trace) {
		b := p.Flat("beta", dist.Support{Set: dist.Real}, 3)
		p.Observe("y", dist.NewNormal(g.Slice(b, g.AxisRange(0, 2)), p.Const(1)), p.Const(1, 2))
	}, nil, `prob: variable "beta", element 2: improper density: it does not fall to 0 as the variable goes to the lower end of its range; give it a proper prior or data`},
	{"plate of another size than its data", func(p *prob.Trace) { seen(p, p.Sample("mu", normal(p, 0, 1)), 7) }, eight,
		`prob: data "y": got shape [8], want [7] first in plate "schools" of 7`},
	{"value of another size than the plate", func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 1))
		y := p.Data("y")
		p.Plate("schools", 7, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(mu, p.Const(1)), y) })
	}, eight, `prob: variable "y": observed value: got shape [8], want [7] in plate "schools" of 7`},
	{"distribution of another size than the plate", func(p *prob.Trace) {
		p.Plate("schools", 7, func(p *prob.Trace) { p.Sample("theta", dist.NewNormal(p.Const(0, 8), p.Const(1, 8))) })
	}, nil, `prob: variable "theta": got a distribution of shape [8] in plate "schools" of 7`},
	{"value of another shape than its distribution", func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 3), p.Const(1, 3)))
		p.Observe("y", dist.NewNormal(mu, p.Const(1)), p.Const(0, 4))
	}, nil, `prob: variable "y": observed value: got shape [4] for a distribution of shape [3]`},
	{"plate of no data", func(p *prob.Trace) { p.Plate("n", 0, func(*prob.Trace) {}) }, nil,
		`prob: plate "n": size: got 0, want at least 1`},
	{"minibatch larger than the data", func(p *prob.Trace) { p.Minibatch("n", 4, 5, func(*prob.Trace) {}) }, nil,
		`prob: plate "n": minibatch: got 5, want 0 to 4`},
	{"plate twice", func(p *prob.Trace) {
		p.Plate("n", 2, func(*prob.Trace) {})
		p.Plate("n", 2, func(*prob.Trace) {})
	}, nil, `prob: plate "n": the name is used twice`},
	{"plate without a name", func(p *prob.Trace) { p.Plate("", 2, func(*prob.Trace) {}) }, nil, `prob: a plate has no name`},
	{"variable twice", func(p *prob.Trace) {
		p.Sample("a", normal(p, 0, 1))
		p.Sample("a", normal(p, 0, 1))
	}, nil, `prob: variable "a": the name is used twice`},
	{"variable without a name", func(p *prob.Trace) { p.Sample("", normal(p, 0, 1)) }, nil, `prob: a variable has no name`},
	{"unknown data", func(p *prob.Trace) { p.Data("z") }, eight, `prob: data "z": there are none of that name; there are sigma, y`},
	{"no data at all", func(p *prob.Trace) { p.Data("z") }, nil, `prob: data "z": there are none of that name; there are none at all`},
	{"data of another size", func(p *prob.Trace) { p.Data("y", 4, 3) }, eight, `prob: data "y": got 8 numbers, want 12 for shape [4 3]`},
	{"data that are no numbers", func(p *prob.Trace) {}, prob.Data{"y": {1, math.NaN()}}, `prob: data "y": got NaN at index 1, want a finite number`},
	{"infinite data", func(p *prob.Trace) {}, prob.Data{"y": {math.Inf(-1)}}, `prob: data "y": got -Inf at index 0, want a finite number`},
	{"empty data", func(p *prob.Trace) {}, prob.Data{"y": {}}, `prob: data "y": got no numbers, want at least one`},
	{"log-density that is no number", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Factor("root", g.Sqrt(g.AddScalar(g.Neg(g.Square(a)), -1)))
	}, nil, `prob: variable "root": log-density: got NaN, want a finite number`},
	{"impossible data", func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 1))
		p.Factor("never", g.Sub(g.MulScalar(a, 0), p.Const(math.Inf(1))))
	}, nil, `prob: variable "never": log-density: got −Inf at 4 points, want a finite number`},
	{"counts without end", func(p *prob.Trace) { p.Sample("k", dist.Poisson{LogRate: p.Const(1)}) }, nil,
		`prob: variable "k": discrete unknown: dist.Poisson has infinitely many values, want finitely many to sum over`},
	{"discrete unknowns side by side", func(p *prob.Trace) { p.Sample("z", dist.Bernoulli{Logits: p.Const(0, 5)}) }, nil,
		`prob: variable "z": discrete unknown: got 5 of them side by side, want one in a plate of 5`},
	{"too many joint values", func(p *prob.Trace) {
		for _, n := range []string{"a", "b", "c"} {
			p.Sample(n, dist.Categorical{Logits: p.Const(0, 5)})
		}
	}, nil, `prob: variable "c": discrete unknown: got 125 joint values to sum over, want at most 64`},
	{"draws of what is summed out", func(p *prob.Trace) {
		z := p.Sample("z", dist.Bernoulli{Logits: p.Const(0)})
		p.Deterministic("twice", g.MulScalar(z, 2))
	}, nil, `prob: variable "twice": computed value: the discrete unknown "z" beside it is summed out, so it has no draws`},
	{"factor of another shape", func(p *prob.Trace) { p.Factor("f", p.Const(0, 3)) }, nil,
		`prob: variable "f": factor: got shape [3], want [] of its plates`},
	{"nil as a value", func(p *prob.Trace) { p.Observe("y", normal(p, 0, 1), nil) }, nil, `prob: variable "y": observed value: got nil`},
	{"panic in the function", func(*prob.Trace) { panic("oh") }, nil, `prob: the model's function: oh`},
}

func TestBadModelsAreRefusedByName(t *testing.T) {
	for _, b := range badModels {
		m := prob.New(b.fn, b.data)
		refused(t, b.name, m.Check(), b.want)
		_, err := prob.ADVI(context.Background(), m, prob.Options{})
		refused(t, b.name+", fitted", err, b.want)
		_, err = prob.MAP(context.Background(), m, 1)
		refused(t, b.name+", maximised", err, b.want)
	}
	refused(t, "no function", prob.New(nil, nil).Check(), "prob: the model has no function")
}

func TestBadOptionsAreRefused(t *testing.T) {
	m := gaussian(0, 0, 1, 0, 1, 0)
	for want, o := range map[string]prob.Options{
		"prob: options: got -1 draws, 0 steps, window 0, 0 final draws, 0 starts, want none below 0": {Draws: -1},
		"prob: options: got 0 draws, -3 steps, window 0, 0 final draws, 0 starts, want none below 0": {Steps: -3},
		"prob: options: got 0 draws, 0 steps, window 0, 0 final draws, -2 starts, want none below 0": {Starts: -2},
		"prob: options: got rate -1 and tolerance 0, want 0 or more":                                 {Rate: -1},
		"prob: options: got rate NaN and tolerance 0, want 0 or more":                                {Rate: math.NaN()},
	} {
		_, err := prob.ADVI(context.Background(), m, o)
		refused(t, "options", err, want)
	}
}

// Two unknowns that only their sum constrains are each proper given the other; together they are
// not, which the fit finds by its scales.
func TestARidgeIsRefusedByTheFit(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		a := p.Flat("a", dist.Support{Set: dist.Real})
		b := p.Flat("b", dist.Support{Set: dist.Real})
		p.Observe("y", dist.NewNormal(g.Add(a, b), p.Const(1)), p.Const(0))
	}, nil)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		_, err := prob.ADVI(context.Background(), m, prob.Options{Seed: seed})
		refused(t, "ridge", err, `prob: variable "…`)
		if err != nil && !strings.Contains(err.Error(), `improper density: it does not fall to 0 as`) {
			t.Errorf("got %v, want a, b and the reason", err)
		}
	}
	inside := prob.New(func(p *prob.Trace) {
		a := p.Flat("a", dist.Support{Set: dist.Real}, 3)
		p.Observe("y", dist.NewNormal(g.ReduceAllSum(a), p.Const(1)), p.Const(0))
	}, nil)
	_, err := prob.ADVI(context.Background(), inside, prob.Options{})
	refused(t, "ridge of elements", err, `prob: variable "a": improper density: it does not fall to 0 along a direction of its elements; give it a proper prior or data`)
}
