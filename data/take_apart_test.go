package data

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawnSet is a set of n rows of two values with labels and a factor that follow the rows.
func drawnSet(n int) *Set {
	s := numbered(n, 3)
	s.Shape, s.X = []int{2}, slices.Concat(s.X, s.X)
	f := Factor{Name: "place", Values: make([]float32, n)}
	for i := range n {
		s.X[2*i], s.X[2*i+1], f.Values[i] = float32(i), -float32(i), float32(i)
	}
	s.Factors, s.Classes = []Factor{f}, []string{"a", "b", "c"}
	return s
}

func TestTakingApartGivesTheRowsOfASplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := []int{rapid.IntRange(3, 200).Draw(t, "train"), rapid.IntRange(0, 40).Draw(t, "valid"), rapid.IntRange(0, 40).Draw(t, "test")}
		most := rapid.IntRange(0, 250).Draw(t, "most")
		parts := func() (p [3]*Set) {
			for i, n := range sizes {
				if n > 0 {
					p[i] = drawnSet(n)
				}
			}
			return p
		}
		a, b := parts(), parts()
		want, err := Split(a[0], a[1], a[2], most)
		if err != nil {
			t.Fatal(err)
		}
		got, err := takeApart(b[0], b[1], b[2], most)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %+v and %+v, want %+v, %+v and %+v", got.Train, got.Valid, got.Test, want.Train, want.Valid, want.Test)
		}
	})
}

func TestPartsDoNotGrowIntoEachOther(t *testing.T) {
	s, err := takeApart(drawnSet(100), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := s.Test.Fingerprint() + s.Valid.Fingerprint()
	for _, p := range []*Set{s.Train, s.Valid} {
		_ = append(p.X, 7)
		_ = append(p.Labels, 7)
		_ = append(p.Factors[0].Values, 7)
	}
	if s.Test.Fingerprint()+s.Valid.Fingerprint() != before {
		t.Error("appending to a part wrote into another")
	}
}

func TestPermuteMovesEveryRowToItsPlace(t *testing.T) {
	for _, order := range [][]int{{}, {0}, {1, 0}, {1, 2, 0}, {0, 2, 1, 3}, rand.New(rand.NewPCG(1, 2)).Perm(57)} {
		x := make([]int, 3*len(order))
		for i := range x {
			x[i] = i
		}
		permute(x, 3, order)
		for i, from := range order {
			if want := []int{3 * from, 3*from + 1, 3*from + 2}; !slices.Equal(x[3*i:3*i+3], want) {
				t.Errorf("%v: row %d: got %v, want %v", order, i, x[3*i:3*i+3], want)
			}
		}
	}
}

// Shuffling takes an order of n ints, n marks and one row beside the rows themselves.
func TestTakingApartCopiesNoRows(t *testing.T) {
	train, test := &Set{Shape: []int{1000}, X: make([]float32, 2_000_000)}, &Set{Shape: []int{1000}, X: make([]float32, 500_000)}
	got := allocatedExactly(func() {
		if _, err := takeApart(train, nil, test, 0); err != nil {
			t.Error(err)
		}
	})
	if rows := 4 * uint64(len(train.X)+len(test.X)); got > rows/20 {
		t.Errorf("got %s allocated, want at most a twentieth of the rows' %s", fmt.Sprint(got), fmt.Sprint(rows))
	}
}

// What opening a compressed idx set allocates is the rows, the bytes that they were read from,
// and little else: the order, and buffers of the readers.
func TestOpeningASetAllocatesItsRowsAndItsBytes(t *testing.T) {
	const n, dim = 6000, 28 * 28
	raw := make([]byte, n*dim)
	for i := range raw {
		raw[i] = byte(i * i >> 3)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"train-images-idx3-ubyte.gz": raw, "t10k-images-idx3-ubyte.gz": raw[:1000*dim]} {
		head := []byte{0, 0, 8, 3, 0, 0, byte(len(b) / dim >> 8), byte(len(b) / dim), 0, 0, 0, 28, 0, 0, 0, 28}
		if err := os.WriteFile(filepath.Join(dir, name), gzipped(t, append(head, b...)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := allocatedExactly(func() {
		if _, err := Open(context.Background(), Spec{Name: dir}); err != nil {
			t.Error(err)
		}
	})
	if want := uint64((n+1000)*dim*5 + 2<<20); got > want {
		t.Errorf("got %d bytes, want at most %d", got, want)
	}
}
