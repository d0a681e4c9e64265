package message

import (
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// linearModel is y_n ~ N(wᵀx_n, 1/τ), w ~ N(0, I), with τ known.
func linearModel(x *mat.Dense, y []float64, tau float64) (m *Model, w, activation Var) {
	n, d := x.Dims()
	m = New()
	w = m.Random("w", expfam.MultiNormal{D: d}, 1)
	m.Add("prior", Prior{Family: expfam.MultiNormal{D: d}, Eta: expfam.MultiNormal{D: d}.Natural(make([]float64, d), identity(d))}, w)
	activation = m.Derive("activation", expfam.Normal{}, Dot{D: d}, w, m.Known("x", expfam.MultiNormal{D: d}, n, x.RawMatrix().Data))
	m.Add("targets", Normal{}, m.Known("y", expfam.Normal{}, n, y), activation, m.Constant(expfam.Gamma{}, tau))
	return m, w, activation
}

// The posterior of w solves the normal equations, and ln p(y) is that of N(0, XXᵀ + I/τ).
func TestLinearRegressionByMessagesSolvesTheNormalEquations(t *testing.T) {
	const n, d, tau = 7, 3, 2.5
	x, y, _ := regressionRows(n, d, 17)
	m, w, activation := linearModel(x, y, tau)
	p := messages(t, m, Config{})
	run(t, p)

	precision := mat.NewSymDense(d, identity(d))
	precision.SymRankK(precision, tau, x.T())
	var c mat.Cholesky
	if !c.Factorize(precision) {
		t.Fatal("not positive definite")
	}
	h, want := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	h.MulVec(x.T(), mat.NewVecDense(n, scaled(y, tau)))
	if err := c.SolveVecTo(want, h); err != nil {
		t.Fatal(err)
	}
	u, err := p.Moments(w, 0)
	if err != nil {
		t.Fatal(err)
	}
	for j := range d {
		tk.Close(t, "weight", u[j], want.AtVec(j), 1e-12)
	}
	for i := range d {
		for j := range d {
			tk.Close(t, "precision", -2*p.Natural(w, 0)[d+i*d+j], precision.At(i, j), 1e-12)
		}
	}
	for i := range n { // the activation is xᵀw under the posterior, its own target included
		row := mat.NewVecDense(d, append([]float64(nil), x.RawRowView(i)...))
		v := mat.NewVecDense(d, nil)
		if err := c.SolveVecTo(v, row); err != nil {
			t.Fatal(err)
		}
		u, err := p.Moments(activation, i)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "activation", u[0], mat.Dot(row, want), 1e-11)
		tk.Close(t, "variance of the activation", u[1]-u[0]*u[0], mat.Dot(row, v), 1e-11)
	}
	cov := mat.NewSymDense(n, nil)
	cov.SymOuterK(1, x)
	for i := range n {
		cov.SetSym(i, i, cov.At(i, i)+1/tau)
	}
	if !c.Factorize(cov) {
		t.Fatal("not positive definite")
	}
	target, solved := mat.NewVecDense(n, y), mat.NewVecDense(n, nil)
	if err := c.SolveVecTo(solved, target); err != nil {
		t.Fatal(err)
	}
	evidence := -.5 * (float64(n)*ln2Pi + c.LogDet() + mat.Dot(target, solved))
	tk.Close(t, "ln p(y)", logZ(t, p), evidence, 1e-11)

	trace := climb(t, ascent(t, m, AscentConfig{}))
	tk.Close(t, "bound of the one block", trace[len(trace)-1], evidence, 1e-11)
}

// What a round does does not depend on how many processors run it.
func TestRoundsDoNotDependOnProcessors(t *testing.T) {
	m, x := grid(6, .35, .1)
	before := runtime.GOMAXPROCS(1)
	one := messages(t, m, Config{Parts: 4})
	run(t, one)
	runtime.GOMAXPROCS(max(before, 2))
	many := messages(t, m, Config{Parts: 4})
	run(t, many)
	runtime.GOMAXPROCS(before)
	for i := range x.Len() {
		bits(t, "belief", many.Natural(x, i), one.Natural(x, i))
	}
}

// A plate of priors has parameters in turn, or the same for all.
func TestPriorsOfAPlateTakeTheirParametersInTurn(t *testing.T) {
	m := New()
	x, y := m.Random("x", expfam.Gamma{}, 2), m.Random("y", expfam.Gamma{}, 2)
	m.Add("in turn", Prior{Family: expfam.Gamma{}, Eta: append(expfam.Gamma{}.Natural(2, 3), expfam.Gamma{}.Natural(4, 5)...)}, x)
	m.Add("alike", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(6, 7)}, y)
	p := messages(t, m, Config{})
	run(t, p)
	a := ascent(t, m, AscentConfig{})
	trace := climb(t, a)
	for i, want := range [][]float64{{1, -3}, {3, -5}} {
		bits(t, "belief in turn", p.Natural(x, i), want)
		bits(t, "q in turn", a.Natural(x, i), want)
		bits(t, "belief alike", p.Natural(y, i), []float64{5, -7})
	}
	tk.Close(t, "ln Z", logZ(t, p), 0, 1e-13)
	tk.Close(t, "bound", trace[len(trace)-1], 0, 1e-13)
}

// Visits in an order of their own: along a chain and back is what a sweep does by itself.
func TestVisitsCanBeGiven(t *testing.T) {
	y := make([]float64, 20)
	rng.New(2).NormalFloat64(y)
	m, x := chain(y, 1, 2)
	full := messages(t, m, Config{})
	run(t, full)
	visits := []Visit{{0, 0}}
	for i := range y {
		visits = append(visits, Visit{2, int32(i)})
	}
	for i := range len(y) - 1 {
		visits = append(visits, Visit{1, int32(i)})
	}
	for i := len(y) - 2; i >= 0; i-- {
		visits = append(visits, Visit{1, int32(i)})
	}
	p := messages(t, m, Config{Visits: visits})
	if r := run(t, p); r.Sweep != 2 {
		t.Errorf("sweeps: got %d, want 2", r.Sweep)
	}
	for i := range y {
		for j, want := range full.Natural(x, i) {
			tk.Close(t, "belief", p.Natural(x, i)[j], want, 1e-12)
		}
	}
	forward := messages(t, m, Config{Visits: visits[:1+len(y)+len(y)-1]})
	if r := run(t, forward); r.Sweep < len(y)/2 {
		t.Errorf("sweeps that go one way: got %d, want about one a variable", r.Sweep)
	}
}

// Known variables have moments, and beliefs of nothing are flat.
func TestBeliefsOfKnownAndOfLonelyVariables(t *testing.T) {
	m := New()
	x := m.Random("x", expfam.Normal{}, 1)
	z := m.Random("z", expfam.Categorical{K: 4}, 1)
	y := m.Known("y", expfam.Normal{}, 2, []float64{3, 4})
	p := messages(t, m, Config{})
	run(t, p)
	u, err := p.Moments(y, 1)
	if err != nil || u[0] != 4 || u[1] != 16 || p.Natural(y, 1) != nil {
		t.Errorf("known: got %v, %v", u, err)
	}
	if u, err = p.Moments(z, 0); err != nil || u[3] != .25 {
		t.Errorf("a class that nothing is known of: got %v, %v, want a quarter each", u, err)
	}
	if _, err := p.Moments(x, 0); err == nil {
		t.Error("a number that nothing is known of has moments")
	}
	if _, err := p.LogZ(); err == nil {
		t.Error("the integral over a flat number is finite")
	}
	if z := math.Inf(1); math.IsInf(sizeOf(z), 0) {
		t.Error("the size of an infinite belief is infinite")
	}
}

// A likelihood of one datum moves the belief by the ratio of two normals: quadrature of a normal
// likelihood is the normal factor.
func TestQuadratureOfANormalLikelihoodIsTheNormalFactor(t *testing.T) {
	for _, tau := range []float64{.1, 1, 25} {
		m, q := New(), New()
		x, y := m.Random("x", expfam.Normal{}, 1), q.Random("x", expfam.Normal{}, 1)
		prior := Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(-1, .5)}
		m.Add("prior", prior, x)
		q.Add("prior", prior, y)
		m.Add("datum", Normal{}, m.Constant(expfam.Normal{}, 2), x, m.Constant(expfam.Gamma{}, tau))
		q.Add("datum", Likelihood{Width: 1 / math.Sqrt(tau), Log: func(_ int, v float64) float64 {
			return .5 * (math.Log(tau) - ln2Pi - tau*(2-v)*(2-v))
		}}, y)
		a, b := messages(t, m, Config{}), messages(t, q, Config{})
		run(t, a)
		run(t, b)
		for j, want := range a.Natural(x, 0) {
			tk.Close(t, "belief", b.Natural(y, 0)[j], want, 1e-11)
		}
		tk.Close(t, "ln Z", logZ(t, b), logZ(t, a), 1e-12)
	}
}
