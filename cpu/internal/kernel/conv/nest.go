package conv

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
)

// level is a loop over terms: its count, and the bytes from one term to the next in the
// operand that gives the rows of a tile (a) and in the one that gives its columns (b).
type level struct{ count, a, b int }

// nest are the loops over the terms of a tile, innermost first. The two innermost become the
// contraction of a micro-kernel's call, the others are loops around it.
type nest struct {
	levels [maxAxes + 1]level
	n      int // −1: there is no term
	a, b   int // bytes to the first term
}

// push adds a loop around the others, as part of the last one where the steps allow it.
func (s *nest) push(l level) {
	if l.count == 1 {
		return
	}
	if s.n > 0 {
		if in := &s.levels[s.n-1]; l.a == in.count*in.a && l.b == in.count*in.b {
			in.count *= l.count
			return
		}
	}
	s.levels[s.n] = l
	s.n++
}

// longest is the largest number of terms in a call of a micro-kernel, which is not preempted:
// about 30 µs of work.
const longest = 8192

// state is a worker's private memory.
type state struct {
	tile gemm.Tile
	nest nest

	// base are the operands, off the bytes from there to the first term. The sum of the two may lie outside
	// of the memory of a, before a margin, where no pointer may lead.
	base struct{ a, b unsafe.Pointer }
	off  struct{ a, b int }

	fetched byte // keeps the compiler from dropping reads
}

// run computes the tile whose extent, operands and result are set, calling the micro-kernel
// for the two innermost loops. add says that the result continues a sum.
func (s *state) run(m gemm.Micro, add int) {
	t, n := &s.tile, &s.nest
	inner, outer := level{count: 1}, level{count: 1}
	if n.n > 0 {
		inner = n.levels[0]
	}
	if n.n > 1 {
		outer = n.levels[1]
	}
	t.ACol, t.BRow = uintptr(inner.a), uintptr(inner.b)
	t.ASeg, t.BSeg = uintptr(outer.a), uintptr(outer.b)
	t.Add = add
	var at [maxAxes + 1]int
	for {
		a, b := 0, 0
		for i := 2; i < n.n; i++ {
			a += at[i] * n.levels[i].a
			b += at[i] * n.levels[i].b
		}
		s.call(m, inner, outer, a, b)
		i := 2
		for ; i < n.n; i++ {
			if at[i]++; at[i] < n.levels[i].count {
				break
			}
			at[i] = 0
		}
		if i >= n.n {
			return
		}
	}
}

// call runs the micro-kernel over the two innermost loops, in pieces if they are long.
func (s *state) call(m gemm.Micro, inner, outer level, a, b int) {
	t := &s.tile
	segs := max(1, longest/inner.count)
	for o := 0; o < outer.count; o += segs {
		t.Segs = min(segs, outer.count-o)
		for i := 0; i < inner.count; i += longest {
			t.K = min(longest, inner.count-i)
			t.A = unsafe.Add(s.base.a, s.off.a+a+o*outer.a+i*inner.a)
			t.B = unsafe.Add(s.base.b, s.off.b+b+o*outer.b+i*inner.b)
			m.Do(t)
			t.Add = 1
		}
	}
}
