package message

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// paths visits all paths of T states out of K.
func paths(t, k int, visit func(x []float64)) {
	x := make([]float64, t)
	for {
		visit(x)
		i := t - 1
		for ; i >= 0; i-- {
			if x[i]++; x[i] < float64(k) {
				break
			}
			x[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

func TestPathsAreSummedForwardsAndBackwards(t *testing.T) {
	r := rng.New(131).Rand()
	for range 50 {
		f := PathFamily{T: 1 + r.IntN(5), K: 1 + r.IntN(3)}
		eta := make([]float64, f.Len())
		for i := range eta {
			eta[i] = 2 * r.NormFloat64()
		}
		var logs []float64
		u, want := make([]float64, f.Len()), make([]float64, f.Len())
		paths(f.T, f.K, func(x []float64) {
			if err := f.Stats(u, x); err != nil {
				t.Fatal(err)
			}
			logs = append(logs, dot(eta, u))
		})
		z, i := logSum(logs), 0
		paths(f.T, f.K, func(x []float64) {
			if err := f.Stats(u, x); err != nil {
				t.Fatal(err)
			}
			for k, v := range u {
				want[k] += v * math.Exp(logs[i]-z)
			}
			i++
		})
		a, err := f.Expect(u, eta)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "A", a, z, 1e-12)
		for k := range u {
			tk.Close(t, "statistic", u[k], want[k], 1e-12)
		}
	}
	f := PathFamily{T: 2, K: 2}
	for what, x := range map[string][]float64{"a short path": {1}, "a state outside": {0, 2}, "half a state": {.5, 1}} {
		if err := f.Stats(make([]float64, f.Len()), x); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := f.Expect(nil, []float64{1}); err == nil {
		t.Error("too few parameters: got no error")
	}
	if _, err := f.Expect(nil, []float64{math.NaN(), 0, 0, 0, 0, 0, 0, 0}); err == nil {
		t.Error("parameters of no number: got no error")
	}
}

// sequence is a hidden Markov model of symbols as a program: the path is one variable.
func sequence(seen []float64, states, symbols int) (m *Model, z, first, moves, sights Var) {
	m = New()
	n := len(seen)
	rows, row := expfam.Dirichlet{K: states}, expfam.Dirichlet{K: symbols}
	z = m.Random("path", PathFamily{n, states}, 1)
	first, moves, sights = m.Random("first", rows, 1), m.Random("moves", rows, states), m.Random("sights", row, states)
	m.Add("of first", Prior{Family: rows, Eta: make([]float64, states)}, first)
	m.Add("of moves", Prior{Family: rows, Eta: make([]float64, states)}, moves)
	m.Add("of sights", Prior{Family: row, Eta: make([]float64, symbols)}, sights)
	walk, along := []Var{z, first}, []Var{z, m.Known("seen", expfam.Categorical{K: symbols}, n, seen)}
	for k := range states {
		walk, along = append(walk, moves.At(k)), append(along, sights.At(k))
	}
	m.Add("walk", Walk{n, states}, walk...)
	m.Add("symbols", Along{T: n, Gate: Gate{Of: Categorical{K: symbols}, K: states, Shared: []bool{true, false}}}, along...)
	return m, z, first, moves, sights
}

// counted is ln of the chance of counts under a flat Dirichlet distribution.
func counted(n []float64) float64 {
	sum, log := 0., 0.
	for _, v := range n {
		lg, _ := math.Lgamma(v + 1)
		log += lg
		sum += v + 1
	}
	all, _ := math.Lgamma(float64(len(n)))
	of, _ := math.Lgamma(sum)
	return log + all - of
}

// The exact evidence of a short sequence sums over all paths the chance of their counts.
func TestTheStructuredBoundIsBelowTheEvidence(t *testing.T) {
	r := rng.New(132).Rand()
	for range 10 {
		const n, states, symbols = 6, 2, 3
		seen := make([]float64, n)
		for i := range seen {
			seen[i] = float64(r.IntN(symbols))
		}
		var logs []float64
		paths(n, states, func(x []float64) {
			var first [states]float64
			var moves [states][states]float64
			var sights [states][symbols]float64
			first[int(x[0])]++
			for i, v := range x {
				sights[int(v)][int(seen[i])]++
				if i > 0 {
					moves[int(x[i-1])][int(v)]++
				}
			}
			log := counted(first[:])
			for k := range states {
				log += counted(moves[k][:]) + counted(sights[k][:])
			}
			logs = append(logs, log)
		})
		m, z, _, _, sights := sequence(seen, states, symbols)
		a := ascent(t, m, AscentConfig{})
		start(t, a, sights, 0, []float64{2, 1, 0}) // the symmetric start is a saddle
		trace := climb(t, a)
		if bound := trace[len(trace)-1]; bound > logSum(logs) {
			t.Errorf("bound: got %v above the evidence %v", bound, logSum(logs))
		}
		u, f := a.Moments(z, 0), PathFamily{n, states}
		for step := range n - 1 { // pairs have the states as their margins
			for k := range states {
				tk.Close(t, "margin", u[f.pair(step, k, 0)]+u[f.pair(step, k, 1)], u[f.state(step, k)], 1e-12)
			}
		}
	}
}

// With known shares nothing is lost: the bound of the umbrella world is its likelihood.
func TestAPathWithKnownSharesIsExact(t *testing.T) {
	m := New()
	two := expfam.Dirichlet{K: 2}
	z := m.Random("path", PathFamily{5, 2}, 1)
	moves, sights := m.Known("moves", two, 2, []float64{.7, .3, .3, .7}), m.Known("sights", two, 2, []float64{.9, .1, .2, .8})
	m.Add("walk", Walk{5, 2}, z, m.Constant(two, .5, .5), moves.At(0), moves.At(1))
	seen := m.Known("umbrella", expfam.Categorical{K: 2}, 5, []float64{0, 0, 1, 0, 0})
	m.Add("sight", Along{T: 5, Gate: Gate{Of: Categorical{K: 2}, K: 2, Shared: []bool{true, false}}}, z, seen, sights.At(0), sights.At(1))
	a := ascent(t, m, AscentConfig{})
	trace := climb(t, a)
	tk.Close(t, "ln p", trace[len(trace)-1], -3.372502, 5e-7)
	for i, want := range []float64{.8673, .8204, .3075, .8204, .8673} {
		tk.Close(t, "smoothed", a.Moments(z, 0)[2*i], want, 5e-5)
	}
	if _, err := NewMessages(m, Config{}); err == nil {
		t.Error("a walk under sum-product: got no error")
	}
	short := New()
	x := short.Random("path", PathFamily{3, 2}, 1)
	short.Add("f", Along{T: 3, Gate: Gate{Of: Categorical{K: 2}, K: 2, Shared: []bool{true, false}}}, x, short.Known("seen", expfam.Categorical{K: 2}, 2, []float64{0, 1}),
		short.Random("a", two, 1), short.Random("b", two, 1))
	refused(t, "a plate that is shorter than the path", short.Err(), "plate of 2 along a path of 3")
}

func TestTheProgramOfAHiddenMarkovModelIsTheHandWrittenEngineSweepBySweep(t *testing.T) {
	r := rng.New(133).Rand()
	const n, states, symbols = 60, 3, 4
	seen := make([]float64, n)
	for i := range seen {
		seen[i] = float64((i/7 + r.IntN(2)) % symbols)
	}
	emit := &hmm.DirichletSymbols{Symbols: symbols, Prior: 1}
	for range states * symbols {
		emit.Conc = append(emit.Conc, 1+r.Float64())
	}
	b, err := hmm.NewBayes(emit, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, z, first, moves, sights := sequence(seen, states, symbols)
	a := ascent(t, m, AscentConfig{Order: []Var{first, moves, sights, z}})
	natural := func(x []float64) []float64 { return expfam.Dirichlet{}.Natural(x) }
	start(t, a, first, 0, natural(b.Start))
	for k := range states {
		start(t, a, moves, k, natural(b.Trans[k*states:(k+1)*states]))
		start(t, a, sights, k, natural(emit.Conc[k*symbols:(k+1)*symbols]))
	}
	if err := a.update(z.b, 0, make([]float64, z.b.size)); err != nil {
		t.Fatal(err)
	}
	c := hmm.Default()
	c.Sweeps = 50
	c.Progress = func(rec hmm.Record) { // its bound is that of the best path for the parameters before
		bound, err := a.Bound()
		if rec.Sweep > 0 {
			bound, err = a.Sweep()
		}
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "bound", bound, rec.Bound, 1e-11)
	}
	if _, err := b.Fit(context.Background(), [][]float64{seen}, c); err != nil {
		t.Fatal(err)
	}
	if a.sweep < 5 {
		t.Errorf("sweeps: got %d, want several", a.sweep)
	}
}

// Every step adds to its own part of the path alone: a sweep of a long sequence is linear in its
// length, and by 20,000 steps anything else would show.
func TestLongSequencesAreSweptInLinearTime(t *testing.T) {
	r := rng.New(134).Rand()
	const n = 20000
	seen, state := make([]float64, n), 0
	for i := range seen {
		if r.IntN(20) == 0 {
			state = 1 - state
		}
		if seen[i] = float64(state); r.IntN(10) == 0 {
			seen[i] = float64(1 - state)
		}
	}
	m, z, first, moves, sights := sequence(seen, 2, 2)
	a := ascent(t, m, AscentConfig{Order: []Var{z, first, moves, sights}, Sweeps: 15})
	start(t, a, sights, 0, []float64{2, 1})
	start(t, a, sights, 1, []float64{1, 2})
	for k := range 2 {
		start(t, a, moves, k, []float64{float64(9 - 8*k), float64(1 + 8*k)})
	}
	if _, _, err := a.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for k := range 2 { // shares of a twentieth and a tenth, of which 20,000 steps say much
		eta := a.Natural(moves, k)
		stay := (eta[k] + 1) / (eta[0] + eta[1] + 2)
		tk.Close(t, "share that stays", stay, .95, .01)
		eta = a.Natural(sights, k)
		tk.Close(t, "share that is seen right", (eta[k]+1)/(eta[0]+eta[1]+2), .9, .01)
	}
}
