package message

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

func TestTheIsingGridHasTheValuesOfTheSpecification(t *testing.T) {
	m, x := grid(4, .4, .1)
	for _, cfg := range []Config{{}, {Schedule: Flooding}, {Schedule: Residual}, {Damping: .5}, {Parts: 2}, {Parts: 4}, {Parts: 4, Schedule: Flooding}} {
		p := messages(t, m, cfg)
		r := run(t, p)
		name := fmt.Sprintf("%+v", cfg)
		tk.Close(t, name+" Bethe", logZ(t, p), 13.4357218, 5e-8)
		for place, want := range map[int]float64{0: .403978, 1: .505193, 5: .627479} {
			u, err := p.Moments(x, place)
			if err != nil {
				t.Fatal(err)
			}
			tk.Close(t, name+" magnetisation", u[1]-u[0], want, 5e-7)
		}
		if (r.Bytes > 0) != (cfg.Parts > 1) {
			t.Errorf("%s: bytes between workers: got %d", name, r.Bytes)
		}
		if r.Sent == 0 || len(r.Plates) != 2 || r.Plates[1].Factor != "bonds" {
			t.Errorf("%s: record: got %+v, want the messages sent and both plates", name, r)
		}
	}
	a := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	start(t, a, x, 0, []float64{0, 1})
	trace := climb(t, a)
	tk.Close(t, "mean field", trace[len(trace)-1], 12.8085485, 5e-8)
	for range 100 { // the bound stands still to rounding before the magnetisations do
		if _, err := a.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	for place, want := range map[int]float64{0: .611587, 1: .764316, 5: .890380} {
		u := a.Moments(x, place)
		tk.Close(t, "mean field's magnetisation", u[1]-u[0], want, 5e-7)
	}
}

func TestPartitionsReachTheFixedPointOfOneWorker(t *testing.T) {
	r := rng.New(51).Rand()
	for range 20 {
		g := randomLoopy(r)
		m, vars := program(g, nil)
		one := messages(t, m, Config{Damping: .3, Sweeps: 20000})
		run(t, one)
		for _, parts := range []int{2, 4} {
			p := messages(t, m, Config{Damping: .3, Parts: parts, Sweeps: 20000})
			run(t, p)
			for i, v := range vars {
				want, err := one.Moments(v, 0)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Moments(v, 0)
				if err != nil {
					t.Fatal(err)
				}
				for k := range want {
					tk.Close(t, fmt.Sprintf("%d parts, marginal of %d", parts, i), got[k], want[k], 1e-8)
				}
			}
			tk.Close(t, "ln Z", logZ(t, p), logZ(t, one), 1e-8)
		}
	}
}

func TestLoopyMessagesAreThoseOfThePackageOfApproximations(t *testing.T) {
	r := rng.New(52).Rand()
	cfg := approx.Default()
	cfg.Damping, cfg.Sweeps = .3, 20000
	for range 100 {
		g := randomLoopy(r)
		e := randomEvidence(r, g)
		want, err := approx.Belief(t.Context(), g, e, cfg)
		if err != nil {
			continue // that model has no stable fixed point
		}
		m, vars := program(g, e)
		p := messages(t, m, Config{Damping: .3, Sweeps: 20000})
		run(t, p)
		for i, v := range vars {
			u, err := p.Moments(v, 0)
			if err != nil {
				t.Fatal(err)
			}
			for k := range u {
				tk.Close(t, "marginal", u[k], want.Marginals[i][k], 1e-8)
			}
		}
		tk.Close(t, "ln Z", logZ(t, p), want.LogZ, 1e-8)
	}
}

func TestMaxProductOnTreesFindsTheBestAssignment(t *testing.T) {
	r := rng.New(53).Rand()
	for trial := range 300 {
		g := randomTree(r, trial%2 == 0)
		want, err := exact.MPE(g, nil, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		m, vars := program(g, nil)
		p := messages(t, m, Config{Max: true})
		run(t, p)
		states := make([]int, len(vars))
		for i, v := range vars {
			states[i] = p.Best(v, 0)
		}
		tk.Close(t, "value of the best assignment", g.LogValue(states), want.LogValue, 1e-12)
		if _, err := p.LogZ(); err == nil {
			t.Fatal("ln Z of max-product: got no error")
		}
	}
	m := New()
	if p := messages(t, m, Config{Max: true}); p.Best(m.Constant(expfam.Categorical{K: 3}, 2), 0) != 2 {
		t.Error("the best class of a known variable: got another")
	}
}

func TestTheUmbrellaWorldIsAChainOfTables(t *testing.T) {
	seen := []float64{0, 0, 1, 0, 0} // umbrella, umbrella, none, umbrella, umbrella
	for _, max := range []bool{false, true} {
		m := New()
		two := expfam.Categorical{K: 2}
		rain := m.Random("rain", two, 5)
		log := func(xs ...float64) (out []float64) {
			for _, x := range xs {
				out = append(out, math.Log(x))
			}
			return out
		}
		m.Add("first", Prior{Family: two, Eta: log(.5, .5)}, rain.At(0))
		m.Add("days", Table{Card: []int{2, 2}, Log: log(.7, .3, .3, .7)}, rain.At(0, 1, 2, 3), rain.At(1, 2, 3, 4))
		m.Add("sights", Table{Card: []int{2, 2}, Log: log(.9, .1, .2, .8)}, rain, m.Known("umbrella", two, 5, seen))
		p := messages(t, m, Config{Max: max})
		run(t, p)
		for i, want := range []float64{.8673, .8204, .3075, .8204, .8673} {
			u, err := p.Moments(rain, i)
			if err != nil {
				t.Fatal(err)
			}
			if !max {
				tk.Close(t, "smoothed", u[0], want, 5e-5)
			} else if got := p.Best(rain, i); got != []int{0, 0, 1, 0, 0}[i] {
				t.Errorf("best path, day %d: got %d", i, got)
			}
		}
		if !max {
			tk.Close(t, "ln p", logZ(t, p), -3.372502, 5e-7)
		}
	}
}

func TestGaussianConsensusOnARingIsTheMean(t *testing.T) {
	if testing.Short() {
		t.Skip("stiff: thousands of sweeps")
	}
	const n = 16
	r := rng.New(9).Rand()
	y, from, to, mean := make([]float64, n), make([]int, n), make([]int, n), 0.
	for i := range y {
		y[i] = 5 * r.NormFloat64()
		mean += y[i] / n
		from[i], to[i] = i, (i+1)%n
	}
	m := New()
	x := m.Random("x", expfam.Normal{}, n)
	m.Add("sights", Normal{}, m.Known("y", expfam.Normal{}, n, y), x, m.Constant(expfam.Gamma{}, 1))
	m.Add("ring", Normal{}, x.At(from...), x.At(to...), m.Constant(expfam.Gamma{}, 1e11))
	p := messages(t, m, Config{Sweeps: 200000, Tolerance: 1e-15})
	if _, _, err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		u, err := p.Moments(x, i)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "consensus", u[0], mean, 1e-9)
	}
}

func TestAChainOfAMillionVariablesIsFlatAndLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("a million variables")
	}
	time1, _ := millions(t, 100_000, 1)
	time10, bytes := millions(t, 1_000_000, 1)
	t.Logf("a million variables: %v, %.0f bytes a variable; a tenth: %v", time10, bytes, time1)
	if bytes > 300 {
		t.Errorf("memory: got %.0f bytes a variable, want at most 300", bytes)
	}
	millions(t, 1_000_000, 4)
}

// millions smooths a random walk of n steps and compares some of its states with the recursion.
func millions(t *testing.T, n, parts int) (time.Duration, float64) {
	y := make([]float64, n)
	rng.New(3).NormalFloat64(y)
	for i := 1; i < n; i++ {
		y[i] = .999*y[i-1] + y[i]
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, x := chain(y, 2, .5)
	p := messages(t, m, Config{Parts: parts})
	begin := time.Now()
	r := run(t, p)
	took := time.Since(begin)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if want := int64(r.Sweep) * 2 * (1 + 2*(int64(n)-1) + int64(n)); r.Sent != want { // linear, whatever else runs on the machine
		t.Errorf("messages: got %d, want %d", r.Sent, want)
	}
	if r.Sweep > parts+2 {
		t.Errorf("sweeps of %d parts: got %d, want at most %d", parts, r.Sweep, parts+2)
	}
	h, tau := make([]float64, n), make([]float64, n) // filtered, by precisions
	for i, v := range y {
		if i == 0 {
			tau[0] = .1
		} else {
			c := 2 / (tau[i-1] + 2)
			h[i], tau[i] = c*h[i-1], c*tau[i-1]
		}
		h[i], tau[i] = h[i]+.5*v, tau[i]+.5
	}
	back, backTau := 0., 0.
	for i := n - 1; i >= 0; i-- {
		if i%(n/100) == 0 {
			eta := p.Natural(x, i)
			tk.Close(t, "shift", eta[0], h[i]+back, 1e-9)
			tk.Close(t, "precision", -2*eta[1], tau[i]+backTau, 1e-9)
		}
		c := 2 / (backTau + .5 + 2)
		back, backTau = c*(back+.5*y[i]), c*(backTau+.5)
	}
	runtime.KeepAlive(p)
	return took, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func BenchmarkSweepOfAChain(b *testing.B) {
	y := make([]float64, 100_000)
	rng.New(3).NormalFloat64(y)
	m, _ := chain(y, 2, .5)
	p, err := NewMessages(m, Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if _, err := p.Sweep(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e5, "ns/variable")
}

// Towards the power 0 the fixed points are mean field's, at 1 they are those of belief propagation
// (Minka 2004; Wiegerinck & Heskes 2003).
func TestPowersLeadFromBeliefPropagationToMeanField(t *testing.T) {
	m, x := grid(3, .2, .3)
	bp := messages(t, m, Config{})
	run(t, bp)
	mf := ascent(t, m, AscentConfig{Tolerance: 1e-15})
	trace := climb(t, mf)
	bound := trace[len(trace)-1]
	last := logZ(t, bp)
	for _, alpha := range []float64{.5, .1, .01, .001} {
		p := messages(t, m, Config{Alpha: alpha, Damping: .5})
		run(t, p)
		z := logZ(t, p)
		if !(z < last && z > bound) {
			t.Errorf("α = %v: ln Z: got %v, want between %v and %v", alpha, z, bound, last)
		}
		last = z
		u, err := p.Moments(x, 4)
		if err != nil {
			t.Fatal(err)
		}
		if alpha < .01 { // the difference is of the order of α
			tk.Close(t, "ln Z", z, bound, 2*alpha)
			tk.Close(t, "marginal", u[1], mf.Moments(x, 4)[1], alpha)
		}
	}
}

func TestTreesOfOneFactorAndForestsAreOrderedBreadthFirst(t *testing.T) {
	m := New()
	x := m.Random("x", expfam.Categorical{K: 2}, 5)
	m.Add("pairs", Table{Card: []int{2, 2}, Log: []float64{0, 1, 2, 3}}, x.At(3, 0, 1), x.At(4, 1, 2))
	m.Add("alone", Table{Card: []int{2}, Log: []float64{0, 1}}, m.Known("y", expfam.Categorical{K: 2}, 2, []float64{1, 0}))
	g, err := newGraph(m)
	if err != nil {
		t.Fatal(err)
	}
	want := []Visit{{0, 1}, {0, 2}, {0, 0}, {1, 0}, {1, 1}}
	if got := g.breadthFirst(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("order: got %v, want %v", got, want)
	}
	p := messages(t, m, Config{})
	run(t, p)
	all, err := exact.Enumerate(&pgm.Graph{Vars: []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2), pgm.Numbered("c", 2), pgm.Numbered("d", 2), pgm.Numbered("e", 2)},
		Factors: []*pgm.Factor{{Vars: []int{3, 4}, Card: []int{2, 2}, Log: []float64{0, 1, 2, 3}}, {Vars: []int{0, 1}, Card: []int{2, 2}, Log: []float64{0, 1, 2, 3}},
			{Vars: []int{1, 2}, Card: []int{2, 2}, Log: []float64{0, 1, 2, 3}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln Z of a forest and of known factors", logZ(t, p), all.LogZ+1, 1e-13)
}
