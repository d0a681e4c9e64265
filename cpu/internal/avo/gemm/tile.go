package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers. A row of A or C is reached as base + row·stride, with the stride's multiples 1,
// 3, 5 and 7 in registers; eight rows further a new base is formed in walk.
var (
	tile = reg.RDI // the description
	base = reg.RSI // A[0, s, k]; C at the end
	walk = reg.R8
	row1 = reg.R9
	row3 = reg.R10
	row5 = reg.R11
	row7 = reg.R12
	b    = reg.RBX // B[s, k, 0]
	brow = reg.RCX
	acol = reg.RDX
	kept = reg.RAX // steps of K that are left; otherwise free
	segs = reg.R13 // segments that are left
	mask = reg.R14 // AVX2: masks of the columns
	next = reg.R14 // AVX-512: memory to prefetch
	step = reg.R15
)

// field is a field of the description, by its position: all fields are words.
func field(i int) Op { return Mem{Base: tile, Disp: 8 * i} }

// The fields, in the order of their declaration.
const (
	fieldA = iota
	fieldB
	fieldC
	fieldARow
	fieldACol
	fieldASeg
	fieldBSeg
	fieldBRow
	fieldCRow
	fieldK
	fieldSegs
	fieldRows
	fieldCols
	fieldAdd
	fieldNext
	fieldNextStep
)

// routine writes a micro-kernel: it branches to the code for the number of rows, and with
// AVX2 for full or partial width.
func (m micro) routine() {
	TEXT(m.name(), attr.NOSPLIT, "func(t *Tile)")
	Doc(fmt.Sprintf("%s computes a tile of at most %d×%d elements.", m.name(), m.rows, m.cols()))
	Pragma("noescape")
	Load(Param("t"), tile)
	if m.wide() {
		m.masks()
	} else {
		MOVQ(field(fieldCols), kept)
		CMPQ(kept, I32(m.cols()))
		JNE(LabelRef("partial"))
	}
	m.variants("full", false)
	if !m.wide() {
		Label("partial")
		IMUL3Q(I32(m.size()), kept, kept)
		LEAQ(maskTable().Offset(maskSpan), mask)
		SUBQ(kept, mask)
		m.variants("part", true)
	}
}

// masks sets K1, K2, … to the columns of each vector that lie in the tile.
func (m micro) masks() {
	MOVQ(field(fieldCols), reg.RCX)
	MOVQ(U32(1), kept)
	SHLQ(reg.CL, kept)
	DECQ(kept)
	for v := range m.vecs {
		if v > 0 {
			SHRQ(U8(m.bytes()/m.size()), kept)
		}
		KMOVQ(kept, m.kmask(v))
	}
}

func (m micro) kmask(v int) Op { return []Op{reg.K1, reg.K2, reg.K3}[v] }

// variants writes the code for every number of rows, behind a binary search for it.
func (m micro) variants(prefix string, partial bool) {
	MOVQ(field(fieldRows), kept)
	m.search(prefix, 1, m.rows)
	for r := 1; r <= m.rows; r++ {
		v := variant{micro: m, n: r, prefix: fmt.Sprintf("%s%d", prefix, r), partial: partial}
		v.write()
	}
}

// search branches to the label of the number of rows, from lo to hi.
func (m micro) search(prefix string, lo, hi int) {
	if lo == hi {
		JMP(LabelRef(fmt.Sprintf("%s%d", prefix, lo)))
		return
	}
	mid := (lo + hi + 1) / 2
	upper := fmt.Sprintf("%sfrom%dto%d", prefix, mid, hi)
	CMPQ(kept, U8(mid))
	JGE(LabelRef(upper))
	m.search(prefix, lo, mid-1)
	Label(upper)
	m.search(prefix, mid, hi)
}

// chains is the number of sums that an element is split in, so that at least eight
// fused multiply-adds are under way: two units, four cycles each.
func (v variant) chains() int {
	want := (8 + v.n*v.vecs - 1) / (v.n * v.vecs)
	return min(4, 1<<bits.Len(uint(want-1)))
}

const maskSpan = 96 // bytes of ones, then of zeros: the widest tile of AVX2

var maskData *Mem

// maskTable is maskSpan bytes of ones, then as many zeros. Read from maskSpan − n, it masks
// the first n bytes.
func maskTable() Mem {
	if maskData == nil {
		m := GLOBL("microMask", attr.RODATA|attr.NOPTR)
		for i := range 2 * maskSpan / 8 {
			ones := ^uint64(0)
			if i >= maskSpan/8 {
				ones = 0
			}
			DATA(8*i, U64(ones))
		}
		maskData = &m
	}
	return *maskData
}
