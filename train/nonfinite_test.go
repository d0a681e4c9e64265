package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// tampered starts a tiny run whose batch of step k is poisoned.
func tampered(t *testing.T, c Config, s *data.Splits, k int64, v float32, obs Observer) (string, error) {
	t.Helper()
	c = c.Resolve(s.Train)
	tr, err := newTrainer(c, s, obs)
	if err != nil {
		t.Fatal(err)
	}
	tr.tamper = func(step int64, x []float32) {
		if step == k {
			x[3] = v
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	info := describe(c, s, "test", "test")
	_, err = tr.in(context.Background(), dir, info, create)
	return dir, err
}

// A NaN or an infinity in the batch of step k stops the run at k, names the term, and leaves
// the parameters and the checkpoint of step k−1, for twenty k.
func TestNonFiniteStepStopsTheRun(t *testing.T) {
	c, s := tiny()
	for i, k := range rng.New(3).Perm(38)[:20] {
		k := int64(k + 2)
		bad := []float32{float32(math.NaN()), float32(math.Inf(1))}[i%2]
		digests := map[int64]string{}
		dir, err := tampered(t, c, s, k, bad, Observer{})
		var nf *NotFiniteError
		if !errors.As(err, &nf) || !errors.Is(err, ErrNotFinite) {
			t.Fatalf("step %d: got %v, want ErrNotFinite", k, err)
		}
		if nf.Step != k || !strings.Contains(err.Error(), "reconstruction") && !strings.Contains(err.Error(), "KL") {
			t.Errorf("step %d: got %v", k, err)
		}
		// The uninterrupted run, stopped after k−1 steps, holds the same arrays.
		clean := filepath.Join(t.TempDir(), "clean")
		ctx, cancel := context.WithCancel(context.Background())
		_, err = Start(ctx, c, s, clean, "test", Observer{Step: func(p Progress) {
			if p.Step == k-1 {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		if digests[k] = digest(t, dir); digests[k] != digest(t, clean) {
			t.Errorf("step %d: the checkpoint is not that of step %d", k, k-1)
		}
	}
}

// Bad steps within the allowance are skipped; one more stops the run.
func TestSkipNonFinite(t *testing.T) {
	c, s := tiny()
	c.SkipNonfinite = 1
	warned := 0
	dir, err := tampered(t, c, s, 7, float32(math.NaN()), Observer{Warn: func(name, _ string) {
		if name == "non-finite step skipped" {
			warned++
		}
	}})
	if err != nil || warned != 1 {
		t.Fatalf("got %v, %d warnings", err, warned)
	}
	store, err := ckpt.OpenReadOnly(filepath.Join(dir, checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ck, err := store.Load("last")
	if err != nil {
		t.Fatal(err)
	}
	var st State
	if err := ckpt.DecodeStrict(ck.State, &st, maxState); err != nil || st.Skipped != 1 || st.Step != 40 {
		t.Errorf("skipped %d, step %d, %v", st.Skipped, st.Step, err)
	}
}
