package pgm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
