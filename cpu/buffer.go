package cpu

import (
	"reflect"
	"sync/atomic"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"
)

// Buffer holds a tensor in memory that is aligned to 64 bytes and shared with the caller.
//
// A buffer that was finalized or donated answers every call with an error.
type Buffer struct {
	backend *Backend
	shape   shapes.Shape
	data    unsafe.Pointer
	flat    any // the typed slice over data, once it was asked for

	// state is gone, written, or the number of executions that read the buffer now.
	state atomic.Int32
}

const (
	gone    = -1 // finalized
	written = -2 // a result of an execution that is under way
	donated = -3 // used up by an execution
)

var _ compute.Buffer = (*Buffer)(nil)

// newBuffer draws an object and memory from the pools.
func (b *Backend) newBuffer(shape shapes.Shape) *Buffer {
	buffer := b.memory.handle()
	buffer.backend, buffer.shape, buffer.flat = b, shape, nil
	buffer.data = b.memory.take(int(shape.ByteSize()))
	buffer.state.Store(0)
	return buffer
}

// release gives back the memory of a buffer that nobody uses any more.
func (b *Buffer) release() {
	if !b.backend.IsFinalized() {
		b.backend.memory.give(b.data, int(b.shape.ByteSize()))
	}
	b.data, b.flat = nil, nil
}

// check gives an error unless the buffer can be used.
func (b *Buffer) check() error {
	switch {
	case b == nil || b.backend == nil:
		return errors.New("cpu: buffer: it is nil")
	case b.backend.IsFinalized():
		return errors.New("cpu: buffer: its backend is finalized")
	case b.state.Load() == gone:
		return errors.New("cpu: buffer: it was finalized")
	case b.state.Load() == donated:
		return errors.New("cpu: buffer: it was donated")
	}
	return nil
}

// acquire notes a reader; release it with a decrement.
func (b *Buffer) acquire() error {
	if err := b.check(); err != nil {
		return err
	}
	for {
		s := b.state.Load()
		if s < 0 {
			return errors.New("cpu: buffer: it was finalized or donated, or is being written")
		}
		if b.state.CompareAndSwap(s, s+1) {
			return nil
		}
	}
}

// bytes gives the buffer's memory.
func (b *Buffer) bytes() []byte { return unsafe.Slice((*byte)(b.data), b.shape.ByteSize()) }

// Backend gives the backend that owns the buffer.
func (b *Buffer) Backend() compute.Backend { return b.backend }

// Finalize gives the memory back. The buffer must not be in use by an execution. For a donated
// buffer it does nothing.
func (b *Buffer) Finalize() error {
	if b != nil && b.state.Load() == donated {
		return nil
	}
	if err := b.check(); err != nil {
		return err
	}
	if !b.state.CompareAndSwap(0, gone) {
		return errors.New("cpu: buffer: finalize: an execution uses it, or it was finalized before")
	}
	b.release()
	return nil
}

// Shape gives the dtype and the dimensions.
func (b *Buffer) Shape() (shapes.Shape, error) {
	if err := b.check(); err != nil {
		return shapes.Invalid(), err
	}
	return b.shape, nil
}

// DeviceNum is 0.
func (b *Buffer) DeviceNum() (compute.DeviceNum, error) { return 0, b.check() }

// ToFlatData copies the elements to a slice of the dtype's Go type and of the same length.
func (b *Buffer) ToFlatData(flat any) error {
	if err := b.check(); err != nil {
		return err
	}
	to, err := flatBytes(flat, b.shape)
	if err != nil {
		return err
	}
	copy(to, b.bytes())
	return nil
}

// Data gives the buffer's memory as a slice of the dtype's Go type. It is valid until the buffer
// is finalized or donated.
func (b *Buffer) Data() (any, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if b.flat == nil {
		b.flat = flatSlice(b.data, b.shape)
	}
	return b.flat, nil
}

// CopyToDevice copies the buffer; the only device is 0.
func (b *Buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if err := b.backend.alive(device); err != nil {
		return nil, err
	}
	c := b.backend.newBuffer(b.shape)
	copy(c.bytes(), b.bytes())
	return c, nil
}

// BufferFromFlatData copies a slice of the dtype's Go type to a new buffer.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	if err := b.alive(device); err != nil {
		return nil, err
	}
	if err := checkShape(shape); err != nil {
		return nil, err
	}
	from, err := flatBytes(flat, shape)
	if err != nil {
		return nil, err
	}
	buffer := b.newBuffer(shape.Clone())
	copy(buffer.bytes(), from)
	return buffer, nil
}

// HasSharedBuffers is true: every buffer's memory can be read and written directly.
func (b *Backend) HasSharedBuffers() bool { return true }

// NewSharedBuffer makes a buffer of zeros and gives its memory as a slice of the dtype's Go type.
func (b *Backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	if err := b.alive(device); err != nil {
		return nil, nil, err
	}
	if err := checkShape(shape); err != nil {
		return nil, nil, err
	}
	buffer := b.newBuffer(shape.Clone())
	clear(buffer.bytes())
	flat, err := buffer.Data()
	return buffer, flat, err
}

// checkShape gives an error unless a buffer can have the shape.
func checkShape(s shapes.Shape) error {
	if !capabilities.DTypes[s.DType] {
		return errors.Errorf("cpu: shape %s: the data type is not supported", s)
	}
	for _, d := range s.Dimensions {
		if d < 0 {
			return errors.Errorf("cpu: shape %s: got a dimension of %d, want at least 0", s, d)
		}
	}
	return nil
}

// flatSlice gives memory as a slice of the shape's Go type; sub-byte types are packed in bytes.
func flatSlice(p unsafe.Pointer, s shapes.Shape) any {
	if s.Size() == 0 {
		return dtypes.MakeAnySlice(s.DType, 0)
	}
	return dtypes.UnsafeAnySliceFromBytes(p, s.DType, s.Size())
}

// flatBytes gives the bytes of a slice that must have the shape's Go type and size.
func flatBytes(flat any, s shapes.Shape) ([]byte, error) {
	t := reflect.TypeOf(flat)
	want := s.DType.GoType()
	if s.DType.IsPacked() {
		want = reflect.TypeFor[byte]()
	}
	if t == nil || t.Kind() != reflect.Slice || t.Elem() != want && (s.DType.IsPacked() || dtypes.FromGoType(t.Elem()) != s.DType) {
		return nil, errors.Errorf("cpu: flat data: got %v, want []%s for shape %s", t, want, s)
	}
	v := reflect.ValueOf(flat)
	size := s.ByteSize()
	if got := int64(v.Len()) * int64(t.Elem().Size()); got != size {
		return nil, errors.Errorf("cpu: flat data: got %d elements, want %d for shape %s", v.Len(), size/int64(t.Elem().Size()), s)
	}
	if size == 0 {
		return nil, nil
	}
	return unsafe.Slice((*byte)(v.UnsafePointer()), size), nil
}
