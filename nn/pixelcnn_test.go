package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// pixels evaluates a PixelCNN on an image of one channel with values x, conditioned on c.
func pixels(t *testing.T, net nn.PixelCNN, h, w int) func(x []float64, c float64) []float64 {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "pixels", func(s *model.Scope, in []*g.Node) []*g.Node {
		x := g.Reshape(in[0], 1, h, w, 1)
		whole := g.Reshape(in[1], 1, 1)
		local := g.BroadcastToDims(g.Reshape(in[1], 1, 1, 1, 1), 1, h, w, 1)
		return []*g.Node{net.Apply(s, x, whole, local)}
	})
	return func(x []float64, c float64) []float64 {
		return tk.Values(t, prog, rng.New(1), tk.Vector(x...), tk.Vector(c))[0]
	}
}

// TestPixelsDependOnThoseBeforeAlone changes every position of an image in turn: the features at it
// and before it keep every bit, and the one that follows it in its row, or below it, changes.
func TestPixelsDependOnThoseBeforeAlone(t *testing.T) {
	for _, c := range []struct{ h, w, layers, kernel int }{{4, 5, 3, 3}, {5, 4, 2, 5}, {1, 6, 2, 3}, {6, 1, 2, 3}, {1, 1, 1, 3}, {3, 3, 1, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			const channels = 4
			run := pixels(t, nn.PixelCNN{Layers: c.layers, Channels: channels, Kernel: c.kernel}, c.h, c.w)
			x := make([]float64, c.h*c.w)
			for i := range x {
				x[i] = math.Sin(float64(i + 1))
			}
			want := run(x, .5)
			for i := range x {
				y := slices.Clone(x)
				y[i]++
				got := run(y, .5)
				if !slices.Equal(got[:(i+1)*channels], want[:(i+1)*channels]) {
					t.Fatalf("position %d changed features at or before it", i)
				}
				if i+1 < len(x) && (i+1)%c.w != 0 && slices.Equal(got[(i+1)*channels:(i+2)*channels], want[(i+1)*channels:(i+2)*channels]) {
					t.Errorf("position %d: want it to change the one to its right", i)
				}
				if below := i + c.w; below < len(x) && c.kernel > 1 && slices.Equal(got[below*channels:(below+1)*channels], want[below*channels:(below+1)*channels]) {
					t.Errorf("position %d: want it to change the one below", i)
				}
			}
			if slices.Equal(run(x, .75), want) {
				t.Error("want the features to depend on the condition")
			}
		})
	}
}

// TestPixelsSeeTheirWholePast: with enough layers nothing before a position is out of its sight, which
// the masked convolutions of the first PixelCNN do not reach.
func TestPixelsSeeTheirWholePast(t *testing.T) {
	const h, w, channels = 5, 5, 4
	run := pixels(t, nn.PixelCNN{Layers: 5, Channels: channels, Kernel: 3}, h, w)
	x := make([]float64, h*w)
	want := run(x, 1)
	last := (h*w - 1 - w/2) * channels // the middle of the last row
	for i := range h*w - 1 - w/2 {
		y := slices.Clone(x)
		y[i] = 3
		if got := run(y, 1); slices.Equal(got[last:last+channels], want[last:last+channels]) {
			t.Errorf("position %d, row %d: want it to reach the middle of the last row", i, i/w)
		}
	}
}

func TestGradientOfPixelCNN(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	net := nn.PixelCNN{Layers: 2, Channels: 2, Kernel: 3}
	loss := func(s *model.Scope, in []*g.Node) []*g.Node {
		x := g.Reshape(in[0], 2, 2, 3, 1)
		return []*g.Node{g.ReduceAllSum(g.Square(net.Apply(s, x, g.Slice(g.Reshape(in[0], 2, 6), g.AxisRange(), g.AxisRange(0, 2)), x)))}
	}
	x := tk.Vector(.3, -.2, .9, 1.2, -.7, .4, .1, .8, -.5, .6, -1, .2)
	tk.GradientWithin(t, 1e-7, p, loss, x)
}

func TestWrongPixelCNNsAreErrors(t *testing.T) {
	for want, net := range map[string]nn.PixelCNN{"got 2, want an odd width": {Layers: 1, Channels: 1, Kernel: 2}, "size": {Channels: 1, Kernel: 3}} {
		prog := model.NewProgram(tk.Params(t, dtypes.Float64), "wrong", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{net.Apply(s, g.Reshape(in[0], 1, 2, 2, 1), nil, nil)}
		})
		if _, err := prog.Values(rng.New(1), tk.Vector(1, 2, 3, 4)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
