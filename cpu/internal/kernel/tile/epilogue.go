package tile

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Epilogue applies a region to finished tiles of a matrix product, while they are in the cache.
// It implements gemm.Epilogue.
type Epilogue struct {
	region
	product int  // the load that is the product, or −1 if nothing reads it
	alone   bool // no load is laid out like a store: then none can share its memory
}

// NewEpilogue compiles a region over a product: its last two dimensions are the rows and
// columns of the product, those before them the product's batch, and load 0 is the product,
// whose strides do not matter. Reductions are errors, like the errors of [New].
//
// The arguments of the product's kernel are the region's stores, its loads from 1 on, then the
// product's own two operands.
func NewEpilogue(l isa.Level, s Spec) (*Epilogue, error) {
	if err := check(l, s); err != nil {
		return nil, err
	}
	reduces := func(st Store) bool { return st.Reduce != compute.OpTypeInvalid }
	rows := func(in Instr) bool { return isReduce(in.Op) }
	if len(s.Dims) < 2 || len(s.Loads) == 0 || slices.ContainsFunc(s.Stores, reduces) || slices.ContainsFunc(s.Code, rows) {
		return nil, fmt.Errorf("tile: epilogue: want a product, at least two dimensions and no reduction, got %s", nameOf(s))
	}
	n := accesses(s)
	for i := range n.loads {
		n.loads[i].arg--
	}
	p := len(s.Dims) - 2
	n.loads[0].strides[p], n.loads[0].strides[p+1] = s.Dims[p+1]*n.loads[0].size, n.loads[0].size
	n.prune(s.Code)
	e := &Epilogue{region: region{normal: n, inTiles: true}, product: -1, alone: true}
	e.name = "+" + codeName(s.Code)
	e.shape = shape{rows: maxTile / 32, cols: 32, units: 1, unitDim: 0, grain: 1, pieces: 1}
	for i, ld := range n.loads {
		if ld.arg < len(s.Stores) {
			e.product = i
		}
		for _, st := range n.stores {
			e.alone = e.alone && (ld.size != st.size || !slices.Equal(ld.strides, st.strides))
		}
	}
	return e, e.compile(l)
}

// Apply implements gemm.Epilogue.
func (e *Epilogue) Apply(_ *kernel.Worker, tile unsafe.Pointer, ld, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	m := machine{region: &e.region, args: args, scratch: scratch}
	m.setSlots()
	m.prepare(min(rows*cols, maxTile))
	for d := len(e.dims) - 3; d >= 0; d-- {
		m.idx[d] = batch % e.dims[d]
		batch /= e.dims[d]
	}
	p := len(e.dims) - 2
	for i := range e.loads {
		if i != e.product {
			m.base[i] = m.origin(&e.loads[i].access)
		}
	}
	for j := range e.stores {
		m.base[len(e.loads)+j] = m.origin(&e.stores[j].access)
	}
	width := min(cols, maxTile)
	height := maxTile / width
	for i := 0; i < rows; i += height {
		for j := 0; j < cols; j += width {
			m.idx[p], m.idx[p+1] = row+i, col+j
			m.count = [2]int{min(height, rows-i), min(width, cols-j)}
			e.part(&m, tile, ld, i*ld+j)
		}
	}
}

// part computes one tile of the region, whose product begins skip elements into tile.
func (e *Epilogue) part(m *machine, tile unsafe.Pointer, ld, skip int) {
	p := len(e.dims) - 2
	for _, i := range e.copied {
		o := &e.loads[i]
		at, down := unsafe.Pointer(nil), o.strides[p]
		if i == e.product {
			at, down = unsafe.Add(tile, skip*o.size), ld*o.size
		} else {
			at = unsafe.Add(m.base[i], m.idx[p]*down+m.idx[p+1]*o.strides[p+1])
		}
		inPlace := o.dense && (m.count[0] == 1 || down == m.count[1]*o.size)
		if inPlace && (e.alone || i == e.product) {
			m.ptr[i] = at
		} else {
			m.expand(i, o, at, down)
		}
	}
	for j := range e.stores {
		st := &e.stores[j]
		k := len(e.loads) + j
		m.ptr[k] = unsafe.Add(m.base[k], m.idx[p]*st.strides[p]+m.idx[p+1]*st.strides[p+1])
	}
	m.run()
}
