package pgm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// randomNetwork has five variables in a random order of parents before children.
func randomNetwork(t *testing.T, r *rand.Rand) *Network {
	t.Helper()
	const n = 5
	order, vars, parents, rows := r.Perm(n), make([]Variable, n), make([][]int, n), make([][]float64, n)
	for i := range vars {
		vars[i] = Numbered(fmt.Sprint(i), 1+r.IntN(3))
	}
	for k, i := range order {
		count := 1
		for _, at := range r.Perm(k)[:r.IntN(k+1)] {
			parents[i] = append(parents[i], order[at])
			count *= len(vars[order[at]].States)
		}
		for range count {
			row, sum := make([]float64, len(vars[i].States)), 0.
			for s := range row {
				row[s] = r.Float64()
				sum += row[s]
			}
			for s := range row {
				row[s] /= sum
			}
			rows[i] = append(rows[i], row...)
		}
	}
	net, err := NewNetwork(vars, parents, rows)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestAnOrderPutsParentsFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for range 200 {
		n := randomNetwork(t, r)
		order, err := n.Order()
		if err != nil || len(order) != len(n.Vars) {
			t.Fatalf("got %d and %v", order, err)
		}
		for at, v := range order {
			for _, p := range n.Parents[v] {
				if !slices.Contains(order[:at], p) {
					t.Errorf("got %d before its parent %d", v, p)
				}
			}
		}
		for p, children := range n.Children() {
			for v := range n.Vars {
				if slices.Contains(n.Parents[v], p) != slices.Contains(children, v) {
					t.Errorf("got children %d of %d", children, p)
				}
			}
		}
	}
}

// p(x | do(s)) = Π of the tables of the variables that are not set, where x agrees with s, and
// 0 elsewhere (the truncated product, Pearl 2009, eq. 3.10).
func TestAnInterventionIsTheTruncatedProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	for range 200 {
		n, set := randomNetwork(t, r), Evidence{}
		for _, v := range subset(r, 5) {
			set[v] = r.IntN(len(n.Vars[v].States))
		}
		m, err := n.Do(set)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		each(n.Graph().Card(), func(x []int) {
			want := 0.
			for v, f := range n.Tables {
				if s, is := set[v]; !is {
					want += f.At(x)
				} else if s != x[v] {
					want = math.Inf(-1)
				}
			}
			tk.Close(t, "ln p", m.Graph().LogValue(x), want, 1e-14)
			sum += math.Exp(want)
		})
		tk.Close(t, "sum", sum, 1, 1e-13)
	}
}

// The factors that evidence leaves have the joint of the assignments that agree with it.
func TestAReducedGraphHasTheSameJoint(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for range 200 {
		g, e := randomNetwork(t, r).Graph(), Evidence{}
		for _, v := range subset(r, 5) {
			e[v] = r.IntN(len(g.Vars[v].States))
		}
		factors, constant, err := g.Reduce(e)
		if err != nil {
			t.Fatal(err)
		}
		each(g.Card(), func(x []int) {
			for v, s := range e {
				if x[v] != s {
					return
				}
			}
			got := constant
			for _, f := range factors {
				got += f.At(x)
			}
			tk.Close(t, "ln p", got, g.LogValue(x), 1e-13)
		})
	}
}

// A network is what its graph is made of, and graphs of other kinds are none.
func TestANetworkComesBackFromItsGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for range 200 {
		n := randomNetwork(t, r)
		g := n.Graph()
		g.Factors = slices.Clone(g.Factors)
		r.Shuffle(len(g.Factors), func(i, j int) { g.Factors[i], g.Factors[j] = g.Factors[j], g.Factors[i] })
		m, err := g.Network()
		if err != nil {
			t.Fatal(err)
		}
		for v := range n.Vars {
			if !slices.Equal(m.Parents[v], n.Parents[v]) || m.Tables[v] != n.Tables[v] {
				t.Errorf("got parents %d of %d, want %d", m.Parents[v], v, n.Parents[v])
			}
		}
	}
	two := []Variable{Numbered("a", 2), Numbered("b", 2)}
	half := []float64{.5, .5}
	a, b, ba, ab := random(t, r, []int{2, 2}, 0), random(t, r, []int{2, 2}, 1), random(t, r, []int{2, 2}, 1, 0), random(t, r, []int{2, 2}, 0, 1)
	even, err := NewFactor([]int{0}, []int{2}, half)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		for _, f := range []*Factor{ab, ba} {
			z := math.Log(math.Exp(f.Log[2*i]) + math.Exp(f.Log[2*i+1]))
			f.Log[2*i] -= z
			f.Log[2*i+1] -= z
		}
	}
	for name, factors := range map[string][]*Factor{"too few": {even}, "twice": {even, even}, "rows": {a, b}, "cycle": {ab, ba}, "none": {{Log: []float64{0}}}} {
		if _, err := (&Graph{Vars: two, Factors: factors}).Network(); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: got %v, want an error", name, err)
		}
	}
}
