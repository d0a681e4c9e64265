package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func init() {
	families = append(families, gumbelFamily, weibullFamily, paretoFamily, skewNormalFamily, orderedLogisticFamily)
	klCases = append(klCases, klCase{q: "Gumbel", p: "Gumbel", qs: [][]float64{{0, 1}, {1.3, .5}, {-.4, 2}}, ps: [][]float64{{.5, 1.2}, {1, .8}, {0, 1.5}}}, klCase{q: "Weibull", p: "Weibull"},
		klCase{q: "OrderedLogistic", p: "OrderedLogistic"},
		klCase{q: "Pareto", p: "Pareto", qs: [][]float64{{1, 4}, {2.5, 6}, {1e3, 5}}, ps: [][]float64{{.5, 3}, {2.4, 7}, {900, 5}}})
}

var gumbelFamily = family{
	name: "Gumbel",
	make: ofShape(func(m, s *g.Node) dist.Distribution { return dist.Gumbel{Loc: m, Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		z := (x - p[0]) / p[1]
		return -math.Log(p[1]) - z - math.Exp(-z)
	},
	params: widePlain, smooth: narrowPlain, datum: plainDatum, at: plain,
	cdf: func(x float64, p []float64) float64 { return math.Exp(-math.Exp(-(x - p[0]) / p[1])) },
	lo:  func(p []float64) float64 { return plain(p, -5) }, hi: func(p []float64) float64 { return plain(p, 45) },
}

var weibullFamily = family{
	name: "Weibull",
	make: ofShape(func(k, s *g.Node) dist.Distribution { return dist.Weibull{Concentration: k, Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		return math.Log(p[0]/p[1]) + (p[0]-1)*math.Log(x/p[1]) - math.Pow(x/p[1], p[0])
	},
	params: [][]float64{{1, 1}, {.4, 2.5}, {2.5, .3}, {9, 1e-6}, {1.5, 1e6}},
	smooth: [][]float64{{1, 1}, {1.3, 2.5}, {2.5, .3}, {5, 1.7}, {1.6, .9}},
	xs:     scaled(secondOf), datum: positiveDatum(secondOf),
	cdf: func(x float64, p []float64) float64 { return -math.Expm1(-math.Pow(x/p[1], p[0])) },
	lo:  func(p []float64) float64 { return math.Log(p[1]) - 40/p[0] }, hi: func(p []float64) float64 { return math.Log(p[1]) + 4/p[0] },
	warp: expWarp, outside: negative,
}

func secondOf(p []float64) float64 { return p[1] }

var paretoFamily = family{
	name: "Pareto",
	make: ofShape(func(m, a *g.Node) dist.Distribution { return dist.Pareto{Scale: m, Alpha: a} }),
	logProb: func(x float64, p []float64) float64 {
		return math.Log(p[1]) + p[1]*math.Log(p[0]) - (p[1]+1)*math.Log(x)
	},
	params: [][]float64{{1, 1}, {.3, 2.5}, {7, .2}, {1e-6, 3}, {1e6, 1.5}},
	smooth: [][]float64{{1, 5}, {.3, 6}, {7, 4.5}, {2, 9}, {.8, 5.5}}, // four moments are finite
	xs: func(p []float64) []float64 {
		return []float64{p[0], p[0] * 1.001, p[0] * 1.5, p[0] * 40, p[0] * 1e9}
	},
	datum: func(p []float64, i int) float64 { return p[0] * (1.2 + .3*float64(i)) },
	cdf:   func(x float64, p []float64) float64 { return -math.Expm1(-p[1] * math.Log(x/p[0])) },
	lo:    func(p []float64) float64 { return math.Log(p[0]) }, hi: func(p []float64) float64 { return math.Log(p[0]) + 45/(p[1]-2) },
	warp: expWarp,
	outside: func(p []float64) []float64 {
		return []float64{-1, 0, p[0] * .999}
	},
}

// logPhi is ln Φ(x), for x down to −37.
func logPhi(x float64) float64 { return math.Log(.5 * math.Erfc(-x/math.Sqrt2)) }

var skewNormalFamily = family{
	name: "SkewNormal",
	make: func(p []*g.Node) dist.Distribution {
		return dist.SkewNormal{Loc: p[0], Scale: p[1], Skew: p[2]}
	},
	logProb: func(x float64, p []float64) float64 {
		z := (x - p[0]) / p[1]
		return math.Ln2 - math.Log(p[1]) - z*z/2 - .5*math.Log(2*math.Pi) + logPhi(p[2]*z)
	},
	params: [][]float64{{0, 1, 0}, {1, 2, 3}, {-2, .5, -4}, {0, 1e-6, .7}, {3, 1e6, -1.5}},
	smooth: [][]float64{{0, 1, 0}, {1, 2, 3}, {-2, .5, -4}, {.3, .8, .7}, {3, 1.6, -1.5}},
	xs: func(p []float64) []float64 {
		var out []float64
		for _, z := range []float64{-8, -3, -.4, 0, 1.1, 4, 9} {
			out = append(out, p[0]+p[1]*z)
		}
		return out
	},
	datum: func(p []float64, i int) float64 { return p[0] + p[1]*(1.7-.9*float64(i)) },
	cdf: func(x float64, p []float64) float64 {
		f := func(t float64) float64 { return math.Exp(-t*t/2+logPhi(p[2]*t)) * math.Sqrt(2/math.Pi) }
		z := math.Min(9, (x-p[0])/p[1])
		return tk.Integrate(f, -9, math.Max(-9, z), 8)
	},
	lo: func(p []float64) float64 { return p[0] - 9*p[1] }, hi: func(p []float64) float64 { return p[0] + 9*p[1] },
}

// orderedLogisticFamily has p = (η, c₀, ln(c₁ − c₀), ln(c₂ − c₁)).
var orderedLogisticFamily = family{
	name: "OrderedLogistic",
	make: func(p []*g.Node) dist.Distribution {
		second := g.Add(p[1], g.Exp(p[2]))
		return dist.OrderedLogistic{Loc: p[0], Cutpoints: stacked([]*g.Node{p[1], second, g.Add(second, g.Exp(p[3]))})}
	},
	logProb: func(x float64, p []float64) float64 {
		if x < 0 || x > 3 || x != math.Floor(x) {
			return math.Inf(-1)
		}
		c := []float64{math.Inf(-1), p[1], p[1] + math.Exp(p[2]), p[1] + math.Exp(p[2]) + math.Exp(p[3]), math.Inf(1)}
		lo, hi := c[int(x)]-p[0], c[int(x)+1]-p[0]
		// σ(hi) − σ(lo), in the tail in which it does not cancel.
		if lo > 0 {
			lo, hi = -hi, -lo
		}
		return math.Log(sigmoid(hi) - sigmoid(lo))
	},
	params: [][]float64{{0, -1, 0, .5}, {3, -2, 1, -1}, {-4, .2, -.3, .8}, {.5, -8, 2, 1.5}, {30, -1, .3, .2}},
	smooth: [][]float64{{0, -1, 0, .5}, {1.2, -2, 1, -1}, {-.7, .2, -.3, .8}, {.5, -3, 1.2, .5}, {2, .4, -.6, .1}},
	values: func([]float64) []float64 { return upTo(3) },
	datum:  modulo(4),
	outside: func([]float64) []float64 {
		return []float64{-1, .5, 4}
	},
}
