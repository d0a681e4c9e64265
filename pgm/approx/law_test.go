package approx

import (
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/exact"
)

// tree is a factor tree: each factor takes one variable that is there and up to two new ones,
// of one to four states. One entry in six is 0 where zeros are wanted.
func tree(t *testing.T, r *rand.Rand, zeros bool) *pgm.Graph {
	t.Helper()
	vars := []pgm.Variable{pgm.Numbered("0", 2)}
	var factors []*pgm.Factor
	for range 1 + r.IntN(5) {
		scope := []int{r.IntN(len(vars))}
		for range r.IntN(3) {
			scope = append(scope, len(vars))
			vars = append(vars, pgm.Numbered(fmt.Sprint(len(vars)), 1+r.IntN(4)))
		}
		r.Shuffle(len(scope), func(i, j int) { scope[i], scope[j] = scope[j], scope[i] })
		size, card := 1, []int{}
		for _, v := range scope {
			card = append(card, len(vars[v].States))
			size *= len(vars[v].States)
		}
		values := make([]float64, size)
		for i := range values {
			if values[i] = math.Exp(2 * r.NormFloat64()); zeros && i > 0 && r.IntN(6) == 0 {
				values[i] = 0
			}
		}
		f, err := pgm.NewFactor(scope, card, values)
		if err != nil {
			t.Fatal(err)
		}
		factors = append(factors, f)
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBeliefsAreExactOnTreesOfLargerFactorsWithZeros(t *testing.T) {
	r, possible := rand.New(rand.NewPCG(4, 21)), 0
	for range 200 {
		g := tree(t, r, true)
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			continue // the zeros left nothing
		}
		possible++
		got, err := Belief(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "ln Z", got.LogZ, want.LogZ, 1e-12)
		for v, m := range want.Marginals {
			for s, p := range m {
				tk.Close(t, "marginal", got.Marginals[v][s], p, 1e-12)
			}
		}
	}
	if possible < 100 {
		t.Errorf("got %d of 200 that are possible, want most", possible)
	}
}

// Earthquake and Cancer are networks whose factor graphs are trees.
func TestBeliefsAreExactOnPolytrees(t *testing.T) {
	for _, name := range []string{"earthquake", "cancer"} {
		f, err := os.Open(filepath.Join(tk.DataDir(t), "bif", name+".bif.gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		n, err := bif.Read(z)
		if err != nil {
			t.Fatal(err)
		}
		for v := range n.Vars {
			e := pgm.Evidence{v: 0}
			want, err := exact.NewTree(n.Graph(), e, exact.Config{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Belief(t.Context(), n.Graph(), e, Default())
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, "ln P(evidence)", got.LogZ, want.LogZ, 1e-12)
			for u, m := range want.Marginals {
				tk.Close(t, n.Vars[u].Name, got.Marginals[u][0], m[0], 1e-12)
			}
		}
	}
}

// L(q) by going through all assignments, at q of no particular kind.
func TestTheBoundIsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 21))
	for range 100 {
		g := tree(t, r, false)
		m, err := newProblem(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		q := m.uniform()
		for _, p := range q {
			sum := 0.
			for s := range p {
				p[s] = r.Float64()
				sum += p[s]
			}
			for s := range p {
				p[s] /= sum
			}
		}
		want, x := 0., make([]int, len(q))
		for done := false; !done; {
			p := 1.
			for v, s := range x {
				p *= q[v][s]
			}
			want += p * (g.LogValue(x) - math.Log(p))
			done = true
			for v := range x {
				if x[v]++; x[v] < len(q[v]) {
					done = false
					break
				}
				x[v] = 0
			}
		}
		tk.Close(t, "L(q)", m.elbo(q), want, 1e-11)
		before := m.elbo(q)
		m.ascend(q)
		if after := m.elbo(q); after < before-1e-12*math.Abs(before) {
			t.Errorf("got %v after %v, want no less", after, before)
		}
	}
}

// Without factors between variables all three are exact.
func TestIndependentVariablesAreExactForAll(t *testing.T) {
	g := graph(t, 3, table(t, []int{0}, 1, 2), table(t, []int{2}, -3, .5), table(t, []int{2}, 1, 1))
	want := math.Log(math.E+math.Exp(2)) + math.Ln2 + math.Log(math.Exp(-2)+math.Exp(1.5))
	for _, m := range methods {
		got, err := m.run(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, m.name+": ln Z", got.LogZ, want, 1e-14)
		tk.Close(t, m.name+": marginal", got.Marginals[0][1], 1/(1+math.Exp(-1)), 1e-14)
		tk.Close(t, m.name+": marginal", got.Marginals[1][1], .5, 1e-14)
	}
}

// A ring of n spins without a field has Z = (2 cosh J)ⁿ + (2 sinh J)ⁿ, of which Bethe has the
// first term: its beliefs are those of the infinite chain.
func TestARingHasTheFirstTermOfItsPartitionFunction(t *testing.T) {
	const n, j = 6, .7
	var factors []*pgm.Factor
	for v := range n {
		factors = append(factors, table(t, []int{v, (v + 1) % n}, j, -j, -j, j))
	}
	g := graph(t, n, factors...)
	bethe, err := Belief(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "Bethe's ln Z", bethe.LogZ, n*math.Log(2*math.Cosh(j)), 1e-13)
	z := math.Log(math.Pow(2*math.Cosh(j), n) + math.Pow(2*math.Sinh(j), n))
	want, err := exact.Enumerate(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "exact ln Z", want.LogZ, z, 1e-13)
	above, err := Reweighted(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	if above.LogZ < z {
		t.Errorf("got %v, want at least %v", above.LogZ, z)
	}
}
