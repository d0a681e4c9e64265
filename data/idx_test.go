package data

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIDXShapesFollowTheRank(t *testing.T) {
	for _, c := range []struct {
		dims  []uint32
		shape []int
	}{
		{[]uint32{6}, []int{1}},
		{[]uint32{2, 3}, []int{3}},
		{[]uint32{2, 3, 2}, []int{3, 2}},
		{[]uint32{2, 2, 2, 3}, []int{2, 2, 3}},
	} {
		n := 1
		for _, d := range c.dims {
			n *= int(d)
		}
		raw := mkIDX(8, c.dims, ramp(n))
		for name, b := range map[string][]byte{"plain": raw, "gzip": gzipped(t, raw)} {
			set, _, err := readString("idx", string(b), ReadOptions{})
			if err != nil {
				t.Fatalf("%v %s: %v", c.dims, name, err)
			}
			if !slices.Equal(set.Shape, c.shape) || set.Len() != int(c.dims[0]) {
				t.Errorf("%v %s: got %d rows of %v, want shape %v", c.dims, name, set.Len(), set.Shape, c.shape)
			}
		}
	}
}

func TestIDXPixelsLieInTheUnitIntervalAndBinaryOnesAreKept(t *testing.T) {
	set, _, err := readString("idx", string(mkIDX(8, []uint32{1, 2, 2}, []byte{0, 1, 128, 255})), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, 1./255, 128./255, 1)
	set, _, err = readString("idx", string(mkIDX(8, []uint32{1, 2, 2}, []byte{0, 1, 1, 0})), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, 1, 1, 0)
}

func TestIDXReadsEveryElementType(t *testing.T) {
	be := binary.BigEndian
	for typ, b := range map[byte][]byte{
		0x08: {200, 3},
		0x09: {0xfe, 3},
		0x0b: {0xff, 0xfe, 0, 3},
		0x0c: be.AppendUint32(be.AppendUint32(nil, 0xfffffffe), 3),
		0x0d: be.AppendUint32(be.AppendUint32(nil, math.Float32bits(-2)), math.Float32bits(3)),
		0x0e: be.AppendUint64(be.AppendUint64(nil, math.Float64bits(-2)), math.Float64bits(3)),
	} {
		set, _, err := readString("idx", string(mkIDX(typ, []uint32{2}, b)), ReadOptions{})
		if err != nil {
			t.Fatalf("type %#x: %v", typ, err)
		}
		first := float32(-2)
		if typ == 8 {
			first = 200
		}
		wantValues(t, set.X, first, 3)
	}
}

func TestIDXRefusesNumbersThatAreNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e39} {
		b := binary.BigEndian.AppendUint64(make([]byte, 8), math.Float64bits(v))
		_, _, err := readString("idx", string(mkIDX(0x0e, []uint32{2}, b)), ReadOptions{})
		wantFormatError(t, err, "byte 16: values", "at index 1")
	}
}

func TestIDXLabelsComeFromTheFileBeside(t *testing.T) {
	images := mkIDX(8, []uint32{3, 2, 2}, ramp(12))
	labels := mkIDX(8, []uint32{3}, []byte{2, 0, 2})
	for _, c := range []struct{ images, labels string }{
		{"a-images-idx3-ubyte", "a-labels-idx1-ubyte"},
		{"a-images-idx3-ubyte.gz", "a-labels-idx1-ubyte.gz"},
		{"a-images-idx3-ubyte.gz", "a-labels-idx1-ubyte"},
		{"a-images.idx3-ubyte", "a-labels.idx1-ubyte.gz"},
	} {
		dir := t.TempDir()
		packed := func(name string, b []byte) []byte {
			if strings.HasSuffix(name, ".gz") {
				return gzipped(t, b)
			}
			return b
		}
		put(t, dir, c.labels, packed(c.labels, labels))
		set, rep, err := ReadFile(put(t, dir, c.images, packed(c.images, images)), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(set.Labels, []int32{2, 0, 2}) || !slices.Equal(set.Classes, []string{"0", "1", "2"}) {
			t.Errorf("%s: got labels %v of %v", c.images, set.Labels, set.Classes)
		}
		if !slices.Equal(rep.Counts, []int{1, 0, 2}) {
			t.Errorf("%s: got counts %v", c.images, rep.Counts)
		}
	}
}

func TestIDXLabelsMustBeAsManyAsImages(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a-labels-idx1-ubyte", mkIDX(8, []uint32{2}, []byte{1, 0}))
	path := put(t, dir, "a-images-idx3-ubyte", mkIDX(8, []uint32{3, 2, 2}, ramp(12)))
	_, _, err := ReadFile(path, ReadOptions{})
	wantFormatError(t, err, "a-labels-idx1-ubyte", "byte 4: count: got 2 labels, want 3, one an image of a-images-idx3-ubyte")
}

func TestIDXWithoutLabelsHasNone(t *testing.T) {
	set, _, err := ReadFile(put(t, t.TempDir(), "a-images-idx3-ubyte", mkIDX(8, []uint32{3, 2, 2}, ramp(12))), ReadOptions{})
	if err != nil || set.Labels != nil || set.Classes != nil {
		t.Errorf("got %v, %v, want no labels", set, err)
	}
}

// The declared size is compared with the file before rows are allocated: exactly for plain
// files, by the largest expansion of deflate for compressed ones.
func TestIDXDeclaredSizeIsComparedWithTheFile(t *testing.T) {
	dir := t.TempDir()
	big := mkIDX(8, []uint32{60000, 28, 28}, ramp(100))
	for _, c := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"short.idx", big, "byte 16: values: got 100 bytes, want 47040000 by the header"},
		{"short.idx.gz", gzipped(t, big), "byte 16: values: got 47040000 bytes by the header, want at most"},
		{"long.idx", mkIDX(8, []uint32{2, 2}, ramp(5)), "byte 12: values: got 5 bytes, want 4 by the header"},
		{"long.idx.gz", gzipped(t, mkIDX(8, []uint32{2, 2}, ramp(5))), "byte 16: values: got more bytes, want the end of the file"},
	} {
		path := put(t, dir, c.name, c.bytes)
		var err error
		if used := allocated(func() { _, _, err = ReadFile(path, ReadOptions{}) }); used > 1<<20 {
			t.Errorf("%s: got %d bytes allocated, want at most 1 MiB", c.name, used)
		}
		wantFormatError(t, err, c.want)
	}
}

func TestIDXAgreesWithTheRealFiles(t *testing.T) {
	for _, c := range []struct {
		path  []string
		n     int
		mean  float64 // of the pixels, from the description of the data sets
		shape []int
	}{
		{[]string{"binarized-mnist", "binarized_mnist_test-images-idx3-ubyte.gz"}, 10000, 0.1325, []int{28, 28}},
		{[]string{"mnist", "t10k-images-idx3-ubyte.gz"}, 10000, 0.1325, []int{28, 28}},
		{[]string{"freyfaces", "freyfaces-images-idx3-ubyte.gz"}, 1965, 0, []int{28, 20}},
	} {
		path := sharedFile(t, c.path...)
		set, _, err := ReadFile(path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range set.X {
			if v < 0 || v > 1 {
				t.Fatalf("%s: got pixel %v, want 0 to 1", path, v)
			}
			sum += float64(v)
		}
		if mean := sum / float64(len(set.X)); c.mean > 0 && math.Abs(mean-c.mean) > 1e-3 {
			t.Errorf("%s: got mean pixel %.4f, want %.4f", path, mean, c.mean)
		}
		if set.Len() != c.n || !slices.Equal(set.Shape, c.shape) {
			t.Errorf("%s: got %d rows of %v", path, set.Len(), set.Shape)
		}
	}
}

func TestEveryNameOfAnIDXFileIsKnown(t *testing.T) {
	for _, name := range []string{"a.idx", "A.IDX.gz", "t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte"} {
		if got := formatOf(filepath.Join("x.csv", name)); got != "idx" {
			t.Errorf("%s: got %q, want idx", name, got)
		}
	}
	if got := formatOf("idx3-ubyte.txt"); got != "" {
		t.Errorf("got %q, want none", got)
	}
	// Without a telling name the magic number decides.
	b := mkIDX(8, []uint32{1, 2, 2}, ramp(4))
	for name, file := range map[string][]byte{"data.gz": gzipped(t, b), "data": b} {
		set, rep, err := ReadFile(put(t, t.TempDir(), name, file), ReadOptions{})
		if err != nil || rep.Format != "idx" || fmt.Sprint(set.Shape) != "[2 2]" {
			t.Errorf("%s: got %v, %v", name, rep, err)
		}
	}
}
