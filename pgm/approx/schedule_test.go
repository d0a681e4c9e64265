package approx

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// same holds marginals and ln Z to those of enumeration.
func same(t *testing.T, name string, got *Result, want *exact.Table, tol float64) {
	t.Helper()
	tk.Close(t, name+": ln Z", got.LogZ, want.LogZ, tol)
	for v, m := range want.Marginals {
		for s, p := range m {
			tk.Close(t, name+": marginal", got.Marginals[v][s], p, tol)
		}
	}
}

func TestEveryScheduleIsExactOnRandomTrees(t *testing.T) {
	for schedule, name := range Schedules() {
		r, possible := rand.New(rand.NewPCG(1, 23)), 0
		for range 1000 {
			g := tree(t, r, true)
			c := Default()
			c.Schedule = Schedule(schedule)
			got, err := Belief(t.Context(), g, nil, c)
			want, no := exact.Enumerate(g, nil)
			if no != nil {
				if !errors.Is(err, pgm.ErrImpossible) {
					t.Errorf("%s: got %v, want that it is impossible", name, err)
				}
				continue
			}
			if possible++; err != nil {
				t.Fatal(err)
			}
			same(t, name, got, want, 1e-12)
			if got.Change > c.Tolerance || got.Sweeps > 30 {
				t.Errorf("%s: got %d sweeps and a change of %g", name, got.Sweeps, got.Change)
			}
		}
		if possible < 500 {
			t.Errorf("got %d of 1000 that are possible, want most", possible)
		}
	}
}

// On graphs with loops the schedules go different ways to one place, damped or not.
func TestSchedulesMeetOnLoops(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 23))
	for range 200 {
		g := anyGraph(t, r, false)
		want, err := Belief(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		for schedule, name := range Schedules() {
			c := Default()
			c.Schedule, c.Damping = Schedule(schedule), .3*r.Float64()
			got, err := Belief(t.Context(), g, nil, c)
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, name, got.LogZ, want.LogZ, 1e-9)
			for v, m := range want.Marginals {
				tk.Close(t, name, got.Marginals[v][0], m[0], 1e-9)
			}
		}
	}
}

// A chain whose factors are listed against the way that messages have to go: the residual
// schedule sends about as many messages as there are, flooding as many for each variable.
func TestTheResidualScheduleSendsFewMessagesAlongAChain(t *testing.T) {
	const n = 200
	factors := []*pgm.Factor{table(t, []int{0}, 0, 3)}
	for v := n - 1; v > 0; v-- {
		factors = append(factors, table(t, []int{v - 1, v}, 2, 0, 0, 2))
	}
	g := graph(t, n, factors...)
	sent := map[Schedule]int{}
	for s := range schedules {
		c := Default()
		c.Schedule = Schedule(s)
		got, err := Belief(t.Context(), g, nil, c)
		if err != nil {
			t.Fatal(err)
		}
		sent[c.Schedule] = got.Messages
		// spins of coupling 1 behind one of field 1.5: tanh 1.5 · tanhᵏ 1
		tk.Close(t, c.Schedule.String(), magnetisation(got.Marginals[20]), math.Tanh(1.5)*math.Pow(math.Tanh(1), 20), 1e-11)
	}
	if sent[Residual] > 5*n || sent[Flooding] < 50*n || sent[Serial] < 50*n {
		t.Errorf("got %v messages, want few by residual", sent)
	}
	t.Logf("messages: %v", sent)
}

// Residual passing converges on grids where flooding does not, the finding of Elidan et al.
// 2006: here on 8×8 spins of couplings from ±1.5.
func TestResidualConvergesMoreOften(t *testing.T) {
	r, converged := rand.New(rand.NewPCG(3, 23)), map[Schedule]int{}
	for range 10 {
		const side = 8
		var factors []*pgm.Factor
		for i := range side * side {
			h := r.Float64() - .5
			factors = append(factors, table(t, []int{i}, h, -h))
			for _, next := range []int{i + 1, i + side} {
				if next == i+1 && next%side == 0 || next >= side*side {
					continue
				}
				j := 3 * (r.Float64() - .5)
				factors = append(factors, table(t, []int{i, next}, j, -j, -j, j))
			}
		}
		g := graph(t, side*side, factors...)
		for s := range schedules {
			_, err := Belief(t.Context(), g, nil, Config{Sweeps: 300, Tolerance: 1e-5, Schedule: Schedule(s)})
			if err == nil {
				converged[Schedule(s)]++
			} else if !errors.Is(err, ErrNotConverged) {
				t.Fatal(err)
			}
		}
	}
	t.Logf("converged: %v", converged)
	if converged[Residual] <= converged[Flooding] {
		t.Errorf("got %v, want more by residual than by flooding", converged)
	}
}

// Contractions against sums over all places, in both algebras and over every axis.
func TestContractionsAreTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 23))
	for range 500 {
		card, size := make([]int, 1+r.IntN(4)), 1
		for k := range card {
			card[k] = 1 + r.IntN(4)
			size *= card[k]
		}
		log, in, lin := make([]float64, size), make([][]float64, len(card)), make([][]float64, len(card))
		exp, buf := make([]float64, size), [2][]float64{make([]float64, size), make([]float64, size)}
		for i := range log {
			if log[i] = r.NormFloat64(); r.IntN(6) == 0 {
				log[i] = math.Inf(-1)
			}
			exp[i] = math.Exp(log[i])
		}
		for k, c := range card {
			for range c {
				x := r.NormFloat64()
				in[k], lin[k] = append(in[k], x), append(lin[k], math.Exp(x))
			}
		}
		for k := range card {
			sum, top := make([]float64, card[k]), make([]float64, card[k])
			for s := range top {
				top[s] = math.Inf(-1)
			}
			states := make([]int, len(card))
			for _, x := range log {
				for j, s := range states {
					if j != k {
						x += in[j][s]
					}
				}
				sum[states[k]] += math.Exp(x)
				top[states[k]] = max(top[states[k]], x)
				next(states, card)
			}
			a := slices.Clone(sums.contract(exp, card, lin, k, &buf))
			b := slices.Clone(logs.contract(log, card, in, k, &buf))
			c := slices.Clone(maxima.contract(log, card, in, k, &buf))
			for s := range sum {
				tk.Close(t, "sum", a[s], sum[s], 1e-13)
				tk.Close(t, "sum of logarithms", b[s], math.Log(sum[s]), 1e-13)
				tk.Close(t, "maximum", c[s], top[s], 1e-14)
			}
		}
	}
}

// Tables whose products are below the smallest float64 are as exact as others.
func TestTablesBeyondTheRangeOfNumbersAreExact(t *testing.T) {
	far := func(vars []int, log ...float64) *pgm.Factor {
		f := table(t, vars, make([]float64, len(log))...)
		copy(f.Log, log)
		return f
	}
	g := graph(t, 3, far([]int{0}, 0, -900), far([]int{0, 1}, -2000, -800, -5, -901), far([]int{1, 2}, -700, -1500, 3000, 2999), far([]int{2}, -1e5, -1e5+1))
	want, err := exact.Enumerate(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methods[:2] {
		got, err := m.run(t.Context(), g, nil, Default())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, m.name, got.LogZ, want.LogZ, 1e-15)
		for v, p := range want.Marginals {
			tk.Close(t, m.name, got.Marginals[v][0], p[0], 1e-11)
		}
	}
}

// The heap hands messages out by their size whatever is touched in between.
func TestTheQueueIsInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 23))
	m, err := newMessages(random(t, r, 6, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 5}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := residual(m, Default())
	if err != nil {
		t.Fatal(err)
	}
	last := math.Inf(1)
	for range 50 {
		if last, err = sweep(); err != nil {
			t.Fatal(err)
		}
	}
	if last > Default().Tolerance {
		t.Errorf("got a change of %g to come, want none", last)
	}
	q := &queue{key: []float64{3, 1, 2}, heap: []int{0, 1, 2}, where: []int{0, 1, 2}}
	if q.Swap(0, 2); q.Len() != 3 || q.where[0] != 2 || q.where[2] != 0 || !q.Less(2, 0) || q.Less(1, 0) {
		t.Errorf("got %+v", q)
	}
}

func BenchmarkBelief(b *testing.B) {
	g := ising(b, 50, 50, .3, .1)
	for s, name := range Schedules() {
		b.Run(name, func(b *testing.B) {
			sent := 0
			for b.Loop() {
				r, err := Belief(b.Context(), g, nil, Config{Sweeps: 500, Tolerance: 1e-6, Schedule: Schedule(s)})
				if err != nil {
					b.Fatal(err)
				}
				sent += r.Messages
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sent), "ns/message")
		})
	}
}
