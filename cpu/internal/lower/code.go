package lower

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// code writes a region, all in one type but for its conditions. All loads come first.
type code struct {
	*builder
	spec  tile.Spec
	dtype dtypes.DType
	ins   []plan.Arg
	outs  []plan.Arg
}

// load adds an operand and returns its register.
func (c *code) load(x operand) int {
	c.spec.Loads = append(c.spec.Loads, tile.Load{DType: x.dtype, Strides: x.strides})
	c.ins = append(c.ins, x.at)
	return len(c.ins) - 1
}

// number adds a constant as an operand and returns its register.
func (c *code) number(x float64) int {
	return c.load(operand{at: c.scalar(c.dtype, x), dtype: c.dtype, strides: make([]int, len(c.spec.Dims))})
}

// do adds an instruction on one, two or three registers and returns the register of its result.
func (c *code) do(op compute.OpType, regs ...int) int {
	to := c.dtype
	if op == compute.OpTypeLessOrEqual {
		to = dtypes.Bool
	}
	regs = append(slices.Clone(regs), -1, -1)
	c.spec.Code = append(c.spec.Code, tile.Instr{Op: op, DType: c.dtype, To: to, A: regs[0], B: regs[1], C: regs[2]})
	return len(c.spec.Loads) + len(c.spec.Code) - 1
}

// store writes a register.
func (c *code) store(reg int, y operand) {
	c.spec.Stores = append(c.spec.Stores, tile.Store{Reg: reg, DType: c.dtype, Strides: y.strides})
	c.outs = append(c.outs, y.at)
}

// reduce writes the reduction of a register over the last dimension.
func (c *code) reduce(op compute.OpType, reg int, y operand) {
	over := make([]bool, len(c.spec.Dims))
	over[len(over)-1] = true
	c.spec.Stores = append(c.spec.Stores, tile.Store{Reg: reg, DType: c.dtype, Reduce: op, Over: over, Strides: y.strides})
	c.outs = append(c.outs, y.at)
}

// end emits the region. Stores over loads are the writer's own affair: it gives both the same
// place.
func (c *code) end() error {
	k, err := c.tile(c.spec)
	if err != nil {
		return err
	}
	c.emit(k, c.outs, c.ins)
	return nil
}

// scalar gives a constant of Float32 or Float64.
func (b *builder) scalar(t dtypes.DType, x float64) plan.Arg {
	if t == dtypes.Float64 {
		return b.constant(unsafe.Pointer(&x), 8)
	}
	y := float32(x)
	return b.constant(unsafe.Pointer(&y), 4)
}

// counting gives the numbers from 0 to n−1, as an operand along one of several dimensions.
func (b *builder) counting(t dtypes.DType, n, along, rank int) operand {
	x := operand{dtype: t, strides: make([]int, rank)}
	x.strides[along] = 1
	if t == dtypes.Float64 {
		list := make([]float64, n)
		for i := range list {
			list[i] = float64(i)
		}
		x.at = b.constant(unsafe.Pointer(unsafe.SliceData(list)), 8*n)
		return x
	}
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(i)
	}
	x.at = b.constant(unsafe.Pointer(unsafe.SliceData(list)), 4*n)
	return x
}

// staged gives memory for a value that is computed in type t, and what converts it to the
// value's own type in the end.
func (b *builder) staged(v *ir.Value, t dtypes.DType) (operand, func() error) {
	row := ir.RowMajor(v.Shape.Dimensions)
	x := operand{at: b.output(v), dtype: t, dims: v.Shape.Dimensions, strides: row}
	if v.Shape.DType == t {
		return x, func() error { return nil }
	}
	to := x.at
	x.at = b.temporary(v.Shape.Size() * t.Size())
	return x, func() error { return b.convert(to, x, v.Shape.DType) }
}
