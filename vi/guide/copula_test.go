package guide_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi/guide"
)

// The density of a copula's draw by going back: u gives w by the inverse of the margins, and w is
// normal with the covariance (S⁻¹FT)(S⁻¹FT)ᵀ.
func TestCopulaDensitiesAreThoseOfTheirMargins(t *testing.T) {
	for _, factor := range []bool{false, true} {
		s := at(factor)
		p, v := moved(t, guide.Copula, s, 5)
		f, sd := make([]float64, n*n), make([]float64, n)
		for i := range n {
			f[i*n+i] = s.Scale[i]
			if factor {
				copy(f[i*n:], s.Factor[i*n:i*n+n])
			}
			for j := range n {
				sd[i] = math.Hypot(sd[i], f[i*n+j])
			}
			for j := range n {
				f[i*n+j] /= sd[i]
			}
		}
		tri := make([]float64, n*n)
		for i := range n {
			copy(tri[i*n:], v["guide/below"][i*n:i*n+i])
			tri[i*n+i] = math.Exp(v["guide/logscale"][i])
		}
		half := product(f, transposed(tri), n, n, n)
		cov := product(half, half, n, n, n)
		out := tk.Values(t, model.NewProgram(p, "draw", func(sc *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := guide.Copula(n, s).Draw(sc.In("guide"), "eps", 40)
			return []*g.Node{g.Neg(g.Neg(u)), logQ}
		}), rng.New(7))
		for k := range 40 {
			w, slope := make([]float64, n), 0.
			for i := range n {
				x := (out[0][k*n+i]-s.Loc[i])/sd[i] - v["guide/mean"][i]
				grow := math.Exp(v["guide/tail"][i])
				w[i] = math.Sinh(math.Asinh(x)/grow - v["guide/skew"][i])
				slope += math.Log(sd[i]*grow*math.Sqrt(1+x*x)) - .5*math.Log1p(w[i]*w[i])
			}
			want := logNormal(w, make([]float64, n), cov) - slope
			tk.Close(t, fmt.Sprintf("factor %v: ln q", factor), out[1][k], want, 1e-9)
		}
	}
}

func transposed(a []float64) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			out[i*n+j] = a[j*n+i]
		}
	}
	return out
}

// With a = t = 0 and a new autoregressive step both families are the normal distribution of their
// start.
func TestNewCopulasAreTheGaussianOfTheirStart(t *testing.T) {
	s := at(true)
	cov := product(s.Factor, s.Factor, n, n, n)
	for name, f := range map[string]guide.Family{"copula": guide.Copula, "IAF": guide.IAF(0)} {
		out := tk.Graph(t, 1, func(sc *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := f(n, s).Draw(sc, "draws", 9)
			return []*g.Node{u, logQ}
		})
		for k := range 9 {
			tk.Close(t, name+": ln q", out[1][k], logNormal(out[0][k*n:(k+1)*n], s.Loc, cov), 1e-10)
		}
	}
	bare := tk.Graph(t, 1, func(sc *model.Scope, _ []*g.Node) []*g.Node {
		u, logQ := guide.Copula(2, guide.Start{}).Draw(sc, "draws", 3)
		return []*g.Node{u, logQ}
	})
	for k := range 3 {
		tk.Close(t, "no start: ln q", bare[1][k], logNormal(bare[0][2*k:2*k+2], []float64{0, 0}, []float64{1, 0, 0, 1}), 1e-12)
	}
}

// A density of total mass one: E_q[p/q] = 1 for a narrow normal p within reach of q, with random
// parameters everywhere. Five standard errors, false alarm 6e-7.
func TestBentCopulasHaveMassOne(t *testing.T) {
	s := at(true)
	for name, f := range map[string]guide.Family{"copula": guide.Copula, "IAF": guide.IAF(8)} {
		p, _ := moved(t, f, s, 11)
		for _, a := range tk.Export(t, p) {
			for i := range a.Data {
				if a.Trainable {
					a.Data[i] *= .4 // tails that keep the variance of p/q small
				}
			}
			tk.Import(t, p, a)
		}
		out := tk.Values(t, model.NewProgram(p, "draw", func(sc *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := f(n, s).Draw(sc.In("guide"), "eps", 40000)
			return []*g.Node{g.Neg(g.Neg(u)), logQ}
		}), rng.New(3))
		// p has the mean of the draws and a quarter of their covariance.
		mean, cov := make([]float64, n), make([]float64, n*n)
		for k := range 40000 {
			for i := range n {
				mean[i] += out[0][k*n+i] / 40000
			}
		}
		for k := range 40000 {
			for i := range n * n {
				cov[i] += (out[0][k*n+i/n] - mean[i/n]) * (out[0][k*n+i%n] - mean[i%n]) / 4 / 40000
			}
		}
		ratios := make([]float64, 40000)
		for k := range ratios {
			ratios[k] = math.Exp(logNormal(out[0][k*n:(k+1)*n], mean, cov) - out[1][k])
		}
		m, _, se := tk.Moments(ratios)
		t.Logf("%s: mass %.4f ± %.4f", name, m, se)
		if math.Abs(m-1) > 5*se || se > .1 {
			t.Errorf("%s: mass: got %.4f ± %.4f, want 1", name, m, se)
		}
	}
}

// skewed is ln of the density of two independent numbers, ln G₁ and ln G₂ with G ~ Gamma(1) and
// Gamma(½): exponential tails to the left, double exponential ones to the right.
func skewed(_ *model.Scope, u *g.Node) *g.Node {
	a, b := g.SliceAxis(u, -1, g.AxisElem(0)), g.SliceAxis(u, -1, g.AxisElem(1))
	sum := g.Sub(g.Add(a, g.MulScalar(b, .5)), g.Add(g.Exp(a), g.Exp(b)))
	return g.AddScalar(g.Squeeze(sum, -1), -.5*math.Log(math.Pi))
}

// The gap of a copula to the evidence 0 of skewed margins is a small part of the best Gaussian's;
// that of the autoregressive guide to the funnel as well. Four standard errors, false alarm 6e-5.
func TestCopulaFitsSkewedMargins(t *testing.T) {
	for _, c := range []struct {
		name   string
		target func(s *model.Scope, u *g.Node) *g.Node
		family guide.Family
		lo, hi float64
	}{
		{"skewed, full rank", skewed, guide.FullRank, .05, .5}, {"skewed, copula", skewed, guide.Copula, 0, .02},
		{"funnel, full rank", funnel, guide.FullRank, .1, .5}, {"funnel, IAF", funnel, guide.IAF(0), 0, .03},
	} {
		mean, se := fit(t, c.family(2, guide.Start{}), c.target, 1500)
		t.Logf("%s: gap %.4f ± %.4f", c.name, -mean, se)
		if gap := -mean; gap < c.lo-4*se || gap > c.hi {
			t.Errorf("%s: gap: got %.4f ± %.4f, want %v to %v", c.name, gap, se, c.lo, c.hi)
		}
	}
}

// By every parameter, against differences.
func TestCopulaGradient(t *testing.T) {
	for _, f := range []guide.Family{guide.Copula, guide.IAF(4)} {
		p, _ := moved(t, f, at(true), 2)
		tk.GradientWithin(t, 1e-7, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
			u, logQ := f(n, at(true)).Draw(s.In("guide"), "draws", 3)
			return []*g.Node{g.ReduceAllMean(g.Add(logQ, g.ReduceSum(g.Sin(u), 1)))}
		})
	}
}
