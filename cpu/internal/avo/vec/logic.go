package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// comparisons by name, with the predicates for floats and for integers.
var comparisons = []struct {
	name         string
	float, whole uint8
}{
	{"Equal", eq, 0}, {"LessThan", lt, 1}, {"LessOrEqual", le, 2},
	{"NotEqual", ne, 4}, {"GreaterOrEqual", ge, 5}, {"GreaterThan", gt, 6},
}

// logic lists comparisons, tests and selections.
func logic() (out []kernel) {
	for _, t := range []struct {
		dtype string
		size  int
	}{{"Float32", 4}, {"Float64", 8}} {
		add := func(name string, operands int, body func(g *gen, x []vector) vector) {
			k := kernel{name: lower(name) + t.dtype, keys: []string{lookup(name, t.dtype)}, out: 1, lane: t.size, unroll: 2, body: body}
			for range operands {
				k.in = append(k.in, t.size)
			}
			out = append(out, k)
		}
		for _, c := range comparisons {
			add(c.name, 2, func(g *gen, x []vector) vector { return g.truth(g.cmp(c.float, x[0], x[1])) })
			add(c.name+"TotalOrder", 2, func(g *gen, x []vector) vector {
				return g.truth(g.icmp(c.whole, t.size, true, g.ordered(x[0]), g.ordered(x[1])))
			})
		}
		add("IsNaN", 1, func(g *gen, x []vector) vector { return g.truth(g.cmp(unordered, x[0], x[0])) })
		add("IsFinite", 1, func(g *gen, x []vector) vector {
			d := g.sub(x[0], x[0])
			return g.truth(g.cmp(eq, d, d))
		})
	}
	return append(append(out, integerComparisons()...), selections()...)
}

// ordered maps floats to integers in the total order.
func (g *gen) ordered(x vector) vector {
	var s vector
	switch {
	case !g.double:
		s = g.sar(x, 31)
	case g.wide:
		s = g.sar(x, 63)
	default:
		s = g.two(g.VPCMPGTQ, g.xor(x, x), x)
	}
	return g.xor(x, g.and(s, g.ci(g.signBit()-1)))
}

// integerComparisons have one byte for each element; AVX2 has those of lanes of 4 and 8 bytes.
func integerComparisons() (out []kernel) {
	for _, t := range integerTypes {
		for _, c := range comparisons {
			k := kernel{name: lower(c.name) + t.dtype, in: []int{t.size, t.size}, out: 1, lane: t.size, unroll: 1, wideOnly: t.size < 4}
			k.keys = []string{lookup(c.name, t.dtype), lookup(c.name+"TotalOrder", t.dtype)}
			if t.dtype == "Uint8" {
				k.keys = append(k.keys, lookup(c.name, "Bool"))
			}
			k.body = func(g *gen, x []vector) vector {
				m := g.icmp(c.whole, t.size, t.signed, x[0], x[1])
				if t.size < 4 {
					return g.smallTruth(m, t.size)
				}
				return g.truth(m)
			}
			out = append(out, k)
		}
	}
	return out
}

// smallTruth is truth for lanes of 1 or 2 bytes, with AVX-512.
func (g *gen) smallTruth(m mask, size int) vector {
	d := g.sized(64 / size)
	ones := g.sized(64 / size)
	g.move(g.global("ones", g.ones), ones)
	g.VMOVDQU8_Z(ones, m, d)
	return d
}

// icmp compares integers: 0 equal, 1 less, 2 at most, 4 unequal, 5 at least, 6 greater.
func (g *gen) icmp(pred uint8, size int, signed bool, a, b vector) mask {
	if g.wide {
		k := g.K()
		f := pick(size, g.VPCMPB, g.VPCMPW, g.VPCMPD, g.VPCMPQ)
		if !signed {
			f = pick(size, g.VPCMPUB, g.VPCMPUW, g.VPCMPUD, g.VPCMPUQ)
		}
		f(operand.U8(pred), b, a, k)
		return k
	}
	if pred == 0 || pred == 4 {
		return g.inverted(g.two(g.by(g.VPCMPEQD, g.VPCMPEQQ), a, b), pred == 4)
	}
	if !signed {
		a, b = g.neg(a), g.neg(b) // flipping the highest bit maps the order to that of signed numbers
	}
	if pred == 1 || pred == 5 {
		a, b = b, a
	}
	return g.inverted(g.two(g.by(g.VPCMPGTD, g.VPCMPGTQ), a, b), pred == 2 || pred == 5)
}

// inverted flips a mask of AVX2 if told to.
func (g *gen) inverted(m vector, flip bool) mask {
	if flip {
		return g.xor(m, g.ci(1<<64-1))
	}
	return m
}

// selections are Where for each size of element.
func selections() (out []kernel) {
	types := map[int][]string{1: {"Int8", "Uint8", "Bool"}, 2: {"Int16", "Uint16"}, 4: {"Int32", "Uint32", "Float32"}, 8: {"Int64", "Uint64", "Float64"}}
	for _, size := range []int{1, 2, 4, 8} {
		k := kernel{name: fmt.Sprintf("where%d", size), in: []int{1, size, size}, out: size, lane: size, unroll: 2}
		for _, t := range types[size] {
			k.keys = append(k.keys, lookup("Where", t))
		}
		k.body = func(g *gen, x []vector) vector { return g.where(size, x[0], x[1], x[2]) }
		out = append(out, k)
	}
	return out
}

// where chooses by bytes at the low end of cond.
func (g *gen) where(size int, cond, yes, no vector) vector {
	d := g.vec()
	if g.wide {
		k := g.K()
		g.VPTESTMB(cond, cond, k)
		pick(size, g.VPBLENDMB, g.VPBLENDMW, g.VPBLENDMD, g.VPBLENDMQ)(yes, no, k, d)
		return d
	}
	widened := cond
	switch size {
	case 2:
		widened = g.one(g.VPMOVZXBW, cond)
	case 4:
		widened = g.one(g.VPMOVZXBD, cond)
	case 8:
		widened = g.one(g.VPMOVZXBQ, cond)
	}
	zero := g.vec()
	g.VPXOR(zero, zero, zero)
	m := g.two(pick(size, g.VPCMPEQB, g.VPCMPEQW, g.VPCMPEQD, g.VPCMPEQQ), widened, zero)
	g.VPBLENDVB(m, no, yes, d)
	return d
}
