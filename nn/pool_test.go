package nn_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

func average(n int) layer {
	return func(_ *model.Scope, x *g.Node) *g.Node { return nn.AveragePool(x, n) }
}

func largest(window, stride int) layer {
	return func(_ *model.Scope, x *g.Node) *g.Node { return nn.MaxPool(x, window, stride) }
}

func upsample(rows, columns int) layer {
	return func(s *model.Scope, x *g.Node) *g.Node { return nn.Upsample(s, x, rows, columns) }
}

// windows reduces windows of k×k pixels at stride s in loops.
func windows(x []float64, in [4]int, k, s int, start float64, reduce func(a, b float64) float64) []float64 {
	rows, columns, c := (in[1]-k)/s+1, (in[2]-k)/s+1, in[3]
	y := make([]float64, in[0]*rows*columns*c)
	for at := range y {
		ch, j, i, n := at%c, at/c%columns, at/c/columns%rows, at/c/columns/rows
		y[at] = start
		for a := range k {
			for b := range k {
				y[at] = reduce(y[at], x[((n*in[1]+i*s+a)*in[2]+j*s+b)*c+ch])
			}
		}
	}
	return y
}

func TestAveragePoolTakesMeansOfTiles(t *testing.T) {
	for n := 1; n <= 3; n++ {
		in := [4]int{2, 5, 4, 3}
		x, y, shape, _ := apply(t, average(n), in[:]...)
		shaped(t, fmt.Sprint("window ", n), shape, 2, 5/n, 4/n, 3)
		want := windows(x, in, n, n, 0, func(a, b float64) float64 { return a + b/float64(n*n) })
		closeAll(t, fmt.Sprint("window ", n), y, want, 1e-14)
	}
}

func TestMaxPoolTakesTheLargest(t *testing.T) {
	for k := 1; k <= 4; k++ {
		for s := 1; s <= 3; s++ {
			in := [4]int{2, 6, 5, 2}
			what := fmt.Sprintf("window %d, stride %d", k, s)
			x, y, shape, _ := apply(t, largest(k, s), in[:]...)
			shaped(t, what, shape, 2, (6-k)/s+1, (5-k)/s+1, 2)
			closeAll(t, what, y, windows(x, in, k, s, math.Inf(-1), math.Max), 0)
		}
	}
}

// TestGradientsOfPools: overlapping windows add their gradients; pixels beyond the last
// window have none.
func TestGradientsOfPools(t *testing.T) {
	for n := 1; n <= 3; n++ {
		gradient(t, average(n), 2, 5, 4, 2)
	}
	for _, c := range [][2]int{{2, 2}, {3, 2}, {3, 1}, {2, 3}} {
		gradient(t, largest(c[0], c[1]), 2, 6, 5, 2)
	}
}

func TestSamplingHalvesAndDoubles(t *testing.T) {
	for _, d := range [][2]int{{4, 6}, {5, 4}, {7, 3}, {1, 2}} {
		_, _, shape, p := apply(t, nn.Downsample, 1, d[0], d[1], 2)
		shaped(t, "Downsample", shape, 1, (d[0]+1)/2, (d[1]+1)/2, 2)
		within(t, "weight", p["weight"], 1/math.Sqrt(18))
		_, _, shape, _ = apply(t, upsample(d[0], d[1]), shape...)
		shaped(t, "Upsample", shape, 1, d[0], d[1], 2)
		gradient(t, nn.Downsample, 1, d[0], d[1], 2)
		gradient(t, upsample(d[0], d[1]), 1, (d[0]+1)/2, (d[1]+1)/2, 2)
	}
}

// TestUpsampleRepeatsBeforeItSmoothes compares with the convolution of repeated pixels.
func TestUpsampleRepeatsBeforeItSmoothes(t *testing.T) {
	x, y, _, p := apply(t, upsample(4, 5), 1, 2, 3, 2)
	repeated := make([]float64, 4*5*2)
	for i := range repeated {
		repeated[i] = x[(i/10/2*3+i/2%5/2)*2+i%2]
	}
	conv := nn.Conv2D{Out: 2, Kernel: nn.Square(3)}
	want := slide(conv, [2]int{1, 1}, repeated, [4]int{1, 4, 5, 2}, p["weight"], p["bias"], [2]int{4, 5})
	closeAll(t, "Upsample", y, want, 1e-13)
}

func TestWrongPoolsAreErrors(t *testing.T) {
	refused(t, average(0), "window: got 0", 1, 3, 3, 1)
	refused(t, average(4), "window: got 4, want 1 to the size of images 5×3", 1, 5, 3, 1)
	refused(t, largest(0, 1), "size: got 0", 1, 3, 3, 1)
	refused(t, largest(1, 0), "size: got 0", 1, 3, 3, 1)
	refused(t, largest(1, 1), "want images", 3, 3)
	refused(t, upsample(5, 4), "size: got 5×4, want one that halves to 2×2", 1, 2, 2, 1)
}
