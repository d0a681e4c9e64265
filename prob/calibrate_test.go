package prob_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// filtered is the log-likelihood of a local-level model by Kalman's recursion: x_1 ~ N(0, 1),
// x_t ~ N(x_{t−1}, q²), y_t ~ N(x_t, r²).
func filtered(y []float64, q, r float64) (ll float64, mean, variance []float64) {
	m, v := 0., 1.
	var ms, vs, ps []float64
	for t, obs := range y {
		if t > 0 {
			v += q * q
		}
		ps = append(ps, v)
		s := v + r*r
		ll += logNormal(obs, m, math.Sqrt(s))
		k := v / s
		m, v = m+k*(obs-m), v*(1-k)
		ms, vs = append(ms, m), append(vs, v)
	}
	n := len(y)
	mean, variance = append([]float64(nil), ms...), append([]float64(nil), vs...)
	for t := n - 2; t >= 0; t-- { // Rauch, Tung & Striebel 1965
		c := vs[t] / ps[t+1]
		mean[t] = ms[t] + c*(mean[t+1]-ms[t])
		variance[t] = vs[t] + c*c*(variance[t+1]-ps[t+1])
	}
	return ll, mean, variance
}

// A chain of unknowns written as a Go loop: the full-rank guide is exact, and agrees with Kalman's
// filter and the smoother of Rauch, Tung and Striebel.
func TestALoopOfUnknownsMatchesTheSmoother(t *testing.T) {
	y := []float64{.4, 1.1, .3, -.6, -1.4, -.8, .2}
	const q, r = .7, .5
	m := prob.New(func(p *prob.Trace) {
		data := p.Data("y")
		var x *g.Node
		for i := range y {
			if i == 0 {
				x = p.Sample("x0", normal(p, 0, 1))
			} else {
				x = p.Sample(fmt.Sprint("x", i), dist.NewNormal(x, p.Const(q)))
			}
			p.Observe(fmt.Sprint("y", i), dist.NewNormal(x, p.Const(r)), g.Reshape(g.Slice(data, g.AxisElem(i))))
		}
	}, prob.Data{"y": y})
	ll, mean, variance := filtered(y, q, r)
	fit := fitted(t, m, prob.Options{Guide: guide.FullRank, Seed: 1, Check: 4000})
	within(t, "bound", fit.ELBO, ll, .01)
	e := estimates(t, fit)
	for i := range y {
		sd := math.Sqrt(variance[i])
		got := e[fmt.Sprint("x", i)]
		within(t, "smoothed mean in sd", (got.Mean-mean[i])/sd, 0, 4/math.Sqrt(4000)+.02)
		within(t, "smoothed sd", got.SD/sd, 1, 4/math.Sqrt(8000)+.02)
	}
}

// A hidden chain of three coins summed out jointly, against the sum over its eight states.
func TestAChainOfCoinsIsSummedExactly(t *testing.T) {
	stay := math.Log(.8 / .2)
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 1, 1))
		var z *g.Node
		for i, y := range []float64{.9, 1.3, -1.2} {
			logit := p.Const(0)
			if i > 0 {
				logit = g.MulScalar(g.AddScalar(g.MulScalar(z, 2), -1), stay)
			}
			z = p.Sample(fmt.Sprint("z", i), dist.Bernoulli{Logits: logit})
			loc := g.Mul(mu, g.AddScalar(g.MulScalar(z, 2), -1))
			p.Observe(fmt.Sprint("y", i), dist.NewNormal(loc, p.Const(1)), p.Const(y))
		}
	}, nil)
	for _, mu := range []float64{-.5, .4, 2} {
		var terms []float64
		for state := range 8 {
			lp := math.Log(.5)
			for i, y := range []float64{.9, 1.3, -1.2} {
				z := state >> i & 1
				if i > 0 {
					if state>>(i-1)&1 == z {
						lp += math.Log(.8)
					} else {
						lp += math.Log(.2)
					}
				}
				lp += logNormal(y, mu*float64(2*z-1), 1)
			}
			terms = append(terms, lp)
		}
		within(t, "ln p", logDensity(t, m, mu), logNormal(mu, 1, 1)+logSumExp(terms...), 1e-12)
	}
}

// Intervals of a normal mean and of a coin's chance cover what the data were drawn from as often as
// they say: 90 % of 100, within 4 standard errors of .03 (false alarm 6e-5 each); the coin's guide
// is not exact, and weighted.
func TestIntervalsCoverAsTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("fits 200 models")
	}
	const sets = 100
	var normals, coins []float64
	key := rng.New(77)
	hit := func(inside bool) float64 {
		if inside {
			return 1
		}
		return 0
	}
	for i := range uint64(sets) {
		eps, u := make([]float64, 6), make([]float32, 21)
		key.At(i).Named("normal").NormalFloat64(eps)
		key.At(i).Named("coin").Uniform(u)
		mu := eps[0]
		fit := fitted(t, prob.New(func(p *prob.Trace) {
			v := p.Sample("mu", normal(p, 0, 1))
			p.Plate("n", 5, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(v, p.Const(1)), p.Data("y")) })
		}, prob.Data{"y": {mu + eps[1], mu + eps[2], mu + eps[3], mu + eps[4], mu + eps[5]}}), prob.Options{Seed: i, Check: 400})
		e := estimates(t, fit)["mu"]
		normals = append(normals, hit(e.Q05 < mu && mu < e.Q95))
		chance, y := float64(u[0]), make([]float64, 20) // a uniform prior is Beta(1, 1)
		for k := range y {
			y[k] = hit(float64(u[1+k]) < chance)
		}
		fit = fitted(t, prob.New(func(p *prob.Trace) {
			c := p.Sample("chance", dist.Beta{Alpha: p.Const(1), Beta: p.Const(1)})
			logit := g.Log(g.Div(c, g.OneMinus(c)))
			p.Plate("n", 20, func(p *prob.Trace) { p.Observe("y", dist.Bernoulli{Logits: logit}, p.Data("y")) })
		}, prob.Data{"y": y}), prob.Options{Seed: i, Check: 400})
		e = corrected(t, fit)["chance"]
		coins = append(coins, hit(e.Q05 < chance && chance < e.Q95))
	}
	for name, v := range map[string][]float64{"normal": normals, "coin": coins} {
		m, _, _ := tk.Moments(v)
		within(t, name+": coverage", m, .9, 4*math.Sqrt(.09/sets))
		t.Logf("%s: %.3f of %d intervals of 90 %% cover", name, m, sets)
	}
}
