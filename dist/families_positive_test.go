package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/dist"
)

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// expWarp is x = eᵗ, for quadrature over the positive numbers.
func expWarp(_ []float64, t float64) (x, slope float64) { return math.Exp(t), math.Exp(t) }

// scaled are data of a positive family with scale 1/p[1], from its tails.
func scaled(unit func(p []float64) float64) func(p []float64) []float64 {
	return func(p []float64) []float64 {
		var out []float64
		for _, z := range []float64{1e-12, 1e-3, .3, 1, 1.7, 8, 40} {
			out = append(out, z*unit(p))
		}
		return out
	}
}

func negative([]float64) []float64 { return []float64{-3, -1e-9, -1e6} }

func ofShape(make func(a, b *g.Node) dist.Distribution) func([]*g.Node) dist.Distribution {
	return func(p []*g.Node) dist.Distribution { return make(p[0], p[1]) }
}

func ofScale(make func(a *g.Node) dist.Distribution) func([]*g.Node) dist.Distribution {
	return func(p []*g.Node) dist.Distribution { return make(p[0]) }
}

// positiveDatum is a datum of the order of the scale.
func positiveDatum(unit func(p []float64) float64) func(p []float64, i int) float64 {
	return func(p []float64, i int) float64 { return unit(p) * (.3 + .55*float64(i)) }
}

func firstOf(p []float64) float64        { return p[0] }
func inverseOfFirst(p []float64) float64 { return 1 / p[0] }

var (
	scales     = [][]float64{{1}, {.3}, {2.7}, {11}, {1e-6}, {1e6}}
	someScales = [][]float64{{1}, {.3}, {2.7}, {1.8}, {.6}}
)

func init() {
	families = append(families, logNormalFamily, halfNormalFamily, halfCauchyFamily, exponentialFamily,
		gammaFamily, smallGammaFamily, inverseGammaFamily)
	for _, name := range []string{"LogNormal", "HalfNormal", "HalfCauchy", "Exponential", "Gamma", "InverseGamma"} {
		klCases = append(klCases, klCase{q: name, p: name})
	}
	klCases = append(klCases, klCase{q: "Gamma", p: "Gamma of small concentration"}, klCase{q: "Exponential", p: "Gamma"},
		klCase{q: "Gamma", p: "Exponential"}, klCase{q: "LogNormal", p: "Gamma"}, klCase{q: "Gamma", p: "LogNormal"})
}

var logNormalFamily = family{
	name: "LogNormal",
	make: locScale(func(m, s *g.Node) dist.Distribution { return dist.LogNormal{Loc: m, LogScale: s} }),
	logProb: func(x float64, p []float64) float64 {
		return normalFamily.logProb(math.Log(x), p) - math.Log(x)
	},
	params: [][]float64{{0, 0}, {1.3, -.7}, {-2, 1.5}, {.1, -3}}, smooth: [][]float64{{0, -1}, {1.3, -.7}, {-.6, -.4}, {.4, -1.6}, {.1, -1.1}},
	at:    func(p []float64, z float64) float64 { return math.Exp(shifted(p, z)) },
	datum: func(p []float64, i int) float64 { return math.Exp(shiftedDatum(p, i)) },
	cdf:   func(x float64, p []float64) float64 { return normalFamily.cdf(math.Log(x), p) },
	lo:    normalFamily.lo, hi: normalFamily.hi, warp: expWarp, outside: negative,
}

var halfNormalFamily = family{
	name: "HalfNormal",
	make: ofScale(func(s *g.Node) dist.Distribution { return dist.HalfNormal{Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		return normalFamily.logProb(x, []float64{0, math.Log(p[0])}) + math.Ln2
	},
	params: scales, smooth: someScales, xs: scaled(firstOf), datum: positiveDatum(firstOf),
	cdf: func(x float64, p []float64) float64 { return math.Erf(x / p[0] / math.Sqrt2) },
	lo:  constant(0), hi: func(p []float64) float64 { return 14 * p[0] }, outside: negative,
}

var halfCauchyFamily = family{
	name: "HalfCauchy",
	make: ofScale(func(s *g.Node) dist.Distribution { return dist.HalfCauchy{Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		return math.Log(2/math.Pi/p[0]) - 2*math.Log(math.Hypot(1, x/p[0]))
	},
	params: scales, smooth: someScales, xs: scaled(firstOf), datum: positiveDatum(firstOf),
	cdf: func(x float64, p []float64) float64 { return 2 / math.Pi * math.Atan(x/p[0]) },
	lo:  constant(-45), hi: constant(45), warp: expWarp, outside: negative,
	noMoments: true, mean: constant(math.Inf(1)), variance: constant(math.Inf(1)),
}

var exponentialFamily = family{
	name: "Exponential",
	make: ofScale(func(r *g.Node) dist.Distribution { return dist.Exponential{Rate: r} }),
	logProb: func(x float64, p []float64) float64 {
		return math.Log(p[0]) - p[0]*x
	},
	params: scales, smooth: someScales, xs: scaled(inverseOfFirst), datum: positiveDatum(inverseOfFirst),
	cdf: func(x float64, p []float64) float64 { return -math.Expm1(-p[0] * x) },
	lo:  constant(-45), hi: func(p []float64) float64 { return math.Log(60 / p[0]) }, warp: expWarp, outside: negative,
}

func gammaLogProb(x float64, p []float64) float64 {
	return p[0]*math.Log(p[1]) - lgamma(p[0]) + (p[0]-1)*math.Log(x) - p[1]*x
}

var gammaFamily = family{
	name:    "Gamma",
	make:    ofShape(func(a, b *g.Node) dist.Distribution { return dist.Gamma{Concentration: a, Rate: b} }),
	logProb: gammaLogProb,
	params:  [][]float64{{1, 1}, {.4, 2}, {2.5, .3}, {9, 20}, {30, 1}},
	smooth:  [][]float64{{1, 1}, {2.5, .3}, {1.4, 1.9}, {7, 3}, {4, .9}},
	xs:      scaled(func(p []float64) float64 { return p[0] / p[1] }),
	datum:   positiveDatum(func(p []float64) float64 { return p[0] / p[1] }),
	cdf:     func(x float64, p []float64) float64 { return mathext.GammaIncReg(p[0], p[1]*x) },
	lo:      constant(-60), hi: constant(7), warp: expWarp, outside: negative, implicit: true,
}

// smallGammaFamily has concentrations below 1, where the density has a pole.
var smallGammaFamily = func() family {
	f := gammaFamily
	f.name = "Gamma of small concentration"
	f.params = [][]float64{{.9, 1}, {.4, 2}, {.05, .3}, {1e-3, 1}}
	f.smooth = [][]float64{{.5, 1}, {.8, 2}, {.3, .4}, {.95, 1.3}, {.6, 3}}
	f.lo = constant(-160)
	return f
}()

var inverseGammaFamily = family{
	name: "InverseGamma",
	make: ofShape(func(a, b *g.Node) dist.Distribution { return dist.InverseGamma{Concentration: a, Scale: b} }),
	logProb: func(x float64, p []float64) float64 {
		return gammaLogProb(1/x, p) - 2*math.Log(x)
	},
	params: [][]float64{{1, 1}, {.4, 2}, {2.5, .3}, {9, 20}, {30, 1}},
	smooth: [][]float64{{5, 4}, {7.5, 5}, {6.4, 9}, {9, 7}, {12, 10}}, // four moments are finite
	xs:     scaled(func(p []float64) float64 { return p[1] / p[0] }),
	datum:  positiveDatum(func(p []float64) float64 { return p[1] / p[0] }),
	cdf:    func(x float64, p []float64) float64 { return mathext.GammaIncRegComp(p[0], p[1]/x) },
	lo:     constant(-6), hi: constant(25), warp: expWarp, outside: negative, implicit: true,
}
