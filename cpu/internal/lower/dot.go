package lower

import (
	"errors"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/gemm"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() { register(dot, compute.OpTypeDotGeneral) }

// operand is an array that lies in memory with the given strides.
type operand struct {
	at            plan.Arg
	dtype         dtypes.DType
	dims, strides []int
}

// loops are nested loops that walk several operands at once: dims, and for every operand its
// strides.
type loops struct {
	dims    []int
	strides [][]int // one list an operand
}

// contraction is a DotGeneral over loops: those of the batch (over lhs, rhs and output), of the
// lhs alone (lhs, output), of the rhs alone (rhs, output) and of the sum (lhs, rhs).
type contraction struct{ batch, rows, cols, sum loops }

// operand gives a value as an operand.
func (b *builder) operand(v *ir.Value) operand {
	return operand{b.arg(v), v.Shape.DType, v.Shape.Dimensions, b.strides(v)}
}

// dot lowers DotGeneral.
func dot(b *builder, n *ir.Node) error {
	y := n.Out[0]
	return b.dotInto(b.output(y), y.Shape, b.operand(n.In[0]), b.operand(n.In[1]), n.Attr.(ir.Dot))
}

// dotInto emits a DotGeneral: conversions where the operands are not of the type in which the
// product is taken, and one product.
func (b *builder) dotInto(to plan.Arg, y shapes.Shape, lhs, rhs operand, a ir.Dot) error {
	t := lhs.dtype
	if acc := a.Config.AccumulatorDType; acc != dtypes.InvalidDType {
		t = acc
	}
	if t == dtypes.Float16 || t == dtypes.BFloat16 {
		t = dtypes.Float32
	}
	if !t.IsFloat() && !t.IsInt() && !t.IsComplex() || t.IsPacked() {
		return errRefused
	}
	lhs, err := b.converted(lhs, t)
	if err != nil {
		return err
	}
	rhs, err = b.converted(rhs, t)
	if err != nil {
		return err
	}
	if y.DType == t {
		return b.product(to, nil, lhs, rhs, a)
	}
	sum := b.temporary(y.Size() * t.Size())
	if err := b.product(sum, nil, lhs, rhs, a); err != nil {
		return err
	}
	return b.convert(to, operand{sum, t, y.Dimensions, ir.RowMajor(y.Dimensions)}, y.DType)
}

// converted gives an operand in another type, in a buffer of its own.
func (b *builder) converted(x operand, t dtypes.DType) (operand, error) {
	if x.dtype == t {
		return x, nil
	}
	y := operand{b.temporary(size(x.dims) * t.Size()), t, x.dims, ir.RowMajor(x.dims)}
	return y, b.convert(y.at, x, t)
}

// convert emits a step that converts an array to a row-major one of another type.
func (b *builder) convert(to plan.Arg, x operand, t dtypes.DType) error {
	if slices.Contains(x.dims, 0) {
		return nil
	}
	k, err := b.tile(tile.Spec{
		Dims:   x.dims,
		Loads:  []tile.Load{{DType: x.dtype, Strides: x.strides}},
		Code:   []tile.Instr{{Op: compute.OpTypeConvertDType, DType: x.dtype, To: t, A: 0, B: -1, C: -1}},
		Stores: []tile.Store{{Reg: 1, DType: t, Strides: ir.RowMajor(x.dims)}},
	})
	if err == nil {
		b.emit(k, []plan.Arg{to}, []plan.Arg{x.at})
	}
	return err
}

// size is the number of elements of an array.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// product emits a DotGeneral of operands of the output's type. The output has the given strides,
// of which the last is 1, or is row-major if there are none.
func (b *builder) product(to plan.Arg, out []int, lhs, rhs operand, a ir.Dot) error {
	c := newContraction(lhs, rhs, out, ordered(lhs, rhs, a))
	t := lhs.dtype
	rows, cols, sum := c.rows.size(), c.cols.size(), c.sum.size()
	if sum == 0 {
		b.zero(to, t, c.batch.size()*rows*cols)
		return nil
	}
	if sum == 1 || rows == 1 && c.sumsRows(c.cols, 1) || cols == 1 && c.sumsRows(c.rows, 0) {
		if err := b.elementProducts(c, to, lhs, rhs); !errors.Is(err, errRefused) {
			return err
		}
	}
	lhs, rhs = b.summable(lhs, rhs, a)
	c = newContraction(lhs, rhs, out, ordered(lhs, rhs, a))
	if _, step := c.rows.inner(); cols == 1 && step[1] == 1 {
		lhs, rhs, c = rhs, lhs, c.swapped()
	}
	spec := c.spec(t)
	b.emit(gemm.New(b.Level, spec), []plan.Arg{to}, []plan.Arg{lhs.at, rhs.at})
	return nil
}

// zero fills n elements with zeros.
func (b *builder) zero(to plan.Arg, t dtypes.DType, n int) {
	from := b.constant(unsafe.Pointer(&[2]uint64{}), t.Size())
	b.copy(to, from, t, []int{n}, []int{0})
}

// newContraction sorts the axes of a DotGeneral and merges those that can be walked as one.
func newContraction(lhs, rhs operand, out []int, a ir.Dot) contraction {
	var c contraction
	left, right := others(len(lhs.dims), a.LhsBatch, a.LhsContract), others(len(rhs.dims), a.RhsBatch, a.RhsContract)
	var dims []int
	dims = append(append(append(dims, pick(lhs.dims, a.LhsBatch)...), pick(lhs.dims, left)...), pick(rhs.dims, right)...)
	if out == nil {
		out = ir.RowMajor(dims)
	}
	nb, nl := len(a.LhsBatch), len(left)
	c.batch = loops{dims[:nb], [][]int{pick(lhs.strides, a.LhsBatch), pick(rhs.strides, a.RhsBatch), out[:nb]}}.merged()
	c.rows = loops{dims[nb : nb+nl], [][]int{pick(lhs.strides, left), out[nb : nb+nl]}}.merged()
	c.cols = loops{dims[nb+nl:], [][]int{pick(rhs.strides, right), out[nb+nl:]}}.merged()
	c.sum = loops{pick(lhs.dims, a.LhsContract),
		[][]int{pick(lhs.strides, a.LhsContract), pick(rhs.strides, a.RhsContract)}}.merged()
	return c
}

// others lists the axes that stand in neither list.
func others(rank int, a, b []int) []int {
	var out []int
	for i := range rank {
		if !slices.Contains(a, i) && !slices.Contains(b, i) {
			out = append(out, i)
		}
	}
	return out
}

// pick gives the elements at some places.
func pick(list, at []int) []int {
	out := make([]int, len(at))
	for i, k := range at {
		out[i] = list[k]
	}
	return out
}

// size is the number of iterations.
func (l loops) size() int { return size(l.dims) }

// merged makes one loop of neighbours that walk every operand evenly.
func (l loops) merged() loops {
	out := loops{strides: make([][]int, len(l.strides))}
	for i, d := range l.dims {
		if d == 1 {
			continue
		}
		last, even := len(out.dims)-1, len(out.dims) > 0
		for k := range l.strides {
			even = even && out.strides[k][last] == d*l.strides[k][i]
		}
		if even {
			out.dims[last] *= d
		} else {
			out.dims, last = append(out.dims, d), last+1
		}
		for k, s := range l.strides {
			out.strides[k] = append(out.strides[k][:last], s[i])
		}
	}
	return out
}

// inner gives length and strides of the innermost loop; no loop is one of length 1.
func (l loops) inner() (int, []int) {
	strides := make([]int, len(l.strides))
	last := len(l.dims) - 1
	if last < 0 {
		return 1, strides
	}
	for k, s := range l.strides {
		strides[k] = s[last]
	}
	return l.dims[last], strides
}

// outer gives the loops around the innermost one, as loops over lhs, rhs and output: place
// says where each operand of l stands among them.
func (l loops) outer(place ...int) []gemm.Batch {
	var out []gemm.Batch
	for i := 0; i < len(l.dims)-1; i++ {
		s := [3]int{}
		for k, at := range place {
			s[at] = l.strides[k][i]
		}
		out = append(out, gemm.Batch{Size: l.dims[i], A: s[0], B: s[1], C: s[2]})
	}
	return out
}

// spec is the product as package gemm takes it: of the rows and columns the innermost loop, and
// the others as part of the batch.
func (c contraction) spec(t dtypes.DType) gemm.Spec {
	s := gemm.Spec{DType: t}
	for i, d := range c.batch.dims {
		x := c.batch.strides
		s.Batch = append(s.Batch, gemm.Batch{Size: d, A: x[0][i], B: x[1][i], C: x[2][i]})
	}
	s.Batch = append(s.Batch, c.rows.outer(0, 2)...)
	s.Batch = append(s.Batch, c.cols.outer(1, 2)...)
	m, row := c.rows.inner()
	n, col := c.cols.inner()
	k, sum := c.sum.inner()
	s.M, s.N, s.K = m, n, k
	s.A, s.B, s.C = gemm.Stride{Row: row[0], Col: sum[0]}, gemm.Stride{Row: sum[1], Col: col[0]}, gemm.Stride{Row: row[1], Col: 1}
	return s
}

// swapped exchanges lhs and rhs where the output allows it: one of them has no loops.
func (c contraction) swapped() contraction {
	s, x := c.sum.strides, c.batch.strides
	c.sum.strides = [][]int{s[1], s[0]}
	c.batch.strides = [][]int{x[1], x[0], x[2]}
	c.rows, c.cols = c.cols, c.rows
	return c
}

// sumsRows reports whether the sum runs along memory in the matrix that a product of a vector
// and a matrix has besides its own loops, at a place among the sum's strides.
func (c contraction) sumsRows(matrix loops, at int) bool {
	_, sum := c.sum.inner()
	_, step := matrix.inner()
	return sum[at] == 1 || step[0] != 1
}

// elementProducts emits a product without reuse of elements as a region: outer products, and
// products of a matrix, read along its rows, and a vector.
func (b *builder) elementProducts(c contraction, to plan.Arg, lhs, rhs operand) error {
	n := len(c.batch.dims) + len(c.rows.dims) + len(c.cols.dims)
	dims := slices.Concat(c.batch.dims, c.rows.dims, c.cols.dims, c.sum.dims)
	nr, nc, ns := make([]int, len(c.rows.dims)), make([]int, len(c.cols.dims)), make([]int, len(c.sum.dims))
	t := lhs.dtype
	spec := tile.Spec{
		Dims: dims,
		Loads: []tile.Load{
			{DType: t, Strides: slices.Concat(c.batch.strides[0], c.rows.strides[0], nc, c.sum.strides[0])},
			{DType: t, Strides: slices.Concat(c.batch.strides[1], nr, c.cols.strides[0], c.sum.strides[1])},
		},
		Code:   []tile.Instr{{Op: compute.OpTypeMul, DType: t, To: t, A: 0, B: 1, C: -1}},
		Stores: []tile.Store{{Reg: 2, DType: t, Strides: slices.Concat(c.batch.strides[2], c.rows.strides[1], c.cols.strides[1], ns)}},
	}
	if len(ns) > 0 {
		spec.Stores[0].Reduce = compute.OpTypeReduceSum
		spec.Stores[0].Over = append(make([]bool, n), slices.Repeat([]bool{true}, len(ns))...)
	}
	k, err := b.tile(spec)
	if err == nil {
		b.emit(k, []plan.Arg{to}, []plan.Arg{lhs.at, rhs.at})
	}
	return err
}
