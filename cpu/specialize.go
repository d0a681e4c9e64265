package cpu

import (
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// specializer compiles a graph with named axes anew for every set of their sizes.
type specializer struct {
	backend *Backend
	graph   *ir.Graph // the recording

	mu       sync.Mutex
	programs map[string]*specialization
}

// specialization is a program, compiled by the first who needs it.
type specialization struct {
	once    sync.Once
	program *program
	err     error
}

func newSpecializer(b *Backend, g *ir.Graph) *specializer {
	return &specializer{backend: b, graph: g, programs: map[string]*specialization{}}
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
	s.mu.Lock()
	key := bindings.Key()
	p := s.programs[key]
	if p == nil {
		p = new(specialization)
		s.programs[key] = p
	}
	s.mu.Unlock()
	p.once.Do(func() { p.program, p.err = s.compile(bindings) })
	return p.program, p.err
}

// compile replays the recording with the axes' sizes and compiles what comes of it.
func (s *specializer) compile(bindings shapes.AxisBindings) (*program, error) {
	b := newBuilder(s.backend, s.graph.Name)
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
	for _, p := range s.graph.Params {
		shape, err := r.Resolve(p.Shape)
		if err != nil {
			return nil, err
		}
		v, err := f.Parameter(p.Def.Attr.(ir.Param).Name, shape, nil)
		if err != nil {
			return nil, err
		}
		params = append(params, v)
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
