package train

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// One run gives the same bits on 1, 2, 4 and 8 threads.
func TestThreadsDoNotChangeABit(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	seen := map[string]int{}
	for _, n := range []int{1, 2, 4, 8} {
		runtime.GOMAXPROCS(n)
		c, s := tiny()
		c.Hidden = []int{64}
		_, dir := start(t, c, s, Observer{})
		seen[digest(t, dir)]++
	}
	if len(seen) != 1 {
		t.Errorf("%d distinct results, want 1", len(seen))
	}
}

// Two seeds differ, one seed repeats.
func TestSeedDecides(t *testing.T) {
	var got []string
	for _, seed := range []uint64{1, 1, 2} {
		c, s := tiny()
		c.Epochs, c.Seed = 1, seed
		_, dir := start(t, c, s, Observer{})
		got = append(got, digest(t, dir))
	}
	if got[0] != got[1] || got[0] == got[2] {
		t.Errorf("seeds 1, 1, 2 gave %v", got)
	}
}

// Every epoch uses every row once, in an order of its own, and the last batch is smaller.
func TestEpochUsesEveryRowOnce(t *testing.T) {
	c, s := tiny()
	for i := range s.Train.Len() { // the first pixel names the row
		s.Train.X[i*16] = float32(i) / 256
	}
	c.Likelihood, c.Binarize, c.Epochs = "gaussian", "none", 2
	c = c.Resolve(s.Train)
	tr, err := newTrainer(c, s, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	var sizes []int
	tr.tamper = func(_ int64, x []float32) {
		sizes = append(sizes, len(x)/16)
		for i := 0; i < len(x); i += 16 {
			order = append(order, int(math.Round(float64(x[i])*256)))
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	info := describe(c, s, "test", "test")
	if _, err := tr.in(context.Background(), dir, info, create); err != nil {
		t.Fatal(err)
	}
	first, second := slices.Clone(order[:150]), slices.Clone(order[150:])
	if slices.Equal(first, second) {
		t.Error("both epochs have one order")
	}
	for _, e := range [][]int{first, second} {
		slices.Sort(e)
		for i, v := range e {
			if v != i {
				t.Fatalf("row %d is missing or double", i)
			}
		}
	}
	if len(sizes) != 20 || sizes[9] != 150-9*16 || sizes[0] != 16 {
		t.Errorf("batch sizes %v", sizes)
	}
}

// Early stopping counts epochs since the best validation bound; epochs before β has reached
// its value do not compete.
func TestEarlyStopping(t *testing.T) {
	plan, net := timetable{stages: []vae.Stage{{Share: 1}}, ends: []int{100}}, &vae.Network{Name: "vae"}
	tr := &trainer{cfg: Config{Epochs: 100, Patience: 2, Beta: 1}, plan: plan, net: net}
	for i, c := range []struct {
		beta, bound   float64
		best, stopped bool
	}{
		{.5, -10, false, false}, // still rising: does not compete
		{1, -50, true, false},
		{1, -40, true, false},
		{1, -45, false, false},
		{1, -39, true, false},
		{1, -39, false, false}, // not better
		{1, -60, false, true},
	} {
		best := tr.judge(vi.Epoch{Epoch: i + 1, Beta: c.beta, Valid: vi.Record{Bound: c.bound}})
		tr.state.Epoch++
		if best != c.best || tr.state.Stopped != c.stopped {
			t.Errorf("epoch %d: best %v, stopped %v, want %v, %v", i+1, best, tr.state.Stopped, c.best, c.stopped)
		}
	}
	if tr.state.Best.Epoch != 5 || tr.state.Best.Bound != -39 {
		t.Errorf("best %+v", tr.state.Best)
	}
	// A run whose β never settles still ends with a best epoch.
	plan.ends = []int{1}
	tr = &trainer{cfg: Config{Epochs: 1, Beta: 1}, plan: plan, net: net}
	if !tr.judge(vi.Epoch{Epoch: 1, Beta: .3}) {
		t.Error("the only epoch is not the best")
	}
}

// The result of a run is that of its best epoch, not of its last.
func TestResultIsTheBestEpoch(t *testing.T) {
	c, s := tiny()
	c.BetaSchedule, c.LR, c.Epochs = "constant", .5, 6 // a rate that ruins later epochs
	run, dir := start(t, c, s, Observer{})
	best := run.Outcome.Best
	for _, e := range run.History {
		if e.Valid.Bound > best.Bound {
			t.Errorf("epoch %d has %.2f, the best %.2f", e.Epoch, e.Valid.Bound, best.Bound)
		}
	}
	again, err := Load(dir, "best", "")
	if err != nil {
		t.Fatal(err)
	}
	if again.State.Step != best.Step {
		t.Errorf("loaded step %d, want %d", again.State.Step, best.Step)
	}
	if err := again.WithData(context.Background()); err == nil {
		t.Error("opened data that are not registered")
	}
	again.Rows = run.Rows
	o, err := again.Evaluate(context.Background(), 2)
	if err != nil || o.Test.Bound != run.Outcome.Test.Bound {
		t.Errorf("re-evaluated bound %v, %v, want %v", o.Test.Bound, err, run.Outcome.Test.Bound)
	}
}

// On a full disk a run goes on, and fails at its end because the last save failed.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system: %s", out)
	}
	defer exec.Command("umount", dir).Run()
	c, s := tiny()
	c.Epochs, c.SaveEvery, c.Hidden = 20, 10, []int{64}
	filler := filepath.Join(dir, "filler")
	var warnings []string
	steps := int64(0)
	obs := Observer{
		Step: func(p Progress) {
			if steps = p.Step; steps == 50 {
				_ = os.WriteFile(filler, make([]byte, 4<<20), 0o644)
			}
		},
		Warn: func(name, detail string) { warnings = append(warnings, name+": "+detail) },
	}
	run := filepath.Join(dir, "run")
	_, err := Start(context.Background(), c, s, run, "test", obs)
	if err == nil || !strings.Contains(err.Error(), "no space left") || steps != 200 {
		t.Fatalf("after %d steps: %v, want 200 steps and an error of the last save", steps, err)
	}
	if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "checkpoint not saved") }) {
		t.Errorf("warnings: %v", warnings)
	}
	store, err := ckpt.OpenReadOnly(filepath.Join(run, checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	if old, err := store.Load("last"); err != nil || old.Step > 50 {
		t.Errorf("an earlier checkpoint: step %d, %v", old.Step, err)
	}
	store.Close()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(context.Background(), run, s, nil, Observer{}); err != nil {
		t.Errorf("resume once there is space: %v", err)
	}
	_, want := start(t, c, s, Observer{})
	if digest(t, run) != digest(t, want) {
		t.Error("parameters differ from those of a run with space")
	}
}

// A second process on one run is refused while the first holds it.
func TestOneRunOneProcess(t *testing.T) {
	c, s := tiny()
	_, dir := start(t, c, s, Observer{})
	store, err := ckpt.Open(filepath.Join(dir, checkpoints))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err = Resume(context.Background(), dir, s, nil, Observer{}); !errors.Is(err, ckpt.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
}

// Values outside a likelihood's support, ragged parts and empty parts are errors that say so.
func TestPrepareChecksTheData(t *testing.T) {
	bad := func(edit func(*data.Splits, *Config)) error {
		c, s := tiny()
		c = c.Resolve(s.Train)
		edit(s, &c)
		_, err := prepare(c, s)
		return err
	}
	for name, edit := range map[string]func(*data.Splits, *Config){
		"above one":   func(s *data.Splits, _ *Config) { s.Train.X[5] = 1.5 },
		"NaN":         func(s *data.Splits, c *Config) { s.Valid.X[5] = float32(math.NaN()); c.Binarize = "none" },
		"other shape": func(s *data.Splits, _ *Config) { s.Test.Shape = []int{2, 2} },
		"no rows":     func(s *data.Splits, _ *Config) { s.Valid.X = nil },
		"not 8-bit": func(s *data.Splits, c *Config) {
			c.Likelihood, c.Binarize = "discretized-logistic", "none"
		},
		"unknown mode": func(_ *data.Splits, c *Config) { c.Binarize = "sometimes" },
	} {
		if err := bad(edit); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := bad(func(*data.Splits, *Config) {}); err != nil {
		t.Errorf("good data: %v", err)
	}
}

// Dynamic binarisation draws new bits at every step and the same bits when a step is repeated.
func TestDynamicBatches(t *testing.T) {
	c, s := tiny()
	rows, err := prepare(c.Resolve(s.Train), s)
	if err != nil {
		t.Fatal(err)
	}
	draw := func(step uint64) []float32 {
		x := make([]float32, 16*16)
		rows.batch(x, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, rng.New(1).At(step))
		return x
	}
	if a, b := draw(1), draw(1); !slices.Equal(a, b) {
		t.Error("one step, two binarisations")
	}
	if a, b := draw(1), draw(2); slices.Equal(a, b) {
		t.Error("two steps, one binarisation")
	}
	if !data.IsBinary(draw(3)) || !data.IsBinary(rows.TestX) || data.IsBinary(rows.TrainX) {
		t.Error("binary rows are not where they should be")
	}
}

// The rows of a batch have the bits that package data gives them, wherever its keys change.
func TestBatchesAreBinarisedAsDataSays(t *testing.T) {
	for _, c := range []struct{ dim, rows int }{{1, 1}, {3, 700}, {784, 5}, {1024, 2}, {1025, 3}, {5000, 1}} {
		grey := make([]float32, 7*c.rows*c.dim)
		rng.New(3).Uniform(grey)
		r := &Rows{Dim: c.dim, TrainX: grey, Mode: data.BinarizeDynamic, dynamic: true}
		chosen := rng.New(4).Perm(7 * c.rows)[:c.rows]
		got, want := make([]float32, c.rows*c.dim), make([]float32, c.rows*c.dim)
		r.batch(got, chosen, rng.New(5))
		for i, row := range chosen {
			copy(want[i*c.dim:], grey[row*c.dim:(row+1)*c.dim])
		}
		r.dynamic = false
		plain := make([]float32, len(want))
		if r.batch(plain, chosen, rng.New(5)); !slices.Equal(plain, want) {
			t.Errorf("%+v: the rows are not those that were chosen", c)
		}
		if err := r.Mode.Apply(want, want, rng.New(5)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got other bits than data's", c)
		}
	}
}
