package hmm

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// integrate is the midpoint rule.
func integrate(f func(float64) float64, a, b float64, n int) (sum float64) {
	h := (b - a) / float64(n)
	for i := range n {
		sum += f(a + (float64(i)+.5)*h)
	}
	return sum * h
}

func TestDivergencesEqualTheirIntegrals(t *testing.T) {
	r := rng.New(101).Named("kl").Rand()
	for range 20 {
		a, b, a0, b0 := 2+3*r.Float64(), 1+r.Float64(), 2+3*r.Float64(), 1+r.Float64()
		logGamma := func(x, a, b float64) float64 { return a*math.Log(b) - lgamma(a) + (a-1)*math.Log(x) - b*x }
		want := integrate(func(x float64) float64 {
			l := logGamma(x, a, b)
			return math.Exp(l) * (l - logGamma(x, a0, b0))
		}, 0, 60, 200_000)
		near(t, "gamma", gammaKL(a, b, a0, b0), want, 1e-7)
		logBeta := func(x, a, b float64) float64 {
			return lgamma(a+b) - lgamma(a) - lgamma(b) + (a-1)*math.Log(x) + (b-1)*math.Log1p(-x)
		}
		want = integrate(func(x float64) float64 {
			l := logBeta(x, a, a0)
			return math.Exp(l) * (l - logBeta(x, b, b))
		}, 0, 1, 200_000)
		near(t, "dirichlet", dirichletKL([]float64{a, a0}, b), want, 1e-7)
	}
	near(t, "equal gammas", gammaKL(3, 2, 3, 2), 0, 1e-14)
	near(t, "equal dirichlets", dirichletKL([]float64{2, 2, 2}, 2), 0, 1e-14)
}

// In one dimension the Normal-Wishart of ν and V is the Normal-Gamma of ν/2 and V/2.
func TestNormalWishartOfOneValueIsNormalGamma(t *testing.T) {
	r := rng.New(102).Named("one value").Rand()
	x := normals(r, 40, 2)
	nw := must(NewNormalWishart(3, []float64{.5}, .7, 3, []float64{1.4}))(t)
	ng := must(NewNormalGamma(3, []float64{.5}, .7, 1.5, []float64{.7}))(t)
	for _, e := range []Emission{nw, ng} {
		if err := SeedSoft(e, rng.New(103), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
	}
	a, b := make([]float64, 120), make([]float64, 120)
	nw.LogLik(a, x)
	ng.LogLik(b, x)
	for i := range a {
		near(t, "expected log-density", a[i], b[i], 1e-12)
	}
	near(t, "divergence", nw.LogPrior(), ng.LogPrior(), 1e-12)
}

// A posterior that has seen nothing is its prior.
func TestWithoutDataPosteriorsAreTheirPriors(t *testing.T) {
	for what, e := range map[string]Emission{
		"symbols":        must(NewDirichletSymbols(2, 3, .5))(t),
		"rates":          must(NewGammaRate(2, 1.5, 2))(t),
		"normal-gamma":   must(NewNormalGamma(2, []float64{1, 2}, .5, 2, []float64{1, 3}))(t),
		"normal-wishart": must(NewNormalWishart(2, []float64{1, 2}, .5, 4, []float64{1, .5, .5, 3}))(t),
	} {
		near(t, what, e.LogPrior(), 0, 1e-13)
		if err := e.Update(make([]float64, e.Stats())); err != nil {
			t.Fatal(err)
		}
		near(t, what+" again", e.LogPrior(), 0, 1e-13)
	}
}

func TestSeedsFindSeparatedClusters(t *testing.T) {
	truth, _ := threeStates(t)
	x, _, err := truth.Simulate(rng.New(104), 3000)
	if err != nil {
		t.Fatal(err)
	}
	e := must(NewGaussian(Spherical, 2, make([]float64, 6), []float64{1, 1, 1}))(t)
	if err := Seed(e, rng.New(105), [][]float64{x[:2000], x[2000:]}); err != nil {
		t.Fatal(err)
	}
	g := truth.Emit.(*Gaussian)
	for s := range 3 {
		nearest := math.Inf(1)
		for c := range 3 {
			nearest = min(nearest, distance2(e.Mean[2*c:2*c+2], g.Mean[2*s:2*s+2]))
		}
		if nearest > .05 {
			t.Errorf("centre %d: nearest at squared distance %.3f, want below .05", s, nearest)
		}
	}
}

func TestWhatIsImpossibleStaysImpossible(t *testing.T) {
	e := must(NewDiscrete(2, []float64{.9, .1, .4, .6}))(t)
	m := must(New([]float64{1, 0}, []float64{.8, .2, 0, 1}, e))(t)
	m.Pseudo, e.Pseudo = 2, 1
	x, _, err := must(New([]float64{1, 0}, []float64{.95, .05, 0, 1}, e))(t).Simulate(rng.New(106), 100)
	if err != nil {
		t.Fatal(err)
	}
	must(m.Fit(t.Context(), [][]float64{x}, Default()))(t)
	if m.Start[1] != 0 || m.Trans[2] != 0 || m.Trans[1] <= 0 {
		t.Errorf("got start %v and steps %v, want zeros where they were", m.Start, m.Trans)
	}
	near(t, "total", m.Trans[0]+m.Trans[1], 1, 1e-15)
}

func TestSharesAndTables(t *testing.T) {
	p := []float64{.5, .5, 0}
	shares(p, []float64{3, 1, 7}, 1)
	if want := []float64{4. / 6, 2. / 6, 0}; !slices.Equal(p, want) {
		t.Errorf("shares: got %v, want %v", p, want)
	}
	shares(p, []float64{0, 0, 0}, 0)
	near(t, "without counts", p[0], 4./6, 0)
	if got, want := transposed([]float64{1, 2, 3, 4, 5, 6}, 3), []float64{1, 4, 2, 5, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("transposed: got %v, want %v", got, want)
	}
	near(t, "log-sum-exp", logSumExp([]float64{1000, 1000}), 1000+math.Ln2, 1e-15)
	if v := logSumExp([]float64{math.Inf(-1), math.Inf(-1)}); !math.IsInf(v, -1) {
		t.Errorf("log-sum-exp of nothing: got %g, want -Inf", v)
	}
	r := rng.New(107).Rand()
	for range 1000 {
		if i := draw(r, []float64{0, 2, 0, 1, 0}); i != 1 && i != 3 {
			t.Fatalf("drew %d, which has weight zero", i)
		}
	}
}
