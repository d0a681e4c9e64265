package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/dist"
)

// logisticWarp is x = 1/(1 + e^−t), for quadrature over the unit interval.
func logisticWarp(_ []float64, t float64) (x, slope float64) {
	x = 1 / (1 + math.Exp(-t))
	return x, x / (1 + math.Exp(t))
}

func unitData([]float64) []float64 { return []float64{1e-12, 1e-4, .1, .37, .5, .9, 1 - 1e-6} }

func unitDatum(_ []float64, i int) float64 { return .1 + .17*float64(i) }

func notUnit([]float64) []float64 { return []float64{-1, -1e-9, 1.5, 1e9} }

func init() {
	families = append(families, betaFamily, kumaraswamyFamily, uniformFamily)
	klCases = append(klCases, klCase{q: "Beta", p: "Beta"}, klCase{q: "Kumaraswamy", p: "Beta"}, klCase{q: "Uniform", p: "Uniform", qs: [][]float64{{0, 1}, {-1, 2}, {.3, .8}},
		ps: [][]float64{{-1, 3}, {-1.5, 2.5}, {0, 2}}})
}

var betaFamily = family{
	name: "Beta",
	make: ofShape(func(a, b *g.Node) dist.Distribution { return dist.Beta{Alpha: a, Beta: b} }),
	logProb: func(x float64, p []float64) float64 {
		a, b := p[0], p[1]
		return (a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - lgamma(a) - lgamma(b) + lgamma(a+b)
	},
	params: [][]float64{{1, 1}, {.4, 2}, {2.5, .3}, {9, 20}, {30, 1.5}},
	smooth: [][]float64{{1.5, 1.2}, {2.5, 1.3}, {1.4, 1.9}, {7, 3}, {4, 2.9}},
	xs:     unitData, datum: unitDatum,
	cdf: func(x float64, p []float64) float64 { return mathext.RegIncBeta(p[0], p[1], x) },
	lo:  constant(-60), hi: constant(36), warp: logisticWarp, outside: notUnit, implicit: true,
}

var kumaraswamyFamily = family{
	name: "Kumaraswamy",
	make: ofShape(func(a, b *g.Node) dist.Distribution { return dist.Kumaraswamy{A: a, B: b} }),
	logProb: func(x float64, p []float64) float64 {
		return math.Log(p[0]*p[1]) + (p[0]-1)*math.Log(x) + (p[1]-1)*math.Log(-math.Expm1(p[0]*math.Log(x)))
	},
	params: [][]float64{{1, 1}, {.4, 2}, {2.5, .3}, {9, 20}, {30, 1.5}},
	smooth: [][]float64{{1.5, 1.2}, {2.5, 1.3}, {1.4, 1.9}, {7, 3}, {4, 2.9}},
	xs:     unitData, datum: unitDatum,
	cdf: func(x float64, p []float64) float64 {
		return -math.Expm1(p[1] * math.Log(-math.Expm1(p[0]*math.Log(x))))
	},
	lo: constant(-60), hi: constant(36), warp: logisticWarp, outside: notUnit,
}

var uniformFamily = family{
	name: "Uniform",
	make: ofShape(func(a, b *g.Node) dist.Distribution { return dist.Uniform{Low: a, High: b} }),
	logProb: func(x float64, p []float64) float64 {
		return -math.Log(p[1] - p[0])
	},
	params: [][]float64{{0, 1}, {-2, 5}, {3, 3.5}, {-1e6, 1e6}, {1, 1 + 1e-6}},
	smooth: [][]float64{{0, 1}, {-2, .5}, {3, 3.5}, {-.4, .7}, {-1, 5}},
	xs: func(p []float64) []float64 {
		var out []float64
		for _, u := range []float64{0, 1e-3, .25, .5, 1} {
			out = append(out, p[0]*(1-u)+p[1]*u)
		}
		return out
	},
	datum: func(p []float64, i int) float64 { return p[0] + (p[1]-p[0])*unitDatum(p, i) },
	cdf:   func(x float64, p []float64) float64 { return (x - p[0]) / (p[1] - p[0]) },
	lo:    firstOf, hi: func(p []float64) float64 { return p[1] },
	outside: func(p []float64) []float64 { return []float64{p[0] - 1e-3, p[1] + 1e-3, 1e9} },
}
