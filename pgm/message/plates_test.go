package message

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/mixture"
)

func places(v Var) (out []int) {
	for i := range v.Len() {
		out = append(out, v.place(i))
	}
	return out
}

func TestPlatesAreTakenRepeatedAndCycled(t *testing.T) {
	m := New()
	x := m.Random("x", expfam.Normal{}, 3)
	for what, c := range map[string]struct {
		v    Var
		want string
	}{
		"all":           {x, "[0 1 2]"},
		"some":          {x.At(2, 0, 2), "[2 0 2]"},
		"some of some":  {x.At(2, 0).At(1, 0), "[0 2]"},
		"each":          {x.Each(2), "[0 0 1 1 2 2]"},
		"cycle":         {x.Cycle(2), "[0 1 2 0 1 2]"},
		"each of some":  {x.At(1, 2).Each(2), "[1 1 2 2]"},
		"cycle of some": {x.At(1).Cycle(3), "[1 1 1]"},
		"outside":       {x.At(3, -1), "[-1 -1]"},
	} {
		if got := fmt.Sprint(places(c.v)); got != c.want {
			t.Errorf("%s: got %s, want %s", what, got, c.want)
		}
	}
	if x.Name() != "x" || x.Family() != (expfam.Normal{}) || x.At(1).Name() != "x" {
		t.Errorf("name and family: got %s and %v", x.Name(), x.Family())
	}
}

// Plates in any arrangement are the same model as factors one by one.
func TestPlatesAreShorthandForTheirFactors(t *testing.T) {
	y := []float64{1, -2, .5, 3, 2, 2.5}
	one := expfam.Gamma{}
	bound := func(declare func(m *Model, mu, tau, data Var)) float64 {
		m := New()
		mu, tau := m.Random("mu", expfam.Normal{}, 2), m.Random("tau", one, 3)
		m.Add("of mu", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1)}, mu)
		m.Add("of tau", Prior{Family: one, Eta: one.Natural(2, 1)}, tau)
		declare(m, mu, tau, m.Known("y", expfam.Normal{}, 6, y))
		trace := climb(t, ascent(t, m, AscentConfig{Tolerance: 1e-14}))
		return trace[len(trace)-1]
	}
	plates := bound(func(m *Model, mu, tau, data Var) {
		m.Add("data", Normal{}, data, mu.Each(3), tau.Cycle(2))
	})
	single := bound(func(m *Model, mu, tau, data Var) {
		for i := range 6 {
			m.Add(fmt.Sprint("datum ", i), Normal{}, data.At(i), mu.At(i/3), tau.At(i%3))
		}
	})
	rows := bound(func(m *Model, mu, tau, data Var) {
		m.Add("first row", Normal{}, data.At(0, 1, 2), mu.At(0), tau)
		m.Add("second row", Normal{}, data.At(3, 4, 5), mu.At(1), tau)
	})
	tk.Close(t, "factors one by one", single, plates, 1e-11)
	tk.Close(t, "rows with a shared mean", rows, plates, 1e-11)
}

func TestPartsOfTheBoundAddUpByPlate(t *testing.T) {
	m, random := randomDAG(rng.New(5).Rand())
	a := ascent(t, m, AscentConfig{})
	trace := climb(t, a)
	parts, err := a.Parts()
	if err != nil {
		t.Fatal(err)
	}
	sum, variables := 0., 0
	for _, p := range parts {
		sum += p.Nats
		if p.Variable {
			variables++
			continue
		}
		if p.Name == "" {
			t.Errorf("part %+v has no name", p)
		}
	}
	tk.Close(t, "sum of the parts", sum, trace[len(trace)-1], 1e-14)
	if variables != len(random) {
		t.Errorf("plates of variables: got %d, want %d", variables, len(random))
	}
}

// Observed variables that only functions of random ones stand before: noise-free sums of known and
// random numbers reach them.
func TestFunctionsOfFunctionsCarryMessages(t *testing.T) {
	m := New()
	x, z := m.Random("x", expfam.Normal{}, 1), m.Random("z", expfam.Normal{}, 1)
	for i, v := range []Var{x, z} {
		m.Add(fmt.Sprint("prior ", i), Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(float64(i), 1)}, v)
	}
	double := m.Derive("double", expfam.Normal{}, Linear{Weights: []float64{2}, Offset: 1}, x)
	sum := m.Derive("sum", expfam.Normal{}, Linear{Weights: []float64{1, -1}}, double, z)
	m.Add("data", Normal{}, m.Constant(expfam.Normal{}, 4), sum, m.Constant(expfam.Gamma{}, 2))
	p := messages(t, m, Config{})
	run(t, p)
	// sum = 2x + 1 − z ~ N(0, 5), seen as 4 with variance ½.
	tk.Close(t, "ln Z", logZ(t, p), -.5*(ln2Pi+math.Log(5.5)+16/5.5), 1e-12)
	u, err := p.Moments(x, 0)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "x", u[0], 2*4/5.5, 1e-12)
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	trace := climb(t, a)
	tk.Close(t, "mean field's x", a.Moments(x, 0)[0], 2*4/5.5, 1e-6)
	if got := a.Moments(sum, 0)[0]; math.Abs(got-(2*a.Moments(x, 0)[0]+1-a.Moments(z, 0)[0])) > 1e-12 {
		t.Errorf("sum: got %v, want the sum of the means", got)
	}
	if trace[len(trace)-1] > logZ(t, p) {
		t.Errorf("bound: got %v above ln Z %v", trace[len(trace)-1], logZ(t, p))
	}
}

// A Student-t location by its scale mixture: the bound rises, outliers get small precisions.
func TestScaleMixturesTellOutliers(t *testing.T) {
	x := []float64{1.1, .9, 1.2, .8, 1, 25}
	m := New()
	mu, tau := m.Random("mu", expfam.Normal{}, 1), m.Random("tau", expfam.Gamma{}, len(x))
	m.Add("of mu", Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(0, 1e-4)}, mu)
	m.Add("of tau", Gamma{Shape: 1.5}, tau, m.Constant(expfam.Gamma{}, 1.5))
	m.Add("data", Normal{}, m.Known("x", expfam.Normal{}, len(x), x), mu, tau)
	a := ascent(t, m, AscentConfig{})
	climb(t, a)
	if mean := a.Moments(mu, 0)[0]; math.Abs(mean-1.06) > .1 {
		t.Errorf("location: got %v, want it among the five", mean)
	}
	if out, in := a.Moments(tau, 5)[1], a.Moments(tau, 0)[1]; out > in/50 {
		t.Errorf("precisions: got %v of the outlier and %v of another, want a fiftieth at most", out, in)
	}
}

// The Dirichlet process by sticks, against the hand-written engine from the same start.
func TestTheProgramOfSticksIsTheHandWrittenEngine(t *testing.T) {
	x, c := faithful(t), faithfulConfig()
	c.Weights, c.Alpha, c.Components, c.Restarts, c.Sweeps, c.Tolerance = mixture.Sticks, .8, 4, 1, 20000, 1e-14
	want, err := mixture.Fit(context.Background(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	m, k := New(), c.Components
	z, v := m.Random("z", expfam.Categorical{K: k}, x.N()), m.Random("v", expfam.Beta{}, k-1)
	theta := m.Random("theta", expfam.NormalWishart{D: 2}, k)
	m.Add("sticks", Prior{Family: expfam.Beta{}, Eta: expfam.Beta{}.Natural(1, c.Alpha)}, v)
	m.Add("components", Prior{Family: expfam.NormalWishart{D: 2}, Eta: expfam.NormalWishart{D: 2}.Natural(c.Mean, c.Beta, c.Scale, c.Nu)}, theta)
	vars, slots := []Var{z}, []Var{z, m.Known("x", expfam.MultiNormal{D: 2}, x.N(), x.X)}
	for i := range k {
		if i < k-1 {
			vars = append(vars, v.At(i))
		}
		slots = append(slots, theta.At(i))
	}
	m.Add("classes", Sticks{K: k}, vars...)
	m.Add("rows", Gate{Of: Joint{D: 2}, K: k, Shared: []bool{true, false}}, slots...)
	a := ascent(t, m, AscentConfig{Order: []Var{z, v, theta}})
	for i, q := range want.Components {
		start(t, a, theta, i, expfam.NormalWishart{D: 2}.Natural(q.Mean, q.Beta, q.Scale, q.Nu))
		if i < k-1 {
			start(t, a, v, i, expfam.Beta{}.Natural(q.A, q.B))
		}
	}
	trace := climb(t, a)
	tk.Close(t, "bound", trace[0], want.Bound, 1e-10)
	for i, q := range want.Components {
		eta := a.Natural(theta, i)
		tk.Close(t, "beta", -2*eta[len(eta)-1], q.Beta, 1e-3)
	}
}

// Rows of a conditional table with Dirichlet priors, by a gate over the parent: with all seen, the
// posterior counts.
func TestConditionalTablesWithRandomRowsCount(t *testing.T) {
	m := New()
	rows := m.Random("rows", expfam.Dirichlet{K: 3}, 2)
	m.Add("prior", Prior{Family: expfam.Dirichlet{K: 3}, Eta: expfam.Dirichlet{K: 3}.Natural([]float64{1, 1, 1})}, rows)
	parent := m.Known("parent", expfam.Categorical{K: 2}, 5, []float64{0, 0, 1, 1, 1})
	child := m.Known("child", expfam.Categorical{K: 3}, 5, []float64{2, 0, 1, 1, 2})
	m.Add("table", Gate{Of: Categorical{K: 3}, K: 2, Shared: []bool{true, false}}, parent, child, rows.At(0), rows.At(1))
	a := ascent(t, m, AscentConfig{})
	trace := climb(t, a)
	for i, want := range [][]float64{{1, 0, 1}, {0, 2, 1}} {
		bits(t, "counts", a.Natural(rows, i), want)
	}
	// Γ(3)/Γ(5)·1·1 and Γ(3)/Γ(6)·2·1.
	tk.Close(t, "evidence", trace[len(trace)-1], math.Log(2./24*2/120*2), 1e-12)
}
