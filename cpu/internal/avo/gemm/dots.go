package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotGroup is the number of columns that are summed side by side.
const dotGroup = 4

// Registers of the sums along lines that differ in use from those of tiles.
var (
	bcol  = reg.R11 // from column to column of B
	bcol3 = reg.R12
	cAt   = reg.RCX // C[0, j]
	left  = reg.RDX // columns
)

// dots writes the routine of sums along contiguous lines of A and B: for each group of
// columns, all rows at once.
func (m micro) dots() {
	name := fmt.Sprintf("dotsf%d%s", 8*m.size(), m.level)
	TEXT(name, attr.NOSPLIT, "func(t *Tile)")
	Doc(fmt.Sprintf("%s takes at most %d rows.", name, m.rows))
	Pragma("noescape")
	Load(Param("t"), tile)
	MOVQ(field(fieldK), kept)
	ANDQ(U32(uint32(m.lanes()-1)), kept)
	m.tailMask()
	MOVQ(field(fieldRows), kept)
	m.search("dot", 1, m.rows)
	for n := 1; n <= m.rows; n++ {
		d := dot{micro: m, n: n}
		d.write()
	}
}

// tailMask masks the rest of a line, of which kept is the length: K1, or a table at mask.
func (m micro) tailMask() {
	if m.wide() {
		MOVQ(kept, reg.RCX)
		MOVQ(U32(1), reg.RDX)
		SHLQ(reg.CL, reg.RDX)
		DECQ(reg.RDX)
		KMOVQ(reg.RDX, reg.K1)
		return
	}
	IMUL3Q(U8(m.size()), kept, kept)
	LEAQ(maskTable().Offset(maskSpan), mask)
	SUBQ(kept, mask)
}

// dot is the code for one number of rows.
type dot struct {
	micro
	n int
}

func (d dot) label(s string, group int) string { return fmt.Sprintf("dot%d%s%d", d.n, s, group) }

func (d dot) write() {
	Label(fmt.Sprintf("dot%d", d.n))
	MOVQ(field(fieldB), b)
	MOVQ(field(fieldC), cAt)
	MOVQ(field(fieldCols), left)
	MOVQ(field(fieldARow), row1)
	LEAQ(Mem{Base: row1, Index: row1, Scale: 2}, row3)
	MOVQ(field(fieldBSeg), bcol)
	LEAQ(Mem{Base: bcol, Index: bcol, Scale: 2}, bcol3)
	for _, group := range []int{dotGroup, 1} {
		Label(d.label("cols", group))
		CMPQ(left, U8(group))
		JL(LabelRef(d.label("end", group)))
		d.group(group)
		ADDQ(U8(group*d.size()), cAt)
		if group == 1 {
			ADDQ(bcol, b)
		} else {
			LEAQ(Mem{Base: b, Index: bcol, Scale: dotGroup}, b)
		}
		SUBQ(U8(group), left)
		JMP(LabelRef(d.label("cols", group)))
		Label(d.label("end", group))
	}
	VZEROUPPER()
	RET()
}

func (d dot) acc(i, j, group int) int { return i*group + j }

// lineA and lineB are the registers of the operands; all but the last register are free.
func (d dot) lineA(group int) int { return d.n * group }

// group sums some columns, and stores them.
func (d dot) group(group int) {
	for i := range d.n * group {
		d.zero(i)
	}
	MOVQ(field(fieldA), base)
	MOVQ(b, walk)
	MOVQ(field(fieldK), kept)
	SUBQ(U8(d.lanes()), kept)
	JL(LabelRef(d.label("rest", group)))
	Label(d.label("loop", group))
	d.step(group, false)
	ADDQ(U8(d.bytes()), base)
	ADDQ(U8(d.bytes()), walk)
	SUBQ(U8(d.lanes()), kept)
	JGE(LabelRef(d.label("loop", group)))
	Label(d.label("rest", group))
	ADDQ(U8(d.lanes()), kept)
	JZ(LabelRef(d.label("sum", group)))
	d.step(group, true)
	Label(d.label("sum", group))
	d.store(group)
}

// step adds the products of one vector of every line.
func (d dot) step(group int, masked bool) {
	if masked && !d.wide() {
		d.move(Mem{Base: mask}, d.vec(15))
	}
	load := d.maskedLoad
	if !masked {
		load = func(from Mem, to Op) { d.move(from, to) }
	}
	a := d.lineA(group)
	for i := range d.n {
		load(line(base, row1, row3, i), d.vec(a+i))
	}
	for j := range group {
		load(line(walk, bcol, bcol3, j), d.vec(a+d.n))
		for i := range d.n {
			d.fma(d.vec(a+d.n), d.vec(a+i), d.vec(d.acc(i, j, group)))
		}
	}
}

// line is the address of line i < 4.
func line(from, once, thrice reg.Register, i int) Mem {
	m := Mem{Base: from}
	switch i {
	case 1, 2:
		m.Index, m.Scale = once, uint8(i)
	case 3:
		m.Index, m.Scale = thrice, 1
	}
	return m
}

// store sums each register and stores the sums, after adding what C holds if asked to.
func (d dot) store(group int) {
	tmp := d.lineA(group)
	MOVQ(cAt, base)
	for i := range d.n {
		for j := range group {
			d.reduce(d.acc(i, j, group), tmp)
		}
	}
	MOVQ(field(fieldAdd), kept)
	for i := range d.n {
		for j := range group {
			skip := fmt.Sprintf("dot%dset%d_%d_%d", d.n, group, i, j)
			x := low(d.acc(i, j, group))
			TESTQ(kept, kept)
			JZ(LabelRef(skip))
			d.pick(VADDSS, VADDSD)(Mem{Base: base, Disp: j * d.size()}, x, x)
			Label(skip)
			d.scalarStore(x, Mem{Base: base, Disp: j * d.size()})
		}
		if i < d.n-1 {
			ADDQ(field(fieldCRow), base)
		}
	}
}

// low is the first 128 bits of a register.
func low(i int) Op {
	return []Op{reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15}[i]
}

// mid is the first 256 bits of a register.
func mid(i int) Op { return micro{level: "avx2"}.vec(i) }

func (m micro) scalarStore(x Op, to Mem) {
	if m.double {
		VMOVSD(x, to)
		return
	}
	VMOVSS(x, to)
}

// pick2 is pick for instructions of three operands.
func (m micro) pick2(single, double func(a, b, c Op)) func(a, b, c Op) {
	if m.double {
		return double
	}
	return single
}

// reduce sums the elements of a register into its first, halving the width.
func (m micro) reduce(r, tmp int) {
	if m.wide() {
		VEXTRACTF64X4(U8(1), m.vec(r), mid(tmp))
		m.add(mid(tmp), mid(r), mid(r))
	}
	VEXTRACTF128(U8(1), mid(r), low(tmp))
	m.add(low(tmp), low(r), low(r))
	if !m.double {
		VMOVHLPS(low(r), low(r), low(tmp))
		VADDPS(low(tmp), low(r), low(r))
		VMOVSHDUP(low(r), low(tmp))
		VADDSS(low(tmp), low(r), low(r))
		return
	}
	VUNPCKHPD(low(r), low(r), low(tmp))
	VADDSD(low(tmp), low(r), low(r))
}
