package data

import (
	"archive/zip"
	"bytes"
	"image/png"
	"io"
	"strings"
	"testing"
)

// written returns the bytes that a writer makes.
func written(t *testing.T, write func(io.Writer, *Set) error, s *Set) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextFilesAreWrittenAsDocumented(t *testing.T) {
	s := &Set{Shape: []int{2}, X: []float32{1, -.1, 1e-20, 16777216}, Labels: []int32{1, 0}, Classes: []string{"a b", "c,d"}}
	if got, want := string(written(t, writeCSV, s)), "c1,c2,label\n1,-0.1,\"c,d\"\n1e-20,1.6777216e+07,a b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Columns = []Column{{"label", 0, 1}, {"_label", 0, 1}}
	if got, want := string(written(t, writeCSV, s)), "label,_label,__label\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to start with %q", got, want)
	}
	want := `{"x":[1,-0.1],"label":"c,d"}` + "\n" + `{"x":[1e-20,16777216],"label":"a b"}` + "\n"
	if got := string(written(t, writeJSONL, s)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	image := &Set{Shape: []int{1, 2}, X: []float32{0, 1}}
	if got, want := string(written(t, writeJSONL, image)), `{"x":[0,1],"shape":[1,2]}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The layout is that of NumPy's format description, version 1.0: magic, version, header length
// in little-endian order, a dictionary padded to 64 bytes, values.
func TestNPYIsWrittenByteForByte(t *testing.T) {
	s := &Set{Shape: []int{2}, X: []float32{1, -2}}
	head := "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2,), }"
	want := "\x93NUMPY\x01\x00\x76\x00" + head + strings.Repeat(" ", 0x76-len(head)-1) + "\n" + "\x00\x00\x80\x3f\x00\x00\x00\xc0"
	if got := string(written(t, writeNPY, s)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNPZHoldsRowsLabelsAndClasses(t *testing.T) {
	s := randomSet(3, []string{"a", "béta"}, 2)
	names := func(s *Set) (names []string) {
		b := written(t, writeNPZ, s)
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			names = append(names, f.Name)
		}
		return names
	}
	if got := strings.Join(names(s), " "); got != "x.npy labels.npy classes.npy" {
		t.Errorf("got %s", got)
	}
	s.Labels = nil
	if got := strings.Join(names(s), " "); got != "x.npy" {
		t.Errorf("got %s, want x.npy alone", got)
	}
	s.Labels = []int32{1, 1, 0}
	b := written(t, writeNPYClasses, s)
	if !bytes.Contains(b, []byte("'<U4'")) || !bytes.HasSuffix(b, le([]rune{'b', 'é', 't', 'a'})) {
		t.Errorf("got %q, want two texts of four characters", b)
	}
}

// N tiles fill a grid of ⌈√N⌉ columns and as few lines as hold them.
func TestTilesFillASquare(t *testing.T) {
	for n, want := range map[int][2]int{1: {1, 1}, 2: {2, 1}, 3: {2, 2}, 4: {2, 2}, 5: {3, 2}, 7: {3, 3}, 10: {4, 3}, 100: {10, 10}} {
		for _, shape := range [][]int{{2, 3}, {2, 3, 1}, {2, 3, 3}} {
			cfg, err := png.DecodeConfig(bytes.NewReader(written(t, writePNG, randomSet(n, nil, shape...))))
			if err != nil || cfg.Width != 3*want[0] || cfg.Height != 2*want[1] {
				t.Errorf("%d tiles of %v: got %d×%d, %v, want %d×%d", n, shape, cfg.Width, cfg.Height, err, 3*want[0], 2*want[1])
			}
		}
	}
}
