package train

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestABatchLargerThanTheDataTakesTheirMemoryAlone(t *testing.T) {
	c, s := tiny()
	c.Batch = maxBatch
	tr, err := newTrainer(c.Resolve(s.Train), s, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.epoch(context.Background()); err != nil {
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
