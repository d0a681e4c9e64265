package cpu_test

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// The computations of training that the engine has special loops for.

// algebra spells formulas out for values of one dtype.
type algebra struct {
	*randomGraph
	dt dtypes.DType
}

func (g algebra) add2(x, y compute.Value) compute.Value { return g.must(g.fn.Add(x, y)) }
func (g algebra) sub(x, y compute.Value) compute.Value  { return g.must(g.fn.Sub(x, y)) }
func (g algebra) mul(x, y compute.Value) compute.Value  { return g.must(g.fn.Mul(x, y)) }
func (g algebra) div(x, y compute.Value) compute.Value  { return g.must(g.fn.Div(x, y)) }
func (g algebra) num(c float64) compute.Value           { return g.scalar(g.dt, c) }
func (g algebra) tanh(x compute.Value) compute.Value    { return g.must(g.fn.Tanh(x)) }
func (g algebra) sqrt(x compute.Value) compute.Value    { return g.must(g.fn.Sqrt(x)) }
func (g algebra) abs(x compute.Value) compute.Value     { return g.must(g.fn.Abs(x)) }

// matrix is rows of a value over its last axes.
type matrix struct {
	algebra
	x      randomValue
	kept   int
	axes   []int
	length int
}

// rows picks a value and how many of its axes make up a row.
func (g *randomGraph) rows() (matrix, bool) {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && movable(v) && notEmpty(v) })
	if !ok {
		return matrix{}, false
	}
	kept, axes := g.lastAxes(x)
	return matrix{algebra{g, x.shape.DType}, x, kept, axes, volume(x.dims()[kept:])}, true
}

// alike picks a value of the shape of another.
func (g *randomGraph) alike(x randomValue) compute.Value {
	y, _ := g.pick(func(v randomValue) bool { return isFloat(v) && same(v, x) })
	return y.v
}

func (m matrix) over(x compute.Value) compute.Value { return m.spreadOver(x, m.x.shape, m.kept) }
func (m matrix) sum(x compute.Value) compute.Value  { return m.must(m.fn.ReduceSum(x, m.axes...)) }
func (m matrix) mean(x compute.Value) compute.Value { return m.scaled(m.sum(x), 1/float64(m.length)) }

func (m matrix) softmaxOf(x compute.Value) compute.Value {
	e := m.must(m.fn.Exp(m.sub(x, m.over(m.must(m.fn.ReduceMax(x, m.axes...))))))
	return m.div(e, m.over(m.sum(e)))
}

// softmaxGradient is y·(g − Σ y·g).
func (g *randomGraph) softmaxGradient() {
	m, ok := g.rows()
	if !ok {
		return
	}
	y, grad := m.softmaxOf(m.x.v), g.alike(m.x)
	g.add(fmt.Sprint("gradient of softmax ", m.axes), false, true, g.scaled(m.mul(y, m.sub(grad, m.over(m.sum(m.mul(y, grad))))), .25), nil)
	if g.coin() {
		g.add("softmax before it", false, true, y, nil)
	}
}

// layerNorm is (x − μ)/√(σ² + ε)·γ + β with its gradients, as differentiation writes them.
func (g *randomGraph) layerNorm() {
	m, ok := g.rows()
	if !ok {
		return
	}
	s := m.x.shape
	rest := make([]int, len(m.axes))
	copy(rest, m.axes)
	column := func() compute.Value {
		y, _ := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.DType == m.dt && notEmpty(v) })
		return g.must(g.fn.BroadcastInDim(g.fit(y, s.Dimensions[m.kept:]...), s, rest))
	}
	gamma, beta, grad := column(), column(), g.alike(m.x)
	centered := m.sub(m.x.v, m.over(m.mean(m.x.v)))
	variance := m.mean(m.mul(centered, centered))
	inverse := m.div(m.num(1), m.sqrt(m.add2(variance, m.num(.5))))
	normal := m.mul(centered, m.over(inverse))
	y := m.add2(m.mul(normal, gamma), beta)
	g.add(fmt.Sprint("layer norm ", m.axes), false, true, m.tanh(g.scaled(y, .1)), nil)
	// ∂x = inverse·(d − mean(d) − normal·mean(d·normal)) with d = grad·γ.
	d := g.scaled(m.mul(grad, gamma), .1)
	inner := m.sub(m.sub(d, m.over(m.mean(d))), m.mul(normal, m.over(m.mean(m.mul(d, normal)))))
	g.add("its gradient", false, true, m.tanh(m.mul(inner, m.over(inverse))), nil)
	if g.coin() && m.kept > 0 {
		outer := make([]int, m.kept)
		for i := range outer {
			outer[i] = i
		}
		rows := 1 / float64(10*volume(s.Dimensions[:m.kept]))
		g.add("gradient of its scale", false, true, m.tanh(g.scaled(g.must(g.fn.ReduceSum(m.mul(grad, normal), outer...)), rows)), nil)
		g.add("gradient of its shift", false, true, g.scaled(g.must(g.fn.ReduceSum(grad, outer...)), rows), nil)
	}
	if g.coin() {
		g.add("deviation", false, true, m.sqrt(m.add2(variance, m.num(.5))), nil)
	}
}

// crossEntropy is max(x, 0) − x·t + ln(1 + e^−|x|) with its gradient logistic(x) − t, and means.
func (g *randomGraph) crossEntropy() {
	m, ok := g.rows()
	if !ok {
		return
	}
	x, t := m.x.v, g.alike(m.x)
	target := g.must(g.fn.Logistic(t))
	loss := m.sub(g.must(g.fn.Max(x, m.num(0))), m.mul(x, target))
	tail := g.must(g.fn.Log1p(g.must(g.fn.Exp(g.must(g.fn.Neg(m.abs(x)))))))
	loss = m.add2(loss, tail)
	grad := m.sub(g.must(g.fn.Logistic(x)), target)
	g.add(fmt.Sprint("mean cross-entropy of logits ", m.axes), false, true, g.scaled(m.mean(loss), .5), nil)
	g.add("its gradient", false, true, grad, nil)
	if g.coin() {
		g.add("cross-entropy of logits", false, true, g.scaled(loss, .5), nil)
	}
	if g.coin() {
		g.add("sum of its gradient", false, true, m.mean(grad), nil)
	}
}

// adam is the update w − rate·m'/(√v'·c + ε) with m' = β₁m + (1−β₁)g, v' = β₂v + (1−β₂)g²;
// under a guard everything stays as it was where the gradient's norm is not finite.
func (g *randomGraph) adam() {
	w, ok := g.pick(func(v randomValue) bool { return isFloat(v) && notEmpty(v) })
	if !ok {
		return
	}
	a := algebra{g, w.shape.DType}
	grad, mo := g.alike(w), g.alike(w)
	vo := a.mul(g.alike(w), a.num(.5))
	vo = a.mul(vo, vo)
	if g.coin() { // clipped by its norm
		all := make([]int, w.rank())
		for i := range all {
			all[i] = i
		}
		norm := a.sqrt(g.must(g.fn.ReduceSum(a.mul(grad, grad), all...)))
		grad = a.mul(grad, g.must(g.fn.BroadcastInDim(a.div(a.num(5), g.must(g.fn.Max(norm, a.num(5)))), w.shape, nil)))
	}
	m := a.add2(a.mul(mo, a.num(.9)), a.mul(grad, a.num(.1)))
	v := a.add2(a.mul(vo, a.num(.99)), a.mul(a.mul(grad, grad), a.num(.01)))
	// ε is large, so that rounding errors of v stay small.
	step := a.div(m, a.add2(a.mul(a.sqrt(a.add2(v, a.num(.01))), a.num(1.25)), a.num(.5)))
	next := a.sub(w.v, a.mul(a.num(.1), step))
	guarded := g.coin()
	if guarded {
		ok := g.guard(a, w, grad)
		next, m, v = g.must(g.fn.Where(ok, next, w.v)), g.must(g.fn.Where(ok, m, mo)), g.must(g.fn.Where(ok, v, vo))
	}
	g.add(fmt.Sprint("adam, guarded: ", guarded), false, true, g.scaled(next, .5), nil)
	g.add("its first moment", false, true, m, nil)
	g.add("its second moment", false, true, g.scaled(v, .5), nil)
}

// optimizer updates one to three arrays in one step of Adam as optimizers state it: nothing but
// the results reads the new arrays, which may be the old ones' memory. Arrays may be equal.
func (g *randomGraph) optimizer() {
	if g.depth > 0 {
		return
	}
	ok := g.must(g.fn.Constant([]bool{true}))
	if b, found := g.pick(func(v randomValue) bool { return isBool(v) && v.exact && v.rank() == 0 }); found {
		ok = b.v
	}
	guarded, corrected, scaled, eps := g.coin(), g.coin(), g.coin(), g.scalar(dtypes.Float32, .5)
	for range 1 + g.IntN(3) {
		w, found := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.DType == dtypes.Float32 && notEmpty(v) })
		if !found {
			return
		}
		a := algebra{g, dtypes.Float32}
		grad, m0 := g.alike(w), g.alike(w)
		// Rounding errors of numbers below 0 would decide about NaN.
		old, _ := g.pick(func(v randomValue) bool { return isFloat(v) && same(v, w) })
		v0 := old.v
		if !old.exact || !w.exact || g.coin() {
			v0 = a.abs(v0)
		} else {
			grad = w.v
		}
		if scaled {
			grad = a.mul(grad, a.num(.75))
		}
		m := a.add2(a.mul(m0, a.num(.9)), a.mul(grad, a.num(.1)))
		v := a.add2(a.mul(v0, a.num(.99)), a.mul(a.mul(grad, grad), a.num(.01)))
		up, down := m, v
		if corrected {
			up, down = a.mul(up, a.num(1.5)), a.mul(down, a.num(1.25))
		}
		next := a.sub(w.v, a.div(a.mul(up, a.num(.1)), a.add2(a.sqrt(down), eps)))
		if guarded {
			keep := g.must(g.fn.BroadcastInDim(ok, shapes.Make(dtypes.Bool, w.dims()...), nil))
			next, m, v = g.must(g.fn.Where(keep, next, w.v)), g.must(g.fn.Where(keep, m, m0)), g.must(g.fn.Where(keep, v, v0))
		}
		g.outs = append(g.outs, next, m, v)
		g.note("optimizer's step on %v: guarded %v, corrected %v, scaled %v", w.shape, guarded, corrected, scaled)
	}
}

// guard tells whether the sum of squares is finite, and spreads that over a shape. The numbers
// are small, so it always is.
func (g *randomGraph) guard(a algebra, w randomValue, grad compute.Value) compute.Value {
	all := make([]int, w.rank())
	for i := range all {
		all[i] = i
	}
	sum := a.mul(grad, grad)
	if w.rank() > 0 {
		sum = g.must(g.fn.ReduceSum(sum, all...))
	}
	finite := g.must(g.fn.IsFinite(a.sqrt(sum)))
	return g.must(g.fn.BroadcastInDim(finite, shapes.Make(dtypes.Bool, w.dims()...), nil))
}

// residual is x + f(x·W + b), once or twice.
func (g *randomGraph) residual() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && v.rank() == 2 && notEmpty(v) && v.shape.Size() < 9000 })
	if !ok {
		return
	}
	a := algebra{g, x.shape.DType}
	n := x.dims()[1]
	for range 1 + g.IntN(2) {
		y, _ := g.pick(func(v randomValue) bool { return isFloat(v) && notEmpty(v) && v.shape.DType == a.dt })
		w := g.scaled(g.fit(y, n, n), 1/(8*float64(n)))
		h := g.must(g.fn.DotGeneral(x.v, []int{1}, nil, w, []int{0}, nil, compute.DotGeneralConfig{}))
		bias := g.must(g.fn.BroadcastInDim(g.fit(y, n), x.shape, []int{1}))
		x = g.add("residual block", false, true, g.scaled(a.add2(x.v, a.tanh(a.add2(h, bias))), .5), nil)
	}
	// The gradient of a rectified layer masks by its output.
	mask := g.must(g.fn.Max(x.v, a.num(0)))
	g.add("rectified", false, true, mask, nil)
	g.add("gradient by its sign", false, true, a.mul(g.alike(x), g.must(g.fn.Logistic(mask))), nil)
}

// chain is a long line of elementwise operations on one shape, whose intermediate values are
// read again much later.
func (g *randomGraph) chain() {
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.Size() < 3000 })
	if !ok {
		return
	}
	a := algebra{g, x.shape.DType}
	line := []compute.Value{x.v, g.alike(x)}
	length := 20 + g.IntN(180)
	for range length {
		last, early := line[len(line)-1], line[g.IntN(len(line))]
		var v compute.Value
		switch g.IntN(6) {
		case 0:
			v = g.scaled(a.add2(last, early), .5)
		case 1:
			v = g.scaled(a.sub(last, early), .5)
		case 2:
			v = g.must(g.fn.Max(last, a.mul(early, a.num(.5))))
		case 3:
			v = a.tanh(last)
		case 4:
			v = g.must(g.fn.Neg(last))
		case 5:
			v = g.must(g.fn.Sin(g.scaled(last, .9)))
		}
		line = append(line, v)
	}
	g.add(fmt.Sprint("chain of ", length), false, true, line[len(line)-1], nil)
	if g.coin() {
		g.add("its middle", false, true, line[len(line)/2], nil)
	}
}
