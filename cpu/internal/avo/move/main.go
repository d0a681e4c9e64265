// Command move writes the transposes of blocks of 4- and 8-byte elements, and the copy that
// fetches its successor's source into the cache.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!noasm")
	for _, wide := range []bool{true, false} {
		for _, size := range []int{4, 8} {
			transpose(wide, size)
		}
	}
	copyAhead()
	Generate()
}

// block is a square of elements with as many rows as a vector has elements.
type block struct {
	wide bool // AVX-512
	size int  // of an element in bytes
	vecs []reg.VecVirtual
}

func (b *block) bytes() int {
	if b.wide {
		return 64
	}
	return 32
}

func (b *block) rows() int { return b.bytes() / b.size }

func (b *block) vec() reg.VecVirtual {
	if b.wide {
		return ZMM()
	}
	return YMM()
}

// transpose writes a routine for a row of blocks:
//
//	dst[r·dstRow + c·size] = src[r·size + c·srcCol]   for 0 ≤ r < rows, 0 ≤ c < rows·blocks.
func transpose(wide bool, size int) {
	b := &block{wide: wide, size: size}
	level := "avx2"
	if wide {
		level = "avx512"
	}
	TEXT(fmt.Sprintf("transpose%dx%d%s", b.rows(), 8*size, level), NOSPLIT,
		"func(dst, src *byte, dstRow, srcCol, blocks int)")
	Doc(fmt.Sprintf("transpose%dx%d%s transposes blocks of %d×%d elements of %d bytes that lie side by side in the destination.",
		b.rows(), 8*size, level, b.rows(), b.rows(), size))
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	dstRow, srcCol := Load(Param("dstRow"), GP64()), Load(Param("srcCol"), GP64())
	blocks := Load(Param("blocks"), GP64())
	from, to := GP64(), GP64()
	Label("block")
	MOVQ(src, from)
	b.vecs = nil
	for range b.rows() {
		v := b.vec()
		VMOVUPS(Mem{Base: from}, v)
		ADDQ(srcCol, from)
		b.vecs = append(b.vecs, v)
	}
	MOVQ(from, src)
	b.mix()
	MOVQ(dst, to)
	for _, v := range b.vecs {
		VMOVUPS(v, Mem{Base: to})
		ADDQ(dstRow, to)
	}
	ADDQ(Imm(uint64(b.bytes())), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// two applies an instruction that interleaves two vectors.
func (b *block) two(op func(...Op), x, y reg.VecVirtual, extra ...Op) reg.VecVirtual {
	v := b.vec()
	op(append(extra, y, x, v)...)
	return v
}

// mix transposes the vectors: first inside lanes of 16 bytes, then the lanes.
func (b *block) mix() {
	if b.size == 4 {
		b.pairs(VUNPCKLPS, VUNPCKHPS)
	}
	b.halves()
	lane := 16 / b.size // elements of a lane, and vectors that go together
	swap := func(ops ...Op) { VPERM2F128(ops[0], ops[1], ops[2], ops[3]) }
	out := make([]reg.VecVirtual, b.rows())
	for j := range lane {
		if !b.wide {
			out[j] = b.two(swap, b.vecs[j], b.vecs[lane+j], Imm(0x20))
			out[lane+j] = b.two(swap, b.vecs[j], b.vecs[lane+j], Imm(0x31))
			continue
		}
		even, odd := Imm(0x88), Imm(0xdd)
		a0 := b.two(VSHUFF32X4, b.vecs[j], b.vecs[lane+j], even)
		a1 := b.two(VSHUFF32X4, b.vecs[j], b.vecs[lane+j], odd)
		b0 := b.two(VSHUFF32X4, b.vecs[2*lane+j], b.vecs[3*lane+j], even)
		b1 := b.two(VSHUFF32X4, b.vecs[2*lane+j], b.vecs[3*lane+j], odd)
		out[j] = b.two(VSHUFF32X4, a0, b0, even)
		out[lane+j] = b.two(VSHUFF32X4, a1, b1, even)
		out[2*lane+j] = b.two(VSHUFF32X4, a0, b0, odd)
		out[3*lane+j] = b.two(VSHUFF32X4, a1, b1, odd)
	}
	b.vecs = out
}

// pairs interleaves neighbouring vectors.
func (b *block) pairs(lo, hi func(...Op)) {
	out := make([]reg.VecVirtual, len(b.vecs))
	for i := 0; i < len(out); i += 2 {
		out[i] = b.two(lo, b.vecs[i], b.vecs[i+1])
		out[i+1] = b.two(hi, b.vecs[i], b.vecs[i+1])
	}
	b.vecs = out
}

// halves interleaves runs of eight bytes. Afterwards lane L of vector g·lane + j holds element
// L·lane + j of each vector of group g.
func (b *block) halves() {
	if b.size == 8 {
		b.pairs(VUNPCKLPD, VUNPCKHPD)
		return
	}
	out := make([]reg.VecVirtual, len(b.vecs))
	for i := 0; i < len(out); i += 4 {
		for j := range 2 {
			out[i+2*j] = b.two(VUNPCKLPD, b.vecs[i+j], b.vecs[i+2+j])
			out[i+2*j+1] = b.two(VUNPCKHPD, b.vecs[i+j], b.vecs[i+2+j])
		}
	}
	b.vecs = out
}

// copyAhead writes a copy in lines of 64 bytes.
func copyAhead() {
	TEXT("copyLinesAhead", NOSPLIT, "func(dst, src, next *byte, lines int)")
	Doc("copyLinesAhead copies lines of 64 bytes and fetches as many at next into the cache.")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	next, lines := Load(Param("next"), GP64()), Load(Param("lines"), GP64())
	a, b := YMM(), YMM()
	Label("line")
	PREFETCHT0(Mem{Base: next})
	VMOVDQU(Mem{Base: src}, a)
	VMOVDQU(Mem{Base: src, Disp: 32}, b)
	VMOVDQU(a, Mem{Base: dst})
	VMOVDQU(b, Mem{Base: dst, Disp: 32})
	for _, p := range []reg.Register{dst, src, next} {
		ADDQ(Imm(64), p)
	}
	DECQ(lines)
	JNZ(LabelRef("line"))
	VZEROUPPER()
	RET()
}
