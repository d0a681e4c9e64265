package gemm

import (
	"math"

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

// grain is the number of floating-point operations of a unit, some 5 µs.
func grain(l isa.Level) int {
	switch l {
	case isa.AVX512:
		return 1200000
	case isa.AVX2:
		return 600000
	}
	return 40000
}

// Limits of a unit's part of the operands, so that it stays in the L2 cache.
const (
	maxDepth = 1024 // K of a block
	maxRows  = 140
	maxUnits = 64      // if the limits above do not ask for more
	cache    = 1 << 20 // bytes
)

// grid is how a product is cut in units: blocks of rows × groups of panels × parts of K.
type grid struct {
	blocks, groups, parts int
	rowsFirst             bool // units follow each other along the rows
}

// cut chooses the grid. It depends on the shape alone.
//
// Every unit reads its rows of A and its columns of B once, so that a unit of m×n elements
// costs in proportion to 1/m + 1/n, and more if the operands do not fit in the L2 cache.
// Unequal units cost in proportion to the largest.
func (p *product) cut(l isa.Level) grid {
	want := ceil(min(maxUnits, ceil(2*p.M*p.N*max(p.K, 1)*p.batches(), grain(l))), p.batches())
	if parts := p.parts(want); parts > 1 {
		return grid{blocks: ceil(p.M, maxRows), groups: ceil(len(p.panels), 8), parts: parts, rowsFirst: true}
	}
	tiles, enough := ceil(p.M, p.panels[0].micro.Rows), ceil(want*4, 5)
	best, g := math.Inf(1), grid{parts: 1, rowsFirst: p.N >= p.M || p.wantB()}
	reads, widest := 2.0, len(p.panels)
	if (p.M+p.N)*p.K*p.size > cache {
		reads = 8
		widest = min(widest, max(2, cache/2/(min(p.K, maxDepth)*p.size*p.panels[0].wide)))
	}
	for wide := 1; wide <= widest; wide++ {
		groups := ceil(len(p.panels), wide)
		blocks := max(ceil(p.M, maxRows), min(tiles, ceil(enough, groups)))
		cost := reads*(float64(blocks)/float64(p.M)+float64(groups)/float64(p.N)) +
			0.3*uneven(tiles, blocks)*uneven(len(p.panels), groups)
		if blocks*groups < enough {
			cost += 100 // too few units, if there are more to be had
		}
		if cost < best {
			best, g.blocks, g.groups = cost, blocks, groups
		}
	}
	return g
}

// parts is the number of parts that K is cut in, so that a small product of long sums has
// enough units, and not each of them reads a whole operand. Parts are added up in order.
func (p *product) parts(want int) int {
	blocks, groups := ceil(p.M, maxRows), ceil(len(p.panels), 8)
	if p.K < 2*maxDepth || p.M*p.N*p.size > 2*cache || p.K < 4*max(p.M, p.N) {
		return 1
	}
	return max(1, min(32, p.K/512, ceil(want, blocks*groups)))
}

// uneven is the largest part over the average one.
func uneven(n, parts int) float64 { return float64(ceil(n, parts)*parts) / float64(n) }
