package message

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// tracked is a point that moves with a speed: s_t ~ N(F s_t−1, Q⁻¹), y_t ~ N(H s_t, 1/r).
func tracked(y []float64) (m *Model, s Var) {
	m = New()
	n := len(y)
	f := expfam.MultiNormal{D: 2}
	s = m.Random("state", f, n)
	m.Add("first", Prior{Family: f, Eta: f.Natural([]float64{1, 0}, []float64{.5, .1, .1, 2})}, s.At(0))
	from, to := make([]int, n-1), make([]int, n-1)
	for i := range from {
		from[i], to[i] = i, i+1
	}
	m.Add("moves", Transition{E: 2, D: 2, Matrix: []float64{1, .5, 0, .9}}, s.At(to...), s.At(from...), m.Constant(expfam.Wishart{D: 2}, 4, -1, -1, 3))
	m.Add("sights", Transition{E: 1, D: 2, Matrix: []float64{1, 0}}, m.Known("y", expfam.MultiNormal{D: 1}, n, y), s, m.Constant(expfam.Wishart{D: 1}, 2))
	return m, s
}

// smoothed is the same posterior by one linear system over all states.
func smoothed(y []float64) (mean *mat.VecDense, cov *mat.SymDense, log float64) {
	n := 2 * len(y)
	p, h := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	// quadratic adds (Jx − c)ᵀL(Jx − c) with J from a place on.
	quadratic := func(at int, jacobian *mat.Dense, c []float64, l *mat.Dense) {
		var jl, jlj mat.Dense
		jl.Mul(jacobian.T(), l)
		jlj.Mul(&jl, jacobian)
		var jc mat.VecDense
		jc.MulVec(&jl, vector(c))
		k, _ := jlj.Dims()
		for i := range k {
			h.SetVec(at+i, h.AtVec(at+i)+jc.AtVec(i))
			for j := range k {
				p.Set(at+i, at+j, p.At(at+i, at+j)+jlj.At(i, j))
			}
		}
		det, _ := mat.LogDet(l)
		log += .5 * (det - float64(len(c))*ln2Pi - mat.Inner(vector(c), l, vector(c)))
	}
	quadratic(0, square(identity(2), 2), []float64{1, 0}, square([]float64{.5, .1, .1, 2}, 2))
	for t, v := range y {
		quadratic(2*t, mat.NewDense(1, 2, []float64{1, 0}), []float64{v}, square([]float64{2}, 1))
		if t > 0 {
			quadratic(2*t-2, mat.NewDense(2, 4, []float64{-1, -.5, 1, 0, 0, -.9, 0, 1}), []float64{0, 0}, square([]float64{4, -1, -1, 3}, 2))
		}
	}
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, p.At(i, j))
		}
	}
	var c mat.Cholesky
	if !c.Factorize(sym) {
		panic("not positive definite")
	}
	cov = mat.NewSymDense(n, nil)
	if err := c.InverseTo(cov); err != nil {
		panic(err)
	}
	mean = mat.NewVecDense(n, nil)
	mean.MulVec(cov, h)
	return mean, cov, log + .5*(mat.Dot(mean, h)-c.LogDet()+float64(n)*ln2Pi)
}

func TestLinearGaussianStateSpacesAreTheSolutionOfTheirLinearSystem(t *testing.T) {
	r := rng.New(121).Rand()
	for trial := range 10 {
		y := make([]float64, 2+r.IntN(12))
		for i := range y {
			y[i] = 2 * r.NormFloat64()
		}
		mean, cov, log := smoothed(y)
		m, s := tracked(y)
		p := messages(t, m, Config{Parts: 1 + trial%3, Max: trial%4 == 3})
		if rec := run(t, p); trial%3 == 0 && rec.Sweep > 2 {
			t.Errorf("sweeps: got %d, want 2", rec.Sweep)
		}
		for i := range y {
			u, err := p.Moments(s, i)
			if err != nil {
				t.Fatal(err)
			}
			for a := range 2 {
				tk.Close(t, "mean", u[a], mean.AtVec(2*i+a), 1e-10)
				for b := range 2 {
					tk.Close(t, "covariance", u[2+2*a+b]-u[a]*u[b], cov.At(2*i+a, 2*i+b), 1e-9)
				}
			}
		}
		if trial%4 != 3 {
			tk.Close(t, "ln p(y)", logZ(t, p), log, 1e-10)
		}
		trace := climb(t, ascent(t, m, AscentConfig{}))
		if bound := trace[len(trace)-1]; bound > log {
			t.Errorf("bound: got %v above ln p(y) %v", bound, log)
		}
	}
}

// In one dimension a transition is the scalar factor.
func TestATransitionOfOneNumberIsTheNormalFactor(t *testing.T) {
	for _, c := range []struct{ x, mu []float64 }{{nil, nil}, {[]float64{.7}, nil}, {nil, []float64{-.4}}, {[]float64{.7}, []float64{-.4}}} {
		eta := [][]float64{{.3, -.6}, {-.2, -.4}}
		in := func() []In {
			return []In{{Eta: eta[0], Value: c.x}, {Eta: eta[1], Value: c.mu}, {Value: []float64{1.7}}}
		}
		a, err := Normal{}.LogZ(&Site{Alpha: 1, In: in()})
		if err != nil {
			t.Fatal(err)
		}
		f := Transition{E: 1, D: 1, Matrix: []float64{1}}
		b, err := f.LogZ(&Site{Alpha: 1, In: in()})
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln Z", b, a, 1e-13)
		for k := range 2 {
			x, y := make([]float64, 2), make([]float64, 2)
			if (Normal{}).Send(x, k, &Site{Alpha: 1, In: in()}) != nil || f.Send(y, k, &Site{Alpha: 1, In: in()}) != nil {
				t.Fatal("nothing is sent")
			}
			tk.Close(t, "shift", y[0], x[0], 1e-14)
			tk.Close(t, "precision", y[1], x[1], 1e-14)
		}
	}
	m := New()
	x := m.Random("x", expfam.MultiNormal{D: 2}, 1)
	m.Add("f", Transition{E: 2, D: 2, Matrix: []float64{1, 0, math.NaN(), 1}}, x, m.Random("y", expfam.MultiNormal{D: 2}, 1), m.Constant(expfam.Wishart{D: 2}, 1, 0, 0, 1))
	refused(t, "a matrix of no numbers", m.Err(), "E×D finite numbers")
}

// A walk whose step and noise precisions are random, once by scalars and Gamma variables and once by
// vectors of one number and Wishart variables: Gamma(ν/2, 1/(2V)) is W(V, ν), and the bounds are the
// same sweep by sweep.
func TestWalksOfUnknownPrecisionsAreTheSameByScalarsAndByVectors(t *testing.T) {
	y := []float64{.3, 1.2, .8, 2.5, 2.2, 3.9, 3.1}
	n := len(y)
	from, to := make([]int, n-1), make([]int, n-1)
	for i := range from {
		from[i], to[i] = i, i+1
	}
	scalar := New()
	x, q, r := scalar.Random("x", expfam.Normal{}, n), scalar.Random("q", expfam.Gamma{}, 1), scalar.Random("r", expfam.Gamma{}, 1)
	scalar.Add("first", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, .1)}, x.At(0))
	scalar.Add("steps", Normal{}, x.At(to...), x.At(from...), q)
	scalar.Add("sights", Normal{}, scalar.Known("y", expfam.Normal{}, n, y), x, r)
	scalar.Add("of q", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(1.5, 2)}, q)
	scalar.Add("of r", Prior{Family: expfam.Gamma{}, Eta: expfam.Gamma{}.Natural(2.5, 1)}, r)
	vectors := New()
	one, w := expfam.MultiNormal{D: 1}, expfam.Wishart{D: 1}
	v, wq, wr := vectors.Random("x", one, n), vectors.Random("q", w, 1), vectors.Random("r", w, 1)
	step := Transition{E: 1, D: 1, Matrix: []float64{1}}
	vectors.Add("first", Prior{Family: one, Eta: one.Natural([]float64{0}, []float64{.1})}, v.At(0))
	vectors.Add("steps", step, v.At(to...), v.At(from...), wq)
	vectors.Add("sights", step, vectors.Known("y", one, n, y), v, wr)
	vectors.Add("of q", Prior{Family: w, Eta: w.Natural([]float64{4}, 3)}, wq)
	vectors.Add("of r", Prior{Family: w, Eta: w.Natural([]float64{2}, 5)}, wr)
	a, b := ascent(t, scalar, AscentConfig{}), ascent(t, vectors, AscentConfig{})
	for _, p := range []struct {
		v, w         Var
		shape, rate  float64
		inverse, dof float64
	}{{q, wq, 1, 1, 2, 2}, {r, wr, 1, 1, 2, 2}} {
		start(t, a, p.v, 0, expfam.Gamma{}.Natural(p.shape, p.rate))
		start(t, b, p.w, 0, w.Natural([]float64{p.inverse}, p.dof))
	}
	sameTrace(t, climb(t, b), climb(t, a), 1e-11)
	for i := range n {
		tk.Close(t, "state", b.Moments(v, i)[0], a.Moments(x, i)[0], 1e-8)
	}
	refused(t, "random precisions under sum-product", sumProduct(vectors), "slot precision", "q is random")
}

// sumProduct is why sum-product does not run on a model.
func sumProduct(m *Model) error {
	_, err := NewMessages(m, Config{})
	return err
}

// What is seen of a state may have fewer numbers than the state: directions that are not seen keep
// their prior.
func TestDirectionsThatAreNotSeenKeepTheirPrior(t *testing.T) {
	m := New()
	f := expfam.MultiNormal{D: 3}
	x := m.Random("x", f, 1)
	m.Add("prior", Prior{Family: f, Eta: f.Natural([]float64{1, 2, 3}, []float64{2, 0, 0, 0, 3, 0, 0, 0, 4})}, x)
	m.Add("sight", Transition{E: 1, D: 3, Matrix: []float64{0, 2, 0}}, m.Known("y", expfam.MultiNormal{D: 1}, 1, []float64{7}), x, m.Constant(expfam.Wishart{D: 1}, 5))
	p := messages(t, m, Config{})
	run(t, p)
	u, err := p.Moments(x, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Precision 3 + 2²·5, shift 3·2 + 2·5·7.
	for i, want := range []float64{1, 76. / 23, 3} {
		tk.Close(t, "mean", u[i], want, 1e-13)
	}
	variance := 4./3 + 1./5
	tk.Close(t, "ln p(y)", logZ(t, p), -.5*(ln2Pi+math.Log(variance)+9/variance), 1e-12)
}
