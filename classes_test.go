package elbo_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// classModels are tiny models with classes, one that is told them and one that finds them, and one that
// completes rows.
var classModels = sync.OnceValues(func() (map[string]*elbo.Model, error) {
	s, err := data.Split(data.Digits(400, rng.New(5)), nil, nil, 0)
	if err != nil {
		return nil, err
	}
	out := map[string]*elbo.Model{}
	for _, name := range []string{"cvae", "m2", "completion"} {
		c := tiny()
		if c.Model = name; name == "m2" {
			c.Labels = 40
		}
		if out[name], err = elbo.Train(context.Background(), c, s); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// classModel is one of them.
func classModel(t *testing.T, name string) *elbo.Model {
	t.Helper()
	all, err := classModels()
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}

func TestClassesAreFoundByNameOrNumber(t *testing.T) {
	m := classModel(t, "cvae")
	if !slices.Equal(m.Classes(), []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}) || !m.Conditional() || m.CodeWidth() != 3 {
		t.Errorf("got classes %v, conditional %v, codes of %d values", m.Classes(), m.Conditional(), m.CodeWidth())
	}
	if c, err := m.Class("7"); err != nil || c != 7 {
		t.Errorf("got %d, %v", c, err)
	}
	for _, bad := range []string{"10", "-1", "seven", ""} {
		if _, err := m.Class(bad); err == nil || !strings.Contains(err.Error(), "want one of 0, 1") {
			t.Errorf("%q: got error %v", bad, err)
		}
	}
	if plain := model(t); plain.Conditional() || plain.CodeWidth() != 2 {
		t.Error("a VAE makes use of classes")
	}
}

// Rows end with their class where the model wants it, and may where it finds it.
func TestRowsEndWithClasses(t *testing.T) {
	told, finds, s := classModel(t, "cvae"), classModel(t, "m2"), digits(t)
	test := s.Test.Select([]int{0, 1, 2})
	with, err := told.RowsOf(test)
	if err != nil || len(with[0]) != 785 || with[1][784] != float32(test.Labels[1]) {
		t.Fatalf("got rows of %d values, %v", len(with[0]), err)
	}
	codes, sd, err := told.Encode(t.Context(), with)
	if err != nil || len(codes[0]) != 3 || codes[2][2] != float32(test.Labels[2]) || sd[2][2] != 0 {
		t.Errorf("got codes %v with deviations %v, %v", codes, sd, err)
	}
	x, err := told.Reconstruct(t.Context(), with)
	y, err2 := told.Decode(t.Context(), codes)
	if err != nil || err2 != nil || fmt.Sprint(x) != fmt.Sprint(y) {
		t.Errorf("reconstructions are not what codes decode to: %v, %v", err, err2)
	}
	without, err := finds.RowsOf(test)
	if err != nil || len(without[0]) != 784 {
		t.Fatalf("got rows of %d values, %v", len(without[0]), err)
	}
	p, err := finds.Classify(t.Context(), without)
	if err != nil {
		t.Fatal(err)
	}
	codes, _, err = finds.Encode(t.Context(), without)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range p {
		sum, best := 0., slices.Index(q, slices.Max(q))
		for _, v := range q {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-5 || codes[i][2] != float32(best) {
			t.Errorf("row %d: probabilities %v sum to %v, code %v", i, q, sum, codes[i])
		}
	}
	given, err := finds.WithClasses(without, []int{4, -1, 9})
	if err != nil {
		t.Fatal(err)
	}
	if codes, _, err = finds.Encode(t.Context(), given); err != nil || codes[0][2] != 4 || codes[2][2] != 9 {
		t.Errorf("got codes %v, %v, want them to end with 4 and 9", codes, err)
	}
	for _, kind := range []string{elbo.ScoreELBO, elbo.ScoreNLL} {
		if v, err := told.Score(t.Context(), with, kind); err != nil || len(v) != 3 || !(v[0] > 0) {
			t.Errorf("score %s: got %v, %v", kind, v, err)
		}
	}
}

// Samples are of all classes in turn or of one; a path changes its class half-way.
func TestSamplesAndPathsHaveClasses(t *testing.T) {
	m := classModel(t, "cvae")
	all, err := m.Sample(t.Context(), 12, 3)
	if err != nil {
		t.Fatal(err)
	}
	threes, err := m.SampleOf(t.Context(), 12, 3, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if same := slices.Equal(all[i], threes[i]); same != (i%10 == 3) {
			t.Errorf("sample %d of all classes equals that of class 3: %v", i, same)
		}
	}
	path, err := m.Path("linear", []float32{0, 0, 1}, []float32{4, 8, 6}, 5)
	if want := "[[0 0 1] [1 2 1] [2 4 1] [3 6 6] [4 8 6]]"; err != nil || fmt.Sprint(path) != want {
		t.Errorf("got %v, %v, want %s", path, err, want)
	}
	if _, err := m.Decode(t.Context(), path); err != nil {
		t.Error(err)
	}
}

// Completions keep what is seen; seeds draw other codes.
func TestCompleteKeepsWhatIsSeen(t *testing.T) {
	m, s := classModel(t, "completion"), digits(t)
	x := rows(s.Test, 4)
	a, err := m.Complete(t.Context(), x, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Complete(t.Context(), x, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range x {
		for j, v := range x[i] {
			if j%28 < 14 && a[i][j] != v {
				t.Fatalf("row %d, value %d: got %v, want %v as seen", i, j, a[i][j], v)
			}
		}
		if slices.Equal(a[i], b[i]) {
			t.Errorf("row %d: two seeds complete it alike", i)
		}
	}
}

func TestMistakesWithClassesAreErrors(t *testing.T) {
	told, finds, plain, s := classModel(t, "cvae"), classModel(t, "m2"), model(t), digits(t)
	ctx, x := t.Context(), rows(s.Test, 2)
	unlabelled, other := *s.Test, *s.Test
	unlabelled.Labels, unlabelled.Classes = nil, nil
	other.Classes = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	ended := func(class float32) [][]float32 { return [][]float32{append(slices.Clone(x[0]), class)} }
	for want, call := range map[string]func() error{
		"row 0: got 784 values, want 785":             func() error { _, _, err := told.Encode(ctx, x); return err },
		"row 0: got 3 values, want 784, or 785":       func() error { _, err := finds.Classify(ctx, [][]float32{{1, 2, 3}}); return err },
		"row 0: class: got -1":                        func() error { _, _, err := told.Encode(ctx, ended(-1)); return err },
		"row 0: class: got 10, want a whole number":   func() error { _, err := finds.Classify(ctx, ended(10)); return err },
		"row 0: class: got 1.5":                       func() error { _, _, err := told.Encode(ctx, ended(1.5)); return err },
		"code 0: class: got 11":                       func() error { _, err := told.Decode(ctx, [][]float32{{0, 0, 11}}); return err },
		"code 0: got 2 values, want 3":                func() error { _, err := told.Decode(ctx, [][]float32{{0, 0}}); return err },
		"model cvae wants the class of each row":      func() error { _, err := told.RowsOf(&unlabelled); return err },
		`class: got "`:                                func() error { _, err := told.RowsOf(&other); return err },
		"model vae makes no use of classes: got rows": func() error { _, err := plain.WithClasses(x, []int{1, 2}); return err },
		"classes: got 1 of 2 rows":                    func() error { _, err := told.WithClasses(x, []int{1}); return err },
		"model cvae finds no classes":                 func() error { _, err := told.Classify(ctx, x); return err },
		"sample: model vae makes no use":              func() error { _, err := plain.SampleOf(ctx, 1, 1, 1); return err },
		"sample 0: class: got 10":                     func() error { _, err := told.SampleOf(ctx, 1, 10, 1); return err },
		"sample: got 0 rows":                          func() error { _, err := told.SampleOf(ctx, 0, 1, 1); return err },
		"model vae completes no rows":                 func() error { _, err := plain.Complete(ctx, x, 1); return err },
		"path: got codes of 2 and 3 values, want 3":   func() error { _, err := told.Path("linear", []float32{0, 0}, []float32{0, 0, 1}, 3); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
