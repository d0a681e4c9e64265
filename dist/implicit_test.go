package dist_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// slopes returns n draws with the derivatives by each parameter of h(draw).
func (f family) slopes(t *testing.T, p []float64, n int, seed uint64, h func(z *g.Node) *g.Node) (values []float64, by [][]float64) {
	t.Helper()
	return f.law().Slopes(t, p, n, seed, h)
}

// TestPathwiseGradientsOfExpectations: the mean of ∂h(z)/∂p over draws is the derivative of E[h(z)],
// by differences of quadrature, for three h. Right derivatives fail with probability 6e-5 a line.
func TestPathwiseGradientsOfExpectations(t *testing.T) {
	found := 0
	for _, f := range families {
		if f.law().PathwiseLaw(t) {
			found++
		}
	}
	if found < 15 {
		t.Errorf("got %d families with differentiable draws, want at least 15", found)
	}
}

// TestImplicitGammaGradientOfTheMean: ∂E[z]/∂a = 1/b within a relative error of 1e-6, by quadrature
// of the derivative over ln z.
func TestImplicitGammaGradientOfTheMean(t *testing.T) {
	for _, a := range []float64{.05, .3, 1, 2.5, 30, 1e4} {
		// ∫ (∂z/∂a) f(z) dz, with z = eᵗ and the derivative at each node from the graph.
		const n = 4000
		lo, hi := math.Log(a)-40/math.Min(a, 1), math.Log(a+40*math.Sqrt(a)+40)
		if a > 100 {
			lo = math.Log(a - 30*math.Sqrt(a))
		}
		ts, rows := make([]float64, n), make([][]float64, n)
		for i := range ts {
			ts[i], rows[i] = lo+(hi-lo)*(float64(i)+.5)/n, []float64{a, 1}
		}
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			logZ := dist.ImplicitLogGamma(in[0], g.StopGradient(in[2]))
			return g.Gradient(g.ReduceAllSum(g.Exp(logZ)), in[0])
		}, append(columns(rows), tk.Vector(ts...))...)
		sum := 0.
		for i, v := range ts {
			sum += out[0][i] * math.Exp(a*v-math.Exp(v)-lgamma(a)) * (hi - lo) / n // z·f(z) at z = eᵗ
		}
		if !(math.Abs(sum-1) < 1e-6) {
			t.Errorf("concentration %v: ∂E[z]/∂a: got %v, want 1", a, sum)
		}
	}
}

// TestExtremeDraws follow the distribution where samplers have branches of their own. A right
// sampler fails with probability 1e-5 a case.
func TestExtremeDraws(t *testing.T) {
	for i, c := range []struct {
		f family
		p []float64
	}{
		{gammaFamily, []float64{1e4, 1}}, {gammaFamily, []float64{.999, 1}}, {gammaFamily, []float64{1e-2, 1}},
		{gammaFamily, []float64{1, 1e-8}}, {inverseGammaFamily, []float64{.05, 2}},
		{betaFamily, []float64{.05, .1}}, {betaFamily, []float64{900, 3}}, {betaFamily, []float64{.5, 40}},
		{kumaraswamyFamily, []float64{.05, .1}}, {kumaraswamyFamily, []float64{200, 3}},
		{studentFamily, []float64{.4, 0, 1}}, {studentFamily, []float64{1e4, 3, 1}},
		{vonMisesFamily, []float64{0, 1e-9}}, {vonMisesFamily, []float64{0, 1e-3}}, {vonMisesFamily, []float64{2, 2e4}},
		{truncatedNormalFamily, []float64{0, 1, 7.9, 30}}, {truncatedNormalFamily, []float64{0, 1, -7.9, -7.8}},
		{truncatedNormalFamily, []float64{0, 1, -1e-4, 1e-4}}, {truncatedNormalFamily, []float64{0, 1, -3, 300}},
		{cauchyFamily, []float64{1, 1e-6}}, {uniformFamily, []float64{-1e6, 1e6}},
	} {
		xs := c.f.draws(t, c.p, 10000, uint64(300+i))
		tk.FitsCDF(t, fmt.Sprint(c.f.name, c.p), xs, func(x float64) float64 { return c.f.cdf(x, c.p) })
	}
}

// TestTruncatedDrawsFarOut: 38 standard deviations out the excess over the end is exponential.
func TestTruncatedDrawsFarOut(t *testing.T) {
	p := []float64{0, 1, 38, 60}
	tk.FitsCDF(t, "TruncatedNormal", truncatedNormalFamily.draws(t, p, 10000, 5), func(x float64) float64 {
		// Q(x)/Q(38) with Mills' ratio as a continued fraction.
		mills := func(x float64) float64 {
			m := x
			for k := 30.; k > 0; k-- {
				m = x + k/m
			}
			return 1 / m
		}
		return 1 - mills(x)/mills(38)*math.Exp((38-x)*(38+x)/2)
	})
}

// TestSmallConcentrationsDoNotVanish: of gamma variables with concentration 1e-3 half are below
// 1e-300, and all draws are positive numbers with finite derivatives and log-densities.
func TestSmallConcentrationsDoNotVanish(t *testing.T) {
	for _, f := range []family{gammaFamily, inverseGammaFamily, betaFamily} {
		for _, p := range [][]float64{{1e-3, 1}, {1e-8, 1}, {1e-3, 1e-3}} {
			xs, by := f.slopes(t, p, 2000, 8, func(z *g.Node) *g.Node { return z })
			rows := make([][]float64, len(xs))
			for i := range rows {
				rows[i] = p
			}
			logProbs := f.evaluate(t, xs, rows, logProbOf)
			for i, x := range xs {
				if !(x > 0) || math.IsInf(x, 0) || math.IsNaN(by[0][i]) || math.IsNaN(by[1][i]) || math.IsNaN(logProbs[i]) || math.IsInf(logProbs[i], 0) {
					t.Fatalf("%s%v: draw %v with derivatives %v, %v and ln p %v: want positive and numbers", f.name, p, x, by[0][i], by[1][i], logProbs[i])
				}
			}
		}
	}
	p := []float64{1e-3, 1}
	xs := gammaFamily.draws(t, p, 10000, 9)
	small := 0
	for _, x := range xs {
		if x <= 1e-300 {
			small++
		}
	}
	// P(z < 1e-300) = (1e-300)^(1e-3)/Γ(1.001) = .5015; five standard errors are .025.
	if share := float64(small) / 1e4; math.Abs(share-.5015) > .025 {
		t.Errorf("share of draws below 1e-300: got %v, want .5015 within .025", share)
	}
}

// TestHeavyTailsHaveNoMoments at the degrees of freedom where they end.
func TestHeavyTailsHaveNoMoments(t *testing.T) {
	for _, c := range []struct {
		f              family
		p              []float64
		mean, variance float64
	}{
		{studentFamily, []float64{.7, 1, 2}, math.NaN(), math.NaN()},
		{studentFamily, []float64{1, 1, 2}, math.NaN(), math.NaN()},
		{studentFamily, []float64{1.5, 1, 2}, 1, math.Inf(1)},
		{studentFamily, []float64{2, 1, 2}, 1, math.Inf(1)},
		{studentFamily, []float64{2.5, 1, 2}, 1, 20},
		{inverseGammaFamily, []float64{1, 3}, math.Inf(1), math.Inf(1)},
		{inverseGammaFamily, []float64{2, 3}, 3, math.Inf(1)},
		{inverseGammaFamily, []float64{3, 3}, 1.5, 2.25},
	} {
		mean := c.f.evaluate(t, []float64{0}, [][]float64{c.p}, meanOf)[0]
		variance := c.f.evaluate(t, []float64{0}, [][]float64{c.p}, varianceOf)[0]
		tk.Same(t, fmt.Sprint(c.f.name, c.p, " mean"), mean, c.mean)
		tk.Same(t, fmt.Sprint(c.f.name, c.p, " variance"), variance, c.variance)
	}
}

// TestVonMisesCircularMoments: E[cos(x − μ)] = 1 − variance and E[sin(x − μ)] = 0, by quadrature and
// by draws. Right draws fail with probability 6e-7 a line.
func TestVonMisesCircularMoments(t *testing.T) {
	f := vonMisesFamily
	variances := f.evaluate(t, make([]float64, len(f.smooth)), f.smooth, varianceOf)
	means := f.evaluate(t, make([]float64, len(f.smooth)), f.smooth, meanOf)
	for i, p := range f.smooth {
		tk.Close(t, "mean direction", means[i], p[0], 0)
		short := func(x float64) float64 { return 2 * math.Pow(math.Sin((x-p[0])/2), 2) }
		tk.Close(t, "circular variance", variances[i], f.expect(p, short), 1e-12)
		xs := f.draws(t, p, 10000, uint64(60+i))
		sines := make([]float64, len(xs))
		for k, x := range xs {
			if !(math.Abs(x) <= math.Pi+1e-12) {
				t.Fatalf("draw: got %v, want an angle in [−π, π]", x)
			}
			sines[k], xs[k] = math.Sin(x-p[0]), short(x)
		}
		tk.MeanWithin(t, fmt.Sprint("circular variance", p), xs, variances[i], 5)
		tk.MeanWithin(t, fmt.Sprint("sine", p), sines, 0, 5)
	}
}

// TestVonMisesIsPeriodic: angles that differ by turns have the same density.
func TestVonMisesIsPeriodic(t *testing.T) {
	p := [][]float64{{1, 3}, {1, 3}, {1 + 4*math.Pi, 3}}
	got := vonMisesFamily.evaluate(t, []float64{.5, .5 + 2*math.Pi, .5}, p, logProbOf)
	for _, v := range got[1:] {
		tk.Close(t, "ln p", v, got[0], 1e-14)
	}
}

// TestConvenientConstructors take the scale itself.
func TestConvenientConstructors(t *testing.T) {
	in := []*tensors.Tensor{tk.Vector(.3, -1), tk.Vector(.5, 2)}
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{dist.NewNormal(in[0], in[1]).Variance(), dist.NewLaplace(in[0], in[1]).Variance(),
			dist.NewLogNormal(in[0], in[1]).Entropy()}
	}, in...)
	for i, s := range []float64{.5, 2} {
		tk.Close(t, "normal", out[0][i], s*s, 1e-14)
		tk.Close(t, "Laplace", out[1][i], 2*s*s, 1e-14)
		tk.Close(t, "log-normal", out[2][i], []float64{.3, -1}[i]+math.Log(s)+.5*math.Log(2*math.Pi*math.E), 1e-14)
	}
}
