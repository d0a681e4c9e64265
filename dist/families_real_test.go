package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/dist"
)

// sinhWarp is x = μ + s·sinh t for parameters that end in a location and a scale, for quadrature
// of heavy tails.
func sinhWarp(p []float64, t float64) (x, slope float64) {
	loc, scale := p[len(p)-2], p[len(p)-1]
	return loc + scale*math.Sinh(t), scale * math.Cosh(t)
}

// plain is the datum z scales from the location, of parameters that end in these two.
func plain(p []float64, z float64) float64 { return p[len(p)-2] + p[len(p)-1]*z }

func plainDatum(p []float64, i int) float64 { return plain(p, 1.7-.9*float64(i)) }

var (
	widePlain   = [][]float64{{0, 1}, {1.3, .5}, {-2, 4}, {.1, 1e-8}, {5, 1e8}}
	narrowPlain = [][]float64{{0, 1}, {1.3, .5}, {-2, 2.2}, {.4, 1.3}, {.1, .3}}
)

func init() {
	families = append(families, logisticFamily, cauchyFamily, studentFamily)
	klCases = append(klCases, klCase{q: "Cauchy", p: "Cauchy", corner: func([]float64) []float64 { return []float64{-2, -1, 0, 1, 2} }})
}

var logisticFamily = family{
	name: "Logistic",
	make: ofShape(func(m, s *g.Node) dist.Distribution { return dist.Logistic{Loc: m, Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		z := math.Abs(x-p[0]) / p[1]
		return -z - math.Log(p[1]) - 2*math.Log1p(math.Exp(-z))
	},
	params: widePlain, smooth: narrowPlain, at: plain, datum: plainDatum,
	cdf: func(x float64, p []float64) float64 { return 1 / (1 + math.Exp(-(x-p[0])/p[1])) },
	lo:  func(p []float64) float64 { return plain(p, -60) }, hi: func(p []float64) float64 { return plain(p, 60) },
}

var cauchyFamily = family{
	name: "Cauchy",
	make: ofShape(func(m, s *g.Node) dist.Distribution { return dist.Cauchy{Loc: m, Scale: s} }),
	logProb: func(x float64, p []float64) float64 {
		return -math.Log(math.Pi*p[1]) - 2*math.Log(math.Hypot(1, (x-p[0])/p[1]))
	},
	params: widePlain, smooth: narrowPlain, at: plain, datum: plainDatum,
	cdf: func(x float64, p []float64) float64 { return math.Atan2(1, -(x-p[0])/p[1]) / math.Pi },
	lo:  constant(-45), hi: constant(45), warp: sinhWarp,
	noMoments: true, mean: constant(math.NaN()), variance: constant(math.NaN()),
}

var studentFamily = family{
	name: "StudentT",
	make: func(p []*g.Node) dist.Distribution { return dist.StudentT{DF: p[0], Loc: p[1], Scale: p[2]} },
	logProb: func(x float64, p []float64) float64 {
		nu, z := p[0], (x-p[1])/p[2]
		return lgamma((nu+1)/2) - lgamma(nu/2) - .5*math.Log(nu*math.Pi) - math.Log(p[2]) - (nu+1)/2*math.Log1p(z*z/nu)
	},
	params: [][]float64{{1, 0, 1}, {.3, 1, .5}, {4, -2, 3}, {30, .1, 1e-6}, {12, 5, 1e6}},
	smooth: [][]float64{{5, 0, 1}, {7, 1.3, .5}, {6.5, -2, 2.2}, {12, .4, 1.3}, {30, .1, .3}}, // four moments are finite
	at:     plain, datum: plainDatum,
	cdf: func(x float64, p []float64) float64 {
		return distuv.StudentsT{Nu: p[0], Mu: p[1], Sigma: p[2]}.CDF(x)
	},
	lo: constant(-9), hi: constant(9), warp: sinhWarp, implicit: true,
}
