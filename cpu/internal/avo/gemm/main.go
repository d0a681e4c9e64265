// Command gemm writes the micro-kernels of matrix products: per instruction set, type and
// tile one routine, with code of its own for every number of rows. It also writes the loops
// that measure the peak of fused multiply-adds.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Types of the package that the code is written for.
type (
	Tile struct{} // a tile of a product
	turn struct{} // a transposition
)

var _ turn // used in the text of signatures only

// micro is a micro-kernel: a tile of rows × vecs vectors, held in registers.
type micro struct {
	level  string // avx2 or avx512
	double bool
	rows   int
	vecs   int
}

func main() {
	Package("github.com/elbo-go/elbo/cpu/internal/avo/gemm")
	ConstraintExpr("amd64,!noasm")
	for _, level := range []string{"avx512", "avx2"} {
		for _, double := range []bool{false, true} {
			peak(micro{level: level, double: double})
			micro{level: level, double: double}.transpose()
			micro{level: level, double: double, rows: dotRows(level)}.dots()
		}
	}
	for _, m := range []micro{
		{"avx512", false, 14, 2}, {"avx512", false, 9, 3}, {"avx512", false, 28, 1},
		{"avx512", true, 14, 2}, {"avx512", true, 9, 3}, {"avx512", true, 28, 1},
		{"avx2", false, 6, 2}, {"avx2", false, 4, 3}, {"avx2", false, 12, 1},
		{"avx2", true, 6, 2}, {"avx2", true, 4, 3}, {"avx2", true, 12, 1},
	} {
		m.routine()
	}
	Generate()
}

// dotRows is the number of rows whose sums fit in the registers.
func dotRows(level string) int {
	if level == "avx512" {
		return 3
	}
	return 2
}

// size is the number of bytes of an element.
func (m micro) size() int {
	if m.double {
		return 8
	}
	return 4
}

// bytes is the width of a vector.
func (m micro) bytes() int {
	if m.wide() {
		return 64
	}
	return 32
}

func (m micro) wide() bool { return m.level == "avx512" }

// cols is the width of the tile in elements.
func (m micro) cols() int { return m.vecs * m.bytes() / m.size() }

// name is for instance tile14x32f32avx512.
func (m micro) name() string {
	return fmt.Sprintf("tile%dx%df%d%s", m.rows, m.cols(), 8*m.size(), m.level)
}

// vec is the vector register of a number: Z or Y.
func (m micro) vec(i int) Op {
	if m.wide() {
		return []Op{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
			reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
		}[i]
	}
	return []Op{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}[i]
}

// pick chooses between the forms for single and double precision.
func (m micro) pick(single, double func(...Op)) func(...Op) {
	if m.double {
		return double
	}
	return single
}

func (m micro) fma(ops ...Op)   { m.pick(VFMADD231PS, VFMADD231PD)(ops...) }
func (m micro) move(ops ...Op)  { m.pick(VMOVUPS, VMOVUPD)(ops...) }
func (m micro) add(ops ...Op)   { m.pick(VADDPS, VADDPD)(ops...) }
func (m micro) splat(ops ...Op) { m.pick(VBROADCASTSS, VBROADCASTSD)(ops...) }

// fold multiplies by an element of memory, broadcast by the instruction itself.
func (m micro) fold(ops ...Op) { m.pick(VFMADD231PS_BCST, VFMADD231PD_BCST)(ops...) }

// zero clears a register.
func (m micro) zero(i int) {
	if m.wide() {
		VPXORD(m.vec(i), m.vec(i), m.vec(i))
		return
	}
	VXORPS(m.vec(i), m.vec(i), m.vec(i))
}
