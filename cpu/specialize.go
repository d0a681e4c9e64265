package cpu

import (
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// specializer compiles a graph with named axes anew for every set of their sizes, and of the
// values of parameters that decide sizes.
type specializer struct {
	backend *Backend
	graph   *ir.Graph // the recording
	sizes   []int     // the parameters whose values decide sizes

	mu       sync.Mutex
	programs map[string]*specialization
}

// specialization is a program, compiled by the first who needs it.
type specialization struct {
	once    sync.Once
	program *program
	err     error
}

func newSpecializer(b *Builder, g *ir.Graph) *specializer {
	s := &specializer{backend: b.backend, graph: g, programs: map[string]*specialization{}}
	for i, p := range g.Params {
		if b.sizes[p] {
			s.sizes = append(s.sizes, i)
		}
	}
	return s
}

// program gives the program for the inputs' shapes.
func (s *specializer) program(inputs []compute.Buffer) (*program, error) {
	bindings := shapes.AxisBindings{}
	for i, in := range inputs {
		buffer, ok := in.(*Buffer)
		if !ok {
			return nil, errors.Errorf("input %d: got %T, want a buffer of this backend", i, in)
		}
		if err := buffer.check(); err != nil {
			return nil, errors.WithMessagef(err, "input %d", i)
		}
		want := s.graph.Params[i].Shape
		if buffer.shape.DType != want.DType {
			return nil, errors.Errorf("input %d: got shape %s, want %s", i, buffer.shape, want)
		}
		if err := bindings.Extract(want, buffer.shape); err != nil {
			return nil, errors.WithMessagef(err, "input %d", i)
		}
	}
	key := bindings.Key()
	for _, i := range s.sizes {
		key += fmt.Sprintf(" %d:%x", i, inputs[i].(*Buffer).bytes())
	}
	s.mu.Lock()
	p := s.programs[key]
	if p == nil {
		p = new(specialization)
		s.programs[key] = p
	}
	s.mu.Unlock()
	p.once.Do(func() { p.program, p.err = s.compile(bindings, inputs) })
	return p.program, p.err
}

// compile replays the recording with what the inputs say about sizes and compiles what comes of it.
func (s *specializer) compile(bindings shapes.AxisBindings, inputs []compute.Buffer) (*program, error) {
	b := newBuilder(s.backend, s.graph.Name)
	b.given = map[*ir.Value]unsafe.Pointer{}
	f := b.main
	r := &stock.Replay{Function: f, Bindings: bindings, Complete: true}
	r.Size = func(v compute.Value) (int, error) {
		w := v.(*value)
		size, known, err := w.fn.fold(w.Value)
		if err == nil && !known {
			err = errors.Wrapf(compute.ErrNotImplemented, "a size that is not known")
		}
		return size, err
	}
	var params []compute.Value
	for i, p := range s.graph.Params {
		shape, err := r.Resolve(p.Shape)
		if err != nil {
			return nil, err
		}
		v, err := f.Parameter(p.Def.Attr.(ir.Param).Name, shape, nil)
		if err != nil {
			return nil, err
		}
		params = append(params, v)
		if slices.Contains(s.sizes, i) {
			b.given[v.(*value).Value] = inputs[i].(*Buffer).data
		}
	}
	results, err := r.Graph(s.graph, params)
	if err != nil {
		return nil, err
	}
	if err := f.Return(results, nil); err != nil {
		return nil, err
	}
	return s.backend.compile(f.graph)
}
