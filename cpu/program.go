package cpu

import (
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// program is a compiled graph of static shapes.
type program struct {
	params  []shapes.Shape
	results []shapes.Shape
	inPlace []int // for each result the parameter whose memory it may take, or −1
	runner  runner

	mu   sync.Mutex
	idle []*execution
}

// execution is the state of one run, kept for the next.
type execution struct {
	program *program
	recycle bool // whether the objects of donated buffers serve again
	inputs  []*Buffer
	outputs []*Buffer
	taken   []bool // inputs whose memory became a result's
	params  []unsafe.Pointer
	results []unsafe.Pointer
}

// begin gives an execution that no other run uses.
func (p *program) begin(recycle bool) *execution {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.idle) - 1; last >= 0 {
		x := p.idle[last]
		p.idle = p.idle[:last]
		x.recycle = recycle
		return x
	}
	n, m := len(p.params), len(p.results)
	return &execution{
		program: p, recycle: recycle, inputs: make([]*Buffer, 0, n), outputs: make([]*Buffer, m), taken: make([]bool, n),
		params: make([]unsafe.Pointer, n), results: make([]unsafe.Pointer, m),
	}
}

// end keeps the execution for another run.
func (p *program) end(x *execution) {
	clear(x.inputs)
	clear(x.outputs)
	clear(x.taken)
	clear(x.params)
	clear(x.results)
	x.inputs = x.inputs[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, x)
}

// acquire checks the inputs and holds them; an error holds none.
func (x *execution) acquire(b *Backend, inputs []compute.Buffer) error {
	for i, in := range inputs {
		buffer, ok := in.(*Buffer)
		var err error
		switch {
		case !ok || buffer == nil:
			err = errors.Errorf("got %T, want a buffer of this backend", in)
		case buffer.backend != b:
			err = errors.New("the buffer belongs to another backend")
		default:
			err = buffer.acquire()
		}
		if err == nil && !ir.SameShape(buffer.shape, x.program.params[i]) {
			buffer.state.Add(-1)
			err = errors.Errorf("got shape %s, want %s", buffer.shape, x.program.params[i])
		}
		if err != nil {
			x.release()
			return errors.WithMessagef(err, "input %d", i)
		}
		x.inputs = append(x.inputs, buffer)
		x.params[i] = buffer.data
	}
	return nil
}

// release lets go of the inputs.
func (x *execution) release() {
	for i, b := range x.inputs {
		if !x.taken[i] {
			b.state.Add(-1)
		}
	}
}

// place finds memory for the results.
func (x *execution) place(b *Backend, results []compute.Buffer, donate []bool) {
	for i, s := range x.program.results {
		out := x.inPlace(i, donate)
		if out == nil {
			out = reusable(b, results[i], s)
		}
		if out == nil {
			out = b.newBuffer(s)
			out.state.Store(written)
		}
		x.outputs[i], x.results[i] = out, out.data
	}
}

// inPlace gives the donated input whose memory result i takes over, if nobody else uses it.
func (x *execution) inPlace(i int, donate []bool) *Buffer {
	p := x.program.inPlace[i]
	if p < 0 || len(donate) == 0 || !donate[p] || x.taken[p] {
		return nil
	}
	in := x.inputs[p]
	if !in.state.CompareAndSwap(1, written) {
		return nil
	}
	x.taken[p] = true
	s := x.program.results[i]
	if !x.recycle {
		out := &Buffer{backend: in.backend, shape: s, data: in.data}
		out.state.Store(written)
		in.state.Store(donated)
		in.data, in.flat = nil, nil
		return out
	}
	if !ir.SameShape(in.shape, s) {
		in.shape, in.flat = s, nil
	}
	return in
}

// reusable gives the caller's buffer if a result of the shape can be written over it.
func reusable(b *Backend, result compute.Buffer, s shapes.Shape) *Buffer {
	buffer, ok := result.(*Buffer)
	if !ok || buffer == nil || buffer.backend != b || !buffer.state.CompareAndSwap(0, written) {
		return nil
	}
	if !ir.SameShape(buffer.shape, s) {
		buffer.state.Store(0)
		return nil
	}
	return buffer
}

// run executes the program; a panic becomes an error.
func (x *execution) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("panic: %v", r)
		}
	}()
	return x.program.runner.Run(x.params, x.results)
}

// finish hands the results over and gives up what was donated.
func (x *execution) finish(results []compute.Buffer, donate []bool) {
	x.consume(donate)
	for i, out := range x.outputs {
		out.state.Store(0)
		results[i] = out
	}
}

// abandon gives up the results and what was donated.
func (x *execution) abandon(donate []bool) {
	x.consume(donate)
	for _, out := range x.outputs {
		out.state.Store(gone)
		out.release()
	}
}

// consume lets go of the inputs; donated ones that became no result are finalized, unless
// another execution reads them.
func (x *execution) consume(donate []bool) {
	x.release()
	if len(donate) == 0 {
		return
	}
	for i, in := range x.inputs {
		if donate[i] && !x.taken[i] && in.state.CompareAndSwap(0, donated) {
			in.release()
			if x.recycle {
				in.backend.memory.giveHandle(in)
			}
		}
	}
}
