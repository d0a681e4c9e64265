package lower

import (
	"cmp"
	"slices"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// fewest is the length from which a loop over rows or columns is worth a product of its own;
// below it, the operand is copied so that its loops become one.
const fewest = 32

// summable copies operands, where it must, so that the sum of a DotGeneral is one loop, and
// where it pays, so that rows and columns are. The axes of the returned operands are those of
// the given ones.
func (b *builder) summable(lhs, rhs operand, a ir.Dot) (operand, operand) {
	left, right := others(len(lhs.dims), a.LhsBatch, a.LhsContract), others(len(rhs.dims), a.RhsBatch, a.RhsContract)
	orderLHS, orderRHS := oneLoop(lhs, a.LhsContract), oneLoop(rhs, a.RhsContract)
	order, copyLHS, copyRHS := orderLHS, scattered(lhs, left), scattered(rhs, right)
	switch {
	case orderLHS == nil && orderRHS == nil:
		copyLHS, copyRHS, order = true, true, straight(len(a.LhsContract))
	case orderLHS == nil:
		order, copyLHS = orderRHS, true
	case orderRHS == nil:
		copyRHS = true
	case !evenIn(rhs, pick(a.RhsContract, orderLHS)) && !evenIn(lhs, pick(a.LhsContract, orderRHS)):
		if copyRHS = true; size(lhs.dims) < size(rhs.dims) && !copyLHS {
			order, copyLHS, copyRHS = orderRHS, true, false
		}
	case !evenIn(rhs, pick(a.RhsContract, orderLHS)):
		order = orderRHS
	}
	if copyLHS {
		lhs = b.rearranged(lhs, slices.Concat(a.LhsBatch, left, pick(a.LhsContract, order)))
	}
	if copyRHS {
		rhs = b.rearranged(rhs, slices.Concat(a.RhsBatch, pick(a.RhsContract, order), right))
	}
	return lhs, rhs
}

// ordered sorts the summed axes of both operands in the order in which they are one loop.
func ordered(lhs, rhs operand, a ir.Dot) ir.Dot {
	for _, order := range [][]int{oneLoop(lhs, a.LhsContract), oneLoop(rhs, a.RhsContract)} {
		if order != nil && evenIn(lhs, pick(a.LhsContract, order)) && evenIn(rhs, pick(a.RhsContract, order)) {
			a.LhsContract, a.RhsContract = pick(a.LhsContract, order), pick(a.RhsContract, order)
			break
		}
	}
	return a
}

// straight counts from 0.
func straight(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// oneLoop gives the order in which axes are one loop, as places in the list, or nil.
func oneLoop(x operand, axes []int) []int {
	order := straight(len(axes))
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(abs(x.strides[axes[j]]), abs(x.strides[axes[i]]))
	})
	if !evenIn(x, pick(axes, order)) {
		return nil
	}
	return order
}

func abs(x int) int { return max(x, -x) }

// evenIn reports whether axes, in this order, are one loop.
func evenIn(x operand, axes []int) bool {
	return len(loops{pick(x.dims, axes), [][]int{pick(x.strides, axes)}}.merged().dims) <= 1
}

// scattered reports whether axes are several loops, of which the innermost is short.
func scattered(x operand, axes []int) bool {
	l := loops{pick(x.dims, axes), [][]int{pick(x.strides, axes)}}.merged()
	return len(l.dims) > 1 && l.dims[len(l.dims)-1] < fewest
}

// rearranged copies an operand so that it lies in memory in the given order of its axes.
func (b *builder) rearranged(x operand, order []int) operand {
	dims, from := pick(x.dims, order), pick(x.strides, order)
	to := b.temporary(size(dims) * x.dtype.Size())
	y := operand{at: to, dtype: x.dtype, dims: x.dims, strides: make([]int, len(x.dims))}
	for i, s := range ir.RowMajor(dims) {
		y.strides[order[i]] = s
	}
	b.copy(to, x.at, x.dtype, dims, from)
	return y
}
