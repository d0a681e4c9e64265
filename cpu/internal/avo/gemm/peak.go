package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// peakChains is the number of independent sums of the peak loop, twice what two units of four
// cycles need.
const peakChains = 14

// peak writes a loop of nothing but fused multiply-adds on registers.
func peak(m micro) {
	name := fmt.Sprintf("peakf%d%s", 8*m.size(), m.level)
	TEXT(name, attr.NOSPLIT, "func(n int)")
	Doc(fmt.Sprintf("%s does n times %d fused multiply-adds of vectors of %d bytes.", name, peakChains, m.bytes()))
	n := Load(Param("n"), GP64())
	for i := range peakChains + 2 {
		m.zero(i)
	}
	Label("loop")
	for i := range peakChains {
		m.fma(m.vec(peakChains), m.vec(peakChains+1), m.vec(i))
	}
	SUBQ(U8(1), n)
	JG(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
