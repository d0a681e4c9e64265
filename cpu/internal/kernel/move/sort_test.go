package move

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// byRemainder orders by the first byte of tensor 0 modulo the captured byte.
func byRemainder(_ *kernel.Worker, lhs, rhs, captures []unsafe.Pointer, n int, out *byte) {
	m := *(*byte)(captures[0])
	for i, x := range span[byte](lhs[0], n) {
		before := byte(0)
		if x%m < span[byte](rhs[0], n)[i]%m {
			before = 1
		}
		span[byte](unsafe.Pointer(out), n)[i] = before
	}
}

// tensors makes n random tensors of a sort, and memory for the sorted ones.
func tensors(t rapid.TB, rng *rand.Rand, s SortSpec) (in, out []unsafe.Pointer) {
	n := volume(s.Dims)
	for _, size := range s.Sizes {
		x := buffer(t, n*size, true)
		random(rng, x, n*size)
		in, out = append(in, x), append(out, buffer(t, n*size, true))
	}
	return in, out
}

// sortedBy is the definition of a sort: it gives the source place of every place.
func sortedBy(s SortSpec, less func(x, y int) bool) []int {
	a := around(s.Dims, s.Axis)
	order := make([]int, a.volume())
	for o := range a.outer {
		for j := range a.inner {
			line := make([]int, a.n)
			for i := range line {
				line[i] = (o*a.n+i)*a.inner + j
			}
			slices.SortStableFunc(line, func(x, y int) int {
				switch {
				case less(x, y):
					return -1
				case less(y, x):
					return 1
				}
				return 0
			})
			for i, x := range line {
				order[(o*a.n+i)*a.inner+j] = x
			}
		}
	}
	return order
}

// wantOrder fails unless every tensor has the order.
func wantOrder(t rapid.TB, k kernel.Kernel, s SortSpec, in, out []unsafe.Pointer, order []int) {
	t.Helper()
	for i, size := range s.Sizes {
		for to, from := range order {
			if got, want := elem(out[i], size, to), elem(in[i], size, from); string(got) != string(want) {
				t.Fatalf("%s: tensor %d: element %d: got %x, want %x", k.Name(), i, to, got, want)
			}
		}
	}
}

// drawSort gives the dimensions of a sort, with an axis long enough for several levels.
func drawSort(t *rapid.T, rng *rand.Rand) SortSpec {
	s := SortSpec{Dims: drawDims(t, rng, 1, 3, 20)}
	s.Axis = rng.IntN(len(s.Dims))
	s.Dims[s.Axis] = []int{1, 2, 7, 100, firstRun, firstRun + 1, segment, segment + 3, 9001}[rapid.IntRange(0, 8).Draw(t, "length")]
	return s
}

func TestSortByComparerIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		s := drawSort(t, rng)
		s.Compare, s.Captures, s.Scratch = byRemainder, 1, rng.IntN(100)
		s.Sizes = []int{1, sizes[rng.IntN(5)], 4}[:1+rng.IntN(3)]
		in, out := tensors(t, rng, s)
		modulus := byte(1 + rng.IntN(255))
		k := NewSort(s)
		args := append(append(slices.Clone(out), in...), unsafe.Pointer(&modulus))
		runShuffled(rng, k, args...)
		wantOrder(t, k, s, in, out, sortedBy(s, func(x, y int) bool { return elem(in[0], 1, x)[0]%modulus < elem(in[0], 1, y)[0]%modulus }))
	})
}

func TestAComparerThatContradictsItselfLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		s := drawSort(t, rng)
		s.Sizes = []int{4}
		s.Compare = func(_ *kernel.Worker, _, _, _ []unsafe.Pointer, n int, out *byte) {
			for i := range n {
				span[byte](unsafe.Pointer(out), n)[i] = byte(rng.Uint32() & 1)
			}
		}
		n := volume(s.Dims)
		in, out := buffer(t, 4*n, true), buffer(t, 4*n, true)
		for i := range n {
			*at[int32](in, i) = int32(i)
		}
		runShuffled(rng, NewSort(s), out, in)
		got := slices.Clone(span[int32](out, n))
		slices.Sort(got)
		for i, v := range got {
			if int(v) != i {
				t.Fatalf("element %d: got %d, want every element once", i, v)
			}
		}
	})
}

func TestPlainSortIsStableWithNaNsLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := newRand(t)
		s := drawSort(t, rng)
		s.Plain, s.Type, s.Descending = true, realTypes[rng.IntN(len(realTypes))], rng.IntN(2) == 0
		s.Sizes = []int{s.Type.Size()}
		if rng.IntN(2) == 0 {
			s.Sizes, s.Key = []int{sizes[rng.IntN(5)], s.Type.Size()}, 1
		}
		in, out := tensors(t, rng, s)
		n := volume(s.Dims)
		if rng.IntN(2) == 0 {
			numbers(rng, s.Type, in[s.Key], n)
		}
		if s.Type == dtypes.Float32 {
			for range 5 {
				*at[float32](in[s.Key], rng.IntN(n)) = []float32{float32(math.NaN()), float32(math.Inf(-1)), float32(math.Copysign(0, -1))}[rng.IntN(3)]
			}
		}
		k := NewSort(s)
		runShuffled(rng, k, append(slices.Clone(out), in...)...)
		wantOrder(t, k, s, in, out, sortedBy(s, func(i, j int) bool {
			if size := s.Type.Size(); size == 8 && !s.Type.IsFloat() {
				x, y := *at[uint64](in[s.Key], i), *at[uint64](in[s.Key], j)
				if s.Type == dtypes.Int64 {
					x, y = x^1<<63, y^1<<63
				}
				return x < y && !s.Descending || x > y && s.Descending
			}
			x, y := value(s.Type, in[s.Key], i), value(s.Type, in[s.Key], j)
			switch {
			case x != x:
				return false
			case y != y:
				return true
			case s.Descending:
				return x > y
			}
			return x < y
		}))
	})
}

func TestSortsSayWhatTheyDo(t *testing.T) {
	s := SortSpec{Dims: []int{3, 4}, Axis: 1, Sizes: []int{4, 4}}
	if got := NewSort(s).Name(); got != "sort 2 of [3 4] along 1" {
		t.Errorf("got %q", got)
	}
	s.Plain, s.Type = true, dtypes.Float32
	if got := NewSort(s).Name(); !strings.HasSuffix(got, ", ascending") {
		t.Errorf("got %q", got)
	}
	s.Descending = true
	if got := NewSort(s).Name(); !strings.HasSuffix(got, ", descending") {
		t.Errorf("got %q", got)
	}
	s.Type = dtypes.Complex64
	if k := NewSort(s); k != nil {
		t.Errorf("complex numbers: got %s, want none", k.Name())
	}
}

func TestKernelsAllocateNothing(t *testing.T) {
	const n = 3000
	a, b, c, d := kernel.Alloc(n*8), kernel.Alloc(n*8), kernel.Alloc(n*8), kernel.Alloc(64)
	*(*byte)(d) = 5
	scatter := geometry{operand: []int{50, 60}, dropped: []int{0}, pointed: []int{0}, vectorAxis: 1, indices: []int{40, 1},
		windowAxes: []int{1}, result: []int{40, 60}, index: dtypes.Int64}
	l := isa.Best()
	for k, args := range map[kernel.Kernel][]unsafe.Pointer{
		NewCopy(l, CopySpec{Size: 4, Dims: []int{50, 60}, Src: []int{1, 50}}):                                       {a, b},
		NewConcatenate(l, ConcatenateSpec{Size: 8, Parts: []Part{{Dims: []int{100}}, {Dims: []int{2000}}}}):         {a, b, c},
		NewPad(PadSpec{Size: 4, Dims: []int{50, 50}}):                                                               {a, b, d},
		NewGather(l, rowsOf(20, 60, 50)):                                                                            {a, b, c},
		NewScatter(l, scatterOf(scatter, compute.OpTypeScatterSum, dtypes.Float32)):                                 {a, a, c, b},
		NewDynamicSlice(l, DynamicSpec{Size: 4, Operand: []int{50, 50}, Window: []int{3, 40}, Index: dtypes.Int32}): {a, b, c, c},
		NewIota(IotaSpec{Type: dtypes.Float32, Dims: []int{50, 50}}):                                                {a},
		NewCumSum(CumSumSpec{Type: dtypes.Float32, Dims: []int{50, 50}}):                                            {a, b},
		NewArgMinMax(l, ArgMinMaxSpec{Type: dtypes.Float32, Result: dtypes.Int32, Dims: []int{50, 50}}):             {a, b},
		NewSort(SortSpec{Dims: []int{n}, Sizes: []int{1}, Compare: byRemainder, Captures: 1}):                       {a, b, d},
		NewSort(SortSpec{Dims: []int{n}, Sizes: []int{4}, Plain: true, Type: dtypes.Int32}):                         {a, b},
	} {
		if k == nil {
			continue
		}
		w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
		if shared := k.Shared(); shared > 0 {
			args = append(args, kernel.Alloc(shared))
		}
		phases := k.Phases()
		if got := testing.AllocsPerRun(5, func() {
			for p, units := range phases {
				k.Run(w, p, 0, units, args)
			}
		}); got != 0 {
			t.Errorf("%s: got %v allocations, want none", k.Name(), got)
		}
	}
}

func BenchmarkSort(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n = 1 << 18
	src, dst := kernel.Alloc(4*n), kernel.Alloc(4*n)
	for i := range n {
		*at[float32](src, i) = rng.Float32()
	}
	less := func(_ *kernel.Worker, lhs, rhs, _ []unsafe.Pointer, n int, out *byte) {
		x, y, o := span[float32](lhs[0], n), span[float32](rhs[0], n), span[byte](unsafe.Pointer(out), n)
		for i := range x {
			o[i] = 0
			if x[i] < y[i] {
				o[i] = 1
			}
		}
	}
	for _, dims := range [][]int{{n}, {n / 1024, 1024}, {n / 16, 16}} {
		s := SortSpec{Dims: dims, Axis: len(dims) - 1, Sizes: []int{4}, Compare: less}
		for _, plain := range []bool{false, true} {
			s.Plain, s.Type = plain, dtypes.Float32
			b.Run(fmt.Sprintf("%v/plain=%v", dims, plain), func(b *testing.B) {
				benchmarkBytes(b, NewSort(s), 8*n, dst, src)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
