package tile

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Epilogue applies a region to parts of a matrix product as they are finished, while they are in
// the cache. It implements gemm.Epilogue.
type Epilogue struct {
	region
	home int // the store in whose memory the product arrives
}

// NewEpilogue compiles a region over a product: its last two dimensions are the rows and
// columns of the product, those before them the product's batch, and load 0 is the product,
// whose strides do not matter. The product arrives in the memory of a store that has its size
// and is in row-major order. Having no such store is an error, as are reductions and all that is
// an error of [New].
//
// The arguments of the product's kernel are the region's stores, its loads from 1 on, then the
// product's own two operands.
func NewEpilogue(l isa.Level, s Spec) (*Epilogue, error) {
	if err := check(l, s); err != nil {
		return nil, err
	}
	homes := homesOf(s)
	rows := func(in Instr) bool { return isReduce(in.Op) }
	if len(homes) == 0 || slices.ContainsFunc(s.Stores, reducesAny) || slices.ContainsFunc(s.Code, rows) {
		return nil, fmt.Errorf("tile: epilogue: want a product, at least two dimensions, a store like the product and no reduction, got %s", nameOf(s))
	}
	n := accesses(s)
	for i := range n.loads {
		n.loads[i].arg--
	}
	n.loads[0].strides = slices.Clone(n.stores[homes[0]].strides)
	n.evenOut()
	n.prune(s.Code)
	n.narrowRows()
	e := &Epilogue{region: region{normal: n, inRows: true}}
	e.name = "+" + codeName(s.Code)
	e.shape = shape{rows: maxTile / 32, cols: 32, units: 1, unitDim: 0, grain: 1, pieces: 1}
	if err := e.compile(l); err != nil {
		return nil, err
	}
	e.settleIn(homes, len(s.Stores))
	return e, nil
}

// evenOut gives operands that lie alike the same strides, whatever they had along dimensions of
// length 1, and none of 0 there unless the operand is one number.
func (n *normal) evenOut() {
	for _, a := range slices.Concat(n.loads, n.stores) {
		step := 0
		for d, size := range n.dims {
			if size > 1 && a.strides[d] != 0 {
				step = a.size
			}
		}
		for d, size := range n.dims {
			if size == 1 {
				a.strides[d] = step
			}
		}
	}
}

// reducesAny reports whether a store is a reduction.
func reducesAny(st Store) bool { return st.Reduce != compute.OpTypeInvalid }

// homesOf lists the stores in whose memory the product, load 0, can arrive.
func homesOf(s Spec) (homes []int) {
	if len(s.Dims) < 2 || len(s.Loads) == 0 {
		return nil
	}
	want := contiguous(s.Dims, make([]bool, len(s.Dims)))
	for j, st := range s.Stores {
		ok := st.DType.Size() == s.Loads[0].DType.Size() && !reducesAny(st)
		for d, size := range s.Dims {
			ok = ok && (size == 1 || st.Strides[d] == want[d])
		}
		if ok {
			homes = append(homes, j)
		}
	}
	return homes
}

// settleIn chooses among the stores in whose memory the product can arrive: one that need not
// wait until the product has been read, if possible.
func (e *Epilogue) settleIn(homes []int, stores int) {
	e.home = homes[0]
	i := slices.IndexFunc(e.loads, func(ld operand) bool { return ld.arg < stores })
	if i < 0 {
		return
	}
	free := func(j int) bool { return !slices.Contains(e.stores[j].clash, i) }
	if k := slices.IndexFunc(homes, free); k >= 0 {
		e.home = homes[k]
	}
	e.loads[i].arg = e.home
}

// Home is the store, and so the argument, in whose memory the product arrives. It may not share
// its memory with a load.
func (e *Epilogue) Home() int { return e.home }

// Apply implements gemm.Epilogue.
func (e *Epilogue) Apply(_ *kernel.Worker, row, rows, col, cols, batch int, args []unsafe.Pointer, scratch unsafe.Pointer) {
	m := rowMachine{machine: machine{region: &e.region, args: args, scratch: scratch}}
	width := min(cols, maxTile)
	height := min(maxTile/width, rows)
	m.begin(height, width)
	for d := len(e.dims) - 3; d >= 0; d-- {
		m.idx[d] = batch % e.dims[d]
		batch /= e.dims[d]
	}
	m.rebase()
	p := len(e.dims) - 2
	for i := 0; i < rows; i += height {
		for j := 0; j < cols; j += width {
			m.idx[p], m.idx[p+1] = row+i, col+j
			m.count = [2]int{min(height, rows-i), min(width, cols-j)}
			m.part()
		}
	}
}
