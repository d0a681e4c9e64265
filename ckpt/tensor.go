package ckpt

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Tensor is a named array of numbers as it lies in a file: little endian, last axis fastest.
type Tensor struct {
	Name  string // unique in its file
	DType string // element type, one of DTypes
	Shape []int  // empty for a scalar
	Data  []byte // product of Shape × bytes per element
}

// maxRank bounds the number of axes, so that a header cannot ask for more memory than it has text.
const maxRank = 32

// dtypes lists the element types with their bytes per element.
var dtypes = []struct {
	name string
	size int
}{
	{"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
	{"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
	{"I32", 4}, {"U32", 4}, {"F32", 4},
	{"I64", 8}, {"U64", 8}, {"F64", 8}, {"C64", 8},
}

// DTypes returns the names of the element types that files may hold.
func DTypes() []string {
	names := make([]string, len(dtypes))
	for i, d := range dtypes {
		names[i] = d.name
	}
	return names
}

// lookupDType returns the name as a constant with its bytes per element; size 0 means unknown.
func lookupDType(name string) (string, int) {
	for _, d := range dtypes {
		if d.name == name {
			return d.name, d.size
		}
	}
	return "", 0
}

// byteLen is the product of shape times size, false when it exceeds an int64.
func byteLen(shape []int, size int) (int64, bool) {
	n := uint64(size)
	empty := false
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	if empty {
		return 0, true
	}
	return int64(n), true
}

// FromFloat32s makes an F32 tensor of a copy of v. A shape that does not hold len(v) elements is
// reported when the tensor is written.
func FromFloat32s(name string, shape []int, v []float32) Tensor {
	data := make([]byte, 0, 4*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return Tensor{name, "F32", slices.Clone(shape), data}
}

// FromFloat64s makes an F64 tensor of a copy of v, as FromFloat32s does.
func FromFloat64s(name string, shape []int, v []float64) Tensor {
	data := make([]byte, 0, 8*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	return Tensor{name, "F64", slices.Clone(shape), data}
}

// FromInt64s makes an I64 tensor of a copy of v, as FromFloat32s does.
func FromInt64s(name string, shape []int, v []int64) Tensor {
	data := make([]byte, 0, 8*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint64(data, uint64(x))
	}
	return Tensor{name, "I64", slices.Clone(shape), data}
}

// Float32s returns the elements of an F32 tensor.
func (t Tensor) Float32s() ([]float32, error) {
	if err := t.want("F32", 4); err != nil {
		return nil, err
	}
	v := make([]float32, len(t.Data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return v, nil
}

// Float64s returns the elements of an F64 tensor.
func (t Tensor) Float64s() ([]float64, error) {
	if err := t.want("F64", 8); err != nil {
		return nil, err
	}
	v := make([]float64, len(t.Data)/8)
	for i := range v {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
	return v, nil
}

// Int64s returns the elements of an I64 tensor.
func (t Tensor) Int64s() ([]int64, error) {
	if err := t.want("I64", 8); err != nil {
		return nil, err
	}
	v := make([]int64, len(t.Data)/8)
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
	return v, nil
}

// want reports a tensor of another element type or with a broken length.
func (t Tensor) want(dtype string, size int) error {
	if t.DType != dtype {
		return fmt.Errorf("ckpt: tensor %s: dtype: got %s, want %s", quote(t.Name), quote(t.DType), dtype)
	}
	if n, ok := byteLen(t.Shape, size); !ok || n != int64(len(t.Data)) {
		return fmt.Errorf("ckpt: tensor %s: got %d bytes of data, want %s of shape %v", quote(t.Name), len(t.Data), dtype, t.Shape)
	}
	return nil
}
