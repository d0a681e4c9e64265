package prob_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
)

// logDensity evaluates a model at a point.
func logDensity(t testing.TB, m *prob.Model, u ...float64) float64 {
	t.Helper()
	v, err := m.LogDensity(u)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func logNormal(x, m, s float64) float64 {
	return -.5*math.Log(2*math.Pi) - math.Log(s) - (x-m)*(x-m)/(2*s*s)
}

func logSumExp(v ...float64) float64 {
	top, sum := math.Inf(-1), 0.
	for _, x := range v {
		top = math.Max(top, x)
	}
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

var points = []float64{-1.5, .2, 3, 2.4, -.7}

// A mixture with each datum's component summed out, one sum a datum.
func TestComponentsAreSummedOutDatumByDatum(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 3), p.Const(2)))
		p.Plate("data", 5, func(p *prob.Trace) {
			z := p.Sample("z", dist.Categorical{Logits: g.Const(mu.Graph(), []float64{.1, -.4, .7})})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), p.Const(.9)), p.Data("y"))
		})
	}, prob.Data{"y": points})
	mu, logits := []float64{-1, .5, 2.2}, []float64{.1, -.4, .7}
	norm := logSumExp(logits...)
	want := 0.
	for _, v := range mu {
		want += logNormal(v, 0, 2)
	}
	for _, y := range points {
		var terms []float64
		for k, v := range mu {
			terms = append(terms, logits[k]-norm+logNormal(y, v, .9))
		}
		want += logSumExp(terms...)
	}
	within(t, "ln p", logDensity(t, m, mu...), want, 1e-12)
}

// Two discrete unknowns in one plate, one of them a coin, give six terms a datum.
func TestJointValuesOfAPlateAreSummed(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		s := p.Sample("s", normal(p, 0, 1))
		p.Plate("data", 5, func(p *prob.Trace) {
			a := p.Sample("a", dist.Bernoulli{Logits: p.Const(.3)})
			b := p.Sample("b", dist.Categorical{Logits: g.Const(s.Graph(), []float64{0, 1, 2})})
			loc := g.Add(g.MulScalar(a, 2), g.Mul(s, b))
			p.Observe("y", dist.NewNormal(loc, p.Const(1)), p.Data("y"))
		})
	}, prob.Data{"y": points})
	const s = .8
	want := logNormal(s, 0, 1)
	norm := logSumExp(0, 1, 2)
	for _, y := range points {
		var terms []float64
		for a := range 2 {
			for b := range 3 {
				la := .3*float64(a) - math.Log1p(math.Exp(.3))
				terms = append(terms, la+float64(b)-norm+logNormal(y, 2*float64(a)+s*float64(b), 1))
			}
		}
		want += logSumExp(terms...)
	}
	within(t, "ln p", logDensity(t, m, s), want, 1e-12)
}

// A discrete unknown of an outer plate is summed over the product of its inner plate.
func TestOuterChoicesSumOverInnerProducts(t *testing.T) {
	y := []float64{.1, 2.3, -1, 1.8, .4, 2.9} // words × documents, 3 × 2
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(1)))
		p.Plate("documents", 2, func(p *prob.Trace) {
			z := p.Sample("topic", dist.Categorical{Logits: p.Const(0, 2)})
			p.Plate("words", 3, func(p *prob.Trace) {
				w := p.Sample("noise", dist.Bernoulli{Logits: p.Const(-1)})
				loc := g.Add(g.ExpandAxes(prob.Select(mu, z), 0), g.MulScalar(w, 3))
				p.Observe("y", dist.NewNormal(loc, p.Const(.5)), p.Data("y"))
			})
		})
	}, prob.Data{"y": y})
	mu := []float64{.2, 1.9}
	want := logNormal(mu[0], 0, 1) + logNormal(mu[1], 0, 1)
	for d := range 2 {
		var topics []float64
		for k := range 2 {
			sum := math.Log(.5)
			for w := range 3 {
				l := math.Log1p(math.Exp(-1))
				sum += logSumExp(-l+logNormal(y[w*2+d], mu[k], .5), -1-l+logNormal(y[w*2+d], mu[k]+3, .5))
			}
			topics = append(topics, sum)
		}
		want += logSumExp(topics...)
	}
	within(t, "ln p", logDensity(t, m, mu...), want, 1e-12)
}

// Without continuous unknowns the log-density is the exact evidence.
func TestEvidenceOfADiscreteModelIsExact(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		rain := p.Sample("rain", dist.Bernoulli{Logits: p.Const(math.Log(.2 / .8))})
		wet := g.AddScalar(g.MulScalar(rain, 4), -2)
		hot := p.Sample("hot", dist.OneHotCategorical{Logits: p.Const(0, 3)})
		p.Observe("grass", dist.Bernoulli{Logits: wet}, p.Const(1))
		p.Observe("x", dist.NewNormal(g.Slice(hot, g.AxisElem(1)), p.Const(1)), p.Const(.5, 1))
	}, nil)
	sigma := func(l float64) float64 { return 1 / (1 + math.Exp(-l)) }
	want := math.Log(.2*sigma(2)+.8*sigma(-2)) + logSumExp(
		math.Log(1./3)+logNormal(.5, 1, 1), math.Log(2./3)+logNormal(.5, 0, 1))
	within(t, "ln p(grass)", logDensity(t, m), want, 1e-12)
}

// A mixture's fit finds its components from the data alone.
func TestMixtureFitFindsTheComponents(t *testing.T) {
	y := make([]float64, 60)
	for i := range y {
		y[i] = -2 + .4*math.Sin(float64(3*i))
		if i%3 == 0 {
			y[i] += 5
		}
	}
	m := prob.New(func(p *prob.Trace) {
		mu := p.Flat("mu", dist.Support{Set: dist.Ordered}, 2)
		p.Factor("prior", g.MulScalar(g.ReduceAllSum(g.Square(mu)), -1./50))
		w := p.Sample("weight", dist.Beta{Alpha: p.Const(2), Beta: p.Const(2)})
		p.Plate("data", 60, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: g.Log(g.Div(w, g.OneMinus(w)))})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": y})
	e := estimates(t, fitted(t, m, prob.Options{Seed: 3}))
	var low, high float64
	for i, v := range y {
		if i%3 == 0 {
			high += v / 20
		} else {
			low += v / 40
		}
	}
	within(t, "lower mean", e["mu[0]"].Mean, low, .05)
	within(t, "upper mean", e["mu[1]"].Mean, high, .05)
	within(t, "sd of the lower mean", e["mu[0]"].SD, .5/math.Sqrt(40), .01)
	within(t, "weight", e["weight"].Mean, 22./64, .01)
}
