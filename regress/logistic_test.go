package regress

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// Tolerances are half a unit of the last printed digit.
func TestOneDatumUnderTheBoundOfJaakkolaAndJordan(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1})
	fit := func(s float64) *Logistic {
		m, err := FitLogistic(ctx, one, []float64{1}, Config{Fixed: 1 / s, Tolerance: 1e-16})
		if err != nil || !m.Converged {
			t.Fatal(m, err)
		}
		return m
	}
	m := fit(1)
	l := last(m.Bound)
	near(t, "m", m.Mean[0], .406023, 5e-7)
	near(t, "V", m.Cov[0], .812046, 5e-7)
	near(t, "ξ", math.Sqrt(m.Cov[0]+m.Mean[0]*m.Mean[0]), .988383, 5e-7)
	near(t, "bound at s = 1", l, -.700129, 5e-7)
	near(t, "gap at s = 1", math.Log(.5)-l, .006982, 5e-7)
	l = last(fit(10).Bound)
	near(t, "bound at s = 10", l, -.828954, 5e-7)
	// The printed gap, .135807, is the difference of two rounded numbers: the true one is .1358065.
	near(t, "gap at s = 10", math.Log(.5)-l, .135807, 1e-6)
}

func TestLambdaIsSmoothAtNought(t *testing.T) {
	near(t, "λ(0)", Lambda(0), 1./8, 0)
	for _, xi := range []float64{1e-8, 1e-4, .0199999, .02, .0200001, .5, 3, 40, 800} {
		// tanh(ξ/2)/(4ξ) by Euler's product would be slow; by its partial fractions it is
		// λ(ξ) = Σ_k 1/(π²(2k−1)² + ξ²), the tail of which is an integral.
		sum := 0.
		const n = 20000
		for k := n; k >= 1; k-- {
			p := math.Pi * float64(2*k-1)
			sum += 1 / (p*p + xi*xi)
		}
		sum += tail(xi, n)
		near(t, "λ", Lambda(xi)/sum, 1, 1e-12)
		near(t, "λ is even", Lambda(-xi), Lambda(xi), 0)
	}
}

// tail is Σ_{k>n} 1/(π²(2k−1)²+ξ²) by the midpoint rule, ∫_n^∞ dk/(4π²k²+ξ²).
func tail(xi, n float64) float64 { return math.Atan(xi/(2*math.Pi*n)) / (2 * math.Pi * xi) }

func TestTheBoundTouchesTheSigmoidAtXi(t *testing.T) {
	for _, xi := range []float64{0, .01, .5, 2, 10} {
		for a := -12.; a <= 12; a += .25 {
			l := logSigmoid(xi) + (a-xi)/2 - Lambda(xi)*(a*a-xi*xi)
			if l > logSigmoid(a)+1e-14 {
				t.Errorf("ξ = %g: bound %g above ln σ(%g) = %g", xi, l, a, logSigmoid(a))
			}
		}
		near(t, "at ξ", logSigmoid(-xi), -xi-math.Log1p(math.Exp(-xi)), 1e-15)
	}
}

func TestMomentsOfTheSigmoidAreTheirIntegrals(t *testing.T) {
	for _, m := range []float64{-20, -1.3, 0, 4} {
		for _, s := range []float64{1e-9, .1, .99, 1, 1.01, 5, 300} {
			var one, two float64
			// A fine Riemann sum in a, where either factor may be the sharp one.
			h := min(.05, s/20)
			span := 10 * s
			if span/h > 3e5 {
				h = span / 3e5
			}
			for a := -span; a <= span; a += h {
				w := h / s * math.Exp(-a*a/(2*s*s)) / math.Sqrt(2*math.Pi)
				p := sigmoid(m + a)
				one += w * p
				two += w * p * p
			}
			p, q := sigmoidMoments(m, s)
			near(t, "E[σ]", p, one, 1e-10)
			near(t, "E[σ²]", q, two, 1e-10)
		}
	}
}

// evidence is ln ∫ N(w; 0, 1/α) Π p(t_n|w) dw in one dimension and under a known precision.
func evidence(alpha float64, logLik func(w float64) float64) float64 {
	h, sum := .02/math.Sqrt(alpha), 0.
	for w := -12 / math.Sqrt(alpha); w < 12/math.Sqrt(alpha); w += h {
		sum += h * math.Exp(logLik(w)-alpha*w*w/2) * math.Sqrt(alpha/(2*math.Pi))
	}
	return math.Log(sum)
}

// gammaEvidence integrates over α as well, in ln α.
func gammaEvidence(p Gamma, logLik func(w float64) float64) float64 {
	const h = .1
	sum, lg := 0., 0.
	lg, _ = math.Lgamma(p.Shape)
	for u := -12.; u < 10; u += h {
		a := math.Exp(u)
		sum += h * math.Exp(evidence(a, logLik)+p.Shape*(u+math.Log(p.Rate))-p.Rate*a-lg)
	}
	return math.Log(sum)
}

func TestBoundsOfClassifiersStayBelowTheEvidenceByQuadrature(t *testing.T) {
	r := rng.New(5).Rand()
	for range 6 {
		n := 1 + r.IntN(8)
		x, y := mat.NewDense(n, 1, nil), make([]float64, n)
		for i := range y {
			x.Set(i, 0, 2*r.NormFloat64())
			y[i] = float64(r.IntN(2))
		}
		sum := func(f func(a float64) float64) func(w float64) float64 {
			return func(w float64) (l float64) {
				for i, t := range y {
					l += f((2*t - 1) * w * x.At(i, 0))
				}
				return l
			}
		}
		for _, cfg := range []Config{{Fixed: .5}, {Alpha: Gamma{Shape: 2, Rate: 1.5}}} {
			truth := func(f func(float64) float64) float64 {
				if cfg.Fixed > 0 {
					return evidence(cfg.Fixed, sum(f))
				}
				return gammaEvidence(cfg.Alpha, sum(f))
			}
			l, err := FitLogistic(ctx, x, y, cfg)
			if err != nil {
				t.Fatal(err)
			}
			below(t, "logistic", last(l.Bound), truth(logSigmoid), float64(n))
			p, err := FitProbit(ctx, x, y, cfg)
			if err != nil {
				t.Fatal(err)
			}
			below(t, "probit", last(p.Bound), truth(LogNormalCDF), float64(n))
		}
	}
}

// below says that a bound is under the evidence, and by no more than half a nat per datum.
func below(t *testing.T, what string, bound, truth, n float64) {
	t.Helper()
	if bound > truth+1e-9 || bound < truth-.5*n {
		t.Errorf("%s: bound %g, evidence %g", what, bound, truth)
	}
}
