package stock_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

func f32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
func f64(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float64, dims...) }
func i32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Int32, dims...) }

// at is the address of a slice's memory.
func at[T any](x []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(x)) }

// single is a graph of one node on parameters of the given shapes.
func single(op ir.Op, attr any, out []shapes.Shape, in ...shapes.Shape) *ir.Graph {
	g := &ir.Graph{Name: "single"}
	var params []*ir.Value
	for _, s := range in {
		params = append(params, g.Param("", s))
	}
	g.Results = g.Add(op, attr, params, out...).Out
	return g
}

// runGraph compiles and runs a graph.
func runGraph(t testing.TB, g *ir.Graph, params, results []unsafe.Pointer) {
	t.Helper()
	p, err := stock.Graph(g)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := p.Run(params, results); err != nil {
		t.Fatalf("%+v", err)
	}
}

// TestHostsRunOneNode: outputs first, then inputs, an input that is used twice given twice.
func TestHostsRunOneNode(t *testing.T) {
	g := &ir.Graph{}
	x := g.Param("x", f32(3))
	n := g.Add(compute.OpTypeMul, nil, []*ir.Value{x, x}, f32(3))
	h, err := stock.Host(n)
	if err != nil {
		t.Fatal(err)
	}
	in, out := []float32{1, 2, 3}, make([]float32, 3)
	if err := h.Run([]unsafe.Pointer{at(out), at(in), at(in)}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(out, []float32{1, 4, 9}) || h.Name() != "host mul f32[3]" {
		t.Errorf("%s: got %v", h.Name(), out)
	}
}

func TestHostsAnswerForWhatTheyCannotRun(t *testing.T) {
	_, err := stock.Host(single(compute.OpTypeFFT, ir.FFT{}, []shapes.Shape{f32(2)}, f32(2)).Results[0].Def)
	if !compute.IsNotImplemented(err) || !strings.Contains(err.Error(), "fft") {
		t.Errorf("got %v, want ErrNotImplemented that names the operation", err)
	}
	// The shapes do not fit: an error of the other engine, not a crash.
	if _, err = stock.Host(single(compute.OpTypeReshape, nil, []shapes.Shape{f32(3)}, f32(2)).Results[0].Def); err == nil {
		t.Error("a reshape to more elements: got no error")
	}
	// An attribute that is missing: a panic that becomes an error.
	if _, err = stock.Host(single(compute.OpTypeTranspose, nil, []shapes.Shape{f32(2)}, f32(2)).Results[0].Def); err == nil {
		t.Error("a transpose without permutation: got no error")
	}
}

// TestParametersMayFollowEveryResult: the other engine cannot run such graphs as they are.
func TestParametersMayFollowEveryResult(t *testing.T) {
	g := &ir.Graph{}
	x, unused := g.Param("x", f32(2)), g.Param("unused", f32(1))
	g.Results = []*ir.Value{x, x, unused}
	a, b, c := make([]float32, 2), make([]float32, 2), make([]float32, 1)
	runGraph(t, g, []unsafe.Pointer{at([]float32{1, 2}), at([]float32{3})}, []unsafe.Pointer{at(a), at(b), at(c)})
	if !slices.Equal(a, []float32{1, 2}) || !slices.Equal(b, a) || c[0] != 3 {
		t.Errorf("got %v %v %v", a, b, c)
	}
}

// TestUnaryAndBinaryOperationsReachTheirMethods checks each family by one number.
func TestUnaryAndBinaryOperationsReachTheirMethods(t *testing.T) {
	for op, want := range map[ir.Op]float64{
		compute.OpTypeAbs: 0.5, compute.OpTypeCeil: 0, compute.OpTypeFloor: -1, compute.OpTypeNeg: 0.5, compute.OpTypeSign: -1,
		compute.OpTypeExp: math.Exp(-0.5), compute.OpTypeExpm1: math.Expm1(-0.5), compute.OpTypeLog1p: math.Log1p(-0.5),
		compute.OpTypeSin: math.Sin(-0.5), compute.OpTypeCos: math.Cos(-0.5), compute.OpTypeTanh: math.Tanh(-0.5),
		compute.OpTypeErf: math.Erf(-0.5), compute.OpTypeLogistic: 1 / (1 + math.Exp(0.5)), compute.OpTypeIdentity: -0.5,
		compute.OpTypeRound: 0,
	} {
		y := make([]float64, 1)
		runGraph(t, single(op, nil, []shapes.Shape{f64(1)}, f64(1)), []unsafe.Pointer{at([]float64{-0.5})}, []unsafe.Pointer{at(y)})
		if math.Abs(y[0]-want) > 1e-15 { // a few ulp of the other engine's functions
			t.Errorf("%s: got %v, want %v", op, y[0], want)
		}
	}
	for op, want := range map[ir.Op]int32{
		compute.OpTypeAdd: 15, compute.OpTypeSub: 9, compute.OpTypeMul: 36, compute.OpTypeDiv: 4, compute.OpTypeRem: 0,
		compute.OpTypeMax: 12, compute.OpTypeMin: 3, compute.OpTypePow: 1728, compute.OpTypeBitwiseAnd: 0, compute.OpTypeBitwiseOr: 15,
		compute.OpTypeBitwiseXor: 15, compute.OpTypeShiftLeft: 96, compute.OpTypeShiftRightArithmetic: 1, compute.OpTypeShiftRightLogical: 1,
	} {
		y := make([]int32, 1)
		runGraph(t, single(op, nil, []shapes.Shape{i32(1)}, i32(1), i32(1)),
			[]unsafe.Pointer{at([]int32{12}), at([]int32{3})}, []unsafe.Pointer{at(y)})
		if y[0] != want {
			t.Errorf("12 %s 3: got %v, want %v", op, y[0], want)
		}
	}
}

// pad is Pad of a matrix by its definition: element (i, j) of the operand goes to
// (start + i·(interior+1), …), if that is inside.
func pad(x []float64, rows, columns int, fill float64, p ir.Pad) (y []float64, dims [2]int) {
	for k, n := range []int{rows, columns} {
		dims[k] = max(p[k].Start+n+max(n-1, 0)*p[k].Interior+p[k].End, 0)
	}
	y = make([]float64, dims[0]*dims[1])
	for i := range y {
		y[i] = fill
	}
	for i := range rows {
		for j := range columns {
			r, c := p[0].Start+i*(p[0].Interior+1), p[1].Start+j*(p[1].Interior+1)
			if r >= 0 && r < dims[0] && c >= 0 && c < dims[1] {
				y[r*dims[1]+c] = x[i*columns+j]
			}
		}
	}
	return y, dims
}

// TestPaddingOfAnySignIsItsDefinition draws negative, interior and ordinary padding.
func TestPaddingOfAnySignIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, columns := rapid.IntRange(1, 4).Draw(r, "rows"), rapid.IntRange(1, 4).Draw(r, "columns")
		p := make(ir.Pad, 2)
		for k, n := range []int{rows, columns} {
			p[k].Interior = rapid.IntRange(0, 2).Draw(r, "interior")
			n += (n - 1) * p[k].Interior
			p[k].Start = rapid.IntRange(-n+1, 3).Draw(r, "start")
			p[k].End = rapid.IntRange(-(n-1)-min(p[k].Start, 0), 3).Draw(r, "end")
		}
		x := make([]float64, rows*columns)
		for i := range x {
			x[i] = float64(i + 1)
		}
		want, dims := pad(x, rows, columns, -7, p)
		got := make([]float64, len(want))
		g := single(compute.OpTypePad, p, []shapes.Shape{f64(dims[0], dims[1])}, f64(rows, columns), f64())
		runGraph(t, g, []unsafe.Pointer{at(x), at([]float64{-7})}, []unsafe.Pointer{at(got)})
		if !slices.Equal(got, want) {
			t.Fatalf("%d×%d, %+v: got %v, want %v", rows, columns, p, got, want)
		}
	})
}

// TestRunTimeSlicesAreTheirDefinition compares slices and updates at any position, inside or
// not, with loops.
func TestRunTimeSlicesAreTheirDefinition(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const n, m = 4, 5
		h, w := rapid.IntRange(1, n).Draw(r, "rows"), rapid.IntRange(1, m).Draw(r, "columns")
		place := []int32{int32(rapid.IntRange(-3, 8).Draw(r, "row")), int32(rapid.IntRange(-3, 8).Draw(r, "column"))}
		x, u := make([]float32, n*m), make([]float32, h*w)
		for i := range x {
			x[i] = float32(i)
		}
		for i := range u {
			u[i] = float32(-1 - i)
		}
		top, left := min(max(int(place[0]), 0), n-h), min(max(int(place[1]), 0), m-w)
		part, updated := make([]float32, h*w), slices.Clone(x)
		for i := range h {
			for j := range w {
				part[i*w+j] = x[(top+i)*m+left+j]
				updated[(top+i)*m+left+j] = u[i*w+j]
			}
		}
		got, all := make([]float32, h*w), make([]float32, n*m)
		scalars := []unsafe.Pointer{at(place[:1]), at(place[1:])}
		g := single(compute.OpTypeDynamicSlice, ir.DynamicSlice{Sizes: []int{h, w}}, []shapes.Shape{f32(h, w)}, f32(n, m), i32(), i32())
		runGraph(t, g, append([]unsafe.Pointer{at(x)}, scalars...), []unsafe.Pointer{at(got)})
		g = single(compute.OpTypeDynamicUpdateSlice, nil, []shapes.Shape{f32(n, m)}, f32(n, m), f32(h, w), i32(), i32())
		runGraph(t, g, append([]unsafe.Pointer{at(x), at(u)}, scalars...), []unsafe.Pointer{at(all)})
		if !slices.Equal(got, part) || !slices.Equal(all, updated) {
			t.Fatalf("at %v: got %v and %v, want %v and %v", place, got, all, part, updated)
		}
	})
}

// TestRunTimeSlicesOfScalarsAndEmptyUpdates: nothing to place.
func TestRunTimeSlicesOfScalarsAndEmptyUpdates(t *testing.T) {
	y := make([]float32, 1)
	g := single(compute.OpTypeDynamicSlice, ir.DynamicSlice{}, []shapes.Shape{f32()}, f32())
	runGraph(t, g, []unsafe.Pointer{at([]float32{4})}, []unsafe.Pointer{at(y)})
	g = single(compute.OpTypeDynamicUpdateSlice, nil, []shapes.Shape{f32()}, f32(), f32())
	z := make([]float32, 1)
	runGraph(t, g, []unsafe.Pointer{at([]float32{4}), at([]float32{5})}, []unsafe.Pointer{at(z)})
	g = single(compute.OpTypeDynamicUpdateSlice, nil, []shapes.Shape{f32(1)}, f32(1), f32(0), i32())
	w := make([]float32, 1)
	runGraph(t, g, []unsafe.Pointer{at([]float32{6}), at(make([]float32, 1)), at([]int32{0})}, []unsafe.Pointer{at(w)})
	if y[0] != 4 || z[0] != 5 || w[0] != 6 {
		t.Errorf("got %v %v %v, want 4 5 6", y, z, w)
	}
}
