package model

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// feed makes a buffer of the backend and lets the host write it, in place where the backend's
// memory is the host's.
func (p *Params) feed(shape shapes.Shape, write func(flat any) error) (b compute.Buffer, err error) {
	shared := p.backend.HasSharedBuffers()
	var flat any
	if shared {
		if b, flat, err = p.backend.NewSharedBuffer(0, shape); err != nil {
			return nil, fmt.Errorf("model: buffer: %w", err)
		}
	} else {
		flat = dtypes.MakeAnySlice(shape.DType, shape.Size())
	}
	if err := write(flat); err != nil || shared {
		return b, err
	}
	return p.backend.BufferFromFlatData(0, flat, shape)
}

// fill copies float64 values into a slice of float32 or float64 of the same length.
func fill(flat any, x []float64) error {
	n := 0
	switch dst := flat.(type) {
	case []float32:
		if n = len(dst); n == len(x) {
			for i, v := range x {
				dst[i] = float32(v)
			}
		}
	case []float64:
		n = len(dst)
		copy(dst, x)
	}
	if n != len(x) {
		return fmt.Errorf("model: values: got %d, want %d", len(x), n)
	}
	return nil
}

// hold copies float64 values into a buffer of the model's type.
func (p *Params) hold(dims []int, data []float64) (compute.Buffer, error) {
	return p.feed(shapes.Make(p.dtype, dims...), func(flat any) error { return fill(flat, data) })
}

// read hands the values of a buffer to fn, in the backend's memory where that is the host's.
func (p *Params) read(b compute.Buffer, fn func(flat any) error) error {
	var flat any
	var err error
	if p.backend.HasSharedBuffers() {
		flat, err = b.Data()
	} else {
		var shape shapes.Shape
		if shape, err = b.Shape(); err == nil {
			flat = dtypes.MakeAnySlice(shape.DType, shape.Size())
			err = b.ToFlatData(flat)
		}
	}
	if err != nil {
		return fmt.Errorf("model: buffer: %w", err)
	}
	return fn(flat)
}

// Input is an array of a program's input that the host writes again before every run.
type Input struct {
	Tensor *tensors.Tensor // what [Program.Run] takes
	wide   []float32       // where the host writes if the tensor is not float32
}

// Input returns an array of the model's type for the backend, filled with zeros.
func (p *Params) Input(dims ...int) (*Input, error) {
	t, err := tensors.FromShapeForBackend(p.backend, 0, shapes.Make(p.dtype, dims...))
	if err != nil {
		return nil, fmt.Errorf("model: input: %w", err)
	}
	in := &Input{Tensor: t}
	if p.dtype != dtypes.Float32 {
		in.wide = make([]float32, size(dims))
	}
	return in, nil
}

// Set writes one value to each place of the array.
func (in *Input) Set(values ...float64) error {
	var failed error
	err := in.Tensor.MutableFlatData(func(flat any) { failed = fill(flat, values) })
	if failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("model: input: %w", err)
	}
	return nil
}

// Write lets fn fill the array with row-major values; it must write every one.
func (in *Input) Write(fn func(x []float32) error) error {
	var failed error
	err := in.Tensor.MutableFlatData(func(flat any) {
		switch dst := flat.(type) {
		case []float32:
			failed = fn(dst)
		case []float64:
			failed = fn(in.wide)
			for i, v := range in.wide {
				dst[i] = float64(v)
			}
		}
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("model: input: %w", err)
	}
	return nil
}
