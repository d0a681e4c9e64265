package pool

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// pickers lists the search for maxima, or for minima, of every level.
func pickers(smallest bool) map[string]picker {
	out := map[string]picker{}
	for _, l := range isa.Available() {
		if p := native(l, smallest); p != nil {
			out[l.String()] = p
		}
	}
	return out
}

// A picker is compared with its plain loop, bit by bit, on values with ties and special ones.
func TestPickersAreThePlainLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, taps := rapid.IntRange(1, 70).Draw(t, "windows"), rapid.IntRange(1, 9).Draw(t, "elements")
		offsets := make([]int, taps)
		for i := range offsets {
			offsets[i] = i*n + i*rapid.IntRange(0, 3).Draw(t, "gap")
		}
		slices.Sort(offsets)
		for i := 1; i < taps; i++ {
			offsets[i] = max(offsets[i], offsets[i-1]+n)
		}
		size := offsets[taps-1] + n
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x, source, start := make([]float32, size), make([]float32, n), make([]float32, size)
		for i := range x {
			x[i], start[i] = float32(anyFloat(r)), float32(i)
		}
		for i := range source {
			source[i] = float32(r.IntN(9) - 4)
		}
		for _, smallest := range []bool{false, true} {
			plain := largest[float32]
			if smallest {
				plain = least[float32]
			}
			want := pack(start)
			plain(pack(x), pack(source), want, offsets, n)
			for level, pick := range pickers(smallest) {
				got := pack(start)
				pick(pack(x), pack(source), got, offsets, n)
				a, b := unsafe.Slice((*float32)(got), size), unsafe.Slice((*float32)(want), size)
				if !slices.Equal(a, b) {
					t.Fatalf("%s, smallest %v: got %v, want %v", level, smallest, a, b)
				}
			}
		}
	})
}

func TestPickersTouchNothingOutside(t *testing.T) {
	for n := 1; n <= 40; n++ {
		x, source := guardedCopy(t, normal(3*n)), guardedCopy(t, normal(n))
		for _, smallest := range []bool{false, true} {
			for _, pick := range pickers(smallest) {
				pick(x, source, guarded(t, 4*3*n), []int{0, n, 2 * n}, n)
			}
		}
	}
}

// The elements that units own are all elements of the output, each once.
func TestUnitsOwnTheOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t, true)
		s := c.spec(dtypes.Float32)
		k := NewSelect(isa.Portable, s, false).(*choose)
		size := 1
		for _, n := range c.dims {
			size *= n
		}
		owned := make([]int, size)
		for u := range k.units {
			own(k, u, func(offset, n int) {
				for i := range n {
					owned[offset+i]++
				}
			})
		}
		if i := slices.IndexFunc(owned, func(n int) bool { return n != 1 }); i >= 0 {
			t.Fatalf("element %d: got %d owners, want 1; %+v", i, owned[i], c)
		}
	})
}

// The first of equal maxima takes the gradient, and the last NaN before anything else.
func TestFirstMaximumWins(t *testing.T) {
	nan := float32(math.NaN())
	s := General(dtypes.Float32, []int{4}, []int{4}, nil, nil, nil, nil)
	for _, c := range []struct {
		x    [4]float32
		max  int
		min  int
		name string
	}{
		{[4]float32{1, 3, 3, 2}, 1, 0, "ties of maxima"},
		{[4]float32{2, 1, 1, 2}, 0, 1, "ties of both"},
		{[4]float32{1, nan, 3, 0}, 1, 1, "a NaN"},
		{[4]float32{nan, 5, nan, 1}, 2, 2, "the last NaN"},
		{[4]float32{0, float32(math.Copysign(0, -1)), 0, 0}, 0, 0, "zeros of both signs"},
	} {
		for _, l := range isa.Available() {
			for smallest, want := range map[bool]int{false: c.max, true: c.min} {
				y := pack(make([]float32, 4))
				kernel.Run(NewSelect(l, s, smallest), y, pack(c.x[:]), pack([]float32{7}))
				for i, got := range unsafe.Slice((*float32)(y), 4) {
					if (got == 7) != (i == want) {
						t.Errorf("%v, %s, smallest %v: got %v at %d, want the gradient at %d", l, c.name, smallest, got, i, want)
					}
				}
			}
		}
	}
}

func TestEveryTypeHasANeutralElement(t *testing.T) {
	ops := []compute.ReduceOpType{compute.ReduceOpSum, compute.ReduceOpProduct, compute.ReduceOpMax, compute.ReduceOpMin}
	for _, dt := range []dtypes.DType{dtypes.Int8, dtypes.Int16, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Uint16,
		dtypes.Uint32, dtypes.Uint64, dtypes.Float16, dtypes.BFloat16, dtypes.Float32, dtypes.Float64} {
		for _, op := range ops {
			if neutral(dt, op) == nil {
				t.Errorf("%v %v: has no neutral element", dt, op)
			}
		}
	}
	if neutral(dtypes.Float32, compute.ReduceOpUndefined) != nil {
		t.Error("an undefined reduction has a neutral element")
	}
	for _, c := range []struct{ got, want any }{
		{element(dtypes.Float16, compute.ReduceOpProduct), float16.FromFloat32(1)},
		{element(dtypes.BFloat16, compute.ReduceOpSum), bfloat16.FromFloat32(0)},
		{element(dtypes.Int8, compute.ReduceOpMax), int8(math.MinInt8)},
		{element(dtypes.Uint16, compute.ReduceOpMin), uint16(math.MaxUint16)},
		{element(dtypes.Float64, compute.ReduceOpMax), math.Inf(-1)},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestNothingIsAllocatedWhileAKernelRuns(t *testing.T) {
	for _, s := range shapesOfNote {
		_, outs := outDims(s)
		ins := 1
		for _, a := range s.Axes {
			ins *= a.In
		}
		for _, l := range isa.Available() {
			for _, k := range []kernel.Kernel{New(l, s, compute.ReduceOpMin), NewSelect(l, s, false)} {
				args := []unsafe.Pointer{pack(make([]float32, max(ins, outs))), pack(normal(max(ins, outs))), pack(normal(max(ins, outs)))}
				w := &kernel.Worker{Scratch: kernel.Alloc(k.Scratch())}
				units := k.Phases()[0]
				if n := testing.AllocsPerRun(2, func() { k.Run(w, 0, 0, units, args) }); n != 0 {
					t.Errorf("%v %s: got %v allocations, want none", l, k.Name(), n)
				}
			}
		}
	}
}

func TestNamesTellTheShapes(t *testing.T) {
	s := nhwc(64, 28, 32, 2, 2, 0)
	if got, want := New(isa.Best(), s, compute.ReduceOpMax).Name(), "pool Max 64×28×28×32 1×2×2×1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
