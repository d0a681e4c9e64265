package train

import (
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// counted counts the classes of labels, those that are not known last.
func counted(labels []int32, classes int) []int {
	out := make([]int, classes+1)
	for _, c := range labels {
		if c < 0 {
			c = int32(classes)
		}
		out[c]++
	}
	return out
}

// Of 60 rows in three classes of 40, 15 and 5, n keep their class: equally many of each, one more of
// some where that does not come out even, and all of a class that has too few. The seed decides which.
func TestShownClassesAreBalancedAndReproducible(t *testing.T) {
	var labels []int32
	for i, n := range []int{40, 15, 5} {
		labels = append(labels, slices.Repeat([]int32{int32(i)}, n)...)
	}
	for n, want := range map[int][]int{3: {1, 1, 1, 57}, 12: {4, 4, 4, 48}, 25: {10, 10, 5, 35}, 60: {40, 15, 5, 0}} {
		got, err := shown(labels, 3, n, rng.New(1))
		if err != nil {
			t.Fatal(err)
		}
		if c := counted(got, 3); !slices.Equal(c, want) {
			t.Errorf("%d of 60: got %v, want %v", n, c, want)
		}
		for i, c := range got {
			if c >= 0 && c != labels[i] {
				t.Fatalf("row %d: got class %d, want %d", i, c, labels[i])
			}
		}
		again, _ := shown(labels, 3, n, rng.New(1))
		if !slices.Equal(got, again) {
			t.Errorf("%d of 60: another draw with equal keys", n)
		}
	}
	uneven, err := shown(labels, 3, 14, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	c := counted(uneven, 3)
	if slices.Max(c[:3]) != 5 || slices.Min(c[:3]) != 4 {
		t.Errorf("14 of 60: got %v, want 4 or 5 of each", c)
	}
	a, _ := shown(labels, 3, 12, rng.New(1))
	b, _ := shown(labels, 3, 12, rng.New(2))
	if slices.Equal(a, b) {
		t.Error("two seeds show the same rows")
	}
	for _, n := range []int{2, 61} {
		if _, err := shown(labels, 3, n, rng.New(1)); err == nil || !strings.Contains(err.Error(), "want 3 (one of each class) to 60") {
			t.Errorf("%d of 60: got error %v", n, err)
		}
	}
	if got, err := shown(labels, 7, 3, rng.New(1)); err != nil || counted(got, 7)[0] != 1 {
		t.Errorf("classes without rows: got %v, %v", got, err)
	}
}

// labelledRows prepares the rows of a model on striped images of four classes.
func labelledRows(t *testing.T, name, binarize string, labels int) *Rows {
	t.Helper()
	c, s := tinyFor(name)
	c.Binarize, c.Labels = binarize, labels
	r, err := prepare(c.Resolve(s.Train), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ends are the classes at the end of rows.
func ends(r *Rows, x []float32) (out []int32) {
	for i := r.Dim - 1; i < len(x); i += r.Dim {
		out = append(out, int32(x[i]))
	}
	return out
}

// However pixels become bits, the classes at the end of rows stay, in whole parts and in batches.
func TestBinarisationLeavesClassesAlone(t *testing.T) {
	for _, mode := range []string{"none", "dynamic", "static", "threshold"} {
		r := labelledRows(t, "cvae", mode, 0)
		if r.Dim != 17 {
			t.Fatalf("rows of %d values, want 17", r.Dim)
		}
		s := r.Splits
		for name, part := range map[string]struct {
			x    []float32
			want []int32
		}{"train": {r.TrainX, s.Train.Labels}, "valid": {r.ValidX, s.Valid.Labels}, "test": {r.TestX, s.Test.Labels}} {
			if !slices.Equal(ends(r, part.x), part.want) {
				t.Errorf("%s, %s: got classes %v", mode, name, ends(r, part.x))
			}
		}
		rows := []int{5, 0, 11, 3}
		batch := make([]float32, len(rows)*r.Dim)
		r.batch(batch, rows, rng.New(1))
		for i, c := range ends(r, batch) {
			if c != s.Train.Labels[rows[i]] {
				t.Errorf("%s: row %d of a batch: got class %d, want %d", mode, i, c, s.Train.Labels[rows[i]])
			}
		}
		if mode != "none" && !r.Binary() || mode == "none" && r.Binary() {
			t.Errorf("%s: got binary %v", mode, r.Binary())
		}
	}
}

// A model that finds classes sees those of the training rows that show them, and none of the rows that
// judge it.
func TestModelsThatFindClassesAreJudgedWithoutThem(t *testing.T) {
	r := labelledRows(t, "m2", "dynamic", 8)
	if c := counted(ends(r, r.TrainX), 4); !slices.Equal(c[:4], []int{2, 2, 2, 2}) {
		t.Errorf("training rows: got %v, want two of each class", c)
	}
	for _, x := range [][]float32{r.ValidX, r.TestX} {
		for _, c := range ends(r, x) {
			if c != unknown {
				t.Fatalf("a row that judges shows its class %d", c)
			}
		}
	}
}

// Beside its rows a step has rows that show their class, from the classes in turn; over a pass each of
// them comes up equally often.
func TestStepsHaveLabelledRowsBesideTheirOwn(t *testing.T) {
	r := labelledRows(t, "m2", "dynamic", 12)
	times := map[int]int{}
	for step := range int64(6) {
		rows := r.with([]int{1, 2, 3}, 8, step, rng.New(4))
		if !slices.Equal(rows[:3], []int{1, 2, 3}) || len(rows) != 11 {
			t.Fatalf("step %d: got rows %v", step, rows)
		}
		perClass := make([]int, 4)
		for _, i := range rows[3:] {
			times[i]++
			perClass[r.Splits.Train.Labels[i]]++
		}
		if !slices.Equal(perClass, []int{2, 2, 2, 2}) {
			t.Errorf("step %d: got %v of each class, want 2", step, perClass)
		}
		if again := r.with([]int{1, 2, 3}, 8, step, rng.New(4)); !slices.Equal(again, rows) {
			t.Errorf("step %d: got %v, then %v", step, rows, again)
		}
	}
	if len(times) != 12 {
		t.Errorf("got %d rows, want the 12 that show their class", len(times))
	}
	for i, n := range times {
		if n != 4 {
			t.Errorf("row %d: came up %d times in 48, want 4", i, n)
		}
	}
	if rows := r.with([]int{1}, 0, 0, rng.New(1)); len(rows) != 1 {
		t.Errorf("none beside: got %v", rows)
	}
}

// What cannot be is one clear error.
func TestClassesThatAreMissingAreErrors(t *testing.T) {
	for _, c := range []struct {
		model  string
		labels int
		drop   bool
		want   string
	}{
		{"cvae", 0, true, "--label"},
		{"m2", 0, true, "--label"},
		{"vae", 10, false, "labels: got 10 for model vae, want 0"},
		{"cvae", 8, false, "labels: got 8 for model cvae, want 0: it needs the class of every row"},
		{"m2", 3, false, "labels: got 3, want 4 (one of each class)"},
		{"m2", 1e6, false, "labels: got 1000000, want 4"},
		{"m2", -1, false, "labels: got -1"},
	} {
		cfg, s := tinyFor(c.model)
		cfg.Labels = c.labels
		if c.drop {
			for _, part := range []*data.Set{s.Train, s.Valid, s.Test} {
				part.Labels, part.Classes = nil, nil
			}
		}
		_, err := Start(t.Context(), cfg, s, filepath.Join(t.TempDir(), "run"), "test", Observer{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %d labels: got error %v, want %q", c.model, c.labels, err, c.want)
		}
	}
}

// The history and the outcome tell how many classes are missed; a run that is interrupted ends with the
// bits of one that is not.
func TestRunsThatFindClassesReportTheirErrorsAndResume(t *testing.T) {
	for _, name := range []string{"m2", "m1-m2"} {
		c, s := tinyFor(name)
		c.Labels, c.LR, c.Epochs = 8, 1e-2, 4
		want, got := trace{}, trace{}
		run, whole := start(t, c, s, want.observer())
		dir := filepath.Join(t.TempDir(), "run")
		if err := runUntil(c, dir, true, got, []int{7}); err == nil {
			t.Fatal("not interrupted")
		}
		if err := runUntil(c, dir, false, got, nil); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || digest(t, whole) != digest(t, dir) {
			t.Errorf("%s: the resumed run differs from the whole one", name)
		}
		last := run.History[len(run.History)-1]
		if last.ErrorRate == nil || *last.ErrorRate < 0 || *last.ErrorRate > 1 || run.Outcome.ErrorRate == nil {
			t.Fatalf("%s: got error rates %v and %v", name, last.ErrorRate, run.Outcome.ErrorRate)
		}
		for _, e := range run.History {
			if (e.ErrorRate != nil) != (e.Stage == last.Stage) {
				t.Errorf("%s: epoch %d of stage %s: got the error rate %v, want one in the last stage alone", name, e.Epoch, e.Stage, e.ErrorRate)
			}
		}
		p, err := run.Net.Classify(t.Context(), run.Rows.TestX)
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0.
		for i, q := range data.Rows(p, 4) {
			if largest(q) != int(s.Test.Labels[i]) {
				wrong++
			}
		}
		if want := wrong / float64(s.Test.Len()); *run.Outcome.ErrorRate != want {
			t.Errorf("%s: got error rate %v, want %v", name, *run.Outcome.ErrorRate, want)
		}
	}
}

// Rows whose class is blank count as unlabelled: of a model that finds classes they show none, errors are
// counted over the rows that have one, and more labels than there are is a mistake. A model that
// wants the class of each row refuses them with their number.
func TestRowsWithoutAClassAreUnlabelled(t *testing.T) {
	key := rng.New(3).Named("crescents")
	s := &data.Splits{Train: crescents(120, key.Named("train")), Valid: crescents(40, key.Named("valid")), Test: crescents(40, key.Named("test"))}
	for i := range s.Train.Labels {
		if i%10 > 1 { // 24 keep theirs
			s.Train.Labels[i] = unknown
		}
	}
	for i := range s.Test.Labels {
		if i >= 5 {
			s.Test.Labels[i] = unknown
		}
	}
	c := Default()
	c.Model, c.Epochs, c.Batch, c.Hidden, c.Latent = "m2", 2, 20, []int{8}, 1
	run, _ := start(t, c, s, Observer{})
	shown := 0
	for _, l := range ends(run.Rows, run.Rows.TrainX) {
		if l != unknown {
			shown++
		}
	}
	if rate := run.Outcome.ErrorRate; shown != 24 || rate == nil || math.Abs(*rate*5-math.Round(*rate*5)) > 1e-12 {
		t.Errorf("got %d rows that show their class and the error rate %v, want 24 and fifths", shown, rate)
	}
	c.Labels = 25
	if err := c.Resolve(s.Train).CheckClasses(s); err == nil || !strings.Contains(err.Error(), "labels: got 25, want 2 (one of each class) to 24") {
		t.Errorf("25 labels: got %v", err)
	}
	c.Labels = 24
	if err := c.Resolve(s.Train).CheckClasses(s); err != nil {
		t.Errorf("24 labels: %v", err)
	}
	c.Model, c.Labels = "cvae", 0
	if err := c.Resolve(s.Train).CheckClasses(s); err == nil || !strings.Contains(err.Error(), "got 96 of 120 rows of crescents without a class") {
		t.Errorf("cvae: got %v, want an error with their number", err)
	}
	for i := range s.Test.Labels {
		s.Test.Labels[i] = unknown
	}
	c.Model = "m2"
	run, _ = start(t, c, s, Observer{})
	if run.Outcome.ErrorRate != nil {
		t.Errorf("no test row has a class: got the error rate %v, want none", *run.Outcome.ErrorRate)
	}
}
