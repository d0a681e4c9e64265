package train

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

func TestABatchLargerThanTheDataTakesTheirMemoryAlone(t *testing.T) {
	c, s := tiny()
	c.Batch = maxBatch
	tr, err := newTrainer(c.Resolve(s.Train), s, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.enter(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := tr.epoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := s.Train.Len(); len(tr.step.inputs) != 1 || tr.step.inputs[rows] == nil {
		t.Errorf("inputs of a step: got %v, want one of %d rows, those of the training set", tr.step.inputs, rows)
	}
}

func TestStepsBeyondMemoryAreRefused(t *testing.T) {
	c, s := tiny()
	c = c.Resolve(s.Train)
	for _, ok := range []struct{ batch, samples, width int }{
		{16, 1, 8}, {128, 5, 400}, {maxBatch, 1, 400}, {150, 100, 1000},
	} {
		c.Batch, c.Samples, c.Hidden = ok.batch, ok.samples, []int{ok.width}
		if err := c.CheckMemory(s.Train); err != nil {
			t.Errorf("batch %d, %d draws, width %d: %v", ok.batch, ok.samples, ok.width, err)
		}
	}
	c.Batch, c.Samples, c.Hidden = maxBatch, maxSamples, []int{400} // 150 rows × 10,000 draws × 400
	_, err := Start(context.Background(), c, s, filepath.Join(t.TempDir(), "run"), "test", Observer{})
	if err == nil || !strings.Contains(err.Error(), "lower --batch or --samples") {
		t.Errorf("got %v, want an error that says what to lower", err)
	}
}

// Models that compare the codes of all pairs of rows are refused batches whose pairs do not fit; those that
// do not compare any take them.
func TestPairsBeyondMemoryAreRefused(t *testing.T) {
	c, _ := tiny()
	s := &data.Set{Name: "many", Shape: []int{2}, X: make([]float32, 2*40_000)}
	c.Batch, c.Latent = 4000, 16 // 2.56e8 values of pairs, just below 2²⁸
	for _, name := range []string{"wae-mmd", "info-vae", "beta-tcvae"} {
		c.Model = name
		if err := c.Resolve(s).CheckMemory(s); err != nil {
			t.Errorf("%s: 4,000 rows: %v", name, err)
		}
		big := c
		big.Batch = 40_000
		err := big.Resolve(s).CheckMemory(s)
		if err == nil || !strings.Contains(err.Error(), "got 40000 × 40000 pairs of codes of 16 values") {
			t.Errorf("%s: 40,000 rows: got %v, want an error that names the pairs", name, err)
		}
	}
	c.Model, c.Batch = "vae", 40_000
	if err := c.Resolve(s).CheckMemory(s); err != nil {
		t.Errorf("vae: %v", err)
	}
}

// What lives while a run trains are the rows as read, the validation and test rows as 0 and 1,
// and the network: 62,000 parameters with two moments and a step's arrays, below 8 MiB.
func TestTrainingKeepsOneCopyOfTheRows(t *testing.T) {
	set := func(n int) *data.Set {
		s := &data.Set{Name: "noise", Shape: []int{28, 28}, X: make([]float32, n*784)}
		rng.New(uint64(n)).Uniform(s.X)
		return s
	}
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what the pools of package sync held lives for one more collection
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	s := &data.Splits{Train: set(8000), Valid: set(500), Test: set(1000)}
	c := Default()
	c.Hidden, c.Epochs = []int{32}, 1
	most := int64(0)
	obs := Observer{Step: func(p Progress) {
		if p.Step%25 == 0 {
			most = max(most, live())
		}
	}}
	run, err := Start(context.Background(), c.Resolve(s.Train), s, filepath.Join(t.TempDir(), "run"), "test", obs)
	if err != nil {
		t.Fatal(err)
	}
	most = max(most, live()) - before
	if want := int64(4*784*(8000+2*500+2*1000) + 8<<20); most > want {
		t.Errorf("got %d bytes alive, want at most %d", most, want)
	}
	runtime.KeepAlive(run)
}

func TestGreyRowsOutsideTheirRangeAreRefusedOnce(t *testing.T) {
	for _, likelihood := range []string{"bernoulli", "gaussian"} {
		c, s := tiny()
		c.Likelihood, c.Binarize = likelihood, "dynamic"
		s.Train.X[16*3+5] = 1.5
		_, err := prepare(c.Resolve(s.Train), s)
		if err == nil || !strings.Contains(err.Error(), "got 1.5, want") {
			t.Errorf("%s: got %v, want an error that names the value", likelihood, err)
		}
	}
}
