package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// array is memory that holds every element a view of it touches, and ends at a guard.
type array[T real] struct {
	base unsafe.Pointer // where the memory begins
	at   unsafe.Pointer // element [0,…,0] of the view
	n    int
}

// loop is one axis of a view.
type loop struct{ size, stride int }

// newArray makes memory for a view with the axes, filled with normal variates.
func newArray[T real](t testing.TB, r *rand.Rand, axes ...loop) array[T] {
	lo, hi := 0, 0
	for _, x := range axes {
		if x.size == 0 {
			return array[T]{base: guarded(t, 0), at: guarded(t, 0)}
		}
		lo, hi = lo+min(0, (x.size-1)*x.stride), hi+max(0, (x.size-1)*x.stride)
	}
	n := hi - lo + 1
	p := guarded(t, n*int(unsafe.Sizeof(T(0))))
	for i := range n {
		*(*T)(unsafe.Add(p, i*int(unsafe.Sizeof(T(0))))) = T(r.NormFloat64())
	}
	return array[T]{p, unsafe.Add(p, -lo*int(unsafe.Sizeof(T(0)))), n}
}

func (a array[T]) get(i int) *T { return (*T)(unsafe.Add(a.at, i*int(unsafe.Sizeof(T(0))))) }

func (a array[T]) all() []T { return unsafe.Slice((*T)(a.base), a.n) }

func typeOf[T real]() dtypes.DType {
	if unsafe.Sizeof(T(0)) == 4 {
		return dtypes.Float32
	}
	return dtypes.Float64
}

// operands are the memory of a product.
type operands[T real] struct{ a, b, c array[T] }

func newOperands[T real](t testing.TB, r *rand.Rand, s *Spec) (o operands[T]) {
	axes := [3][]loop{
		{{s.M, s.A.Row}, {s.K, s.A.Col}},
		{{s.K, s.B.Row}, {s.N, s.B.Col}},
		{{s.M, s.C.Row}, {s.N, s.C.Col}},
	}
	for _, b := range s.Batch {
		axes[0] = append(axes[0], loop{b.Size, b.A})
		axes[1] = append(axes[1], loop{b.Size, b.B})
		axes[2] = append(axes[2], loop{b.Size, b.C})
	}
	o.a, o.b, o.c = newArray[T](t, r, axes[0]...), newArray[T](t, r, axes[1]...), newArray[T](t, r, axes[2]...)
	return o
}

// runShuffled runs a kernel's units one by one, each phase in random order.
func runShuffled(r *rand.Rand, k kernel.Kernel, args ...unsafe.Pointer) {
	if n := k.Shared(); n > 0 {
		args = append(args, kernel.Alloc(n))
	}
	for phase, units := range k.Phases() {
		for _, u := range r.Perm(units) {
			k.Run(&kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}, phase, u, u+1, args)
		}
	}
}

// check runs a product and compares each element with the definition, and what lies between
// the elements with what was there.
func check[T real](t *testing.T, r *rand.Rand, l isa.Level, s Spec) {
	t.Helper()
	s.DType = typeOf[T]()
	o := newOperands[T](t, r, &s)
	before := append([]T(nil), o.c.all()...)
	k := New(l, s)
	kernel.Run(k, o.c.at, o.a.at, o.b.at)
	after := append([]T(nil), o.c.all()...)
	copy(o.c.all(), before)
	runShuffled(r, k, o.c.at, o.a.at, o.b.at)
	for i, got := range o.c.all() {
		if math.Float64bits(float64(got)) != math.Float64bits(float64(after[i])) {
			t.Fatalf("%v %+v: element %d: got %v, all units in turn %v", l, s, i, got, after[i])
		}
	}
	copy(o.c.all(), before)
	skip := uintptr(o.c.at) - uintptr(o.c.base)
	part := min(1, 5e5/float64(s.M*s.N*s.K+1)) // of the elements, at random
	for batch := range s.batches() {
		a, b, c := s.offsets(batch)
		for i := range s.M {
			for j := range s.N {
				if part < 1 && r.Float64() > part {
					at := c + i*s.C.Row + j + int(skip/unsafe.Sizeof(T(0)))
					after[at], before[at] = 0, 0
					continue
				}
				at := c + i*s.C.Row + j
				want, size := 0.0, 0.0
				if s.Accumulate {
					want = float64(*o.c.get(at))
					size = math.Abs(want)
				}
				for k := range s.K {
					x := float64(*o.a.get(a + i*s.A.Row + k*s.A.Col)) * float64(*o.b.get(b + k*s.B.Row + j*s.B.Col))
					want, size = want+x, size+math.Abs(x)
				}
				at += int(skip / unsafe.Sizeof(T(0)))
				got := float64(after[at])
				// Each of K+1 roundings is at most half a unit of a sum no larger than size.
				if bound := float64(s.K+2) * unit[T]() * size; !(math.Abs(got-want) <= bound) {
					t.Fatalf("%v %+v: batch %d [%d,%d]: got %v, want %v ± %v", l, s, batch, i, j, got, want, bound)
				}
				after[at], before[at] = 0, 0
			}
		}
	}
	for i := range after {
		if after[i] != before[i] {
			t.Fatalf("%v %+v: element %d between the rows: got %v, want %v", l, s, i, after[i], before[i])
		}
	}
}

// checkAll runs a product at every level in both types.
func checkAll(t *testing.T, r *rand.Rand, s Spec) {
	t.Helper()
	for _, l := range isa.Available() {
		check[float32](t, r, l, s)
		check[float64](t, r, l, s)
	}
}

// plainSpec is a product of compact row-major matrices.
func plainSpec(m, k, n int) Spec {
	return Spec{M: m, N: n, K: k, A: Stride{k, 1}, B: Stride{n, 1}, C: Stride{n, 1}}
}

// randomSpec draws sizes below 70 and layouts of every kind.
func randomSpec(r *rand.Rand) Spec {
	size := func() int { return 1 + r.IntN([]int{3, 20, 70}[r.IntN(3)]) }
	s := plainSpec(size(), size(), size())
	s.Accumulate = r.IntN(3) == 0
	s.A = randomStride(r, s.M, s.K)
	s.B = randomStride(r, s.K, s.N)
	s.C.Row = s.N + r.IntN(2)*r.IntN(5)
	span := s.M * s.C.Row
	for range r.IntN(3) {
		b := Batch{Size: 1 + r.IntN(3), C: span}
		span *= b.Size
		b.A, b.B = r.IntN(2)*r.IntN(200), r.IntN(2)*r.IntN(200)
		s.Batch = append(s.Batch, b)
	}
	return s
}

// randomStride is mostly compact, sometimes padded, broadcast, reversed or spread out.
func randomStride(r *rand.Rand, rows, cols int) (s Stride) {
	switch r.IntN(8) {
	case 0:
		return Stride{r.IntN(2) * (cols + 3), 1}
	case 1:
		return Stride{1, rows + r.IntN(3)}
	case 2:
		return Stride{-cols, 1}
	case 3:
		return Stride{2 * cols, -2}
	case 4:
		return Stride{r.IntN(2), r.IntN(2) * rows}
	case 5, 6:
		return Stride{1, rows}
	}
	return Stride{cols, 1}
}

func TestRandomProductsMatchTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := 400
	if testing.Short() {
		count = 80
	}
	for range count {
		checkAll(t, r, randomSpec(r))
	}
}

func TestLargeProductsMatchTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range []Spec{
		plainSpec(300, 600, 500), plainSpec(128, 784, 400), plainSpec(257, 1100, 130), plainSpec(5, 3000, 7),
		plainSpec(20, 20000, 30), plainSpec(1, 1000, 700), plainSpec(700, 1000, 1), plainSpec(1500, 3, 20),
	} {
		for layout := range 4 {
			if layout&1 != 0 {
				s.A = Stride{1, s.M}
			}
			if layout&2 != 0 {
				s.B = Stride{1, s.K}
			}
			for _, l := range fast() {
				check[float32](t, r, l, s)
			}
		}
	}
}

func TestProductsOverNothingAreZero(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range []Spec{plainSpec(3, 0, 5), plainSpec(0, 4, 5), plainSpec(3, 4, 0), plainSpec(0, 0, 0)} {
		checkAll(t, r, s)
		s.Batch = []Batch{{Size: 2, C: s.M * s.N}, {Size: 0}}
		checkAll(t, r, s)
	}
}

func TestFewRowsTimesLinesMatchTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for m := 1; m <= 5; m++ {
		for range 30 {
			s := plainSpec(m, 32+r.IntN(100), 2+r.IntN(150))
			s.B = Stride{1, s.K + r.IntN(3)}
			s.Accumulate = r.IntN(2) == 0
			checkAll(t, r, s)
			s.M, s.N, s.A, s.B = s.N, 1, Stride{s.B.Col, 1}, Stride{1, 1}
			s.C = Stride{1, 1}
			checkAll(t, r, s)
		}
	}
}

func TestPackedBatchesMatchTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, s := range []Spec{plainSpec(30, 512, 70), plainSpec(70, 40, 60), plainSpec(20, 2100, 10)} {
		s.A, s.B = Stride{s.K, 1}, Stride{1, s.K}
		for _, shared := range []int{0, 1} {
			s.Batch = []Batch{{2, s.M * s.K, 0, 3 * s.M * s.N}, {3, 0, shared * s.K * s.N, s.M * s.N}}
			checkAll(t, r, s)
		}
	}
}

func TestProductsAllocateNothing(t *testing.T) {
	for _, l := range isa.Available() {
		for _, s := range []Spec{plainSpec(30, 40, 50), plainSpec(300, 600, 500), plainSpec(20, 20000, 8)} {
			s.DType, s.B = dtypes.Float32, Stride{1, s.K}
			o := newOperands[float32](t, rand.New(rand.NewPCG(1, 1)), &s)
			k := New(l, s)
			w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
			args := []unsafe.Pointer{o.c.at, o.a.at, o.b.at, kernel.Alloc(k.Shared())}
			if got := testing.AllocsPerRun(2, func() {
				for phase, units := range k.Phases() {
					k.Run(w, phase, 0, units, args)
				}
			}); got != 0 {
				t.Errorf("%v %s: got %v allocations, want none", l, k.Name(), got)
			}
		}
	}
}

func ExampleNew() {
	a, b, c := []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, make([]float64, 4)
	k := New(isa.Portable, Spec{DType: dtypes.Float64, M: 2, K: 2, N: 2, A: Stride{2, 1}, B: Stride{2, 1}, C: Stride{2, 1}})
	kernel.Run(k, unsafe.Pointer(&c[0]), unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]))
	fmt.Println(k.Name(), c)
	// Output: gemm 2×2×2 [19 22 43 50]
}

// fast lists the levels above the portable one, or that one if there are no others.
func fast() []isa.Level { return isa.Available()[min(1, int(isa.Best())):] }
