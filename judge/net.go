package judge

import (
	"fmt"

	"github.com/gomlx/compute"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// What a judge sees and tells apart.
const (
	Side    = 28          // rows and columns of an image
	Dim     = Side * Side // values of an image
	Classes = 10          // C
	Width   = 64          // features before the logits
)

// weights are the arrays of the net in the order of a file: two 4×4 convolutions of stride 2, to
// 14×14×16 and 7×7×32, and two dense layers, each with a bias and all but the last with a rectifier.
var weights = []struct {
	name string
	dims []int
	fan  int // inputs of a unit
}{
	{"conv0/weight", []int{4, 4, 1, 16}, 16}, {"conv0/bias", []int{16}, 16},
	{"conv1/weight", []int{4, 4, 16, 32}, 256}, {"conv1/bias", []int{32}, 256},
	{"dense/weight", []int{7 * 7 * 32, Width}, 7 * 7 * 32}, {"dense/bias", []int{Width}, 7 * 7 * 32},
	{"out/weight", []int{Width, Classes}, Width}, {"out/bias", []int{Classes}, Width},
}

// weightCount is the number of weights of all arrays.
func weightCount() (n int) {
	for _, w := range weights {
		n += sizeOf(w.dims)
	}
	return n
}

// sizeOf is the number of values of an array.
func sizeOf(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// looks are the layers of the net for images x, B×784: the feature maps B×14×14×16 and B×7×7×32, the
// features B×64 and the logits B×10. The i-th array of weights is array(i).
func looks(array func(i int) *g.Node, x *g.Node) []*g.Node {
	if x.Rank() != 2 || x.Shape().Dim(1) != Dim {
		panic(fmt.Errorf("judge: images: got shape %v, want B×%d", x.Shape().Dimensions, Dim))
	}
	first := nn.ReLU(halved(g.Reshape(x, -1, Side, Side, 1), array(0), array(1)))
	second := nn.ReLU(halved(first, array(2), array(3)))
	features := nn.ReLU(dense(g.Reshape(second, x.Shape().Dim(0), -1), array(4), array(5)))
	return []*g.Node{first, second, features, dense(features, array(6), array(7))}
}

// halved is the convolution of stride 2 of images B×H×W×C.
func halved(x, kernel, bias *g.Node) *g.Node {
	axes := compute.ConvolveAxesConfig{
		InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3,
		KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
		OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
	}
	y := g.ConvGeneral(x, kernel, axes, []int{2, 2}, [][2]int{{1, 1}, {1, 1}}, nil, nil, 1, 1)
	return g.Add(y, g.ExpandLeftToRank(bias, 4))
}

// dense is x·W + b.
func dense(x, w, b *g.Node) *g.Node {
	return g.Add(g.Dot(x, w).Product(), g.ExpandAxes(b, 0))
}

// trainable are the arrays as parameters of a scope.
func trainable(s *model.Scope) func(i int) *g.Node {
	return func(i int) *g.Node { return s.Param(weights[i].name, model.FanIn(weights[i].fan), weights[i].dims...) }
}
