package message

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// chain is x_1 ~ N(0, 10), x_t ~ N(x_{t−1}, 1/q), y_t ~ N(x_t, 1/r).
func chain(y []float64, q, r float64) (m *Model, x Var) {
	m = New()
	n := len(y)
	x = m.Random("x", expfam.Normal{}, n)
	m.Add("first", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, .1)}, x.At(0))
	if n > 1 {
		from, to := make([]int, n-1), make([]int, n-1)
		for i := range from {
			from[i], to[i] = i, i+1
		}
		m.Add("steps", Normal{}, x.At(to...), x.At(from...), m.Constant(expfam.Gamma{}, q))
	}
	m.Add("data", Normal{}, m.Known("y", expfam.Normal{}, n, y), x, m.Constant(expfam.Gamma{}, r))
	return m, x
}

func TestTheLocalLevelHasTheExactValuesOfTheSpecification(t *testing.T) {
	m, x := chain([]float64{1, 2, 3, 2, 1}, 1, 1)
	p := messages(t, m, Config{})
	r := run(t, p)
	if r.Sweep > 2 {
		t.Errorf("sweeps on a chain: got %d, want 2, of which the second changes nothing", r.Sweep)
	}
	// The first state has the variance 10 before any step.
	tk.Close(t, "ln p(y)", logZ(t, p), -8.697451, 5e-7)
	for i, want := range []float64{1.369863, 1.876712, 2.260274, 1.904110, 1.452055} {
		u, err := p.Moments(x, i)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "smoothed", u[0], want, 5e-7)
	}
}

// solved is the posterior of the chain by one linear system, and ln p(y) by its determinant.
func solved(y []float64, q, r float64) (mean, variance []float64, log float64) {
	n := len(y)
	p, h := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	add := func(i, j int, v float64) { p.SetSym(i, j, p.At(i, j)+v) }
	add(0, 0, .1)
	log = .5 * math.Log(.1)
	for t, v := range y {
		add(t, t, r)
		h.SetVec(t, r*v)
		log += .5 * (math.Log(r) - ln2Pi - r*v*v)
		if t > 0 {
			add(t, t, q)
			add(t-1, t-1, q)
			add(t-1, t, -q)
			log += .5 * math.Log(q)
		}
	}
	var c mat.Cholesky
	if !c.Factorize(p) {
		panic("not positive definite")
	}
	var inverse mat.SymDense
	if err := c.InverseTo(&inverse); err != nil {
		panic(err)
	}
	x := mat.NewVecDense(n, nil)
	x.MulVec(&inverse, h)
	for i := range n {
		mean, variance = append(mean, x.AtVec(i)), append(variance, inverse.At(i, i))
	}
	return mean, variance, log + .5*(mat.Dot(x, h)-c.LogDet())
}

func TestGaussianChainsAreTheSolutionOfTheirLinearSystem(t *testing.T) {
	rand := rng.New(7).Rand()
	for trial := range 40 {
		y := make([]float64, 1+rand.IntN(30))
		for i := range y {
			y[i] = 3 * rand.NormFloat64()
		}
		q, r := math.Exp(2*rand.NormFloat64()), math.Exp(2*rand.NormFloat64())
		mean, variance, log := solved(y, q, r)
		for _, max := range []bool{false, true} {
			m, x := chain(y, q, r)
			p := messages(t, m, Config{Parts: 1 + trial%3, Max: max})
			run(t, p)
			for i := range y {
				u, err := p.Moments(x, i)
				if err != nil {
					t.Fatal(err)
				}
				tk.Close(t, "mean", u[0], mean[i], 1e-10)
				tk.Close(t, "variance", (u[1]-u[0]*u[0])/variance[i], 1, 1e-9)
			}
			if !max {
				tk.Close(t, "ln p(y)", logZ(t, p), log, 1e-11)
			}
		}
	}
}

func TestSumsAndDifferencesOfNormalsAreExact(t *testing.T) {
	m := New()
	x := m.Random("x", expfam.Normal{}, 3)
	m.Add("prior", Prior{Family: expfam.Normal{}, Eta: append(append(expfam.Normal{}.Natural(1, 2), expfam.Normal{}.Natural(-2, .5)...), expfam.Normal{}.Natural(0, 1)...)}, x)
	c := []float64{1, -2, .5}
	y := m.Derive("y", expfam.Normal{}, Linear{Weights: c, Offset: 3}, x.At(0), x.At(1), x.At(2))
	m.Add("data", Normal{}, m.Constant(expfam.Normal{}, 4), y, m.Constant(expfam.Gamma{}, 5))
	p := messages(t, m, Config{})
	run(t, p)
	mean, prec := []float64{1, -2, 0}, []float64{2, .5, 1}
	precision, h := mat.NewSymDense(3, nil), mat.NewVecDense(3, nil)
	total, variance := 3., 1./5
	for i := range 3 {
		for j := i; j < 3; j++ {
			precision.SetSym(i, j, 5*c[i]*c[j])
		}
		precision.SetSym(i, i, precision.At(i, i)+prec[i])
		h.SetVec(i, prec[i]*mean[i]+5*c[i]*(4-3))
		total += c[i] * mean[i]
		variance += c[i] * c[i] / prec[i]
	}
	var ch mat.Cholesky
	ch.Factorize(precision)
	want := mat.NewVecDense(3, nil)
	if err := ch.SolveVecTo(want, h); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		u, err := p.Moments(x, i)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "mean", u[0], want.AtVec(i), 1e-12)
	}
	tk.Close(t, "ln Z", logZ(t, p), -.5*(ln2Pi+math.Log(variance)+(4-total)*(4-total)/variance), 1e-12)
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	trace := climb(t, a)
	if last := trace[len(trace)-1]; last > logZ(t, p) {
		t.Errorf("bound: got %v above ln Z %v", last, logZ(t, p))
	}
	for i := range 3 { // mean field has the exact means of a normal target (Bishop 2006, eq. 10.15)
		tk.Close(t, "mean field's mean", a.Moments(x, i)[0], want.AtVec(i), 1e-6)
		tk.Close(t, "mean field's precision", -2*a.Natural(x, i)[1], precision.At(i, i), 1e-12)
	}
}
