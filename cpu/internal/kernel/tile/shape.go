package tile

import (
	"slices"

	"github.com/gomlx/compute"
)

// Sizes that the cutting of a region aims at.
const (
	tileBytes = 48 << 10 // everything that a tile touches: the first-level cache
	minTile   = 256      // elements
	maxTile   = 2048     // elements
	wideRow   = 256      // elements of a row from which a tile of one row is worth its overhead
	blockLine = 128      // bytes of a row of a tile of a transposed operand
	unitWork  = 32 << 10 // bytes, as counted by work
	maxUnits  = 64
	fewUnits  = 8 // so many keep a machine busy: then no partial results are wanted
)

// shape is how a region is cut. Tiles lie in the last two dimensions, called p and q.
type shape struct {
	rows, cols int // of a tile
	unitDim    int // the dimension that units share out
	grain      int // indices of unitDim in a piece
	pieces     int // of unitDim
	units      int
}

// shapeOf cuts a region; it may change the order of its dimensions.
func (n *normal) shapeOf() shape {
	p, q := len(n.dims)-2, len(n.dims)-1
	elems := n.tileElems()
	var s shape
	switch t := n.transposed(); {
	case n.byRow:
		s.cols = n.dims[q]
		s.rows = max(1, elems/s.cols)
	case t >= 0:
		n.swapDims(t, p)
		lane := max(1, blockLine/n.maxSize())
		s.cols = min(n.dims[q], max(lane, elems/n.dims[p]))
		s.rows = elems / s.cols
	case n.dims[q] >= elems || n.dims[q] >= wideRow && !n.tileable():
		parts := (n.dims[q] + elems - 1) / elems
		s.rows, s.cols = 1, (n.dims[q]+parts-1)/parts
	default:
		s.rows, s.cols = elems/n.dims[q], n.dims[q]
	}
	if s.cols < n.dims[q] {
		s.cols = min(n.dims[q], (s.cols+15)/16*16)
	}
	s.rows = max(1, min(s.rows, n.dims[p]))
	n.share(&s)
	return s
}

// maxSize is the size of the largest element in memory.
func (n *normal) maxSize() int {
	size := 1
	for _, a := range slices.Concat(n.loads, n.stores) {
		size = max(size, a.size)
	}
	for _, in := range n.code {
		size = max(size, in.To.Size())
	}
	return size
}

// tileElems is the number of elements of a tile.
func (n *normal) tileElems() int {
	live := len(n.loads) + len(n.stores) + min(len(n.code), 4)
	elems := tileBytes / (max(live, 1) * n.maxSize())
	return min(max(elems, minTile), maxTile) &^ 15
}

// transposed is a dimension other than the last whose neighbours some operand has side by side
// in memory, while those of the last dimension lie apart; or −1.
func (n *normal) transposed() int {
	q := len(n.dims) - 1
	for _, a := range slices.Concat(n.loads, n.stores) {
		if n.dims[q] == 1 || a.strides[q] == 0 || a.strides[q] == a.size {
			continue
		}
		for t := range q {
			if n.dims[t] > 1 && (a.strides[t] == a.size || a.strides[t] == -a.size) {
				return t
			}
		}
	}
	return -1
}

// tileable reports whether a tile of several whole rows costs nothing but what is expanded once:
// every operand is contiguous over both dimensions of the tile, or does not change with any
// but the last.
func (n *normal) tileable() bool {
	p, q := len(n.dims)-2, len(n.dims)-1
	for _, a := range slices.Concat(n.loads, n.stores) {
		whole := a.strides[q] == a.size && a.strides[p] == a.size*n.dims[q]
		fixed := !slices.ContainsFunc(a.strides[:q], func(s int) bool { return s != 0 })
		if !whole && !fixed {
			return false
		}
	}
	return true
}

// heavy is what an operation costs in bytes moved an element, over the operation's own size.
func heavy(op compute.OpType) int {
	switch op {
	case compute.OpTypeExp, compute.OpTypeExpm1, compute.OpTypeLog, compute.OpTypeLog1p, compute.OpTypeLogistic,
		compute.OpTypeTanh, compute.OpTypeErf, compute.OpTypeSin, compute.OpTypeCos, compute.OpTypeRem:
		return 12
	case compute.OpTypePow, compute.OpTypeAtan2:
		return 40
	case compute.OpTypeDiv, compute.OpTypeSqrt, compute.OpTypeRsqrt:
		return 4
	}
	return 2
}

// work estimates what the region costs, as bytes moved.
func (n *normal) work() int {
	bytes := 1
	for _, a := range slices.Concat(n.loads, n.stores) {
		if slices.ContainsFunc(a.strides, func(s int) bool { return s != 0 }) {
			bytes += a.size
		}
	}
	for _, in := range n.code {
		bytes += heavy(in.Op)
	}
	bytes += 2 * len(n.reds)
	return bytes * n.size()
}

// share chooses the dimension that units share out: the one that gives most units, if possible
// one over which nothing is reduced, since else every unit has partial results to combine.
func (n *normal) share(s *shape) {
	want := min(max(n.work()/unitWork, 1), maxUnits)
	grain := func(d int) int {
		switch len(n.dims) - d {
		case 1:
			return s.cols
		case 2:
			return s.rows
		}
		return 1
	}
	s.units = 0
	try := func(d, limit int) {
		pieces := (n.dims[d] + grain(d) - 1) / grain(d)
		if units := min(pieces, limit); units > s.units {
			s.unitDim, s.grain, s.pieces, s.units = d, grain(d), pieces, units
		}
	}
	for d := range n.dims {
		if !n.reducedOver(d) {
			try(d, want)
		}
	}
	if s.units >= min(want, fewUnits) {
		return
	}
	for d := range n.dims {
		if n.reducedOver(d) {
			try(d, min(want, max(1, n.size()/(fewUnits*n.cells(d)))))
		}
	}
}

// reducedOver reports whether a reduction takes in a dimension.
func (n *normal) reducedOver(d int) bool {
	return slices.ContainsFunc(n.reds, func(r reduce) bool { return r.over[d] })
}

// cells is the number of partial results that a unit has if dimension d is shared out.
func (n *normal) cells(d int) int {
	sum := 0
	for _, r := range n.reds {
		if r.over[d] {
			sum += r.cells(n.dims, 0)
		}
	}
	return max(sum, 1)
}

// cells is the number of results of a reduction over the dimensions from the given one on.
func (r reduce) cells(dims []int, from int) int {
	size := 1
	for d := from; d < len(dims); d++ {
		if !r.over[d] {
			size *= dims[d]
		}
	}
	return size
}

// unit gives the range of indices of unitDim that a unit covers.
func (s shape) unit(u, length int) (lo, hi int) {
	lo = u * s.pieces / s.units * s.grain
	hi = (u + 1) * s.pieces / s.units * s.grain
	return lo, min(hi, length)
}
