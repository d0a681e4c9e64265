package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// randomGraph is a computation drawn from a seed. It can be built on any backend: the same
// seed makes the same calls.
//
// A value is exact if every backend must compute the same bits for it: it came from parameters
// by data movement, by integer and by correctly rounded operations. Only exact values go
// into operations with jumps, where a difference in the last bit would become a large one.
// The other values are kept small, so that errors do not grow.
type randomGraph struct {
	*rand.Rand
	fn     compute.Function
	vals   []randomValue
	params []shapes.Shape
	outs   []compute.Value // results that nothing else reads
	exact  []bool          // of the results
	log    *[]string

	source  *rand.PCG
	unroll  bool // closures are written out in the function around them
	zeros   int  // one dimension of so many is 0
	depth   int  // of the closures around
	lacking bool // GoMLX's engine lacks an operation of the graph, or dies of it
	alone   bool // GoMLX's engine means or does something else, or a closure has a value without elements
}

type randomValue struct {
	v     compute.Value
	shape shapes.Shape
	exact bool
	// bounded says that the elements lie within ±8.
	bounded bool
}

// parameterTypes are the dtypes of parameters besides the graph's own.
var parameterTypes = []dtypes.DType{
	dtypes.Int32, dtypes.Int32, dtypes.Int64, dtypes.Uint8, dtypes.Bool, dtypes.Float16, dtypes.BFloat16, dtypes.Int8, dtypes.Uint32,
}

// randomProgram builds the graph of a seed and returns it compiled with the shapes of its
// parameters and the calls that were made. Unrolled, it computes the same without loops and
// branches.
func randomProgram(b compute.Backend, seed uint64, unroll bool) (ex compute.Executable, g *randomGraph, err error) {
	builder := b.Builder(fmt.Sprintf("random-%d", seed))
	source := rand.NewPCG(seed, 1)
	g = &randomGraph{Rand: rand.New(source), source: source, unroll: unroll, fn: builder.Main(), log: &[]string{}}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	dt := []dtypes.DType{dtypes.Float32, dtypes.Float32, dtypes.Float32, dtypes.Float64}[g.IntN(4)]
	g.zeros = []int{60, 60, 60, 60, 60, 60, 60, 8}[g.IntN(8)]
	for i := range 1 + g.IntN(5) {
		other := dt
		if i > 0 && g.IntN(3) == 0 {
			other = parameterTypes[g.IntN(len(parameterTypes))]
		}
		g.param(i, other)
	}
	for range 2 + g.IntN(24) {
		g.step()
	}
	results := g.results()
	for _, v := range g.outs {
		results, g.exact = append(results, v), append(g.exact, false)
	}
	tail := g.must(g.fn.Constant([]float32{1}))
	// A node after all parameters is a result: see the trap of the stock engine with parameters
	// that follow every output.
	results, g.exact = append(results, g.must(g.fn.Neg(tail))), append(g.exact, true)
	if err := g.fn.Return(results, nil); err != nil {
		return nil, g, err
	}
	ex, err = builder.Compile()
	return ex, g, err
}

// results draws what the graph gives: late values, the last one, and now and then any values,
// with parameters and repetitions among them. An Identity keeps GoMLX's engine from handing out
// one buffer twice.
func (g *randomGraph) results() (out []compute.Value) {
	seen := map[compute.Value]bool{}
	result := func(i int) {
		x := g.vals[i]
		v := x.v
		if i < len(g.params) || seen[v] {
			v = g.must(g.fn.Identity(v))
		}
		seen[v] = true
		out, g.exact = append(out, v), append(g.exact, x.exact)
		*g.log = append(*g.log, fmt.Sprint("result ", len(out)-1, " is ", i))
	}
	n := len(g.vals)
	for range 1 + g.IntN(4) {
		result(n - 1 - g.IntN(min(n, 6)))
	}
	if g.IntN(4) == 0 {
		for range g.IntN(8) {
			result(g.IntN(n))
		}
	}
	if g.IntN(4) == 0 {
		for range 2 {
			result(g.IntN(len(g.params)))
		}
	}
	result(n - 1)
	return out
}

func (g *randomGraph) must(v compute.Value, err error) compute.Value {
	if err != nil {
		panic(err)
	}
	return v
}

// shape gives the shape of a value.
func (g *randomGraph) shape(v compute.Value) shapes.Shape {
	s, err := g.fn.Shape(v)
	if err != nil {
		panic(err)
	}
	return s
}

// add records a value under its shape, with what is known of its elements.
func (g *randomGraph) add(call string, exact, bounded bool, v compute.Value, err error) randomValue {
	g.must(v, err)
	out := randomValue{v, g.shape(v), exact, bounded}
	g.vals = append(g.vals, out)
	g.note("%d = %s : %s", len(g.vals)-1, call, out.shape)
	return out
}

// note writes a line to the log, indented by the closures around.
func (g *randomGraph) note(format string, args ...any) {
	*g.log = append(*g.log, strings.Repeat("    ", g.depth)+fmt.Sprintf(format, args...))
}

// scalar is a constant of a dtype.
func (g *randomGraph) scalar(dt dtypes.DType, x float64) compute.Value {
	return g.must(g.fn.Constant(flatSlice(dt, []float64{x})))
}

// scaled multiplies by a number.
func (g *randomGraph) scaled(v compute.Value, by float64) compute.Value {
	return g.must(g.fn.Mul(v, g.scalar(g.shape(v).DType, by)))
}

// dims draws the dimensions of an array of at most a few thousand elements.
func (g *randomGraph) dims() []int {
	out := make([]int, g.IntN(4))
	for i := range out {
		out[i] = []int{1, 2, 3, 5, 8, 16, 17, 33}[g.IntN(8)]
		if g.IntN(g.zeros) == 0 {
			out[i] = 0
		}
	}
	if len(out) == 2 && g.IntN(4) == 0 {
		out = []int{1 + g.IntN(130), 1 + g.IntN(130)}
	}
	return out
}

// param adds a parameter, often of the dimensions of the first one.
func (g *randomGraph) param(i int, dt dtypes.DType) {
	s := shapes.Make(dt, g.dims()...)
	if i > 0 && g.IntN(2) == 0 {
		s = shapes.Make(dt, g.params[0].Dimensions...)
	}
	g.params = append(g.params, s)
	v, err := g.fn.Parameter(fmt.Sprintf("p%d", i), s, nil)
	g.add("parameter", true, true, v, err)
}

// pick draws a value that satisfies a condition, or reports that there is none.
func (g *randomGraph) pick(ok func(randomValue) bool) (randomValue, bool) {
	var fit []randomValue
	for _, v := range g.vals {
		if ok(v) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return randomValue{}, false
	}
	// Late values are likelier, so that graphs get deep.
	i := max(g.IntN(len(fit)), g.IntN(len(fit)))
	return fit[i], true
}

// isFloat is true for the numbers that arithmetic keeps small.
func isFloat(v randomValue) bool {
	return (v.shape.DType == dtypes.Float32 || v.shape.DType == dtypes.Float64) && v.bounded
}

func isBool(v randomValue) bool   { return v.shape.DType == dtypes.Bool }
func notEmpty(v randomValue) bool { return v.shape.Size() > 0 }
func (v randomValue) dims() []int { return v.shape.Dimensions }
func (v randomValue) rank() int   { return v.shape.Rank() }
func same(a, b randomValue) bool  { return a.shape.Equal(b.shape) }
func exactly(v randomValue) bool  { return v.exact && isFloat(v) }
func movable(v randomValue) bool  { return v.rank() > 0 }
func (g *randomGraph) coin() bool { return g.IntN(2) == 0 }

// step adds one operation drawn at random, if some value fits it.
func (g *randomGraph) step() {
	families := [][]func(){
		{g.unary, g.unary, g.binary, g.binary, g.jump, g.choose, g.convert, g.clamp},
		{g.transpose, g.reshape, g.broadcast, g.slice, g.reverse, g.pad, g.concatenate, g.iota},
		{g.reduce, g.reduce, g.cumsum, g.argminmax},
		{g.dot, g.product, g.product, g.window, g.pool, g.conv, g.convolution},
		{g.integers, g.integers, g.integerUnary, g.shift, g.logic, g.halves, g.reduceBits, g.wholeProduct},
		{g.gather, g.gatherParts, g.scatter, g.scatter, g.dynamicSlice, g.dynamicUpdate, g.selectAndScatter},
		{g.softmax, g.normalize, g.crossEntropy, g.adam, g.layerNorm, g.softmaxGradient, g.residual, g.activation, g.chain, g.optimizer, g.optimizer},
		{g.while, g.branch, g.sort},
	}
	family := families[[]int{0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6, 7}[g.IntN(18)]]
	if g.depth > 0 && g.IntN(3) > 0 {
		family = families[g.IntN(2)]
	}
	family[g.IntN(len(family))]()
}

func (g *randomGraph) unary() {
	x, ok := g.pick(isFloat)
	if !ok {
		return
	}
	switch g.IntN(9) {
	case 0:
		v, err := g.fn.Tanh(x.v)
		g.add("tanh", false, true, v, err)
	case 1:
		v, err := g.fn.Logistic(x.v)
		g.add("logistic", false, true, v, err)
	case 2:
		v, err := g.fn.Sin(x.v)
		g.add("sin", false, true, v, err)
	case 3:
		v, err := g.fn.Neg(x.v)
		g.add("neg", x.exact, true, v, err)
	case 4:
		a := g.must(g.fn.Abs(x.v))
		v, err := g.fn.Sqrt(a)
		// √ magnifies errors near 0 without bound, so the result is of use only where x is exact.
		if x.exact {
			g.add("sqrt(abs)", true, true, v, err)
		}
	case 5:
		a := g.must(g.fn.Abs(x.v))
		v, err := g.fn.Log1p(a)
		g.add("log1p(abs)", false, true, v, err)
	case 6:
		a := g.must(g.fn.Neg(g.must(g.fn.Abs(x.v))))
		v, err := g.fn.Exp(a)
		g.add("exp(−abs)", false, true, v, err)
	case 7:
		v, err := g.fn.Erf(x.v)
		g.add("erf", false, true, v, err)
	case 8:
		v, err := g.fn.Cos(x.v)
		g.add("cos", false, true, v, err)
	}
}

func (g *randomGraph) binary() {
	x, ok := g.pick(isFloat)
	if !ok {
		return
	}
	y, ok := g.pick(func(v randomValue) bool {
		return isFloat(v) && v.shape.DType == x.shape.DType && (same(v, x) || v.rank() == 0 && x.rank() > 0)
	})
	if !ok {
		return
	}
	exact := x.exact && y.exact
	half := g.scalar(x.shape.DType, .5)
	switch g.IntN(5) {
	case 0:
		v, err := g.fn.Mul(g.must(g.fn.Add(x.v, y.v)), half)
		g.add("(x+y)/2", false, true, v, err)
	case 1:
		v, err := g.fn.Mul(g.must(g.fn.Sub(x.v, y.v)), half)
		g.add("(x−y)/2", false, true, v, err)
	case 2:
		v, err := g.fn.Max(x.v, y.v)
		g.add("max", exact, true, v, err)
	case 3:
		v, err := g.fn.Min(x.v, y.v)
		g.add("min", exact, true, v, err)
	case 4:
		v, err := g.fn.Tanh(g.must(g.fn.Mul(x.v, y.v)))
		g.add("tanh(x·y)", false, true, v, err)
	}
}

// jump applies an operation with jumps to exact values.
func (g *randomGraph) jump() {
	x, ok := g.pick(exactly)
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return exactly(v) && same(v, x) })
	switch g.IntN(9) {
	case 6:
		v, err := g.fn.Round(x.v)
		g.add("round", true, true, v, err)
	case 7:
		v, err := g.fn.Ceil(x.v)
		g.add("ceil", true, true, v, err)
	case 8:
		v, err := g.fn.NotEqual(x.v, y.v)
		g.add("not equal", true, false, v, err)
	case 0:
		v, err := g.fn.Floor(x.v)
		g.add("floor", true, true, v, err)
	case 1:
		v, err := g.fn.Sign(x.v)
		g.add("sign", true, true, v, err)
	case 2:
		v, err := g.fn.LessThan(x.v, y.v)
		g.add("less", true, false, v, err)
	case 3:
		v, err := g.fn.GreaterOrEqual(x.v, y.v)
		g.add("greater or equal", true, false, v, err)
	case 4:
		v, err := g.fn.Equal(x.v, y.v)
		g.add("equal", true, false, v, err)
	case 5:
		v, err := g.fn.IsFinite(x.v)
		g.add("finite", true, false, v, err)
	}
}

// spreadOver repeats a reduction of the last axes over them again.
func (g *randomGraph) spreadOver(x compute.Value, to shapes.Shape, kept int) compute.Value {
	axes := make([]int, kept)
	for i := range axes {
		axes[i] = i
	}
	return g.must(g.fn.BroadcastInDim(x, to, axes))
}

// lastAxes draws how many of the last axes of a value make up a row.
func (g *randomGraph) lastAxes(x randomValue) (kept int, axes []int) {
	kept = g.IntN(x.rank())
	for i := kept; i < x.rank(); i++ {
		axes = append(axes, i)
	}
	return kept, axes
}

func (g *randomGraph) softmax() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	kept, axes := g.lastAxes(x)
	top := g.spreadOver(g.must(g.fn.ReduceMax(x.v, axes...)), x.shape, kept)
	e := g.must(g.fn.Exp(g.must(g.fn.Sub(x.v, top))))
	v, err := g.fn.Div(e, g.spreadOver(g.must(g.fn.ReduceSum(e, axes...)), x.shape, kept))
	g.add(fmt.Sprint("softmax ", axes), false, true, v, err)
}

// normalize subtracts the mean of every row and divides by its deviation, as layers do.
func (g *randomGraph) normalize() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) && notEmpty(v) })
	if !ok {
		return
	}
	kept, axes := g.lastAxes(x)
	scalar := func(c float64) compute.Value { return g.scalar(x.shape.DType, c) }
	length := 1
	for _, a := range axes {
		length *= x.dims()[a]
	}
	mean := func(v compute.Value) compute.Value {
		return g.must(g.fn.Mul(g.must(g.fn.ReduceSum(v, axes...)), scalar(1/float64(length))))
	}
	centered := g.must(g.fn.Sub(x.v, g.spreadOver(mean(x.v), x.shape, kept)))
	variance := mean(g.must(g.fn.Mul(centered, centered)))
	deviation := g.must(g.fn.Sqrt(g.must(g.fn.Add(variance, scalar(.5)))))
	v, err := g.fn.Div(centered, g.spreadOver(deviation, x.shape, kept))
	g.add(fmt.Sprint("normalize ", axes), false, false, v, err)
	if g.coin() {
		v, err = g.fn.Log(deviation)
		g.add("log deviation", false, true, v, err)
	}
}

func (g *randomGraph) choose() {
	c, ok := g.pick(isBool)
	if !ok {
		return
	}
	x, ok := g.pick(func(v randomValue) bool { return !isBool(v) && slices.Equal(v.dims(), c.dims()) })
	if !ok {
		return
	}
	y, _ := g.pick(func(v randomValue) bool { return same(v, x) })
	v, err := g.fn.Where(c.v, x.v, y.v)
	g.add("where", x.exact && y.exact, x.bounded && y.bounded, v, err)
}
