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
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

var _ gemm.Epilogue = (*Epilogue)(nil)

// applyParts puts a product into its home and gives it to an epilogue in parts, as package gemm
// would.
func applyParts(e *Epilogue, product, home *buffer, dims []int, rows, cols int, args []unsafe.Pointer) {
	p := len(dims) - 2
	size := product.dt.Size()
	scratch := kernel.Alloc(e.Scratch())
	batches := 1
	for _, d := range dims[:p] {
		batches *= d
	}
	for b := range batches {
		for i := 0; i < dims[p]; i += rows {
			for j := 0; j < dims[p+1]; j += cols {
				h, w := min(rows, dims[p]-i), min(cols, dims[p+1]-j)
				for k := range h {
					from := ((b*dims[p]+i+k)*dims[p+1] + j) * size
					copy(home.mem[from:], product.mem[from:][:w*size])
				}
				e.Apply(nil, i, h, j, w, b, args, scratch)
			}
		}
	}
}

func rowMajor(dims []int) []int {
	strides, size := make([]int, len(dims)), 1
	for i := range slices.Backward(dims) {
		strides[i] = size
		size *= max(dims[i], 1)
	}
	return strides
}

func TestEpiloguesEqualTheRegionOverTheProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := randomSpec(t)
		for len(s.Dims) < 2 || slices.Contains(s.Dims, 0) || s.RowAxes > 0 {
			s = randomSpec(t)
		}
		s.Stores = slices.DeleteFunc(s.Stores, reducesAny)
		s.Loads[0].Strides = rowMajor(s.Dims)
		inPlace := rapid.Bool().Draw(t, "in place")
		if inPlace {
			likeLoads(t, &s)
		}
		var like []int // the registers of the product's type
		for r := range len(s.Loads) + len(s.Code) {
			if typeOf(s, r) == s.Loads[0].DType {
				like = append(like, r)
			}
		}
		for range rapid.IntRange(1, 2).Draw(t, "homes") {
			s.Stores = append(s.Stores, Store{Reg: rapid.SampledFrom(like).Draw(t, "home"), DType: s.Loads[0].DType, Strides: rowMajor(s.Dims)})
		}
		l := rapid.SampledFrom(isa.Available()).Draw(t, "level")
		e, err := NewEpilogue(l, s)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		tr := newTrial(s, rng, false, inPlace)
		if inPlace { // the product, and what it arrives in, share no memory with the others
			tr.loads[0] = tr.loads[0].clone()
		}
		home := newBuffer(s.Dims, rowMajor(s.Dims), s.Loads[0].DType)
		tr.stores[e.Home()] = home
		tr.args[e.Home()] = home.addr()
		want, slacks := tr.want(l)
		args := slices.Delete(slices.Clone(tr.args), len(s.Stores), len(s.Stores)+1)
		rows, cols := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.SampledFrom([]int{1, 16, 32, 48, 64, 70, 3000}).Draw(t, "cols")
		applyParts(e, tr.loads[0], home, s.Dims, rows, cols, args)
		for j, st := range s.Stores {
			compare(t, e.Name(), s.Dims, st, tr.stores[j], want[j], slacks[j])
		}
	})
}

func TestEpilogueOfAProductEqualsTheRegionAfterIt(t *testing.T) {
	const m, n, k = 67, 100, 33
	for _, l := range isa.Available() {
		e, err := NewEpilogue(l, biasReLU(m, n))
		if err != nil {
			t.Fatal(err)
		}
		plain := gemm.Spec{DType: dtypes.Float32, M: m, N: n, K: k, A: gemm.Stride{Row: k, Col: 1}, B: gemm.Stride{Row: n, Col: 1}, C: gemm.Stride{Row: n, Col: 1}}
		fused := plain
		fused.Epilogue, fused.ArgC, fused.ArgA, fused.ArgB = e, e.Home(), 3, 4
		rng := rand.New(rand.NewPCG(3, 4))
		random := func(size int) unsafe.Pointer {
			b := newBytes(4*size, 0, dtypes.Float32)
			b.fill(rng, false)
			return b.addr()
		}
		a, b, bias, zero := random(m*k), random(k*n), random(n), kernel.Alloc(4)
		x, y, z := kernel.Alloc(4*m*n), kernel.Alloc(4*m*n), kernel.Alloc(4*m*n)
		kernel.Run(gemm.New(l, plain), x, a, b)
		after, err := New(l, biasReLU(m, n))
		if err != nil {
			t.Fatal(err)
		}
		kernel.Run(after, y, x, bias, zero)
		kernel.Run(gemm.New(l, fused), z, bias, zero, a, b)
		got, want := unsafe.Slice((*float32)(z), m*n), unsafe.Slice((*float32)(y), m*n)
		if !slices.Equal(got, want) {
			t.Errorf("%v: %s: got other bits than from the product followed by the region", l, e.Name())
		}
	}
}

func TestEpiloguesOfOtherShapesAreErrors(t *testing.T) {
	f := dtypes.Float32
	good := biasReLU(4, 5)
	for name, spoil := range map[string]func(s *Spec){
		"reduction":     func(s *Spec) { s.Stores[0] = Store{4, f, compute.OpTypeReduceSum, []bool{true, false}, []int{0, 1}} },
		"row reduction": func(s *Spec) { s.RowAxes, s.Code[1] = 1, Instr{compute.OpTypeReduceMax, f, f, 3, -1, -1} },
		"no rows":       func(s *Spec) { *s = Spec{Dims: []int{3}, Loads: []Load{{f, []int{1}}}} },
		"bad register":  func(s *Spec) { s.Stores[0].Reg = 9 },
	} {
		s := good
		s.Code, s.Stores = slices.Clone(s.Code), slices.Clone(s.Stores)
		spoil(&s)
		if _, err := NewEpilogue(isa.Portable, s); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if e, err := NewEpilogue(isa.Portable, good); err != nil || e.Name() != "+add,max" {
		t.Errorf("got name %q, %v, want +add,max", e.Name(), err)
	}
}
