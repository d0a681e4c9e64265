package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/big"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/elbo-go/elbo/internal/rng"
)

// Arrays longer than every buffer come out alike from plain and from compressed bytes, and
// equal to one call of encoding/binary.
func TestLongArraysAgreeAcrossBuffers(t *testing.T) {
	const n = 300_001
	want := make([]float32, n)
	rng.New(3).Named("long").Normal(want)
	for i, v := range want {
		want[i] = float32(int(v * 1000)) // exact in every type below
	}
	wide := make([]float64, n)
	ints := make([]int32, n)
	for i, v := range want {
		wide[i], ints[i] = float64(v), int32(v)
	}
	for typ, values := range map[byte]any{0x0d: want, 0x0e: wide, 0x0c: ints} {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.BigEndian, values); err != nil {
			t.Fatal(err)
		}
		raw := mkIDX(typ, []uint32{n}, b.Bytes())
		for name, file := range map[string][]byte{"plain": raw, "gzip": gzipped(t, raw)} {
			set, err := readSized("idx", file, ReadOptions{})
			if err != nil {
				t.Fatalf("%#x %s: %v", typ, name, err)
			}
			if !slices.Equal(set.X, want) {
				t.Errorf("%#x %s: got other values than were written", typ, name)
			}
		}
	}
}

// Where the fault stands in a long array is told to the byte, whatever the buffers.
func TestTheIndexOfABadValueIsExact(t *testing.T) {
	const n = 100_000
	for _, at := range []int{0, 1, 16383, 16384, 65535, n - 1} {
		b := make([]byte, 4*n)
		binary.BigEndian.PutUint32(b[4*at:], math.Float32bits(float32(math.Inf(-1))))
		raw := mkIDX(0x0d, []uint32{n}, b)
		for _, file := range [][]byte{raw, gzipped(t, raw)} {
			_, err := readSized("idx", file, ReadOptions{})
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Offset != int64(8+4*at) {
				t.Errorf("index %d: got %v, want byte %d", at, err, 8+4*at)
			}
		}
	}
}

// Readers that give single bytes, or data and the end at once, change nothing.
func TestAnyReaderWillDo(t *testing.T) {
	for _, s := range specimens(t) {
		good := s.undamaged()
		want, _, err := Read(bytes.NewReader(good), s.format, s.opt)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{
			"one byte": iotest.OneByteReader(bytes.NewReader(good)),
			"half":     iotest.HalfReader(bytes.NewReader(good)),
			"data+EOF": iotest.DataErrReader(bytes.NewReader(good)),
		} {
			got, _, err := Read(r, s.format, s.opt)
			if err != nil || got.Fingerprint() != want.Fingerprint() {
				t.Errorf("%s by %s: got %v", s.name, name, err)
			}
		}
		broken := errors.New("the disk is gone")
		_, _, err = Read(io.MultiReader(bytes.NewReader(good[:len(good)/2]), iotest.ErrReader(broken)), s.format, s.opt)
		if wantFormatError(t, err); s.format != "png" && s.format != "jpeg" && !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want the reader's error inside", s.name, err)
		}
	}
}

func TestGzipMembersFollowEachOther(t *testing.T) {
	raw := mkIDX(8, []uint32{2, 3}, ramp(6))
	file := append(gzipped(t, raw[:7]), gzipped(t, raw[7:])...)
	set, err := readSized("idx", file, ReadOptions{})
	if err != nil || set.Len() != 2 {
		t.Fatal(set, err)
	}
	_, err = readSized("idx", append(file, "rest"...), ReadOptions{})
	wantFormatError(t, err, "byte 18: values: got")
}

func TestDecompressedBytesAreBounded(t *testing.T) {
	raw := mkIDX(8, []uint32{100, 10}, make([]byte, 1000))
	for _, file := range [][]byte{raw, gzipped(t, raw)} {
		for _, c := range []struct {
			most int64
			ok   bool
		}{{1 << 20, true}, {4000, true}, {3999, false}, {100, false}} { // 1,000 float32
			_, err := readSized("idx", file, ReadOptions{Limits: Limits{MaxBytes: c.most}})
			if (err == nil) != c.ok {
				t.Errorf("limit %d: got %v, want read: %v", c.most, err, c.ok)
			}
			if err != nil {
				wantFormatError(t, err, "want at most")
			}
		}
	}
	_, err := readSized("csv", gzipped(t, bytes.Repeat([]byte("1,2\n"), 100)), ReadOptions{Limits: Limits{MaxBytes: 399, MaxRows: 1000}})
	wantFormatError(t, err, "want at most")
}

// The ratio counts from the start, so that a bomb is seen although the file is long.
func TestTheRatioOfGzipIsBounded(t *testing.T) {
	zeros := mkIDX(8, []uint32{6 << 10, 1 << 10}, make([]byte, 6<<20))
	packed := gzipped(t, zeros)
	_, err := readSized("idx", packed, ReadOptions{})
	wantFormatError(t, err, "gzip: got", "want at most 256 out of one")
	if _, err := readSized("idx", packed, ReadOptions{Limits: Limits{MaxRatio: deflateRatio}}); err != nil {
		t.Errorf("with the limit raised: %v", err)
	}
	small := mkIDX(8, []uint32{3 << 10, 1 << 10}, make([]byte, 3<<20))
	if _, err := readSized("idx", gzipped(t, small), ReadOptions{}); err != nil {
		t.Errorf("below 4 MiB: %v", err)
	}
}

// product agrees with arbitrary precision.
func TestProductsDoNotWrap(t *testing.T) {
	r := rng.New(5).Named("product").Rand()
	for range 20000 {
		dims := make([]int64, 1+r.IntN(4))
		want := big.NewInt(1)
		positive := true
		for i := range dims {
			dims[i] = r.Int64() >> r.IntN(63)
			if r.IntN(10) == 0 {
				dims[i] = -dims[i]
			}
			positive = positive && dims[i] > 0
			want.Mul(want, big.NewInt(dims[i]))
		}
		most := r.Int64() >> r.IntN(63)
		got, ok := product(dims, most)
		if fits := positive && want.Cmp(big.NewInt(most)) <= 0; ok != fits || ok && want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("%v, at most %d: got %d, %v, want %v, %v", dims, most, got, ok, want, fits)
		}
	}
	if got := mulClamp(1<<40, 1<<40); got != math.MaxInt64 {
		t.Errorf("got %d, want the largest number", got)
	}
	if got := mulClamp(0, 1<<40); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}
