package testkit

import (
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// bell is N(μ, e^2λ) with faults that the laws have to find.
type bell struct {
	loc, logScale *g.Node
	mass          float64 // added to ln p
	drift         float64 // added to draws, in standard deviations
	wide          float64 // draws are wider by this factor
	mean          float64 // added to the mean
	variance      float64 // factor of the variance
	entropy       float64 // added to the entropy
	cdf           float64 // added to P(X ≤ x)
	cut           bool    // draws do not follow the scale
	flat          bool    // ln p has no derivative by the location
}

// rightBell has no faults.
func rightBell(p []*g.Node) bell {
	return bell{loc: p[0], logScale: p[1], wide: 1, variance: 1}
}

func (d bell) LogProb(x *g.Node) *g.Node {
	loc := d.loc
	if d.flat {
		loc = g.StopGradient(loc)
	}
	z := g.Div(g.Sub(x, loc), g.Exp(d.logScale))
	return g.AddScalar(g.Sub(g.MulScalar(g.Square(z), -.5), d.logScale), d.mass-.5*math.Log(2*math.Pi))
}

func (d bell) Mean() *g.Node { return g.AddScalar(d.loc, d.mean) }

func (d bell) Variance() *g.Node {
	return g.MulScalar(g.Exp(g.MulScalar(d.logScale, 2)), d.variance)
}

func (d bell) Entropy() *g.Node {
	return g.AddScalar(d.logScale, d.entropy+.5+.5*math.Log(2*math.Pi))
}

func (d bell) CDF(x *g.Node) *g.Node {
	z := g.Div(g.Sub(x, d.loc), g.MulScalar(g.Exp(d.logScale), math.Sqrt2))
	return g.AddScalar(g.MulScalar(g.Erf(z), .5), .5+d.cdf)
}

func (d bell) Rsample(s *model.Scope, name string, m int) *g.Node {
	eps := s.Normal(name, append([]int{m}, d.loc.Shape().Dimensions...)...)
	scale := g.Exp(d.logScale)
	if d.cut {
		scale = g.StopGradient(scale)
	}
	step := g.Mul(g.AddScalar(g.MulScalar(eps, d.wide), d.drift), g.ExpandAxes(scale, 0))
	return g.Add(g.ExpandAxes(d.loc, 0), step)
}

func (d bell) Sample(s *model.Scope, name string, m int) *g.Node {
	return g.StopGradient(d.Rsample(s, name, m))
}

// bellFamily is the family of bells with a fault, and its formulas.
func bellFamily(fault func(d *bell)) Family {
	sigma := func(p []float64, z float64) float64 { return p[0] + z*math.Exp(p[1]) }
	return Family{
		Name: "bell",
		Make: func(p []*g.Node) Distribution {
			d := rightBell(p)
			if fault != nil {
				fault(&d)
			}
			return d
		},
		LogProb: func(x float64, p []float64) float64 {
			z := (x - p[0]) / math.Exp(p[1])
			return -z*z/2 - p[1] - .5*math.Log(2*math.Pi)
		},
		CDF: func(x float64, p []float64) float64 {
			return .5 * math.Erfc((p[0]-x)/math.Exp(p[1])/math.Sqrt2)
		},
		Rows: [][]float64{{0, 0}, {1, -1}, {-2, 3}}, Smooth: [][]float64{{0, 0}, {1, -1}},
		Points: func(p []float64) (xs []float64) {
			for _, z := range []float64{-40, -3, -1, 0, .5, 2, 40} {
				xs = append(xs, sigma(p, z))
			}
			return xs
		},
		Datum: func(p []float64, i int) float64 { return sigma(p, .7-float64(i)) },
		Lo:    func(p []float64) float64 { return sigma(p, -14) },
		Hi:    func(p []float64) float64 { return sigma(p, 14) },
	}
}

func TestARightFamilyPasses(t *testing.T) {
	f := bellFamily(nil)
	DistributionLaws(t, f)
	Close(t, "E[x²]", f.Expect([]float64{1, -1}, func(x float64) float64 { return x * x }), 1+math.Exp(-2), 1e-12)
	if names := len(f.quantities(t)); names != 6 {
		t.Errorf("quantities with a gradient: got %d, want 6", names)
	}
	if !f.PathwiseLaw(t) {
		t.Error("differentiable draws are not found")
	}
}

// TestWrongFamiliesAreFound: each fault is seen by the law that it breaks.
func TestWrongFamiliesAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(d *bell)
		say   []string
	}{
		{"a constant of 1e-9 too much", func(d *bell) { d.mass = 1e-9 }, []string{"ln p("}},
		{"a location without derivative", func(d *bell) { d.flat = true }, []string{"gradient of LogProb"}},
		{"a sampler off by .05 deviations", func(d *bell) { d.drift = .05 }, []string{"Kolmogorov"}},
		{"a sampler off by a fifth", func(d *bell) { d.drift = .2 }, []string{"Kolmogorov", "mean of 10000"}},
		{"a sampler 10 % too narrow", func(d *bell) { d.wide = .9 }, []string{"Kolmogorov", "variance: mean of 10000"}},
		{"a wrong mean", func(d *bell) { d.mean = 1e-8 }, []string{"mean: got"}},
		{"a wrong variance", func(d *bell) { d.variance = 1 + 1e-8 }, []string{"variance: got"}},
		{"a wrong entropy", func(d *bell) { d.entropy = 1e-10 }, []string{"entropy: got"}},
		{"a wrong distribution function", func(d *bell) { d.cdf = 1e-10 }, []string{"P(X ≤"}},
		{"draws that do not follow the scale", func(d *bell) { d.cut = true }, []string{"gradient of Rsample", "derivative 1 of E[z²]"}},
	} {
		got := found(t, func(t testing.TB) { DistributionLaws(t, bellFamily(c.fault)) })
		for _, say := range c.say {
			if !strings.Contains(got, say) {
				t.Errorf("%s: failures: got %q, want one with %q", c.name, got, say)
			}
		}
	}
}

// coin is 1 with probability σ(logit), else 0, and −∞ elsewhere; bias is added to the
// probability with which it is drawn.
type coin struct {
	logit *g.Node
	bias  float64
	half  bool // ln p of ½ is that of 1
}

func (d coin) chance() *g.Node { return g.Sigmoid(d.logit) }

func (d coin) LogProb(x *g.Node) *g.Node {
	p := d.chance()
	y := g.Log(g.Add(g.Mul(x, p), g.Mul(g.OneMinus(x), g.OneMinus(p))))
	if d.half {
		return y
	}
	whole := g.Equal(g.Mul(x, g.OneMinus(x)), g.ZerosLike(x))
	minus := g.AddScalar(g.ZerosLike(y), math.Inf(-1))
	return g.Where(whole, y, minus)
}

func (d coin) Mean() *g.Node     { return d.chance() }
func (d coin) Variance() *g.Node { return g.Mul(d.chance(), g.OneMinus(d.chance())) }

func (d coin) Sample(s *model.Scope, name string, m int) *g.Node {
	u := s.Uniform(name, append([]int{m}, d.logit.Shape().Dimensions...)...)
	return g.ConvertDType(g.LessThan(u, g.ExpandAxes(g.AddScalar(d.chance(), d.bias), 0)), s.DType())
}

// coinFamily is a discrete family.
func coinFamily(bias float64, half bool) Family {
	return Family{
		Name: "coin", Make: func(p []*g.Node) Distribution { return coin{p[0], bias, half} },
		LogProb: func(x float64, p []float64) float64 { return -math.Log1p(math.Exp((1 - 2*x) * p[0])) },
		Rows:    [][]float64{{-3}, {-2}, {-1}, {-.5}, {-.1}, {0}, {.2}, {.6}, {1.5}, {2.5}},
		Smooth:  [][]float64{{-1}, {.4}},
		Values:  func([]float64) []float64 { return []float64{0, 1} },
		Points:  func([]float64) []float64 { return []float64{0, 1} },
		Outside: func([]float64) []float64 { return []float64{.5, .25} },
		Datum:   func(_ []float64, i int) float64 { return float64(i % 2) },
	}
}

func TestDiscreteFamilies(t *testing.T) {
	DistributionLaws(t, coinFamily(0, false))
	if coinFamily(0, false).PathwiseLaw(t) {
		t.Error("a coin has no differentiable draws, but they are found")
	}
	for _, c := range []struct {
		f   Family
		say string
	}{
		{coinFamily(.03, false), "χ²"},
		{coinFamily(0, true), "want −∞"},
	} {
		if got := found(t, func(t testing.TB) { DistributionLaws(t, c.f) }); !strings.Contains(got, c.say) {
			t.Errorf("failures: got %q, want one with %q", got, c.say)
		}
	}
	odd := coinFamily(0, false)
	odd.Values = func([]float64) []float64 { return []float64{0, 2} }
	if got := found(t, odd.drawsOf); !strings.Contains(got, "want one of the values") {
		t.Errorf("a value that is not listed: failures: got %q", got)
	}
	few := bellFamily(nil)
	few.Rows = few.Rows[:1]
	if got := found(t, func(t testing.TB) { few.FollowsFormula(t) }); !strings.Contains(got, "want at least 20") {
		t.Errorf("seven points: failures: got %q", got)
	}
}

func (f Family) drawsOf(t testing.TB) { f.DrawsLaw(t) }

// TestQuadratureSeesCornersAndWarps: a Laplace density has a corner at its centre, and e^−|x|
// over all reals can be had from t = x/(1 + |x|).
func TestQuadratureSeesCornersAndWarps(t *testing.T) {
	f := Family{
		LogProb: func(x float64, _ []float64) float64 { return -math.Abs(x) - math.Ln2 },
		Corners: func([]float64) []float64 { return []float64{0} },
		Lo:      func([]float64) float64 { return -.995 }, Hi: func([]float64) float64 { return .99 },
		Warp: func(_ []float64, t float64) (x, slope float64) {
			return t / (1 - math.Abs(t)), 1 / ((1 - math.Abs(t)) * (1 - math.Abs(t)))
		},
	}
	Close(t, "E[x²]", f.Expect(nil, func(x float64) float64 { return x * x }), 2, 1e-9)
	Close(t, "E[|x − 1|]", f.Expect(nil, func(x float64) float64 { return math.Abs(x - 1) }, .5), 1+math.Exp(-1), 1e-9)
	if ends := f.breaks(nil, []float64{.5, 0, 7}); len(ends) != 4 {
		t.Errorf("ends of panels: got %v, want −.995, 0, .5, .99", ends)
	}
	mean, variance := Family{Mean: func([]float64) float64 { return 3 }, Variance: func([]float64) float64 { return 4 }}.moments(nil)
	if mean != 3 || variance != 4 {
		t.Errorf("moments that are given: got %v, %v", mean, variance)
	}
	if found(t, func(t testing.TB) { Same(t, "nan", math.NaN(), math.NaN()) }) != "" || found(t, func(t testing.TB) { Same(t, "nan", 1, math.NaN()) }) == "" {
		t.Error("NaN is the same as NaN and nothing else")
	}
}
