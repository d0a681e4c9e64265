package move

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

func TestLoopsAreMergedWhereBothSidesAllowIt(t *testing.T) {
	for _, c := range []struct {
		what           string
		dims, dst, src []int
		want           []loop
	}{
		{"contiguous", []int{2, 3, 4}, []int{12, 4, 1}, []int{12, 4, 1}, []loop{{24, 4, 4}}},
		{"axes of length 1", []int{1, 5, 1}, []int{9, 1, 7}, []int{8, 2, 6}, []loop{{5, 4, 8}}},
		{"rows of a larger array", []int{2, 3, 4}, []int{12, 4, 1}, []int{60, 20, 1}, []loop{{6, 16, 80}, {4, 4, 4}}},
		{"transposed", []int{3, 4}, []int{4, 1}, []int{1, 3}, []loop{{3, 16, 4}, {4, 4, 12}}},
		{"order of the destination", []int{3, 4}, []int{1, 3}, []int{4, 1}, []loop{{4, 12, 4}, {3, 4, 16}}},
		{"reversed together", []int{3, 4}, []int{4, 1}, []int{-4, -1}, []loop{{12, 4, -4}}},
		{"broadcast", []int{3, 4}, []int{4, 1}, []int{0, 0}, []loop{{12, 4, 0}}},
		{"nothing", nil, nil, nil, nil},
	} {
		if got := merged(4, c.dims, c.dst, c.src); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

func TestShortRunsAreMovedAsOneElement(t *testing.T) {
	for _, c := range []struct{ size, run, want int }{
		{1, 2, 2}, {1, 3, 1}, {1, 16, 16}, {1, 32, 1}, {2, 4, 8}, {4, 2, 8}, {4, 3, 4}, {4, 4, 16}, {8, 2, 16}, {8, 4, 8}, {16, 2, 16},
	} {
		m := newMover(isa.Portable, c.size, []int{5, 7, c.run}, []int{7 * c.run, c.run, 1}, []int{c.run, 5 * c.run, 1})
		if m.size != c.want {
			t.Errorf("runs of %d elements of %d bytes: got elements of %d, want %d", c.run, c.size, m.size, c.want)
		}
	}
}

func TestPiecesCoverThePlane(t *testing.T) {
	for _, m := range []*mover{
		newMover(isa.Portable, 4, []int{1 << 18}, []int{1}, []int{1}),
		newMover(isa.Portable, 4, []int{300, 5000}, []int{5000, 1}, []int{6000, 1}),
		newMover(isa.Portable, 4, []int{7, 300, 500}, []int{150000, 500, 1}, []int{150000, 1, 300}),
		newMover(isa.Portable, 1, []int{70, 30, 50}, []int{1500, 50, 1}, []int{1, 70, 2100}),
	} {
		if m.down*m.rows < m.row.n || (m.down-1)*m.rows >= m.row.n || m.wide*m.cols < m.col.n || (m.wide-1)*m.cols >= m.col.n {
			t.Errorf("plane %d×%d: got %d×%d pieces of %d×%d", m.row.n, m.col.n, m.down, m.wide, m.rows, m.cols)
		}
		if bytes := m.rows * m.cols * m.size; bytes > 2*grain {
			t.Errorf("plane %d×%d: got pieces of %d bytes, want about %d", m.row.n, m.col.n, bytes, grain)
		}
	}
}

func TestIndexVectorsAreReadAlongTheirAxis(t *testing.T) {
	dims := []int{2, 3, 4}
	memory := kernel.Alloc(4 * 24)
	for i := range 24 {
		*at[int32](memory, i) = int32(i)
	}
	for axis := range 4 {
		p := newPointing(dtypes.Int32, dims, axis)
		full := append(slices.Clone(dims), 1)
		if want := 24 / full[axis]; p.count != want || p.vector != full[axis] {
			t.Fatalf("axis %d: got %d vectors of %d, want %d of %d", axis, p.count, p.vector, want, full[axis])
		}
		b := 0
		eachIndex(p.batch, func(batch []int) {
			for c := range p.vector {
				index := slices.Insert(slices.Clone(batch), axis, c)
				if got, want := p.coordinate(memory, b, c), dot(index, rowMajor(full)); got != want {
					t.Fatalf("axis %d, vector %v: coordinate %d: got %d, want %d", axis, batch, c, got, want)
				}
			}
			b++
		})
	}
}

func TestIndicesOfEveryTypeAreRead(t *testing.T) {
	memory := kernel.Alloc(64)
	for i := range 64 {
		*at[uint8](memory, i) = 0xFF
	}
	for dt, want := range map[dtypes.DType]int{
		dtypes.Int8: -1, dtypes.Int16: -1, dtypes.Int32: -1, dtypes.Int64: -1,
		dtypes.Uint8: 1<<8 - 1, dtypes.Uint16: 1<<16 - 1, dtypes.Uint32: 1<<32 - 1, dtypes.Uint64: math.MaxInt,
	} {
		if got := reader(dt)(memory, 3); got != want {
			t.Errorf("%v: got %d, want %d", dt, got, want)
		}
	}
}

func TestPlacesOfBatchIndices(t *testing.T) {
	dims, strides := []int{3, 4, 5}, []int{100, 7, 1}
	b := 0
	eachIndex(dims, func(index []int) {
		if got, want := place(b, dims, strides), dot(index, strides); got != want {
			t.Fatalf("index %v: got %d, want %d", index, got, want)
		}
		b++
	})
}

// TestRanksRiseWithTheKey takes keys of every type in ascending order; NaN is last in both
// directions.
func TestRanksRiseWithTheKey(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	numbers := []float64{-inf, -3e4, -2, -1, -0.5, -7e-5, 0, 7e-5, 0.5, 1, 2, 3e4, inf}
	for _, dt := range []dtypes.DType{dtypes.Float32, dtypes.Float64, dtypes.Float16, dtypes.BFloat16} {
		store := func(p unsafe.Pointer, x float64) {
			switch dt {
			case dtypes.Float32:
				*at[float32](p, 0) = float32(x)
			case dtypes.Float64:
				*at[float64](p, 0) = x
			case dtypes.Float16:
				*at[float16.Float16](p, 0) = float16.FromFloat32(float32(x))
			case dtypes.BFloat16:
				*at[bfloat16.BFloat16](p, 0) = bfloat16.FromFloat32(float32(x))
			}
		}
		rank := func(x float64, descending bool) uint64 {
			p := kernel.Alloc(8)
			store(p, x)
			return ranker(dt)(p, descending)
		}
		for i, x := range numbers {
			for j, y := range numbers {
				if got, want := cmp.Compare(rank(x, false), rank(y, false)), cmp.Compare(i, j); got != want {
					t.Errorf("%v: %v against %v: got %d, want %d", dt, x, y, got, want)
				}
				if got, want := cmp.Compare(rank(x, true), rank(y, true)), cmp.Compare(j, i); got != want {
					t.Errorf("%v, descending: %v against %v: got %d, want %d", dt, x, y, got, want)
				}
			}
			if rank(nan, false) <= rank(x, false) || rank(nan, true) <= rank(x, true) {
				t.Errorf("%v: NaN against %v: want it last", dt, x)
			}
		}
		if a, b := rank(0, false), rank(math.Copysign(0, -1), false); a != b {
			t.Errorf("%v: ranks of 0 and −0: got %x and %x, want the same", dt, a, b)
		}
	}
	for _, dt := range indexTypes {
		low, high := kernel.Alloc(8), kernel.Alloc(8)
		writeIndex(dt, low, 0, 0)
		writeIndex(dt, high, 0, 100)
		if !dt.IsUnsigned() {
			writeIndex(dt, low, 0, -100)
		}
		if rank := ranker(dt); rank(low, false) >= rank(high, false) || rank(low, true) <= rank(high, true) {
			t.Errorf("%v: the lower key has not the lower rank", dt)
		}
	}
}

func TestEntriesAreSortedByInsertionAndByDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{0, 1, 2, fewEntries, fewEntries + 1, 200, 5000} {
		for _, bits := range []int{1, 8, 12, 33, 64} {
			list, spare := make([]entry, n), make([]entry, n)
			for i := range list {
				list[i] = entry{rng.Uint64() >> (64 - bits) << (bits % 7), int32(i)}
			}
			want := slices.Clone(list)
			slices.SortStableFunc(want, func(a, b entry) int { return cmp.Compare(a.rank, b.rank) })
			if got := sortEntries(list, spare); !slices.Equal(got, want) {
				t.Fatalf("%d entries of %d bits: not sorted, or not stably", n, bits)
			}
		}
	}
}

func TestFillRepeatsAValueOfAnySize(t *testing.T) {
	for _, size := range sizes {
		for n := range 70 {
			dst, value := buffer(t, n*size, true), buffer(t, size, true)
			random(rand.New(rand.NewPCG(1, uint64(n))), value, size)
			filler(size)(dst, value, n*size)
			for i := range n {
				if got, want := text(unsafe.Add(dst, i*size), size), text(value, size); got != want {
					t.Fatalf("%d of %d bytes: element %d: got %x, want %x", n, size, i, got, want)
				}
			}
		}
	}
}

func TestCopyAheadCopiesEveryLength(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	eachLevel(t, func(t *testing.T, l isa.Level) {
		for n := 1; n < 300; n += 7 {
			src, dst, next := buffer(t, n, true), buffer(t, n, true), buffer(t, n, true)
			random(rng, src, n)
			for _, ahead := range []unsafe.Pointer{nil, next} {
				clear(span[byte](dst, n))
				CopyAhead(l)(dst, src, ahead, n)
				if text(dst, n) != text(src, n) {
					t.Fatalf("%d bytes: got %x, want %x", n, text(dst, n), text(src, n))
				}
			}
		}
	})
}

func TestUnitsDependOnShapesAlone(t *testing.T) {
	for _, l := range isa.Available() {
		for i, e := range examples(l) {
			if got, want := fmt.Sprint(e.k.Phases()), fmt.Sprint(examples(isa.Portable)[i].k.Phases()); got != want {
				t.Errorf("%s: got units %s on %v, want %s", e.k.Name(), got, l, want)
			}
		}
	}
}

func TestArraysWithoutElementsNeedNoUnits(t *testing.T) {
	l := isa.Best()
	for _, k := range []kernel.Kernel{
		NewCopy(l, CopySpec{Size: 4, Dims: []int{3, 0}, Src: []int{0, 1}}),
		NewConcatenate(l, ConcatenateSpec{Size: 4, Parts: []Part{{Dims: []int{0, 3}}}}),
		NewPad(PadSpec{Size: 4, Dims: []int{0, 3}}),
		NewGather(l, rowsOf(5, 3, 0)),
		NewDynamicSlice(l, DynamicSpec{Size: 4, Operand: []int{3}, Window: []int{0}, Index: dtypes.Int32}),
		NewIota(IotaSpec{Type: dtypes.Int32, Dims: []int{0}}),
		NewCumSum(CumSumSpec{Type: dtypes.Int32, Dims: []int{4, 0}}),
		NewArgMinMax(l, ArgMinMaxSpec{Type: dtypes.Int32, Result: dtypes.Int32, Dims: []int{3, 0}}),
		NewSort(SortSpec{Dims: []int{0, 3}, Sizes: []int{4}, Plain: true, Type: dtypes.Float32}),
		NewSort(SortSpec{Dims: []int{3, 0}, Sizes: []int{4}, Compare: byRemainder}),
	} {
		for phase, units := range k.Phases() {
			if units != 0 {
				t.Errorf("%s: phase %d: got %d units, want none", k.Name(), phase, units)
			}
		}
	}
}
