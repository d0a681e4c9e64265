package cpu_test

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Control flow of random graphs: the closures are random graphs themselves, which capture values
// of those around them.

// within gives the graph of a closure. It sees all values of this one; those of its own go in
// front of it in inner.
func (g *randomGraph) within() *randomGraph {
	f := g.fn
	if !g.unroll {
		var err error
		if f, err = g.fn.Closure(); err != nil {
			panic(err)
		}
	}
	inner := *g
	inner.fn, inner.vals, inner.depth = f, slices.Clone(g.vals), g.depth+1
	return &inner
}

// leave ends a closure.
func (g *randomGraph) leave(inner *randomGraph, results ...compute.Value) compute.Function {
	g.lacking = g.lacking || inner.lacking
	g.alone = g.alone || inner.empty()
	if g.unroll {
		return nil
	}
	if err := inner.fn.Return(results, nil); err != nil {
		panic(err)
	}
	return inner.fn
}

// own adds a parameter of a closure, as exact or not as what it stands for.
func (g *randomGraph) own(v compute.Value, exact bool) (_ randomValue) {
	var err error
	if !g.unroll {
		v, err = g.fn.Parameter(fmt.Sprint("c", len(g.vals)), g.shape(v), nil)
	}
	return g.add("parameter of the closure", exact, true, v, err)
}

// outcome steps a few times and gives a float of a shape that the steps have come to.
func (g *randomGraph) outcome(s shapes.Shape) compute.Value {
	for range 1 + g.IntN(5) {
		g.step()
	}
	x, ok := g.pick(func(v randomValue) bool { return isFloat(v) && v.shape.DType == s.DType })
	if !ok {
		return g.must(g.fn.BroadcastInDim(g.scalar(s.DType, .5), s, nil))
	}
	g.note("outcome %v", x.shape)
	return g.must(g.fn.Tanh(g.scaled(g.fit(x, s.Dimensions...), .25)))
}

// while counts to a captured limit and changes an array, and a counter of its own.
func (g *randomGraph) while() {
	x, ok := g.pick(isFloat)
	if !ok || g.depth > 1 {
		return
	}
	i32 := shapes.Make(dtypes.Int32)
	limit := g.scalar(dtypes.Int32, float64(g.IntN(5)))
	if n, ok := g.pick(func(v randomValue) bool { return v.shape.Equal(i32) }); ok {
		limit = g.must(g.fn.BitwiseAnd(n.v, g.scalar(dtypes.Int32, 3)))
	}
	state := []compute.Value{g.scalar(dtypes.Int32, 0), x.v}
	ints, more := g.pick(func(v randomValue) bool { return v.shape.DType == dtypes.Int32 && v.rank() > 0 })
	if more {
		state = append(state, ints.v)
	}
	g.note("while over %v", x.shape)
	l := loop{g, x.shape, limit, more}
	var out []compute.Value
	var err error
	if g.unroll {
		out = l.written(state)
	} else {
		cond, test := l.cond(state)
		body, next := l.body(state)
		out, err = g.fn.While(g.leave(cond, test), g.leave(body, next...), state...)
	}
	if err != nil {
		panic(err)
	}
	g.add("counter", true, true, out[0], nil)
	if more {
		g.add("integers of the loop", true, false, out[2], nil)
	}
	g.add("array of the loop", false, true, out[1], nil)
}

// loop is a While whose body is drawn at random. Its state is a counter, an array and, if there
// is more, integers.
type loop struct {
	*randomGraph
	array shapes.Shape
	limit compute.Value
	more  bool
}

func (l loop) cond(state []compute.Value) (*randomGraph, compute.Value) {
	c := l.within()
	i := c.own(state[0], true)
	for _, v := range state[1:] {
		c.own(v, false)
	}
	return c, c.must(c.fn.LessThan(i.v, l.limit))
}

func (l loop) body(state []compute.Value) (*randomGraph, []compute.Value) {
	b := l.within()
	i := b.own(state[0], true)
	b.own(state[1], false)
	next := []compute.Value{b.must(b.fn.Add(i.v, b.scalar(dtypes.Int32, 1))), nil}
	if l.more {
		j := b.own(state[2], true)
		next = append(next, b.must(b.fn.Mul(b.must(b.fn.Add(j.v, i.v)), b.scalar(dtypes.Int32, 3))))
	}
	next[1] = b.outcome(l.array)
	return b, next
}

// written is the loop written out: four times the same draws, each kept where the condition holds.
func (l loop) written(state []compute.Value) []compute.Value {
	begin, notes := *l.source, len(*l.log)
	for range 4 {
		*l.source, *l.log = begin, (*l.log)[:notes]
		cond, test := l.cond(state)
		body, next := l.body(state)
		l.leave(cond)
		l.leave(body)
		for i := range next {
			next[i] = l.must(l.fn.Where(test, next[i], state[i]))
		}
		state = next
	}
	return state
}

// branch computes one of two closures, as a number of the graph says.
func (g *randomGraph) branch() {
	x, ok := g.pick(isFloat)
	if !ok || g.depth > 1 {
		return
	}
	yes := g.must(g.fn.Constant([]bool{g.coin()}))
	if b, ok := g.pick(func(v randomValue) bool { return isBool(v) && v.exact && notEmpty(v) }); ok {
		yes = g.fit(b)
	}
	g.note("if, to %v", x.shape)
	first, second := g.within(), g.within()
	a := first.outcome(x.shape)
	g.note("else")
	b := second.outcome(x.shape)
	two := first.must(first.fn.Neg(first.scalar(dtypes.Float32, 2)))
	three := second.scalar(dtypes.Float32, 3)
	yesFn, noFn := g.leave(first, a, two), g.leave(second, b, three)
	var out []compute.Value
	if g.unroll {
		out = []compute.Value{g.must(g.fn.Where(yes, a, b)), g.must(g.fn.Where(yes, two, three))}
	} else {
		var err error
		if out, err = g.fn.If(yes, yesFn, noFn); err != nil {
			panic(err)
		}
	}
	g.add("number of the branch", true, true, out[1], nil)
	g.add("array of the branch", false, true, out[0], nil)
}

// sort moves one or two more arrays by keys; the comparison may be turned by a captured bool.
func (g *randomGraph) sort() {
	keys, ok := g.pick(func(v randomValue) bool { return v.exact && movable(v) && (isFloat(v) || isInt(v)) })
	if !ok {
		return
	}
	tensors := []randomValue{keys}
	for range g.IntN(3) {
		x, _ := g.pick(func(v randomValue) bool { return slices.Equal(v.dims(), keys.dims()) })
		tensors = append(tensors, x)
	}
	wasUnrolled := g.unroll
	g.unroll, g.alone = false, true // no other way to write it
	inner := g.within()
	var l, r randomValue
	var values []compute.Value
	for i, x := range tensors {
		s := shapes.Make(x.shape.DType)
		zero := g.must(g.fn.Constant(flatSlice(s.DType, []float64{0})))
		a, b := inner.own(zero, x.exact), inner.own(zero, x.exact)
		if i == 0 {
			l, r = a, b
		}
		values = append(values, x.v)
	}
	less := inner.must(inner.fn.LessThan(l.v, r.v))
	if g.coin() {
		less = inner.must(inner.fn.GreaterThan(l.v, r.v))
	}
	if up, ok := g.pick(func(v randomValue) bool { return isBool(v) && v.rank() == 0 && v.exact }); ok && g.coin() {
		less = inner.must(inner.fn.Where(up.v, less, inner.must(inner.fn.GreaterThan(l.v, r.v))))
	}
	axis := g.IntN(keys.rank())
	out, err := g.fn.Sort(g.leave(inner, less), axis, len(tensors) > 1 || g.coin(), values...)
	if err != nil {
		panic(err)
	}
	g.unroll = wasUnrolled
	for i, v := range out {
		g.add(fmt.Sprint("sorted along ", axis), tensors[i].exact, tensors[i].bounded, v, nil)
	}
}
