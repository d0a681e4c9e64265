package pool

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// geometry is a random array with windows over it.
type geometry struct {
	dims, window, strides, inputDilations, windowDilations []int
	paddings                                               [][2]int
}

// draw makes a geometry whose output is not empty; scatter leaves dilations out.
func draw(t *rapid.T, scatter bool) geometry {
	var c geometry
	rank := rapid.IntRange(1, 4).Draw(t, "rank")
	small := rapid.IntRange(1, 3)
	for i := range rank {
		n, w, s, in, win := rapid.IntRange(1, 9).Draw(t, "size"), 1, 1, 1, 1
		pad := [2]int{}
		if rapid.Bool().Draw(t, fmt.Sprint("pooled ", i)) {
			w, s = small.Draw(t, "window"), small.Draw(t, "stride")
			if !scatter {
				in, win = small.Draw(t, "input dilation"), small.Draw(t, "window dilation")
			}
			pad = [2]int{rapid.IntRange(0, 3).Draw(t, "lo"), rapid.IntRange(0, 3).Draw(t, "hi")}
			pad[1] += max(0, (w-1)*win-(n-1)*in-pad[0]-pad[1])
		}
		c.dims, c.window, c.strides = append(c.dims, n), append(c.window, w), append(c.strides, s)
		c.inputDilations, c.windowDilations = append(c.inputDilations, in), append(c.windowDilations, win)
		c.paddings = append(c.paddings, pad)
	}
	return c
}

func (c geometry) spec(dt dtypes.DType) Spec {
	return General(dt, c.dims, c.window, c.strides, c.inputDilations, c.windowDilations, c.paddings)
}

// outDims are the dimensions of the windows' array.
func outDims(s Spec) (dims []int, n int) {
	n = 1
	for _, a := range s.Axes {
		dims, n = append(dims, a.Out()), n*a.Out()
	}
	return dims, n
}

// stock runs one operation of the stock backend on flat inputs and gives its flat output.
func stock(t rapid.TB, inputs []any, in []shapes.Shape, build func(f compute.Function, x []compute.Value) (compute.Value, error)) any {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	b := gobackend.GetBackend()
	builder := b.Builder("test")
	f := builder.Main()
	var params []compute.Value
	var buffers []compute.Buffer
	for i, s := range in {
		p, err := f.Parameter(fmt.Sprint("x", i), s, nil)
		must(err)
		buffer, err := b.BufferFromFlatData(0, inputs[i], s)
		must(err)
		params, buffers = append(params, p), append(buffers, buffer)
	}
	y, err := build(f, params)
	must(err)
	must(f.Return([]compute.Value{y}, nil))
	exec, err := builder.Compile()
	must(err)
	outs, err := exec.Execute(buffers, nil, 0)
	must(err)
	shape, err := outs[0].Shape()
	must(err)
	flat := reflect.MakeSlice(reflect.TypeOf(inputs[0]), shape.Size(), shape.Size()).Interface()
	must(outs[0].ToFlatData(flat))
	return flat
}

// pack copies a flat slice to aligned memory.
func pack[T any](values []T) unsafe.Pointer {
	p := kernel.Alloc(len(values) * int(unsafe.Sizeof(*new(T))))
	copy(unsafe.Slice((*T)(p), len(values)), values)
	return p
}

// same reports whether two values are equal, any two NaN among them.
func same[T comparable](a, b T) bool { return a == b || a != a && b != b || bothNaN(a, b) }

func bothNaN(a, b any) bool {
	switch x := a.(type) {
	case float16.Float16:
		return math.IsNaN(float64(x.Float32())) && math.IsNaN(float64(b.(float16.Float16).Float32()))
	case bfloat16.BFloat16:
		return math.IsNaN(float64(x.Float32())) && math.IsNaN(float64(b.(bfloat16.BFloat16).Float32()))
	}
	return false
}

// reduces compares ReduceWindow with the stock backend, bit by bit.
func reduces[T comparable](t rapid.TB, c geometry, dt dtypes.DType, r compute.ReduceOpType, value func(*rand.Rand) T) {
	t.Helper()
	s := c.spec(dt)
	rnd := rand.New(rand.NewPCG(1, 2))
	shape := shapes.Make(dt, c.dims...)
	x := make([]T, shape.Size())
	for i := range x {
		x[i] = value(rnd)
	}
	want := stock(t, []any{x}, []shapes.Shape{shape}, func(f compute.Function, v []compute.Value) (compute.Value, error) {
		return f.ReduceWindow(v[0], r, c.window, c.strides, c.inputDilations, c.windowDilations, c.paddings)
	}).([]T)
	for _, l := range isa.Available() {
		k := New(l, s, r)
		y := pack(make([]T, len(want)))
		kernel.Run(k, y, pack(x))
		for i, got := range unsafe.Slice((*T)(y), len(want)) {
			if !same(got, want[i]) {
				t.Fatalf("%v %s: element %d: got %v, want %v; %+v", l, k.Name(), i, got, want[i], c)
			}
		}
	}
}

// selects compares SelectAndScatter with the stock backend, bit by bit.
func selects[T comparable](t rapid.TB, c geometry, dt dtypes.DType, smallest bool, value func(*rand.Rand) T) {
	t.Helper()
	s := c.spec(dt)
	rnd := rand.New(rand.NewPCG(3, 4))
	shape := shapes.Make(dt, c.dims...)
	dims, n := outDims(s)
	x, source := make([]T, shape.Size()), make([]T, n)
	for i := range x {
		x[i] = value(rnd)
	}
	for i := range source {
		source[i] = value(rnd)
	}
	want := stock(t, []any{x, source}, []shapes.Shape{shape, shapes.Make(dt, dims...)}, func(f compute.Function, v []compute.Value) (compute.Value, error) {
		if smallest {
			return f.SelectAndScatterMin(v[0], v[1], c.window, c.strides, c.paddings)
		}
		return f.SelectAndScatterMax(v[0], v[1], c.window, c.strides, c.paddings)
	}).([]T)
	for _, l := range isa.Available() {
		k := NewSelect(l, s, smallest)
		y := pack(append([]T(nil), x...))
		kernel.Run(k, y, pack(x), pack(source))
		for i, got := range unsafe.Slice((*T)(y), len(want)) {
			if !same(got, want[i]) {
				t.Fatalf("%v %s: element %d: got %v, want %v; %+v", l, k.Name(), i, got, want[i], c)
			}
		}
	}
}

// Values with ties and, among floats, special ones.
var specials = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, 2, 3, 0.5}

func anyFloat(r *rand.Rand) float64 {
	if r.IntN(3) == 0 {
		return specials[r.IntN(len(specials))]
	}
	return float64(r.IntN(9)) - 4
}

func TestReduceWindowIsStocks(t *testing.T) {
	ops := []compute.ReduceOpType{compute.ReduceOpSum, compute.ReduceOpProduct, compute.ReduceOpMax, compute.ReduceOpMin}
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t, false)
		op := rapid.SampledFrom(ops).Draw(t, "reduction")
		reduces(t, c, dtypes.Float32, op, func(r *rand.Rand) float32 { return float32(anyFloat(r)) })
		reduces(t, c, dtypes.Float64, op, anyFloat)
		reduces(t, c, dtypes.Int8, op, func(r *rand.Rand) int8 { return int8(r.IntN(256)) })
		reduces(t, c, dtypes.Int16, op, func(r *rand.Rand) int16 { return int16(r.IntN(1 << 16)) })
		reduces(t, c, dtypes.Int32, op, func(r *rand.Rand) int32 { return int32(r.IntN(9)) - 4 })
		reduces(t, c, dtypes.Int64, op, func(r *rand.Rand) int64 { return int64(r.IntN(9)) - 4 })
		reduces(t, c, dtypes.Uint8, op, func(r *rand.Rand) uint8 { return uint8(r.IntN(256)) })
		reduces(t, c, dtypes.Uint16, op, func(r *rand.Rand) uint16 { return uint16(r.IntN(1 << 16)) })
		reduces(t, c, dtypes.Uint32, op, func(r *rand.Rand) uint32 { return r.Uint32() })
		reduces(t, c, dtypes.Uint64, op, func(r *rand.Rand) uint64 { return r.Uint64() })
		reduces(t, c, dtypes.Float16, op, func(r *rand.Rand) float16.Float16 { return float16.FromFloat32(float32(anyFloat(r))) })
		reduces(t, c, dtypes.BFloat16, op, func(r *rand.Rand) bfloat16.BFloat16 { return bfloat16.FromFloat32(float32(anyFloat(r))) })
	})
}

func TestSelectAndScatterIsStocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := draw(t, true)
		least := rapid.Bool().Draw(t, "smallest")
		selects(t, c, dtypes.Float32, least, func(r *rand.Rand) float32 { return float32(anyFloat(r)) })
		selects(t, c, dtypes.Float64, least, anyFloat)
		selects(t, c, dtypes.Int8, least, func(r *rand.Rand) int8 { return int8(r.IntN(9)) - 4 })
		selects(t, c, dtypes.Int16, least, func(r *rand.Rand) int16 { return int16(r.IntN(9)) - 4 })
		selects(t, c, dtypes.Int32, least, func(r *rand.Rand) int32 { return int32(r.IntN(9)) - 4 })
		selects(t, c, dtypes.Int64, least, func(r *rand.Rand) int64 { return int64(r.IntN(9)) - 4 })
		selects(t, c, dtypes.Uint8, least, func(r *rand.Rand) uint8 { return uint8(r.IntN(9)) })
		selects(t, c, dtypes.Uint16, least, func(r *rand.Rand) uint16 { return uint16(r.IntN(9)) })
		selects(t, c, dtypes.Uint32, least, func(r *rand.Rand) uint32 { return uint32(r.IntN(9)) })
		selects(t, c, dtypes.Uint64, least, func(r *rand.Rand) uint64 { return uint64(r.IntN(9)) })
		selects(t, c, dtypes.Float16, least, func(r *rand.Rand) float16.Float16 { return float16.FromFloat32(float32(r.IntN(9))) })
		selects(t, c, dtypes.BFloat16, least, func(r *rand.Rand) bfloat16.BFloat16 { return bfloat16.FromFloat32(float32(r.IntN(9))) })
	})
}
