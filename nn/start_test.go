package nn_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// kin is a stack of equal layers with what one makes of the second moment m of its inputs at the start.
type kin struct {
	name    string
	layer   func(s *model.Scope, x *g.Node) *g.Node
	side    int // of the images
	out     int // side after the stack
	taps    int // inputs that an output in the interior sees
	fan     int // 1/√fan bounds weights and biases
	deepest int // layers
}

// moment is the expectation over weights and biases of the second moment of outputs,
//
//	E y² = (taps·m + 1)/(3·fan),
//
// of which a rectifier keeps half, for y and −y are equally likely.
func (k kin) moment(m float64) float64 { return (float64(k.taps)*m + 1) / (3 * float64(k.fan)) }

// TestSecondMomentsOfDeepStacksAtTheStart are those of PyTorch's usual start: a convolution sees all the
// inputs that its bound counts, whatever the stride. The bound of a transposed one counts K²·Out, of which
// an output sees K²/S² of each of the C channels: with stride 2 and equal channels stacks shrink four times
// as fast, and that of many channels to one grows.
//
// Tolerance: the 32 channels of a layer share their inputs, so that its moment spreads by about √(2/32) of
// itself, and that of four layers by .5, as a logarithm. Borders see fewer inputs and are cut off.
func TestSecondMomentsOfDeepStacksAtTheStart(t *testing.T) {
	const c = 32
	conv := func(out, k, stride int) layer {
		return nn.Conv2D{Out: out, Kernel: nn.Square(k), Stride: nn.Square(stride), Padding: nn.Pad(1)}.Apply
	}
	spread := func(out, k, stride int) layer {
		return nn.ConvTranspose2D{Out: out, Kernel: nn.Square(k), Stride: nn.Square(stride), Padding: both(1)}.Apply
	}
	for _, k := range []kin{
		{"convolution, stride 1", conv(c, 3, 1), 16, 16, 9 * c, 9 * c, 4},
		{"convolution, stride 2", conv(c, 4, 2), 64, 8, 16 * c, 16 * c, 3},
		{"transposed, stride 1", spread(c, 3, 1), 16, 16, 9 * c, 9 * c, 4},
		{"transposed, stride 2", spread(c, 4, 2), 8, 64, 4 * c, 16 * c, 3},
		{"transposed to one channel", spread(1, 4, 2), 8, 16, 4 * c, 16, 1},
	} {
		_, y, shape, _ := apply(t, k.stack, 8, k.side, k.side, c)
		shaped(t, k.name, shape, 8, k.out, k.out, shape[3])
		want := 1.
		for i := range k.deepest {
			if want = k.moment(want); i < k.deepest-1 {
				want /= 2
			}
		}
		got := interior(y, shape)
		t.Logf("%s: second moment after %d layers %.3g, expected %.3g", k.name, k.deepest, got, want)
		if math.Abs(math.Log(got/want)) > .5 {
			t.Errorf("%s: second moment: got %g, want %g within a factor of √e", k.name, got, want)
		}
	}
}

// stack is the layers with rectifiers between.
func (k kin) stack(s *model.Scope, x *g.Node) *g.Node {
	for i := range k.deepest {
		if x = k.layer(s.In(fmt.Sprint("layer", i)), x); i < k.deepest-1 {
			x = nn.ReLU(x)
		}
	}
	return x
}

// interior is the mean square of images B×H×W×C without a quarter of the sides at each border.
func interior(y []float64, shape []int) float64 {
	sum, n := 0., 0
	for at, v := range y {
		i, j := at/shape[3]/shape[2]%shape[1], at/shape[3]%shape[2]
		if min(i, j) >= shape[1]/4 && max(i, j) < shape[1]-shape[1]/4 {
			sum += v * v
			n++
		}
	}
	return sum / float64(n)
}
