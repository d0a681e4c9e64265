package ckpt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// sample makes a checkpoint whose every byte follows from its step; n is the number of weights.
func sample(step int64, n int) Checkpoint {
	key := rng.New(uint64(step)).Named("sample")
	w, m := make([]float32, n), make([]float64, 3)
	key.Normal(w)
	key.Named("moments").NormalFloat64(m)
	return Checkpoint{
		Step:      step,
		Model:     []Tensor{FromFloat32s("enc/w", []int{n}, w), FromFloat32s("enc/b", []int{}, []float32{float32(step)})},
		Optimizer: []Tensor{FromFloat64s("adam/m", []int{3, 1}, m), FromInt64s("adam/t", nil, []int64{step})},
		State:     []byte(fmt.Sprintf(`{"step":%d,"beta":0.5}`, step)),
	}
}

// equal compares bytes; nil and empty shapes are the same.
func equal(a, b Checkpoint) bool {
	same := func(x, y Tensor) bool {
		return x.Name == y.Name && x.DType == y.DType && slices.Equal(x.Shape, y.Shape) && bytes.Equal(x.Data, y.Data)
	}
	return a.Step == b.Step && slices.EqualFunc(a.Model, b.Model, same) &&
		slices.EqualFunc(a.Optimizer, b.Optimizer, same) && bytes.Equal(a.State, b.State)
}

// tempDir is t.TempDir, in memory where there is such a folder: the tests that need no real disk
// would spend their time in its syncs.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ckpt")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func mustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustSave(t testing.TB, s *Store, c Checkpoint, opt SaveOptions) {
	t.Helper()
	if err := s.Save(c, opt); err != nil {
		t.Fatal(err)
	}
}

// wantLoad loads a pointer and compares.
func wantLoad(t testing.TB, s *Store, name string, want Checkpoint) {
	t.Helper()
	got, err := s.Load(name)
	if err != nil {
		t.Fatalf("load %s: %v", name, err)
	}
	if !equal(got, want) {
		t.Fatalf("load %s: got step %d with other bytes, want step %d", name, got.Step, want.Step)
	}
}

func wantSteps(t testing.TB, s *Store, want ...int64) {
	t.Helper()
	got, err := s.Steps()
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("steps: got %v, %v, want %v", got, err, want)
	}
}

// wantClean fails when something unfinished lies in the folder.
func wantClean(t testing.TB, dir string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp-*")); len(left) > 0 {
		t.Fatalf("unfinished files left: %v", left)
	}
}

func TestSavedCheckpointLoadsBitEqual(t *testing.T) {
	dir := filepath.Join(tempDir(t), "run", "checkpoints")
	s := mustOpen(t, dir)
	c := sample(10, 100)
	c.Model = append(c.Model, FromFloat32s("odd", []int{4}, []float32{float32(math.NaN()), float32(math.Inf(-1)), math.Float32frombits(0x80000000), 1e-45}))
	mustSave(t, s, c, SaveOptions{Best: true})
	wantLoad(t, s, "last", c)
	wantLoad(t, s, "best", c)
	wantLoad(t, s, "step-000000000010", c)
	again, err := s.LoadStep(10)
	if err != nil || !equal(again, c) {
		t.Fatalf("load step 10: %v", err)
	}
	names := []string{}
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		names = append(names, e.Name())
	}
	if want := []string{"best", "last", "lock", "step-000000000010"}; !reflect.DeepEqual(names, want) {
		t.Fatalf("folder: got %v, want %v", names, want)
	}
}

func TestNewestAndBestStay(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	for step := int64(1); step <= 6; step++ {
		mustSave(t, s, sample(step, 4), SaveOptions{Best: step == 2})
	}
	wantSteps(t, s, 2, 5, 6)
	wantLoad(t, s, "best", sample(2, 4))
	mustSave(t, s, sample(7, 4), SaveOptions{Best: true, Keep: 1})
	wantSteps(t, s, 7)
	mustSave(t, s, sample(8, 4), SaveOptions{Keep: -1})
	mustSave(t, s, sample(9, 4), SaveOptions{Keep: -1})
	mustSave(t, s, sample(10, 4), SaveOptions{Keep: -1})
	wantSteps(t, s, 7, 8, 9, 10)
	wantClean(t, s.dir)
}

func TestSameStepIsSavedAgain(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	mustSave(t, s, sample(5, 4), SaveOptions{Best: true})
	again := sample(5, 9) // same step, other bytes
	mustSave(t, s, again, SaveOptions{})
	wantLoad(t, s, "last", again)
	wantLoad(t, s, "best", sample(5, 4))
	got, err := s.LoadStep(5)
	if err != nil || !equal(got, again) {
		t.Fatalf("load step 5: got the older bytes or %v, want the newer", err)
	}
	third := sample(5, 2)
	mustSave(t, s, third, SaveOptions{Best: true})
	wantLoad(t, s, "best", third)
	wantSteps(t, s, 5)
	if list, _ := filepath.Glob(filepath.Join(s.dir, "step-*")); len(list) != 1 {
		t.Fatalf("folders: got %v, want the newest revision only", list)
	}
}

func TestGoingBackKeepsTheNewCourse(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	for _, step := range []int64{50, 90, 100} {
		mustSave(t, s, sample(step, 4), SaveOptions{Best: step == 50})
	}
	mustSave(t, s, sample(51, 4), SaveOptions{})
	wantLoad(t, s, "last", sample(51, 4))
	mustSave(t, s, sample(52, 4), SaveOptions{})
	wantSteps(t, s, 50, 51, 52)
	if err := os.WriteFile(filepath.Join(s.dir, "step-000000000052", "model.safetensors"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	c, skipped, err := s.LoadNewestValid()
	if err != nil || c.Step != 51 || len(skipped) != 1 {
		t.Fatalf("fall back: got step %d, %v, %v, want 51 with one skipped", c.Step, skipped, err)
	}
}

func TestNothingSavedYet(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	for _, name := range []string{"last", "best", "step-000000000003"} {
		if _, err := s.Load(name); !errors.Is(err, ErrNoCheckpoint) {
			t.Errorf("load %s: got %v, want %v", name, err, ErrNoCheckpoint)
		}
	}
	if _, _, err := s.LoadNewestValid(); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("newest: got %v, want %v", err, ErrNoCheckpoint)
	}
	if _, err := s.LoadStep(1); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("step 1: got %v, want %v", err, ErrNoCheckpoint)
	}
	for _, name := range []string{"", "../x", "lock", "/etc/passwd"} {
		if _, err := s.Load(name); err == nil {
			t.Errorf("load %q: got no error, want one", name)
		}
	}
}

func TestSaveRefusesWhatCannotBeRead(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	mustSave(t, s, sample(1, 4), SaveOptions{})
	for name, change := range map[string]func(*Checkpoint){
		"got -2, want none below 0": func(c *Checkpoint) { c.Step = -2 },
		"state":                     func(c *Checkpoint) { c.State = []byte(`{"a":1}{}`) },
		"name: got it twice":        func(c *Checkpoint) { c.Model = append(c.Model, c.Model[0]) },
		"want 16 for F32[4]":        func(c *Checkpoint) { c.Model[0].Data = c.Model[0].Data[:15] },
		"dtype":                     func(c *Checkpoint) { c.Optimizer[0].DType = "F31" },
		"reserved":                  func(c *Checkpoint) { c.Model[0].Name = "__metadata__" },
		"UTF-8":                     func(c *Checkpoint) { c.Model[0].Name = "\xff" },
		"not negative":              func(c *Checkpoint) { c.Model[0].Shape = []int{-4} },
		"axes":                      func(c *Checkpoint) { c.Model[0].Shape = make([]int, 33) },
	} {
		c := sample(2, 4)
		change(&c)
		if err := s.Save(c, SaveOptions{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %q", err, name)
		}
		wantClean(t, s.dir)
		wantLoad(t, s, "last", sample(1, 4))
	}
}

func TestEmptyStateIsAnEmptyObject(t *testing.T) {
	s := mustOpen(t, tempDir(t))
	mustSave(t, s, Checkpoint{Step: 0}, SaveOptions{})
	c, err := s.Load("last")
	if err != nil || string(c.State) != "{}" || len(c.Model) != 0 {
		t.Fatalf("got %+v, %v, want state {} and no tensors", c, err)
	}
}

func TestReadOnlyStoreLoadsBesideTheWriter(t *testing.T) {
	dir := tempDir(t)
	w := mustOpen(t, dir)
	mustSave(t, w, sample(1, 4), SaveOptions{})
	r, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	wantLoad(t, r, "last", sample(1, 4))
	if err := r.Save(sample(2, 4), SaveOptions{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("save: got %v, want %v", err, ErrReadOnly)
	}
	for step := int64(2); step < 40; step++ { // the step that r knew is long gone
		mustSave(t, w, sample(step, 4), SaveOptions{})
	}
	wantLoad(t, r, "last", sample(39, 4))
	if _, err := OpenReadOnly(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open a folder that is not there: got %v, want %v", err, os.ErrNotExist)
	}
	w.Close()
	if err := w.Save(sample(2, 4), SaveOptions{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("save after close: got %v, want %v", err, os.ErrClosed)
	}
}

// TestReaderNeverSeesAHalfStep loads while another goroutine saves and removes old steps as
// fast as it can.
func TestReaderNeverSeesAHalfStep(t *testing.T) {
	dir := tempDir(t)
	w := mustOpen(t, dir)
	mustSave(t, w, sample(1, 4), SaveOptions{Best: true})
	r, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	done := make(chan error, 1)
	go func() {
		for step := int64(2); step <= 150; step++ {
			if err := w.Save(sample(step, 4), SaveOptions{Best: step%5 == 0, Keep: 1}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	newest := map[string]int64{}
	for loads := 0; ; loads++ {
		for _, name := range []string{"last", "best"} {
			c, err := r.Load(name)
			if err != nil || c.Step < newest[name] || !equal(c, sample(c.Step, 4)) {
				t.Fatalf("%s: got step %d after %d, %v, want a whole step that is not older", name, c.Step, newest[name], err)
			}
			newest[name] = c.Step
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			wantLoad(t, r, "last", sample(150, 4))
			wantLoad(t, r, "best", sample(150, 4))
			return
		default:
		}
	}
}
