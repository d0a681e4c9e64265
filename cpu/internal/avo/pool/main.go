// Command pool writes the scattering loops of max- and min-pooling's gradient: for each
// channel, which element of a window is the extremum, and the addition of the gradient there.
package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of comparisons that do not signal.
const (
	unordered = 0x03
	less      = 0x11
	greater   = 0x1e
)

// Registers common to both levels.
var (
	x, source, out = reg.RSI, reg.RBX, reg.RDI // at the current channels
	offsets        = reg.R8
	taps           = reg.R9
	left           = reg.RCX // channels
	tap            = reg.R10
	offset         = reg.R11
)

func main() {
	Package("github.com/elbo-go/elbo/cpu/internal/avo/pool")
	ConstraintExpr("amd64,!noasm")
	wide("largestAVX512", greater)
	wide("leastAVX512", less)
	narrow("largestAVX2", greater)
	narrow("leastAVX2", less)
	Generate()
}

// begin loads the arguments.
func begin(name, doc string) {
	TEXT(name, attr.NOSPLIT, "func(x, source, out *float32, offsets *int, taps, n int)")
	Doc(name + doc)
	Pragma("noescape")
	Load(Param("x"), x)
	Load(Param("source"), source)
	Load(Param("out"), out)
	Load(Param("offsets"), offsets)
	Load(Param("taps"), taps)
	Load(Param("n"), left)
}

// at is the element of a window that offset leads to.
func at(base reg.Register) Mem { return Mem{Base: base, Index: offset, Scale: 4} }

// each writes a loop over the elements of a window, the first ones left out.
func each(label string, first uint64, body func()) {
	MOVQ(U32(first), tap)
	CMPQ(tap, taps)
	JGE(LabelRef(label + "End"))
	Label(label)
	MOVQ(Mem{Base: offsets, Index: tap, Scale: 8}, offset)
	body()
	INCQ(tap)
	CMPQ(tap, taps)
	JL(LabelRef(label))
	Label(label + "End")
}

// wide writes the loop for AVX-512: 16 channels at a time, the last ones under a mask.
func wide(name string, better uint8) {
	begin(name, " scatters n windows of float32, the last ones under a mask.")
	best, index, value, number := reg.Z0, reg.Z1, reg.Z2, reg.Z3
	some, chosen, isNaN := reg.K1, reg.K2, reg.K3
	Label("channels")
	MOVQ(I32(-1), tap)
	CMPQ(left, U8(16))
	JGE(LabelRef("full"))
	BZHIQ(left, tap, tap)
	Label("full")
	KMOVW(tap.As32(), some)
	MOVQ(Mem{Base: offsets}, offset)
	VMOVUPS_Z(at(x), some, best)
	VPXORD(index, index, index)
	each("search", 1, func() {
		VMOVUPS_Z(at(x), some, value)
		VCMPPS(U8(better), best, value, chosen)
		VCMPPS(U8(unordered), value, value, isNaN)
		KORW(chosen, isNaN, chosen)
		VMOVAPS(value, chosen, best)
		VPBROADCASTD(tap.As32(), number)
		VMOVDQA32(number, chosen, index)
	})
	VMOVUPS_Z(Mem{Base: source}, some, best)
	each("scatter", 0, func() {
		VPBROADCASTD(tap.As32(), number)
		VPCMPEQD(number, index, some, chosen)
		VMOVUPS_Z(at(out), chosen, value)
		VADDPS(best, value, value)
		VMOVUPS(value, chosen, at(out))
	})
	for _, p := range []reg.Register{x, source, out} {
		ADDQ(U8(64), p)
	}
	SUBQ(U8(16), left)
	JG(LabelRef("channels"))
	VZEROUPPER()
	RET()
}

// narrow writes the loop for AVX2: 8 channels at a time; n is a multiple of 8.
func narrow(name string, better uint8) {
	begin(name, " scatters n windows of float32, a multiple of 8.")
	best, index, value, number, chosen, isNaN, add := reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6
	Label("channels")
	MOVQ(Mem{Base: offsets}, offset)
	VMOVUPS(at(x), best)
	VPXOR(index, index, index)
	spread := func() {
		VMOVD(tap.As32(), number.AsX())
		VPBROADCASTD(number.AsX(), number)
	}
	each("search", 1, func() {
		VMOVUPS(at(x), value)
		VCMPPS(U8(better), best, value, chosen)
		VCMPPS(U8(unordered), value, value, isNaN)
		VORPS(chosen, isNaN, chosen)
		VBLENDVPS(chosen, value, best, best)
		spread()
		VBLENDVPS(chosen, number, index, index)
	})
	VMOVUPS(Mem{Base: source}, add)
	each("scatter", 0, func() {
		spread()
		VPCMPEQD(number, index, chosen)
		VMASKMOVPS(at(out), chosen, value)
		VADDPS(add, value, value)
		VMASKMOVPS(value, chosen, at(out))
	})
	for _, p := range []reg.Register{x, source, out} {
		ADDQ(U8(32), p)
	}
	SUBQ(U8(8), left)
	JG(LabelRef("channels"))
	VZEROUPPER()
	RET()
}
