package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func locScale(make func(loc, scale *g.Node) dist.Distribution) func([]*g.Node) dist.Distribution {
	return func(p []*g.Node) dist.Distribution { return make(p[0], p[1]) }
}

// constant is a function of parameters that ignores them.
func constant(v float64) func([]float64) float64 { return func([]float64) float64 { return v } }

// shifted and shiftedDatum are for families with a location and a log-scale.
func shifted(p []float64, z float64) float64 { return p[0] + math.Exp(p[1])*z }

func shiftedDatum(p []float64, i int) float64 { return shifted(p, 1.7-.9*float64(i)) }

var (
	wide   = [][]float64{{0, 0}, {1.3, -.7}, {-2, 1.5}, {.1, -20}, {5, 20}}
	narrow = [][]float64{{0, 0}, {1.3, -.7}, {-2, .8}, {.4, .3}, {.1, -1.1}}
)

// logLogisticBin is ln(σ(c+a) − σ(c−a)) = ln sinh a − ln(cosh c + cosh a), in logarithms.
func logLogisticBin(c, a float64) float64 {
	logSinh := math.Log(math.Sinh(a))
	if a > 1 {
		logSinh = a + math.Log1p(-math.Exp(-2*a)) - math.Ln2
	}
	logCosh := func(v float64) float64 {
		v = math.Abs(v)
		return v + math.Log1p(math.Exp(-2*v)) - math.Ln2
	}
	u, v := logCosh(c), logCosh(a)
	return logSinh - math.Max(u, v) - math.Log1p(math.Exp(-math.Abs(u-v)))
}

// cbNormalizer is ∫₀¹ e^(lx) dx by quadrature as a logarithm, with e^max(l, 0) taken out.
func cbNormalizer(l float64) float64 {
	if math.Abs(l) > 60 { // the other end of the interval is below 1e-26
		return math.Max(l, 0) - math.Log(math.Abs(l))
	}
	shift := math.Max(l, 0)
	return shift + math.Log(tk.Integrate(func(x float64) float64 { return math.Exp(l*x - shift) }, 0, 1, 12))
}

func levels([]float64) []float64 {
	v := make([]float64, dist.Bins)
	for k := range v {
		v[k] = float64(k) / 255
	}
	return v
}

func discretizedLogisticLogProb(x float64, p []float64) float64 {
	const half = 1. / 510
	inv := math.Exp(-p[1])
	switch {
	case x < half:
		return -math.Log1p(math.Exp(-(x + half - p[0]) * inv))
	case x > 1-half:
		return -math.Log1p(math.Exp((x - half - p[0]) * inv))
	}
	return logLogisticBin((x-p[0])*inv, half*inv)
}

func init() {
	families = append(families, normalFamily, laplaceFamily, bernoulliFamily, continuousBernoulliFamily, discretizedLogisticFamily)
	klCases = append(klCases, klCase{q: "Normal", p: "Normal"}, klCase{q: "Laplace", p: "Laplace", corner: laplaceFamily.corners}, klCase{q: "Bernoulli", p: "Bernoulli"},
		klCase{q: "Normal", p: "Laplace", corner: laplaceFamily.corners}, klCase{q: "Laplace", p: "Normal"})
}

var normalFamily = family{
	name: "Normal",
	make: locScale(func(m, s *g.Node) dist.Distribution { return dist.Normal{Loc: m, LogScale: s} }),
	logProb: func(x float64, p []float64) float64 {
		z := (x - p[0]) / math.Exp(p[1])
		return -z*z/2 - p[1] - math.Log(math.Sqrt(2*math.Pi))
	},
	params: wide, smooth: narrow, at: shifted, datum: shiftedDatum,
	cdf: func(x float64, p []float64) float64 { return .5 * math.Erfc((p[0]-x)/math.Exp(p[1])/math.Sqrt2) },
	lo:  func(p []float64) float64 { return shifted(p, -14) }, hi: func(p []float64) float64 { return shifted(p, 14) },
}

var laplaceFamily = family{
	name: "Laplace",
	make: locScale(func(m, s *g.Node) dist.Distribution { return dist.Laplace{Loc: m, LogScale: s} }),
	logProb: func(x float64, p []float64) float64 {
		b := math.Exp(p[1])
		return -math.Log(2*b) - math.Abs(x-p[0])/b
	},
	params: wide, smooth: narrow, at: shifted, datum: shiftedDatum,
	cdf: func(x float64, p []float64) float64 {
		z := (x - p[0]) / math.Exp(p[1])
		if z < 0 {
			return .5 * math.Exp(z)
		}
		return 1 - .5*math.Exp(-z)
	},
	lo: func(p []float64) float64 { return shifted(p, -60) }, hi: func(p []float64) float64 { return shifted(p, 60) },
	corners: func(p []float64) []float64 { return p[:1] },
}

var bernoulliFamily = family{
	name: "Bernoulli",
	make: func(p []*g.Node) dist.Distribution { return dist.Bernoulli{Logits: p[0]} },
	logProb: func(x float64, p []float64) float64 {
		return -math.Log1p(math.Exp((1 - 2*x) * p[0]))
	},
	params: [][]float64{{-700}, {-40}, {-12}, {-3}, {-1}, {-1e-3}, {0}, {.4}, {2}, {7}, {40}, {700}},
	smooth: [][]float64{{-3}, {-.8}, {.2}, {1.1}, {4}},
	values: func([]float64) []float64 { return []float64{0, 1} },
	datum:  func(_ []float64, i int) float64 { return float64(i % 2) },
}

var continuousBernoulliFamily = family{
	name: "ContinuousBernoulli",
	make: func(p []*g.Node) dist.Distribution { return dist.ContinuousBernoulli{Logits: p[0]} },
	logProb: func(x float64, p []float64) float64 {
		return x*p[0] - cbNormalizer(p[0])
	},
	params: [][]float64{{-700}, {-40}, {-14}, {-3}, {-.3}, {-.05}, {-1e-6}, {0}, {1e-9}, {.0499}, {.2999}, {.3001}, {1}, {5}, {40}, {700}},
	smooth: [][]float64{{-6}, {-.8}, {-.1}, {.01}, {.2}, {1.1}, {9}},
	at:     func(_ []float64, z float64) float64 { return math.Mod(math.Abs(z)/8, 1) },
	datum:  func(_ []float64, i int) float64 { return .15 + .11*float64(i) },
	cdf: func(x float64, p []float64) float64 {
		x = math.Min(1, math.Max(0, x))
		switch l := p[0]; {
		case l == 0:
			return x
		case l > 0: // e^l may overflow
			return math.Exp(l*(x-1)) * math.Expm1(-l*x) / math.Expm1(-l)
		default:
			return math.Expm1(l*x) / math.Expm1(l)
		}
	},
	lo: constant(0), hi: constant(1),
}

var discretizedLogisticFamily = family{
	name:    "DiscretizedLogistic",
	make:    locScale(func(m, s *g.Node) dist.Distribution { return dist.DiscretizedLogistic{Loc: m, LogScale: s} }),
	logProb: discretizedLogisticLogProb,
	params:  [][]float64{{.5, -2}, {.3, -4}, {0, -1}, {1.2, -3}, {.7, 2}, {.5, -5.5}},
	smooth:  [][]float64{{.5, -2}, {.3, -3}, {.1, -1}, {.8, -2.5}, {.45, -3.2}},
	values:  levels,
	datum:   func(_ []float64, i int) float64 { return math.Round(255*(.15+.11*float64(i))) / 255 },
	// Moments are those of the logistic itself: right where clipping and rounding to levels
	// do not matter, to the 1e-3 of a bin's own variance.
	momentsAt: [][]float64{{.5, -3.2}, {.45, -3.4}},
	tol:       tolerances{moments: 1e-3},
}
