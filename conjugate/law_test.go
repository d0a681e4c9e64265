package conjugate

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// expect is E[f(θ)] for θ ~ N(m, v) by the trapezoid rule.
func expect(m, v float64, f func(theta float64) float64) (sum float64) {
	const h = .02
	s := math.Sqrt(v)
	for z := -9.; z <= 9; z += h {
		sum += h * f(m+s*z) * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	}
	return sum
}

func TestTiltedMomentsOfClutterAreTheirIntegrals(t *testing.T) {
	r := rng.New(21).Rand()
	c := NewClutter()
	for range 40 {
		x, m, v := 4*r.NormFloat64(), 3*r.NormFloat64(), math.Exp(2*r.NormFloat64()-1)
		z := expect(m, v, func(th float64) float64 { return math.Exp(c.logLik(x, th)) })
		one := expect(m, v, func(th float64) float64 { return th * math.Exp(c.logLik(x, th)) }) / z
		two := expect(m, v, func(th float64) float64 { return (th - one) * (th - one) * math.Exp(c.logLik(x, th)) }) / z
		l, mean, variance := c.tilted(x, m, v)
		near(t, "ln Z", l, math.Log(z), 1e-11)
		near(t, "mean", mean, one, 1e-10)
		near(t, "variance", variance, two, 1e-10*max(1, v))
	}
}

// At its fixed point every term times its cavity has the moments of q: that is what EP means.
func TestEveryTiltedTermHasTheMomentsOfTheFixedPoint(t *testing.T) {
	c := NewClutter()
	q, sites, err := c.EP(ctx, sights, EPConfig{})
	if err != nil {
		t.Fatal(err)
	}
	total := Site{1 / c.Prior, 0}
	for _, s := range sites {
		total.Precision += s.Precision
		total.Shift += s.Shift
	}
	near(t, "product's variance", 1/total.Precision, q.Variance, 1e-12)
	near(t, "product's mean", total.Shift/total.Precision, q.Mean, 1e-12)
	for i, s := range sites {
		cavity := total.minus(s)
		_, m, v := c.tilted(sights[i], cavity.Shift/cavity.Precision, 1/cavity.Precision)
		near(t, "mean", m, q.Mean, 1e-10)
		near(t, "variance", v, q.Variance, 1e-10)
	}
}

func TestGaussianTermsAreExactUnderEPAfterOneSweep(t *testing.T) {
	x := []float64{1, 4, -2, 2.5}
	const s = 2.
	tilted := func(n int, m, v float64) (float64, float64, float64) {
		k := v / (v + s)
		return logNormal(x[n], m, v+s), m + k*(x[n]-m), v * (1 - k)
	}
	q, sites, err := EP(ctx, .5, 3, len(x), tilted, EPConfig{Sweeps: 1})
	if err != nil {
		t.Fatal(err)
	}
	// One after the other, which is exact.
	m, v, z := .5, 3., 0.
	for i := range x {
		var l float64
		l, m, v = tilted(i, m, v)
		z += l
	}
	near(t, "mean", q.Mean, m, 1e-13)
	near(t, "variance", q.Variance, v, 1e-13)
	near(t, "log Z", q.LogZ, z, 1e-12)
	for i, site := range sites {
		near(t, "site precision", site.Precision, 1/s, 1e-13)
		near(t, "site shift", site.Shift, x[i]/s, 1e-13)
	}
	// No terms: the prior.
	q, _, err = EP(ctx, .5, 3, 0, nil, EPConfig{})
	if err != nil || q.Mean != .5 || q.LogZ != 0 || !q.Converged {
		t.Errorf("no terms: got %+v, %v", q, err)
	}
}

// Terms Φ(s(θ−c)) are log-concave: EP is close to quadrature and has no negative precisions.
// What it leaves here, on five terms, is 2e-3 of log Z and a per cent of the variance; one term
// alone is exact.
func TestEPOnStepsIsCloseToQuadrature(t *testing.T) {
	at, sign := []float64{-1, .5, 2, 0, 1}, []float64{1, 1, -1, 1, -1}
	cdf := func(a float64) float64 { return math.Erfc(-a/math.Sqrt2) / 2 }
	tilted := func(n int, m, v float64) (float64, float64, float64) {
		u := math.Sqrt(1 + v)
		a := sign[n] * (m - at[n]) / u
		r := math.Exp(-a*a/2) / math.Sqrt(2*math.Pi) / cdf(a)
		return math.Log(cdf(a)), m + sign[n]*v*r/u, v - v*v*r*(a+r)/(u*u)
	}
	for n := range at {
		l, m, v := tilted(n, .3, 2)
		one := func(th float64) float64 { return cdf(sign[n] * (th - at[n])) }
		z := expect(.3, 2, one)
		near(t, "ln Z", l, math.Log(z), 1e-11)
		near(t, "mean", m, expect(.3, 2, func(th float64) float64 { return th * one(th) })/z, 1e-11)
		near(t, "variance", v, expect(.3, 2, func(th float64) float64 { return (th - m) * (th - m) * one(th) })/z, 1e-11)
	}
	q, sites, err := EP(ctx, 0, 4, len(at), tilted, EPConfig{})
	if err != nil || !q.Converged {
		t.Fatal(q, err)
	}
	lik := func(th float64) float64 {
		p := 1.
		for i, c := range at {
			p *= cdf(sign[i] * (th - c))
		}
		return p
	}
	z := expect(0, 4, lik)
	mean := expect(0, 4, func(th float64) float64 { return th * lik(th) }) / z
	variance := expect(0, 4, func(th float64) float64 { return (th - mean) * (th - mean) * lik(th) }) / z
	near(t, "mean", q.Mean, mean, 2e-3)
	near(t, "variance", q.Variance, variance, .01*variance)
	near(t, "log Z", q.LogZ, math.Log(z), 2e-3)
	t.Logf("mean %.6f (%.6f), variance %.6f (%.6f), log Z %.6f (%.6f)", q.Mean, mean, q.Variance, variance, q.LogZ, math.Log(z))
	for i, s := range sites {
		if s.Precision <= 0 {
			t.Errorf("site %d: got precision %g", i, s.Precision)
		}
	}
}

func TestTheOrderOfThePointsDoesNotMatterAtTheEnd(t *testing.T) {
	c := NewClutter()
	x := make([]float64, len(sights))
	for i, j := range rng.New(4).Perm(len(x)) {
		x[i] = sights[j]
	}
	a, _, _ := c.EP(ctx, sights, EPConfig{})
	b, _, _ := c.EP(ctx, x, EPConfig{})
	near(t, "EP mean", a.Mean, b.Mean, 1e-9)
	near(t, "EP log Z", a.LogZ, b.LogZ, 1e-9)
	v, _ := c.VB(ctx, sights, Loop{})
	w, _ := c.VB(ctx, x, Loop{})
	near(t, "VB mean", v.Mean, w.Mean, 1e-9)
	near(t, "VB bound", v.LogZ, w.LogZ, 1e-9)
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Estimate
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, *a) {
		t.Errorf("JSON: got %+v, %v", back, err)
	}
}

// The bound of VB is E[ln p(x, θ, z)] − E[ln q] by quadrature over θ, at the optimal q(z).
func TestTheBoundOfClutterIsItsDefinition(t *testing.T) {
	c := NewClutter()
	q, err := c.VB(ctx, sights, Loop{Tolerance: 1e-15})
	if err != nil {
		t.Fatal(err)
	}
	l := expect(q.Mean, q.Variance, func(th float64) float64 {
		return logNormal(th, 0, c.Prior) - logNormal(th, q.Mean, q.Variance)
	})
	for _, x := range sights {
		sight := expect(q.Mean, q.Variance, func(th float64) float64 { return logNormal(x, th, c.Variance) })
		noise := logNormal(x, 0, c.Noise)
		r := 1 / (1 + math.Exp(noise-sight))
		l += r*(sight+math.Log(.5)-math.Log(r)) + (1-r)*(noise+math.Log(.5)-math.Log(1-r))
	}
	near(t, "bound", q.LogZ, l, 1e-9)
}

// klNormal is KL(N(a, diag v) ‖ N(m, Λ⁻¹)).
func klNormal(a, v, m []float64, p *mat.SymDense) float64 {
	var c mat.Cholesky
	c.Factorize(p)
	kl := -c.LogDet() / 2
	d := mat.NewVecDense(len(a), nil)
	for j := range a {
		kl += (v[j]*p.At(j, j) - 1 - math.Log(v[j])) / 2
		d.SetVec(j, a[j]-m[j])
	}
	return kl + mat.Inner(d, p, d)/2
}

func TestTheMeanFieldIsTheNearestProduct(t *testing.T) {
	r := rng.New(13).Rand()
	for n := 1; n <= 6; n++ {
		p, b := mat.NewSymDense(n, nil), mat.NewDense(n, n, nil)
		for i := range n {
			for j := range n {
				b.Set(i, j, r.NormFloat64())
			}
		}
		p.SymOuterK(1, b)
		mean, at := make([]float64, n), make([]float64, n)
		for i := range n {
			p.SetSym(i, i, p.At(i, i)+.2)
			mean[i], at[i] = r.NormFloat64(), 5*r.NormFloat64()
		}
		m, err := NewMeanField(p)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "KL", m.KL, klNormal(mean, m.Variance, mean, p), 1e-12)
		for j, v := range m.Variance {
			if v > m.True[j]*(1+1e-12) {
				t.Errorf("variance %g over the true %g", v, m.True[j])
			}
			for _, f := range []float64{.99, 1.01} {
				m.Variance[j] = f * v
				if klNormal(mean, m.Variance, mean, p) < m.KL {
					t.Errorf("variance %d times %g is nearer", j, f)
				}
			}
			m.Variance[j] = v
		}
		// No sweep takes the means further away.
		far := klNormal(at, m.Variance, mean, p)
		for range 30 {
			Sweep(p, mean, at)
			next := klNormal(at, m.Variance, mean, p)
			if next > far+1e-12 {
				t.Errorf("a sweep raises the divergence from %g to %g", far, next)
			}
			far = next
		}
	}
}

// The bound of the normal, E[ln p(x,μ,τ)] − E[ln q], by quadrature over μ and over ln τ.
func TestTheBoundOfTheNormalIsItsDefinition(t *testing.T) {
	for _, independent := range []bool{false, true} {
		p := NormalPrior{Mean: .5, Precision: .7, Tau: Gamma{Shape: 2, Rate: 3}, Independent: independent}
		q, err := p.Fit(ctx, oneToFive, Loop{Tolerance: 1e-15})
		if err != nil {
			t.Fatal(err)
		}
		gamma := func(g Gamma, tau float64) float64 {
			lg, _ := math.Lgamma(g.Shape)
			return g.Shape*math.Log(g.Rate) + (g.Shape-1)*math.Log(tau) - g.Rate*tau - lg
		}
		l := 0.
		const h = .02
		for u := -14.; u < 5; u += h {
			tau := math.Exp(u)
			weight := h * tau * math.Exp(gamma(q.Tau, tau))
			scale := tau
			if independent {
				scale = 1
			}
			l += weight * (gamma(p.Tau, tau) - gamma(q.Tau, tau) + expect(q.Mean, 1/q.Precision, func(mu float64) float64 {
				sum := logNormal(mu, p.Mean, 1/(p.Precision*scale)) - logNormal(mu, q.Mean, 1/q.Precision)
				for _, x := range oneToFive {
					sum += logNormal(x, mu, 1/tau)
				}
				return sum
			}))
		}
		near(t, "bound", last(q.Bound), l, 1e-8)
	}
}

func last(xs []float64) float64 { return xs[len(xs)-1] }

// Moving and stretching the data and the prior moves and stretches the posterior.
func TestThePosteriorOfTheNormalMovesWithTheData(t *testing.T) {
	const shift, scale = 3., 2.
	moved := make([]float64, len(oneToFive))
	for i, x := range oneToFive {
		moved[i] = shift + scale*x
	}
	p := NormalPrior{Mean: shift, Precision: 1, Tau: Gamma{Shape: 1, Rate: scale * scale}}
	a, err := unit.Fit(ctx, oneToFive, Loop{Tolerance: 1e-15})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Fit(ctx, moved, Loop{Tolerance: 1e-15})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", b.Mean, shift+scale*a.Mean, 1e-10)
	near(t, "precision", b.Precision, a.Precision/(scale*scale), 1e-7)
	near(t, "bound", last(b.Bound), last(a.Bound)-5*math.Log(scale), 1e-10)
}
