package lda

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elbo-go/elbo/cluster/beam/gather"
	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/topic"
)

// undisturbed is λ of a run that nothing went wrong in.
func undisturbed(t *testing.T) []float64 {
	t.Helper()
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	m, err := Train(t.Context(), docs, config(t, launch.Options{Runner: "direct"}))
	if err != nil {
		t.Fatal(err)
	}
	return m.Lambda
}

// disturb sets beforeShard for a test.
func disturb(t *testing.T, f func(sweep int, id int32) error) {
	before := beforeShard
	beforeShard = f
	t.Cleanup(func() { beforeShard = before })
}

func TestAKilledWorkerChangesNothing(t *testing.T) {
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	address, deaths := pool(t, "5 3 "+filepath.Join(t.TempDir(), "died"))
	failed := 0
	on := launch.Options{Runner: "prism", Environment: "external", EnvironmentConfig: address, Attempts: 5, Timeout: 20 * time.Second,
		Note: func(attempt int, err error) { failed++; t.Logf("attempt %d: %v", attempt, err) }}
	m, err := Train(t.Context(), docs, config(t, on))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Lambda, undisturbed(t)) {
		t.Error("got other topics than those of a run without a death")
	}
	if deaths.Load() != 1 || failed == 0 {
		t.Errorf("got %d deaths and %d failed attempts, want one death and that noticed", deaths.Load(), failed)
	}
}

// One shard in six fails at random, so that most attempts at the nine shards do, each after
// others have been inferred and have written their γ: those are inferred again.
func TestShardsThatFailAndAreRetriedAreNotCountedTwice(t *testing.T) {
	want := undisturbed(t)
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	for _, runner := range []string{"direct", "prism"} {
		r, failures, visits := random(3), 0, map[[2]int]int{}
		var mu sync.Mutex
		disturb(t, func(sweep int, id int32) error {
			mu.Lock()
			defer mu.Unlock()
			visits[[2]int{sweep, int(id)}]++
			if r.IntN(6) == 0 {
				failures++
				return fmt.Errorf("shard %d fails", id)
			}
			return nil
		})
		m, err := Train(t.Context(), docs, config(t, launch.Options{Runner: runner, Attempts: 50}))
		if err != nil {
			t.Fatal(err)
		}
		again := 0
		for _, n := range visits {
			if n > 1 {
				again++
			}
		}
		if failures == 0 || again == 0 {
			t.Errorf("%s: got %d failures and %d shards visited again, want some: the test shows nothing", runner, failures, again)
		}
		if !slices.Equal(m.Lambda, want) {
			t.Errorf("%s: got topics off by %.2g after %d failures, want the same bits", runner, far(m.Lambda, want), failures)
		}
		t.Logf("%s: %d failures, %d shards of sweeps inferred more than once", runner, failures, again)
	}
}

func TestAShardThatIsInferredTwiceInASweepStartsFromTheSweepBefore(t *testing.T) {
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	c := config(t, launch.Options{Runner: "direct"})
	c.Topic.Sweeps = 5
	if _, err := Train(t.Context(), docs, c); err != nil {
		t.Fatal(err)
	}
	run, err := c.tag(docs)
	if err != nil {
		t.Fatal(err)
	}
	s := sweep{Run: run, Dir: c.Dir, Number: 5, Format: "lda-c", Vocabulary: docs.Vocabulary, Inner: 3, Threads: 1, Block: 16, Keep: true}
	var files [2][]byte
	var all [2]map[int64]gather.Part
	if err := store.Put(t.Context(), gammaPath(c.Dir, 4, 2), gammaHead{run, 4, 2}, ones(docs.Documents[2]*5)); err != nil {
		t.Fatal(err)
	}
	state, err := readState(t.Context(), run, c.Dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	f := &inferFn{Sweep: s, expect: state.model.Expect(1)}
	for i := range files {
		all[i] = map[int64]gather.Part{}
		if err := f.ProcessElement(t.Context(), docs.Shards[2], func(table int64, p gather.Part) { all[i][table] = p }); err != nil {
			t.Fatal(err)
		}
		if files[i], err = os.ReadFile(gammaPath(c.Dir, 5, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(files[0], files[1]) || fmt.Sprint(all[0]) != fmt.Sprint(all[1]) {
		t.Error("got another result the second time")
	}
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

func TestARunThatWasStoppedGoesOnToTheSameBits(t *testing.T) {
	want := undisturbed(t)
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	broken := errors.New("the driver is gone")
	for stop := 1; stop <= 6; stop++ {
		c := config(t, launch.Options{Runner: "direct"})
		var sweeps []int
		c.Topic.Progress = func(r topic.Record) { sweeps = append(sweeps, r.Sweep) }
		gone := true
		disturb(t, func(sweep int, id int32) error {
			if gone && sweep == stop && id == 4 {
				return broken
			}
			return nil
		})
		if _, err := Train(t.Context(), docs, c); err == nil || !strings.Contains(err.Error(), broken.Error()) {
			t.Fatalf("got error %v, want the one that stops it", err)
		}
		gone = false
		m, err := Train(t.Context(), docs, c)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Lambda, want) || !slices.Equal(sweeps, []int{1, 2, 3, 4, 5, 6}) {
			t.Errorf("stopped in sweep %d: got other topics than without a stop, or sweeps %v", stop, sweeps)
		}
		if again, err := Train(t.Context(), docs, c); err != nil || !slices.Equal(again.Lambda, want) || len(sweeps) != 6 {
			t.Errorf("got error %v or more sweeps from a run that is done", err)
		}
	}
}

func TestAFolderOfAnotherRunIsRefused(t *testing.T) {
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	c := config(t, launch.Options{Runner: "direct"})
	c.Topic.Sweeps = 1
	if _, err := Train(t.Context(), docs, c); err != nil {
		t.Fatal(err)
	}
	other, _ := bag(t, 2, 60, 70, 30, 7)
	if _, err := Train(t.Context(), other, c); err == nil || !strings.Contains(err.Error(), "other data") {
		t.Errorf("got error %v for other data, want a refusal", err)
	}
	c.Topic.Alpha = 0.7
	if _, err := Train(t.Context(), docs, c); err == nil || !strings.Contains(err.Error(), "another configuration") {
		t.Errorf("got error %v for another configuration, want a refusal", err)
	}
}

func TestConcentrationsThatAreLearnedAreRefused(t *testing.T) {
	docs, _ := bag(t, 1, 20, 70, 30, 7)
	for _, change := range []func(c *topic.Config){func(c *topic.Config) { c.LearnAlpha = topic.Symmetric }, func(c *topic.Config) { c.LearnEta = true }} {
		c := config(t, launch.Options{Runner: "direct"})
		change(&c.Topic)
		if _, err := Train(t.Context(), docs, c); err == nil || !strings.Contains(err.Error(), "concentrations") {
			t.Errorf("got error %v, want a refusal", err)
		}
	}
}

// tampered runs a sweep of which a table is changed before the driver reads it.
func tampered(t *testing.T, table int64, change func(h *gather.Head, x []float64)) error {
	t.Helper()
	docs, _ := bag(t, 1, 60, 70, 30, 7)
	c := config(t, launch.Options{Runner: "direct"})
	m, err := topic.NewModel(docs.Vocabulary, c.Topic)
	if err != nil {
		t.Fatal(err)
	}
	s := sweep{Run: "x", Dir: c.Dir, Number: 1, Format: "lda-c", Vocabulary: docs.Vocabulary, Start: true, Inner: 3, Threads: 1, Block: 16}
	at := &state{Run: "x", model: m}
	if err := at.write(t.Context(), c.Dir); err != nil {
		t.Fatal(err)
	}
	loaded = cache{}
	f := &inferFn{Sweep: s}
	if err := f.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	sums := map[int64]gather.Total{}
	for _, one := range docs.Shards {
		err := f.ProcessElement(t.Context(), one, func(table int64, p gather.Part) {
			if sums[table], err = sums[table].Add(p); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for b, sum := range sums {
		h, x := gather.Head{Run: s.tag(), Table: b, Shards: sum.Shards, Rows: sum.Rows}, sum.Sums.Floats()
		if b == table {
			change(&h, x)
		}
		if err := store.Put(t.Context(), fmt.Sprintf("%stable-%05d.blob", tables(c.Dir, 1), b), h, x); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.collect(t.Context(), docs, 5)
	return err
}

func TestSumsThatMissAShardOrCountOneTwiceAreRefused(t *testing.T) {
	if err := tampered(t, -1, nil); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		table  int64
		change func(h *gather.Head, x []float64)
	}{
		"a shard is missing":          {0, func(h *gather.Head, _ []float64) { h.Shards = h.Shards[1:] }},
		"a document is counted twice": {0, func(_ *gather.Head, x []float64) { x[documents]++ }},
		"a word is counted twice":     {0, func(_ *gather.Head, x []float64) { x[tokens]++ }},
		"counts of a word twice":      {2, func(_ *gather.Head, x []float64) { x[0] += 0.01 }},
		"a table is of another sweep": {1, func(h *gather.Head, _ []float64) { h.Run = "x/2" }},
		"a row is missing":            {3, func(h *gather.Head, _ []float64) { h.Rows = h.Rows[1:] }},
		"a count is no number":        {1, func(_ *gather.Head, x []float64) { x[3] = math.NaN() }},
	} {
		if err := tampered(t, c.table, c.change); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}
