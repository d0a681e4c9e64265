package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// variant is the code of a micro-kernel for one number of rows.
type variant struct {
	micro
	n       int // rows
	prefix  string
	partial bool // AVX2: mask every access to a row of B and C
}

// acc is the register of a sum; those of chain 0 are the result.
func (v variant) acc(chain, row, vec int) Op { return v.vec((chain*v.n+row)*v.vecs + vec) }

// regB is a register of the row of B: the ones behind the sums.
func (v variant) regB(vec int) Op { return v.vec(v.chains()*v.n*v.vecs + vec) }

// spare is one of the last two registers.
func (v variant) spare(i int) Op {
	if v.wide() {
		return v.vec(31 - i%2)
	}
	free := 16 - (v.chains()*v.n+1)*v.vecs
	return v.vec(15 - i%min(2, free))
}

func (v variant) label(s string) string { return v.prefix + s }

func (v variant) write() {
	Label(v.prefix)
	v.prefetch()
	for i := range v.chains() * v.n * v.vecs {
		v.zero(i)
	}
	MOVQ(field(fieldA), base)
	MOVQ(field(fieldB), b)
	v.strides(fieldARow)
	MOVQ(field(fieldACol), acol)
	MOVQ(field(fieldBRow), brow)
	if v.hints() {
		MOVQ(field(fieldNext), next)
		MOVQ(field(fieldNextStep), step)
		TESTQ(next, next)
		CMOVQEQ(tile, next)
	}
	MOVQ(field(fieldSegs), segs)
	TESTQ(segs, segs)
	JLE(LabelRef(v.label("sum")))
	v.segments()
	Label(v.label("sum"))
	v.combine()
	v.store()
	VZEROUPPER()
	RET()
}

// hints reports whether the loop prefetches: where it is worth while and a register is free.
func (v variant) hints() bool { return v.wide() && v.n*v.vecs >= 12 }

// strides loads a row stride and its multiples as far as the rows need them.
func (v variant) strides(f int) {
	MOVQ(field(f), row1)
	if v.n > 3 {
		LEAQ(Mem{Base: row1, Index: row1, Scale: 2}, row3)
	}
	if v.n > 5 {
		LEAQ(Mem{Base: row1, Index: row1, Scale: 4}, row5)
	}
	if v.n > 7 {
		LEAQ(Mem{Base: row3, Index: row1, Scale: 4}, row7)
	}
}

// at is the address of a row at displacement disp; rows must be asked for in ascending order.
func (v variant) at(row, disp int) Mem {
	from := base
	if row >= 8 {
		from = walk
	}
	m := Mem{Base: from, Disp: disp}
	switch row % 8 {
	case 1, 2, 4:
		m.Index, m.Scale = row1, uint8(row%8)
	case 3, 6:
		m.Index, m.Scale = row3, uint8(row%8/3)
	case 5:
		m.Index, m.Scale = row5, 1
	case 7:
		m.Index, m.Scale = row7, 1
	}
	return m
}

// reach moves walk on where a row is the first of the next eight.
func (v variant) reach(row int) {
	if row%8 != 0 || row == 0 {
		return
	}
	from := base
	if row > 8 {
		from = walk
	}
	LEAQ(Mem{Base: from, Index: row1, Scale: 8}, walk)
}

// prefetch asks for the lines of C, which are needed only at the end.
func (v variant) prefetch() {
	MOVQ(field(fieldC), base)
	v.strides(fieldCRow)
	for i := range v.n {
		v.reach(i)
		for at := 0; at < v.vecs*v.bytes(); at += 64 {
			PREFETCHT0(v.at(i, at))
		}
	}
}

// segments is the loop over segments, and the one over K inside.
func (v variant) segments() {
	unroll := max(2, v.chains())
	Label(v.label("seg"))
	MOVQ(field(fieldK), kept)
	SUBQ(U8(unroll), kept)
	JL(LabelRef(v.label("rest")))
	Label(v.label("loop"))
	for u := range unroll {
		v.step(u % v.chains())
	}
	SUBQ(U8(unroll), kept)
	JGE(LabelRef(v.label("loop")))
	Label(v.label("rest"))
	ADDQ(U8(unroll), kept)
	JLE(LabelRef(v.label("next")))
	Label(v.label("one"))
	v.step(0)
	DECQ(kept)
	JNZ(LabelRef(v.label("one")))
	Label(v.label("next"))
	v.skip(acol, base, fieldASeg)
	v.skip(brow, b, fieldBSeg)
	DECQ(segs)
	JNZ(LabelRef(v.label("seg")))
}

// skip leads from the end of a segment to the next one.
func (v variant) skip(stride, p Op, f int) {
	MOVQ(field(fieldK), kept)
	IMULQ(stride, kept)
	SUBQ(kept, p)
	ADDQ(field(f), p)
}

// step adds one column of A times one row of B.
func (v variant) step(chain int) {
	for j := range v.vecs {
		v.loadRow(Mem{Base: b, Disp: j * v.bytes()}, j, v.regB(j))
	}
	ADDQ(brow, b)
	if v.hints() {
		PREFETCHT1(Mem{Base: next})
		ADDQ(step, next)
	}
	for i := range v.n {
		v.reach(i)
		if v.wide() && v.vecs == 1 {
			v.fold(v.at(i, 0), v.regB(0), v.acc(chain, i, 0))
			continue
		}
		v.splat(v.at(i, 0), v.spare(i))
		for j := range v.vecs {
			v.fma(v.spare(i), v.regB(j), v.acc(chain, i, j))
		}
	}
	ADDQ(acol, base)
}

// loadRow reads vector j of a row, zero beyond the tile's width.
func (v variant) loadRow(from Mem, j int, to Op) {
	switch {
	case v.wide():
		if v.double {
			VMOVUPD_Z(from, v.kmask(j), to)
		} else {
			VMOVUPS_Z(from, v.kmask(j), to)
		}
	case v.partial:
		v.loadMask(j)
		v.pick2(VMASKMOVPS, VMASKMOVPD)(from, v.spare(0), to)
	default:
		v.move(from, to)
	}
}

// loadMask sets the first spare register to the mask of vector j.
func (v variant) loadMask(j int) { v.move(Mem{Base: mask, Disp: 32 * j}, v.spare(0)) }

// combine adds the chains, in a tree.
func (v variant) combine() {
	for half := v.chains() / 2; half > 0; half /= 2 {
		for c := range half {
			for i := range v.n {
				for j := range v.vecs {
					v.add(v.acc(c+half, i, j), v.acc(c, i, j), v.acc(c, i, j))
				}
			}
		}
	}
}

// store writes the tile, after adding what C holds if asked to.
func (v variant) store() {
	MOVQ(field(fieldC), base)
	v.strides(fieldCRow)
	MOVQ(field(fieldAdd), kept)
	TESTQ(kept, kept)
	JZ(LabelRef(v.label("store")))
	for i := range v.n {
		v.reach(i)
		for j := range v.vecs {
			v.loadRow(v.at(i, j*v.bytes()), j, v.regB(j))
			v.add(v.regB(j), v.acc(0, i, j), v.acc(0, i, j))
		}
	}
	Label(v.label("store"))
	for i := range v.n {
		v.reach(i)
		for j := range v.vecs {
			v.storeRow(v.acc(0, i, j), j, v.at(i, j*v.bytes()))
		}
	}
}

// storeRow writes vector j of a row as far as the tile is wide.
func (v variant) storeRow(from Op, j int, to Mem) {
	switch {
	case v.wide():
		v.move(from, v.kmask(j), to)
	case v.partial:
		v.loadMask(j)
		v.pick2(VMASKMOVPS, VMASKMOVPD)(from, v.spare(0), to)
	default:
		v.move(from, to)
	}
}
