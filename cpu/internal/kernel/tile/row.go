package tile

import (
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// rowReducer gives every element of a row the reduction of the row.
type rowReducer struct {
	size    int
	across  vec.Reducer
	fill    vec.Fn
	neutral [8]byte
}

func newRowReducer(l isa.Level, op compute.OpType, dt dtypes.DType) rowReducer {
	r := rowReducer{size: dt.Size(), across: vec.Reduce(l, op, dt), fill: vec.Fill(l, dt.Size())}
	vec.Neutral(op, dt, unsafe.Pointer(&r.neutral))
	return r
}

// run reduces the rows of a contiguous tile, each in the 8 bytes at cell.
func (r *rowReducer) run(dst, x unsafe.Pointer, rows, cols int, cell unsafe.Pointer) {
	bytes := cols * r.size
	for i := range rows {
		*(*[8]byte)(cell) = r.neutral
		r.across(cell, unsafe.Add(x, i*bytes), cols)
		r.fill(unsafe.Add(dst, i*bytes), cell, nil, nil, cols)
	}
}
