package tile

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// spread is the operation that gives every element of a row the row's value.
const spread = LogitsGrad + 1

// narrowRows lets registers that are equal all along a row hold one element a row: the results of
// row reductions and what is computed from nothing else but numbers. Where a whole tile is wanted,
// a spread makes it.
func (n *normal) narrowRows() {
	loads, code := len(n.loads), n.code
	n.narrow, n.code = make([]bool, loads), nil
	if !n.byRow {
		n.narrow, n.code = make([]bool, loads+len(code)), code
		return
	}
	reg := make([]int, loads+len(code)) // from old numbers to new ones
	for i := range loads {
		reg[i] = i
	}
	tiles := map[int]int{}
	for i, in := range code {
		in = in.renumbered(reg)
		narrow := n.perRow(in)
		if !narrow || isReduce(in.Op) {
			for _, r := range [3]*int{&in.A, &in.B, &in.C} {
				*r = n.widened(*r, tiles)
			}
		}
		reg[loads+i] = n.add(in, narrow)
	}
	for i := range n.stores {
		n.stores[i].reg = n.widened(reg[n.stores[i].reg], tiles)
	}
	for i := range n.reds {
		r := &n.reds[i]
		if r.reg = reg[r.reg]; !r.over[len(n.dims)-1] || !idempotent(r.op) {
			r.reg = n.widened(r.reg, tiles)
		}
	}
}

// add appends an instruction.
func (n *normal) add(in Instr, narrow bool) int {
	n.code, n.narrow = append(n.code, in), append(n.narrow, narrow)
	return len(n.narrow) - 1
}

// perRow reports whether the result of an instruction is equal all along a row.
func (n *normal) perRow(in Instr) bool {
	if isReduce(in.Op) {
		return true
	}
	any := false
	for _, r := range [3]int{in.A, in.B, in.C} {
		switch {
		case r < 0:
		case n.narrow[r]:
			any = true
		case r >= len(n.loads) || slices.ContainsFunc(n.loads[r].strides, func(s int) bool { return s != 0 }):
			return false
		}
	}
	return any
}

// widened gives the register that holds a whole tile of a register's value.
func (n *normal) widened(reg int, tiles map[int]int) int {
	if reg < 0 || !n.narrow[reg] {
		return reg
	}
	if _, ok := tiles[reg]; !ok {
		dt := n.code[reg-len(n.loads)].To
		tiles[reg] = n.add(Instr{Op: spread, DType: dt, To: dt, A: reg, B: -1, C: -1}, false)
	}
	return tiles[reg]
}

// idempotent reports whether a reduction of equal elements is the element.
func idempotent(reduce compute.OpType) bool {
	switch reduce {
	case compute.OpTypeReduceMax, compute.OpTypeReduceMin, compute.OpTypeReduceBitwiseAnd, compute.OpTypeReduceBitwiseOr,
		compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr:
		return true
	}
	return false
}

// rowReducer reduces rows.
type rowReducer struct {
	size    int
	across  vec.Reducer
	neutral [8]byte
}

func newRowReducer(l isa.Level, in Instr) rowReducer {
	r := rowReducer{size: in.DType.Size(), across: vec.Reduce(l, in.Op, in.DType)}
	vec.Neutral(in.Op, in.DType, unsafe.Pointer(&r.neutral))
	return r
}

// run reduces the rows of a contiguous tile, each in the 8 bytes at cell: dst may be where the
// tile is.
func (r *rowReducer) run(dst, x unsafe.Pointer, rows, cols int, cell unsafe.Pointer) {
	for i := range rows {
		*(*[8]byte)(cell) = r.neutral
		r.across(cell, unsafe.Add(x, i*cols*r.size), cols)
		copy(unsafe.Slice((*byte)(unsafe.Add(dst, i*r.size)), r.size), unsafe.Slice((*byte)(cell), r.size))
	}
}

// spreadRows fills each row of a tile with one element, from the last row to the first: dst may be
// where the elements are.
func spreadRows(fill vec.Fn, dst, x unsafe.Pointer, rows, cols, size int) {
	for i := rows - 1; i >= 0; i-- {
		fill(unsafe.Add(dst, i*cols*size), unsafe.Add(x, i*size), nil, nil, cols)
	}
}
