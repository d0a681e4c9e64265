package message

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

// program declares a discrete model; evidence makes variables known.
func program(g *pgm.Graph, e pgm.Evidence) (m *Model, vars []Var) {
	m = New()
	for i, v := range g.Vars {
		f := expfam.Categorical{K: len(v.States)}
		if s, seen := e[i]; seen {
			vars = append(vars, m.Known(v.Name, f, 1, []float64{float64(s)}))
		} else {
			vars = append(vars, m.Random(v.Name, f, 1))
		}
	}
	for i, f := range g.Factors {
		var scope []Var
		for _, v := range f.Vars {
			scope = append(scope, vars[v])
		}
		m.Add(fmt.Sprintf("factor %d", i), Table{Card: f.Card, Log: f.Log}, scope...)
	}
	return m, vars
}

func messages(t testing.TB, m *Model, cfg Config) *Messages {
	t.Helper()
	p, err := NewMessages(m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(t testing.TB, p *Messages) Record {
	t.Helper()
	r, ok, err := p.Run(context.Background())
	if err != nil || !ok {
		t.Fatalf("run: converged %v after %d sweeps with change %g and %d waiting, error %v", ok, r.Sweep, r.Change, r.Waiting, err)
	}
	return r
}

func logZ(t testing.TB, p *Messages) float64 {
	t.Helper()
	z, err := p.LogZ()
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// randomTree draws a tree of 2 to 8 variables of 2 to 4 states. Directed ones are Bayesian
// networks with a parent or none; some tables hold zeros.
func randomTree(r *rand.Rand, directed bool) *pgm.Graph {
	n := 2 + r.IntN(7)
	g := &pgm.Graph{}
	for i := range n {
		k := 2 + r.IntN(3)
		g.Vars = append(g.Vars, pgm.Numbered(fmt.Sprint("x", i), k))
		vars, card, size := []int{i}, []int{k}, k
		if i > 0 {
			p := r.IntN(i)
			vars, card = []int{p, i}, []int{len(g.Vars[p].States), k}
			size *= card[0]
		}
		values := make([]float64, size)
		for j := range values {
			if values[j] = .05 + r.Float64(); r.IntN(12) == 0 && j%k > 0 {
				values[j] = 0
			}
		}
		for j := 0; directed && j < size; j += k {
			sum := 0.
			for _, v := range values[j : j+k] {
				sum += v
			}
			for s := range k {
				values[j+s] /= sum
			}
		}
		f, err := pgm.NewFactor(vars, card, values)
		if err != nil {
			panic(err)
		}
		g.Factors = append(g.Factors, f)
	}
	return g
}

// randomEvidence sees a variable or two of some models.
func randomEvidence(r *rand.Rand, g *pgm.Graph) pgm.Evidence {
	e := pgm.Evidence{}
	for range r.IntN(3) {
		e[r.IntN(len(g.Vars))] = 0
	}
	return e
}

func TestSumProductOnTreesIsEnumeration(t *testing.T) {
	r := rng.New(31).Rand()
	for trial := range 1000 {
		g := randomTree(r, trial%2 == 0)
		e := randomEvidence(r, g)
		want, err := exact.Enumerate(g, e)
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{Schedule: []Schedule{Sequential, Flooding, Residual}[trial%3]}
		if cfg.Schedule != Residual {
			cfg.Parts = 1 + trial%4
		}
		m, vars := program(g, e)
		p := messages(t, m, cfg)
		run(t, p)
		tk.Close(t, "ln Z", logZ(t, p), want.LogZ, 1e-12)
		for i, v := range vars {
			u, err := p.Moments(v, 0)
			if err != nil {
				t.Fatal(err)
			}
			for k, x := range u {
				tk.Close(t, "marginal", x, want.Marginals[i][k], 1e-12)
			}
		}
		if t.Failed() {
			t.Fatalf("trial %d", trial)
		}
	}
}

// randomLoopy draws a positive model of up to 7 variables with factors of up to three.
func randomLoopy(r *rand.Rand) *pgm.Graph {
	g := &pgm.Graph{}
	for i := range 3 + r.IntN(5) {
		g.Vars = append(g.Vars, pgm.Numbered(fmt.Sprint("x", i), 2+r.IntN(2)))
	}
	card := g.Card()
	for range len(g.Vars) + r.IntN(4) {
		vars := r.Perm(len(g.Vars))[:1+r.IntN(3)]
		f := &pgm.Factor{Vars: vars}
		size := 1
		for _, v := range vars {
			f.Card = append(f.Card, card[v])
			size *= card[v]
		}
		for range size {
			f.Log = append(f.Log, 1.5*r.NormFloat64())
		}
		g.Factors = append(g.Factors, f)
	}
	return g
}

func TestVariationalMessagesOfDiscreteModelsAreMeanFieldAndABound(t *testing.T) {
	r := rng.New(32).Rand()
	cfg := approx.Default()
	cfg.Sweeps = 100000
	for trial := range 1000 {
		g := randomLoopy(r)
		e := randomEvidence(r, g)
		exactly, err := exact.Enumerate(g, e)
		if err != nil {
			t.Fatal(err)
		}
		m, vars := program(g, e)
		a := ascent(t, m, AscentConfig{Tolerance: 1e-15, Sweeps: 100000})
		trace := climb(t, a)
		bound := trace[len(trace)-1]
		if bound > exactly.LogZ+1e-12 {
			t.Fatalf("trial %d: bound: got %v above ln Z %v", trial, bound, exactly.LogZ)
		}
		want, err := approx.MeanField(context.Background(), g, e, cfg)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "bound", bound, want.LogZ, 1e-10)
		for i, v := range vars {
			for k, x := range a.Moments(v, 0) {
				if d := math.Abs(x - want.Marginals[i][k]); d > 1e-5 { // the bound is flat to second order
					t.Errorf("marginal of %d: got %v, want %v", i, x, want.Marginals[i][k])
				}
			}
		}
		if t.Failed() {
			t.Fatalf("trial %d", trial)
		}
	}
}
