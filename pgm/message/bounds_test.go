package message

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/regress"
)

// labels are those of a linear rule with noise.
func labels(y []float64) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		if v > 0 {
			out[i] = 1
		}
	}
	return out
}

// classifier is a regression of labels on inputs with a relevance for each.
func classifier(x *mat.Dense, y []float64, prior regress.Gamma, f Factor) (m *Model, w, alpha, label Var) {
	m = New()
	w, alpha, a := weights(m, x, prior)
	label = m.Known("label", expfam.Categorical{K: 2}, len(y), y)
	m.Add("labels", f, label, a)
	return m, w, alpha, label
}

func TestTheProgramsOfLogisticAndProbitRegressionAreTheHandWrittenEngines(t *testing.T) {
	x, y, _ := regressionRows(80, 5, 4)
	y = labels(y)
	cfg := regress.Config{ARD: true, Alpha: regress.Gamma{Shape: .5, Rate: .1}, Tolerance: 1e-14, Sweeps: 5000}
	logistic, err := regress.FitLogistic(context.Background(), x, y, cfg)
	if err != nil {
		t.Fatal(err)
	}
	probit, err := regress.FitProbit(context.Background(), x, y, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    Factor
		want *regress.Weights
	}{{Logistic{}, &logistic.Weights}, {Probit{}, &probit.Weights}} {
		m, w, alpha, _ := classifier(x, y, cfg.Alpha, c.f)
		a := ascent(t, m, AscentConfig{Order: []Var{w, alpha}, Tolerance: 1e-14, Sweeps: 5000})
		trace := climb(t, a)
		tk.Close(t, "bound", trace[len(trace)-1], c.want.Bound[len(c.want.Bound)-1], 1e-8)
		for j, v := range c.want.Mean {
			tk.Close(t, "weight", a.Moments(w, 0)[j], v, 1e-6) // the bounds stand still to 1e-14
		}
	}
}

// one declares a datum with label 1 and the activation w ~ N(0, s).
func one(f Factor, s float64) (m *Model, w Var) {
	m = New()
	w = m.Random("w", expfam.Normal{}, 1)
	m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1/s)}, w)
	m.Add("label", f, m.Constant(expfam.Categorical{K: 2}, 1), w)
	return m, w
}

func TestOneDatumHasTheBoundsOfTheSpecification(t *testing.T) {
	for _, c := range []struct{ s, mean, variance, bound float64 }{{1, .406023, .812046, -.700129}, {10, 0, 0, -.828954}} {
		m, w := one(Logistic{}, c.s)
		a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
		trace := climb(t, a)
		tk.Close(t, "bound", trace[len(trace)-1], c.bound, 5e-7)
		if c.mean != 0 {
			eta := a.Natural(w, 0)
			tk.Close(t, "mean", -eta[0]/eta[1]/2, c.mean, 5e-7)
			tk.Close(t, "variance", -.5/eta[1], c.variance, 5e-7)
			tk.Close(t, "xi", math.Sqrt(a.Moments(w, 0)[1]), .988383, 5e-7)
		}
	}
}

func TestOneDatumHasTheEvidenceOfOneHalfUnderEP(t *testing.T) {
	for _, f := range []Factor{Logistic{}, Probit{}} {
		for _, s := range []float64{.1, 1, 10, 100} {
			m, w := one(f, s)
			p := messages(t, m, Config{})
			run(t, p)
			tk.Close(t, "ln p(label)", logZ(t, p), -math.Ln2, 1e-12)
			u, err := p.Moments(w, 0)
			if err != nil {
				t.Fatal(err)
			}
			if f == (Probit{}) { // E[w Φ(w)]/½ = s√(2/(π(1+s)))
				tk.Close(t, "mean", u[0], s*math.Sqrt(2/math.Pi/(1+s)), 1e-12)
			}
			tk.Close(t, "second moment", u[1], s, 1e-10) // the label says nothing of w²
		}
	}
}

// Labels that are not known are predicted: EP's message to them is the predictive probability.
func TestUnknownLabelsArePredicted(t *testing.T) {
	m := New()
	a, z := m.Random("a", expfam.Normal{}, 1), m.Random("z", expfam.Categorical{K: 2}, 1)
	m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(.8, 1./3)}, a)
	m.Add("label", Probit{}, z, a)
	p := messages(t, m, Config{})
	run(t, p)
	u, err := p.Moments(z, 0)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "p(z = 1)", u[1], math.Erfc(-.8/2/math.Sqrt2)/2, 1e-14)
	tk.Close(t, "ln Z", logZ(t, p), 0, 1e-13)
	for _, f := range []Factor{Probit{}, Logistic{}} {
		m := New()
		a, z := m.Random("a", expfam.Normal{}, 1), m.Random("z", expfam.Categorical{K: 2}, 1)
		m.Add("prior", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(.8, 1./3)}, a)
		m.Add("label", f, z, a)
		trace := climb(t, ascent(t, m, AscentConfig{Tolerance: 1e-14}))
		if bound := trace[len(trace)-1]; bound > 0 {
			t.Errorf("%T: bound: got %v above ln Z = 0", f, bound)
		}
	}
}

// EP of a regression on three points of two inputs, against a grid over both weights.
func TestEPOfProbitRegressionIsCloseToTheGridAndAboveTheBound(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, .5, -1, 1, .3, -2, 2, 1})
	y := []float64{1, 0, 0, 1}
	m := New()
	w := m.Random("w", expfam.MultiNormal{D: 2}, 1)
	m.Add("prior", Prior{Family: expfam.MultiNormal{D: 2}, Eta: expfam.MultiNormal{D: 2}.Natural([]float64{0, 0}, []float64{1, 0, 0, 1})}, w)
	a := m.Derive("a", expfam.Normal{}, Dot{D: 2}, w, m.Known("x", expfam.MultiNormal{D: 2}, 4, x.RawMatrix().Data))
	m.Add("labels", Probit{}, m.Known("y", expfam.Categorical{K: 2}, 4, y), a)
	p := messages(t, m, Config{})
	run(t, p)
	var z, m0, m1 float64
	const h = .05
	for u := -8.; u <= 8; u += h {
		for v := -8.; v <= 8; v += h {
			q := math.Exp(-(u*u+v*v)/2) / (2 * math.Pi) * h * h
			for i, label := range y {
				q *= math.Erfc(-sign(int(label))*(u*x.At(i, 0)+v*x.At(i, 1))/math.Sqrt2) / 2
			}
			z, m0, m1 = z+q, m0+u*q, m1+v*q
		}
	}
	u, err := p.Moments(w, 0)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z", logZ(t, p), math.Log(z), 2e-3) // EP is no exact method; measured 4e-4
	tk.Close(t, "first weight", u[0], m0/z, 5e-3)
	tk.Close(t, "second weight", u[1], m1/z, 5e-3)
	trace := climb(t, ascent(t, m, AscentConfig{}))
	if bound := trace[len(trace)-1]; bound > math.Log(z) {
		t.Errorf("bound: got %v above ln Z %v", bound, math.Log(z))
	}
}

func TestBouchardsBoundIsAboveTheLogarithmOfTheSum(t *testing.T) {
	r := rng.New(61).Rand()
	for range 300 {
		k := 2 + r.IntN(4)
		f := Softmax{K: k}
		s := &Site{In: []In{{U: make([]float64, k)}}}
		mean, sd := make([]float64, k), make([]float64, k)
		for i := range k {
			mean[i], sd[i] = 3*r.NormFloat64(), math.Exp(r.NormFloat64()-1)
			s.In = append(s.In, In{U: []float64{mean[i], mean[i]*mean[i] + sd[i]*sd[i]}})
		}
		bound, sum := f.bound(s), 0.
		const draws = 2000
		x := make([]float64, k)
		for range draws {
			for i := range x {
				x[i] = mean[i] + sd[i]*r.NormFloat64()
			}
			sum += logSum(x) / draws
		}
		// Five standard errors of a sum with the deviation of the largest activation at most.
		top := 0.
		for _, v := range sd {
			top += v * v
		}
		if bound < sum-5*math.Sqrt(top/draws) {
			t.Fatalf("bound: got %v, want at least E ln Σ exp = %v", bound, sum)
		}
		// The optimum is a minimum over α and all ξ.
		alpha := f.alpha(s)
		for _, d := range []float64{-.1, .1} {
			if f.slope(s, alpha+d)*d < 0 {
				t.Fatalf("slope at α%+v: got %v, want the sign of the step", d, f.slope(s, alpha+d))
			}
		}
	}
}

// Three classes of a plane, by softmax regression under the bound.
func TestSoftmaxRegressionClimbsAndSeparates(t *testing.T) {
	r := rng.New(62).Rand()
	const n, k = 60, 3
	x, y := make([]float64, 0, 3*n), make([]float64, n)
	for i := range n {
		y[i] = float64(i % k)
		angle := 2 * math.Pi * y[i] / k
		x = append(x, 2*math.Cos(angle)+.6*r.NormFloat64(), 2*math.Sin(angle)+.6*r.NormFloat64(), 1)
	}
	m := New()
	w := m.Random("w", expfam.MultiNormal{D: 3}, k)
	m.Add("prior", Prior{Family: expfam.MultiNormal{D: 3}, Eta: expfam.MultiNormal{D: 3}.Natural(make([]float64, 3), identity(3))}, w)
	rows := m.Known("x", expfam.MultiNormal{D: 3}, n, x)
	vars := []Var{m.Known("y", expfam.Categorical{K: k}, n, y)}
	for c := range k {
		vars = append(vars, m.Derive([]string{"a", "b", "c"}[c], expfam.Normal{}, Dot{D: 3}, w.At(c), rows))
	}
	m.Add("classes", Softmax{K: k}, vars...)
	a := ascent(t, m, AscentConfig{})
	climb(t, a)
	wrong := 0
	for i := range n {
		best, top := 0, math.Inf(-1)
		for c := range k {
			if v := dot(a.Moments(w, c)[:3], x[3*i:3*i+3]); v > top {
				best, top = c, v
			}
		}
		if best != int(y[i]) {
			wrong++
		}
	}
	if wrong > 2 {
		t.Errorf("classes: got %d of %d wrong, want at most 2", wrong, n)
	}
}
