package tile

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// gated stores a·tanh(a), its gate tanh(a), and b·gate, for the product a and a matrix b.
func gated(dims ...int) Spec {
	w := over(dims...)
	a, b := w.matrix(), w.matrix()
	gate := w.op(compute.OpTypeTanh, a)
	return w.store(gate).store(w.op(compute.OpTypeMul, a, gate)).store(w.op(compute.OpTypeMul, b, gate)).Spec
}

func TestProductsArriveWhereNothingHasToWait(t *testing.T) {
	e, err := NewEpilogue(isa.Portable, gated(6, 7))
	if err != nil {
		t.Fatal(err)
	}
	// In store 0 the gate would overwrite a, which store 1 is computed from.
	if e.Home() != 1 {
		t.Errorf("got store %d, want 1", e.Home())
	}
}

func TestProductsArriveInStoresLikeThem(t *testing.T) {
	f, d := dtypes.Float32, dtypes.Float64
	sum := []bool{false, false, true}
	for name, c := range map[string]struct {
		s    Spec
		want []int
	}{
		"row-major":     {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: f, Strides: []int{12, 4, 1}}}}, []int{0}},
		"several":       {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: f, Strides: []int{12, 4, 1}}, {DType: dtypes.Int32, Strides: []int{12, 4, 1}}}}, []int{0, 1}},
		"transposed":    {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: f, Strides: []int{12, 1, 3}}}}, nil},
		"wider":         {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: d, Strides: []int{12, 4, 1}}}}, nil},
		"with gaps":     {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: f, Strides: []int{15, 5, 1}}}}, nil},
		"a single row":  {Spec{Dims: []int{2, 1, 4}, Stores: []Store{{DType: f, Strides: []int{4, 77, 1}}}}, []int{0}},
		"a reduction":   {Spec{Dims: []int{2, 3, 4}, Stores: []Store{{DType: f, Reduce: compute.OpTypeReduceSum, Over: sum, Strides: []int{3, 1, 0}}}}, nil},
		"one dimension": {Spec{Dims: []int{4}, Stores: []Store{{DType: f, Strides: []int{1}}}}, nil},
	} {
		c.s.Loads = []Load{{f, make([]int, len(c.s.Dims))}}
		if got := homesOf(c.s); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// epilogueOperands is a product with the operands of an epilogue over it.
type epilogueOperands struct {
	*Epilogue
	product []float32
	outs    [][]float32
	args    []unsafe.Pointer
	scratch unsafe.Pointer
}

func newEpilogueOperands(t interface{ Fatal(...any) }, l isa.Level, s Spec) *epilogueOperands {
	e, err := NewEpilogue(l, s)
	if err != nil {
		t.Fatal(err)
	}
	size := 1
	for _, d := range s.Dims {
		size *= d
	}
	o := &epilogueOperands{Epilogue: e, scratch: kernel.Alloc(e.Scratch())}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range len(s.Stores) + len(s.Loads) {
		x, at := floats(size)
		for k := range x {
			x[k] = rng.Float32()*8 - 4
		}
		switch {
		case i < len(s.Stores):
			o.outs, o.args = append(o.outs, x), append(o.args, at)
		case i == len(s.Stores):
			o.product = x
		default:
			o.args = append(o.args, at)
		}
	}
	return o
}

// apply goes over parts of at most some rows and columns.
func (o *epilogueOperands) apply(dims []int, rows, cols int) {
	copy(o.outs[o.Home()], o.product)
	for i := 0; i < dims[0]; i += rows {
		for j := 0; j < dims[1]; j += cols {
			o.Apply(nil, i, min(rows, dims[0]-i), j, min(cols, dims[1]-j), 0, o.args, o.scratch)
		}
	}
}

func TestPartsOfAnyShapeGiveTheSameBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := []int{rapid.IntRange(1, 50).Draw(t, "m"), rapid.SampledFrom([]int{1, 5, 40, 64, 100, 500, 2100}).Draw(t, "n")}
		l := rapid.SampledFrom(isa.Available()).Draw(t, "level")
		a, b := newEpilogueOperands(t, l, gated(dims...)), newEpilogueOperands(t, l, gated(dims...))
		a.apply(dims, dims[0], dims[1])
		b.apply(dims, rapid.IntRange(1, 50).Draw(t, "rows"), rapid.IntRange(1, 600).Draw(t, "cols"))
		for j := range a.outs {
			if !slices.Equal(a.outs[j], b.outs[j]) {
				t.Fatalf("%v: store %d of %v: got other bits from parts than from the whole", l, j, dims)
			}
		}
	})
}

func TestEpiloguesAllocateNothing(t *testing.T) {
	dims := []int{30, 200}
	o := newEpilogueOperands(t, isa.Best(), gated(dims...))
	if n := testing.AllocsPerRun(20, func() { o.apply(dims, 14, 96) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// TestTransposedOperandsAreTurned compares a·b and its transpose, with a load and a store whose
// columns are contiguous, with loops.
func TestTransposedOperandsAreTurned(t *testing.T) {
	for _, l := range isa.Available() {
		for _, dims := range [][2]int{{1, 9}, {9, 1}, {16, 16}, {33, 47}, {300, 70}, {70, 300}} {
			m, n := dims[0], dims[1]
			w := over(m, n)
			y := w.op(compute.OpTypeMul, w.load(1, m), w.matrix())
			w.store(y).Stores = append(w.Stores, Store{Reg: y, DType: f32, Strides: []int{1, m}})
			a, atA := floats(m * n)
			b, atB := floats(m * n)
			for i := range a {
				a[i], b[i] = float32(i%97), float32(i%89)
			}
			straight, at := floats(m * n)
			turned, atTurned := floats(m * n)
			kernel.Run(mustNew(t, l, w.Spec), at, atTurned, atA, atB)
			for i := range m {
				for j := range n {
					if want := a[j*m+i] * b[i*n+j]; straight[i*n+j] != want || turned[j*m+i] != want {
						t.Fatalf("%v %v: element [%d %d]: got %v and %v, want %v", l, dims, i, j, straight[i*n+j], turned[j*m+i], want)
					}
				}
			}
		}
	}
}
