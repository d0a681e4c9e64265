package cpu

import (
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Executable is a compiled computation. Several goroutines may execute it at once.
type Executable struct {
	backend   *Backend
	name      string
	names     []string
	inputs    []shapes.Shape
	outputs   []shapes.Shape
	program   *program     // where all shapes are static
	special   *specializer // where they are not
	finalized atomic.Bool
}

var _ compute.Executable = (*Executable)(nil)

func newExecutable(b *Builder, g *ir.Graph) (_ *Executable, err error) {
	e := &Executable{backend: b.backend, name: g.Name, inputs: shapesOf(g.Params), outputs: shapesOf(g.Results)}
	for _, p := range g.Params {
		e.names = append(e.names, p.Def.Attr.(ir.Param).Name)
	}
	if static(g) {
		e.program, err = b.backend.compile(g)
	} else {
		e.special = newSpecializer(b, g)
	}
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: compiling %q", g.Name)
	}
	return e, nil
}

// Finalize ends the executable's use.
func (e *Executable) Finalize() { e.finalized.Store(true) }

// Inputs gives the parameters' names and shapes.
func (e *Executable) Inputs() (names []string, inputShapes []shapes.Shape) { return e.names, e.inputs }

// Outputs gives the results' shapes.
func (e *Executable) Outputs() []shapes.Shape { return e.outputs }

// Execute runs the computation. Donated inputs are used up; where the program allows it a
// result takes over their memory.
func (e *Executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	if err := e.backend.alive(device); err != nil {
		return nil, err
	}
	results := make([]compute.Buffer, len(e.outputs))
	if err := e.execute(results, inputs, donate, false); err != nil {
		return nil, err
	}
	return results, nil
}

// ExecuteInto is Execute without allocation: it enters the results in a slice of the caller's.
// A donated input whose memory a result takes over is itself entered as that result. Elsewhere
// a buffer of the right shape that stands in results is written over, unless it is an input;
// where there is none, one is drawn from the backend's pool, to which donated buffers go.
//
// An error before the program starts, such as a wrong shape, leaves all buffers as they were.
func (e *Executable) ExecuteInto(results, inputs []compute.Buffer, donate []bool) error {
	return e.execute(results, inputs, donate, true)
}

// execute runs the computation; recycle tells that the objects of donated buffers serve again.
func (e *Executable) execute(results, inputs []compute.Buffer, donate []bool, recycle bool) error {
	if e.finalized.Load() {
		return errors.Errorf("cpu: executable %q is finalized", e.name)
	}
	if err := e.backend.alive(0); err != nil {
		return err
	}
	if len(inputs) != len(e.inputs) || len(results) != len(e.outputs) || len(donate) != 0 && len(donate) != len(inputs) {
		return errors.Errorf("cpu: executable %q: got %d inputs, %d donations and %d results, want %d and %d",
			e.name, len(inputs), len(donate), len(results), len(e.inputs), len(e.outputs))
	}
	p := e.program
	if e.special != nil {
		var err error
		if p, err = e.special.program(inputs); err != nil {
			return errors.WithMessagef(err, "cpu: executable %q", e.name)
		}
	}
	x := p.begin(recycle)
	defer p.end(x)
	if err := x.acquire(e.backend, inputs); err != nil {
		return errors.WithMessagef(err, "cpu: executable %q", e.name)
	}
	x.place(e.backend, results, donate)
	if err := x.run(); err != nil {
		x.abandon(donate)
		return errors.WithMessagef(err, "cpu: executable %q", e.name)
	}
	x.finish(results, donate)
	return nil
}
