package cpu_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu"
)

// modes are the configurations in which every operation must give the same result.
var modes = []string{"threads=1", "threads=3", "isa=go", "unfused", "stock"}

// program builds a main function; the builder's errors end the test.
func program(t testing.TB, b compute.Backend, build func(f *maker) []compute.Value) *cpu.Executable {
	t.Helper()
	builder := b.Builder(t.Name())
	f := &maker{builder.Main(), t}
	if err := f.Return(build(f), nil); err != nil {
		t.Fatalf("%+v", err)
	}
	e, err := builder.Compile()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return e.(*cpu.Executable)
}

// maker is a function under construction whose errors end the test.
type maker struct {
	compute.Function
	t testing.TB
}

// must takes a value and the error that came with it.
func (f *maker) must(v compute.Value, err error) compute.Value {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%+v", err)
	}
	return v
}

// in adds a parameter.
func (f *maker) in(s shapes.Shape) compute.Value {
	f.t.Helper()
	return f.must(f.Parameter("x", s, nil))
}

// closure builds a closure.
func (f *maker) closure(build func(f *maker) []compute.Value) compute.Function {
	f.t.Helper()
	c, err := f.Closure()
	if err != nil {
		f.t.Fatalf("%+v", err)
	}
	if err := c.Return(build(&maker{c, f.t}), nil); err != nil {
		f.t.Fatalf("%+v", err)
	}
	return c
}

// f32 is a shape of float32.
func f32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

// buffer copies a slice to a new buffer.
func buffer[T gotype.Supported](t testing.TB, b compute.Backend, flat []T, dims ...int) compute.Buffer {
	t.Helper()
	x, err := b.BufferFromFlatData(0, flat, shapes.Make(dtypes.FromGenericsType[T](), dims...))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return x
}

// flat gives a buffer's elements.
func flat[T gotype.Supported](t testing.TB, b compute.Buffer) []T {
	t.Helper()
	x, err := b.Data()
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return x.([]T)
}

// execute runs a program without donations.
func execute(t testing.TB, e compute.Executable, inputs ...compute.Buffer) []compute.Buffer {
	t.Helper()
	out, err := e.Execute(inputs, nil, 0)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return out
}

// wantError checks that an error's message has a part.
func wantError(t testing.TB, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want one with %q", err, part)
	}
}
