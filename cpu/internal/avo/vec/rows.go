package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows writes the row kernels of float32 and the loss of logits.
func (g *gen) rows() {
	g.expSum()
	g.scaleRow()
	g.normalise()
	if g.wide { // AVX2 has too few registers for two sums of 64 lanes
		g.normaliseSums()
	}
	g.normaliseGrad()
	g.logitsLoss()
}

// spreadParam gives an argument of type float32 to all lanes.
func (g *gen) spreadParam(name string) vector {
	arg, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := g.vec()
	g.VBROADCASTSS(arg.Addr, v)
	return v
}

// runs loads the arguments that are pointers, and n.
func (g *gen) runs(names ...string) (pointers []reg.Register, n reg.Register) {
	for _, name := range names {
		pointers = append(pointers, g.pointer(name))
	}
	return pointers, g.Load(g.Param("n"), g.GP64())
}

func (g *gen) addition(a, b operand.Op) vector { return g.add(a, b) }

func (g *gen) expSum() {
	g.begin("expSum", "func(dst, x Pointer, shift float32, n int) (sum float32)", false)
	p, n := g.runs("dst", "x")
	shift := g.spreadParam("shift")
	lanes := g.partial(0)
	body := func(u, at int, m mask) {
		e := g.exp(g.sub(g.read(p[1], at, m), shift))
		g.write(e, p[0], at, m)
		g.set(lanes[u], g.add(lanes[u], g.only(m, e, 0)))
	}
	constants := 0
	if g.wide {
		constants = 12
	}
	g.hold(constants, func() { body(0, 0, nil) })
	g.each(n, len(lanes), p, body)
	g.Store(g.tree(lanes, g.addition).AsX(), g.Return("sum"))
	g.end()
}

func (g *gen) scaleRow() {
	g.begin("scale", "func(dst, x Pointer, factor, bias float32, n int)", false)
	p, n := g.runs("dst", "x")
	factor, bias := g.spreadParam("factor"), g.spreadParam("bias")
	g.each(n, 4, p, func(_, at int, m mask) {
		g.write(g.add(g.mul(g.read(p[1], at, m), factor), bias), p[0], at, m)
	})
	g.end()
}

func (g *gen) normalise() {
	g.begin("normalise", "func(dst, x, gain, bias Pointer, mean, rstd float32, n int)", false)
	p, n := g.runs("dst", "x", "gain", "bias")
	mean, rstd := g.spreadParam("mean"), g.spreadParam("rstd")
	g.each(n, 2, p, func(_, at int, m mask) {
		hat := g.mul(g.sub(g.read(p[1], at, m), mean), rstd)
		g.write(g.add(g.mul(hat, g.read(p[2], at, m)), g.read(p[3], at, m)), p[0], at, m)
	})
	g.end()
}

func (g *gen) normaliseSums() {
	g.begin("normaliseSums", "func(dgain, dbias, x, dy, gain Pointer, mean, rstd float32, n int) (s, t float32)", false)
	p, n := g.runs("dgain", "dbias", "x", "dy", "gain")
	mean, rstd := g.spreadParam("mean"), g.spreadParam("rstd")
	plain, weighted := g.partial(0), g.partial(0)
	g.each(n, len(plain), p, func(u, at int, m mask) {
		hat := g.mul(g.sub(g.read(p[2], at, m), mean), rstd)
		dy := g.read(p[3], at, m)
		g.write(g.add(g.read(p[0], at, m), g.mul(dy, hat)), p[0], at, m)
		g.write(g.add(g.read(p[1], at, m), dy), p[1], at, m)
		h := g.mul(dy, g.read(p[4], at, m))
		g.set(plain[u], g.add(plain[u], h))
		g.set(weighted[u], g.add(weighted[u], g.only(m, g.mul(h, hat), 0)))
	})
	g.Store(g.tree(plain, g.addition).AsX(), g.Return("s"))
	g.Store(g.tree(weighted, g.addition).AsX(), g.Return("t"))
	g.end()
}

func (g *gen) normaliseGrad() {
	g.begin("normaliseGrad", "func(dx, x, dy, gain Pointer, mean, rstd, s, t float32, n int)", false)
	p, n := g.runs("dx", "x", "dy", "gain")
	mean, rstd, s, t := g.spreadParam("mean"), g.spreadParam("rstd"), g.spreadParam("s"), g.spreadParam("t")
	g.each(n, 2, p, func(_, at int, m mask) {
		hat := g.mul(g.sub(g.read(p[1], at, m), mean), rstd)
		h := g.sub(g.mul(g.read(p[2], at, m), g.read(p[3], at, m)), s)
		g.write(g.mul(g.sub(h, g.mul(hat, t)), rstd), p[0], at, m)
	})
	g.end()
}

// logitsLoss writes the loss of logits against targets and its gradient.
func (g *gen) logitsLoss() {
	g.begin("logitsLoss", "func(loss, grad, x, target Pointer, n int)", false)
	p, n := g.runs("loss", "grad", "x", "target")
	body := func(_, at int, m mask) {
		x, target := g.read(p[2], at, m), g.read(p[3], at, m)
		e := g.exp(g.or(x, g.ci(g.signBit())))
		loss := g.deduct(g.max(g.cv(0), x), x, target)
		grad := g.div(g.sel(g.cmp(lt, x, g.c(0)), e, g.cv(1)), g.add(e, g.c(1)))
		g.write(g.add(loss, g.softened(e)), p[0], at, m)
		g.write(g.sub(grad, target), p[1], at, m)
	}
	g.hold(g.registers(), func() { body(0, 0, nil) })
	g.each(n, 1, p, body)
	g.end()
}

// softened is ln(1+e) for 0 ≤ e ≤ 1, or NaN for NaN. Where 1+e is below √2 it works on e itself,
// else on what 1+e, halved, leaves of 1.
func (g *gen) softened(e vector) vector {
	near := g.cmp(lt, e, g.c(math.Sqrt2-1))
	f := g.sel(near, e, g.sub(g.mul(e, g.c(0.5)), g.c(0.5)))
	return g.logOf(g.sel(near, g.c(0), g.cv(1)), f, nil)
}
