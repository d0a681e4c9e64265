package data

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

func TestNPYReadsEveryElementType(t *testing.T) {
	for descr, payload := range map[string][]byte{
		"<f4": le([]float32{1, 3}), "<f8": le([]float64{1, 3}), "|u1": {1, 3}, "|i1": {1, 3},
		"<i2": le([]int16{1, 3}), "<i4": le([]int32{1, 3}), "<i8": le([]int64{1, 3}),
	} {
		set, _, err := readString("npy", string(mkNPY(npyHead(descr, "(2,)"), payload)), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", descr, err)
			continue
		}
		wantValues(t, set.X, 1, 3)
	}
	set, _, err := readString("npy", string(mkNPY(npyHead("|b1", "(3,)"), []byte{0, 1, 2})), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, 1, 1)
}

func TestNPYShapesFollowTheRank(t *testing.T) {
	for shape, want := range map[string][]int{
		"(6,)": {1}, "(3, 2)": {2}, "(1,2,3)": {2, 3}, "( 1 , 1,2, 3,)": {1, 2, 3},
	} {
		set, _, err := readString("npy", string(mkNPY(npyHead("<i2", shape), le(make([]int16, 6)))), ReadOptions{})
		if err != nil || !slices.Equal(set.Shape, want) {
			t.Errorf("%s: got %v, %v, want shape %v", shape, set, err, want)
		}
	}
}

func TestNPYHeadersOfOtherWritersAreRead(t *testing.T) {
	for name, head := range map[string]string{
		"double quotes, no last comma": `{"descr": "<f4", "fortran_order": False, "shape": (1,)}`,
		"other order, no blanks":       `{'shape':(1,),'fortran_order':False,'descr':'<f4'}`,
		"padding":                      npyHead("<f4", "(1,)") + "        \n",
	} {
		set, _, err := readString("npy", string(mkNPY(head, le(float32(7)))), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantValues(t, set.X, 7)
	}
	// Versions 2 and 3 have a header length of four bytes.
	for _, version := range []byte{2, 3} {
		head := npyHead("<f4", "(1,)")
		b := append([]byte(npyMagic), version, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
		b = append(append(b, head...), le(float32(7))...)
		if _, _, err := readString("npy", string(b), ReadOptions{}); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

func TestNPYBytesOfRankTwoAndMoreArePixels(t *testing.T) {
	set, _, err := readString("npy", string(mkNPY(npyHead("|u1", "(1, 3)"), []byte{0, 51, 255})), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, .2, 1)
	set, _, err = readString("npy", string(mkNPY(npyHead("|u1", "(1, 3, 1)"), []byte{0, 1, 1})), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, 1, 1)
}

func TestNPYRefusesValuesThatAreNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		_, _, err := readString("npy", string(mkNPY(npyHead("<f8", "(2, 1)"), le([]float64{0, v}))), ReadOptions{})
		wantFormatError(t, err, "values: got", "at index 1, want a finite float32")
	}
}

func TestNPYTablesAreStandardised(t *testing.T) {
	raw := string(mkNPY(npyHead("<f8", "(2, 2)"), le([]float64{1, 5, 3, 5})))
	set, rep, err := readString("npy", raw, ReadOptions{Standardize: true})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, -1, 0, 1, 0)
	if !slices.Equal(set.Columns, []Column{{"c1", 2, 1}, {"c2", 5, 1}}) || rep.Columns[1].Kind != Constant {
		t.Errorf("got %v, %v", set.Columns, rep.Columns)
	}
	set, _, err = readString("npy", raw, ReadOptions{Columns: []Column{{"a", 1, 2}, {"b", 0, 5}}})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 0, 1, 1, 1)
	_, _, err = readString("npy", raw, ReadOptions{Columns: []Column{{"a", 1, 2}}})
	wantFormatError(t, err, "columns: got 2, want 1 as in the stored standardisation")
	_, _, err = readString("npy", raw, ReadOptions{Columns: []Column{{"a", 0, 1}, {"b", 0, 1e-39}}})
	wantFormatError(t, err, `row 1, column "b": got`, "after standardisation")
	_, _, err = readString("npy", string(mkNPY(npyHead("|u1", "(1, 1, 1)"), []byte{1})), ReadOptions{Columns: []Column{{"a", 1, 2}}})
	wantFormatError(t, err, "want a table of 1 columns")
}

// The header must hold for the written bytes too: 64-byte alignment as NumPy asks for.
func TestNPYHeadersAreAligned(t *testing.T) {
	for _, dims := range [][]int{{1}, {12345, 28, 28}, {7, 123456789}} {
		var b bytes.Buffer
		if err := writeNPYHeader(&b, "<f4", dims); err != nil {
			t.Fatal(err)
		}
		if b.Len()%64 != 0 || b.Bytes()[b.Len()-1] != '\n' {
			t.Errorf("%v: got %d bytes ending in %q, want a multiple of 64 ending in a line break", dims, b.Len(), b.Bytes()[b.Len()-1])
		}
	}
}
