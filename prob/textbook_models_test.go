package prob_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/special"
)

// textbook is a model of the textbooks with data drawn for it.
type textbook struct {
	name  string
	model *prob.Model
	watch []string // variables whose moments are compared
}

func textbooks() []textbook {
	return []textbook{
		{"varying intercepts", varyingIntercepts(), []string{"mu", "tau", "sigma", "a"}},
		{"Poisson regression", poissonRegression(), []string{"b"}},
		{"mixture of three", threeComponents(), []string{"mu", "weights"}},
		{"ordered logit", orderedLogit(), []string{"slope", "cut"}},
		{"correlated effects", correlatedEffects(), []string{"mu", "scale", "effect"}},
		{"horseshoe", horseshoe(), []string{"beta", "sigma"}},
		{"AR(2)", secondOrder(), []string{"phi", "sigma"}},
		{"survival with censoring", survival(), []string{"shape", "b"}},
		{"Gaussian process", process(), []string{"length", "height", "noise"}},
		{"zero-inflated counts", zeroInflated(), []string{"rate", "share"}},
	}
}

// noise is n numbers of N(0, 1).
func noise(seed uint64, n int) []float64 {
	x := make([]float64, n)
	rng.New(seed).NormalFloat64(x)
	return x
}

// varyingIntercepts: a_j = μ + τz_j, y ~ N(a_{group}, σ) (Gelman & Hill 2007, chapter 12).
func varyingIntercepts() *prob.Model {
	const groups, each = 8, 5
	e, a := noise(1, groups*each), noise(2, groups)
	y := make([]float64, groups*each)
	for i := range y {
		y[i] = 1 + 1.5*a[i%groups] + .8*e[i]
	}
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 5))
		tau := p.Sample("tau", dist.HalfNormal{Scale: p.Const(2)})
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		p.Plate("groups", groups, func(p *prob.Trace) {
			a := p.Deterministic("a", g.Add(mu, g.Mul(tau, p.Sample("z", normal(p, 0, 1)))))
			p.Plate("members", each, func(p *prob.Trace) {
				p.Observe("y", dist.NewNormal(a, sigma), p.Data("y"))
			})
		})
	}, prob.Data{"y": y})
}

// poissonRegression: y ~ Poisson(e^{Xb}).
func poissonRegression() *prob.Model {
	const n, d = 40, 3
	x, y := noise(3, n*d), make([]float64, n)
	gen := rng.New(4).Rand()
	for i := range n {
		x[i*d] = 1
		rate := math.Exp(.5 + .6*x[i*d+1] - .4*x[i*d+2])
		for s := gen.ExpFloat64(); s < rate; s += gen.ExpFloat64() {
			y[i]++
		}
	}
	return prob.New(func(p *prob.Trace) {
		b := p.Sample("b", dist.NewNormal(p.Const(0, d), p.Const(2)))
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.Poisson{LogRate: g.Dot(p.Data("x", n, d), b).Product()}, p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// threeComponents: a mixture of three normal distributions with ordered means, the component of each
// datum summed out.
func threeComponents() *prob.Model {
	const n = 60
	y := noise(5, n)
	for i := range y {
		y[i] = .6*y[i] + []float64{-3, 0, 0, 4}[i%4]
	}
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", prob.Ordered{Of: normal(p, 0, 5), N: 3})
		weights := p.Sample("weights", dist.Dirichlet{Concentration: p.Const(2, 3)})
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		p.Plate("data", n, func(p *prob.Trace) {
			z := p.Sample("z", dist.Categorical{Logits: g.Log(weights)})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), sigma), p.Data("y"))
		})
	}, prob.Data{"y": y})
}

// orderedLogit: answers 0–3, P(y ≤ k) = σ(c_k − bx) (McElreath 2020, section 12.3).
func orderedLogit() *prob.Model {
	const n = 60
	x, y := noise(6, n), make([]float64, n)
	gen := rng.New(7).Rand()
	for i := range y {
		u := gen.Float64()
		v := math.Log(u/(1-u)) + 1.2*x[i]
		for _, c := range []float64{-1, .5, 2} {
			if v > c {
				y[i]++
			}
		}
	}
	return prob.New(func(p *prob.Trace) {
		slope := p.Sample("slope", normal(p, 0, 2))
		cut := p.Sample("cut", prob.Ordered{Of: normal(p, 0, 3), N: 3})
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.OrderedLogistic{Loc: g.Mul(slope, p.Data("x")), Cutpoints: cut}, p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// correlatedEffects: intercept and slope of ten groups with a common covariance diag(s) LLᵀ diag(s),
// L ~ LKJ(2) (McElreath 2020, section 14.1).
func correlatedEffects() *prob.Model {
	const groups, each = 10, 8
	z, e, x := noise(8, 2*groups), noise(9, groups*each), noise(10, groups*each)
	y := make([]float64, groups*each)
	for i := range y {
		j := i % groups
		a, b := 1+1.0*z[2*j], -.5+.7*(.6*z[2*j]+.8*z[2*j+1])
		y[i] = a + b*x[i] + .5*e[i]
	}
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(2)))
		scale := p.Sample("scale", dist.HalfNormal{Scale: p.Const(2, 2)})
		corr := p.Sample("corr", dist.LKJCholesky{Size: 2, Concentration: p.Const(2)})
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		tril := g.Mul(g.ExpandAxes(scale, 1), corr)
		p.Plate("groups", groups, func(p *prob.Trace) {
			z := p.Sample("z", dist.NewNormal(p.Const(0, groups, 2), p.Const(1)))
			effect := p.Deterministic("effect", g.Add(g.ExpandAxes(mu, 0), g.DotGeneral(z, []int{1}, nil, tril, []int{1}, nil)))
			part := func(i int) *g.Node { return g.Squeeze(g.Slice(effect, g.AxisRange(), g.AxisElem(i)), 1) }
			a, b := part(0), part(1)
			p.Plate("members", each, func(p *prob.Trace) {
				p.Observe("y", dist.NewNormal(g.Add(g.ExpandAxes(a, 0), g.Mul(g.ExpandAxes(b, 0), p.Data("x"))), sigma), p.Data("y"))
			})
		})
	}, prob.Data{"x": x, "y": y})
}

// horseshoe: β_j = τλ_jz_j with half-Cauchy λ (Carvalho, Polson & Scott 2010); two of six matter.
func horseshoe() *prob.Model {
	const n, d = 40, 6
	x, e, y := noise(11, n*d), noise(12, n), make([]float64, n)
	for i := range y {
		y[i] = 2*x[i*d] - 1.5*x[i*d+3] + e[i]
	}
	return prob.New(func(p *prob.Trace) {
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(1)})
		lambda := p.Sample("lambda", dist.HalfCauchy{Scale: p.Const(1, d)})
		z := p.Sample("z", dist.NewNormal(p.Const(0, d), p.Const(1)))
		beta := p.Deterministic("beta", g.Mul(tau, g.Mul(lambda, z)))
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Dot(p.Data("x", n, d), beta).Product(), sigma), p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// secondOrder: y_t = φ₁y_{t−1} + φ₂y_{t−2} + σe_t.
func secondOrder() *prob.Model {
	const n = 100
	y := noise(13, n)
	for i := 2; i < n; i++ {
		y[i] += .9*y[i-1] - .4*y[i-2]
	}
	return prob.New(func(p *prob.Trace) {
		phi := p.Sample("phi", dist.NewNormal(p.Const(0, 2), p.Const(1)))
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2)})
		all := p.Data("y")
		lag := func(k int) *g.Node { return g.Slice(all, g.AxisRange(2-k, n-k)) }
		past := g.Stack([]*g.Node{lag(1), lag(2)}, 1)
		p.Plate("time", n-2, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Dot(past, phi).Product(), sigma), lag(0))
		})
	}, prob.Data{"y": y})
}

// survival: Weibull lifetimes of scale e^{b₀+b₁x}, of which those beyond 3 are known to be that long:
// ln S(t) = −(t/λ)^k by [prob.Trace.Factor].
func survival() *prob.Model {
	const n = 60
	x, time, dead := noise(14, n), make([]float64, n), make([]float64, n)
	gen := rng.New(15).Rand()
	for i := range time {
		time[i] = math.Exp(.6+.5*x[i]) * math.Pow(gen.ExpFloat64(), 1/1.5)
		dead[i] = 1
		if time[i] > 3 {
			time[i], dead[i] = 3, 0
		}
	}
	return prob.New(func(p *prob.Trace) {
		shape := p.Sample("shape", dist.LogNormal{Loc: p.Const(0), LogScale: p.Const(math.Log(.5))})
		b := p.Sample("b", dist.NewNormal(p.Const(0, 2), p.Const(2)))
		at := func(i int) *g.Node { return g.Slice(b, g.AxisElem(i)) }
		p.Plate("patients", n, func(p *prob.Trace) {
			logTime := g.Log(p.Data("time"))
			logHazard := g.Mul(shape, g.Sub(logTime, g.Add(at(0), g.Mul(at(1), p.Data("x"))))) // ln (t/λ)^k
			density := g.Add(g.Log(shape), g.Sub(logHazard, logTime))
			p.Factor("lifetime", g.Sub(g.Mul(p.Data("dead"), density), g.Exp(logHazard)))
		})
	}, prob.Data{"x": x, "time": time, "dead": dead})
}

// process: thirty points of a Gaussian process with squared exponential kernel and noise, the
// function integrated out.
func process() *prob.Model {
	const n = 30
	e, y, square, eye := noise(16, n), make([]float64, n), make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		a := float64(i) / 5
		y[i] = math.Sin(a) + .3*e[i]
		for j := range n {
			b := float64(j) / 5
			square[i*n+j] = (a - b) * (a - b) / 2
		}
		eye[i*n+i] = 1
	}
	return prob.New(func(p *prob.Trace) {
		length := p.Sample("length", dist.LogNormal{Loc: p.Const(0), LogScale: p.Const(math.Log(.5))})
		height := p.Sample("height", dist.HalfNormal{Scale: p.Const(2)})
		sd := p.Sample("noise", dist.HalfNormal{Scale: p.Const(1)})
		k := g.Mul(g.Square(height), g.Exp(g.Neg(g.Div(p.Data("square", n, n), g.Square(length)))))
		k = g.Add(k, g.Mul(g.AddScalar(g.Square(sd), 1e-8), p.Data("eye", n, n)))
		p.Observe("y", dist.MultivariateNormal{Loc: p.Const(0, n), Tril: special.Cholesky(k)}, p.Data("y"))
	}, prob.Data{"square": square, "eye": eye, "y": y})
}

// zeroInflated: a count is 0 with probability π beside a Poisson's zeros; whether it is a structural
// zero is a discrete unknown, for which the rate is as good as none.
func zeroInflated() *prob.Model {
	y := []float64{0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 4, 1, 2, 5, 3, 0, 1, 2, 3, 2, 0, 0, 4, 6, 2}
	return prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(2), Rate: p.Const(1)})
		share := p.Sample("share", dist.Beta{Alpha: p.Const(1), Beta: p.Const(1)})
		p.Plate("data", len(y), func(p *prob.Trace) {
			none := p.Sample("none", dist.Bernoulli{Logits: g.Sub(g.Log(share), g.Log1p(g.Neg(share)))})
			p.Observe("y", dist.Poisson{LogRate: g.Sub(g.Log(rate), g.MulScalar(none, 40))}, p.Data("y"))
		})
	}, prob.Data{"y": y})
}
