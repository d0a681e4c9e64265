package prob_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
)

// forwarded is an unknown with the mean and variance of its elements, NaN where there are none.
type forwarded struct {
	name           string
	of             func(p *prob.Trace) dist.Distribution
	mean, variance []float64
}

func row(p *prob.Trace, v ...float64) *g.Node { return g.Const(p.Const(0).Graph(), v) }

var forwardedDists = []forwarded{
	{"normal", func(p *prob.Trace) dist.Distribution { return normal(p, 3, 2) }, []float64{3}, []float64{4}},
	{"normals", func(p *prob.Trace) dist.Distribution { return dist.NewNormal(row(p, 1, -1), p.Const(.5)) }, []float64{1, -1}, []float64{.25, .25}},
	{"laplace", func(p *prob.Trace) dist.Distribution { return dist.NewLaplace(p.Const(1), p.Const(2)) }, []float64{1}, []float64{8}},
	{"gamma", func(p *prob.Trace) dist.Distribution {
		return dist.Gamma{Concentration: p.Const(3), Rate: p.Const(2)}
	}, []float64{1.5}, []float64{.75}},
	{"exponential", func(p *prob.Trace) dist.Distribution { return dist.Exponential{Rate: p.Const(4)} }, []float64{.25}, []float64{1. / 16}},
	{"half-normal", func(p *prob.Trace) dist.Distribution { return dist.HalfNormal{Scale: p.Const(2)} },
		[]float64{2 * math.Sqrt(2/math.Pi)}, []float64{4 * (1 - 2/math.Pi)}},
	{"beta", func(p *prob.Trace) dist.Distribution { return dist.Beta{Alpha: p.Const(2), Beta: p.Const(3)} }, []float64{.4}, []float64{.04}},
	{"uniform", func(p *prob.Trace) dist.Distribution { return dist.Uniform{Low: p.Const(-1), High: p.Const(5)} }, []float64{2}, []float64{3}},
	{"dirichlet", func(p *prob.Trace) dist.Distribution { return dist.Dirichlet{Concentration: row(p, 1, 2, 5)} },
		[]float64{.125, .25, .625}, []float64{.875 * .125 / 9, .75 * .25 / 9, .375 * .625 / 9}},
	{"bernoulli", func(p *prob.Trace) dist.Distribution { return dist.Bernoulli{Logits: p.Const(math.Log(3))} }, []float64{.75}, []float64{3. / 16}},
	{"categorical", func(p *prob.Trace) dist.Distribution {
		return dist.Categorical{Logits: row(p, math.Log(.2), math.Log(.3), math.Log(.5))}
	}, []float64{1.3}, []float64{.61}},
	{"multivariate normal", func(p *prob.Trace) dist.Distribution {
		return dist.MultivariateNormal{Loc: row(p, 1, 2), Tril: g.Reshape(row(p, 1, 0, 2, 3), 2, 2)}
	}, []float64{1, 2}, []float64{1, 13}},
}

// Draws from the prior have the moments of their distributions, alone and in plates: means of
// 3,000 draws within 5 standard errors (false alarm 6e-7 each), variances within 25 %.
func TestPriorDrawsHaveTheirMoments(t *testing.T) {
	const draws = 3000
	for _, f := range forwardedDists {
		for _, plates := range []int{0, 1, 2} {
			m := prob.New(func(p *prob.Trace) {
				switch plates {
				case 0:
					p.Sample("x", f.of(p))
				case 1:
					p.Plate("n", 2, func(p *prob.Trace) { p.Sample("x", alone(p, f)) })
				case 2:
					p.Plate("outer", 2, func(p *prob.Trace) {
						p.Plate("inner", 3, func(p *prob.Trace) { p.Sample("x", alone(p, f)) })
					})
				}
			}, nil)
			if plates > 0 && f.name == "normals" {
				continue // a vector of its own beside a plate needs the plate's axis first
			}
			x, err := m.Prior(draws, 3)
			if err != nil {
				t.Fatal(f.name, err)
			}
			k := len(f.mean)
			copies := []int{1, 2, 6}[plates]
			if len(x["x"]) != draws || len(x["x"][0]) != copies*k {
				t.Fatalf("%s in %d plates: got %d draws of %d numbers, want %d of %d", f.name, plates, len(x["x"]), len(x["x"][0]), draws, copies*k)
			}
			for i := range copies * k {
				v := make([]float64, draws)
				for j := range v {
					v[j] = x["x"][j][i]
				}
				tk.MeanWithin(t, f.name, v, f.mean[i%k], 5)
				_, variance, _ := tk.Moments(v)
				within(t, f.name+": variance", variance/f.variance[i%k], 1, .25)
			}
			if copies > 1 && x["x"][0][0] == x["x"][0][k] && x["x"][1][0] == x["x"][1][k] && x["x"][2][0] == x["x"][2][k] && f.name != "bernoulli" && f.name != "categorical" {
				t.Errorf("%s: the data of a plate are copies of one draw", f.name)
			}
		}
	}
}

// alone is the distribution as it stands.
func alone(p *prob.Trace, f forwarded) dist.Distribution { return f.of(p) }

// Draws of one seed are the same; another variable does not shift them.
func TestPriorDrawsRepeatBySeedAndName(t *testing.T) {
	one := prob.New(func(p *prob.Trace) { p.Sample("x", normal(p, 0, 1)) }, nil)
	two := prob.New(func(p *prob.Trace) {
		p.Sample("y", normal(p, 0, 1))
		p.Sample("x", normal(p, 0, 1))
	}, nil)
	a, err := one.Prior(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.Prior(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := one.Prior(5, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a["x"] {
		if a["x"][i][0] != b["x"][i][0] {
			t.Errorf("draw %d: got %v beside another variable, want %v", i, b["x"][i][0], a["x"][i][0])
		}
		if a["x"][i][0] == c["x"][i][0] || a["x"][i][0] == b["y"][i][0] {
			t.Errorf("draw %d: another seed or name gave the same number %v", i, a["x"][i][0])
		}
	}
}

// Chains of variables: the variance of a random walk grows by one a step, and computed values
// follow the draws.
func TestPriorDrawsFollowTheModel(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		x := p.Const(0)
		for _, name := range []string{"a", "b", "c", "d"} {
			x = p.Sample(name, dist.NewNormal(x, p.Const(1)))
		}
		twice := p.Deterministic("twice", g.MulScalar(x, 2))
		p.Observe("y", dist.NewNormal(twice, p.Const(.1)), p.Const(1))
	}, nil)
	x, err := m.Prior(4000, 4)
	if err != nil {
		t.Fatal(err)
	}
	for k, name := range []string{"a", "b", "c", "d"} {
		var v []float64
		for _, r := range x[name] {
			v = append(v, r[0])
		}
		_, variance, _ := tk.Moments(v)
		within(t, "variance of "+name, variance/float64(k+1), 1, .12)
	}
	var noise []float64
	for i := range x["d"] {
		within(t, "twice", x["twice"][i][0], 2*x["d"][i][0], 1e-14)
		noise = append(noise, x["y"][i][0]-x["twice"][i][0])
	}
	tk.MeanWithin(t, "noise", noise, 0, 4)
	_, variance, _ := tk.Moments(noise)
	within(t, "variance of the noise", variance/.01, 1, .12)
}

// What has no draws says so by name.
func TestFlatPriorsHaveNoDraws(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Flat("mu", dist.Support{Set: dist.Real})
		p.Observe("y", dist.NewNormal(mu, p.Const(1)), p.Const(1))
	}, nil)
	_, err := m.Prior(1, 1)
	refused(t, "flat", err, `prob: variable "mu": a flat prior has no draws`)
	fit := fitted(t, m, prob.Options{Seed: 1})
	if _, err := fit.Predict(3, 1); err != nil {
		t.Errorf("predictions need no prior, got %v", err)
	}
}

// Posterior predictive draws of a mixture draw the components anew.
func TestPredictionsDrawComponentsAnew(t *testing.T) {
	y := []float64{-5.1, -4.9, -5, 5.2, 4.8, 5}
	m := prob.New(func(p *prob.Trace) {
		p.Sample("shift", normal(p, 0, .01))
		p.Plate("data", 6, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: p.Const(math.Log(3))})
			p.Observe("y", dist.NewNormal(g.AddScalar(g.MulScalar(z, 10), -5), p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": y})
	fit := fitted(t, m, prob.Options{Seed: 1})
	got, err := fit.Predict(500, 3)
	if err != nil {
		t.Fatal(err)
	}
	var high []float64
	for _, r := range got["y"] {
		for _, v := range r {
			if v > 0 {
				high = append(high, 1)
			} else {
				high = append(high, 0)
			}
		}
	}
	tk.MeanWithin(t, "share of the upper component", high, .75, 4)
	if _, ok := got["z"]; ok {
		t.Error("predictions hold an unknown")
	}
}
