package crf

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// sticky is sequences of 30 tokens whose label stays with probability .9 and is seen with .6.
func sticky(key rng.Key, sentences int) []Sequence {
	r, names := key.Rand(), []string{"A", "B", "C"}
	out := make([]Sequence, sentences)
	for i := range out {
		y := r.IntN(3)
		for range 30 {
			if r.Float64() > .9 {
				y = (y + 1 + r.IntN(2)) % 3
			}
			w := y
			if r.Float64() > .6 {
				w = (y + 1 + r.IntN(2)) % 3
			}
			out[i].Rows, out[i].Labels = append(out[i].Rows, []string{names[w], "-"}), append(out[i].Labels, names[y])
		}
	}
	return out
}

// TestTransitionsAreWorthSomething: single tokens are right as often as the label is seen, .6 with a
// standard deviation of .005 over 9,000 tokens; a field gathers more from the neighbours.
func TestTransitionsAreWorthSomething(t *testing.T) {
	train, test := sticky(rng.New(31), 300), sticky(rng.New(32), 300)
	word := func(c *Config) { c.Templates = Window(0, 0) }
	right := func(m *Model) float64 { return chunkF1(t, m, test).Accuracy() }
	field := right(fitted(t, train, word))
	alone := fitted(t, train, func(c *Config) { word(c); c.Independent = true })
	single := right(alone)
	tk.Close(t, "accuracy of single tokens", single, .6, .025)
	if field < single+.1 {
		t.Errorf("got accuracy %.3f with transitions and %.3f without", field, single)
	}
	for _, v := range alone.w[len(alone.layout.label):] {
		tk.Close(t, "transition of single tokens", v, 0, 0)
	}
}

// TestTrainingDoesNotDependOnThreads, to the bit.
func TestTrainingDoesNotDependOnThreads(t *testing.T) {
	data := toy(rng.New(33), 100)
	for _, l1 := range []float64{0, .4} {
		one := fitted(t, data, func(c *Config) { c.Workers, c.L1 = 1, l1 })
		many := fitted(t, data, func(c *Config) { c.Workers, c.L1 = 7, l1 })
		if !reflect.DeepEqual(one.w, many.w) || one.Loss != many.Loss {
			t.Errorf("λ₁ = %v: the weights differ", l1)
		}
	}
}

// TestASingleTokenIsLogisticRegression: two labels seen 3 times and once with one constant feature,
// whose weights are ±θ by symmetry with −2 + 4/(1 + e^−2θ)·... solved by bisection.
func TestASingleTokenIsLogisticRegression(t *testing.T) {
	var data []Sequence
	for _, y := range []string{"A", "A", "A", "B"} {
		data = append(data, Sequence{[][]string{{"x"}}, []string{y}})
	}
	const l2 = .7
	cfg := Default()
	cfg.Templates, cfg.L2, cfg.ValueTol, cfg.GradTol = []Template{{}}, l2, 1e-16, 1e-12
	m, err := Fit(context.Background(), data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	// The slope for A is 4 σ(2θ) − 3 + λ₂θ, and for B its negative at −θ.
	low, high := 0., 3.
	for range 100 {
		if mid := (low + high) / 2; 4/(1+math.Exp(-2*mid))-3+l2*mid > 0 {
			high = mid
		} else {
			low = mid
		}
	}
	tk.Close(t, "weight of A", m.w[0], low, 1e-8)
	tk.Close(t, "weight of B", m.w[1], -low, 1e-8)
	p, err := m.LogProb(data[0])
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln p(A)", p, -math.Log1p(math.Exp(-2*low)), 1e-8)
}

func TestProgressFallsAndTrainingCanBeCancelled(t *testing.T) {
	data := toy(rng.New(34), 60)
	for _, l1 := range []float64{0, .5} {
		cfg := small()
		var seen []Progress
		cfg.L1, cfg.Progress = l1, func(p Progress) { seen = append(seen, p) }
		m, err := Fit(context.Background(), data, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != m.Iterations+1 || seen[len(seen)-1].Loss != m.Loss || m.Reason == "" {
			t.Errorf("got %d records of %d steps, the last of %v, want %v (%s)", len(seen), m.Iterations, seen[len(seen)-1], m.Loss, m.Reason)
		}
		for i, p := range seen {
			if p.Iteration != i || i > 0 && p.Loss > seen[i-1].Loss || !(p.Slope >= 0) {
				t.Errorf("record %d: got %+v after %+v", i, p, seen[max(i-1, 0)])
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cfg.Progress = func(p Progress) {
			if p.Iteration == 2 {
				cancel()
			}
		}
		if _, err := Fit(ctx, data, cfg); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the cancellation", err)
		}
	}
}

func TestBadTrainingIsNamed(t *testing.T) {
	good := toy(rng.New(35), 5)
	for want, change := range map[string]func(*Config){
		"L2: got -1":              func(c *Config) { c.L2 = -1 },
		"L1: got NaN":             func(c *Config) { c.L1 = math.NaN() },
		"ValueTol: got +Inf":      func(c *Config) { c.ValueTol = math.Inf(1) },
		"MinCount: got 0":         func(c *Config) { c.MinCount = 0 },
		"MaxIterations: got 0":    func(c *Config) { c.MaxIterations = 0 },
		"History: got -1":         func(c *Config) { c.History = -1 },
		"Workers: got 0":          func(c *Config) { c.Workers = 0 },
		"templates: got none":     func(c *Config) { c.Templates = nil },
		"got column -1 at offset": func(c *Config) { c.Templates = []Template{{{-1, 0}}} },
		"at offset 5000":          func(c *Config) { c.Templates = []Template{{{0, 5000}}} },
		"columns: got 2, want 3":  func(c *Config) { c.Templates = []Template{{{2, 0}}} },
	} {
		cfg := small()
		change(&cfg)
		if _, err := Fit(context.Background(), good, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	row := [][]string{{"a", "b"}}
	for want, data := range map[string][]Sequence{
		"got no labels in 0 sequences":      nil,
		"got no labels in 1 sequences":      {{row, nil}},
		"sequence 1: labels: got 0, want 1": {{row, []string{"O"}}, {row, nil}},
		"sequence 1: got no tokens":         {{row, []string{"O"}}, {nil, nil}},
		"token 0: columns: got 1, want 2":   {{[][]string{{"a"}}, []string{"O"}}},
		"sequence 0: labels: got 2, want 1": {{row, []string{"O", "O"}}},
	} {
		if _, err := Fit(context.Background(), data, small()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	m := fitted(t, good, nil)
	if _, err := m.Predict(nil); err == nil {
		t.Error("a sequence without tokens has labels")
	}
	if _, err := m.PredictAll([]Sequence{{Rows: row}, {Rows: [][]string{{"a"}}}}, 2); err == nil || !strings.Contains(err.Error(), "sequence 1") {
		t.Errorf("got %v, want the sequence named", err)
	}
	if _, err := m.PredictAll(nil, 0); err == nil {
		t.Error("no workers are enough")
	}
	for _, y := range [][]string{{"none"}, {"O", "O"}, nil} {
		if _, err := m.LogProb(Sequence{row, y}); err == nil {
			t.Errorf("labels %v have a probability", y)
		}
	}
}
