package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// conversions lists the conversions that have a routine.
func conversions() (out []kernel) {
	add := func(name string, in, out_, unroll int, wideOnly bool, body func(g *gen, x vector) vector, pairs ...[2]string) {
		k := kernel{name: name, in: []int{in}, out: out_, lane: max(in, out_), unroll: unroll, wideOnly: wideOnly}
		for _, p := range pairs {
			k.keys = append(k.keys, fmt.Sprintf("convertKey{dtypes.%s, dtypes.%s}", p[0], p[1]))
		}
		k.body = func(g *gen, x []vector) vector { return body(g, x[0]) }
		out = append(out, k)
	}
	add("float32ToFloat64", 4, 8, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTPS2PD, x) }, [2]string{"Float32", "Float64"})
	add("float64ToFloat32", 8, 4, 2, false, (*gen).toSingle, [2]string{"Float64", "Float32"})
	add("int32ToFloat32", 4, 4, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTDQ2PS, x) }, [2]string{"Int32", "Float32"})
	add("int32ToFloat64", 4, 8, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTDQ2PD, x) }, [2]string{"Int32", "Float64"})
	add("int64ToFloat64", 8, 8, 2, true, func(g *gen, x vector) vector { return g.one(g.VCVTQQ2PD, x) }, [2]string{"Int64", "Float64"})
	add("float32ToInt32", 4, 4, 1, false, (*gen).toInt32, [2]string{"Float32", "Int32"})
	add("float64ToInt32", 8, 4, 1, false, (*gen).doubleToInt32, [2]string{"Float64", "Int32"})
	add("float32ToInt64", 4, 8, 1, true, func(g *gen, x vector) vector { return g.toInt64(g.one(g.VCVTPS2PD, x)) }, [2]string{"Float32", "Int64"})
	add("float64ToInt64", 8, 8, 1, true, (*gen).toInt64, [2]string{"Float64", "Int64"})
	add("float32ToBool", 4, 1, 2, false, func(g *gen, x vector) vector { return g.truth(g.cmp(ne, x, g.c(0))) }, [2]string{"Float32", "Bool"})
	add("float64ToBool", 8, 1, 2, false, func(g *gen, x vector) vector { return g.truth(g.cmp(ne, x, g.c(0))) }, [2]string{"Float64", "Bool"})
	add("int32ToBool", 4, 1, 2, false, func(g *gen, x vector) vector { return g.truth(g.icmp(4, 4, true, x, g.civ(0))) },
		[2]string{"Int32", "Bool"}, [2]string{"Uint32", "Bool"})
	widening(add)
	narrowing(add)
	halves(add)
	return append(out, fills()...)
}

// adder appends a conversion.
type adder = func(name string, in, out, unroll int, wideOnly bool, body func(g *gen, x vector) vector, pairs ...[2]string)

// widening conversions keep the value.
func widening(add adder) {
	bytes := func(g *gen, x vector) vector { return g.one(g.VPMOVZXBD, x) }
	signed := func(g *gen, x vector) vector { return g.one(g.VPMOVSXBD, x) }
	add("uint8ToFloat32", 1, 4, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTDQ2PS, bytes(g, x)) },
		[2]string{"Uint8", "Float32"}, [2]string{"Bool", "Float32"})
	add("int8ToFloat32", 1, 4, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTDQ2PS, signed(g, x)) }, [2]string{"Int8", "Float32"})
	add("uint8ToInt32", 1, 4, 2, false, bytes,
		[2]string{"Uint8", "Int32"}, [2]string{"Uint8", "Uint32"}, [2]string{"Bool", "Int32"}, [2]string{"Bool", "Uint32"})
	add("int8ToInt32", 1, 4, 2, false, signed, [2]string{"Int8", "Int32"}, [2]string{"Int8", "Uint32"})
	add("int32ToInt64", 4, 8, 2, false, func(g *gen, x vector) vector { return g.one(g.VPMOVSXDQ, x) }, [2]string{"Int32", "Int64"}, [2]string{"Int32", "Uint64"})
	add("uint32ToInt64", 4, 8, 2, false, func(g *gen, x vector) vector { return g.one(g.VPMOVZXDQ, x) }, [2]string{"Uint32", "Int64"}, [2]string{"Uint32", "Uint64"})
	add("uint32ToFloat32", 4, 4, 2, true, func(g *gen, x vector) vector { return g.one(g.VCVTUDQ2PS, x) }, [2]string{"Uint32", "Float32"})
}

// narrowing conversions cut bits off, or saturate.
func narrowing(add adder) {
	add("int64ToInt32", 8, 4, 2, true, func(g *gen, x vector) vector {
		d := g.YMM()
		g.VPMOVQD(x, d)
		return d
	}, [2]string{"Int64", "Int32"}, [2]string{"Uint64", "Int32"}, [2]string{"Int64", "Uint32"}, [2]string{"Uint64", "Uint32"})
	add("int32ToInt8", 4, 1, 2, true, (*gen).lowBytes, [2]string{"Int32", "Int8"}, [2]string{"Int32", "Uint8"}, [2]string{"Uint32", "Int8"}, [2]string{"Uint32", "Uint8"})
	add("float32ToUint8", 4, 1, 2, true, func(g *gen, x vector) vector { return g.lowBytes(g.one(g.VCVTTPS2DQ, g.within(x, 0, 255))) }, [2]string{"Float32", "Uint8"})
	add("float32ToInt8", 4, 1, 2, true, func(g *gen, x vector) vector { return g.lowBytes(g.one(g.VCVTTPS2DQ, g.within(x, -128, 127))) }, [2]string{"Float32", "Int8"})
	add("int64ToFloat32", 8, 4, 2, true, func(g *gen, x vector) vector {
		d := g.YMM()
		g.VCVTQQ2PS(x, d)
		return d
	}, [2]string{"Int64", "Float32"})
}

func (g *gen) lowBytes(x vector) vector {
	d := g.XMM()
	g.VPMOVDB(x, d)
	return d
}

// within clamps, and turns NaN into 0.
func (g *gen) within(x vector, low, high float64) vector {
	y := g.min(g.max(x, g.c(low)), g.c(high))
	return g.sel(g.cmp(unordered, x, x), g.c(0), y)
}

func (g *gen) toSingle(x vector) vector {
	if g.wide {
		d := g.YMM()
		g.VCVTPD2PS(x, d)
		return d
	}
	d := g.XMM()
	g.VCVTPD2PSY(x, d)
	return d
}

// toInt32 saturates: the machine gives the lowest number for all that does not fit.
func (g *gen) toInt32(x vector) vector {
	y := g.sel(g.cmp(ge, x, g.c(0x1p31)), g.ci(math.MaxInt32), g.one(g.VCVTTPS2DQ, x))
	return g.sel(g.cmp(unordered, x, x), g.ci(0), y)
}

func (g *gen) doubleToInt32(x vector) vector {
	y := g.within(x, math.MinInt32, math.MaxInt32)
	if g.wide {
		d := g.YMM()
		g.VCVTTPD2DQ(y, d)
		return d
	}
	d := g.XMM()
	g.VCVTTPD2DQY(y, d)
	return d
}

func (g *gen) toInt64(x vector) vector {
	y := g.sel(g.cmp(ge, x, g.c(0x1p63)), g.ci(math.MaxInt64), g.one(g.VCVTTPD2QQ, x))
	return g.sel(g.cmp(unordered, x, x), g.ci(0), y)
}

// halves convert between float32 and half precision.
func halves(add adder) {
	add("float16ToFloat32", 2, 4, 2, false, func(g *gen, x vector) vector { return g.one(g.VCVTPH2PS, x) }, [2]string{"Float16", "Float32"})
	add("float32ToFloat16", 4, 2, 2, false, func(g *gen, x vector) vector {
		d := g.sized(g.bytes() / 2)
		g.VCVTPS2PH(operand.U8(0), x, d)
		return d
	}, [2]string{"Float32", "Float16"})
	add("bfloat16ToFloat32", 2, 4, 2, false, func(g *gen, x vector) vector { return g.left(g.one(g.VPMOVZXWD, x), 16) }, [2]string{"BFloat16", "Float32"})
	add("float32ToBFloat16", 4, 2, 1, false, (*gen).toBFloat16, [2]string{"Float32", "BFloat16"})
}

// toBFloat16 rounds half to even; NaN keeps its upper bits and becomes quiet.
func (g *gen) toBFloat16(x vector) vector {
	last := g.and(g.right(x, 16), g.ci(1))
	y := g.iadd(g.iadd(x, g.ci(0x7fff)), last)
	y = g.right(g.sel(g.cmp(unordered, x, x), g.or(x, g.ci(0x400000)), y), 16)
	d := g.sized(g.bytes() / 2)
	if g.wide {
		g.VPMOVDW(y, d)
		return d
	}
	high := g.XMM()
	g.VEXTRACTI128(operand.U8(1), y, high)
	g.VPACKUSDW(high, y.AsX(), d)
	return d
}

// fills set elements of each size to the one at a.
func fills() (out []kernel) {
	for _, size := range []int{1, 2, 4, 8} {
		k := kernel{name: fmt.Sprintf("fill%d", size), keys: []string{fmt.Sprintf("fillKey{%d}", size)}, out: size, lane: size, unroll: 4}
		k.before = func(g *gen) {
			g.spread = g.vec()
			a := operand.Mem{Base: g.pointer("a")}
			pick(size, g.VPBROADCASTB, g.VPBROADCASTW, g.VPBROADCASTD, g.VPBROADCASTQ)(a, g.spread)
		}
		k.body = func(g *gen, _ []vector) vector { return g.spread }
		out = append(out, k)
	}
	return out
}
