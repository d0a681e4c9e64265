package data

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, spec Spec) *Splits {
	t.Helper()
	s, err := Open(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeText(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGeneratedSetsOpenByName(t *testing.T) {
	for _, i := range List() {
		if !i.Generated {
			continue
		}
		s := open(t, Spec{Name: i.Name})
		if n := s.Train.Len() + s.Valid.Len(); n != i.Train || s.Test.Len() != i.Test {
			t.Errorf("%s: %d and %d rows, want %d and %d", i.Name, n, s.Test.Len(), i.Train, i.Test)
		}
		if want := min(2000, i.Train/10); s.Valid.Len() != want {
			t.Errorf("%s: %d validation rows, want %d", i.Name, s.Valid.Len(), want)
		}
		for _, part := range []*Set{s.Train, s.Valid, s.Test} {
			if part.Name != i.Name || !slices.Equal(part.Shape, i.Shape) || len(part.Classes) != i.Classes {
				t.Errorf("%s: got name %q, shape %v, %d classes", i.Name, part.Name, part.Shape, len(part.Classes))
			}
			for j, v := range part.X {
				if len(i.Shape) > 1 && !(v >= 0 && v <= 1) {
					t.Fatalf("%s: value %d is %v, want 0 to 1", i.Name, j, v)
				}
			}
		}
		if len(i.Shape) == 1 { // whose standardisation follows the rows that are kept
			s = open(t, Spec{Name: i.Name, Raw: true})
		}
		small := open(t, Spec{Name: i.Name, MaxRows: 7, Raw: true})
		if !slices.Equal(small.Train.X, s.Train.X[:len(small.Train.X)]) || small.Train.Len() != 7 {
			t.Errorf("%s: a row limit is not a prefix of the whole", i.Name)
		}
	}
}

func TestDroppedColumnsAreLeftOutWithWhateverTheyHold(t *testing.T) {
	text := "a,when,b\n"
	for i := range 20 {
		text += fmt.Sprintf("%d,monday,%d\n", i, i%3)
	}
	path := writeText(t, filepath.Join(t.TempDir(), "t.csv"), text)
	s := open(t, Spec{Name: path, Drop: []string{"when"}})
	if c := s.Train.Columns; len(c) != 2 || c[0].Name != "a" || c[1].Name != "b" {
		t.Errorf("got columns %v, want a and b", c)
	}
	again := open(t, Spec{Name: path, Drop: []string{"when"}, Columns: s.Train.Columns})
	if !slices.Equal(s.Train.X, again.Train.X) {
		t.Error("the stored columns give other rows")
	}
	if _, err := Open(t.Context(), Spec{Name: "moons", Drop: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "columns to drop") {
		t.Errorf("a generated set: got %v, want a refusal", err)
	}
}

// The rows of generated sets are part of what results mean: a change must be deliberate. Pixels
// have 256 levels, so that the digests hold on processors that fuse multiply and add.
func TestGeneratedSetsAreFrozen(t *testing.T) {
	for name, want := range map[string]string{
		"noisy-cubic": "efadddca0af95ceb", "digits": "b57162a8b1c267c8", "moons": "0804df654e96cb04", "moons-gap": "874ed69446099b9f", "phantoms": "fa94b51cc33676c0", "shapes32": "5210558a242725ba", "sprites": "b554a795263f350f",
	} {
		if got := open(t, Spec{Name: name, MaxRows: 200, Raw: true}).Train.Fingerprint()[:16]; got != want {
			t.Errorf("%s: fingerprint %s, want %s", name, got, want)
		}
	}
}

func TestOpenSaysWhatAWrongNameMayMean(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, `data: open: got no name, want a path or one of digits, moons`},
		{Spec{Name: "mnits"}, `(did you mean mnist?)`},
		{Spec{Name: "mnits"}, `data: open: got "mnits", want a path or one of digits, `},
		{Spec{Name: "nothing-like-it"}, `frey-faces, mnist`},
		{Spec{Name: filepath.Join(dir, "none.csv")}, "none.csv: no such file"},
		{Spec{Name: "digits", MaxRows: -1}, "rows: got -1"},
		{Spec{Name: "digits", Label: "class"}, "data: digits: got a label"},
		{Spec{Name: "digits", Columns: []Column{{"a", 0, 1}}}, "stored columns"},
	} {
		if _, err := Open(context.Background(), c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.spec, err, c.want)
		}
	}
	if _, err := Open(context.Background(), Spec{Name: "nothing-like-it"}); strings.Contains(err.Error(), "did you mean") {
		t.Errorf("got %v, want no guess", err)
	}
}

// table writes n rows: x = row number, big = 1.6e9 + row number, class.
func table(t *testing.T, n int) string {
	var b strings.Builder
	b.WriteString("x,big,class\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d,%s\n", i, 1_600_000_000+i, []string{"no", "yes"}[2*i/n])
	}
	return writeText(t, filepath.Join(t.TempDir(), "t.csv"), b.String())
}

func moments(s *Set, j int) (mean, sd float64) {
	d, n := s.Dim(), float64(s.Len())
	for i := range s.Len() {
		mean += float64(s.X[i*d+j]) / n
	}
	for i := range s.Len() {
		e := float64(s.X[i*d+j]) - mean
		sd += e * e / n
	}
	return mean, math.Sqrt(sd)
}

func TestTablesAreStandardisedByTrainingRowsAlone(t *testing.T) {
	path := table(t, 400)
	s := open(t, Spec{Name: path, Label: "class"})
	if a, b, c := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != 324 || b != 36 || c != 40 {
		t.Fatalf("%d, %d and %d rows", a, b, c)
	}
	raw := open(t, Spec{Name: path, Label: "class", Raw: true})
	wantMean, wantSD := moments(raw.Train, 0)
	if c := s.Train.Columns[0]; c.Name != "x" || math.Abs(c.Mean-wantMean) > 1e-6 || math.Abs(c.Scale-wantSD) > 1e-6 {
		t.Errorf("column %+v, want mean %v and scale %v of the training rows", c, wantMean, wantSD)
	}
	if all := 199.5; math.Abs(wantMean-all) < 1e-3 {
		t.Fatal("the training rows have the mean of all rows: the test shows nothing")
	}
	if m, sd := moments(s.Train, 0); math.Abs(m) > 1e-5 || math.Abs(sd-1) > 1e-5 {
		t.Errorf("train: mean %v, sd %v, want 0 and 1", m, sd)
	}
	for name, part := range map[string][2]*Set{"valid": {s.Valid, raw.Valid}, "test": {s.Test, raw.Test}} {
		for i := range part[0].Len() {
			want := (float64(part[1].Row(i)[0]) - wantMean) / wantSD
			if got := float64(part[0].Row(i)[0]); math.Abs(got-want) > 1e-5 {
				t.Fatalf("%s row %d: %v, want %v", name, i, got, want)
			}
			if part[0].Labels[i] != part[1].Labels[i] {
				t.Fatalf("%s row %d: the label changed", name, i)
			}
		}
	}
	if s.Train.Name != path {
		t.Errorf("name %q, want the path", s.Train.Name)
	}
}

// float32 holds 1.6e9 in steps of 128; the file's digits must not be lost before the mean is
// taken off.
func TestLargeOffsetsKeepTheirDigits(t *testing.T) {
	s := open(t, Spec{Name: table(t, 400), Label: "class"})
	seen := map[float32]bool{}
	for i := range s.Train.Len() {
		seen[s.Train.Row(i)[1]] = true
	}
	if len(seen) != s.Train.Len() {
		t.Errorf("%d distinct values in %d rows", len(seen), s.Train.Len())
	}
}

func TestStoredColumnsReplaceTheFit(t *testing.T) {
	path := table(t, 100)
	first := open(t, Spec{Name: path, Label: "class"})
	cols := slices.Clone(first.Train.Columns)
	again := open(t, Spec{Name: path, Label: "class", Columns: cols})
	if again.Test.Fingerprint() != first.Test.Fingerprint() {
		t.Error("the stored standardisation gives other values than the fit")
	}
	cols[0].Mean += 1000
	moved := open(t, Spec{Name: path, Label: "class", Columns: cols})
	if moved.Train.Columns[0].Mean != cols[0].Mean || moved.Train.X[0] >= again.Train.X[0] {
		t.Error("a stored standardisation was not applied")
	}
}

func TestMissingCellsNeedLeave(t *testing.T) {
	path := writeText(t, filepath.Join(t.TempDir(), "gaps.csv"), "a,b\n1,2\n,3\n4,5\n6,8\n")
	if _, err := Open(context.Background(), Spec{Name: path}); err == nil {
		t.Error("a missing cell was accepted")
	}
	s := open(t, Spec{Name: path, AllowNaN: true})
	for _, x := range slices.Concat(s.Train.X, s.Valid.X, s.Test.X) {
		if x != x {
			t.Error("NaN in the rows")
		}
	}
}

// writeTree writes a folder of PNG files, n in each class; the pixel tells the class.
func writeTree(t *testing.T, dir string, n int, classes ...string) {
	t.Helper()
	for c, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			img := image.NewGray(image.Rect(0, 0, 2, 2))
			img.SetGray(0, 0, color.Gray{uint8(50 * c)})
			img.SetGray(1, 1, color.Gray{uint8(i)})
			f, err := os.Create(filepath.Join(dir, class, fmt.Sprintf("%04d.png", i)))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, img); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
}

// Folders are read class by class; the first rows must still be of all classes. With 40 of
// 200 rows, a class of 50 takes 10 ± 2.5: the bounds alarm falsely below 1e-4 in all.
func TestImageTreesComeOutShuffled(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, 70, "0", "1", "2", "3")
	s := open(t, Spec{Name: dir, MaxRows: 40})
	var count [4]int
	for i, l := range s.Train.Labels {
		count[l]++
		if got := int(math.Round(float64(s.Train.Row(i)[0]) * 255)); got != 50*int(l) {
			t.Errorf("row %d: pixel %d does not belong to class %d", i, got, l)
		}
	}
	for c, n := range count {
		if n < 1 || n > 21 {
			t.Errorf("class %d has %d of the first 40 rows, want about 10", c, n)
		}
	}
	if slices.IsSorted(s.Test.Labels) || slices.IsSorted(s.Train.Labels) {
		t.Error("a part is sorted by class")
	}
}
