package stock

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// maker strings operations of a function together; after the first error it does nothing.
type maker struct {
	f   compute.Function
	err error
}

// do calls a method unless an earlier one failed.
func (m *maker) do(method func() (compute.Value, error)) compute.Value {
	if m.err != nil {
		return nil
	}
	v, err := method()
	m.err = err
	return v
}

func (m *maker) shape(v compute.Value) shapes.Shape {
	if m.err != nil {
		return shapes.Invalid()
	}
	s, err := m.f.Shape(v)
	m.err = err
	return s
}

func (m *maker) unary(op unary, x compute.Value) compute.Value {
	return m.do(func() (compute.Value, error) { return op(m.f, x) })
}

func (m *maker) binary(op binary, x, y compute.Value) compute.Value {
	return m.do(func() (compute.Value, error) { return op(m.f, x, y) })
}

func (m *maker) where(c, x, y compute.Value) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Where(c, x, y) })
}

func (m *maker) reshape(x compute.Value, dims ...int) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Reshape(x, dims...) })
}

func (m *maker) transpose(x compute.Value, axes ...int) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Transpose(x, axes...) })
}

func (m *maker) convert(x compute.Value, t dtypes.DType) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.ConvertDType(x, t) })
}

func (m *maker) concatenate(axis int, xs ...compute.Value) compute.Value {
	if len(xs) == 1 {
		return xs[0]
	}
	return m.do(func() (compute.Value, error) { return m.f.Concatenate(axis, xs...) })
}

func (m *maker) slice(x compute.Value, starts, limits []int) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Slice(x, starts, limits, nil) })
}

func (m *maker) iota(axis int, s shapes.Shape) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Iota(s, axis) })
}

func (m *maker) constant(flat any, dims ...int) compute.Value {
	return m.do(func() (compute.Value, error) { return m.f.Constant(flat, dims...) })
}

// scalar gives a constant of a dtype.
func (m *maker) scalar(x float64, t dtypes.DType) compute.Value {
	return m.convert(m.constant([]float64{x}), t)
}

// spread repeats a value along the axes of dims that are not in axes.
func (m *maker) spread(x compute.Value, dims []int, axes ...int) compute.Value {
	t := m.shape(x).DType
	return m.do(func() (compute.Value, error) { return m.f.BroadcastInDim(x, shapes.Make(t, dims...), axes) })
}

func (m *maker) reduce(op reduction, x compute.Value, axes ...int) compute.Value {
	return m.do(func() (compute.Value, error) { return op(m.f, x, axes...) })
}
