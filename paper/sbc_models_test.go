package paper

import (
	"math"
	"math/rand/v2"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// conjugate is a model whose posterior is known, with a guide whose family holds it. The first
// element of the latent vector is judged.
type conjugate struct {
	name, guide string
	draw        func(r *rand.Rand) (truth float64, x []float64) // a parameter, and data given it
	exact       func(x []float64) (mean, variance float64)      // of the posterior
	size        int                                             // of the guide's parameters a datum
	family      func(u *g.Node) dist.Distribution               // the guide at u, B×size; u = 0 at first
	prior       func(u *g.Node, wrong bool) dist.Distribution   // p(z), of one row
	decode      func(z *g.Node) dist.Distribution
	draws       int // a step; 1 if 0: enough where the noise vanishes
}

// part takes columns of the guide's parameters.
func part(u *g.Node, from, to int) *g.Node { return g.SliceAxis(u, -1, g.AxisRange(from, to)) }

// row is a constant of one row.
func row(like *g.Node, v ...float64) *g.Node {
	return g.ConvertDType(g.Const(like.Graph(), [][]float64{v}), like.DType())
}

// pick returns a where wrong, else b.
func pick(wrong bool, a, b float64) float64 {
	if wrong {
		return a
	}
	return b
}

// conjugates are the models of the table; a wrong prior is what the fit of a negative control
// believes.
var conjugates = []conjugate{normalNormal, betaBernoulli, gammaPoisson, dirichletCategorical, regression}

// normalNormal: θ ~ N(0, 1), four data N(θ, 1).
var normalNormal = conjugate{
	name: "normal–normal", guide: "N(m, s²)", size: 2,
	draw: func(r *rand.Rand) (float64, []float64) {
		theta, x := r.NormFloat64(), make([]float64, 4)
		for i := range x {
			x[i] = theta + r.NormFloat64()
		}
		return theta, x
	},
	exact:  func(x []float64) (float64, float64) { return sum(x) / 5, 1. / 5 },
	family: func(u *g.Node) dist.Distribution { return dist.Normal{Loc: part(u, 0, 1), LogScale: part(u, 1, 2)} },
	prior: func(u *g.Node, wrong bool) dist.Distribution {
		return dist.Normal{Loc: row(u, 0), LogScale: row(u, math.Log(pick(wrong, .7, 1)))}
	},
	decode: func(z *g.Node) dist.Distribution { return dist.Normal{Loc: z, LogScale: special.ScalarLike(z, 0)} },
}

// betaBernoulli: θ ~ Beta(2, 3), eight tosses.
var betaBernoulli = conjugate{
	name: "beta–Bernoulli", guide: "Beta(α, β)", size: 2,
	draw: func(r *rand.Rand) (float64, []float64) {
		theta, x := distuv.Beta{Alpha: 2, Beta: 3, Src: r}.Rand(), make([]float64, 8)
		for i := range x {
			x[i] = distuv.Bernoulli{P: theta, Src: r}.Rand()
		}
		return theta, x
	},
	exact: func(x []float64) (float64, float64) {
		q := distuv.Beta{Alpha: 2 + sum(x), Beta: 11 - sum(x)}
		return q.Mean(), q.Variance()
	},
	family: func(u *g.Node) dist.Distribution {
		return dist.Beta{Alpha: g.MulScalar(g.Exp(part(u, 0, 1)), 2), Beta: g.MulScalar(g.Exp(part(u, 1, 2)), 3)}
	},
	prior: func(u *g.Node, wrong bool) dist.Distribution {
		return dist.Beta{Alpha: row(u, pick(wrong, 4, 2)), Beta: row(u, 3)}
	},
	decode: func(z *g.Node) dist.Distribution {
		return dist.Bernoulli{Logits: g.Sub(g.Log(z), g.Log1p(g.Neg(z)))}
	},
}

// gammaPoisson: θ ~ Gamma(3, 2), four counts.
var gammaPoisson = conjugate{
	name: "gamma–Poisson", guide: "Gamma(a, b)", size: 2,
	draw: func(r *rand.Rand) (float64, []float64) {
		theta, x := distuv.Gamma{Alpha: 3, Beta: 2, Src: r}.Rand(), make([]float64, 4)
		for i := range x {
			x[i] = distuv.Poisson{Lambda: theta, Src: r}.Rand()
		}
		return theta, x
	},
	exact: func(x []float64) (float64, float64) { a := 3 + sum(x); return a / 6, a / 36 },
	family: func(u *g.Node) dist.Distribution { // by a and the mean a/b, between which the bound has no valley
		a := g.MulScalar(g.Exp(part(u, 0, 1)), 3)
		return dist.Gamma{Concentration: a, Rate: g.Div(a, g.MulScalar(g.Exp(part(u, 1, 2)), 1.5))}
	},
	prior: func(u *g.Node, wrong bool) dist.Distribution {
		return dist.Gamma{Concentration: row(u, 3), Rate: row(u, pick(wrong, 3, 2))}
	},
	decode: func(z *g.Node) dist.Distribution { return dist.Poisson{LogRate: g.Log(z)} },
}

// dirichletCategorical: θ ~ Dirichlet(1, 2, 3), the counts of six categorical draws.
var dirichletCategorical = conjugate{
	name: "Dirichlet–categorical", guide: "Dirichlet(α)", size: 3,
	draw: func(r *rand.Rand) (float64, []float64) {
		var v [3]float64
		for k := range v {
			v[k] = distuv.Gamma{Alpha: float64(k + 1), Beta: 1, Src: r}.Rand()
		}
		x := make([]float64, 3)
		for range 6 {
			x[int(distuv.NewCategorical(v[:], r).Rand())]++
		}
		return v[0] / sum(v[:]), x
	},
	exact: func(x []float64) (float64, float64) {
		q := distuv.Beta{Alpha: 1 + x[0], Beta: 5 + x[1] + x[2]}
		return q.Mean(), q.Variance()
	},
	family: func(u *g.Node) dist.Distribution {
		return dist.Dirichlet{Concentration: g.Mul(g.Exp(u), row(u, 1, 2, 3))}
	},
	prior: func(u *g.Node, wrong bool) dist.Distribution {
		return dist.Dirichlet{Concentration: row(u, pick(wrong, 2, 1), 2, 3)}
	},
	decode: func(z *g.Node) dist.Distribution {
		return dist.Multinomial{Trials: special.ScalarLike(z, 6), Logits: g.Log(z)}
	},
}

// design is five rows of two columns with a correlation.
func design(rho float64) [][]float64 {
	a := []float64{1.2, -.7, .4, -1.5, .6}
	b := []float64{.5, 1.1, -1.3, -.2, -.1} // orthogonal to a but for .04
	out := make([][]float64, 5)
	for i := range out {
		out[i] = []float64{a[i], rho*a[i] + math.Sqrt(1-rho*rho)*b[i]}
	}
	return out
}

// normalEquations returns precision and mean of the weights given y, for w ~ N(0, I) and noise
// of variance 1.
func normalEquations(x [][]float64, y []float64) (precision [2][2]float64, mean [2]float64) {
	precision = [2][2]float64{{1, 0}, {0, 1}}
	var right [2]float64
	for i, r := range x {
		for j := range 2 {
			right[j] += r[j] * y[i]
			for k := range 2 {
				precision[j][k] += r[j] * r[k]
			}
		}
	}
	det := precision[0][0]*precision[1][1] - precision[0][1]*precision[0][1]
	mean[0] = (precision[1][1]*right[0] - precision[0][1]*right[1]) / det
	mean[1] = (precision[0][0]*right[1] - precision[0][1]*right[0]) / det
	return precision, mean
}

// weights draws the weights of a regression and its data.
func weights(r *rand.Rand, x [][]float64) (w [2]float64, y []float64) {
	w = [2]float64{r.NormFloat64(), r.NormFloat64()}
	for _, row := range x {
		y = append(y, w[0]*row[0]+w[1]*row[1]+r.NormFloat64())
	}
	return w, y
}

// regressionOf is y = Xw + ε with w ~ N(0, I), for a guide of w.
func regressionOf(rho float64, guide string, size int, family func(u *g.Node) dist.Distribution) conjugate {
	x := design(rho)
	return conjugate{
		name: "linear regression", guide: guide, size: size, family: family,
		draw: func(r *rand.Rand) (float64, []float64) { w, y := weights(r, x); return w[0], y },
		exact: func(y []float64) (float64, float64) {
			p, mean := normalEquations(x, y)
			return mean[0], p[1][1] / (p[0][0]*p[1][1] - p[0][1]*p[0][1])
		},
		prior: func(u *g.Node, wrong bool) dist.Distribution {
			return dist.NewIndependent(dist.Normal{Loc: row(u, 0, 0), LogScale: row(u, math.Log(pick(wrong, .6, 1)), 0)}, 1)
		},
		decode: func(z *g.Node) dist.Distribution {
			rows := g.ConvertDType(g.Const(z.Graph(), x), z.DType())
			return dist.Normal{Loc: g.DotGeneral(z, []int{1}, nil, rows, []int{1}, nil), LogScale: special.ScalarLike(z, 0)}
		},
	}
}

var regression = regressionOf(.8, "N(m, LLᵀ)", 5, func(u *g.Node) dist.Distribution {
	tril, _ := bij.CholeskyCov{}.Forward(part(u, 2, 5))
	return dist.MultivariateNormal{Loc: part(u, 0, 2), Tril: tril}
})

// diagonal is the regression with a guide that factorises.
func diagonal(rho float64) conjugate {
	c := regressionOf(rho, "N(m, diag s²)", 4, func(u *g.Node) dist.Distribution {
		return dist.NewIndependent(dist.Normal{Loc: part(u, 0, 2), LogScale: part(u, 2, 4)}, 1)
	})
	c.draws = 16
	return c
}

// sum adds numbers.
func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// locals makes the guide's parameters, one row a datum.
func (c conjugate) locals(s *model.Scope, b int) *g.Node {
	return s.Param("guide", model.Constant(0), b, c.size)
}
