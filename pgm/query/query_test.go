package query

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

func all(Method) bool { return true }

// random is a chain of n variables of two or three states with positive tables: on a tree
// every method of messages is exact.
func random(t testing.TB, r *rand.Rand, n int) *pgm.Network {
	t.Helper()
	vars, parents, rows := make([]pgm.Variable, n), make([][]int, n), make([][]float64, n)
	for i := range n {
		vars[i] = pgm.Numbered("x"+string(rune('a'+i)), 2+r.IntN(2))
		count := 1
		if i > 0 {
			parents[i] = []int{r.IntN(i)}
			count = len(vars[parents[i][0]].States)
		}
		for range count {
			row, sum := make([]float64, len(vars[i].States)), 0.
			for s := range row {
				row[s] = .1 + r.Float64()
				sum += row[s]
			}
			for _, p := range row {
				rows[i] = append(rows[i], p/sum)
			}
		}
	}
	net, err := pgm.NewNetwork(vars, parents, rows)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func problem(t testing.TB, n *pgm.Network, seen, set pgm.Evidence) Problem {
	t.Helper()
	p, err := Given(n, seen, set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryMethodKeepsWhatItsWorthSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for trial := range 200 {
		p := problem(t, random(t, r, 2+r.IntN(6)), pgm.Evidence{}, nil)
		p.Evidence[r.IntN(len(p.Graph.Vars))] = r.IntN(2)
		truth, err := exact.Enumerate(p.Graph, p.Evidence)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range Methods() {
			if m.Marginals == nil {
				continue
			}
			if m.Random && trial >= 20 {
				continue
			}
			a, err := m.Marginals(t.Context(), p, p.Free(), Config{Samples: 400, Sweeps: 300, Chains: 2})
			if err != nil {
				t.Fatalf("%s: %v", m.Name, err)
			}
			switch m.Worth {
			case Exact:
				tk.Close(t, m.Name+": ln Z", a.LogZ, truth.LogZ, 1e-12)
			case Worth(approx.Below):
				if a.LogZ > truth.LogZ+1e-12 {
					t.Errorf("%s: got %g, want at most %g", m.Name, a.LogZ, truth.LogZ)
				}
			case Worth(approx.Above):
				if a.LogZ < truth.LogZ-1e-9 { // its messages stand still to 1e-10
					t.Errorf("%s: got %g, want at least %g", m.Name, a.LogZ, truth.LogZ)
				}
			}
			for v, got := range a.Marginals {
				if _, seen := p.Evidence[v]; seen != (got == nil) {
					t.Fatalf("%s: got %v of variable %d", m.Name, got, v)
				}
				sum := 0.
				for s, x := range got {
					if sum += x; m.Worth == Exact {
						tk.Close(t, m.Name, x, truth.Marginals[v][s], 1e-12)
					}
				}
				if got != nil {
					tk.Close(t, m.Name+": sum", sum, 1, 1e-12)
				}
			}
		}
	}
}

func TestOnlyTargetsAreAnswered(t *testing.T) {
	p := problem(t, random(t, rand.New(rand.NewPCG(2, 1)), 6), nil, nil)
	for _, m := range Methods() {
		if m.Marginals == nil {
			continue
		}
		a, err := m.Marginals(t.Context(), p, []int{4, 1}, Config{Sweeps: 60, Tolerance: 1e-6, Damping: .1, Samples: 100})
		if err != nil {
			t.Fatal(err)
		}
		for v, got := range a.Marginals {
			if (v == 4 || v == 1) == (got == nil) {
				t.Errorf("%s: got %v of variable %d", m.Name, got, v)
			}
		}
		if none, err := m.Marginals(t.Context(), p, nil, Config{Sweeps: 60, Samples: 100}); err != nil || math.IsNaN(none.LogZ) != (m.Worth == None) {
			t.Errorf("%s: no targets: %v", m.Name, err)
		}
	}
}

func TestJointsAndBestStatesAreThoseOfEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 50 {
		p := problem(t, random(t, r, 5), pgm.Evidence{0: 1}, nil)
		truth, err := exact.Enumerate(p.Graph, p.Evidence)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range Methods() {
			if m.Best != nil {
				b, err := m.Best(t.Context(), p, p.Free(), Config{Schedule: "residual"})
				if err != nil || !slices.Equal(b.States, truth.Best) {
					t.Errorf("%s: got %v, %v, want %v", m.Name, b, err, truth.Best)
				}
			}
			if m.Joint != nil {
				j, err := m.Joint(t.Context(), p, []int{3, 2}, Config{})
				if err != nil {
					t.Fatal(err)
				}
				tk.Close(t, m.Name+": ln Z", j.LogZ, truth.LogZ, 1e-12)
				for s, want := range truth.Marginals[3] {
					sum, k := 0., j.Joint.Card[1]
					for _, x := range j.Joint.Log[s*k : (s+1)*k] {
						sum += math.Exp(x)
					}
					tk.Close(t, m.Name, sum, want, 1e-12)
				}
			}
		}
	}
}

// P(y | do(x)) of a chain's child is the table's row, and what lies above x does not move.
func TestWhatIsSetLosesItsParents(t *testing.T) {
	n := random(t, rand.New(rand.NewPCG(4, 1)), 5)
	child := 4
	x := n.Parents[child][0]
	p := problem(t, n, nil, pgm.Evidence{x: 1})
	before, err := exact.Enumerate(n.Graph(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Lookup("jt")
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Marginals(t.Context(), p, p.Free(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	k := len(n.Vars[child].States)
	for s := range k {
		tk.Close(t, "child", a.Marginals[child][s], math.Exp(n.Tables[child].Log[k+s]), 1e-14)
	}
	if x > 0 {
		for s, want := range before.Marginals[0] {
			tk.Close(t, "root", a.Marginals[0][s], want, 1e-14)
		}
	}
	tk.Close(t, "ln P", a.LogZ, 0, 1e-14)
	if _, err := Given(n, pgm.Evidence{1: 0}, pgm.Evidence{1: 0}); err == nil {
		t.Error("a variable that is seen and set: got no error")
	}
	if _, err := Given(n, nil, pgm.Evidence{77: 0}); err == nil {
		t.Error("a variable that is not there: got no error")
	}
}

func TestErrorsOfTheEnginesComeThrough(t *testing.T) {
	n := random(t, rand.New(rand.NewPCG(5, 1)), 6)
	ended, end := context.WithCancel(t.Context())
	end()
	for _, m := range Methods() {
		if m.Marginals == nil {
			continue
		}
		if _, err := m.Marginals(t.Context(), problem(t, n, pgm.Evidence{0: 9}, nil), nil, Config{}); err == nil {
			t.Errorf("%s: a state that is not there: got no error", m.Name)
		}
		p := problem(t, n, nil, nil)
		if a, err := m.Marginals(ended, p, p.Free(), Config{Samples: 100}); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, %v, want what a context that ended is", m.Name, a, err)
		}
	}
	for _, name := range []string{"jt", "ve"} {
		m, _ := Lookup(name)
		var large *exact.TooLarge
		p := problem(t, n, nil, nil)
		if _, err := m.Marginals(t.Context(), p, p.Free(), Config{Memory: 8}); !errors.As(err, &large) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
		if _, err := m.Best(t.Context(), p, []int{77}, Config{}); err == nil {
			t.Errorf("%s: a variable that is not there: got no error", name)
		}
		if _, err := m.Joint(t.Context(), p, []int{1, 1}, Config{}); err == nil {
			t.Errorf("%s: a variable twice: got no error", name)
		}
	}
}

// A loop of strong and opposed couplings: messages go round without end.
func TestMessagesThatStillMoveAreSaidTo(t *testing.T) {
	n := random(t, rand.New(rand.NewPCG(6, 1)), 6)
	m, err := Lookup("bp")
	if err != nil {
		t.Fatal(err)
	}
	p := problem(t, n, pgm.Evidence{5: 1}, nil)
	a, err := m.Marginals(t.Context(), p, p.Free(), Config{Sweeps: 1})
	if err != nil || !a.Moving || a.Sweeps != 1 {
		t.Errorf("after one sweep: got %+v, %v, want it to say that messages move", a, err)
	}
	if a, err = m.Marginals(t.Context(), p, p.Free(), Config{}); err != nil || a.Moving {
		t.Errorf("after many: got %+v, %v", a, err)
	}
	if _, err = m.Marginals(t.Context(), p, nil, Config{Damping: 1}); err == nil {
		t.Error("damping of 1: got no error")
	}
}

func TestMethodsAreListedOnceAndCatalogued(t *testing.T) {
	names := Names(all)
	if !slices.Contains(names, "jt") || !slices.Contains(names, "bp") || names[0] != "enumerate" {
		t.Errorf("got %v, want exact methods first", names)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			t.Errorf("%s comes twice", name)
		}
		m, err := Lookup(name)
		if err != nil || m.Name != name || m.Marginals == nil && m.Best == nil && m.Joint == nil {
			t.Errorf("%s: got %+v, %v", name, m, err)
		}
		e, ok := catalog.Lookup(catalog.Graphical, name)
		if !ok || !strings.Contains(e.Command, "elbo query") && m.Marginals != nil {
			t.Errorf("%s: got %+v, want it in the catalogue", name, e)
		}
		for _, file := range strings.Split(m.Test, ", ") {
			if _, err := os.Stat(filepath.Join("..", "..", file)); m.Test != "" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := Lookup("guess"); err == nil || !strings.Contains(err.Error(), "jt") {
		t.Errorf("got %v, want the names there are", err)
	}
}
