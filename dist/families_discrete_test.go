package dist_test

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
)

// The references below sum logarithms of ratios of neighbouring probabilities, where the
// package uses the gamma function.

// climb is first + Σ ln ratio(i) for i = 1 … x, −∞ where x is not a whole number from 0 on.
func climb(x, first float64, ratio func(i float64) float64) float64 {
	if x < 0 || x != math.Floor(x) {
		return math.Inf(-1)
	}
	for i := 1.; i <= x; i++ {
		first += math.Log(ratio(i))
	}
	return first
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// upTo lists 0, …, n.
func upTo(n float64) []float64 {
	var out []float64
	for k := 0.; k <= n; k++ {
		out = append(out, k)
	}
	return out
}

// stacked makes parameters the elements of a last axis.
func stacked(p []*g.Node) *g.Node {
	top := p[0]
	for _, n := range p {
		if n.Rank() > top.Rank() {
			top = n
		}
	}
	all := make([]*g.Node, len(p))
	for i, n := range p {
		all[i] = g.BroadcastToDims(n, top.Shape().Dimensions...)
	}
	return g.Stack(all, -1)
}

func modulo(n int) func([]float64, int) float64 {
	return func(_ []float64, i int) float64 { return float64(3 * i % n) }
}

func noCount([]float64) []float64 { return []float64{-1, -.5, .5, 3.25} }

func logistic(x float64) float64 { return math.Log(x / (1 - x)) }

func init() {
	families = append(families, poissonFamily, binomialFamily("Binomial of 1", 1), binomialFamily("Binomial of 25", 25),
		binomialFamily("Binomial of 101", 101), geometricFamily, categoricalFamily, negativeBinomialFamily, zinbFamily,
		betaBinomialFamily("BetaBinomial of 1", 1), betaBinomialFamily("BetaBinomial of 40", 40),
		relaxedBernoulliFamily, logisticMixtureFamily)
	for _, name := range []string{"Poisson", "Binomial of 1", "Binomial of 25", "Binomial of 101", "Geometric", "Categorical"} {
		klCases = append(klCases, klCase{q: name, p: name})
	}
}

var poissonFamily = family{
	name: "Poisson",
	make: func(p []*g.Node) dist.Distribution { return dist.Poisson{LogRate: p[0]} },
	logProb: func(x float64, p []float64) float64 {
		return climb(x, -math.Exp(p[0]), func(i float64) float64 { return math.Exp(p[0]) / i })
	},
	params: [][]float64{{-18.42}, {-3}, {0}, {1.6}, {2.3}, {3.4}, {4.6}},
	xs:     func([]float64) []float64 { return []float64{0, 1, 2, 5, 9, 10, 11, 12, 13, 30, 100, 300} },
	smooth: [][]float64{{math.Log(.4)}, {math.Log(4)}, {math.Log(9.95)}, {math.Log(10.05)}, {math.Log(60)}},
	values: func(p []float64) []float64 { return upTo(20 + math.Exp(p[0]) + 12*math.Exp(p[0]/2)) },
	datum:  modulo(16), outside: noCount,
}

// binomialFamily has p[0] the log-odds and n trials.
func binomialFamily(name string, n float64) family {
	return family{
		name: name,
		make: func(p []*g.Node) dist.Distribution {
			return dist.Binomial{Trials: g.Scalar(p[0].Graph(), p[0].DType(), n), Logits: p[0]}
		},
		logProb: func(x float64, p []float64) float64 {
			if x > n {
				return math.Inf(-1)
			}
			return climb(x, -n*softplus(p[0]), func(i float64) float64 { return (n - i + 1) / i }) + x*p[0]
		},
		params: [][]float64{{-700}, {-40}, {-12}, {-3}, {-.5}, {0}, {1e-3}, {2}, {9}, {40}, {700}},
		smooth: [][]float64{{-2.3}, {logistic(9.9 / 101)}, {logistic(10.1 / 101)}, {-.1}, {.1}, {logistic(1 - 10.1/101)}, {2.4}},
		values: func([]float64) []float64 { return upTo(n) },
		datum:  modulo(int(n) + 1),
		outside: func([]float64) []float64 {
			return []float64{-1, .5, n + 1, n + 1e6}
		},
	}
}

var geometricFamily = family{
	name: "Geometric",
	make: func(p []*g.Node) dist.Distribution { return dist.Geometric{Logits: p[0]} },
	logProb: func(x float64, p []float64) float64 {
		if x < 0 || x != math.Floor(x) {
			return math.Inf(-1)
		}
		return -softplus(-p[0]) - x*softplus(p[0])
	},
	params: [][]float64{{-700}, {-18}, {-3}, {-.2}, {0}, {1}, {18}, {700}},
	xs:     func([]float64) []float64 { return []float64{0, 1, 2, 17, 1e6, 1e12} },
	smooth: [][]float64{{-3}, {-.8}, {.2}, {1.1}, {4}},
	cdf: func(x float64, p []float64) float64 {
		return -math.Expm1(-(math.Floor(x) + 1) * softplus(p[0]))
	},
	values: func(p []float64) []float64 { return upTo(5 + 40/softplus(p[0])) },
	datum:  modulo(7), outside: noCount,
}

func logSumExp(l []float64) float64 {
	top := math.Inf(-1)
	for _, v := range l {
		top = math.Max(top, v)
	}
	sum := 0.
	for _, v := range l {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

var categoricalFamily = family{
	name: "Categorical",
	make: func(p []*g.Node) dist.Distribution { return dist.Categorical{Logits: stacked(p)} },
	logProb: func(x float64, p []float64) float64 {
		if x < 0 || x > 3 || x != math.Floor(x) {
			return math.Inf(-1)
		}
		return p[int(x)] - logSumExp(p)
	},
	params: [][]float64{{0, 0, 0, 0}, {1, -2, .5, 3}, {700, -700, 0, 0}, {-700, -700, -700, -699}, {1e3, 1e3 + 1, 1e3 - 1, 0}, {-40, 0, 0, 40}},
	smooth: [][]float64{{0, 0, 0, 0}, {1, -2, .5, 3}, {-.3, .2, .1, -1}, {2, 2, -5, 1}, {101, 99, 100, 102}},
	values: func([]float64) []float64 { return upTo(3) },
	datum:  modulo(4),
	outside: func([]float64) []float64 {
		return []float64{-1, .5, 4}
	},
}

func negativeBinomialLogProb(x float64, p []float64) float64 {
	theta, odds := math.Exp(p[1]), p[0]-p[1]
	return climb(x, -theta*softplus(odds), func(i float64) float64 { return (theta + i - 1) / i * sigmoid(odds) })
}

// countsBelow bounds all but 1e-15 of the mass of negative binomials.
func countsBelow(p []float64) []float64 { return upTo(30 + 45/softplus(p[1]-p[0]) + 3*math.Exp(p[0])) }

var negativeBinomialFamily = family{
	name: "NegativeBinomial",
	make: func(p []*g.Node) dist.Distribution { return dist.NegativeBinomial{LogMean: p[0], LogShape: p[1]} },

	logProb: negativeBinomialLogProb,
	params:  [][]float64{{-18, 1}, {0, 0}, {2, -3}, {3, 2}, {1, 15}, {-2, 20}, {5, -5}},
	xs:      func([]float64) []float64 { return []float64{0, 1, 2, 5, 9, 10, 11, 12, 13, 40, 200} },
	smooth:  [][]float64{{.3, 1.1}, {1.5, -.7}, {2.5, 3}, {3, 1.4}, {-1, .2}, {1, 7}},
	values:  countsBelow,
	datum:   modulo(16), outside: noCount,
}

func zinbLogProb(x float64, p []float64) float64 {
	stay := -softplus(p[2]) + negativeBinomialLogProb(x, p)
	if x == 0 {
		return logSumExp([]float64{-softplus(-p[2]), stay})
	}
	return stay
}

var zinbFamily = family{
	name: "ZeroInflatedNegativeBinomial",
	make: func(p []*g.Node) dist.Distribution {
		return dist.ZeroInflatedNegativeBinomial{LogMean: p[0], LogShape: p[1], Logits: p[2]}
	},
	logProb: zinbLogProb,
	params:  [][]float64{{-18, 1, 0}, {0, 0, -3}, {2, -3, 3}, {3, 2, -700}, {1, 15, 700}, {5, -5, 30}, {5, 9, -30}},
	xs:      negativeBinomialFamily.xs,
	smooth:  [][]float64{{.3, 1.1, -1}, {1.5, -.7, .5}, {2.5, 3, -2}, {3, 1.4, 1}},
	values:  countsBelow,
	datum:   modulo(5), outside: noCount,
}

// betaBinomialFamily has p = (α, β) and n trials.
func betaBinomialFamily(name string, n float64) family {
	return family{
		name: name,
		make: func(p []*g.Node) dist.Distribution {
			return dist.BetaBinomial{Trials: g.Scalar(p[0].Graph(), p[0].DType(), n), Alpha: p[0], Beta: p[1]}
		},
		logProb: func(x float64, p []float64) float64 {
			if x > n {
				return math.Inf(-1)
			}
			none := 0.
			for j := 0.; j < n; j++ {
				none += math.Log((p[1] + j) / (p[0] + p[1] + j))
			}
			return climb(x, none, func(i float64) float64 { return (n - i + 1) / i * (p[0] + i - 1) / (p[1] + (n - i)) })
		},
		params: [][]float64{{1, 1}, {.01, .3}, {5, 2}, {60, 1e-3}, {300, 200}, {1e6, 3e6}, {.5, 1e4}, {1e4, 1e4}, {1e-4, 1e-4}, {12, 12}},
		smooth: [][]float64{{1.2, .8}, {.4, .9}, {5, 2}, {30, 60}, {200, 150}},
		values: func([]float64) []float64 { return upTo(n) },
		datum:  modulo(int(n) + 1),
		outside: func([]float64) []float64 {
			return []float64{-1, .5, n + 1, n + 1e6}
		},
	}
}

// relaxedBernoulliFamily has p = (l, τ). Its density is that of the logistic variable y with
// location l/τ and scale 1/τ, over x(1 − x).
var relaxedBernoulliFamily = family{
	name: "RelaxedBernoulli",
	make: func(p []*g.Node) dist.Distribution { return dist.RelaxedBernoulli{Logits: p[0], Temperature: p[1]} },
	logProb: func(x float64, p []float64) float64 {
		if x < 0 || x > 1 {
			return math.Inf(-1)
		}
		z := p[1]*(math.Log(x)-math.Log1p(-x)) - p[0]
		return math.Log(p[1]) - z - 2*softplus(-z) - math.Log(x) - math.Log1p(-x)
	},
	params: [][]float64{{0, 1}, {-2, .5}, {3, .1}, {-700, .7}, {700, .7}, {1, 5}, {.2, .01}},
	xs: func([]float64) []float64 {
		return []float64{1e-300, 1e-20, 1e-6, .01, .3, .5, .9, .999, 1 - 1e-9, 1 - 0x1p-53}
	},
	// Rows have less than 1e-11 of their mass where x rounds to 1.
	smooth: [][]float64{{0, 1}, {-4, .7}, {-1, .9}, {1.5, 1.7}, {-.4, 3}},
	datum:  func(_ []float64, i int) float64 { return .15 + .17*float64(i) },
	cdf: func(x float64, p []float64) float64 {
		return sigmoid(p[1]*(math.Log(x)-math.Log1p(-x)) - p[0])
	},
	lo: func(p []float64) float64 { return (p[0] - 36) / p[1] },
	hi: func(p []float64) float64 { return math.Min(36, (p[0]+36)/p[1]) },
	warp: func(_ []float64, t float64) (x, slope float64) {
		return sigmoid(t), sigmoid(t) * sigmoid(-t)
	},
	outside: func([]float64) []float64 { return []float64{-1, -1e-9, 1 + 1e-9, 7} },
}

// logisticMixtureFamily has p = (l₁, l₂, μ₁, μ₂, ln s₁, ln s₂).
var logisticMixtureFamily = family{
	name: "LogisticMixture",
	make: func(p []*g.Node) dist.Distribution {
		return dist.LogisticMixture{Logits: stacked(p[:2]), Loc: stacked(p[2:4]), LogScale: stacked(p[4:])}
	},
	logProb: func(x float64, p []float64) float64 {
		joint := []float64{p[0], p[1]}
		for k := range joint {
			joint[k] += discretizedLogisticLogProb(x, []float64{p[2+k], p[4+k]})
		}
		return logSumExp(joint) - logSumExp(p[:2])
	},
	params:    [][]float64{{0, 1, .2, .7, -2, -3}, {2, -1, .5, .9, -4, 0}, {-30, 30, 0, 1.2, -1, -3}},
	smooth:    [][]float64{{0, 1, .2, .7, -2, -3}, {2, -1, .5, .9, -3.4, -1}, {.3, .1, .4, .6, -2.5, -3.5}},
	momentsAt: [][]float64{{0, 1, .4, .6, -3.4, -3.7}, {-1, .5, .5, .45, -3.2, -3.9}},
	values:    levels,
	datum:     discretizedLogisticFamily.datum,
	tol:       tolerances{moments: 1e-3}, // as those of DiscretizedLogistic
}
