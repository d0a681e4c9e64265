package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

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

// call is a random call of ConvGeneral.
type call struct {
	in, ker                          []int
	axes                             compute.ConvolveAxesConfig
	strides, inDilations, kDilations []int
	paddings                         [][2]int
	groups, batchGroups              int
}

// drawCall makes a call with its axes in any order.
func drawCall(t *rapid.T) call {
	s := draw(t)
	n := len(s.Axes)
	c := call{groups: s.Groups, batchGroups: s.BatchGroups}
	all := make([]int, n+2)
	for i := range all {
		all[i] = i
	}
	in, ker := rapid.Permutation(all).Draw(t, "input axes"), rapid.Permutation(all).Draw(t, "kernel axes")
	// Stock takes the batch of the output for the axis of the input's: they agree here.
	out := slices.Clone(in)
	c.axes = compute.ConvolveAxesConfig{InputBatch: in[0], InputChannels: in[1], InputSpatial: in[2:],
		KernelInputChannels: ker[0], KernelOutputChannels: ker[1], KernelSpatial: ker[2:],
		OutputBatch: out[0], OutputChannels: out[1], OutputSpatial: out[2:]}
	c.in, c.ker = make([]int, n+2), make([]int, n+2)
	c.in[in[0]], c.in[in[1]] = s.Batch, s.InChannels
	c.ker[ker[0]], c.ker[ker[1]] = s.InChannels/s.Groups, s.OutChannels
	for i, a := range s.Axes {
		c.in[in[i+2]], c.ker[ker[i+2]] = a.In, a.Kernel
		c.strides, c.paddings = append(c.strides, a.Stride), append(c.paddings, [2]int{a.Lo, a.Hi})
		c.inDilations, c.kDilations = append(c.inDilations, a.InputDilation), append(c.kDilations, a.KernelDilation)
	}
	return c
}

// stock runs the call on GoMLX's own backend.
func (c call) stock(t rapid.TB, dt dtypes.DType, x, w any) any {
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
	for i, s := range []shapes.Shape{shapes.Make(dt, c.in...), shapes.Make(dt, c.ker...)} {
		p, err := f.Parameter(fmt.Sprint("x", i), s, nil)
		must(err)
		buffer, err := b.BufferFromFlatData(0, []any{x, w}[i], s)
		must(err)
		params, buffers = append(params, p), append(buffers, buffer)
	}
	y, err := f.ConvGeneral(params[0], params[1], c.axes, c.strides, c.paddings, c.inDilations, c.kDilations, c.groups, c.batchGroups)
	must(err)
	must(f.Return([]compute.Value{y}, nil))
	exec, err := builder.Compile()
	must(err)
	outs, err := exec.Execute(buffers, nil, 0)
	must(err)
	shape, err := outs[0].Shape()
	must(err)
	flat := reflect.MakeSlice(reflect.TypeOf(x), shape.Size(), shape.Size()).Interface()
	must(outs[0].ToFlatData(flat))
	return flat
}

// agree compares a type with stock on small integers, whose sums are exact or wrap alike. Half
// precision rounds once at the end, as stock does.
func agree[T comparable](t rapid.TB, c call, dt dtypes.DType, value func(int) T) {
	t.Helper()
	s := General(shapes.Make(dt, c.in...), shapes.Make(dt, c.ker...), c.axes, c.strides, c.paddings, c.inDilations, c.kDilations, c.groups, c.batchGroups)
	outs, ins, kers := sizes(s)
	r := rand.New(rand.NewPCG(1, 2))
	x, xs := buffer(ins, func(int) T { return value(r.IntN(9) - 4) })
	w, ws := buffer(kers, func(int) T { return value(r.IntN(9) - 4) })
	want := c.stock(t, dt, xs, ws).([]T)
	if len(want) != outs {
		t.Fatalf("%v: got %d elements, want %d; %+v", dt, outs, len(want), c)
	}
	for _, l := range isa.Available() {
		if l > isa.Portable && dt != dtypes.Float32 && dt != dtypes.Float64 {
			break // the definition again
		}
		y, ys := buffer(outs, func(int) T { return value(77) })
		kernel.Run(New(l, s), y, x, w)
		for i, got := range ys {
			if got != want[i] {
				t.Fatalf("%v %v: element %d: got %v, want %v; %+v", l, dt, i, got, want[i], c)
			}
		}
	}
}

func TestEveryTypeIsStocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCall(t)
		agree(t, c, dtypes.Float32, func(i int) float32 { return float32(i) })
		agree(t, c, dtypes.Float64, func(i int) float64 { return float64(i) })
		switch rapid.IntRange(0, 4).Draw(t, "types") {
		case 0:
			agree(t, c, dtypes.Float16, func(i int) float16.Float16 { return float16.FromFloat32(float32(i)) })
			agree(t, c, dtypes.BFloat16, func(i int) bfloat16.BFloat16 { return bfloat16.FromFloat32(float32(i)) })
		case 1:
			agree(t, c, dtypes.Int8, func(i int) int8 { return int8(i) })
			agree(t, c, dtypes.Uint8, func(i int) uint8 { return uint8(i) })
		case 2:
			agree(t, c, dtypes.Int16, func(i int) int16 { return int16(i) })
			agree(t, c, dtypes.Uint16, func(i int) uint16 { return uint16(i) })
		case 3:
			agree(t, c, dtypes.Int32, func(i int) int32 { return int32(i) })
			agree(t, c, dtypes.Uint32, func(i int) uint32 { return uint32(i) })
		default:
			agree(t, c, dtypes.Int64, func(i int) int64 { return int64(i) })
			agree(t, c, dtypes.Uint64, func(i int) uint64 { return uint64(i) })
		}
	})
}

// A NaN or an infinity reaches the same outputs as in stock: a product with padding or with an
// inserted zero is not taken there either.
func TestSpecialValuesAreStocks(t *testing.T) {
	special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 1, -2}
	rapid.Check(t, func(t *rapid.T) {
		c := drawCall(t)
		s := General(shapes.Make(dtypes.Float32, c.in...), shapes.Make(dtypes.Float32, c.ker...), c.axes, c.strides, c.paddings, c.inDilations, c.kDilations, c.groups, c.batchGroups)
		outs, ins, kers := sizes(s)
		r := rand.New(rand.NewPCG(3, 4))
		value := func(int) float32 {
			if r.IntN(20) == 0 {
				return special[r.IntN(len(special))]
			}
			return float32(r.IntN(9) - 4)
		}
		x, xs := buffer(ins, value)
		w, ws := buffer(kers, value)
		want := c.stock(t, dtypes.Float32, xs, ws).([]float32)
		for _, l := range isa.Available() {
			y, ys := buffer(outs, func(int) float32 { return 77 })
			kernel.Run(New(l, s), y, x, w)
			for i, got := range ys {
				if got != want[i] && !(got != got && want[i] != want[i]) {
					t.Fatalf("%v: element %d: got %v, want %v; %+v", l, i, got, want[i], c)
				}
			}
		}
	})
}

func TestSubnormalNumbersAreKept(t *testing.T) {
	s := square(1, 8, 1, 16, 1, 1, false)
	_, ins, kers := sizes(s)
	tiny := math.Float32frombits(1)
	x, _ := buffer(ins, func(int) float32 { return tiny })
	w, _ := buffer(kers, func(int) float32 { return 1 })
	for _, l := range isa.Available() {
		outs, _, _ := sizes(s)
		y, ys := buffer(outs, func(int) float32 { return 0 })
		kernel.Run(New(l, s), y, x, w)
		if i := slices.IndexFunc(ys, func(v float32) bool { return v != tiny }); i >= 0 {
			t.Errorf("%v: element %d: got %v, want %v", l, i, ys[i], tiny)
		}
	}
}
