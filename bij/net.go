package bij

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Net describes the network by which elements of a vector decide how others move: dense layers
// with tanh between them, whose bounded values keep a flow finite for any input. The last layer
// starts at zero, so that a new flow is the identity.
type Net struct {
	// Hidden holds the widths of the hidden layers; nil is two of 32.
	Hidden []int
	// Context is a further input of the network, B×c for vectors M×B×n or B×n; nil is none. A
	// flow with a context is a conditional one.
	Context *g.Node
}

// widths returns the widths of the hidden layers.
func (c Net) widths() []int {
	if c.Hidden == nil {
		return []int{32, 32}
	}
	return c.Hidden
}

// perceptron is a network with its parameters.
type perceptron struct {
	weights, biases []*g.Node
}

// build makes the parameters of a network from in to out numbers in a scope. mask returns the
// mask of the weights of layer l, in×out; nil is none.
func (c Net) build(s *model.Scope, in, out int, mask func(l int) *g.Node) perceptron {
	var p perceptron
	sizes := append(append([]int{in}, c.widths()...), out)
	for l, n := range sizes[1:] {
		layer, init := s.In(fmt.Sprintf("layer%d", l)), model.FanIn(sizes[l])
		if l == len(sizes)-2 {
			init = model.Constant(0)
		}
		w := layer.Param("weight", init, sizes[l], n)
		if mask != nil {
			w = g.Mul(w, mask(l))
		}
		b := layer.Param("bias", init, n)
		if l == 0 && c.Context != nil {
			width := width("flow: context", c.Context)
			b = g.Add(right(c.Context, layer.Param("context", model.FanIn(width), width, n)), like(b, c.Context))
		}
		p.weights, p.biases = append(p.weights, w), append(p.biases, b)
	}
	return p
}

// apply returns the network's output, …×out for …×in.
func (p perceptron) apply(x *g.Node) *g.Node {
	for l, w := range p.weights {
		if l > 0 {
			x = g.Tanh(x)
		}
		x = right(x, w)
		x = g.Add(x, like(p.biases[l], x))
	}
	return x
}
