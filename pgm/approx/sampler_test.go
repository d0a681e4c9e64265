package approx

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// anyGraph has up to 6 variables of 1 to 3 states under up to 7 factors over up to 3 of them.
func anyGraph(t testing.TB, r *rand.Rand, zeros bool) *pgm.Graph {
	t.Helper()
	n := 1 + r.IntN(6)
	vars := make([]pgm.Variable, n)
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint(i), 1+r.IntN(3))
	}
	var factors []*pgm.Factor
	for range r.IntN(8) {
		scope, size, card := r.Perm(n)[:1+r.IntN(min(n, 3))], 1, []int{}
		for _, v := range scope {
			card = append(card, len(vars[v].States))
			size *= len(vars[v].States)
		}
		values := make([]float64, size)
		for i := range values {
			if values[i] = math.Exp(.7 * r.NormFloat64()); zeros && r.IntN(5) == 0 {
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

// anyNetwork has up to 7 variables of 1 to 3 states with up to 3 parents each; where zeros
// are wanted, one entry in five is 0.
func anyNetwork(t testing.TB, r *rand.Rand, zeros bool) *pgm.Network {
	t.Helper()
	n := 1 + r.IntN(7)
	vars, parents, rows := make([]pgm.Variable, n), make([][]int, n), make([][]float64, n)
	for i := range vars {
		k, count := 1+r.IntN(3), 1
		vars[i] = pgm.Numbered(fmt.Sprint(i), k)
		for _, p := range r.Perm(i)[:min(i, r.IntN(4))] {
			parents[i] = append(parents[i], p)
			count *= len(vars[p].States)
		}
		for range count {
			row, sum := make([]float64, k), 0.
			for s := range row {
				if row[s] = .1 + r.Float64(); zeros && s > 0 && r.IntN(5) == 0 {
					row[s] = 0
				}
				sum += row[s]
			}
			for s := range row {
				row[s] /= sum
			}
			rows[i] = append(rows[i], row...)
		}
	}
	net, err := pgm.NewNetwork(vars, parents, rows)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func anyEvidence(r *rand.Rand, g *pgm.Graph) pgm.Evidence {
	e := pgm.Evidence{}
	for _, v := range r.Perm(len(g.Vars))[:r.IntN(min(3, len(g.Vars)+1))] {
		e[v] = r.IntN(len(g.Vars[v].States))
	}
	return e
}

// errorsOf are the errors of a result in its own standard errors.
type errorsOf struct {
	marginals, logZ []float64
}

func (z *errorsOf) add(t testing.TB, got *Result, want *exact.Table) {
	t.Helper()
	for v, m := range want.Marginals {
		sum := 0.
		for s, p := range m {
			sum += got.Marginals[v][s]
			d, se := got.Marginals[v][s]-p, got.StdErr[v][s]
			if math.Abs(d) < 1e-9 {
				continue // exact: certain, or drawn from its own distribution at every sweep
			}
			z.marginals = append(z.marginals, d/se)
		}
		tk.Close(t, "sum of a marginal", sum, 1, 1e-9)
	}
	if d := got.LogZ - want.LogZ; math.Abs(d) > 1e-9 {
		z.logZ = append(z.logZ, d/got.LogZErr)
	}
}

// check holds the errors to a limit and to the 5 % of a normal distribution beyond 1.96.
func (z *errorsOf) check(t testing.TB, limit float64) {
	t.Helper()
	for name, xs := range map[string][]float64{"marginals": z.marginals, "ln Z": z.logZ} {
		if len(xs) == 0 {
			continue
		}
		worst, beyond := 0., 0.
		for _, x := range xs {
			worst = max(worst, math.Abs(x))
			if !(math.Abs(x) <= 1.96) {
				beyond += 1 / float64(len(xs))
			}
		}
		t.Logf("%s: %d, the largest error %.2f standard errors, %.3f beyond 1.96", name, len(xs), worst, beyond)
		if !(worst <= limit) || beyond > .09 || beyond < .02 {
			t.Errorf("%s: got an error of %.2f standard errors and %.3f beyond 1.96, want at most %v and about .05", name, worst, beyond, limit)
		}
	}
}

func TestGibbsHasTheMarginalsOfRandomModels(t *testing.T) {
	r, z, impossible := rand.New(rand.NewPCG(1, 22)), &errorsOf{}, 0
	for i := range 1000 {
		g := anyGraph(t, r, i%2 == 0)
		e := anyEvidence(r, g)
		c := Config{Sweeps: 400, Burn: 50, Chains: 4, Seed: uint64(i)}
		got, err := Gibbs(t.Context(), g, e, c)
		want, no := exact.Enumerate(g, e)
		if no != nil {
			if impossible++; !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("model %d: got %v, want that it is impossible", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got.LogZ = want.LogZ
		z.add(t, got, want)
	}
	z.check(t, 6)
	t.Logf("%d impossible", impossible)
}

func TestWeightingHasTheMarginalsOfRandomNetworks(t *testing.T) {
	r, z, impossible := rand.New(rand.NewPCG(2, 22)), &errorsOf{}, 0
	for i := range 1000 {
		n := anyNetwork(t, r, i%2 == 0)
		g := n.Graph()
		e := anyEvidence(r, g)
		got, err := Weighting(t.Context(), g, e, Config{Draws: 2000, Seed: uint64(i)})
		want, no := exact.Enumerate(g, e)
		if no != nil {
			if impossible++; !errors.Is(err, ErrNoWeight) {
				t.Errorf("network %d: got %v, want that nothing agrees", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		z.add(t, got, want)
	}
	z.check(t, 6)
	t.Logf("%d impossible", impossible)
}

func TestAnnealingHasTheNormaliserOfRandomModels(t *testing.T) {
	r, z, impossible := rand.New(rand.NewPCG(3, 22)), &errorsOf{}, 0
	for i := range 1000 {
		g := anyGraph(t, r, i%2 == 0)
		e := anyEvidence(r, g)
		got, err := Anneal(t.Context(), g, e, Config{Sweeps: 10, Draws: 400, Seed: uint64(i)})
		want, no := exact.Enumerate(g, e)
		if no != nil {
			if impossible++; !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("model %d: got %v, want that it is impossible", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		z.add(t, got, want)
	}
	z.check(t, 6)
	t.Logf("%d impossible", impossible)
}

// A seed says everything, however many processors there are; another seed says something else.
func TestSamplersAreTheSameBySeed(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 22))
	g := anyNetwork(t, r, false).Graph()
	for len(g.Vars) < 4 {
		g = anyNetwork(t, r, false).Graph()
	}
	for _, m := range Methods() {
		if !m.Random {
			continue
		}
		c := Config{Sweeps: 20, Chains: 3, Draws: 700, Seed: 7}
		a, err := m.Run(t.Context(), g, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Run(t.Context(), g, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a.Marginals, b.Marginals) || a.LogZ != b.LogZ && !math.IsNaN(a.LogZ) {
			t.Errorf("%s: got other results by the same seed", m.Name)
		}
		c.Seed++
		if b, err = m.Run(t.Context(), g, nil, c); err != nil || reflect.DeepEqual(a.Marginals, b.Marginals) {
			t.Errorf("%s: got the same results by another seed, and %v", m.Name, err)
		}
	}
}
