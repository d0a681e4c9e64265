package message

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestAGateKnowsWhichArgumentStandsWhere(t *testing.T) {
	f := Gate{Of: Normal{}, K: 3, Shared: []bool{false, true, false}}
	slots := f.Slots()
	if len(slots) != 1+1+3*2 {
		t.Fatalf("slots: got %d, want 8", len(slots))
	}
	for slot := 1; slot < len(slots); slot++ {
		k, i := f.argument(slot)
		if k < 0 {
			k = 2 // a shared argument stands at one place for all
		}
		if got := f.place(k, i); got != slot {
			t.Errorf("slot %d: argument %d of %d stands at %d", slot, i, k, got)
		}
	}
	for slot, want := range []string{"class", "mean", "x of 0", "precision of 0", "x of 1", "precision of 1", "x of 2", "precision of 2"} {
		if slots[slot].Name != want {
			t.Errorf("slot %d: got %q, want %q", slot, slots[slot].Name, want)
		}
	}
}

// One datum of two classes with a mean of each: EP of a single factor is exact in its moments, which
// are those of a grid over both means.
func TestAGateOfTwoRandomMeansHasTheMomentsOfTheGrid(t *testing.T) {
	r := rng.New(81).Rand()
	for range 5 {
		y, weight := 2*r.NormFloat64(), .2+.6*r.Float64()
		prior := [2][2]float64{{r.NormFloat64(), .5 + r.Float64()}, {r.NormFloat64(), .5 + r.Float64()}} // mean, precision
		tau := [2]float64{.5 + r.Float64(), 1 + r.Float64()}
		m := New()
		mu, z := m.Random("mu", expfam.Normal{}, 2), m.Random("z", expfam.Categorical{K: 2}, 1)
		eta := append(expfam.Normal{}.Natural(prior[0][0], prior[0][1]), expfam.Normal{}.Natural(prior[1][0], prior[1][1])...)
		m.Add("means", Prior{Family: expfam.Normal{}, Eta: eta}, mu)
		m.Add("classes", Prior{Family: expfam.Categorical{K: 2}, Eta: []float64{math.Log(weight), math.Log(1 - weight)}}, z)
		one, two := m.Constant(expfam.Gamma{}, tau[0]), m.Constant(expfam.Gamma{}, tau[1])
		m.Add("datum", Gate{Of: Normal{}, K: 2, Shared: []bool{true, false, false}}, z, m.Constant(expfam.Normal{}, y), mu.At(0), one, mu.At(1), two)
		p := messages(t, m, Config{})
		run(t, p)

		// Class k: y ~ N(m_k, 1/r_k + 1/τ_k), and its mean moves there.
		var logs [2]float64
		var mean, variance [2]float64
		for k := range 2 {
			v := 1/prior[k][1] + 1/tau[k]
			logs[k] = math.Log([]float64{weight, 1 - weight}[k]) - .5*(ln2Pi+math.Log(v)+(y-prior[k][0])*(y-prior[k][0])/v)
			precision := prior[k][1] + tau[k]
			mean[k], variance[k] = (prior[k][1]*prior[k][0]+tau[k]*y)/precision, 1/precision
		}
		total := logSum(logs[:])
		tk.Close(t, "ln Z", logZ(t, p), total, 1e-12)
		u, err := p.Moments(z, 0)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "class", u[0], math.Exp(logs[0]-total), 1e-12)
		for k := range 2 {
			chance := math.Exp(logs[k] - total)
			if u, err = p.Moments(mu, k); err != nil {
				t.Fatal(err)
			}
			tk.Close(t, "mean", u[0], chance*mean[k]+(1-chance)*prior[k][0], 1e-12)
			tk.Close(t, "square", u[1], chance*(mean[k]*mean[k]+variance[k])+(1-chance)*(prior[k][0]*prior[k][0]+1/prior[k][1]), 1e-11)
		}
	}
}

// A class that is known selects: the gate is its factor.
func TestAKnownClassSelectsItsFactor(t *testing.T) {
	for _, class := range []float64{0, 1} {
		m, plain := New(), New()
		x := m.Random("x", expfam.Normal{}, 1)
		y := plain.Random("x", expfam.Normal{}, 1)
		prior := Prior{Family: expfam.Normal{}, Eta: expfam.Normal{}.Natural(1, .5)}
		m.Add("prior", prior, x)
		plain.Add("prior", prior, y)
		tau := []float64{2, 7}
		m.Add("gate", Gate{Of: Normal{}, K: 2, Shared: []bool{true, false, false}}, m.Constant(expfam.Categorical{K: 2}, class), x,
			m.Constant(expfam.Normal{}, 3), m.Constant(expfam.Gamma{}, tau[0]), m.Constant(expfam.Normal{}, -2), m.Constant(expfam.Gamma{}, tau[1]))
		plain.Add("factor", Normal{}, y, plain.Constant(expfam.Normal{}, []float64{3, -2}[int(class)]), plain.Constant(expfam.Gamma{}, tau[int(class)]))
		p, q := messages(t, m, Config{}), messages(t, plain, Config{})
		run(t, p)
		run(t, q)
		tk.Close(t, "ln Z", logZ(t, p), logZ(t, q), 1e-13)
		for j, want := range q.Natural(y, 0) {
			tk.Close(t, "belief", p.Natural(x, 0)[j], want, 1e-12)
		}
		a, b := climb(t, ascent(t, m, AscentConfig{})), climb(t, ascent(t, plain, AscentConfig{}))
		tk.Close(t, "bound", a[len(a)-1], b[len(b)-1], 1e-13)
	}
}

// A table by its rows, each a table with ones elsewhere, is the same model.
func TestTablesAddUp(t *testing.T) {
	r := rng.New(82).Rand()
	for range 30 {
		// φ(z, x) = φ_z(x)
		var logs [3][2]float64
		var table []float64
		for k := range logs {
			for s := range logs[k] {
				logs[k][s] = r.NormFloat64()
				table = append(table, logs[k][s])
			}
		}
		m, g := New(), New()
		z, x := m.Random("z", expfam.Categorical{K: 3}, 1), m.Random("x", expfam.Categorical{K: 2}, 1)
		m.Add("table", Table{Card: []int{3, 2}, Log: table}, z, x)
		gz, gx := g.Random("z", expfam.Categorical{K: 3}, 1), g.Random("x", expfam.Categorical{K: 2}, 1)
		for k := range logs {
			indicator := make([]float64, 6)
			copy(indicator[2*k:], logs[k][:])
			g.Add([]string{"a", "b", "c"}[k], Table{Card: []int{3, 2}, Log: indicator}, gz, gx)
		}
		a, b := ascent(t, m, AscentConfig{Tolerance: 1e-14}), ascent(t, g, AscentConfig{Tolerance: 1e-14})
		ta, tb := climb(t, a), climb(t, b)
		tk.Close(t, "bound", ta[len(ta)-1], tb[len(tb)-1], 1e-10)
	}
}
