package message

import (
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo/expfam"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/exact"
)

func TestStoredNetworksThatAreTreesAreExactAndTheOthersAreClose(t *testing.T) {
	for name, tol := range map[string]float64{"cancer": 1e-12, "earthquake": 1e-12, "asia": .01, "survey": .01} {
		n, err := bif.Read(tk.DataFile(t, "bif", name+".bif.gz"))
		if err != nil {
			t.Fatal(err)
		}
		g := n.Graph()
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, vars := program(g, nil)
		p := messages(t, m, Config{})
		run(t, p)
		for i, v := range vars {
			u, err := p.Moments(v, 0)
			if err != nil {
				t.Fatal(err)
			}
			for k := range u {
				if d := math.Abs(u[k] - want.Marginals[i][k]); d > tol {
					t.Errorf("%s: %s = %s: got %v, want %v", name, g.Vars[i].Name, g.Vars[i].States[k], u[k], want.Marginals[i][k])
				}
			}
		}
		tk.Close(t, name+": ln Z", logZ(t, p), want.LogZ, tol)
	}
}

// Hidden Markov models in plates: forward-backward is the same code.
func TestAThousandHiddenMarkovModelsAreEnumerations(t *testing.T) {
	r := rng.New(101).Rand()
	row := func(n int) (logs []float64) {
		sum := 0.
		for range n {
			logs = append(logs, .05+r.Float64())
			sum += logs[len(logs)-1]
		}
		for i := range logs {
			logs[i] = math.Log(logs[i] / sum)
		}
		return logs
	}
	for range 1000 {
		states, symbols, steps := 2+r.IntN(2), 2+r.IntN(3), 2+r.IntN(5)
		first := row(states)
		var moves, sights []float64
		for range states {
			moves = append(moves, row(states)...)
			sights = append(sights, row(symbols)...)
		}
		seen := make([]float64, steps)
		g := &pgm.Graph{}
		m := New()
		for i := range seen {
			seen[i] = float64(r.IntN(symbols))
			g.Vars = append(g.Vars, pgm.Numbered(fmt.Sprint(i), states))
			local := &pgm.Factor{Vars: []int{i}, Card: []int{states}}
			for k := range states {
				local.Log = append(local.Log, sights[k*symbols+int(seen[i])])
			}
			g.Factors = append(g.Factors, local)
			if i > 0 {
				g.Factors = append(g.Factors, &pgm.Factor{Vars: []int{i - 1, i}, Card: []int{states, states}, Log: moves})
			}
		}
		g.Factors = append(g.Factors, &pgm.Factor{Vars: []int{0}, Card: []int{states}, Log: first})
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := expfam.Categorical{K: states}
		x := m.Random("state", f, steps)
		from, to := make([]int, steps-1), make([]int, steps-1)
		for i := range from {
			from[i], to[i] = i, i+1
		}
		m.Add("first", Prior{Family: f, Eta: first}, x.At(0))
		m.Add("moves", Table{Card: []int{states, states}, Log: moves}, x.At(from...), x.At(to...))
		m.Add("sights", Table{Card: []int{states, symbols}, Log: sights}, x, m.Known("symbol", expfam.Categorical{K: symbols}, steps, seen))
		p := messages(t, m, Config{})
		run(t, p)
		tk.Close(t, "ln p", logZ(t, p), want.LogZ, 1e-12)
		for i := range steps {
			u, err := p.Moments(x, i)
			if err != nil {
				t.Fatal(err)
			}
			for k := range u {
				tk.Close(t, "smoothed", u[k], want.Marginals[i][k], 1e-12)
			}
		}
		trace := climb(t, ascent(t, m, AscentConfig{}))
		if trace[len(trace)-1] > want.LogZ+1e-12 {
			t.Fatalf("bound: got %v above ln p %v", trace[len(trace)-1], want.LogZ)
		}
	}
}

// Zeros in tables: what cannot be is told backwards and forwards, and messages of −∞ are taken out
// of sums by adding the others up afresh.
func TestZerosOfTablesTravelBothWays(t *testing.T) {
	never := math.Inf(-1)
	shift := []float64{never, 0, never, never, never, 0, 0, never, never} // x' = x + 1 modulo 3
	for _, cfg := range []Config{{}, {Schedule: Flooding}, {Schedule: Residual}, {Parts: 2}, {Parts: 3}, {Max: true}, {Damping: .2}} {
		m := New()
		f := expfam.Categorical{K: 3}
		x := m.Random("x", f, 6)
		m.Add("shift", Table{Card: []int{3, 3}, Log: shift}, x.At(0, 1, 2, 3, 4), x.At(1, 2, 3, 4, 5))
		m.Add("seen", Prior{Family: f, Eta: []float64{never, never, math.Log(.5)}}, x.At(3))
		m.Add("weights", Prior{Family: f, Eta: []float64{0, 1, 2}}, x.At(0))
		p := messages(t, m, cfg)
		run(t, p)
		for i := range 6 {
			u, err := p.Moments(x, i)
			if err != nil {
				t.Fatal(err)
			}
			if want := (i + 2) % 3; u[want] != 1 || p.Best(x, i) != want {
				t.Errorf("%+v: x%d: got %v, want class %d", cfg, i, u, want)
			}
		}
		if !cfg.Max {
			// Both priors are divided by their sums.
			tk.Close(t, "ln Z", logZ(t, p), 2-logSum([]float64{0, 1, 2}), 1e-12)
		}
	}
}

// What one worker counts as sent, all do; a cut of a chain costs the same whatever its length.
func TestMessagesAndBytesAreCounted(t *testing.T) {
	y := make([]float64, 1000)
	rng.New(1).NormalFloat64(y)
	m, _ := chain(y, 1, 1)
	one := run(t, messages(t, m, Config{}))
	// 1 + 2·999 + 1000 messages in a pass, two passes a sweep.
	if want := int64(one.Sweep) * 2 * (1 + 2*999 + 1000); one.Sent != want || one.Bytes != 0 {
		t.Errorf("one worker: got %d messages and %d bytes, want %d and none", one.Sent, one.Bytes, want)
	}
	four := run(t, messages(t, m, Config{Parts: 4}))
	if want := int64(four.Sweep) * 2 * (1 + 2*999 + 1000); four.Sent != want {
		t.Errorf("four workers: got %d messages, want %d", four.Sent, want)
	}
	// A cut parts one or two variables, each of two sides and two numbers.
	if least := int64(four.Sweep) * 3 * 2 * 2 * 8; four.Bytes < least || four.Bytes > 2*least {
		t.Errorf("four workers: got %d bytes, want %d to %d", four.Bytes, least, 2*least)
	}
}

// The residual schedule goes where messages change: on a chain that is seen at one end it needs
// fewer messages than flooding.
func TestTheResidualScheduleSendsLessThanFlooding(t *testing.T) {
	m, _ := grid(6, .3, .05)
	sent := map[Schedule]int64{}
	for _, s := range []Schedule{Flooding, Residual} {
		sent[s] = run(t, messages(t, m, Config{Schedule: s, Tolerance: 1e-10})).Sent
	}
	if sent[Residual] >= sent[Flooding] {
		t.Errorf("messages: got %d by residuals and %d by flooding, want fewer", sent[Residual], sent[Flooding])
	}
	t.Logf("messages to 1e-10: residual %d, flooding %d", sent[Residual], sent[Flooding])
}
