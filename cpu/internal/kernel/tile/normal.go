package tile

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// normal is a Spec in normal form: no dead and no repeated code, no dimension of length 1 that
// could be dropped, none that could be merged, and at least two of them.
type normal struct {
	dims   []int
	loads  []access // those that are used
	code   []Instr  // registers count from the loads that are left
	stores []access // plain ones
	reds   []reduce
	byRow  bool   // the code reduces over the last dimension
	narrow []bool // which registers hold one element a row
}

// access is an operand in memory. Strides are in bytes.
type access struct {
	arg     int // its place among the kernel's arguments
	reg     int // what a store stores
	dt      dtypes.DType
	size    int // bytes of an element
	strides []int
}

// reduce is a store of a reduction.
type reduce struct {
	access
	op   compute.OpType
	acc  dtypes.DType // the type of the register and of the accumulators
	over []bool
}

// normalise brings a checked spec to normal form.
func normalise(s Spec) (*normal, error) {
	n := accesses(s)
	n.byRow = slices.ContainsFunc(s.Code, func(in Instr) bool { return isReduce(in.Op) })
	n.prune(s.Code)
	if !n.mergeDims(s.RowAxes) {
		return nil, fmt.Errorf("tile: the %d axes of a row are not laid out as one", s.RowAxes)
	}
	for len(n.dims) < 2 {
		n.padDim()
	}
	n.narrowRows()
	if len(n.dims) > maxDims {
		return nil, fmt.Errorf("tile: got %d dimensions that cannot be merged, want at most %d", len(n.dims), maxDims)
	}
	return n, nil
}

// accesses lists the operands of a spec.
func accesses(s Spec) *normal {
	n := &normal{dims: slices.Clone(s.Dims)}
	for i, st := range s.Stores {
		a := newAccess(i, st.DType, st.Strides)
		a.reg = st.Reg
		if st.Reduce == compute.OpTypeInvalid || !reduces(s.Dims, st.Over) {
			n.stores = append(n.stores, a)
			continue
		}
		n.reds = append(n.reds, reduce{access: a, op: st.Reduce, acc: accumulator(st.DType), over: slices.Clone(st.Over)})
	}
	for i, ld := range s.Loads {
		n.loads = append(n.loads, newAccess(len(s.Stores)+i, ld.DType, ld.Strides))
	}
	return n
}

func newAccess(arg int, dt dtypes.DType, strides []int) access {
	a := access{arg: arg, dt: dt, size: dt.Size(), strides: slices.Clone(strides)}
	for i := range a.strides {
		a.strides[i] *= a.size
	}
	return a
}

// reduces reports whether a reduction combines more than single elements.
func reduces(dims []int, over []bool) bool {
	for i, d := range dims {
		if over[i] && d != 1 {
			return true
		}
	}
	return false
}

// prune keeps the instructions and loads that stores depend on, one of each, and widens half
// precision for reductions.
func (n *normal) prune(code []Instr) {
	loads := len(n.loads)
	used := make([]bool, loads+len(code))
	for _, st := range n.stores {
		used[st.reg] = true
	}
	for _, r := range n.reds {
		used[r.reg] = true
	}
	for i := len(code) - 1; i >= 0; i-- {
		if !used[loads+i] {
			continue
		}
		for _, r := range [3]int{code[i].A, code[i].B, code[i].C} {
			if r >= 0 {
				used[r] = true
			}
		}
	}
	reg := make([]int, loads+len(code)) // from old numbers to new ones
	kept := n.loads[:0]
	for i, ld := range n.loads {
		if used[i] {
			reg[i] = len(kept)
			kept = append(kept, ld)
		}
	}
	n.loads = kept
	seen := map[Instr]int{}
	for i, in := range code {
		if used[loads+i] {
			reg[loads+i] = n.emit(seen, in.renumbered(reg))
		}
	}
	for i := range n.stores {
		n.stores[i].reg = reg[n.stores[i].reg]
	}
	for i := range n.reds {
		r := &n.reds[i]
		r.reg = reg[r.reg]
		if r.acc != r.dt {
			r.reg = n.emit(seen, Instr{Op: compute.OpTypeConvertDType, DType: r.dt, To: r.acc, A: r.reg, B: -1, C: -1})
		}
	}
}

func (in Instr) renumbered(reg []int) Instr {
	for _, r := range [3]*int{&in.A, &in.B, &in.C} {
		if *r >= 0 {
			*r = reg[*r]
		}
	}
	return in
}

// emit appends an instruction unless it does nothing or its result exists, and returns the
// register of its result. A row reduction of half precision is taken in float32.
func (n *normal) emit(seen map[Instr]int, in Instr) int {
	if in.Op == compute.OpTypeIdentity || in.Op == compute.OpTypeConvertDType && in.DType == in.To {
		return in.A
	}
	if acc := accumulator(in.DType); isReduce(in.Op) && acc != in.DType {
		in.A = n.emit(seen, Instr{Op: compute.OpTypeConvertDType, DType: in.DType, To: acc, A: in.A, B: -1, C: -1})
		wide := n.emit(seen, Instr{Op: in.Op, DType: acc, To: acc, A: in.A, B: -1, C: -1})
		return n.emit(seen, Instr{Op: compute.OpTypeConvertDType, DType: acc, To: in.DType, A: wide, B: -1, C: -1})
	}
	if r, ok := seen[in]; ok {
		return r
	}
	n.code = append(n.code, in)
	seen[in] = len(n.loads) + len(n.code) - 1
	return seen[in]
}

// each calls f with the strides of every operand.
func (n *normal) each(f func(strides *[]int)) {
	for i := range n.loads {
		f(&n.loads[i].strides)
	}
	for i := range n.stores {
		f(&n.stores[i].strides)
	}
	for i := range n.reds {
		f(&n.reds[i].strides)
	}
}

// mergeDims drops dimensions of length 1 and merges neighbours that every operand walks
// through as one. The dimensions of rows stay apart from the others; mergeDims reports whether
// one is left of them, as there must be where the code reduces rows.
func (n *normal) mergeDims(rowAxes int) bool {
	row, whole := len(n.dims), true
	if n.byRow {
		row -= rowAxes
	}
	for i := len(n.dims) - 1; i >= 0; i-- {
		last := i+1 == len(n.dims)
		switch {
		case n.dims[i] == 1 && !(n.byRow && last && i == row):
			n.dropDim(i)
		case !last && i+1 != row && n.mergeable(i):
			n.dims[i] *= n.dims[i+1]
			n.each(func(s *[]int) { (*s)[i] = (*s)[i+1] })
			n.dropDim(i + 1)
		}
		if n.byRow && i == row {
			whole = len(n.dims) == row+1
		}
	}
	return whole
}

// mergeable reports whether dimensions i and i+1 can be walked through as one.
func (n *normal) mergeable(i int) bool {
	ok := true
	n.each(func(s *[]int) { ok = ok && (*s)[i] == (*s)[i+1]*n.dims[i+1] })
	for _, r := range n.reds {
		ok = ok && r.over[i] == r.over[i+1]
	}
	return ok
}

// dropDim removes a dimension.
func (n *normal) dropDim(i int) {
	n.dims = slices.Delete(n.dims, i, i+1)
	n.each(func(s *[]int) { *s = slices.Delete(*s, i, i+1) })
	for j := range n.reds {
		n.reds[j].over = slices.Delete(n.reds[j].over, i, i+1)
	}
}

// padDim puts a dimension of length 1 in front.
func (n *normal) padDim() {
	n.dims = slices.Insert(n.dims, 0, 1)
	n.each(func(s *[]int) { *s = slices.Insert(*s, 0, 0) })
	for j := range n.reds {
		n.reds[j].over = slices.Insert(n.reds[j].over, 0, false)
	}
}

// swapDims exchanges the places of dimensions i and j in the order of the loops.
func (n *normal) swapDims(i, j int) {
	n.dims[i], n.dims[j] = n.dims[j], n.dims[i]
	n.each(func(s *[]int) { (*s)[i], (*s)[j] = (*s)[j], (*s)[i] })
	for k := range n.reds {
		over := n.reds[k].over
		over[i], over[j] = over[j], over[i]
	}
}

// size is the number of elements of the iteration space.
func (n *normal) size() int {
	size := 1
	for _, d := range n.dims {
		size *= d
	}
	return size
}
