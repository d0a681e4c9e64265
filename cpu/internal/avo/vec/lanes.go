package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// chains is the number of vectors of sums that a product keeps apart, enough to hide the latency
// of a fused multiply-add.
const chains = 8

// slices writes the routines of package lanes.
func (g *gen) slices() {
	unary := func(name string, body func(g *gen, x vector) vector) {
		g.routine(kernel{name: name, in: []int{8}, out: 8, lane: 8, unroll: 1, body: func(g *gen, x []vector) vector { return body(g, x[0]) }})
	}
	unary("exp", (*gen).expDouble)
	unary("log", (*gen).logDouble)
	binary := func(name string, unroll int, body func(g *gen, x, y vector) vector) {
		g.routine(kernel{name: name, in: []int{8, 8}, out: 8, lane: 8, unroll: unroll, body: func(g *gen, x []vector) vector { return body(g, x[0], x[1]) }})
	}
	binary("expSub", 1, func(g *gen, x, y vector) vector { return g.expDouble(g.sub(x, y)) })
	binary("add", 2, func(g *gen, x, y vector) vector { return g.add(x, y) })
	binary("mul", 2, func(g *gen, x, y vector) vector { return g.mul(x, y) })
	binary("max", 2, func(g *gen, x, y vector) vector { return g.max(x, y) })
	g.shift()
	g.scaleAdd()
	g.squares()
	g.dots()
}

// number gives a float64 in memory to all lanes.
func (g *gen) number(from operand.Mem) vector {
	v := g.vec()
	g.VBROADCASTSD(from, v)
	return v
}

// shift is dst = a + b of a number b.
func (g *gen) shift() {
	var b vector
	g.routine(kernel{name: "shift", in: []int{8}, out: 8, lane: 8, unroll: 4,
		before: func(g *gen) { b = g.number(operand.Mem{Base: g.pointer("b")}) },
		body:   func(g *gen, x []vector) vector { return g.add(x[0], b) }})
}

// scaleAdd is dst = b + c·a of a number c.
func (g *gen) scaleAdd() {
	var c vector
	g.routine(kernel{name: "scaleAdd", in: []int{8, 8}, out: 8, lane: 8, unroll: 2,
		before: func(g *gen) { c = g.number(operand.Mem{Base: g.pointer("c")}) },
		body:   func(g *gen, x []vector) vector { return g.fma(x[0], c, x[1]) }})
}

// zeros gives registers of zeros.
func (g *gen) zeros(n int) []vector {
	out := make([]vector, n)
	for i := range out {
		v := g.vec()
		g.xorInto(v)
		out[i] = v
	}
	return out
}

// xorInto clears a register.
func (g *gen) xorInto(v vector) {
	if g.wide {
		g.VPXORQ(v, v, v)
	} else {
		g.VPXOR(v, v, v)
	}
}

// squares adds to q the squares of the rows of a lower triangle times the columns z, for whole
// chunks of as many vectors as there are chains.
func (g *gen) squares() {
	g.begin("squares", "func(q, z, root Pointer, stride, d, n int)", true)
	q, z, root := g.pointer("q"), g.pointer("z"), g.pointer("root")
	stride, d, n := g.Load(g.Param("stride"), g.GP64()), g.Load(g.Param("d"), g.GP64()), g.Load(g.Param("n"), g.GP64())
	row, size, from, a, left := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	y := g.zeros(chains)
	g.Label("chunk")
	g.MOVQ(root, row)
	g.MOVQ(operand.U32(1), size)
	g.Label("row")
	for _, v := range y {
		g.xorInto(v)
	}
	g.MOVQ(z, from)
	g.MOVQ(row, a)
	g.MOVQ(size, left)
	g.Label("term")
	b := g.number(operand.Mem{Base: a})
	for u, v := range y {
		g.VFMADD231PD(operand.Mem{Base: from, Disp: u * g.bytes()}, b, v)
	}
	g.ADDQ(operand.I32(8), a)
	g.ADDQ(stride, from)
	g.DECQ(left)
	g.JNZ(operand.LabelRef("term"))
	for u, v := range y {
		at := operand.Mem{Base: q, Disp: u * g.bytes()}
		g.VFMADD213PD(at, v, v)
		g.VMOVUPD(v, at)
	}
	g.LEAQ(operand.Mem{Base: row, Index: d, Scale: 8}, row)
	g.INCQ(size)
	g.CMPQ(size, d)
	g.JLE(operand.LabelRef("row"))
	step := chains * g.bytes()
	g.ADDQ(operand.I32(step), q)
	g.ADDQ(operand.I32(step), z)
	g.SUBQ(operand.I32(step/8), n)
	g.JG(operand.LabelRef("chunk"))
	g.end()
}

// dots adds to each of count numbers the inner product of x and a column of z, for whole pairs of
// vectors.
func (g *gen) dots() {
	g.begin("dots", "func(out, x, z Pointer, stride, count, n int)", true)
	out, x, z := g.pointer("out"), g.pointer("x"), g.pointer("z")
	stride, count, n := g.Load(g.Param("stride"), g.GP64()), g.Load(g.Param("count"), g.GP64()), g.Load(g.Param("n"), g.GP64())
	thrice := g.GP64()
	g.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, thrice)
	for _, group := range []int{4, 1} {
		loop, done := g.label("columns"), g.label("done")
		g.Label(loop)
		g.CMPQ(count, operand.U8(group))
		g.JL(operand.LabelRef(done))
		g.dotGroup(group, out, x, z, stride, thrice, n)
		g.ADDQ(operand.I32(8*group), out)
		if group == 4 {
			g.LEAQ(operand.Mem{Base: z, Index: stride, Scale: 4}, z)
		} else {
			g.ADDQ(stride, z)
		}
		g.SUBQ(operand.U8(group), count)
		g.JMP(operand.LabelRef(loop))
		g.Label(done)
	}
	g.end()
}

// dotGroup sums up some columns side by side, two vectors of each at a time.
func (g *gen) dotGroup(group int, out, x, z, stride, thrice, n reg.Register) {
	sums := g.zeros(2 * group)
	walk, at, left := g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(x, walk)
	g.MOVQ(z, at)
	g.MOVQ(n, left)
	loop := g.label("rows")
	g.Label(loop)
	for u := range 2 {
		a := g.copy(operand.Mem{Base: walk, Disp: u * g.bytes()})
		for j := range group {
			m := operand.Mem{Base: at, Disp: u * g.bytes()}
			switch j {
			case 1, 2:
				m.Index, m.Scale = stride, uint8(j)
			case 3:
				m.Index, m.Scale = thrice, 1
			}
			g.VFMADD231PD(m, a, sums[2*j+u])
		}
	}
	g.ADDQ(operand.I32(2*g.bytes()), walk)
	g.ADDQ(operand.I32(2*g.bytes()), at)
	g.SUBQ(operand.I32(g.bytes()/4), left)
	g.JG(operand.LabelRef(loop))
	for j := range group {
		v := g.tree(sums[2*j:2*j+2], g.addition).AsX()
		to := operand.Mem{Base: out, Disp: 8 * j}
		g.VADDSD(to, v, v)
		g.VMOVSD(v, to)
	}
}
