package data

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

// mkNPZ builds a zip file of arrays, in the given order: name, bytes, name, bytes, ….
func mkNPZ(t testing.TB, parts ...any) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: parts[i].(string)}) // stored
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(parts[i+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	npzX = mkNPY(npyHead("<f4", "(3, 2)"), le([]float32{1, 2, 3, 4, 5, 6}))
	npzY = mkNPY(npyHead("<i8", "(3,)"), le([]int64{2, 0, 2}))
)

func TestNPZFindsRowsAndLabelsByName(t *testing.T) {
	for _, x := range npzRows {
		for _, y := range npzLabels {
			set, rep, err := readString("npz", mkNPZ(t, "other.npy", npzY, y+".npy", npzY, x+".npy", npzX), ReadOptions{})
			if err != nil {
				t.Fatalf("%s, %s: %v", x, y, err)
			}
			wantValues(t, set.X, 1, 2, 3, 4, 5, 6)
			if !slices.Equal(set.Labels, []int32{2, 0, 2}) || len(set.Classes) != 3 {
				t.Errorf("%s, %s: got labels %v of %v", x, y, set.Labels, set.Classes)
			}
			if len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0], `"other"`) {
				t.Errorf("got notes %v, want one on the array that was left", rep.Notes)
			}
		}
	}
	_, _, err := readString("npz", mkNPZ(t, "weights.npy", npzX), ReadOptions{})
	wantFormatError(t, err, `rows: got arrays "weights", want one named X, x, arr_0, images, data, x_train`)
}

func TestNPZLabelsMayBeTextOrAnyWholeNumber(t *testing.T) {
	words := mkNPY(npyHead("<U3", "(3,)"), le([]rune{'d', 'o', 'g', 'c', 'a', 't', 'd', 'o', 'g'}))
	set, _, err := readString("npz", mkNPZ(t, "x.npy", npzX, "y.npy", words), ReadOptions{})
	if err != nil || !slices.Equal(set.Classes, []string{"cat", "dog"}) || !slices.Equal(set.Labels, []int32{1, 0, 1}) {
		t.Errorf("got %v, %v", set, err)
	}
	signs := mkNPY(npyHead("<i4", "(3, 1)"), le([]int32{-1, 1, -1}))
	set, _, err = readString("npz", mkNPZ(t, "x.npy", npzX, "y.npy", signs), ReadOptions{})
	if err != nil || !slices.Equal(set.Classes, []string{"-1", "1"}) || !slices.Equal(set.Labels, []int32{0, 1, 0}) {
		t.Errorf("got %v, %v", set, err)
	}
}

func TestNPZRefusesWhatDoesNotFit(t *testing.T) {
	classes := mkNPY(npyHead("<U1", "(2,)"), le([]rune{'a', 'b'}))
	for name, c := range map[string]struct{ text, want string }{
		"too few labels":  {mkNPZ(t, "x.npy", npzX, "y.npy", mkNPY(npyHead("|u1", "(2,)"), []byte{1, 0})), `array "y": shape: got 2 labels, want 3, one a row`},
		"fractions":       {mkNPZ(t, "x.npy", npzX, "y.npy", mkNPY(npyHead("<f4", "(3,)"), le([]float32{0, .5, 1}))), `array "y": labels: got 0.5 at index 1, want a whole number`},
		"one-hot labels":  {mkNPZ(t, "x.npy", npzX, "y.npy", mkNPY(npyHead("|u1", "(3, 2)"), ramp(6))), `array "y": shape: got 3×2 labels`},
		"text rows":       {mkNPZ(t, "x.npy", classes), `array "x": descr: got text ("<U1"), want numbers`},
		"too few classes": {mkNPZ(t, "x.npy", npzX, "y.npy", npzY, "classes.npy", classes), `array "classes": shape: got 2 of "<U1", want at least 3 texts`},
		"wide text":       {mkNPZ(t, "x.npy", npzX, "y.npy", mkNPY(npyHead("<U99999", "(3,)"), nil)), `array "y": descr: got "<U99999"`},
		"same name twice": {mkNPZ(t, "x.npy", npzX, "x.npy", npzX), `array "x": got it twice`},
		"no zip":          {"PK\x03\x04 and nothing", "zip: got zip: not a valid zip file"},
	} {
		_, _, err := readString("npz", c.text, ReadOptions{})
		t.Run(name, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
}

// A directory of 100,000 entries costs 46 bytes each in the file, and many times that when
// it is read.
func TestNPZDirectoryIsBounded(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 40000 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: strings.Repeat("n", i%50)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err := readString("npz", b.String(), ReadOptions{})
	wantFormatError(t, err, "a directory of more than 1 MiB")
}
