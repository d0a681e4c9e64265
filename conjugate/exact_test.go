package conjugate

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/cavi"
	"github.com/elbo-go/elbo/internal/rng"
)

var ctx = context.Background()

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g ± %g", what, got, want, tol)
	}
}

// oneToFive is x = 1…5 with μ₀ = 0, λ₀ = 1, a₀ = b₀ = 1.
var (
	oneToFive = []float64{1, 2, 3, 4, 5}
	unit      = NormalPrior{Precision: 1, Tau: Gamma{Shape: 1, Rate: 1}}
)

// Tolerances of this file are half a unit of the last printed digit.
func TestTheNormalOfFivePointsHasItsClosedForm(t *testing.T) {
	z, err := unit.LogEvidence(oneToFive)
	if err != nil {
		t.Fatal(err)
	}
	q, err := unit.Fit(ctx, oneToFive, Loop{Tolerance: 1e-15})
	if err != nil || !q.Converged {
		t.Fatal(q, err)
	}
	l := q.Bound[len(q.Bound)-1]
	near(t, "log evidence", z, -12.260034, 5e-7)
	near(t, "mean", q.Mean, 2.5, 1e-12)
	near(t, "precision", q.Precision, 2.1538462, 5e-8)
	near(t, "shape", q.Tau.Shape, 4, 0)
	near(t, "rate", q.Tau.Rate, 11.1428571, 5e-8)
	near(t, "bound", l, -12.329755, 5e-7)
	near(t, "gap", z-l, .069721, 5e-7)
}

func TestTheFlatLimitsOfTheTwoPriorsDiffer(t *testing.T) {
	flat := NormalPrior{Precision: 1e-13, Tau: Gamma{Shape: 1e-13, Rate: 1e-13}}
	for _, c := range []struct {
		independent bool
		want        float64
	}{{false, 10. / 5}, {true, 10. / 4}} {
		flat.Independent = c.independent
		q, err := flat.Fit(ctx, oneToFive, Loop{Tolerance: 1e-16})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "1/E[τ]", 1/q.Tau.Mean(), c.want, 1e-7)
		near(t, "mean", q.Mean, 3, 1e-9)
	}
}

func TestAPairOfNormalsIsNarrowedByTheMeanField(t *testing.T) {
	p := mat.NewSymDense(2, []float64{2, .9, .9, 1.5})
	m, err := NewMeanField(p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "variance 1", m.Variance[0], .5, 1e-15)
	near(t, "variance 2", m.Variance[1], .666667, 5e-7)
	near(t, "true variance 1", m.True[0], .684932, 5e-7)
	near(t, "true variance 2", m.True[1], .913242, 5e-7)
	near(t, "KL", m.KL, .157355, 5e-7)
	mean, at := []float64{1, -2}, []float64{50, 70}
	for range 60 {
		Sweep(p, mean, at)
	}
	near(t, "mean 1", at[0], 1, 1e-12)
	near(t, "mean 2", at[1], -2, 1e-12)
	if _, err := NewMeanField(mat.NewSymDense(2, []float64{1, 2, 2, 1})); err == nil {
		t.Error("an indefinite precision is taken")
	}
}

// sights are the twenty points of the clutter problem.
var sights = []float64{2.1, 1.4, 3.0, -4.2, 2.6, 1.7, 2.3, .9, 5.5, 2.8, -1.1, 1.9, 3.4, 2.2, -6.3, 1.2, 2.5, 7.1, 1.6, 2.0}

func TestClutterOfTwentyPoints(t *testing.T) {
	c := NewClutter()
	exact, err := c.Exact(sights)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "exact mean", exact.Mean, 2.148296, 5e-7)
	near(t, "exact variance", exact.Variance, .115450, 5e-7)
	near(t, "exact log Z", exact.LogZ, -47.500207, 5e-7)

	ep, sites, err := c.EP(ctx, sights, EPConfig{})
	if err != nil || !ep.Converged {
		t.Fatal(ep, err)
	}
	near(t, "EP mean", ep.Mean, 2.147870, 5e-7)
	near(t, "EP variance", ep.Variance, .115127, 5e-7)
	near(t, "EP log Z", ep.LogZ, -47.500395, 5e-7)
	least := math.Inf(1)
	for _, s := range sites {
		least = min(least, s.Precision)
	}
	near(t, "least site precision", least, -.534, 5e-4)

	vb, err := c.VB(ctx, sights, Loop{Tolerance: 1e-15})
	if err != nil || !vb.Converged {
		t.Fatal(vb, err)
	}
	near(t, "VB mean", vb.Mean, 2.140649, 5e-7)
	near(t, "VB variance", vb.Variance, .088039, 5e-7)
	near(t, "VB bound", vb.LogZ, -47.616134, 5e-7)
	if math.Abs(ep.Mean-exact.Mean) >= math.Abs(vb.Mean-exact.Mean) || math.Abs(ep.Variance-exact.Variance) >= math.Abs(vb.Variance-exact.Variance) {
		t.Error("EP is no nearer to the exact moments than VB")
	}
}

// mixed is the exact posterior as the mixture of its 2ᴺ normals, by enumeration.
func mixed(c Clutter, x []float64) (mean, variance, logZ float64) {
	logZ = math.Inf(-1)
	var ls, ms, vs []float64
	for set := range 1 << len(x) {
		l, m, v := 0., 0., c.Prior
		for i, xi := range x {
			if set>>i&1 == 0 {
				l += math.Log(c.Weight) + logNormal(xi, 0, c.Noise)
				continue
			}
			l += math.Log(1-c.Weight) + logNormal(xi, m, v+c.Variance)
			k := v / (v + c.Variance)
			m, v = m+k*(xi-m), v*(1-k)
		}
		ls, ms, vs = append(ls, l), append(ms, m), append(vs, v)
		logZ = logAdd(logZ, l)
	}
	var second float64
	for i, l := range ls {
		p := math.Exp(l - logZ)
		mean += p * ms[i]
		second += p * (vs[i] + ms[i]*ms[i])
	}
	return mean, second - mean*mean, logZ
}

func TestQuadratureOfClutterIsItsMixtureOfTwoToTheN(t *testing.T) {
	r := rng.New(3).Rand()
	for i := range 10 {
		c := Clutter{Weight: .1 + .8*r.Float64(), Variance: .2 + r.Float64(), Noise: 3 + 9*r.Float64(), Prior: 20}
		x := make([]float64, 1+i)
		for j := range x {
			x[j] = 3 * r.NormFloat64()
		}
		q, err := c.Exact(x)
		if err != nil {
			t.Fatal(err)
		}
		m, v, z := mixed(c, x)
		near(t, "mean", q.Mean, m, 1e-9)
		near(t, "variance", q.Variance, v, 1e-9)
		near(t, "log Z", q.LogZ, z, 1e-9)
		vb, err := c.VB(ctx, x, Loop{})
		if err != nil || vb.LogZ > z {
			t.Errorf("bound %g over log Z %g, error %v", vb.LogZ, z, err)
		}
		if _, _, err := c.EP(ctx, x, EPConfig{}); err != nil {
			t.Error(err)
		}
	}
}

func TestOneTermIsExactUnderEP(t *testing.T) {
	c := NewClutter()
	want, _ := c.Exact([]float64{2})
	ep, _, err := c.EP(ctx, []float64{2}, EPConfig{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", ep.Mean, want.Mean, 1e-9)
	near(t, "variance", ep.Variance, want.Variance, 1e-8)
	near(t, "log Z", ep.LogZ, want.LogZ, 1e-9)
}

func TestNegativeSitePrecisionsAndDampedStepsEndAtTheSameFixedPoint(t *testing.T) {
	c := NewClutter()
	full, _, _ := c.EP(ctx, sights, EPConfig{})
	heard := 0
	slow, _, err := c.EP(ctx, sights, EPConfig{Step: .3, Progress: func(int, float64) { heard++ }})
	if err != nil || !slow.Converged || heard != len(slow.Trace) {
		t.Fatal(slow, err)
	}
	near(t, "mean", slow.Mean, full.Mean, 1e-9)
	near(t, "log Z", slow.LogZ, full.LogZ, 1e-9)
	// Far outliers on either side make strongly negative sites; it must end with a density.
	for _, x := range [][]float64{{5, -5, 5, -5}, {9, -9, 0}, {30, -30, 4, 4}, {1e3}, {1e6, -1e6}} {
		q, _, err := c.EP(ctx, x, EPConfig{Sweeps: 50})
		if err != nil || !(q.Variance > 0) || !finite(q.Mean, q.LogZ) {
			t.Errorf("%v: got %+v, %v", x, q, err)
		}
	}
}

func TestTheBoundOfTheNormalStaysBelowTheEvidenceOnRandomData(t *testing.T) {
	r := rng.New(8).Rand()
	for range 50 {
		x := make([]float64, 1+r.IntN(20))
		for i := range x {
			x[i] = 5*r.NormFloat64() + 2
		}
		p := NormalPrior{Mean: r.NormFloat64(), Precision: math.Exp(r.NormFloat64()), Tau: Gamma{Shape: math.Exp(r.NormFloat64()), Rate: math.Exp(r.NormFloat64())}}
		z, _ := p.LogEvidence(x)
		q, err := p.Fit(ctx, x, Loop{})
		if err != nil || q.Bound[len(q.Bound)-1] > z {
			t.Fatalf("bound %v over %g, error %v", q, z, err)
		}
		p.Independent = true
		if q, err = p.Fit(ctx, x, Loop{}); err != nil || q.Bound[len(q.Bound)-1] > independent(p, x) {
			t.Fatalf("bound %v over %g, error %v", q, independent(p, x), err)
		}
	}
}

// independent is ln p(x) under the independent prior: μ integrated in closed form, τ by the
// trapezoid rule in ln τ.
func independent(p NormalPrior, x []float64) float64 {
	n, mean, s := moments(x)
	z := math.Inf(-1)
	lg, _ := math.Lgamma(p.Tau.Shape)
	const h = .01
	for u := -40.; u < 20; u += h {
		tau := math.Exp(u)
		l := p.Tau.Shape*(u+math.Log(p.Tau.Rate)) - p.Tau.Rate*tau - lg
		l += -n/2*(log2Pi-u) - tau*s/2 + (log2Pi-u-math.Log(n))/2 + logNormal(mean, p.Mean, 1/p.Precision+1/(n*tau))
		z = logAdd(z, l+math.Log(h))
	}
	return z
}

func TestBadPriorsAndDataAreErrors(t *testing.T) {
	bad := []error{}
	add := func(_ any, err error) { bad = append(bad, err) }
	add(unit.Fit(ctx, nil, Loop{}))
	add(unit.Fit(ctx, []float64{math.NaN()}, Loop{}))
	add(NormalPrior{Tau: unit.Tau}.Fit(ctx, oneToFive, Loop{}))
	add(NormalPrior{Precision: 1}.Fit(ctx, oneToFive, Loop{}))
	add(unit.Fit(ctx, oneToFive, Loop{Sweeps: -2}))
	add(NormalPrior{Precision: 1, Tau: unit.Tau, Independent: true}.LogEvidence(oneToFive))
	add(NormalPrior{}.LogEvidence(oneToFive))
	add(Clutter{}.Exact(sights))
	add(Clutter{Weight: .5}.VB(ctx, sights, Loop{}))
	add(NewClutter().VB(ctx, []float64{math.Inf(1)}, Loop{}))
	add(Clutter{Weight: .5, Variance: 1e-20, Noise: 1, Prior: 1e9}.Exact(sights))
	_, _, err := NewClutter().EP(ctx, sights, EPConfig{Step: 2})
	bad = append(bad, err)
	_, _, err = Clutter{}.EP(ctx, sights, EPConfig{})
	bad = append(bad, err)
	_, _, err = EP(ctx, 0, -1, 3, nil, EPConfig{})
	bad = append(bad, err)
	_, _, err = EP(ctx, 0, 1, 1, func(int, float64, float64) (float64, float64, float64) { return 0, 0, -1 }, EPConfig{})
	bad = append(bad, err)
	for i, err := range bad {
		if err == nil {
			t.Errorf("case %d is taken", i)
		}
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := NewClutter().EP(done, sights, EPConfig{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := unit.Fit(done, sights, Loop{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	var fell *cavi.FallError
	if errors.As(err, &fell) {
		t.Error("no bound fell")
	}
}
