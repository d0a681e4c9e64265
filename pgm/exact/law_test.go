package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// posed is a random model with evidence that is possible, and its tree.
func posed(t *testing.T, r *rand.Rand) (*pgm.Graph, pgm.Evidence, *Tree) {
	t.Helper()
	for {
		g := randomNetwork(t, r, 3+r.IntN(8), 3).Graph()
		e := randomEvidence(r, g, r.IntN(3))
		if tree, err := NewTree(g, e, Config{}); err == nil {
			return g, e, tree
		}
	}
}

// P(x | e) = Σ_s P(x | y = s, e) P(y = s | e).
func TestMarginalsObeyTheLawOfTotalProbability(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 1))
	for range 100 {
		g, e, tree := posed(t, r)
		y := r.IntN(len(g.Vars))
		if _, seen := e[y]; seen {
			continue
		}
		sums := make([][]float64, len(g.Vars))
		for v, m := range tree.Marginals {
			sums[v] = make([]float64, len(m))
		}
		for s, p := range tree.Marginals[y] {
			if p == 0 {
				continue
			}
			more := pgm.Evidence{y: s}
			for v, at := range e {
				more[v] = at
			}
			given, err := NewTree(g, more, Config{})
			must(t, given, err)
			tk.Close(t, "ln P(y, e)", given.LogZ, tree.LogZ+math.Log(p), 1e-11)
			for v, m := range given.Marginals {
				for k, q := range m {
					sums[v][k] += p * q
				}
			}
		}
		for v, m := range tree.Marginals {
			for k, want := range m {
				tk.Close(t, "total probability", sums[v][k], want, 1e-12)
			}
		}
	}
}

// The order in which variables are numbered, and the factor that a constant stands in, say nothing.
func TestNumbersOfVariablesAndConstantsSayNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(62, 1))
	for range 100 {
		g, e, tree := posed(t, r)
		to := r.Perm(len(g.Vars))
		vars, seen := make([]pgm.Variable, len(to)), pgm.Evidence{}
		for v, at := range to {
			vars[at] = g.Vars[v]
			if s, ok := e[v]; ok {
				seen[at] = s
			}
		}
		var factors []*pgm.Factor
		shift := 0.
		for _, f := range g.Factors {
			c := r.NormFloat64()
			shift += c
			moved := &pgm.Factor{Card: f.Card, Log: make([]float64, len(f.Log))}
			for _, v := range f.Vars {
				moved.Vars = append(moved.Vars, to[v])
			}
			for k, l := range f.Log {
				moved.Log[k] = l + c
			}
			factors = append(factors, moved)
		}
		other, err := pgm.NewGraph(vars, factors)
		must(t, other, err)
		again, err := NewTree(other, seen, Config{})
		must(t, again, err)
		tk.Close(t, "ln Z", again.LogZ-shift, tree.LogZ, 1e-11)
		for v, m := range tree.Marginals {
			for k, want := range m {
				tk.Close(t, "marginal", again.Marginals[to[v]][k], want, 1e-12)
			}
		}
	}
}

// Of the most probable assignment nothing is left to sum: given it, ln Z is its own value, and no variable
// by itself can be changed for a better one.
func TestTheBestAssignmentIsItsOwnEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(63, 1))
	for range 100 {
		g, e, tree := posed(t, r)
		best, err := MPE(g, e, Config{})
		must(t, best, err)
		all := pgm.Evidence{}
		for v, s := range best.States {
			all[v] = s
		}
		whole, err := NewTree(g, all, Config{})
		must(t, whole, err)
		tk.Close(t, "ln of the best", whole.LogZ, best.LogValue, 1e-12)
		if best.LogValue > tree.LogZ+1e-12*math.Abs(tree.LogZ) {
			t.Errorf("one assignment has %v, all together %v", best.LogValue, tree.LogZ)
		}
		for v := range g.Vars {
			if _, seen := e[v]; seen {
				continue
			}
			states := append([]int(nil), best.States...)
			for s := range g.Vars[v].States {
				if states[v] = s; g.LogValue(states) > best.LogValue+1e-12*math.Abs(best.LogValue) {
					t.Errorf("variable %d at %d is better than the best", v, s)
				}
			}
		}
	}
}
