package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is a virtual vector register, mask the result of a comparison: an opmask register with
// AVX-512, a vector with AVX2.
type (
	vector = reg.VecVirtual
	mask   = reg.Register
)

// gen writes routines for one instruction set.
type gen struct {
	*build.Context
	wide    bool // AVX-512, else AVX2
	double  bool // lanes of 64 bits, else of 32
	stop    string
	held    map[lanes]vector       // constants of the routine that have a register
	wanted  []lanes                // constants of the routine, in the order of their first use
	globals map[string]operand.Mem // constants in memory, by name
	labels  int
	spread  vector // the element that a fill writes
}

// lanes is a constant of all lanes, of 64 or 32 bits.
type lanes struct {
	bits   uint64
	double bool
}

func newGen(wide bool) *gen {
	g := &gen{Context: build.NewContext(), wide: wide, globals: map[string]operand.Mem{}}
	g.ConstraintExpr("amd64,!noasm")
	return g
}

// bytes is the size of a vector.
func (g *gen) bytes() int {
	if g.wide {
		return 64
	}
	return 32
}

// level is the suffix of the routines' names.
func (g *gen) level() string {
	if g.wide {
		return "AVX512"
	}
	return "AVX2"
}

// vec allocates a full vector.
func (g *gen) vec() vector { return g.sized(g.bytes()) }

// sized allocates the smallest vector that holds so many bytes.
func (g *gen) sized(bytes int) vector {
	switch {
	case bytes > 32:
		return g.ZMM()
	case bytes > 16:
		return g.YMM()
	}
	return g.XMM()
}

// label makes a name that is unique in the routine.
func (g *gen) label(name string) string {
	g.labels++
	return fmt.Sprintf("%s%d", name, g.labels)
}

// bits gives a float constant in the format of a lane.
func (g *gen) bits(x float64) uint64 {
	if g.double {
		return math.Float64bits(x)
	}
	return uint64(math.Float32bits(float32(x)))
}

// c is a float constant in all lanes: a register, or memory where registers are short. It may
// stand where an instruction takes memory.
func (g *gen) c(x float64) operand.Op { return g.ci(g.bits(x)) }

// ci is an integer constant in all lanes.
func (g *gen) ci(bits uint64) operand.Op {
	if v, ok := g.held[lanes{bits, g.double}]; ok {
		return v
	}
	g.want(lanes{bits, g.double})
	return g.constant(bits)
}

// want notes the use of a constant.
func (g *gen) want(c lanes) {
	if !slices.Contains(g.wanted, c) {
		g.wanted = append(g.wanted, c)
	}
}

// cv is a float constant in a register.
func (g *gen) cv(x float64) vector { return g.civ(g.bits(x)) }

// civ is an integer constant in a register.
func (g *gen) civ(bits uint64) vector {
	if v, ok := g.held[lanes{bits, g.double}]; ok {
		return v
	}
	g.want(lanes{bits, g.double})
	v := g.vec()
	g.move(g.constant(bits), v)
	return v
}

// constant is a full vector in memory with the bits in all lanes.
func (g *gen) constant(bits uint64) operand.Mem {
	size := 4
	if g.double {
		size = 8
	}
	return g.global(fmt.Sprintf("lanes%d_%x", 8*size, bits), func() {
		for i := 0; i < g.bytes(); i += size {
			if g.double {
				g.AddDatum(i, operand.U64(bits))
			} else {
				g.AddDatum(i, operand.U32(uint32(bits)))
			}
		}
	})
}

// global makes a read-only table once.
func (g *gen) global(name string, fill func()) operand.Mem {
	if m, ok := g.globals[name]; ok {
		return m
	}
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	fill()
	g.globals[name] = m
	return m
}

// hold runs body in a scratch context to learn its constants, then gives registers to the first
// most of them.
func (g *gen) hold(most int, body func()) {
	real, globals := g.Context, g.globals
	g.Context, g.globals, g.held, g.wanted = build.NewContext(), map[string]operand.Mem{}, nil, nil
	g.Function("scratch")
	body()
	g.Context, g.globals = real, globals
	g.held = map[lanes]vector{}
	double := g.double
	for _, c := range g.wanted[:min(most, len(g.wanted))] {
		g.double = c.double
		v := g.vec()
		g.move(g.constant(c.bits), v)
		g.held[c] = v
	}
	g.double = double
}

// registers is the number of constants that a routine keeps in registers.
func (g *gen) registers() int {
	if g.wide {
		return 16
	}
	return 4
}

// move copies between vectors and memory.
func (g *gen) move(from, to operand.Op) {
	if g.wide {
		g.VMOVDQU64(from, to)
	} else {
		g.VMOVDQU(from, to)
	}
}
