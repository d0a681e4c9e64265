package bnn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// shape holds the widths of a network: its inputs, its hidden layers, its outputs.
type shape []int

// layers is the number of layers with weights.
func (s shape) layers() int { return len(s) - 1 }

// scale is 1/√inputs of a layer: a weight's prior standard deviation is that of the
// configuration times it, so that the spread of the outputs does not grow with the widths
// (Neal 1996, ch. 2). A bias has scale 1.
func (s shape) scale(l int) float64 { return 1 / math.Sqrt(float64(s[l])) }

// layer holds the weights W, in×out, and biases B, out, of one layer.
type layer struct{ W, B []float64 }

// weights are those of a network.
type weights []layer

// sampler gives the i-th draw of the weights.
type sampler func(key rng.Key, i int) weights

// layersOf returns the outputs f of a network with max(·, 0) after each hidden layer, and the
// outputs z and inputs a of its layers; pairs holds weights and biases in turn.
func layersOf(x *g.Node, pairs []*g.Node) (f *g.Node, z, a []*g.Node) {
	for l := 0; l < len(pairs); l += 2 {
		if l > 0 {
			x = nn.ReLU(x)
		}
		a = append(a, x)
		x = affine(x, pairs[l], pairs[l+1])
		z = append(z, x)
	}
	return x, z, a
}

// affine returns x·W + b.
func affine(x, w, b *g.Node) *g.Node { return g.Add(g.Dot(x, w).Product(), g.ExpandAxes(b, 0)) }

// pointWeights returns the parameters of a network with one value a weight, in the order of mlp.
func (s shape) pointWeights(scope *model.Scope) (pairs []*g.Node) {
	for l := range s.layers() {
		at := scope.In(layerName(l))
		pairs = append(pairs,
			at.Param("weight", model.Gaussian(math.Sqrt2*s.scale(l)), s[l], s[l+1]), // He et al. 2015
			at.Param("bias", model.Constant(0), s[l+1]))
	}
	return pairs
}

// point reads the weights of a network with one value a weight.
func (s shape) point(arrays map[string]model.Array) (w weights) {
	for l := range s.layers() {
		w = append(w, layer{arrays[layerName(l)+"/weight"].Data, arrays[layerName(l)+"/bias"].Data})
	}
	return w
}
