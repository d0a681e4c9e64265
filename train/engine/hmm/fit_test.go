package hmm

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	markov "github.com/elbo-go/elbo/hmm"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// opened reads the series of a config.
func opened(t *testing.T, c engine.Config) *series {
	t.Helper()
	s, err := read(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A fit that was stopped after any sweep of any start goes on to the same bits, and writes the
// lines that were not written.
func TestAStoppedFitGoesOnToTheSameBits(t *testing.T) {
	path := csvFile(t, walk(60))
	for _, method := range []string{em, vb} {
		c := settings(path, map[string]string{"states": "3", "restarts": "3", "sweeps": "12", "method": method, "tolerance": "1e-4"}).Resolved()
		s := opened(t, c)
		var lines []string
		var snapshots []engine.Snapshot
		want, err := fit(t.Context(), s, c, nil, func(r engine.Record, take func() (engine.Snapshot, error)) error {
			at, err := take()
			lines, snapshots = append(lines, storedText(t, r)), append(snapshots, at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) < 10 {
			t.Fatalf("%s: sweeps: got %d, want some of three starts", method, len(lines))
		}
		for i, from := range snapshots {
			at := i + 1
			got, err := fit(t.Context(), s, c, &from, func(r engine.Record, _ func() (engine.Snapshot, error)) error {
				if text := storedText(t, r); text != lines[at] {
					t.Errorf("%s: line %d: got %s, want %s", method, at, text, lines[at])
				}
				at++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if at != len(lines) || storedText(t, got) != storedText(t, want) {
				t.Fatalf("%s: stopped after line %d: got %d lines and another model", method, i, at)
			}
		}
	}
}

func TestAnErrorOfAStepEndsTheFit(t *testing.T) {
	c := settings(csvFile(t, walk(60)), map[string]string{"states": "3"}).Resolved()
	s, full, steps := opened(t, c), errors.New("the disk is full"), 0
	_, err := fit(t.Context(), s, c, nil, func(engine.Record, func() (engine.Snapshot, error)) error {
		if steps++; steps == 2 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || steps != 2 {
		t.Errorf("got %v after %d steps, want the error of the second", err, steps)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fit(done, s, c, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := fit(t.Context(), s, c, &engine.Snapshot{State: []byte("{")}, nil); err == nil {
		t.Error("half a checkpoint: got no error")
	}
}

func TestThreadsDoNotChangeTheFit(t *testing.T) {
	path := csvFile(t, counts(400))
	var texts []string
	for _, threads := range []int{1, 2, 5} {
		c := settings(path, map[string]string{"emission": "poisson", "column": "n", "sequence": "id", "states": "2", "restarts": "2"})
		c.Threads = threads
		texts = append(texts, storedText(t, run(t, c).Model))
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Error("models differ between 1, 2 and 5 threads")
	}
}

func TestTheBestStartIsKept(t *testing.T) {
	r := run(t, settings(csvFile(t, walk(80)), map[string]string{"states": "4", "restarts": "4"}))
	best := math.Inf(-1)
	phases := map[string]bool{}
	for _, line := range r.History {
		phases[line.Phase], best = true, max(best, *line.Bound)
	}
	if len(phases) != 4 {
		t.Errorf("phases: got %v, want four starts", phases)
	}
	if got := r.Model.(*Model).Bound; got != best {
		t.Errorf("bound: got %v, want the best, %v", got, best)
	}
}

func TestEverySettingReachesTheChain(t *testing.T) {
	numbers, whole := csvFile(t, walk(40)), csvFile(t, counts(40))
	start := func(path string, options map[string]string) chain {
		c := settings(path, options).Resolved()
		ch, err := begin(opened(t, c), c, 0)
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	m := start(numbers, map[string]string{"states": "5", "covariance": "tied", "floor": "0.25", "pseudo": "2"}).Point
	g := m.Emit.(*markov.Gaussian)
	if g.States() != 5 || g.Kind != markov.Tied || g.Scale != .25 || g.Count != 1 || m.Pseudo != 2 {
		t.Errorf("gaussian: got %d states of kind %s, floor %v, pseudo-count %v", g.States(), g.Kind, g.Scale, m.Pseudo)
	}
	x := start(numbers, map[string]string{"emission": "mixture", "parts": "3", "states": "2", "pseudo": "4", "floor": "0.5"}).Point.Emit.(*markov.Mixture)
	if x.Each != 3 || x.States() != 2 || x.Pseudo != 4 || x.Parts.Scale != .5 {
		t.Errorf("mixture: got %d parts of %d states, pseudo-count %v, floor %v", x.Each, x.States(), x.Pseudo, x.Parts.Scale)
	}
	if x.Parts.Mean[0] == x.Parts.Mean[2] {
		t.Error("mixture: two parts of a state begin alike")
	}
	a := start(numbers, map[string]string{"emission": "ar", "lags": "4", "states": "2"}).Point.Emit.(*markov.Autoregressive)
	if a.Lags != 4 || a.States() != 2 || a.Scale != .001 {
		t.Errorf("ar: got %d lags of %d states, floor %v", a.Lags, a.States(), a.Scale)
	}
	d := start(whole, map[string]string{"emission": "discrete", "column": "n", "pseudo": "0.5"}).Point.Emit.(*markov.Discrete)
	if top := opened(t, settings(whole, map[string]string{"emission": "discrete", "column": "n"}).Resolved()).symbols(); d.Symbols != top || d.Pseudo != .5 {
		t.Errorf("discrete: got %d symbols and pseudo-count %v, want %d and .5", d.Symbols, d.Pseudo, top)
	}
	b := start(whole, map[string]string{"emission": "discrete", "column": "n", "method": vb, "alpha": "0.7", "states": "6"}).Bayes
	if q := b.Emit.(*markov.DirichletSymbols); b.StartPrior != .7 || b.TransPrior != .7 || q.Prior != .7 || q.States() != 6 {
		t.Errorf("discrete by vb: got priors %v, %v and %v of %d states", b.StartPrior, b.TransPrior, q.Prior, q.States())
	}
	none := start(numbers, map[string]string{"floor": "0"}).Point.Emit.(*markov.Gaussian)
	if none.Count != 0 || none.Scale != 0 {
		t.Errorf("without a floor: got the prior (%v, %v)", none.Count, none.Scale)
	}
}

func TestEqualSeedsGiveEqualStarts(t *testing.T) {
	c := settings(csvFile(t, walk(40)), map[string]string{"emission": "mixture"}).Resolved()
	s := opened(t, c)
	text := func(seed uint64, start int) string {
		c.Seed = seed
		ch, err := begin(s, c, start)
		if err != nil {
			t.Fatal(err)
		}
		return storedText(t, ch)
	}
	first := text(1, 1)
	for what, c := range map[string]struct {
		seed  uint64
		start int
		equal bool
	}{"again": {1, 1, true}, "another seed": {2, 1, false}, "another start": {1, 3, false}, "from k-means": {1, 2, false}} {
		if got := text(c.seed, c.start); (got == first) != c.equal {
			t.Errorf("%s: got equal starts %v, want %v", what, got == first, c.equal)
		}
	}
	var p progress
	if err := json.Unmarshal([]byte(`{"start":2,"last":{"Sweep":3,"Bound":-4}}`), &p); err != nil || p.Start != 2 || p.Last.Sweep != 3 {
		t.Errorf("progress: got %+v, %v", p, err)
	}
	tk.Close(t, "bound", p.Last.Bound, -4, 0)
}

// The first starts of expectation maximisation take k-means and random weights in turn; those of
// variational Bayes are all random.
func TestStartsTakeTurns(t *testing.T) {
	c := settings(csvFile(t, walk(60)), map[string]string{"states": "2", "covariance": "spherical"}).Resolved()
	s := opened(t, c)
	apart := func(start int) float64 {
		ch, err := begin(s, c, start)
		if err != nil {
			t.Fatal(err)
		}
		m := ch.Point.Emit.(*markov.Gaussian).Mean
		return math.Hypot(m[0]-m[2], m[1]-m[3])
	}
	for start := range 4 {
		// Two levels lie about two deviations apart in each column; random weights barely differ.
		if far := apart(start); (far > 2) != (start%2 == 0) {
			t.Errorf("start %d: means are %.2f apart", start, far)
		}
	}
}
