package cpu_test

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"
)

func TestBuffersHoldWhatTheyWereGiven(t *testing.T) {
	b := open(t, "threads=1")
	rapid.Check(t, func(r *rapid.T) {
		x := rapid.SliceOf(rapid.Float64()).Draw(r, "x")
		y := buffer(t, b, x, len(x))
		got := make([]float64, len(x))
		if err := y.ToFlatData(got); err != nil {
			t.Fatal(err)
		}
		same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
		if !slices.EqualFunc(got, x, same) || !slices.EqualFunc(flat[float64](t, y), x, same) {
			t.Fatalf("got %v, want %v", got, x)
		}
		if s, err := y.Shape(); err != nil || !s.Equal(shapes.Make(dtypes.Float64, len(x))) {
			t.Fatalf("shape: got %v, %v", s, err)
		}
		if err := y.Finalize(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestMemoryIsAlignedAndReused(t *testing.T) {
	b := open(t, "threads=1")
	x := buffer(t, b, make([]float32, 1000), 1000)
	first := unsafe.SliceData(flat[float32](t, x))
	if uintptr(unsafe.Pointer(first))%64 != 0 {
		t.Errorf("got address %p, want a multiple of 64", first)
	}
	if err := x.Finalize(); err != nil {
		t.Fatal(err)
	}
	if again := unsafe.SliceData(flat[float32](t, buffer(t, b, make([]float32, 990), 990))); again != first {
		t.Errorf("a buffer of the same size class: got memory at %p, want %p", again, first)
	}
}

// TestSharedBuffersAreReadAndWrittenInPlace: what the caller writes is what a program reads.
func TestSharedBuffersAreReadAndWrittenInPlace(t *testing.T) {
	b := open(t, "threads=1")
	x, data, err := b.NewSharedBuffer(0, f32(3))
	if err != nil || !b.HasSharedBuffers() {
		t.Fatal(err)
	}
	if got := data.([]float32); !slices.Equal(got, []float32{0, 0, 0}) {
		t.Errorf("got %v, want zeros", got)
	}
	copy(data.([]float32), []float32{1, 2, 3})
	e := program(t, b, func(f *maker) []compute.Value { return []compute.Value{f.must(f.Neg(f.in(f32(3))))} })
	if got := flat[float32](t, execute(t, e, x)[0]); !slices.Equal(got, []float32{-1, -2, -3}) {
		t.Errorf("got %v", got)
	}
}

// TestWrongUseOfBuffersIsAnError: never a crash, whatever is done after the end.
func TestWrongUseOfBuffersIsAnError(t *testing.T) {
	b := open(t, "threads=1")
	x := buffer(t, b, []float32{1}, 1)
	wantError(t, x.ToFlatData([]float64{0}), "flat data: got []float64")
	wantError(t, x.ToFlatData([]float32{0, 0}), "got 2 elements, want 1")
	wantError(t, x.ToFlatData(nil), "flat data: got <nil>")
	_, err := x.CopyToDevice(1)
	wantError(t, err, "device: got 1")
	for part, use := range map[string]func() error{
		"flat data: got []float64": func() error { _, err := b.BufferFromFlatData(0, []float64{1}, f32(1)); return err },
		"got 2 elements, want 1":   func() error { _, err := b.BufferFromFlatData(0, []float32{1, 2}, f32()); return err },
		"data type is not": func() error {
			_, err := b.BufferFromFlatData(0, []complex64{1}, shapes.Make(dtypes.Complex64, 1))
			return err
		},
		"device: got 2": func() error { _, _, err := b.NewSharedBuffer(2, f32(1)); return err },
		"got a dimension of -1": func() error {
			_, _, err := b.NewSharedBuffer(0, shapes.MakeDynamic(dtypes.Float32, []int{-1}, []string{"n"}))
			return err
		},
	} {
		wantError(t, use(), part)
	}
	if err := x.Finalize(); err != nil {
		t.Fatal(err)
	}
	wantError(t, x.Finalize(), "it was finalized")
	_, err = x.Data()
	wantError(t, err, "it was finalized")
	_, err = x.Shape()
	wantError(t, err, "it was finalized")
	_, err = x.DeviceNum()
	wantError(t, err, "it was finalized")
	_, err = x.CopyToDevice(0)
	wantError(t, err, "it was finalized")
	wantError(t, x.ToFlatData([]float32{0}), "it was finalized")
}

func TestBuffersEndWithTheirBackend(t *testing.T) {
	b := open(t, "threads=1")
	x := buffer(t, b, []float32{1}, 1)
	b.Finalize()
	if !b.IsFinalized() {
		t.Error("the backend is not finalized")
	}
	wantError(t, x.Finalize(), "backend is finalized")
	_, err := x.Data()
	wantError(t, err, "backend is finalized")
	_, err = b.BufferFromFlatData(0, []float32{1}, f32(1))
	wantError(t, err, "the backend is finalized")
}

func TestCopiesAreIndependent(t *testing.T) {
	b := open(t, "threads=1")
	x := buffer(t, b, []int32{1, 2}, 2)
	y, err := x.CopyToDevice(0)
	if err != nil {
		t.Fatal(err)
	}
	flat[int32](t, x)[0] = 7
	if got := flat[int32](t, y); !slices.Equal(got, []int32{1, 2}) || y.Backend() != b {
		t.Errorf("got %v", got)
	}
}

// TestPackedTypesTravelAsBytes: four-bit numbers lie two in a byte.
func TestPackedTypesTravelAsBytes(t *testing.T) {
	b := open(t, "threads=1")
	x, err := b.BufferFromFlatData(0, []byte{0x21, 0xf3}, shapes.Make(dtypes.Int4, 4))
	if err != nil {
		t.Fatal(err)
	}
	e := program(t, b, func(f *maker) []compute.Value {
		return []compute.Value{f.must(f.ConvertDType(f.in(shapes.Make(dtypes.Int4, 4)), dtypes.Int8))}
	})
	if got := flat[int8](t, execute(t, e, x)[0]); !slices.Equal(got, []int8{1, 2, 3, -1}) {
		t.Errorf("got %v, want 1, 2, 3, −1", got)
	}
}

func TestForeignBuffersAreRefused(t *testing.T) {
	b, other := open(t, "threads=1"), open(t, "threads=1")
	stock, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	e := program(t, b, func(f *maker) []compute.Value { return []compute.Value{f.must(f.Neg(f.in(f32(1))))} })
	for part, x := range map[string]compute.Buffer{
		"input 0: got *gobackend.Buffer, want":              buffer(t, stock, []float32{1}, 1),
		"input 0: the buffer belongs to another backend":    buffer(t, other, []float32{1}, 1),
		"input 0: got shape (Float32)[2], want":             buffer(t, b, []float32{1, 2}, 2),
		"input 0: got shape (Float64)[1], want":             buffer(t, b, []float64{1}, 1),
		"input 0: got <nil>, want a buffer of this backend": nil,
	} {
		_, err := e.Execute([]compute.Buffer{x}, nil, 0)
		if err == nil {
			t.Errorf("%s: got no error", part)
			continue
		}
		wantError(t, err, part[len("input 0: "):])
	}
}
