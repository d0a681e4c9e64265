package testkit

import (
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// written is a distribution made of functions; draws are a function of uniform noise.
type written struct {
	logProb        func(x *g.Node) *g.Node
	mean, variance *g.Node
	draw           func(u *g.Node) *g.Node
	cdf            func(x *g.Node) *g.Node
	like           *g.Node // of the shape of a value
}

func (d written) LogProb(x *g.Node) *g.Node { return d.logProb(x) }
func (d written) Mean() *g.Node             { return d.mean }
func (d written) Variance() *g.Node         { return d.variance }
func (d written) CDF(x *g.Node) *g.Node     { return d.cdf(x) }

func (d written) Rsample(s *model.Scope, name string, m int) *g.Node {
	u := s.Uniform(name, append([]int{m}, d.like.Shape().Dimensions...)...)
	return d.draw(g.MinScalar(g.MaxScalar(u, 1./(1<<24)), 1-1./(1<<24)))
}

func (d written) Sample(s *model.Scope, name string, m int) *g.Node {
	return g.StopGradient(d.Rsample(s, name, m))
}

// constantLike is a number in the shape of x.
func constantLike(x *g.Node, v float64) *g.Node { return g.AddScalar(g.ZerosLike(x), v) }

// infinite returns y where ok, else −∞, without a gradient there.
func infinite(ok, y *g.Node) *g.Node { return g.Where(ok, y, constantLike(y, math.Inf(-1))) }

// spaced are n values from a to b.
func spaced(a, b float64, n int) (out []float64) {
	for i := range n {
		out = append(out, a+(b-a)*float64(i)/float64(n-1))
	}
	return out
}

// exponentialFamily has the rate e^p₀ and a half-line as support.
func exponentialFamily() Family {
	rate := func(p []float64) float64 { return math.Exp(p[0]) }
	return Family{
		Name: "exponential",
		Make: func(p []*g.Node) Distribution {
			b := g.Exp(p[0])
			return written{
				logProb: func(x *g.Node) *g.Node {
					ok := g.GreaterOrEqual(x, g.ZerosLike(x))
					inside := g.Where(ok, x, g.ZerosLike(x))
					return infinite(ok, g.Sub(p[0], g.Mul(b, inside)))
				},
				mean: g.Reciprocal(b), variance: g.Reciprocal(g.Square(b)), like: b,
				draw: func(u *g.Node) *g.Node { return g.Neg(g.Div(g.Log(u), g.ExpandAxes(b, 0))) },
				cdf:  func(x *g.Node) *g.Node { return g.OneMinus(g.Exp(g.Neg(g.Mul(b, x)))) },
			}
		},
		LogProb: func(x float64, p []float64) float64 {
			if x < 0 {
				return math.Inf(-1)
			}
			return p[0] - rate(p)*x
		},
		CDF:     func(x float64, p []float64) float64 { return -math.Expm1(-rate(p) * x) },
		Rows:    [][]float64{{0}, {-2}, {3}},
		Smooth:  [][]float64{{0}, {-.7}, {1.2}},
		Points:  func(p []float64) []float64 { return spaced(0, 40/rate(p), 8) },
		Outside: func([]float64) []float64 { return []float64{-1e-3, -5} },
		Datum:   func(p []float64, i int) float64 { return (.3 + float64(i)) / rate(p) },
		Lo:      func([]float64) float64 { return 0 }, Hi: func(p []float64) float64 { return 45 / rate(p) },
	}
}

// laplaceFamily has the location p₀, scale 1, and a corner there.
func laplaceFamily() Family {
	return Family{
		Name: "Laplace",
		Make: func(p []*g.Node) Distribution {
			return written{
				logProb: func(x *g.Node) *g.Node { return g.AddScalar(g.Neg(g.Abs(g.Sub(x, p[0]))), -math.Ln2) },
				mean:    p[0], variance: constantLike(p[0], 2), like: p[0],
				draw: func(u *g.Node) *g.Node {
					v := g.AddScalar(u, -.5)
					tail := g.Log(g.OneMinus(g.MulScalar(g.Abs(v), 2)))
					return g.Sub(g.ExpandAxes(p[0], 0), g.Mul(g.Sign(v), tail))
				},
				cdf: func(x *g.Node) *g.Node {
					z := g.Sub(x, p[0])
					half := g.MulScalar(g.Exp(g.Neg(g.Abs(z))), .5)
					return g.Where(g.LessThan(z, g.ZerosLike(z)), half, g.OneMinus(half))
				},
			}
		},
		LogProb: func(x float64, p []float64) float64 { return -math.Abs(x-p[0]) - math.Ln2 },
		CDF: func(x float64, p []float64) float64 {
			if x < p[0] {
				return .5 * math.Exp(x-p[0])
			}
			return 1 - .5*math.Exp(p[0]-x)
		},
		Rows: [][]float64{{0}, {-2}, {30}}, Smooth: [][]float64{{0}, {-2}},
		Points:  func(p []float64) []float64 { return spaced(p[0]-40, p[0]+41, 9) },
		Datum:   func(p []float64, i int) float64 { return p[0] + .8 - 1.5*float64(i) },
		Corners: func(p []float64) []float64 { return p[:1] },
		Lo:      func(p []float64) float64 { return p[0] - 50 }, Hi: func(p []float64) float64 { return p[0] + 50 },
	}
}

// cauchyFamily has the location p₀ and no moments; quadrature is over the angle.
func cauchyFamily() Family {
	nan := func([]float64) float64 { return math.NaN() }
	return Family{
		Name: "Cauchy",
		Make: func(p []*g.Node) Distribution {
			return written{
				logProb: func(x *g.Node) *g.Node {
					return g.AddScalar(g.Neg(g.Log1p(g.Square(g.Sub(x, p[0])))), -math.Log(math.Pi))
				},
				mean: constantLike(p[0], math.NaN()), variance: constantLike(p[0], math.NaN()), like: p[0],
				draw: func(u *g.Node) *g.Node {
					angle := g.MulScalar(g.AddScalar(u, -.5), math.Pi)
					return g.Add(g.ExpandAxes(p[0], 0), g.Div(g.Sin(angle), g.Cos(angle)))
				},
				cdf: func(x *g.Node) *g.Node {
					return g.AddScalar(g.MulScalar(g.Atan2(g.Sub(x, p[0]), g.OnesLike(x)), 1/math.Pi), .5)
				},
			}
		},
		LogProb: func(x float64, p []float64) float64 { return -math.Log1p((x-p[0])*(x-p[0])) - math.Log(math.Pi) },
		CDF:     func(x float64, p []float64) float64 { return .5 + math.Atan(x-p[0])/math.Pi },
		Rows:    [][]float64{{0}, {-2}, {3}}, Smooth: [][]float64{{0}, {1.5}},
		Points: func(p []float64) []float64 { return append(spaced(p[0]-40, p[0]+41, 7), 1e8) },
		Datum:  func(p []float64, i int) float64 { return p[0] + .8 - 1.5*float64(i) },
		Lo:     func([]float64) float64 { return -math.Pi / 2 }, Hi: func([]float64) float64 { return math.Pi / 2 },
		Warp: func(p []float64, t float64) (x, slope float64) {
			tan := math.Tan(t)
			return p[0] + tan, 1 + tan*tan
		},
		NoMoments: true, Mean: nan, Variance: nan,
		FixedX: true, // Atan2 has no derivative here
	}
}

// uniformFamily is that of the unit interval moved by p₀, with the derivative by x of no use.
func uniformFamily() Family {
	f := Family{
		Name: "uniform",
		Make: func(p []*g.Node) Distribution {
			return written{
				logProb: func(x *g.Node) *g.Node {
					z := g.Sub(x, p[0])
					ok := g.LogicalAnd(g.GreaterOrEqual(z, g.ZerosLike(z)), g.LessOrEqual(z, g.OnesLike(z)))
					return infinite(ok, g.MulScalar(z, 0))
				},
				mean: g.AddScalar(p[0], .5), variance: constantLike(p[0], 1./12), like: p[0],
				draw: func(u *g.Node) *g.Node { return g.Add(u, g.ExpandAxes(p[0], 0)) },
				cdf:  func(x *g.Node) *g.Node { return g.MinScalar(g.MaxScalar(g.Sub(x, p[0]), 0), 1) },
			}
		},
		LogProb: func(x float64, p []float64) float64 {
			if x < p[0] || x > p[0]+1 {
				return math.Inf(-1)
			}
			return 0
		},
		CDF:  func(x float64, p []float64) float64 { return math.Min(math.Max(x-p[0], 0), 1) },
		Rows: [][]float64{{0}, {-2}}, Smooth: [][]float64{{0}, {1.5}},
		Points:  func(p []float64) []float64 { return spaced(p[0]-.26, p[0]+1.31, 11) },
		Datum:   func(p []float64, i int) float64 { return p[0] + .3 + .4*float64(i) },
		Outside: func(p []float64) []float64 { return []float64{p[0] - 1e-9, p[0] + 1 + 1e-9} },
		Lo:      func(p []float64) float64 { return p[0] }, Hi: func(p []float64) float64 { return p[0] + 1 },
	}
	f.MomentsAt = [][]float64{{0}, {.25}, {-3}}
	return f
}

// TestKnownFamiliesPass with the ways in which they differ from the usual: half-lines, corners,
// warps, and moments that are not there.
func TestKnownFamiliesPass(t *testing.T) {
	for _, f := range []Family{exponentialFamily(), laplaceFamily(), cauchyFamily(), uniformFamily()} {
		DistributionLaws(t, f)
		if t.Failed() {
			t.Fatal(f.Name)
		}
	}
}

// TestWrongFormulasAreFound: the laws compare in both directions, so that a formula, a list of
// ends or a mark that does not belong to the distribution fails as well.
func TestWrongFormulasAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		of   func() Family
		bend func(f *Family)
		say  string
	}{
		{"a formula of another rate", exponentialFamily, func(f *Family) {
			f.LogProb = func(x float64, p []float64) float64 { return p[0] - 1.001*math.Exp(p[0])*x }
		}, "ln p("},
		{"an interval that is cut off", exponentialFamily, func(f *Family) { f.Hi = func(p []float64) float64 { return 3 / math.Exp(p[0]) } }, "total: got"},
		{"a point of the support as one outside", exponentialFamily, func(f *Family) { f.Outside = func([]float64) []float64 { return []float64{1} } }, "want −∞"},
		{"a distribution function of another location", laplaceFamily, func(f *Family) {
			old := f.CDF
			f.CDF = func(x float64, p []float64) float64 { return old(x-.1, p) }
		}, "Kolmogorov"},
		{"a datum at the corner", laplaceFamily, func(f *Family) { f.Datum = func(p []float64, _ int) float64 { return p[0] + 1e-7 } }, "gradient of LogProb"},
		{"moments that are not marked as missing", cauchyFamily, func(f *Family) { f.NoMoments, f.Mean, f.Variance = false, nil, nil }, "mean: got NaN"},
		{"moments that are there but marked as missing", laplaceFamily, func(f *Family) { f.NoMoments = true }, "mean: got"},
		{"a warp with a wrong slope", cauchyFamily, func(f *Family) {
			f.Warp = func(p []float64, t float64) (x, slope float64) { return p[0] + math.Tan(t), 1 + math.Abs(math.Tan(t)) }
		}, "total: got"},
	} {
		f := c.of()
		c.bend(&f)
		if got := found(t, func(t testing.TB) { DistributionLaws(t, f) }); !strings.Contains(got, c.say) {
			t.Errorf("%s: failures: got %q, want one with %q", c.name, got, c.say)
		}
	}
}

// TestMarksSwitchLawsOff: draws that jump have no differences, directions no usual moments, and a
// wide tolerance passes what the usual one does not.
func TestMarksSwitchLawsOff(t *testing.T) {
	count := func(mark func(f *Family)) int {
		f := laplaceFamily()
		mark(&f)
		return len(f.quantities(t))
	}
	all := count(func(*Family) {})
	for name, c := range map[string]struct {
		mark func(f *Family)
		less int
	}{
		"implicit": {func(f *Family) { f.Implicit = true }, 1}, "no derivative by x": {func(f *Family) { f.FixedX = true }, 1},
		"no moments": {func(f *Family) { f.NoMoments = true }, 2},
	} {
		if got := count(c.mark); got != all-c.less {
			t.Errorf("%s: got %d quantities with a gradient, want %d less than %d", name, got, c.less, all)
		}
	}
	for name, c := range map[string]struct {
		mark func(f *Family)
		want int
	}{"usual": {func(*Family) {}, 3}, "no moments": {func(f *Family) { f.NoMoments = true }, 2}, "circular": {func(f *Family) { f.Circular = true }, 1}} {
		f := laplaceFamily()
		c.mark(&f)
		if got := len(f.probes()); got != c.want {
			t.Errorf("%s: got %d expectations, want %d", name, got, c.want)
		}
	}
	f := bellFamily(func(d *bell) { d.mass, d.entropy, d.mean = 1e-7, 1e-7, 1e-7 })
	if found(t, func(t testing.TB) { f.FollowsFormula(t); f.EntropyLaw(t); f.MomentsLaw(t) }) == "" {
		t.Error("errors of 1e-7 pass the usual tolerances")
	}
	f.Formula, f.Surprise, f.Moment = 1e-6, 1e-6, 1e-6
	f.Points = func(p []float64) []float64 { return spaced(p[0]-math.Exp(p[1]), p[0]+math.Exp(p[1]), 9) } // tails keep theirs
	if got := found(t, func(t testing.TB) { f.FollowsFormula(t); f.EntropyLaw(t); f.MomentsLaw(t) }); got != "" {
		t.Errorf("errors of 1e-7 with tolerances of 1e-6: failures: got %q", got)
	}
}
