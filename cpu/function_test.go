package cpu_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu"
)

func TestConfigurations(t *testing.T) {
	for text, want := range map[string]string{
		"threads=3,isa=go": "elbo CPU engine (3 threads, go)",
		"unfused,isa=go,":  "unfused",
		"stock":            "GoMLX's engine",
	} {
		if got := open(t, text).Description(); !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q in it", text, got, want)
		}
	}
	for text, part := range map[string]string{
		"threads=0": `threads: got "0"`, "threads=many": `threads: got "many"`, "isa=mmx": `got "mmx"`, "fast": `got "fast"`,
	} {
		_, err := cpu.New(text)
		wantError(t, err, part)
	}
	t.Setenv(compute.ConfigEnvVar, "elbo:threads=2")
	if b, err := compute.New(); err != nil || b.Name() != cpu.BackendName || b.String() != cpu.BackendName || b.NumDevices() != 1 {
		t.Errorf("GOMLX_BACKEND=elbo:threads=2: got %v, %v", b, err)
	}
}

// TestBadOperandsAreErrors tries each family with an operand that does not fit.
func TestBadOperandsAreErrors(t *testing.T) {
	b := open(t, "threads=1")
	f := &maker{b.Builder("bad").Main(), t}
	x, i, c := f.in(f32(2, 3)), f.in(shapes.Make(dtypes.Int32, 2)), f.in(shapes.Make(dtypes.Bool))
	other := (&maker{b.Builder("other").Main(), t}).in(f32(1))
	one := func(_ compute.Value, err error) error { return err }
	many := func(_ []compute.Value, err error) error { return err }
	for part, err := range map[string]error{
		"cpu: Abs: input 0: got <nil>":                 one(f.Abs(nil)),
		"of builder \"other\", not of \"bad\"":         one(f.Neg(other)),
		"cpu: LogicalNot":                              one(f.LogicalNot(x)),
		"cpu: IsNaN: got (Int32)[2]":                   one(f.IsNaN(i)),
		"cpu: Add":                                     one(f.Add(x, i)),
		"cpu: Equal":                                   one(f.Equal(x, i)),
		"cpu: Reshape: got dimensions [-1 6]":          one(f.Reshape(x, -1, 6)),
		"cpu: Reshape":                                 one(f.Reshape(x, 7)),
		"cpu: Transpose":                               one(f.Transpose(x, 0, 0)),
		"cpu: BroadcastInDim: axes [1 0]":              one(f.BroadcastInDim(x, f32(3, 2), []int{1, 0})),
		"cpu: Reverse: axis 2":                         one(f.Reverse(x, 2)),
		"cpu: Slice: starts [0]":                       one(f.Slice(x, []int{0}, []int{1}, nil)),
		"cpu: Concatenate":                             one(f.Concatenate(0, x, i)),
		"cpu: Pad: fill":                               one(f.Pad(x, i)),
		"cpu: Pad":                                     one(f.Pad(x, f.must(f.Constant([]float32{0})), compute.PadAxis{Start: -9})),
		"cpu: Where":                                   one(f.Where(x, x, x)),
		"cpu: Clamp":                                   one(f.Clamp(i, x, x)),
		"cpu: Iota: axis 1":                            one(f.Iota(f32(2), 1)),
		"cpu: ReduceSum: axis 5":                       one(f.ReduceSum(x, 5)),
		"cpu: ReduceSum: axes [0 0]":                   one(f.ReduceSum(x, 0, 0)),
		"cpu: ReduceBitwiseAnd: got data type Float32": one(f.ReduceBitwiseAnd(x)),
		"cpu: ArgMinMax":                               one(f.ArgMinMax(x, 7, dtypes.Int32, true)),
		"cpu: CumSum":                                  one(f.CumSum(x, 7, compute.CumSumOptions{})),
		"cpu: DotGeneral":                              one(f.DotGeneral(x, []int{0}, nil, x, []int{1}, nil, compute.DotGeneralConfig{})),
		"cpu: ConvGeneral":                             one(f.ConvGeneral(x, x, compute.ConvolveAxesConfig{}, nil, nil, nil, nil, 0, 0)),
		"cpu: Gather":                                  one(f.Gather(x, i, 5, nil, nil, nil, nil, false)),
		"cpu: ScatterSum":                              one(f.ScatterSum(x, i, x, 5, nil, nil, nil, false, false)),
		"cpu: DynamicSlice: got 1 start":               one(f.DynamicSlice(x, []compute.Value{c}, []int{1, 1})),
		"start index 0: got (Bool)":                    one(f.DynamicSlice(x, []compute.Value{c, c}, []int{1, 1})),
		"cpu: ReduceWindow":                            one(f.ReduceWindow(x, compute.ReduceOpMax, []int{9, 9}, nil, nil, nil, nil)),
		"cpu: SelectAndScatterMax":                     one(f.SelectAndScatterMax(x, x, []int{9, 9}, nil, nil)),
		"cpu: OptimizationBarrier: got no operands":    many(f.OptimizationBarrier()),
		"cpu: Call: got <nil>":                         many(f.Call(nil)),
		"cpu: If: predicate: got (Float32)[2, 3]":      many(f.If(x, nil, nil)),
		"cpu: While: got no state":                     many(f.While(nil, nil)),
		"cpu: Sort: comparator: got <nil>":             many(f.Sort(nil, 0, true, x)),
		"cpu: Constant: got int":                       one(f.Constant(3)),
		"want none below 0":                            one(f.Constant([]float32{1}, -1)),
		"got 1 elements, want 2":                       one(f.Constant([]float32{1}, 2)),
		"cpu: Parameter \"p\"":                         one(f.Parameter("p", f32(2).Clone(), &compute.ShardingSpec{})),
		"cpu: BatchNormForInference: feature axis 4":   one(f.BatchNormForInference(x, x, x, x, x, 1e-3, 4)),
		"cpu: DynamicDimensionSize: axis 4":            one(f.DynamicDimensionSize(x, 4)),
	} {
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(part, "cpu: ")) {
			t.Errorf("got error %v, want one with %q", err, part)
		}
	}
	_, _, err := f.RNGBitGenerator(x, f32(2))
	wantError(t, err, "RNGBitGenerator: state")
}

func TestWhatIsAbsentIsNotImplemented(t *testing.T) {
	b := open(t, "threads=1")
	f := &maker{b.Builder("absent").Main(), t}
	x := f.in(f32(2, 2))
	for op, call := range map[compute.OpType]func() error{
		compute.OpTypeFusedSoftmax:   func() error { _, err := f.FusedSoftmax(x, 0); return err },
		compute.OpTypeFusedGelu:      func() error { _, err := f.FusedGelu(x, true); return err },
		compute.OpTypeFusedLayerNorm: func() error { _, err := f.FusedLayerNorm(x, []int{0}, 1e-5, nil, nil); return err },
		compute.OpTypeFusedDense:     func() error { _, err := f.FusedDense(x, x, nil, compute.DenseConfig{}); return err },
		compute.OpTypeFFT:            func() error { _, err := f.FFT(x, compute.FFTForward, nil); return err },
		compute.OpTypeAllReduce: func() error {
			_, err := f.AllReduce([]compute.Value{x}, compute.ReduceOpSum, nil)
			return err
		},
		compute.OpTypeFusedScaledDotProductAttention: func() error {
			_, _, err := f.FusedScaledDotProductAttention(x, x, x, 0, &compute.ScaledDotProductAttentionConfig{Bias: x})
			return err
		},
	} {
		if err := call(); !compute.IsNotImplemented(err) {
			t.Errorf("%s: got %v, want ErrNotImplemented", op, err)
		}
	}
	if b.Capabilities().Operations[compute.OpTypeFFT] || !b.Capabilities().Operations[compute.OpTypeDynamicSlice] {
		t.Error("the capabilities do not match")
	}
	b.Capabilities().Operations[compute.OpTypeFFT] = true
	if b.Capabilities().Operations[compute.OpTypeFFT] {
		t.Error("the capabilities can be changed from outside")
	}
}

func TestFunctionsEndWithReturnAndBuildersWithCompile(t *testing.T) {
	builder := open(t, "threads=1").Builder("ends")
	_, err := builder.Compile()
	wantError(t, err, "Return was not called")
	f := &maker{builder.Main(), t}
	wantError(t, f.Return(nil, nil), "got no results")
	x := f.in(f32(1))
	if f.Name() != compute.MainName || f.Parent() != nil || f.Builder() != builder || builder.Name() != "ends" {
		t.Errorf("got %q %v %v", f.Name(), f.Parent(), f.Builder())
	}
	if err := f.Return([]compute.Value{x}, nil); err != nil {
		t.Fatal(err)
	}
	_, err = f.Abs(x)
	wantError(t, err, "has returned")
	_, err = f.Closure()
	wantError(t, err, "has returned")
	for _, name := range []string{"", compute.MainName} {
		_, err = builder.NewFunction(name)
		wantError(t, err, "want a new one")
	}
	if _, err := builder.Compile(); err != nil {
		t.Fatal(err)
	}
	_, err = builder.Compile()
	wantError(t, err, "it is compiled")
	_, err = builder.NewFunction("late")
	wantError(t, err, "it is compiled")
	if _, err := builder.OpShape(3); err == nil {
		t.Error("the shape of a number: got no error")
	}
	if builder.DeviceAssignment(0) != nil || !compute.IsNotImplemented(builder.DistributedSPMD(2)) {
		t.Error("devices: want one")
	}
}

// TestBroadcastsAreExplicitAndEqualNodesMerge looks at the recorded graph.
func TestBroadcastsAreExplicitAndEqualNodesMerge(t *testing.T) {
	builder := open(t, "threads=1").Builder("merge")
	f := &maker{builder.Main(), t}
	x, y := f.in(f32(2, 3)), f.in(f32(1, 3))
	a, b := f.must(f.Add(x, y)), f.must(f.Add(x, y))
	c := f.must(f.Mul(a, f.must(f.Constant([]float32{2}))))
	d := f.must(f.Mul(b, f.must(f.Constant([]float32{2}))))
	if err := f.Return([]compute.Value{c, d}, nil); err != nil {
		t.Fatal(err)
	}
	want := `graph main
%0 = parameter {0 "x"} : f32[2,3]
%1 = parameter {1 "x"} : f32[1,3]
%2 = broadcastindim %1 {[0 1]} : f32[2,3]
%3 = add %0 %2 : f32[2,3]
%4 = constant {2} : f32[]
%5 = broadcastindim %4 {[]} : f32[2,3]
%6 = mul %3 %5 : f32[2,3]
return %6 %6
`
	if got := builder.(*cpu.Builder).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCallsAreInlined(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		builder := b.Builder("calls")
		square, err := builder.NewFunction("square")
		if err != nil {
			t.Fatal(err)
		}
		s := &maker{square, t}
		p := s.in(f32(2))
		if err := s.Return([]compute.Value{s.must(s.Mul(p, p)), p}, nil); err != nil {
			t.Fatal(err)
		}
		f := &maker{builder.Main(), t}
		x := f.in(f32(2))
		once, err := f.Call(square, x)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := f.Call(square, once[0])
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Call(square)
		wantError(t, err, "got 1, want 0")
		_, err = f.Call(square, f.must(f.Constant([]float32{1})))
		wantError(t, err, "got shape (Float32)[2]")
		if err := f.Return(append(twice, once...), nil); err != nil {
			t.Fatal(err)
		}
		e, err := builder.Compile()
		if err != nil {
			t.Fatal(err)
		}
		out := execute(t, e, buffer(t, b, []float32{2, 3}, 2))
		for i, want := range [][]float32{{16, 81}, {4, 9}, {4, 9}, {2, 3}} {
			if got := flat[float32](t, out[i]); !slices.Equal(got, want) {
				t.Errorf("%s: result %d: got %v, want %v", mode, i, got, want)
			}
		}
	}
}
