package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
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
	families = append(families, betaFamily, kumaraswamyFamily, uniformFamily, truncatedNormalFamily)
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

// truncatedTotal is ∫ e^(−(t² − mode²)/2) dt between the ends, by parameters.
var truncatedTotal = map[[4]float64]float64{}

// truncatedLogProb is relative to the density at the point of the interval nearest to 0.
func truncatedLogProb(x float64, p []float64) float64 {
	z := func(x float64) float64 { return (x - p[0]) / p[1] }
	mode := math.Max(z(p[2]), math.Min(0, z(p[3])))
	at := [4]float64(p)
	if _, ok := truncatedTotal[at]; !ok {
		lo, hi := math.Max(z(p[2]), mode-12), math.Min(z(p[3]), mode+12)
		truncatedTotal[at] = tk.Integrate(func(t float64) float64 { return math.Exp(-(t - mode) * (t + mode) / 2) }, lo, hi, 8)
	}
	return -(z(x)-mode)*(z(x)+mode)/2 - math.Log(p[1]*truncatedTotal[at])
}

// truncatedCDF is a ratio of differences of erfc, taken in the nearer tail.
func truncatedCDF(x float64, p []float64) float64 {
	sign := 1.
	if p[2] > p[0] {
		sign = -1
	}
	upper := func(x float64) float64 { return math.Erfc(sign * (p[0] - x) / p[1] / math.Sqrt2) }
	return (upper(x) - upper(p[2])) / (upper(p[3]) - upper(p[2]))
}

var truncatedNormalFamily = family{
	name: "TruncatedNormal",
	make: func(p []*g.Node) dist.Distribution {
		return dist.TruncatedNormal{Loc: p[0], Scale: p[1], Low: p[2], High: p[3]}
	},
	logProb: truncatedLogProb,
	params:  [][]float64{{0, 1, -1, 2}, {1, .5, 3, 4}, {-2, 3, -40, 40}, {0, 1, -12, -9}, {5, 1e-3, 4, 5.001}},
	smooth:  [][]float64{{0, 1, -1, 2}, {1, .5, .5, 2}, {.5, 2, .25, 1.5}, {1, .5, 2.5, 4}, {-2, 3, -30, 30}, {0, 1, -7, -5}},
	xs: func(p []float64) []float64 {
		var out []float64
		for _, u := range []float64{0, 1e-3, .25, .5, .75, 1} {
			out = append(out, p[2]+(p[3]-p[2])*u)
		}
		return out
	},
	datum: func(p []float64, i int) float64 { return p[2] + (p[3]-p[2])*unitDatum(p, i) },
	cdf:   truncatedCDF,
	lo:    func(p []float64) float64 { return p[2] }, hi: func(p []float64) float64 { return p[3] },
	outside: func(p []float64) []float64 { return []float64{p[2] - 1e-3, p[3] + 1e-3, 1e9} },
}
