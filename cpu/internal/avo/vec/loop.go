package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// kernel describes an elementwise routine of the signature of vec.Fn.
type kernel struct {
	name     string
	keys     []string     // what it is found by in the table
	in       []int        // bytes of an element of a, b, c
	out      int          // bytes of an element of the result
	lane     int          // bytes of a lane, the largest of those
	unroll   int          // vectors for each round of the main loop
	wideOnly bool         // AVX2 lacks it
	partial  bool         // it returns the number of elements done, and stops where body jumps to gen.stop
	before   func(g *gen) // written once, before the loops
	body     func(g *gen, x []vector) vector
}

// lanes is the number of elements of a vector.
func (g *gen) lanes(k kernel) int { return g.bytes() / k.lane }

// whole reports whether a routine leaves the elements after the last full vector to the caller:
// AVX2 masks only lanes of 4 and 8 bytes.
func (g *gen) whole(k kernel) bool {
	if g.wide {
		return false
	}
	for _, size := range append(k.in, k.out) {
		if size != k.lane || size < 4 {
			return true
		}
	}
	return false
}

// frame holds the registers of a routine's arguments.
type frame struct {
	dst reg.Register
	src []reg.Register
	n   reg.Register
}

// routine writes a kernel and returns its lines of the table.
func (g *gen) routine(k kernel) (lines []entry) {
	name := k.name + g.level()
	g.Function(name)
	g.Pragma("noescape")
	g.Attributes(attr.NOSPLIT)
	result, field := "", "fn"
	if k.partial {
		field = "stops"
		result = " (done int)"
	}
	g.signature("func(dst, a, b, c Pointer, n int)" + result)
	g.double, g.labels = k.lane == 8, 0
	f := frame{dst: g.pointer("dst"), n: g.Load(g.Param("n"), g.GP64())}
	for i := range k.in {
		f.src = append(f.src, g.pointer(string("abc"[i])))
	}
	if k.before != nil {
		k.before(g)
	}
	g.hold(g.registers(), func() { g.step(k, f, 0, nil) })
	g.mainLoop(k, f, k.unroll, "loop", "few")
	lanes := 0
	if g.whole(k) {
		lanes = g.lanes(k)
		if k.unroll > 1 {
			g.mainLoop(k, f, 1, "single", "none")
		}
	} else {
		g.tail(k, f)
	}
	if k.partial {
		g.Label("rest")
		all := g.Load(g.Param("n"), g.GP64())
		g.SUBQ(f.n, all)
		g.Store(all, g.Return("done"))
	}
	g.VZEROUPPER()
	g.RET()
	for _, key := range k.keys {
		lines = append(lines, entry{key, name, lanes, field})
	}
	return lines
}

// mainLoop takes full vectors, unroll at a time; the labels begin the loop and what follows it.
func (g *gen) mainLoop(k kernel, f frame, unroll int, loop, few string) {
	count := g.lanes(k) * unroll
	g.stop = "stop"
	g.SUBQ(operand.I32(count), f.n)
	g.JL(operand.LabelRef(few))
	g.Label(loop)
	for u := range unroll {
		g.step(k, f, u*g.lanes(k), nil)
	}
	g.advance(k, f, count)
	g.SUBQ(operand.I32(count), f.n)
	g.JGE(operand.LabelRef(loop))
	if k.partial {
		g.Label("stop")
	}
	g.Label(few)
	g.ADDQ(operand.I32(count), f.n)
	if k.partial {
		g.again(k, f)
	}
}

// again lets a vector at which the main loop stopped end the routine: the tail stops there too,
// because it takes at most as many elements.
func (g *gen) again(k kernel, f frame) {
	g.CMPQ(f.n, operand.I32(g.lanes(k)))
	g.JGE(operand.LabelRef("rest"))
	g.stop = "rest"
}

// tail takes what is left, a masked vector at a time.
func (g *gen) tail(k kernel, f frame) {
	g.TESTQ(f.n, f.n)
	g.JLE(operand.LabelRef("done"))
	g.Label("tail")
	g.step(k, f, 0, g.some(f.n, k.lane))
	if k.partial {
		g.XORQ(f.n, f.n)
	} else if k.unroll > 1 {
		g.advance(k, f, g.lanes(k))
		g.SUBQ(operand.I32(g.lanes(k)), f.n)
		g.JG(operand.LabelRef("tail"))
	}
	g.Label("done")
}

// some is the mask of the first n lanes, all of them if n is larger.
func (g *gen) some(n reg.Register, lane int) mask {
	t := g.GP64()
	lanes := g.bytes() / lane
	if g.wide {
		k := g.K()
		g.MOVQ(operand.I64(-1), t)
		if lanes < 64 {
			g.MOVQ(operand.U64(1<<lanes-1), t)
		}
		g.BZHIQ(n, t, t)
		g.KMOVQ(t, k)
		return k
	}
	m, window := g.YMM(), g.GP64()
	g.MOVQ(operand.I32(lanes), t)
	g.CMPQ(n, t)
	g.CMOVQLT(n, t)
	g.NEGQ(t)
	g.LEAQ(g.global("window", g.window), window)
	g.VMOVDQU(operand.Mem{Base: window, Index: t, Scale: uint8(lane), Disp: 32}, m)
	return m
}

// window fills a table of 32 bytes set and 32 bytes clear.
func (g *gen) window() {
	for i := range 8 {
		v := uint64(0)
		if i < 4 {
			v = 1<<64 - 1
		}
		g.AddDatum(8*i, operand.U64(v))
	}
}

// step computes one vector, at an offset in elements, of some lanes or, if m is nil, of all.
func (g *gen) step(k kernel, f frame, at int, m mask) {
	x := make([]vector, len(k.in))
	for i, size := range k.in {
		x[i] = g.load(operand.Mem{Base: f.src[i], Disp: at * size}, size, g.lanes(k), m)
	}
	g.store(k.body(g, x), operand.Mem{Base: f.dst, Disp: at * k.out}, k.out, g.lanes(k), m)
}

// advance moves all pointers.
func (g *gen) advance(k kernel, f frame, count int) {
	for i, size := range k.in {
		g.ADDQ(operand.I32(count*size), f.src[i])
	}
	g.ADDQ(operand.I32(count*k.out), f.dst)
}

// load reads lanes elements of a size.
func (g *gen) load(from operand.Mem, size, lanes int, m mask) vector {
	v := g.sized(size * lanes)
	if m == nil {
		g.transfer(from, v, size*lanes)
		return v
	}
	if !g.wide {
		if size == 4 {
			g.VPMASKMOVD(from, m, v)
		} else {
			g.VPMASKMOVQ(from, m, v)
		}
		return v
	}
	switch size {
	case 1:
		g.VMOVDQU8_Z(from, m, v)
	case 2:
		g.VMOVDQU16_Z(from, m, v)
	case 4:
		g.VMOVDQU32_Z(from, m, v)
	case 8:
		g.VMOVDQU64_Z(from, m, v)
	}
	return v
}

// store writes lanes elements of a size.
func (g *gen) store(v vector, to operand.Mem, size, lanes int, m mask) {
	if m == nil {
		g.transfer(v, to, size*lanes)
		return
	}
	if !g.wide {
		if size == 4 {
			g.VPMASKMOVD(v, m, to)
		} else {
			g.VPMASKMOVQ(v, m, to)
		}
		return
	}
	switch size {
	case 1:
		g.VMOVDQU8(v, m, to)
	case 2:
		g.VMOVDQU16(v, m, to)
	case 4:
		g.VMOVDQU32(v, m, to)
	case 8:
		g.VMOVDQU64(v, m, to)
	}
}

// transfer moves so many bytes between memory and the low end of a vector.
func (g *gen) transfer(from, to operand.Op, bytes int) {
	switch bytes {
	case 4:
		g.VMOVD(from, to)
	case 8:
		g.VMOVQ(from, to)
	default:
		g.move(from, to)
	}
}
