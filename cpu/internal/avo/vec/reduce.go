package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// laneBytes is vec's: the size of the partial results of a reduction.
const laneBytes = 256

// begin starts a routine of another signature than vec.Fn's.
func (g *gen) begin(name, signature string, double bool) {
	g.Function(name + g.level())
	g.Pragma("noescape")
	g.Attributes(attr.NOSPLIT)
	g.signature(signature)
	g.double, g.labels, g.held = double, 0, map[lanes]vector{}
}

// end finishes it.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

// each runs over n lanes at all pointers, with unroll vectors for each round, and then over the
// rest with masks: body does vector u, which lies at the byte offset at.
func (g *gen) each(n reg.Register, unroll int, pointers []reg.Register, body func(u, at int, m mask)) {
	lane := 4
	if g.double {
		lane = 8
	}
	lanes := g.bytes() / lane
	loop, few, done := g.label("loop"), g.label("few"), g.label("done")
	g.SUBQ(operand.I32(lanes*unroll), n)
	g.JL(operand.LabelRef(few))
	g.Label(loop)
	for u := range unroll {
		body(u, u*g.bytes(), nil)
	}
	for _, p := range pointers {
		g.ADDQ(operand.I32(g.bytes()*unroll), p)
	}
	g.SUBQ(operand.I32(lanes*unroll), n)
	g.JGE(operand.LabelRef(loop))
	g.Label(few)
	g.ADDQ(operand.I32(lanes*unroll), n)
	for u := range unroll {
		g.TESTQ(n, n)
		g.JLE(operand.LabelRef(done))
		body(u, u*g.bytes(), g.some(n, lane))
		g.SUBQ(operand.I32(lanes), n)
	}
	g.Label(done)
}

// lane is the size of a lane of float32 or float64.
func (g *gen) lane() int {
	if g.double {
		return 8
	}
	return 4
}

// read loads a vector at p+at.
func (g *gen) read(p reg.Register, at int, m mask) vector {
	return g.load(operand.Mem{Base: p, Disp: at}, g.lane(), g.bytes()/g.lane(), m)
}

// write stores a vector at p+at.
func (g *gen) write(v vector, p reg.Register, at int, m mask) {
	g.store(v, operand.Mem{Base: p, Disp: at}, g.lane(), g.bytes()/g.lane(), m)
}

// only keeps the lanes of a mask and puts other in the rest.
func (g *gen) only(m mask, x vector, other float64) vector {
	if m == nil {
		return x
	}
	return g.sel(m, x, g.cv(other))
}

// partial allocates the partial results.
func (g *gen) partial(first float64) []vector {
	lanes := make([]vector, laneBytes/g.bytes())
	for i := range lanes {
		lanes[i] = g.copy(g.constant(g.bits(first)))
	}
	return lanes
}

// set overwrites a register that is alive through a loop.
func (g *gen) set(to, from vector) { g.move(from, to) }

// tree combines partial results into the lowest lane, the upper half with the lower.
func (g *gen) tree(lanes []vector, f func(a, b operand.Op) vector) vector {
	for half := len(lanes) / 2; half > 0; half /= 2 {
		for j := range half {
			lanes[j] = f(lanes[j], lanes[j+half])
		}
	}
	v := lanes[0]
	if g.wide {
		high := g.YMM()
		g.VEXTRACTF64X4(operand.U8(1), v, high)
		v = f(v, high.AsZ())
	}
	high := g.XMM()
	if g.wide {
		g.VEXTRACTF32X4(operand.U8(1), v.AsY(), high)
	} else {
		g.VEXTRACTF128(operand.U8(1), v, high)
	}
	v = f(v, g.full(high))
	for _, order := range []uint8{0xee, 0x55}[:8/g.lane()] {
		next := g.XMM()
		g.VPSHUFD(operand.U8(order), v.AsX(), next)
		v = f(v, g.full(next))
	}
	return v
}

// full views a register at the level's width.
func (g *gen) full(v vector) operand.Op {
	if g.wide {
		return v.AsZ()
	}
	return v.AsY()
}

// combine is how a reduction of floats joins two results, and what it starts from.
type combine struct {
	name  string
	first float64
	f     func(g *gen, a, b operand.Op) vector
}

var combines = []combine{
	{"Sum", 0, func(g *gen, a, b operand.Op) vector { return g.add(a, b) }},
	{"Product", 1, func(g *gen, a, b operand.Op) vector { return g.mul(a, b) }},
	{"Max", math.Inf(-1), (*gen).maximum},
	{"Min", math.Inf(1), (*gen).minimum},
}

// reductions writes the reductions of floats and returns their lines of the table.
func (g *gen) reductions() (lines []entry) {
	for _, double := range []bool{false, true} {
		dtype := map[bool]string{false: "Float32", true: "Float64"}[double]
		for _, c := range combines {
			name := "reduce" + c.name + dtype
			g.begin(name, "func(acc, x Pointer, n int)", double)
			acc, x, n := g.pointer("acc"), g.pointer("x"), g.Load(g.Param("n"), g.GP64())
			lanes := g.partial(c.first)
			g.each(n, len(lanes), []reg.Register{x}, func(u, at int, m mask) {
				g.set(lanes[u], c.f(g, lanes[u], g.only(m, g.read(x, at, m), c.first)))
			})
			g.collect(acc, g.tree(lanes, func(a, b operand.Op) vector { return c.f(g, a, b) }), func(a, b operand.Op) vector { return c.f(g, a, b) })
			g.end()
			lines = append(lines, entry{key: fmt.Sprintf("reduceKey{compute.OpTypeReduce%s, dtypes.%s}", c.name, dtype), name: name + g.level(), field: "reduce"})
		}
		lines = append(lines, g.pairs(dtype, double)...)
	}
	return lines
}

// collect joins the lowest lane of a result to the accumulator in memory.
func (g *gen) collect(acc reg.Register, v vector, f func(a, b operand.Op) vector) {
	old := g.XMM()
	to := operand.Mem{Base: acc}
	if g.double {
		g.VMOVSD(to, old)
		g.VMOVSD(f(g.full(old), v).AsX(), to)
	} else {
		g.VMOVSS(to, old)
		g.VMOVSS(f(g.full(old), v).AsX(), to)
	}
}

// pairs writes the sums over two runs.
func (g *gen) pairs(dtype string, double bool) []entry {
	var out []entry
	for _, centred := range []bool{false, true} {
		name := map[bool]string{false: "dot", true: "centred"}[centred]
		g.begin(name+dtype, "func(acc, x, y Pointer, n int)", double)
		acc, x, y, n := g.pointer("acc"), g.pointer("x"), g.pointer("y"), g.Load(g.Param("n"), g.GP64())
		lanes := g.partial(0)
		pointers := []reg.Register{x, y}
		var centre vector
		if centred {
			pointers = pointers[:1]
			centre = g.vec()
			g.by(g.VBROADCASTSS, g.VBROADCASTSD)(operand.Mem{Base: y}, centre)
		}
		g.each(n, len(lanes), pointers, func(u, at int, m mask) {
			var a, b vector
			if a = g.read(x, at, m); centred {
				a = g.only(m, g.sub(a, centre), 0)
				b = a
			} else {
				b = g.read(y, at, m)
			}
			g.set(lanes[u], g.add(lanes[u], g.mul(a, b)))
		})
		g.collect(acc, g.tree(lanes, func(a, b operand.Op) vector { return g.add(a, b) }), func(a, b operand.Op) vector { return g.add(a, b) })
		g.end()
		out = append(out, entry{key: fmt.Sprintf("pairKey{%s, dtypes.%s}", name, dtype), name: name + dtype + g.level(), field: "pair"})
	}
	return out
}
