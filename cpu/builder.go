package cpu

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/compute/support/sets"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Builder records the functions of one computation.
type Builder struct {
	notimplemented.Builder

	backend  *Backend
	name     string
	main     *Function
	named    map[string]*Function
	axes     sets.Set[string] // names of the parameters' dynamic axes
	compiled bool

	sizes map[*ir.Value]bool           // parameters whose values decide sizes
	given map[*ir.Value]unsafe.Pointer // their values, in a specialisation
}

var _ compute.Builder = (*Builder)(nil)

func newBuilder(backend *Backend, name string) *Builder {
	b := &Builder{backend: backend, name: name, named: map[string]*Function{}, axes: sets.Make[string](), sizes: map[*ir.Value]bool{}}
	b.Builder.ErrFn = notImplemented
	b.main = newFunction(b, nil, compute.MainName)
	b.named[compute.MainName] = b.main
	return b
}

func notImplemented(op compute.OpType) error {
	return errors.Wrapf(compute.ErrNotImplemented, "cpu: %s", op)
}

// Name gives the computation's name.
func (b *Builder) Name() string { return b.name }

// Main gives the function that is compiled.
func (b *Builder) Main() compute.Function { return b.main }

// NewFunction begins a function that others can call.
func (b *Builder) NewFunction(name string) (compute.Function, error) {
	if b.compiled {
		return nil, errors.Errorf("cpu: builder %q: it is compiled", b.name)
	}
	if name == "" || b.named[name] != nil {
		return nil, errors.Errorf("cpu: builder %q: function name: got %q, want a new one", b.name, name)
	}
	f := newFunction(b, nil, name)
	b.named[name] = f
	return f, nil
}

// OpShape gives the shape of a value.
func (b *Builder) OpShape(op compute.Value) (shapes.Shape, error) {
	v, ok := op.(*value)
	if !ok || v == nil || v.fn.builder != b {
		return shapes.Invalid(), errors.Errorf("cpu: builder %q: got %T, want a value of this builder", b.name, op)
	}
	return v.Shape, nil
}

// DistributedSPMD accepts one device.
func (b *Builder) DistributedSPMD(devices int) error {
	if devices != 1 {
		return errors.Wrapf(compute.ErrNotImplemented, "cpu: %d devices", devices)
	}
	return nil
}

// DeviceAssignment accepts device 0.
func (b *Builder) DeviceAssignment(devices ...compute.DeviceNum) error {
	if !slices.Equal(devices, []compute.DeviceNum{0}) {
		return errors.Wrapf(compute.ErrNotImplemented, "cpu: devices %v", devices)
	}
	return nil
}

// Compile ends the computation and makes it executable.
func (b *Builder) Compile() (compute.Executable, error) {
	if b.compiled {
		return nil, errors.Errorf("cpu: builder %q: it is compiled", b.name)
	}
	if err := b.backend.alive(0); err != nil {
		return nil, err
	}
	if !b.main.returned {
		return nil, errors.Errorf("cpu: builder %q: Return was not called on the main function", b.name)
	}
	b.compiled = true
	g := b.main.graph
	g.Name = b.name
	return newExecutable(b, g)
}

// String lists the nodes of the main function.
func (b *Builder) String() string { return b.main.graph.String() }

// static reports whether no node of a graph has a named axis whose size is open.
func static(g *ir.Graph) bool {
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v.Shape.IsDynamic() {
				return false
			}
		}
		for _, sub := range ir.Subgraphs(n) {
			if !static(sub) {
				return false
			}
		}
	}
	return true
}
