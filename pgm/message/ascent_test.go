package message

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/conjugate"
	"github.com/elbo-go/elbo/expfam"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// normalGamma is x_n ~ N(μ, 1/τ) with μ ~ N(μ₀, 1/(λ₀τ)) or N(μ₀, 1/λ₀) and τ ~ Gamma(a₀, b₀).
func normalGamma(p conjugate.NormalPrior, x []float64) (m *Model, mu, tau Var) {
	m = New()
	mu, tau = m.Random("mu", expfam.Normal{}, 1), m.Random("tau", expfam.Gamma{}, 1)
	one := m.Constant(expfam.Gamma{}, 1)
	precision := tau
	if p.Independent {
		precision = one
	}
	m.Add("mean", Normal{Scale: p.Precision}, mu, m.Constant(expfam.Normal{}, p.Mean), precision)
	m.Add("precision", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(p.Tau.Shape, p.Tau.Rate)}, tau)
	m.Add("data", Normal{}, m.Known("x", expfam.Normal{}, len(x), x), mu, tau)
	return m, mu, tau
}

func ascent(t testing.TB, m *Model, cfg AscentConfig) *Ascent {
	t.Helper()
	a, err := NewAscent(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func climb(t testing.TB, a *Ascent) (trace []float64) {
	t.Helper()
	trace, ok, err := a.Run(context.Background())
	if err != nil || !ok {
		t.Fatalf("run: converged %v after %d sweeps, error %v", ok, len(trace), err)
	}
	return trace
}

func start(t testing.TB, a *Ascent, v Var, i int, eta []float64) {
	t.Helper()
	if err := a.Start(v, i, eta); err != nil {
		t.Fatal(err)
	}
}

func TestNormalGammaHasTheExactValuesOfTheSpecification(t *testing.T) {
	p := conjugate.NormalPrior{Precision: 1, Tau: conjugate.Gamma{Shape: 1, Rate: 1}}
	m, mu, tau := normalGamma(p, []float64{1, 2, 3, 4, 5})
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	trace := climb(t, a)
	tk.Close(t, "bound", trace[len(trace)-1], -12.329755, 5e-7)
	eta := a.Natural(mu, 0)
	tk.Close(t, "precision", -2*eta[1], 2.1538462, 5e-8)
	tk.Close(t, "mean", eta[0]/(-2*eta[1]), 2.5, 1e-12)
	eta = a.Natural(tau, 0)
	tk.Close(t, "shape", eta[0]+1, 4, 1e-12)
	tk.Close(t, "rate", -eta[1], 11.1428571, 5e-8)
}

func TestNormalGammaProgramsAreTheHandWrittenEngineSweepBySweep(t *testing.T) {
	x := []float64{-2, .5, 1.25, 7, 3, 3, 2.5}
	for _, independent := range []bool{false, true} {
		p := conjugate.NormalPrior{Mean: .7, Precision: .3, Tau: conjugate.Gamma{Shape: 2, Rate: 1.5}, Independent: independent}
		want, err := p.Fit(context.Background(), x, conjugate.Loop{})
		if err != nil {
			t.Fatal(err)
		}
		m, _, tau := normalGamma(p, x)
		a := ascent(t, m, AscentConfig{})
		start(t, a, tau, 0, expfam.Gamma{}.Natural(p.Tau.Shape, p.Tau.Rate))
		sameTrace(t, climb(t, a), want.Bound, 1e-12)
	}
}

// sameTrace compares bounds sweep by sweep.
func sameTrace(t testing.TB, got, want []float64, tol float64) {
	t.Helper()
	if d := len(got) - len(want); d < -1 || d > 1 { // the last gain may lie on either side of the tolerance
		t.Errorf("sweeps: got %d, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !(math.Abs(got[i]-want[i]) <= tol*math.Max(1, math.Abs(want[i]))) {
			t.Fatalf("bound of sweep %d: got %v, want %v", i+1, got[i], want[i])
		}
	}
}
