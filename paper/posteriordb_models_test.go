package paper

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/special"
)

// posterior is a posterior of posteriordb (Magnusson et al. 2024) as a model: the data by name and
// the function.
type posterior struct {
	file  string
	model func(d map[string][]float64) *prob.Model
}

var posteriors = []posterior{
	{"arK-arK", arK}, {"arma-arma11", arma}, {"earnings-logearn_interaction_z", earnings},
	{"eight_schools-eight_schools_noncentered", schools}, {"garch-garch11", garch},
	{"gp_pois_regr-gp_regr", gpRegression}, {"kidiq-kidscore_interaction", kidInteraction},
	{"kidiq-kidscore_momiq", kidIQ}, {"low_dim_gauss_mix-low_dim_gauss_mix", mixture},
	{"mesquite-logmesquite_logvas", mesquite}, {"nes1980-nes", nes}, {"sblri-blr", blr},
}

var (
	realLine = dist.Support{Set: dist.Real}
	positive = dist.Support{Set: dist.Positive}
)

// linear is y ~ N(Xβ, σ) for columns of X, with a prior of β and σ.
func linear(y []float64, columns [][]float64, prior func(p *prob.Trace, k int) (beta, sigma *g.Node)) *prob.Model {
	n, k := len(y), len(columns)
	x := make([]float64, n*k)
	for j, c := range columns {
		for i, v := range c {
			x[i*k+j] = v
		}
	}
	return prob.New(func(p *prob.Trace) {
		beta, sigma := prior(p, k)
		p.Plate("data", n, func(p *prob.Trace) {
			p.Observe("y", dist.NewNormal(g.Dot(p.Data("x", n, k), beta).Product(), sigma), p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// flatBeta has a flat prior of β; σ is flat, or half-Cauchy of a scale.
func flatBeta(scale float64) func(p *prob.Trace, k int) (beta, sigma *g.Node) {
	return func(p *prob.Trace, k int) (beta, sigma *g.Node) {
		beta = p.Flat("beta", realLine, k)
		if scale == 0 {
			return beta, p.Flat("sigma", positive)
		}
		return beta, p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(scale)})
	}
}

// each applies a function to elements of arrays.
func each(f func(v ...float64) float64, arrays ...[]float64) []float64 {
	out := make([]float64, len(arrays[0]))
	for i := range out {
		v := make([]float64, len(arrays))
		for j, a := range arrays {
			v[j] = a[i]
		}
		out[i] = f(v...)
	}
	return out
}

func ones(n int) []float64 { return each(func(...float64) float64 { return 1 }, make([]float64, n)) }

func times(a, b []float64) []float64 {
	return each(func(v ...float64) float64 { return v[0] * v[1] }, a, b)
}

func kidIQ(d map[string][]float64) *prob.Model {
	return linear(d["kid_score"], [][]float64{ones(434), d["mom_iq"]}, flatBeta(2.5))
}

func kidInteraction(d map[string][]float64) *prob.Model {
	columns := [][]float64{ones(434), d["mom_hs"], d["mom_iq"], times(d["mom_hs"], d["mom_iq"])}
	return linear(d["kid_score"], columns, flatBeta(2.5))
}

func earnings(d map[string][]float64) *prob.Model {
	h := d["height"]
	n := float64(len(h))
	mean, variance := 0., 0.
	for _, v := range h {
		mean += v / n
	}
	for _, v := range h {
		variance += (v - mean) * (v - mean) / (n - 1)
	}
	z := each(func(v ...float64) float64 { return (v[0] - mean) / math.Sqrt(variance) }, h)
	y := each(func(v ...float64) float64 { return math.Log(v[0]) }, d["earn"])
	return linear(y, [][]float64{ones(len(h)), z, d["male"], times(z, d["male"])}, flatBeta(0))
}

func mesquite(d map[string][]float64) *prob.Model {
	log := func(v ...float64) float64 {
		product := 1.
		for _, x := range v {
			product *= x
		}
		return math.Log(product)
	}
	columns := [][]float64{
		ones(46), each(log, d["diam1"], d["diam2"], d["canopy_height"]), each(log, d["diam1"], d["diam2"]),
		each(func(v ...float64) float64 { return math.Log(v[0] / v[1]) }, d["diam1"], d["diam2"]),
		each(log, d["total_height"]), each(log, d["density"]), d["group"],
	}
	return linear(each(log, d["weight"]), columns, flatBeta(0))
}

func nes(d map[string][]float64) *prob.Model {
	age := func(k float64) []float64 {
		return each(func(v ...float64) float64 {
			if v[0] == k {
				return 1
			}
			return 0
		}, d["age_discrete"])
	}
	columns := [][]float64{ones(701), d["real_ideo"], d["race_adj"], age(2), age(3), age(4), d["educ1"], d["gender"], d["income"]}
	return linear(d["partyid7"], columns, flatBeta(0))
}

func blr(d map[string][]float64) *prob.Model {
	columns := make([][]float64, 5)
	for i, v := range d["X"] {
		columns[i%5] = append(columns[i%5], v)
	}
	return linear(d["y"], columns, func(p *prob.Trace, k int) (beta, sigma *g.Node) {
		beta = p.Sample("beta", dist.NewNormal(p.Const(0, k), p.Const(10)))
		return beta, p.Sample("sigma", dist.HalfNormal{Scale: p.Const(10)})
	})
}

func arK(d map[string][]float64) *prob.Model {
	y := d["y"]
	columns := [][]float64{ones(195)}
	for k := 1; k <= 5; k++ {
		columns = append(columns, y[5-k:200-k])
	}
	return linear(y[5:], columns, func(p *prob.Trace, _ int) (beta, sigma *g.Node) {
		alpha := p.Sample("alpha", dist.NewNormal(p.Const(0, 1), p.Const(10)))
		lags := p.Sample("beta", dist.NewNormal(p.Const(0, 5), p.Const(10)))
		return g.Concatenate([]*g.Node{alpha, lags}, 0), p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(2.5)})
	})
}

// recur solves s_t = x_t + a·s_{t−1} by doubling: (1 − aL)⁻¹ = Π_j (1 + (aL)^(2^j)), L the lag.
func recur(x, a *g.Node) *g.Node {
	n := x.Shape().Dim(0)
	for lag := 1; lag < n; lag *= 2 {
		late := g.Concatenate([]*g.Node{g.ZerosLike(g.Slice(x, g.AxisRange(0, lag))), g.Slice(x, g.AxisRange(0, n-lag))}, 0)
		x = g.Add(x, g.Mul(a, late))
		a = g.Square(a)
	}
	return x
}

// arma: the errors obey e_t = y_t − μ − φ y_{t−1} − θ e_{t−1}, with φμ in place of φ y_0 at first.
func arma(d map[string][]float64) *prob.Model {
	n := len(d["y"])
	lagged := append([]float64{0}, d["y"][:n-1]...)
	first := make([]float64, n)
	first[0] = 1
	return prob.New(func(p *prob.Trace) {
		mu, phi := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(10))), p.Sample("phi", dist.NewNormal(p.Const(0), p.Const(2)))
		theta := p.Sample("theta", dist.NewNormal(p.Const(0), p.Const(2)))
		sigma := p.Sample("sigma", dist.HalfCauchy{Scale: p.Const(2.5)})
		before := g.Add(p.Data("lagged"), g.Mul(mu, p.Data("first")))
		residual := g.Sub(g.Sub(p.Data("y"), mu), g.Mul(phi, before))
		p.Observe("error", dist.NewNormal(p.Const(0), sigma), recur(residual, g.Neg(theta)))
	}, prob.Data{"y": d["y"], "lagged": lagged, "first": first})
}

// garch: s_t² = α₀ + α₁(y_{t−1} − μ)² + β₁ s_{t−1}², from sigma1.
func garch(d map[string][]float64) *prob.Model {
	y, s1 := d["y"], d["sigma1"][0]
	n := len(y)
	return prob.New(func(p *prob.Trace) {
		mu, alpha0 := p.Flat("mu", realLine), p.Flat("alpha0", positive)
		alpha1 := p.Flat("alpha1", dist.Support{Set: dist.Unit})
		beta1 := p.Flat("beta1", dist.Support{Set: dist.Interval, Low: p.Const(0), High: g.OneMinus(alpha1)})
		shock := g.Add(alpha0, g.Mul(alpha1, g.Square(g.Sub(p.Data("before"), mu))))
		variance := recur(g.Concatenate([]*g.Node{p.Const(s1*s1, 1), shock}, 0), beta1)
		p.Plate("time", n, func(p *prob.Trace) {
			p.Observe("y", dist.Normal{Loc: mu, LogScale: g.MulScalar(g.Log(variance), .5)}, p.Data("y"))
		})
	}, prob.Data{"y": y, "before": y[:n-1]})
}

// gpRegression has the kernel α² exp(−(x − x′)²/2ρ²) and σ itself on the diagonal.
func gpRegression(d map[string][]float64) *prob.Model {
	n := len(d["x"])
	distance, eye := make([]float64, n*n), make([]float64, n*n)
	for i, a := range d["x"] {
		for j, b := range d["x"] {
			distance[i*n+j] = (a - b) * (a - b) / 2
		}
		eye[i*n+i] = 1
	}
	return prob.New(func(p *prob.Trace) {
		rho := p.Sample("rho", dist.Gamma{Concentration: p.Const(25), Rate: p.Const(4)})
		alpha := p.Sample("alpha", dist.HalfNormal{Scale: p.Const(2)})
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(1)})
		k := g.Mul(g.Square(alpha), g.Exp(g.Neg(g.Div(p.Data("distance", n, n), g.Square(rho)))))
		k = g.Add(k, g.Mul(sigma, p.Data("eye", n, n)))
		p.Observe("y", dist.MultivariateNormal{Loc: p.Const(0, n), Tril: special.Cholesky(k)}, p.Data("y"))
	}, prob.Data{"y": d["y"], "distance": distance, "eye": eye})
}

func mixture(d map[string][]float64) *prob.Model {
	n := len(d["y"])
	return prob.New(func(p *prob.Trace) {
		mu := p.Flat("mu", dist.Support{Set: dist.Ordered}, 2)
		p.Factor("prior", g.MulScalar(g.ReduceAllSum(g.Square(mu)), -1./8)) // N(0, 2) each
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2, 2)})
		theta := p.Sample("theta", dist.Beta{Alpha: p.Const(5), Beta: p.Const(5)})
		p.Plate("data", n, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: g.Sub(g.Log1p(g.Neg(theta)), g.Log(theta))})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), prob.Select(sigma, z)), p.Data("y"))
		})
	}, prob.Data{"y": d["y"]})
}

// schoolsCentred is the form with a funnel, which has the same posterior.
func schoolsCentred(d map[string][]float64) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(5)))
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(5)})
		p.Plate("schools", 8, func(p *prob.Trace) {
			theta := p.Sample("theta", dist.NewNormal(mu, tau))
			p.Observe("y", dist.NewNormal(theta, p.Data("sigma")), p.Data("y"))
		})
	}, prob.Data{"y": d["y"], "sigma": d["sigma"]})
}

// funnel is Neal's in 1 + arms dimensions: v ~ N(0, 3²), x_j ~ N(0, e^v).
func funnel(arms int) func() *prob.Model {
	return func() *prob.Model {
		return prob.New(func(p *prob.Trace) {
			v := p.Sample("v", dist.NewNormal(p.Const(0), p.Const(3)))
			p.Plate("arms", arms, func(p *prob.Trace) {
				p.Sample("x", dist.Normal{Loc: p.Const(0), LogScale: g.MulScalar(v, .5)})
			})
		}, nil)
	}
}

// farModes is ½N(x; −10, I) + ½N(x; 10, I) of two numbers: mean 0, variance 101.
func farModes() *prob.Model {
	return prob.New(func(p *prob.Trace) {
		x := p.Flat("x", realLine, 2)
		part := func(at float64) *g.Node {
			return g.AddScalar(g.MulScalar(g.ReduceAllSum(g.Square(g.AddScalar(x, -at))), -.5), -math.Log(4*math.Pi))
		}
		p.Factor("mixture", special.LogSumExp(g.Stack([]*g.Node{part(-10), part(10)}, 0), 0))
	}, nil)
}

// unordered is the mixture with its means not in order: the labels can be swapped.
func unordered(d map[string][]float64) *prob.Model {
	n := len(d["y"])
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(2)))
		sigma := p.Sample("sigma", dist.HalfNormal{Scale: p.Const(2, 2)})
		theta := p.Sample("theta", dist.Beta{Alpha: p.Const(5), Beta: p.Const(5)})
		p.Plate("data", n, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: g.Sub(g.Log1p(g.Neg(theta)), g.Log(theta))})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), prob.Select(sigma, z)), p.Data("y"))
		})
	}, prob.Data{"y": d["y"]})
}

func schools(d map[string][]float64) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0), p.Const(5)))
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(5)})
		p.Plate("schools", 8, func(p *prob.Trace) {
			z := p.Sample("z", dist.NewNormal(p.Const(0), p.Const(1)))
			theta := p.Deterministic("theta", g.Add(mu, g.Mul(tau, z)))
			p.Observe("y", dist.NewNormal(theta, p.Data("sigma")), p.Data("y"))
		})
	}, prob.Data{"y": d["y"], "sigma": d["sigma"]})
}
