// Package bench measures a compute backend on this machine: matrix products, convolutions and
// elementwise work beside the peak of its multiply-add units, and where the time of a training
// step goes.
package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/cpu"
)

// Report is what was measured.
type Report struct {
	Backend string   `json:"backend"`        // its description
	Threads int      `json:"threads"`        // that the peak was measured with
	Core    float64  `json:"core"`           // peak of one core in float32, operations a second
	Peak    float64  `json:"peak"`           // peak of all threads at the same time
	Results []Result `json:"results"`        // of the operations, in the order of the suite
	Step    *Step    `json:"step,omitempty"` // of the training of the VAE
}

// Result is the speed of one operation.
type Result struct {
	Group    string  `json:"group"`           // product, convolution or elementwise
	Name     string  `json:"name"`            // the operation with its shapes
	Seconds  float64 `json:"seconds"`         // the fastest execution
	Flops    float64 `json:"flops,omitempty"` // operations of one execution; 0 where they mean nothing
	Elements int     `json:"elements"`        // of the result
	Share    float64 `json:"share,omitempty"` // of the peak
}

// Options say how much to measure.
type Options struct {
	Backend string        // a name for backend.Open
	Threads int           // of the peak
	Budget  time.Duration // time for each operation
}

// work is an operation to be measured, built on parameters of the given dimensions.
type work struct {
	group, name string
	flops       float64
	inputs      [][]int
	build       func(f compute.Function, in []compute.Value) (compute.Value, error)
}

// Kernels measures the operations of the suite, and calls each with every result.
func Kernels(ctx context.Context, o Options, each func(Result)) (*Report, error) {
	b, err := backend.Open(o.Backend)
	if err != nil {
		return nil, err
	}
	r := &Report{Backend: b.Description(), Threads: o.Threads, Core: cpu.Peak(1, dtypes.Float32), Peak: cpu.Peak(o.Threads, dtypes.Float32)}
	for _, w := range slices.Concat(products(), convolutions(), elementwise()) {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		result, err := measure(b, w, o.Budget)
		if err != nil {
			return r, fmt.Errorf("bench: %s: %w", w.name, err)
		}
		result.Share = result.Flops / result.Seconds / r.Peak
		r.Results = append(r.Results, result)
		if each != nil {
			each(result)
		}
	}
	return r, nil
}

// measure builds one operation and runs it again and again for a while.
func measure(b compute.Backend, w work, budget time.Duration) (r Result, err error) {
	builder := b.Builder(w.name)
	f := builder.Main()
	var values []compute.Value
	var buffers []compute.Buffer
	for i, dims := range w.inputs {
		s := shapes.Make(dtypes.Float32, dims...)
		v, err := f.Parameter(fmt.Sprint("x", i), s, nil)
		if err != nil {
			return r, err
		}
		buffer, err := b.BufferFromFlatData(0, ramp(s.Size()), s)
		if err != nil {
			return r, err
		}
		defer buffer.Finalize()
		values, buffers = append(values, v), append(buffers, buffer)
	}
	out, err := w.build(f, values)
	if err != nil {
		return r, err
	}
	shape, err := f.Shape(out)
	if err != nil {
		return r, err
	}
	if err := f.Return([]compute.Value{out}, nil); err != nil {
		return r, err
	}
	ex, err := builder.Compile()
	if err != nil {
		return r, err
	}
	defer ex.Finalize()
	best, err := fastest(ex, buffers, budget)
	return Result{Group: w.group, Name: w.name, Seconds: best.Seconds(), Flops: w.flops, Elements: shape.Size()}, err
}

// fastest is the shortest of the executions within a time, at least three of them.
func fastest(ex compute.Executable, in []compute.Buffer, budget time.Duration) (time.Duration, error) {
	best := time.Duration(1 << 62)
	begin := time.Now()
	for n := 0; n < 3 || time.Since(begin) < budget; n++ {
		start := time.Now()
		out, err := ex.Execute(in, nil, 0)
		if err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
		for _, b := range out {
			if err := b.Finalize(); err != nil {
				return 0, err
			}
		}
	}
	return best, nil
}

// ramp is n numbers between 0 and 1.
func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%1000) / 1000
	}
	return x
}
