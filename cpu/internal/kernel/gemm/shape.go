package gemm

import (
	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// panel is a strip of columns of B and C, as wide as a micro-kernel.
type panel struct {
	micro     *Micro
	col, cols int
	wide      int // cols rounded up to whole vectors: the width of the packed panel
}

// panels cuts n columns: two vectors each, the last one three or, where there are no more, one.
func panels(micros []Micro, n int) (out []panel) {
	if len(micros) == 1 {
		for col := 0; col < n; col += micros[0].Cols {
			out = append(out, panel{&micros[0], col, min(micros[0].Cols, n-col), micros[0].Cols})
		}
		return out
	}
	two, three, one := &micros[0], &micros[1], &micros[2]
	for col := 0; col < n; {
		m := two
		switch ceil(n-col, one.Cols) {
		case 1:
			m = one
		case 3:
			m = three
		}
		out = append(out, panel{m, col, min(m.Cols, n-col), m.Cols})
		col += m.Cols
	}
	return out
}

// grain is the number of floating-point operations of a unit, some 10 µs.
func grain(l isa.Level) int {
	switch l {
	case isa.AVX512:
		return 2500000
	case isa.AVX2:
		return 1200000
	}
	return 80000
}

// Limits of a unit's part of the operands, so that they stay in the L2 cache.
const (
	maxDepth = 512 // K of a block, where operands are packed
	maxRows  = 140
	maxUnits = 64
)

// grid is how a product is cut in units: blocks of rows × groups of panels × parts of K.
type grid struct {
	blocks, groups, parts int
	rowsFirst             bool // units follow each other along the rows
}

// units chooses the grid. It depends on the shape alone.
func (p *product) cut(l isa.Level) grid {
	flop := 2 * p.M * p.N * max(p.K, 1)
	want := min(maxUnits, ceil(flop, grain(l)))
	tiles := ceil(p.M, p.micros[0].Rows)
	g := grid{blocks: 1, groups: 1, parts: 1}
	if p.M >= p.N {
		g.blocks = max(ceil(p.M, maxRows), min(tiles, want))
		g.groups = min(len(p.panels), ceil(want, g.blocks))
	} else {
		g.groups = min(len(p.panels), want)
		g.blocks = max(ceil(p.M, maxRows), min(tiles, ceil(want, g.groups)))
		g.rowsFirst = true
	}
	return g
}
