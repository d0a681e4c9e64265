package message

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// Gaussian messages on a loopy grid: where they converge the means are exact, the variances are not
// (Weiss & Freeman 2001).
func TestMeansOfLoopyGaussianModelsAreExact(t *testing.T) {
	const side, n = 4, 16
	r := rng.New(111).Rand()
	y := make([]float64, n)
	for i := range y {
		y[i] = 3 * r.NormFloat64()
	}
	p, h := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	var from, to []int
	bond := func(i, j int) {
		from, to = append(from, i), append(to, j)
		p.SetSym(i, i, p.At(i, i)+.7)
		p.SetSym(j, j, p.At(j, j)+.7)
		p.SetSym(i, j, p.At(i, j)-.7)
	}
	for i := range n {
		p.SetSym(i, i, p.At(i, i)+1.3)
		h.SetVec(i, 1.3*y[i])
		if i%side < side-1 {
			bond(i, i+1)
		}
		if i < n-side {
			bond(i, i+side)
		}
	}
	m := New()
	x := m.Random("x", expfam.Normal{}, n)
	m.Add("sights", Normal{}, m.Known("y", expfam.Normal{}, n, y), x, m.Constant(expfam.Gamma{}, 1.3))
	m.Add("bonds", Normal{}, x.At(from...), x.At(to...), m.Constant(expfam.Gamma{}, .7))
	var c mat.Cholesky
	if !c.Factorize(p) {
		t.Fatal("not positive definite")
	}
	want := mat.NewVecDense(n, nil)
	if err := c.SolveVecTo(want, h); err != nil {
		t.Fatal(err)
	}
	var cov mat.SymDense
	if err := c.InverseTo(&cov); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []Config{{}, {Schedule: Flooding}, {Schedule: Residual}, {Parts: 3}} {
		q := messages(t, m, cfg)
		run(t, q)
		off := 0.
		for i := range n {
			u, err := q.Moments(x, i)
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, "mean", u[0], want.AtVec(i), 1e-10)
			off = max(off, math.Abs(u[1]-u[0]*u[0]-cov.At(i, i)))
		}
		if off < 1e-6 || off > .1 {
			t.Errorf("variances: got %v off, want them close but not exact", off)
		}
	}
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	climb(t, a)
	for i := range n {
		tk.Close(t, "mean field's mean", a.Moments(x, i)[0], want.AtVec(i), 1e-5)
		tk.Close(t, "mean field's precision", -2*a.Natural(x, i)[1], p.At(i, i), 1e-12)
	}
}

// EP of likelihoods by quadrature against the posterior on a grid: in one dimension with many
// smooth factors it is close in both moments and in ln Z.
func TestEPOfManySmoothLikelihoodsIsCloseToTheGrid(t *testing.T) {
	r := rng.New(112).Rand()
	for range 3 {
		y := make([]float64, 12)
		for i := range y {
			y[i] = math.Abs(math.Floor(3 * r.NormFloat64()))
		}
		log := func(i int, x float64) float64 { // Poisson counts of the rate eˣ
			lg, _ := math.Lgamma(y[i] + 1)
			return y[i]*x - math.Exp(x) - lg
		}
		m := New()
		x := m.Random("x", expfam.Normal{}, 1)
		m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1)}, x)
		m.Add("counts", Likelihood{Log: log, Width: .5}, x.At(make([]int, len(y))...))
		p := messages(t, m, Config{})
		run(t, p)
		var z, first, second float64
		const h = .001
		for v := -4.; v < 6; v += h {
			q := math.Exp(-v*v/2) / math.Sqrt(2*math.Pi) * h
			for i := range y {
				q *= math.Exp(log(i, v))
			}
			z, first, second = z+q, first+v*q, second+v*v*q
		}
		u, err := p.Moments(x, 0)
		if err != nil {
			t.Fatal(err)
		}
		mean := first / z
		// What EP leaves is its own error, not of arithmetic: measured .003, .0002 and 1.6 %.
		tk.Close(t, "ln Z", logZ(t, p), math.Log(z), 1e-3)
		tk.Close(t, "mean", u[0], mean, 2e-3)
		tk.Close(t, "variance", (u[1]-u[0]*u[0])/(second/z-mean*mean), 1, .03)
	}
}

// A power of EP below 1 with one factor is exact in no case but the normal one: there the message is
// that of sum-product at every power.
func TestPowersOfNormalFactorsAreTheSameMessagesOnATree(t *testing.T) {
	y := []float64{1, -1, 2}
	m, x := chain(y, 2, 1)
	full := messages(t, m, Config{})
	run(t, full)
	for _, alpha := range []float64{.9, .5, .1} {
		p := messages(t, m, Config{Alpha: alpha})
		run(t, p)
		for i := range y {
			tk.Close(t, "mean", mean(p.Natural(x, i)), mean(full.Natural(x, i)), 1e-10)
			// The fraction keeps the means and narrows the beliefs towards mean field's.
			if got, want := -2*p.Natural(x, i)[1], -2*full.Natural(x, i)[1]; got < want-1e-9 {
				t.Errorf("α = %v: precision: got %v, want at least sum-product's %v", alpha, got, want)
			}
		}
		if z := logZ(t, p); z > logZ(t, full)+1e-12 {
			t.Errorf("α = %v: ln Z: got %v above the exact %v", alpha, z, logZ(t, full))
		}
	}
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	trace := climb(t, a)
	small := messages(t, m, Config{Alpha: 1e-6, Damping: .5, Tolerance: 1e-10})
	run(t, small)
	tk.Close(t, "ln Z at the power 1e-6", logZ(t, small), trace[len(trace)-1], 1e-5)
}

// mean is that of a normal belief.
func mean(eta []float64) float64 { return -eta[0] / eta[1] / 2 }
