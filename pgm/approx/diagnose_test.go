package approx

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Two spins that hold each other: a chain turns over with a probability that is known, and its
// autocorrelation time with it.
func TestTheWorthOfAChainIsItsAutocorrelationTime(t *testing.T) {
	const j = .9
	g := graph(t, 2, table(t, []int{0, 1}, j, -j, -j, j))
	got, err := Gibbs(t.Context(), g, nil, Config{Sweeps: 40000, Burn: 100, Chains: 4, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	// a sweep multiplies the correlation of a spin by tanh² J: ESS = n (1 − ρ)/(1 + ρ)
	rho := math.Pow(math.Tanh(j), 2)
	want := 160000 * (1 - rho) / (1 + rho)
	for v := range 2 {
		if x := got.ESS[v] / want; x < .8 || x > 1.25 {
			t.Errorf("got an ESS of %.0f, want %.0f within a quarter", got.ESS[v], want)
		}
		if got.RHat[v] > 1.01 {
			t.Errorf("got an R̂ of %v, want 1", got.RHat[v])
		}
	}
	if !math.IsNaN(got.LogZ) || got.Sweeps < 40100 {
		t.Errorf("got ln Z %v and %d sweeps", got.LogZ, got.Sweeps)
	}
}

// Chains that are stuck on sides of their own have an R̂ that says so.
func TestStuckChainsHaveALargeRHat(t *testing.T) {
	const n, j = 24, 12 // more than a block holds
	var factors []*pgm.Factor
	for v := 1; v < n; v++ {
		factors = append(factors, table(t, []int{v - 1, v}, j, -j, -j, j))
	}
	g := graph(t, n, factors...)
	got, err := Gibbs(t.Context(), g, nil, Config{Sweeps: 400, Chains: 8, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(got.RHat[1] > 2) {
		t.Errorf("got R̂ %v, want it far above 1", got.RHat)
	}
	if m := (&monitored{}); rhat([]*monitored{m}, 0, 0) != 1 {
		t.Error("got an R̂ of a chain without sweeps")
	}
	tk.Close(t, "variance of one", variance(1, .25, .0625), .25*.75, 0)
}

// Zeros that no walk by single variables can cross.
func TestVariablesThatZerosTieAreDrawnAtOnce(t *testing.T) {
	const no = math.MinInt
	even := table(t, []int{0, 1, 2}, 1, no, no, 2, no, .5, 1.5, no) // x₀ ⊕ x₁ ⊕ x₂ = 0
	g := graph(t, 4, even, table(t, []int{2, 3}, 1, 0, 0, 1), table(t, []int{0}, 0, .3))
	want, err := exact.Enumerate(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Methods() {
		if !m.Random || m.Directed {
			continue
		}
		got, err := m.Run(t.Context(), g, nil, m.Default)
		if err != nil {
			t.Fatal(err)
		}
		for v, p := range want.Marginals {
			tk.Close(t, m.Name, got.Marginals[v][0], p[0], 5*got.StdErr[v][0])
		}
	}
	p, err := newProblem(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBlocks(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.list) != 2 || len(b.list[0].states) != 4 || !slices.Equal(b.cross, []int{1}) {
		t.Errorf("got blocks %+v and factors %d between them", b.list, b.cross)
	}
}

func TestTooManyVariablesTiedByZerosAreRefused(t *testing.T) {
	var factors []*pgm.Factor
	for v := range 20 {
		factors = append(factors, table(t, []int{v, v + 1}, 1, 1, 1, math.MinInt))
	}
	g := graph(t, 21, factors...)
	for _, run := range []Run{Gibbs, Anneal} {
		if _, err := run(t.Context(), g, nil, Default()); err == nil || !strings.Contains(err.Error(), "65536 ") && !strings.Contains(err.Error(), "above 65536") {
			t.Errorf("got %v, want a refusal", err)
		}
		if _, err := run(t.Context(), g, pgm.Evidence{10: 0}, Config{Sweeps: 4, Chains: 1, Draws: 2}); err != nil {
			t.Errorf("got %v of halves", err)
		}
	}
}

// Without factors between blocks annealing is exact, and a sweep of Gibbs draws independently.
func TestIndependentBlocksAreDrawnExactly(t *testing.T) {
	g := graph(t, 3, table(t, []int{0}, 1, 2), table(t, []int{2}, -3, .5))
	want, err := exact.Enumerate(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Anneal(t.Context(), g, nil, Config{Sweeps: 1, Draws: 50, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z", got.LogZ, want.LogZ, 1e-14)
	tk.Close(t, "its error", got.LogZErr, 0, 1e-14)
	got, err = Gibbs(t.Context(), g, nil, Config{Sweeps: 10, Chains: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	got.LogZ = want.LogZ
	same(t, "gibbs", got, want, 1e-14)
}

// The 4×4 grid: annealing has ln Z within .05, the sampler its magnetisations.
func TestSamplersOnTheIsingGrid(t *testing.T) {
	g := ising(t, 4, 4, .4, .1)
	ais, err := Anneal(t.Context(), g, nil, Config{Sweeps: 300, Draws: 300, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z by annealing", ais.LogZ/13.5571989, 1, .05/13.5571989)
	if math.Abs(ais.LogZ-13.5571989) > 5*ais.LogZErr || ais.LogZErr > .02 {
		t.Errorf("got ln Z %.4f ± %.4f, want 13.5572", ais.LogZ, ais.LogZErr)
	}
	gibbs, err := Gibbs(t.Context(), g, nil, Config{Sweeps: 20000, Burn: 500, Chains: 4, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[int]float64{0: .354819, 1: .433144, 5: .519307} {
		if d := magnetisation(gibbs.Marginals[v]) - want; math.Abs(d) > 5*2*gibbs.StdErr[v][0] || gibbs.StdErr[v][0] > .005 {
			t.Errorf("magnetisation of %d: got %v off, standard error %v", v, d, 2*gibbs.StdErr[v][0])
		}
	}
	t.Logf("ln Z %.4f ± %.4f, ESS %.0f of %d, R̂ %.4f", ais.LogZ, ais.LogZErr, gibbs.ESS[5], 80000, gibbs.RHat[5])
}

// Rows of tables off 1, as files print them, are in the weights: P(evidence) is that of the
// tables as they are.
func TestWeightingTakesRowsAsTheyAre(t *testing.T) {
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}, [][]int{nil, {0}},
		[][]float64{{.39995, .6}, {.9, .1, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Weighting(t.Context(), n.Graph(), nil, Config{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln P()", got.LogZ, math.Log(.99995), 1e-14)
}

func TestSamplersThatMakeNoSenseAreErrors(t *testing.T) {
	g := ising(t, 2, 2, .4, .1)
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}, [][]int{nil, {0}}, [][]float64{{.4, .6}, {1, 0, 1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Weighting(t.Context(), g, nil, Default()); err == nil || !strings.Contains(err.Error(), "network") {
		t.Errorf("got %v of a graph that is no network", err)
	}
	for _, m := range Methods() {
		if !m.Random {
			continue
		}
		for _, c := range []Config{{}, {Sweeps: 10}, {Draws: 1, Sweeps: 1, Chains: 1}, {Draws: -1, Sweeps: 0, Chains: 1}, {Chains: 1, Sweeps: 5, Burn: -1}} {
			if _, err := m.Run(t.Context(), n.Graph(), nil, c); err == nil {
				t.Errorf("%s: %+v: got no error", m.Name, c)
			}
		}
		if _, err := m.Run(t.Context(), n.Graph(), pgm.Evidence{2: 0}, m.Default); err == nil {
			t.Errorf("%s: got no error of evidence on no variable", m.Name)
		}
		_, err := m.Run(t.Context(), n.Graph(), pgm.Evidence{1: 1}, m.Default)
		if !errors.Is(err, pgm.ErrImpossible) && !errors.Is(err, ErrNoWeight) {
			t.Errorf("%s: got %v of impossible evidence", m.Name, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		c, seen := m.Default, 0
		c.Draws = 1 << 17
		c.Progress = func(r Record) {
			if seen++; seen == 2 {
				stop()
			}
		}
		if _, err := m.Run(ctx, n.Graph(), nil, c); !errors.Is(err, context.Canceled) || seen != 2 {
			t.Errorf("%s: got %v after %d records, want that it was stopped", m.Name, err, seen)
		}
	}
}

func TestPartsJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 24))
	p, label := newParts(30), make([]int, 30)
	for i := range label {
		label[i] = i
	}
	for range 40 {
		u, v := r.IntN(30), r.IntN(30)
		from, to := label[u], label[v]
		if got := p.join(u, v); got != (from != to) {
			t.Errorf("got %v of %d and %d", got, u, v)
		}
		for i := range label {
			if label[i] == from {
				label[i] = to
			}
		}
		for i := range label {
			for j := range label {
				if (p.root(i) == p.root(j)) != (label[i] == label[j]) {
					t.Fatalf("got %v, want the parts %v", p, label)
				}
			}
		}
	}
}

func TestMethodsAnswerByTheirDefaults(t *testing.T) {
	names := map[string]bool{}
	n, err := pgm.NewNetwork([]pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}, [][]int{nil, {0}}, [][]float64{{.4, .6}, {.9, .1, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Methods() {
		if names[m.Name] || m.Title == "" {
			t.Errorf("got %q twice, or no title", m.Name)
		}
		names[m.Name] = true
		got, err := m.Run(t.Context(), n.Graph(), pgm.Evidence{1: 1}, m.Default)
		if err != nil {
			t.Fatal(err)
		}
		tol := 1e-9
		if m.Random {
			tol = tol + 5*got.StdErr[0][0]
		}
		tk.Close(t, m.Name, got.Marginals[0][0], .04/.52, tol)
		tk.Close(t, m.Name, got.Marginals[1][1], 1, 0)
		if (m.LogZ == None) != math.IsNaN(got.LogZ) || (got.StdErr != nil) != m.Random {
			t.Errorf("%s: got ln Z %v and errors %v", m.Name, got.LogZ, got.StdErr)
		}
		if m.LogZ != None {
			tk.Close(t, m.Name, got.LogZ, math.Log(.52), 1e-9+5*got.LogZErr)
		}
	}
}
