package prob

import (
	"fmt"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
)

// meanDims is the shape of a distribution's values by itself.
func meanDims(name string, d dist.Distribution) []int {
	var dims []int
	named(name, func() { dims = slices.Clone(d.Mean().Shape().Dimensions) })
	return dims
}

// valueShape is the shape of an unknown's value: the plates' axes, further axes of the
// distribution, its event axes.
func (p *Trace) valueShape(s *site, d dist.Distribution, event int) []int {
	dims, plates := meanDims(s.name, d), p.shape()
	batch := dims[:len(dims)-event]
	fits := func() bool {
		if len(batch) > len(plates) {
			return slices.Equal(batch[:len(plates)], plates)
		}
		for i, n := range batch {
			if n != 1 && n != plates[len(plates)-len(batch)+i] {
				return false
			}
		}
		return true
	}
	if !fits() {
		fail(s.name, "got a distribution of shape %v in %s", dims, p.where())
	}
	if len(batch) > len(plates) {
		return dims
	}
	return slices.Concat(plates, dims[len(batch):])
}

// valueDims is a variable's shape in this run, where plates may be minibatches.
func (p *Trace) valueDims(s *site) []int {
	return slices.Concat(p.shape(), s.dims[s.plates:])
}

// fitObserved checks the shape of an observed value while exploring.
func (p *Trace) fitObserved(s *site, d dist.Distribution, value *g.Node) {
	if value == nil {
		fail(s.name, "observed value: got nil")
	}
	got, want := value.Shape().Dimensions, p.shape()
	event := dist.EventRank(d)
	s.dims = slices.Clone(got)
	if len(got) < len(want)+event || !slices.Equal(got[:len(want)], want) {
		fail(s.name, "observed value: got shape %v, want %v", got, shapeWanted(want, event, p))
	}
	dims := meanDims(s.name, d)
	batch := dims[:len(dims)-event]
	rest := got[:len(got)-event]
	ok := len(batch) <= len(rest) && slices.Equal(dims[len(batch):], got[len(rest):])
	for i, n := range batch {
		ok = ok && (n == 1 || n == rest[len(rest)-len(batch)+i])
	}
	if !ok {
		fail(s.name, "observed value: got shape %v for a distribution of shape %v", got, dims)
	}
}

// shapeWanted describes the axes that plates and events ask for.
func shapeWanted(plates []int, event int, p *Trace) string {
	switch {
	case len(plates) == 0:
		return fmt.Sprintf("%d axes or more", event)
	case event == 0:
		return fmt.Sprintf("%v in %s", plates, p.where())
	}
	return fmt.Sprintf("%v in %s and %d axes more", plates, p.where(), event)
}

// draw samples a variable from its distribution, in its shape.
func (p *Trace) draw(s *site, d dist.Distribution) *g.Node {
	dims, event := meanDims(s.name, d), dist.EventRank(d)
	want := p.valueDims(s)
	batch, outer := dims[:len(dims)-event], want[:len(want)-event]
	if len(batch) > len(outer) || !slices.Equal(batch, outer[len(outer)-len(batch):]) {
		fail(s.name, "draw: got a distribution of shape %v, want one that repeats to %v", dims, want)
	}
	var x *g.Node
	named(s.name, func() {
		x = d.Sample(p.r.s.In("draw"), s.name, size(outer)/size(batch))
	})
	return g.Reshape(x, want...)
}
