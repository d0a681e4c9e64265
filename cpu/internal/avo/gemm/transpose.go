package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of the description of a strip.
const (
	stripTo = iota
	stripFrom
	stripToRow
	stripFromRow
	stripLines
	stripLength
)

// lanes is the number of elements of a vector.
func (m micro) lanes() int { return m.bytes() / m.size() }

// transpose writes a routine that makes columns of as many lines as a vector has lanes, block
// by block. Lines that are missing leave anything in their columns.
func (m micro) transpose() {
	name := fmt.Sprintf("transposef%d%s", 8*m.size(), m.level)
	TEXT(name, attr.NOSPLIT, "func(t *turn)")
	Doc(fmt.Sprintf("%s transposes at most %d lines.", name, m.lanes()))
	Pragma("noescape")
	Load(Param("t"), tile)
	MOVQ(field(stripTo), b)
	MOVQ(field(stripFrom), base)
	MOVQ(field(stripToRow), brow)
	MOVQ(field(stripFromRow), row1)
	MOVQ(field(stripLines), segs)
	MOVQ(field(stripLength), kept)
	Label("block")
	m.lengthMask()
	MOVQ(base, walk)
	for i := range m.lanes() {
		m.maskedLoad(Mem{Base: walk}, m.vec(i))
		if i < m.lanes()-1 {
			CMPQ(segs, U8(i+1))
			JLE(LabelRef("mix"))
			ADDQ(row1, walk)
		}
	}
	Label("mix")
	from := m.mix()
	for i := range m.lanes() {
		m.move(m.vec(from+i), Mem{Base: b})
		ADDQ(brow, b)
	}
	ADDQ(U8(m.bytes()), base)
	SUBQ(U8(m.lanes()), kept)
	JG(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// lengthMask masks what is left of the lines: K1, or the last vector register.
func (m micro) lengthMask() {
	MOVQ(U32(uint32(m.lanes())), reg.RDX)
	CMPQ(kept, reg.RDX)
	CMOVQLT(kept, reg.RDX)
	if m.wide() {
		MOVQ(brow, reg.R10)
		MOVQ(reg.RDX, reg.RCX)
		MOVQ(U32(1), reg.R11)
		SHLQ(reg.CL, reg.R11)
		DECQ(reg.R11)
		KMOVQ(reg.R11, reg.K1)
		MOVQ(reg.R10, brow)
		return
	}
	IMUL3Q(U8(m.size()), reg.RDX, reg.RDX)
	LEAQ(maskTable().Offset(maskSpan), mask)
	SUBQ(reg.RDX, mask)
	m.move(Mem{Base: mask}, m.vec(15))
}

func (m micro) maskedLoad(from Mem, to Op) {
	switch {
	case !m.wide():
		m.pick2(VMASKMOVPS, VMASKMOVPD)(from, m.vec(15), to)
	case m.double:
		VMOVUPD_Z(from, reg.K1, to)
	default:
		VMOVUPS_Z(from, reg.K1, to)
	}
}

// mix transposes the first registers, as many as lanes, and tells where the result begins:
// first inside each 128 bits, by twos and then by fours, then the parts of 128 bits.
func (m micro) mix() (start int) {
	at, n := 0, m.lanes()
	if !m.double {
		for i := 0; i < n; i += 2 {
			VUNPCKLPS(m.vec(i+1), m.vec(i), m.vec(n+i))
			VUNPCKHPS(m.vec(i+1), m.vec(i), m.vec(n+i+1))
		}
		for i := 0; i < n; i += 4 {
			for j := range 2 {
				VUNPCKLPD(m.vec(n+i+j+2), m.vec(n+i+j), m.vec(i+2*j))
				VUNPCKHPD(m.vec(n+i+j+2), m.vec(n+i+j), m.vec(i+2*j+1))
			}
		}
	} else {
		at = n
		for i := 0; i < n; i += 2 {
			VUNPCKLPD(m.vec(i+1), m.vec(i), m.vec(n+i))
			VUNPCKHPD(m.vec(i+1), m.vec(i), m.vec(n+i+1))
		}
	}
	for j := range 16 / m.size() {
		m.mixParts(at, n-at, j)
	}
	if m.wide() {
		return at
	}
	return n - at
}

// mixParts transposes the parts of 128 bits of the registers that hold the columns j, from at
// and, with AVX2, to other registers.
func (m micro) mixParts(at, to, j int) {
	per := 16 / m.size()
	in := func(i int) Op { return m.vec(at + i*per + j) }
	if !m.wide() {
		VPERM2F128(U8(0x20), in(1), in(0), m.vec(to+j))
		VPERM2F128(U8(0x31), in(1), in(0), m.vec(to+per+j))
		return
	}
	tmp := func(i int) Op { return m.vec(to + i) }
	for i := range 2 {
		VSHUFF32X4(U8(0x44), in(2*i+1), in(2*i), tmp(i))
		VSHUFF32X4(U8(0xEE), in(2*i+1), in(2*i), tmp(i+2))
	}
	for i := range 2 {
		VSHUFF32X4(U8(0x88), tmp(2*i+1), tmp(2*i), in(2*i))
		VSHUFF32X4(U8(0xDD), tmp(2*i+1), tmp(2*i), in(2*i+1))
	}
}
