package ckpt

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/atomicfile/crashfs"
	"github.com/elbo-go/elbo/internal/rng"
)

// course is what the simulated run saves, in order: a best step that gets old, a step saved
// twice, a run that goes back, and retention throughout.
var course = []struct {
	step int64
	size int
	best bool
}{{10, 2, true}, {20, 2, false}, {30, 2, false}, {30, 3, true}, {40, 2, false}, {35, 2, false}, {36, 2, true}}

// courseSample caches sample, which is most of the time otherwise.
var courseSample = func() func(int64, int) Checkpoint {
	made := map[[2]int64]Checkpoint{}
	return func(step int64, n int) Checkpoint {
		key := [2]int64{step, int64(n)}
		if _, ok := made[key]; !ok {
			made[key] = sample(step, n)
		}
		return made[key]
	}
}()

// saves runs the course until an error and returns how many saves were acknowledged.
func saves(s *Store) int {
	for i, c := range course {
		if s.Save(courseSample(c.step, c.size), SaveOptions{Best: c.best}) != nil {
			return i
		}
	}
	return len(course)
}

// latest is the checkpoint of the last of the first n saves, or of the last best one; ok is
// false when there is none.
func latest(n int, best bool) (c Checkpoint, ok bool) {
	for _, x := range course[:n] {
		if !best || x.best {
			c, ok = courseSample(x.step, x.size), true
		}
	}
	return c, ok
}

// lossReport counts what a power loss did to acknowledged saves.
type lossReport struct{ cases, disks, lost, corrupt int }

// lossCases cuts the power after every operation of the course and inspects what is left.
func lossCases(t *testing.T, broken crashfs.Broken, kept []int, seeds int) (r lossReport) {
	t.Helper()
	shown := false
	known := map[string][]error{} // equal disks need one look
	for crash := 0; ; crash++ {
		f := crashfs.New()
		f.Broken, f.CrashAfter = broken, crash
		acked := saves(&Store{fsys: f})
		for _, k := range kept {
			for seed := range seeds {
				after := f.PowerLoss(k, rng.New(uint64(seed)).At(uint64(crash)).Rand())
				key := fmt.Sprint(acked, after.Image())
				if _, ok := known[key]; !ok {
					known[key] = inspect(after, acked)
				}
				for _, fault := range known[key] {
					if errors.Is(fault, ErrCorrupt) {
						r.corrupt++
					} else {
						r.lost++
					}
					if !shown && broken == (crashfs.Broken{}) {
						shown = true
						t.Errorf("crash after operation %d (%v), %d%% kept, seed %d, %d acknowledged: %v",
							crash, f.Ops[max(0, len(f.Ops)-1):], k, seed, acked, fault)
					}
				}
				r.cases++
			}
		}
		if acked == len(course) {
			r.disks = len(known)
			return r
		}
	}
}

// inspect opens what a power loss left and returns the promises that do not hold: last and best
// are those acknowledged or the one in flight, and the run can go on.
func inspect(f *crashfs.FS, acked int) (faults []error) {
	s := &Store{fsys: f}
	if err := s.sweep(); err != nil {
		return []error{err}
	}
	inFlight := false // last names the save that was not acknowledged
	for _, name := range []string{"last", "best"} {
		best := name == "best"
		got, err := s.Load(name)
		want, ok := latest(acked, best)
		if best && inFlight && course[acked].best {
			want, ok = latest(acked+1, true)
		}
		if err == nil && ok && equal(got, want) || errors.Is(err, ErrNoCheckpoint) && !ok {
			continue
		}
		if next, _ := latest(min(acked+1, len(course)), best); err == nil && equal(got, next) {
			inFlight = true
			continue
		}
		if err == nil {
			err = fmt.Errorf("got step %d, want %d", got.Step, want.Step)
		}
		faults = append(faults, fmt.Errorf("%s: %w", name, err))
	}
	last, lastErr := s.Load("last")
	if newest, _, err := s.LoadNewestValid(); fmt.Sprint(err) != fmt.Sprint(lastErr) || !equal(newest, last) {
		faults = append(faults, fmt.Errorf("newest: got step %d, %w, want %d, %v", newest.Step, err, last.Step, lastErr))
	}
	steps, err := s.Steps()
	if err != nil {
		return append(faults, err)
	}
	for _, step := range steps { // a folder with its final name is whole
		if _, err := s.LoadStep(step); err != nil {
			faults = append(faults, err)
		}
	}
	next := courseSample(99, 2)
	if err := s.Save(next, SaveOptions{}); err != nil {
		return append(faults, err)
	}
	if got, err := s.Load("last"); err != nil || !equal(got, next) {
		faults = append(faults, fmt.Errorf("the next save: got step %d, %w", got.Step, err))
	}
	return faults
}

func TestCrashPointsLoseNothing(t *testing.T) {
	r := lossCases(t, crashfs.Broken{}, []int{0, 50, 100}, seedsFor(100))
	t.Logf("%d cases, %d different disks, %d lost, %d corrupt", r.cases, r.disks, r.lost, r.corrupt)
	if r.lost > 0 || r.corrupt > 0 || r.cases < 300*seedsFor(100) {
		t.Errorf("got %+v, want nothing lost or corrupt", r)
	}
}

// seedsFor is fewer under -short.
func seedsFor(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

func TestCrashPointsSeeEachMissingSync(t *testing.T) {
	for _, broken := range []crashfs.Broken{{FileSync: true}, {DirSync: true}, {ParentSync: true}} {
		r := lossCases(t, broken, []int{0, 50, 100}, 3)
		t.Logf("%+v: %+v", broken, r)
		if r.lost+r.corrupt == 0 {
			t.Errorf("%+v: got no fault in %d cases, want some: the test cannot see a sync left out", broken, r.cases)
		}
	}
}

// TestAnyFailingOperationLeavesEarlierSteps lets each operation of a save fail once, as a full or broken disk does.
func TestAnyFailingOperationLeavesEarlierSteps(t *testing.T) {
	full := errors.New("no space left on device")
	failures, stages := 0, map[[2]int64]int{} // steps of last and best → times seen
	for at := 0; ; at++ {
		f := crashfs.New()
		s := &Store{fsys: f}
		mustSave(t, s, sample(1, 4), SaveOptions{Best: true})
		mustSave(t, s, sample(2, 4), SaveOptions{})
		mustSave(t, s, sample(3, 4), SaveOptions{})
		start, failed := len(f.Ops), crashfs.Op{}
		f.Hook = func(op crashfs.Op) error {
			if failed.Kind == "" && len(f.Ops) == start+at {
				failed = op
				return full
			}
			return nil
		}
		err := s.Save(sample(4, 4), SaveOptions{Best: true})
		if failed.Kind == "" {
			break
		}
		failures++
		if !errors.Is(err, full) {
			t.Fatalf("%v: got %v, want the disk's error", failed, err)
		}
		last, lerr := s.Load("last")
		best, berr := s.Load("best")
		stage := [2]int64{last.Step, best.Step}
		if lerr != nil || berr != nil || stage != [2]int64{3, 1} && stage != [2]int64{3, 4} && stage != [2]int64{4, 4} {
			t.Fatalf("%v: got last %d, %v, best %d, %v, want the steps before", failed, last.Step, lerr, best.Step, berr)
		}
		stages[stage]++
		wantNoTemp(t, f, failed)
		mustSave(t, s, sample(5, 4), SaveOptions{})
		if got, err := s.Load("last"); err != nil || got.Step != 5 {
			t.Fatalf("%v: the next save: got step %d, %v", failed, got.Step, err)
		}
	}
	if failures < 30 || stages[[2]int64{3, 1}] < failures/2 || len(stages) != 3 {
		t.Errorf("failing operations: got %d, steps of last and best %v, want 30 or more, mostly those before", failures, stages)
	}
}

// wantNoTemp fails when something unfinished is left; a failed removal itself may leave it.
func wantNoTemp(t *testing.T, f *crashfs.FS, failed crashfs.Op) {
	t.Helper()
	list, err := f.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if strings.Contains(e.Name(), tempMark) && !strings.Contains(failed.Name, tempMark+"old") && failed.Kind != "syncdir" {
			t.Errorf("%v: %s left", failed, e.Name())
		}
	}
}
