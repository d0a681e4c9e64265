package approx

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/discrete"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// scramble gives random messages and powers.
func scramble(t *testing.T, r *rand.Rand, m *messages) {
	t.Helper()
	for f := range m.m {
		m.rho[f] = .5 + r.Float64()
		for _, to := range m.m[f] {
			for s := range to {
				to[s] = r.NormFloat64()
			}
		}
	}
	if err := m.powers(); err != nil {
		t.Fatal(err)
	}
	for v := range m.sum {
		m.refresh(v)
	}
}

// A message by its formula: a sum, or a maximum, over all assignments of the factor.
func TestAMessageIsItsFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 26))
	for range 300 {
		g := anyGraph(t, r, false)
		m, err := newMessages(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.max = r.IntN(2) == 0
		scramble(t, r, m)
		for f, phi := range m.factors {
			m.gather(f)
			for slot, v := range phi.Vars {
				want, states := make([]float64, m.card[v]), make([]int, len(phi.Vars))
				for s := range want {
					want[s] = math.Inf(-1)
				}
				for _, x := range phi.Log {
					x /= m.rho[f]
					for j, u := range phi.Vars {
						if j != slot {
							x += m.others(f, u, states[j]) + (m.rho[f]-1)*m.m[f][j][states[j]]
						}
					}
					if old := want[states[slot]]; m.max {
						want[states[slot]] = max(old, x)
					} else {
						want[states[slot]] = math.Log(math.Exp(old) + math.Exp(x))
					}
					next(states, phi.Card)
				}
				top := discrete.Largest(want)
				got, err := m.compute(f, slot)
				if err != nil {
					t.Fatal(err)
				}
				for s := range want {
					tk.Close(t, "message", got[s], want[s]-top, 1e-12)
				}
			}
		}
	}
}

// The sums that follow every commit are those added up anew.
func TestSumsFollowTheMessages(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 26))
	for range 100 {
		m, err := newMessages(anyGraph(t, r, false), nil)
		if err != nil {
			t.Fatal(err)
		}
		scramble(t, r, m)
		for range 20 {
			if len(m.factors) == 0 {
				break
			}
			f := r.IntN(len(m.factors))
			slot := r.IntN(len(m.m[f]))
			old, to := slices.Clone(m.m[f][slot]), make([]float64, len(m.m[f][slot]))
			for s := range to {
				if to[s] = r.NormFloat64(); r.IntN(9) == 0 {
					to[s] = math.Inf(-1)
				}
			}
			damping := .5 * float64(r.IntN(2))
			change := m.commit(f, slot, to, damping)
			want := 0.
			for s, x := range m.m[f][slot] {
				if to[s] != old[s] {
					want = max(want, math.Abs(x-old[s]))
				}
				if !math.IsInf(to[s], -1) && !math.IsInf(old[s], -1) {
					tk.Close(t, "damped", x, damping*old[s]+(1-damping)*to[s], 1e-15)
				}
			}
			if !math.IsNaN(want) {
				tk.Close(t, "change", change, want, 1e-15)
			}
			v := m.factors[f].Vars[slot]
			got := slices.Clone(m.sum[v])
			m.refresh(v)
			for s, x := range m.sum[v] {
				tk.Close(t, "sum", got[s], x, 1e-12)
			}
		}
	}
}

// Hard constraints that contradict each other along a path are found out, whatever the
// schedule, and by every method that passes messages.
func TestContradictionsAreImpossible(t *testing.T) {
	const no = math.MinInt
	equal, differ := []float64{1, no, no, 1}, []float64{no, 1, 1, no}
	g := graph(t, 3, table(t, []int{0}, 0, no), table(t, []int{0, 1}, equal...), table(t, []int{1, 2}, differ...), table(t, []int{2}, 1, no))
	for s, name := range Schedules() {
		c := Default()
		c.Schedule = Schedule(s)
		if _, err := Belief(t.Context(), g, nil, c); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("%s: got %v, want that it is impossible", name, err)
		}
		if _, err := Reweighted(t.Context(), g, nil, c); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("%s, reweighted: got %v, want that it is impossible", name, err)
		}
	}
	if _, err := Belief(t.Context(), graph(t, 1, table(t, []int{0}, no, no)), nil, Default()); !errors.Is(err, pgm.ErrImpossible) {
		t.Errorf("got %v of a factor of zeros", err)
	}
	for _, run := range []Run{Belief, MeanField, Gibbs, Anneal} {
		one := graph(t, 2, table(t, []int{0}, 0, no))
		if _, err := run(t.Context(), one, pgm.Evidence{0: 1}, Default()); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("got %v of evidence of probability 0", err)
		}
	}
}

// States that a factor rules out itself: messages with zeros under powers are no numbers that
// are none.
func TestZerosUnderPowersAreExactOnTrees(t *testing.T) {
	r, possible := rand.New(rand.NewPCG(3, 26)), 0
	for range 300 {
		n := 2 + r.IntN(5)
		var factors []*pgm.Factor
		for v := 1; v < n; v++ {
			x := make([]float64, 4)
			for i := range x {
				if x[i] = r.NormFloat64(); r.IntN(3) == 0 {
					x[i] = math.MinInt
				}
			}
			factors = append(factors, table(t, []int{r.IntN(v), v}, x...))
		}
		g := graph(t, n, factors...)
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			continue
		}
		possible++
		m, err := newMessages(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.run(t.Context(), Default()); err != nil {
			t.Fatal(err)
		}
		r1 := m.result(Record{})
		same(t, "belief", r1, want, 1e-12)
		got, err := Reweighted(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		same(t, "reweighted", got, want, 1e-12)
	}
	if possible < 100 {
		t.Errorf("got %d of 300 that are possible, want more", possible)
	}
}

// A hub of many leaves costs messages, not their square: each has its closed form.
func TestAHubOfManyLeaves(t *testing.T) {
	const leaves, j = 3000, .02
	factors := []*pgm.Factor{table(t, []int{0}, 0, .5)}
	for v := 1; v <= leaves; v++ {
		factors = append(factors, table(t, []int{0, v}, j, -j, -j, j), table(t, []int{v}, -.01, .01))
	}
	got, err := Belief(t.Context(), graph(t, leaves+1, factors...), nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	up, down := leaves*math.Log(2*math.Cosh(j+.01))+.5, leaves*math.Log(2*math.Cosh(j-.01))
	tk.Close(t, "ln Z", got.LogZ, up+math.Log1p(math.Exp(down-up)), 1e-12)
	tk.Close(t, "hub", got.Marginals[0][0], 1/(1+math.Exp(up-down)), 1e-10)
	if got.Messages > 5*3*leaves {
		t.Errorf("got %d messages, want few sweeps", got.Messages)
	}
}

func TestNextCountsThroughAllStates(t *testing.T) {
	states, card, count := make([]int, 3), []int{2, 1, 3}, 1
	for !next(states, card) {
		if count++; states[2] != (count-1)%3 || states[0] != (count-1)/3 {
			t.Errorf("got %d as number %d", states, count)
		}
	}
	if count != 6 || !slices.Equal(states, []int{0, 0, 0}) {
		t.Errorf("got %d and %d, want 6 and the first again", count, states)
	}
	x := []float64{math.Inf(-1), math.Inf(-1)}
	if z := discrete.Softmax(x); !math.IsInf(z, -1) || !math.IsInf(x[0], -1) {
		t.Errorf("got %v and %v of zeros", z, x)
	}
}
