package exact

import (
	"bufio"
	"math"
	"strconv"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
)

func network(t testing.TB, name string) *pgm.Network {
	t.Helper()
	n, err := bif.Read(tk.DataFile(t, "bif", name+".bif.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func must[T any](t testing.TB, x T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func observe(t testing.TB, n *pgm.Network, seen map[string]string) pgm.Evidence {
	t.Helper()
	e, err := pgm.Observe(n.Vars, seen)
	return must(t, e, err)
}

// named finds variables by name.
func named(t testing.TB, n *pgm.Network, names ...string) (out []int) {
	t.Helper()
	for _, name := range names {
		i := -1
		for k, v := range n.Vars {
			if v.Name == name {
				i = k
			}
		}
		if i < 0 {
			t.Fatalf("no variable %s", name)
		}
		out = append(out, i)
	}
	return out
}

// The values of Asia (Lauritzen & Spiegelhalter 1988), to the digits printed.
func TestAsiaHasItsExactValues(t *testing.T) {
	n := network(t, "asia")
	for _, c := range []struct {
		seen map[string]string
		want map[string]float64
		tol  float64
	}{
		{nil, map[string]float64{"tub": .0104, "lung": .055, "bronc": .45, "either": .064828, "xray": .11029004, "dysp": .4359706}, 1e-14},
		{map[string]string{"xray": "yes", "dysp": "yes"}, map[string]float64{"tub": .1139333, "lung": .6212528, "bronc": .6818685, "smoke": .7856104}, 5e-8},
	} {
		e := observe(t, n, c.seen)
		tree, err := NewTree(n.Graph(), e, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if len(e) > 0 {
			tk.Close(t, "P(xray, dysp)", math.Exp(tree.LogZ), .0706701044, 5e-11)
		}
		for name, want := range c.want {
			v := named(t, n, name)
			tk.Close(t, name+" by the tree", tree.Marginals[v[0]][0], want, c.tol)
			r, err := Eliminate(n.Graph(), e, v, Config{})
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, name+" by elimination", math.Exp(r.Joint.Log[0]), want, c.tol)
			tk.Close(t, "ln P by elimination", r.LogZ, tree.LogZ, 1e-12)
		}
	}
}

// stored is one query of an .exact file.
type stored struct {
	logP      float64
	seen      map[string]string
	marginals []mass
}

type mass struct {
	v, s string
	p    float64
}

func queries(t testing.TB, name string) (all []stored) {
	t.Helper()
	lines := bufio.NewScanner(tk.DataFile(t, "bif", name+".exact.txt.gz"))
	number := func(s string) float64 {
		x, err := strconv.ParseFloat(s, 64)
		return must(t, x, err)
	}
	for lines.Scan() {
		w := strings.Fields(lines.Text())
		switch q := len(all) - 1; w[0] {
		case "query":
			all = append(all, stored{logP: number(w[2]), seen: map[string]string{}})
		case "evidence":
			all[q].seen[w[1]] = w[2]
		case "marginal":
			all[q].marginals = append(all[q].marginals, mass{w[1], w[2], number(w[3])})
		}
	}
	return all
}

// The values were computed by a program of their own and print 12 digits; the bar is 1e-8.
func TestEveryStoredMarginalOfTheNetworks(t *testing.T) {
	worst, count := 0., 0
	for _, name := range []string{"asia", "cancer", "earthquake", "survey", "sachs", "alarm"} {
		n := network(t, name)
		g := n.Graph()
		for _, q := range queries(t, name) {
			e := observe(t, n, q.seen)
			tree, err := NewTree(g, e, Config{})
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, name+": ln P(evidence)", tree.LogZ, q.logP, 1e-8)
			for _, m := range q.marginals {
				v := named(t, n, m.v)[0]
				got := tree.Marginals[v][n.Vars[v].State(m.s)]
				tk.Close(t, name+": "+m.v+" "+m.s, got, m.p, 1e-8)
				worst, count = max(worst, math.Abs(got-m.p)), count+1
			}
		}
	}
	t.Logf("marginals %d, worst error %.2g", count, worst)
}
