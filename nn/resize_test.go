package nn_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// nearest and bilinear are the layers of fixed sizes.
func nearest(factor int) layer {
	return func(_ *model.Scope, x *g.Node) *g.Node { return nn.Nearest(x, factor) }
}

func bilinear(rows, columns int) layer {
	return func(_ *model.Scope, x *g.Node) *g.Node { return nn.Bilinear(x, rows, columns) }
}

func TestNearestRepeatsPixels(t *testing.T) {
	const h, w, c = 2, 3, 2
	for _, f := range []int{1, 2, 3} {
		x, y, shape, _ := apply(t, nearest(f), 2, h, w, c)
		shaped(t, "Nearest", shape, 2, h*f, w*f, c)
		for i, v := range y {
			ch, col, row, n := i%c, i/c%(w*f), i/c/(w*f)%(h*f), i/(c*w*f*h*f)
			if want := x[((n*h+row/f)*w+col/f)*c+ch]; v != want {
				t.Fatalf("factor %d, value %d: got %v, want %v", f, i, v, want)
			}
		}
	}
}

// blend is bilinear interpolation at one point, in loops.
func blend(x []float64, h, w int, row, col float64) float64 {
	row, col = math.Min(math.Max(row, 0), float64(h-1)), math.Min(math.Max(col, 0), float64(w-1))
	sum := 0.
	for i := range h {
		for j := range w {
			sum += x[i*w+j] * math.Max(0, 1-math.Abs(row-float64(i))) * math.Max(0, 1-math.Abs(col-float64(j)))
		}
	}
	return sum
}

func TestBilinearInterpolates(t *testing.T) {
	for _, c := range [][4]int{{2, 3, 4, 6}, {3, 2, 7, 5}, {4, 4, 4, 4}, {1, 1, 3, 2}, {6, 5, 3, 2}, {5, 4, 1, 9}} {
		h, w, rows, columns := c[0], c[1], c[2], c[3]
		x, y, shape, _ := apply(t, bilinear(rows, columns), 1, h, w, 1)
		shaped(t, "Bilinear", shape, 1, rows, columns, 1)
		for i, v := range y {
			row := (float64(i/columns)+.5)*float64(h)/float64(rows) - .5
			col := (float64(i%columns)+.5)*float64(w)/float64(columns) - .5
			tk.Close(t, fmt.Sprintf("%v at %d", c, i), v, blend(x, h, w, row, col), 1e-13)
		}
	}
}

// TestBilinearDoublesAsPyTorchDoes: torch.nn.functional.interpolate of [[1, 2], [3, 5]] to 4×4
// with mode bilinear and align_corners False; by hand the weights are 1, ¾, ¼, 0.
func TestBilinearDoublesAsPyTorchDoes(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{nn.Bilinear(in[0], 4, 4)} },
		tk.Matrix([]float64{1, 2, 3, 5}, 1, 2, 2, 1))[0]
	want := []float64{1, 1.25, 1.75, 2, 1.5, 1.8125, 2.4375, 2.75, 2.5, 2.9375, 3.8125, 4.25, 3, 3.5, 4.5, 5}
	closeAll(t, "interpolated", out, want, 1e-15)
}

func TestGradientsOfResizing(t *testing.T) {
	gradient(t, nearest(3), 2, 2, 1, 2)
	for _, c := range [][2]int{{5, 6}, {2, 2}, {3, 4}, {1, 7}} {
		gradient(t, bilinear(c[0], c[1]), 1, 3, 4, 2)
	}
}

func TestWrongSizesAreErrors(t *testing.T) {
	refused(t, nearest(0), "factor: got 0", 1, 2, 2, 1)
	refused(t, bilinear(0, 2), "size: got 0", 1, 2, 2, 1)
	refused(t, nearest(2), "want images", 2, 2)
	refused(t, bilinear(2, 2), "want images", 2, 2)
}
