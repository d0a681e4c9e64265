package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// DotGeneral multiplies and sums over the contracting axes. The output's axes are the batch
// axes, the left operand's others, the right operand's others.
func (f *Function) DotGeneral(lhs compute.Value, lhsContract, lhsBatch []int, rhs compute.Value, rhsContract, rhsBatch []int,
	config compute.DotGeneralConfig) (compute.Value, error) {
	in, err := f.use(compute.OpTypeDotGeneral, lhs, rhs)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.DotGeneral(in[0].Shape, lhsContract, lhsBatch, in[1].Shape, rhsContract, rhsBatch, config)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: DotGeneral")
	}
	if t := in[0].Shape.DType; !t.IsFloat() && !t.IsInt() || t.IsPacked() {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: DotGeneral: data type %s", t)
	}
	if acc := config.AccumulatorDType; acc.IsHalfPrecision() && acc != in[0].Shape.DType {
		// Products of numbers that are rounded to the accumulator's type.
		c := chain{f: f}
		l, r := c.do(f.ConvertDType(lhs, acc)), c.do(f.ConvertDType(rhs, acc))
		y := c.do(f.DotGeneral(l, lhsContract, lhsBatch, r, rhsContract, rhsBatch, compute.DotGeneralConfig{}))
		return c.do(f.ConvertDType(y, out.DType)), c.err
	}
	a := ir.Dot{
		LhsContract: slices.Clone(lhsContract), LhsBatch: slices.Clone(lhsBatch),
		RhsContract: slices.Clone(rhsContract), RhsBatch: slices.Clone(rhsBatch), Config: config,
	}
	return f.node(compute.OpTypeDotGeneral, a, out, in...)
}
