package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// lookup is the table's key of an operation and a type.
func lookup(op, dtype string) string {
	return fmt.Sprintf("opKey{compute.OpType%s, dtypes.%s}", op, dtype)
}

// extraKey is the table's key of an extra operation.
func extraKey(op, dtype string) string { return fmt.Sprintf("extraKey{%s, dtypes.%s}", op, dtype) }

// floatOps makes a kernel for float32 and one for float64. name is the compute.OpType's.
func floatOps(name string, operands, unroll int, body func(g *gen, x []vector) vector) []kernel {
	var out []kernel
	for _, t := range []struct {
		dtype string
		size  int
	}{{"Float32", 4}, {"Float64", 8}} {
		k := kernel{name: lower(name) + t.dtype, keys: []string{lookup(name, t.dtype)}, out: t.size, lane: t.size, unroll: unroll, body: body}
		for range operands {
			k.in = append(k.in, t.size)
		}
		out = append(out, k)
	}
	return out
}

// lower makes the first letter small.
func lower(name string) string { return string(name[0]|0x20) + name[1:] }

// arithmetic lists the operations on floats that are exact or rounded once.
func arithmetic() (out []kernel) {
	add := func(name string, operands, unroll int, body func(g *gen, x []vector) vector) {
		out = append(out, floatOps(name, operands, unroll, body)...)
	}
	add("Add", 2, 4, func(g *gen, x []vector) vector { return g.add(x[0], x[1]) })
	add("Sub", 2, 4, func(g *gen, x []vector) vector { return g.sub(x[0], x[1]) })
	add("Mul", 2, 4, func(g *gen, x []vector) vector { return g.mul(x[0], x[1]) })
	add("Div", 2, 2, func(g *gen, x []vector) vector { return g.div(x[0], x[1]) })
	add("Max", 2, 2, func(g *gen, x []vector) vector { return g.maximum(x[0], x[1]) })
	add("Min", 2, 2, func(g *gen, x []vector) vector { return g.minimum(x[0], x[1]) })
	add("Clamp", 3, 1, func(g *gen, x []vector) vector { return g.minimum(g.maximum(x[0], x[1]), x[2]) })
	add("Neg", 1, 4, func(g *gen, x []vector) vector { return g.neg(x[0]) })
	add("Abs", 1, 4, func(g *gen, x []vector) vector { return g.abs(x[0]) })
	add("Sqrt", 1, 2, func(g *gen, x []vector) vector { return g.sqrt(x[0]) })
	add("Rsqrt", 1, 2, func(g *gen, x []vector) vector { return g.div(g.cv(1), g.sqrt(x[0])) })
	add("Round", 1, 2, func(g *gen, x []vector) vector { return g.round(x[0], 8) })
	add("Floor", 1, 2, func(g *gen, x []vector) vector { return g.round(x[0], 9) })
	add("Ceil", 1, 2, func(g *gen, x []vector) vector { return g.round(x[0], 10) })
	add("Sign", 1, 2, func(g *gen, x []vector) vector {
		positive, negative := g.cmp(gt, x[0], g.c(0)), g.cmp(lt, x[0], g.c(0))
		return g.sel(positive, g.c(1), g.sel(negative, g.c(-1), g.cv(0)))
	})
	return append(out, extras()...)
}

// extras lists the operations that have no compute.OpType.
func extras() (out []kernel) {
	add := func(name string, operands int, body func(g *gen, x []vector) vector) {
		for _, k := range floatOps(name, operands, 2, body) {
			k.keys = []string{extraKey(name, k.name[len(name):])}
			out = append(out, k)
		}
	}
	add("MulAdd", 3, func(g *gen, x []vector) vector { return g.fma(x[0], x[1], x[2]) })
	add("ReLU", 1, func(g *gen, x []vector) vector { return g.maximum(x[0], g.cv(0)) })
	add("ReLUGrad", 2, func(g *gen, x []vector) vector {
		return g.sel(g.cmp(gt, x[1], g.c(0)), x[0], g.cv(0))
	})
	return out
}

// maximum is Go's max: NaN if there is one, and +0 of two zeros of different sign. Whichever
// zero the machine takes, the bits of both orders combine to the wanted one.
func (g *gen) maximum(a, b operand.Op) vector {
	m := g.and(g.max(a, b), g.max(b, a))
	return g.sel(g.cmp(unordered, a, b), g.add(a, b), m)
}

// minimum is Go's min.
func (g *gen) minimum(a, b operand.Op) vector {
	m := g.or(g.min(a, b), g.min(b, a))
	return g.sel(g.cmp(unordered, a, b), g.add(a, b), m)
}

// integer types, and the instructions of those whose size is not a lane's by chance.
var integerTypes = []struct {
	dtype  string
	size   int
	signed bool
}{
	{"Int32", 4, true}, {"Uint32", 4, false}, {"Int64", 8, true}, {"Uint64", 8, false},
	{"Int16", 2, true}, {"Uint16", 2, false}, {"Int8", 1, true}, {"Uint8", 1, false},
}

// pick chooses an instruction by the element's size.
func pick(size int, b, w, d, q instr) instr {
	return map[int]instr{1: b, 2: w, 4: d, 8: q}[size]
}

// integers lists the operations on integers.
func integers() (out []kernel) {
	for _, t := range integerTypes {
		size := t.size
		add := func(name string, operands int, wideOnly bool, body func(g *gen, x []vector) vector) {
			k := kernel{name: lower(name) + t.dtype, keys: []string{lookup(name, t.dtype)}, out: size, lane: size, unroll: 2, wideOnly: wideOnly, body: body}
			for range operands {
				k.in = append(k.in, size)
			}
			out = append(out, k)
		}
		add("Add", 2, false, func(g *gen, x []vector) vector {
			return g.two(pick(size, g.VPADDB, g.VPADDW, g.VPADDD, g.VPADDQ), x[0], x[1])
		})
		add("Sub", 2, false, func(g *gen, x []vector) vector {
			return g.two(pick(size, g.VPSUBB, g.VPSUBW, g.VPSUBD, g.VPSUBQ), x[0], x[1])
		})
		add("Neg", 1, false, func(g *gen, x []vector) vector {
			return g.two(pick(size, g.VPSUBB, g.VPSUBW, g.VPSUBD, g.VPSUBQ), g.xor(x[0], x[0]), x[0])
		})
		if size > 1 {
			add("Mul", 2, size == 8, func(g *gen, x []vector) vector {
				return g.two(pick(size, nil, g.VPMULLW, g.VPMULLD, g.VPMULLQ), x[0], x[1])
			})
			shifts(add, size, t.signed)
		}
		signed := t.signed
		add("Max", 2, size == 8, func(g *gen, x []vector) vector { return g.imax(size, signed, x[0], x[1]) })
		add("Min", 2, size == 8, func(g *gen, x []vector) vector { return g.imin(size, signed, x[0], x[1]) })
		add("Clamp", 3, size == 8, func(g *gen, x []vector) vector {
			return g.imin(size, signed, g.imax(size, signed, x[0], x[1]), x[2])
		})
		if signed {
			add("Abs", 1, size == 8, func(g *gen, x []vector) vector {
				return g.one(pick(size, g.VPABSB, g.VPABSW, g.VPABSD, g.VPABSQ), x[0])
			})
		}
	}
	return append(out, bitwise()...)
}

// shifts by a run of counts. AVX2 lacks those of 16 bits, and the arithmetic one of 64.
func shifts(add func(string, int, bool, func(*gen, []vector) vector), size int, signed bool) {
	left := func(g *gen, x []vector) vector {
		return g.two(pick(size, nil, g.VPSLLVW, g.VPSLLVD, g.VPSLLVQ), x[0], x[1])
	}
	logical := func(g *gen, x []vector) vector {
		return g.two(pick(size, nil, g.VPSRLVW, g.VPSRLVD, g.VPSRLVQ), x[0], x[1])
	}
	arithmetic := func(g *gen, x []vector) vector {
		return g.two(pick(size, nil, g.VPSRAVW, g.VPSRAVD, g.VPSRAVQ), x[0], x[1])
	}
	add("ShiftLeft", 2, size == 2, left)
	add("ShiftRightLogical", 2, size == 2, logical)
	if signed {
		add("ShiftRightArithmetic", 2, size != 4, arithmetic)
	} else {
		add("ShiftRightArithmetic", 2, size == 2, logical)
	}
}

func (g *gen) imax(size int, signed bool, a, b vector) vector {
	if signed {
		return g.two(pick(size, g.VPMAXSB, g.VPMAXSW, g.VPMAXSD, g.VPMAXSQ), a, b)
	}
	return g.two(pick(size, g.VPMAXUB, g.VPMAXUW, g.VPMAXUD, g.VPMAXUQ), a, b)
}

func (g *gen) imin(size int, signed bool, a, b vector) vector {
	if signed {
		return g.two(pick(size, g.VPMINSB, g.VPMINSW, g.VPMINSD, g.VPMINSQ), a, b)
	}
	return g.two(pick(size, g.VPMINUB, g.VPMINUW, g.VPMINUD, g.VPMINUQ), a, b)
}

// bitwise lists the operations on bits, one routine for all types of a size, and those on Bool.
func bitwise() (out []kernel) {
	types := map[int][]string{1: {"Int8", "Uint8"}, 2: {"Int16", "Uint16"}, 4: {"Int32", "Uint32"}, 8: {"Int64", "Uint64"}}
	add := func(name string, size, operands int, body func(g *gen, x []vector) vector, bool_ ...string) {
		k := kernel{name: fmt.Sprintf("%s%d", lower(name), size), out: size, lane: size, unroll: 2, body: body}
		for range operands {
			k.in = append(k.in, size)
		}
		for _, t := range types[size] {
			k.keys = append(k.keys, lookup(name, t))
		}
		if size == 1 {
			for _, op := range append(bool_, name) {
				k.keys = append(k.keys, lookup(op, "Bool"))
			}
		}
		out = append(out, k)
	}
	for _, size := range []int{1, 2, 4, 8} {
		add("BitwiseAnd", size, 2, func(g *gen, x []vector) vector { return g.and(x[0], x[1]) }, "LogicalAnd", "Min")
		add("BitwiseOr", size, 2, func(g *gen, x []vector) vector { return g.or(x[0], x[1]) }, "LogicalOr", "Max")
		add("BitwiseXor", size, 2, func(g *gen, x []vector) vector { return g.xor(x[0], x[1]) }, "LogicalXor")
		if size > 1 {
			add("BitwiseNot", size, 1, func(g *gen, x []vector) vector { return g.xor(x[0], g.ci(1<<64-1)) })
		}
	}
	flip := kernel{name: "logicalNot", keys: []string{lookup("LogicalNot", "Bool"), lookup("BitwiseNot", "Bool")}, in: []int{1}, out: 1, lane: 1, unroll: 2}
	flip.body = func(g *gen, x []vector) vector { return g.xor(x[0], g.global("ones", g.ones)) }
	return append(out, flip)
}
