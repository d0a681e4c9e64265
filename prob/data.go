package prob

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
)

// Data returns an array of the data. Without dims it has the axes of the trace's plates where
// there are several, and is a vector otherwise. Inside a plate it belongs to the plate: it has
// the plate's axis and gives the rows of a minibatch; data for all are read outside.
func (p *Trace) Data(name string, dims ...int) *g.Node {
	v, ok := p.r.m.data[name]
	if !ok {
		panic(fmt.Errorf("prob: data %q: there are none of that name; there are %s", name, p.r.m.data.names()))
	}
	whole := p.sizes()
	if len(dims) == 0 {
		dims = []int{len(v)}
		if len(whole) > 1 && size(whole) == len(v) {
			dims = whole
		}
	}
	if size(dims) != len(v) {
		panic(fmt.Errorf("prob: data %q: got %d numbers, want %d for shape %v", name, len(v), size(dims), dims))
	}
	if len(dims) < len(whole) || !slices.Equal(dims[:len(whole)], whole) {
		panic(fmt.Errorf("prob: data %q: got shape %v, want %v first in %s", name, dims, whole, p.where()))
	}
	x := p.r.s.In("data").State(name, func(rng.Key, []int) []float64 { return v }, len(v))
	if len(dims) != 1 {
		x = g.Reshape(x, dims...)
	}
	return p.pick(x)
}

// sizes are the full sizes of the plates, the innermost first.
func (p *Trace) sizes() []int {
	dims := make([]int, 0, len(p.plates))
	for _, q := range slices.Backward(p.plates) {
		dims = append(dims, q.size)
	}
	return dims
}

// where names the plates.
func (p *Trace) where() string {
	names := make([]string, 0, len(p.plates))
	for _, q := range slices.Backward(p.plates) {
		names = append(names, fmt.Sprintf("plate %q of %d", q.name, q.size))
	}
	return strings.Join(names, " in ")
}

// names lists the data.
func (d Data) names() string {
	if len(d) == 0 {
		return "none at all"
	}
	return strings.Join(slices.Sorted(maps.Keys(d)), ", ")
}

// check refuses data that are no numbers.
func (d Data) check() error {
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if len(d[name]) == 0 {
			return fmt.Errorf("prob: data %q: got no numbers, want at least one", name)
		}
		for i, v := range d[name] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("prob: data %q: got %v at index %d, want a finite number", name, v, i)
			}
		}
	}
	return nil
}
