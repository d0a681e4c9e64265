package dist_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// family is a distribution with formulas of its own, in plain Go.
type family struct {
	name    string
	make    func(p []*g.Node) dist.Distribution
	logProb func(x float64, p []float64) float64
	params  [][]float64                          // for value tests, with tails
	smooth  [][]float64                          // for gradients and moments
	at      func(p []float64, z float64) float64 // the datum z scales from the centre
	cdf     func(x float64, p []float64) float64 // nil for discrete families
	values  []float64                            // of a discrete family
	lo, hi  func(p []float64) float64            // support for quadrature
	kink    bool                                 // the density has a corner at p[0]
	fixedX  bool                                 // no derivative by x
}

func locScale(make func(loc, scale *g.Node) dist.Distribution) func([]*g.Node) dist.Distribution {
	return func(p []*g.Node) dist.Distribution { return make(p[0], p[1]) }
}

func shifted(p []float64, z float64) float64 { return p[0] + math.Exp(p[1])*z }

var wide = [][]float64{{0, 0}, {1.3, -.7}, {-2, 1.5}, {.1, -20}, {5, 20}}

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

func levels() []float64 {
	v := make([]float64, dist.Bins)
	for k := range v {
		v[k] = float64(k) / 255
	}
	return v
}

var families = []family{
	{
		name: "Normal",
		make: locScale(func(m, s *g.Node) dist.Distribution { return dist.Normal{Loc: m, LogScale: s} }),
		logProb: func(x float64, p []float64) float64 {
			z := (x - p[0]) / math.Exp(p[1])
			return -z*z/2 - p[1] - math.Log(math.Sqrt(2*math.Pi))
		},
		params: wide, smooth: [][]float64{{0, 0}, {1.3, -.7}, {-2, .8}, {.4, .3}, {.1, -1.1}}, at: shifted,
		cdf: func(x float64, p []float64) float64 { return .5 * math.Erfc((p[0]-x)/math.Exp(p[1])/math.Sqrt2) },
		lo:  func(p []float64) float64 { return shifted(p, -14) }, hi: func(p []float64) float64 { return shifted(p, 14) },
	},
	{
		name: "Laplace",
		make: locScale(func(m, s *g.Node) dist.Distribution { return dist.Laplace{Loc: m, LogScale: s} }),
		logProb: func(x float64, p []float64) float64 {
			b := math.Exp(p[1])
			return -math.Log(2*b) - math.Abs(x-p[0])/b
		},
		params: wide, smooth: [][]float64{{0, 0}, {1.3, -.7}, {-2, .8}, {.4, .3}, {.1, -1.1}}, at: shifted,
		cdf: func(x float64, p []float64) float64 {
			z := (x - p[0]) / math.Exp(p[1])
			if z < 0 {
				return .5 * math.Exp(z)
			}
			return 1 - .5*math.Exp(-z)
		},
		lo: func(p []float64) float64 { return shifted(p, -60) }, hi: func(p []float64) float64 { return shifted(p, 60) }, kink: true,
	},
	{
		name: "Bernoulli",
		make: func(p []*g.Node) dist.Distribution { return dist.Bernoulli{Logits: p[0]} },
		logProb: func(x float64, p []float64) float64 {
			return -math.Log1p(math.Exp((1 - 2*x) * p[0]))
		},
		params: [][]float64{{-700}, {-40}, {-12}, {-3}, {-1}, {-1e-3}, {0}, {.4}, {2}, {7}, {40}, {700}},
		smooth: [][]float64{{-3}, {-.8}, {.2}, {1.1}, {4}},
		values: []float64{0, 1},
	},
	{
		name: "ContinuousBernoulli",
		make: func(p []*g.Node) dist.Distribution { return dist.ContinuousBernoulli{Logits: p[0]} },
		logProb: func(x float64, p []float64) float64 {
			return x*p[0] - cbNormalizer(p[0])
		},
		params: [][]float64{{-700}, {-40}, {-14}, {-3}, {-.3}, {-.05}, {-1e-6}, {0}, {1e-9}, {.0499}, {.2999}, {.3001}, {1}, {5}, {40}, {700}},
		smooth: [][]float64{{-6}, {-.8}, {-.1}, {.01}, {.2}, {1.1}, {9}},
		at:     func(_ []float64, z float64) float64 { return math.Mod(math.Abs(z)/8, 1) },
		cdf: func(x float64, p []float64) float64 {
			return math.Expm1(p[0]*math.Min(1, math.Max(0, x))) / math.Expm1(p[0])
		},
		lo: func([]float64) float64 { return 0 }, hi: func([]float64) float64 { return 1 },
	},
	{
		name: "DiscretizedLogistic",
		make: locScale(func(m, s *g.Node) dist.Distribution { return dist.DiscretizedLogistic{Loc: m, LogScale: s} }),
		logProb: func(x float64, p []float64) float64 {
			const half = 1. / 510
			inv := math.Exp(-p[1])
			switch {
			case x < half:
				return -math.Log1p(math.Exp(-(x + half - p[0]) * inv))
			case x > 1-half:
				return -math.Log1p(math.Exp((x - half - p[0]) * inv))
			}
			return logLogisticBin((x-p[0])*inv, half*inv)
		},
		params: [][]float64{{.5, -2}, {.3, -4}, {0, -1}, {1.2, -3}, {.7, 2}, {.5, -5.5}},
		smooth: [][]float64{{.5, -2}, {.3, -3}, {.1, -1}, {.8, -2.5}, {.45, -3.2}},
		values: levels(), fixedX: true,
	},
}

// points lists data with their parameters, 20 or more a family.
func (f family) points() (xs []float64, params [][]float64) {
	for _, p := range f.params {
		data := f.values
		if data == nil {
			for _, z := range []float64{-40, -8, -1, 0, .5, 3, 40} {
				data = append(data, f.at(p, z))
			}
		}
		for _, x := range data {
			xs, params = append(xs, x), append(params, p)
		}
	}
	return xs, params
}

// evaluate computes fn at data and parameters.
func (f family) evaluate(t *testing.T, xs []float64, params [][]float64, fn func(d dist.Distribution, x *g.Node) *g.Node) []float64 {
	t.Helper()
	in := []*tensors.Tensor{tk.Vector(xs...)}
	for j := range params[0] {
		column := make([]float64, len(params))
		for i, p := range params {
			column[i] = p[j]
		}
		in = append(in, tk.Vector(column...))
	}
	return tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		// An output that is itself an input needs an operation of its own.
		return []*g.Node{g.Neg(g.Neg(fn(f.make(in[1:]), in[0])))}
	}, in...)[0]
}

func TestLogProbFollowsTheFormula(t *testing.T) {
	for _, f := range families {
		xs, params := f.points()
		if len(xs) < 20 {
			t.Errorf("%s: got %d points, want at least 20", f.name, len(xs))
		}
		got := f.evaluate(t, xs, params, func(d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) })
		for i, x := range xs {
			want := f.logProb(x, params[i])
			tol := 1e-12 // relative to max(1, |ln p|): a sum of terms of order 1 has no more
			if math.Abs(want) > 50 {
				tol = 1e-9
			}
			if !(math.Abs(got[i]-want) <= tol*math.Max(1, math.Abs(want))) {
				t.Errorf("%s%v: ln p(%v): got %v, want %v", f.name, params[i], x, got[i], want)
			}
		}
	}
}

func TestGradientsMatchDifferences(t *testing.T) {
	worst := 0.
	for _, f := range families {
		quantities := map[string]func(s *model.Scope, d dist.Distribution, x *g.Node) *g.Node{
			"LogProb":  func(_ *model.Scope, d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) },
			"Mean":     func(_ *model.Scope, d dist.Distribution, _ *g.Node) *g.Node { return d.Mean() },
			"Variance": func(_ *model.Scope, d dist.Distribution, _ *g.Node) *g.Node { return d.Variance() },
			"Entropy": func(_ *model.Scope, d dist.Distribution, x *g.Node) *g.Node {
				if e, ok := d.(dist.Entropic); ok {
					return e.Entropy()
				}
				return d.LogProb(x)
			},
			"Rsample": func(s *model.Scope, d dist.Distribution, x *g.Node) *g.Node {
				if r, ok := d.(dist.Reparameterized); ok {
					return g.Sin(r.Rsample(s, "z", 3))
				}
				return d.LogProb(x)
			},
		}
		for name, q := range quantities {
			p := tk.Params(t, dtypes.Float64)
			loss := func(s *model.Scope, _ []*g.Node) []*g.Node {
				nodes := make([]*g.Node, len(f.smooth[0]))
				for j := range nodes {
					nodes[j] = s.Param([]string{"first", "second"}[j], f.column(j), len(f.smooth))
				}
				x := s.Param("x", f.data(), len(f.smooth))
				if f.fixedX {
					x = g.StopGradient(g.MulScalar(g.Round(g.MulScalar(x, 255)), 1./255))
				}
				y := q(s, f.make(nodes), x)
				return []*g.Node{g.ReduceAllSum(g.Mul(y, g.Cos(g.Iota(s.Graph(), y.Shape(), -1))))}
			}
			d := tk.GradientWithin(t, 1e-7, p, loss)
			if t.Failed() {
				t.Fatalf("%s.%s", f.name, name)
			}
			worst = math.Max(worst, d.Scaled)
		}
	}
	t.Logf("worst scaled difference %.1e", worst)
}

// column initialises the j-th parameter with its values for gradients.
func (f family) column(j int) model.Init {
	return func(_ key, dims []int) []float64 {
		out := make([]float64, dims[0])
		for i := range out {
			out[i] = f.smooth[i][j]
		}
		return out
	}
}

// data initialises x inside the support and away from corners.
func (f family) data() model.Init {
	return func(_ key, dims []int) []float64 {
		out := make([]float64, dims[0])
		for i := range out {
			out[i] = .15 + .11*float64(i)
			if f.kink || f.name == "Normal" {
				out[i] = shifted(f.smooth[i], 1.7-.9*float64(i))
			}
		}
		return out
	}
}
