package lower_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/lower"
	"github.com/elbo-go/elbo/cpu/internal/pass"
	"github.com/elbo-go/elbo/cpu/internal/plan"
	"github.com/elbo-go/elbo/cpu/internal/run"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// Types of the tests' arrays.
const (
	f16 = dtypes.Float16
	bf6 = dtypes.BFloat16
	f32 = dtypes.Float32
	f64 = dtypes.Float64
	i8  = dtypes.Int8
	i32 = dtypes.Int32
	i64 = dtypes.Int64
	u32 = dtypes.Uint32
	u64 = dtypes.Uint64
	boo = dtypes.Bool
	c64 = dtypes.Complex64
)

// pool runs the tests' programs.
var pool = run.NewPool(2)

// fallback is GoMLX's engine.
func fallback(n *ir.Node) plan.Host {
	h, err := stock.Host(n)
	if err != nil {
		return nil
	}
	return h
}

// lowered lowers a graph and verifies the program.
func lowered(t testing.TB, g *ir.Graph, o lower.Options) *plan.Program {
	t.Helper()
	if o.Fallback == nil {
		o.Fallback = fallback
	}
	p, err := lower.Program(g, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Verify(p); err != nil {
		t.Fatalf("%v\n%v", err, p)
	}
	return p
}

// memory gives memory for values of the given shapes, filled with the same byte.
func memory(list []shapes.Shape, filler byte) []unsafe.Pointer {
	var out []unsafe.Pointer
	for _, s := range list {
		p := kernel.Alloc(int(s.ByteSize()))
		raw := bytesOf(p, s)
		for i := range raw {
			raw[i] = filler
		}
		out = append(out, p)
	}
	return out
}

func bytesOf(p unsafe.Pointer, s shapes.Shape) []byte {
	return unsafe.Slice((*byte)(p), s.ByteSize())
}

func shapesOf(values []*ir.Value) []shapes.Shape {
	var out []shapes.Shape
	for _, v := range values {
		out = append(out, v.Shape)
	}
	return out
}

// random fills memory with numbers that suit the type: normal, small whole or truth values.
func random(p unsafe.Pointer, s shapes.Shape, r *rand.Rand) {
	for i := range s.Size() {
		at := unsafe.Add(p, i*s.DType.Size())
		x := r.NormFloat64()
		switch n := r.IntN(9); s.DType {
		case boo:
			*(*bool)(at) = n > 3
		case f16, bf6:
			half(at, s.DType, float32(x))
		case f32:
			*(*float32)(at) = float32(x)
		case f64:
			*(*float64)(at) = x
		case i8:
			*(*int8)(at) = int8(n - 4)
		case i32:
			*(*int32)(at) = int32(n - 4)
		case i64:
			*(*int64)(at) = int64(n - 4)
		case u32:
			*(*uint32)(at) = uint32(n)
		case u64:
			*(*uint64)(at) = r.Uint64()
		default:
			panic(s.DType)
		}
	}
}

// number reads an element.
func number(p unsafe.Pointer, s shapes.Shape, i int) float64 {
	at := unsafe.Add(p, i*s.DType.Size())
	switch s.DType {
	case f16, bf6:
		return wide(at, s.DType)
	case f32:
		return float64(*(*float32)(at))
	case f64:
		return *(*float64)(at)
	case i32:
		return float64(*(*int32)(at))
	}
	return math.NaN()
}

// tolerance is relative to 1 + |x|: some tens of roundings of the type; 0 asks for the same bits.
func tolerance(t dtypes.DType) float64 {
	switch t {
	case f16:
		return 1e-2
	case bf6:
		return 6e-2
	case f32:
		return 2e-5
	case f64:
		return 1e-13
	}
	return 0
}

// compare compares two arrays.
func compare(t testing.TB, name string, got, want unsafe.Pointer, s shapes.Shape) {
	t.Helper()
	limit := tolerance(s.DType)
	if limit == 0 {
		if a, b := bytesOf(got, s), bytesOf(want, s); string(a) != string(b) {
			t.Fatalf("%s: got % x, want % x", name, a, b)
		}
		return
	}
	for i := range s.Size() {
		a, b := number(got, s, i), number(want, s, i)
		if a == b || a != a && b != b {
			continue
		}
		if !(math.Abs(a-b) <= limit*(1+math.Abs(b))) {
			t.Fatalf("%s: element %d of %v: got %g, want %g", name, i, s, a, b)
		}
	}
}

// check runs a graph on the engine, lowered in all ways, and compares with GoMLX's own engine.
func check(t *testing.T, g *ir.Graph) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	params := memory(shapesOf(g.Params), 0)
	for i, v := range g.Params {
		random(params[i], v.Shape, r)
	}
	checkWith(t, g, params)
}

// checkWith is check with given parameters.
func checkWith(t *testing.T, g *ir.Graph, params []unsafe.Pointer) {
	t.Helper()
	reference, err := stock.Graph(g)
	if err != nil {
		t.Fatalf("reference: %v", err)
	}
	want := memory(shapesOf(g.Results), 0)
	if err := reference.Run(params, want); err != nil {
		t.Fatalf("reference: %v", err)
	}
	checkAgainst(t, g, params, want)
}

// checkAgainst runs a graph, as it is and rewritten by the passes, lowered in all ways, and
// compares with known results.
func checkAgainst(t *testing.T, g *ir.Graph, params, want []unsafe.Pointer) {
	t.Helper()
	for _, level := range isa.Available() {
		compareRuns(t, "raw", g, lower.Options{Level: level}, params, want)
	}
	compareRuns(t, "unfused", g, lower.Options{Unfused: true}, params, want)
	if broadcasts(g) {
		return
	}
	rewritten := g.Clone()
	pass.Run(rewritten, nil)
	compareRuns(t, "passes", rewritten, lower.Options{Level: isa.Best()}, params, want)
	compareRuns(t, "epilogues", rewritten, lower.Options{Level: isa.Best(), Epilogues: true}, params, want)
}

// broadcasts reports whether elementwise operations broadcast by themselves, which the passes
// do not expect.
func broadcasts(g *ir.Graph) bool {
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if ir.Elementwise(n.Op) && !slices.Equal(v.Shape.Dimensions, n.Out[0].Shape.Dimensions) {
				return true
			}
		}
	}
	return false
}

// compareRuns runs a graph with and without handing over its parameters.
func compareRuns(t *testing.T, name string, g *ir.Graph, o lower.Options, params, want []unsafe.Pointer) {
	t.Helper()
	p := lowered(t, g, o)
	for _, donate := range []bool{false, true} {
		got := execute(t, p, params, donate)
		for i, v := range g.Results {
			compare(t, fmt.Sprintf("%s %v donate=%v result %d\n%v\n%v", name, o.Level, donate, i, g, p), got[i], want[i], v.Shape)
		}
	}
}

// execute runs a program on copies of the parameters, and gives the results the memory of
// those that they may take over if donate is set.
func execute(t testing.TB, p *plan.Program, params []unsafe.Pointer, donate bool) []unsafe.Pointer {
	t.Helper()
	return executeOn(t, pool, p, params, donate)
}

// executeOn is execute on workers of one's own.
func executeOn(t testing.TB, pool *run.Pool, p *plan.Program, params []unsafe.Pointer, donate bool) []unsafe.Pointer {
	t.Helper()
	ins := memory(p.Params, 0)
	for i, s := range p.Params {
		copy(bytesOf(ins[i], s), bytesOf(params[i], s))
	}
	var list []shapes.Shape
	for _, r := range p.Results {
		list = append(list, r.Shape)
	}
	outs := memory(list, 0xA5)
	for i, r := range p.Results {
		if donate && r.InPlace >= 0 {
			outs[i] = ins[r.InPlace]
		}
	}
	if err := run.New(p, pool).Run(ins, outs); err != nil {
		t.Fatalf("%v\n%v", err, p)
	}
	for i, s := range p.Params {
		if !donate && string(bytesOf(ins[i], s)) != string(bytesOf(params[i], s)) {
			t.Fatalf("parameter %d was written\n%v", i, p)
		}
	}
	return outs
}

// node adds a node of one output and returns it.
func node(g *ir.Graph, op ir.Op, attr any, t dtypes.DType, dims []int, in ...*ir.Value) *ir.Value {
	return g.Add(op, attr, in, shapes.Make(t, dims...)).Out[0]
}

// like adds a node whose output is like its last input.
func like(g *ir.Graph, op ir.Op, in ...*ir.Value) *ir.Value {
	return g.Add(op, nil, in, in[len(in)-1].Shape).Out[0]
}

// parameter adds a parameter.
func parameter(g *ir.Graph, t dtypes.DType, dims ...int) *ir.Value {
	return g.Param(fmt.Sprint("p", len(g.Params)), shapes.Make(t, dims...))
}

// transposed adds a transposition.
func transposed(g *ir.Graph, x *ir.Value, axes ...int) *ir.Value {
	var dims []int
	for _, a := range axes {
		dims = append(dims, x.Shape.Dimensions[a])
	}
	return node(g, compute.OpTypeTranspose, ir.Axes(axes), x.Shape.DType, dims, x)
}

// reshaped adds a reshape.
func reshaped(g *ir.Graph, x *ir.Value, dims ...int) *ir.Value {
	return node(g, compute.OpTypeReshape, nil, x.Shape.DType, dims, x)
}

// graph makes a graph whose results a function adds.
func graph(build func(g *ir.Graph) []*ir.Value) *ir.Graph {
	g := &ir.Graph{Name: "test"}
	g.Results = build(g)
	return g
}
