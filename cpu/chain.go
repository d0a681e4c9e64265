package cpu

import (
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// chain strings operations together and keeps the first error.
type chain struct {
	f   *Function
	err error
}

// do passes a value on and notes the error.
func (c *chain) do(v compute.Value, err error) compute.Value {
	if c.err == nil {
		c.err = err
	}
	return v
}

// scalar gives a constant.
func (c *chain) scalar(x float64, t dtypes.DType) compute.Value {
	cast := shapes.CastAsDType(x, t)
	flat := reflect.Append(reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(cast)), 0, 1), reflect.ValueOf(cast))
	return c.do(c.f.Constant(flat.Interface()))
}

// like gives a constant of a value's data type.
func (c *chain) like(x float64, v compute.Value) compute.Value {
	s, err := c.f.Shape(v)
	if c.do(v, err); c.err != nil {
		return nil
	}
	return c.scalar(x, s.DType)
}
