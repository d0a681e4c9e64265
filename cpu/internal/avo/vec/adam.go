package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes the Adam step: vec.AdamFn without the flag.
func (g *gen) adam() {
	g.begin("adam", "func(w, m, v, grad Pointer, p *AdamParams, n int)", false)
	p := g.params()
	decay := g.GP32()
	g.MOVL(g.field("Decay"), decay)
	w, m, v, grad := g.pointer("w"), g.pointer("m"), g.pointer("v"), g.pointer("grad")
	n := g.Load(g.Param("n"), g.GP64())
	g.each(n, 1, []reg.Register{w, m, v, grad}, func(_, at int, k mask) {
		x := g.mul(g.read(grad, at, k), p["Scale"])
		first := g.add(g.mul(g.read(m, at, k), p["Beta1"]), g.mul(x, p["Rest1"]))
		g.write(first, m, at, k)
		second := g.add(g.mul(g.read(v, at, k), p["Beta2"]), g.mul(g.mul(x, x), p["Rest2"]))
		g.write(second, v, at, k)
		root := g.sqrt(g.mul(second, p["Correction2"]))
		step := g.div(g.mul(g.mul(first, p["Correction1"]), p["Rate"]), g.add(root, p["Epsilon"]))
		weight := g.read(w, at, k)
		plain := g.label("plain")
		g.TESTL(decay, decay)
		g.JZ(operand.LabelRef(plain))
		g.set(step, g.add(step, g.mul(g.mul(weight, p["Decay"]), p["Rate"])))
		g.Label(plain)
		g.write(g.sub(weight, step), w, at, k)
	})
	g.end()
}

// field is where a field of AdamParams is.
func (g *gen) field(name string) operand.Mem {
	field, err := g.Dereference(g.Param("p")).Field(name).Resolve()
	if err != nil {
		panic(err)
	}
	return field.Addr
}

// params spreads the fields of AdamParams: in registers, or on the stack where there are few.
func (g *gen) params() map[string]operand.Op {
	p := map[string]operand.Op{}
	for _, name := range adamFields {
		v := g.vec()
		g.VBROADCASTSS(g.field(name), v)
		p[name] = v
		if !g.wide {
			slot := g.AllocLocal(g.bytes())
			g.VMOVUPS(v, slot)
			p[name] = slot
		}
	}
	return p
}
