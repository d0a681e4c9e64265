package model

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Tensor copies float32 values of a row-major array into a tensor of the given type.
func Tensor(dtype dtypes.DType, data []float32, dims ...int) *tensors.Tensor {
	if dtype == dtypes.Float32 {
		return tensors.FromFlatDataAndDimensions(data, dims...)
	}
	wide := make([]float64, len(data))
	for i, v := range data {
		wide[i] = float64(v)
	}
	return tensors.FromFlatDataAndDimensions(wide, dims...)
}

// Tensor copies float32 values of a row-major array into a tensor of the model's type in the
// backend's memory. Whoever finalizes it lets the next one have that memory.
func (p *Params) Tensor(data []float32, dims ...int) (*tensors.Tensor, error) {
	in, err := p.Input(dims...)
	if err != nil {
		return nil, err
	}
	return in.Tensor, in.Write(func(x []float32) error {
		if len(x) != len(data) {
			return fmt.Errorf("model: tensor: got %d values, want %d for shape %v", len(data), len(x), dims)
		}
		copy(x, data)
		return nil
	})
}

// Scalar returns a scalar tensor of the given type.
func Scalar(dtype dtypes.DType, v float64) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions([]float64{v})
	}
	return tensors.FromFlatDataAndDimensions([]float32{float32(v)})
}

// Floats copies the values of a floating-point tensor to the host in float64.
func Floats(t *tensors.Tensor) (out []float64, err error) {
	e := t.ConstFlatData(func(flat any) { out, err = widen(nil, flat) })
	if e != nil {
		err = fmt.Errorf("model: tensor: %w", e)
	}
	return out, err
}

// widen appends the values of a slice of float32 or float64 to dst.
func widen(dst []float64, flat any) ([]float64, error) {
	switch v := flat.(type) {
	case []float32:
		dst = slices.Grow(dst, len(v))
		for _, x := range v {
			dst = append(dst, float64(x))
		}
	case []float64:
		dst = append(dst, v...)
	default:
		return dst, fmt.Errorf("model: tensor: got %T, want float32 or float64", flat)
	}
	return dst, nil
}

// Float32s copies the values of a floating-point tensor to the host in float32.
func Float32s(t *tensors.Tensor) (out []float32, err error) {
	e := t.ConstFlatData(func(flat any) {
		switch v := flat.(type) {
		case []float32:
			out = append(make([]float32, 0, len(v)), v...)
		case []float64:
			out = make([]float32, len(v))
			for i, x := range v {
				out[i] = float32(x)
			}
		default:
			err = fmt.Errorf("model: tensor: got %T, want float32 or float64", flat)
		}
	})
	if e != nil {
		err = fmt.Errorf("model: tensor: %w", e)
	}
	return out, err
}
