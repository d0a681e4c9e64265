package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// convCases are geometries with the shape of the input and the size of the output.
var convCases = []struct {
	conv nn.Conv2D
	in   [4]int // B, H, W, C
	out  [2]int // H', W'
}{
	{nn.Conv2D{Out: 2, Kernel: nn.Square(1)}, [4]int{2, 3, 2, 3}, [2]int{3, 2}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(3)}, [4]int{1, 5, 4, 2}, [2]int{3, 2}},
	{nn.Conv2D{Out: 3, Kernel: nn.Square(3), Padding: nn.Same()}, [4]int{2, 4, 5, 2}, [2]int{4, 5}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: nn.Pad(1)}, [4]int{2, 6, 8, 2}, [2]int{3, 4}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: nn.Pad(1)}, [4]int{1, 7, 5, 2}, [2]int{3, 2}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(2), Stride: nn.Square(3)}, [4]int{2, 7, 6, 1}, [2]int{2, 2}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(3), Stride: nn.Square(3), Padding: nn.Same()}, [4]int{1, 7, 8, 2}, [2]int{3, 3}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(2), Padding: nn.Same()}, [4]int{1, 4, 3, 2}, [2]int{4, 3}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(3), Dilation: nn.Square(2), Padding: nn.Pad(2)}, [4]int{1, 5, 6, 2}, [2]int{5, 6}},
	{nn.Conv2D{Out: 2, Kernel: [2]int{2, 3}, Dilation: [2]int{3, 1}, Stride: [2]int{1, 2}}, [4]int{2, 6, 7, 1}, [2]int{3, 3}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(3), Dilation: nn.Square(2), Stride: nn.Square(2), Padding: nn.Pad(1)}, [4]int{1, 8, 7, 2}, [2]int{3, 3}},
	{nn.Conv2D{Out: 4, Kernel: nn.Square(3), Groups: 2, Padding: nn.Pad(1)}, [4]int{2, 4, 3, 4}, [2]int{4, 3}},
	{nn.Conv2D{Out: 6, Kernel: nn.Square(2), Groups: 3, Stride: nn.Square(2)}, [4]int{2, 5, 4, 3}, [2]int{2, 2}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(2), Groups: 2, Dilation: nn.Square(2), NoBias: true}, [4]int{3, 4, 5, 4}, [2]int{2, 3}},
	{nn.Conv2D{Out: 1, Kernel: nn.Square(3), Padding: nn.PadSides([2]int{0, 3}, [2]int{4, 1})}, [4]int{1, 3, 2, 2}, [2]int{4, 5}},
	{nn.Conv2D{Out: 2, Kernel: nn.Square(1), Stride: nn.Square(2), Padding: nn.Pad(2)}, [4]int{1, 3, 4, 1}, [2]int{4, 4}},
}

// name prints a case for the log.
func name(conv any, in [4]int) string { return fmt.Sprintf("%+v of %v", conv, in) }

// slide is the definition of Conv2D in loops, with p zeros before each axis.
func slide(c nn.Conv2D, p [2]int, x []float64, in [4]int, w, b []float64, out [2]int) []float64 {
	one := func(v [2]int) [2]int { return [2]int{max(1, v[0]), max(1, v[1])} }
	s, d, groups := one(c.Stride), one(c.Dilation), max(1, c.Groups)
	cg, og := in[3]/groups, c.Out/groups
	y := make([]float64, in[0]*out[0]*out[1]*c.Out)
	for at := range y {
		o, j, i, n := at%c.Out, at/c.Out%out[1], at/c.Out/out[1]%out[0], at/c.Out/out[1]/out[0]
		if b != nil {
			y[at] = b[o]
		}
		for k := range c.Kernel[0] {
			for l := range c.Kernel[1] {
				h, v := i*s[0]+k*d[0]-p[0], j*s[1]+l*d[1]-p[1]
				if h < 0 || h >= in[1] || v < 0 || v >= in[2] {
					continue
				}
				for ch := range cg {
					y[at] += x[((n*in[1]+h)*in[2]+v)*in[3]+o/og*cg+ch] * w[((k*c.Kernel[1]+l)*cg+ch)*c.Out+o]
				}
			}
		}
	}
	return y
}

// before returns the zeros before each axis that the padding of a case stands for, by hand.
func before(i int) [2]int {
	return map[int][2]int{2: {1, 1}, 3: {1, 1}, 4: {1, 1}, 6: {1, 0}, 8: {2, 2}, 10: {1, 1}, 11: {1, 1}, 14: {0, 4}, 15: {2, 2}}[i]
}

func TestConvolutionsAreTheirDefinition(t *testing.T) {
	for i, c := range convCases {
		x, y, shape, p := apply(t, c.conv.Apply, c.in[:]...)
		shaped(t, name(c.conv, c.in), shape, c.in[0], c.out[0], c.out[1], c.conv.Out)
		want := slide(c.conv, before(i), x, c.in, p["weight"], p["bias"], c.out)
		closeAll(t, name(c.conv, c.in), y, want, 1e-13)
		if (p["bias"] == nil) != c.conv.NoBias {
			t.Errorf("%s: got bias %v", name(c.conv, c.in), p["bias"])
		}
	}
}

func TestGradientsOfConvolutions(t *testing.T) {
	for _, c := range convCases {
		t.Run(name(c.conv, c.in), func(t *testing.T) { gradient(t, c.conv.Apply, c.in[:]...) })
	}
}

// TestSizesOfConvolutions holds a third of 1,944 geometries to PyTorch's formula
// ⌊(H + 2P − D(K−1) − 1)/S⌋ + 1.
func TestSizesOfConvolutions(t *testing.T) {
	order := rng.New(3).Perm(6 * 3 * 3 * 3 * 12)
	tried := 0
	for _, r := range order[:648] {
		k, s, d, p, h := r%6+1, r/6%3+1, r/18%3+1, r/54%3, r/162+1
		want := h + 2*p - d*(k-1) - 1
		if want < 0 {
			continue
		}
		tried++
		conv := nn.Conv2D{Out: 1, Kernel: nn.Square(k), Stride: nn.Square(s), Dilation: nn.Square(d), Padding: nn.Pad(p)}
		_, _, shape, _ := apply(t, conv.Apply, 1, h, h, 1)
		shaped(t, fmt.Sprintf("%+v of %d", conv, h), shape, 1, want/s+1, want/s+1, 1)
	}
	if tried < 400 {
		t.Errorf("got %d geometries, want most of 648", tried)
	}
}

// TestSameKeepsTheSizeOverTheStride: ⌈H/S⌉ for every kernel, stride and size.
func TestSameKeepsTheSizeOverTheStride(t *testing.T) {
	for k := 1; k <= 4; k++ {
		for s := 1; s <= 3; s++ {
			for h := 1; h <= 7; h += 2 {
				conv := nn.Conv2D{Out: 1, Kernel: nn.Square(k), Stride: nn.Square(s), Padding: nn.Same()}
				_, _, shape, _ := apply(t, conv.Apply, 1, h, h+1, 1)
				shaped(t, fmt.Sprintf("%+v of %d", conv, h), shape, 1, (h+s-1)/s, (h+s)/s, 1)
			}
		}
	}
}

func TestConvolutionsStartAsPyTorchHasThem(t *testing.T) {
	conv := nn.Conv2D{Out: 16, Kernel: nn.Square(3), Groups: 2}
	_, _, _, p := apply(t, conv.Apply, 1, 3, 3, 8)
	within(t, "weight", p["weight"], 1/math.Sqrt(9*4))
	within(t, "bias", p["bias"], 1/math.Sqrt(9*4))
	if len(p["weight"]) != 9*4*16 {
		t.Errorf("weight: got %d values, want %d", len(p["weight"]), 9*4*16)
	}
}

func TestWrongConvolutionsAreErrors(t *testing.T) {
	refused(t, nn.Conv2D{Out: 2, Kernel: nn.Square(3)}.Apply, "want images B×H×W×C", 2, 3)
	refused(t, nn.Conv2D{Out: 2}.Apply, "size: got 0, want at least 1", 1, 3, 3, 1)
	refused(t, nn.Conv2D{Out: 2, Kernel: nn.Square(1), Stride: nn.Square(-1)}.Apply, "got -1", 1, 3, 3, 1)
	refused(t, nn.Conv2D{Out: 3, Kernel: nn.Square(1), Groups: 2}.Apply, "multiples of 2 groups", 1, 3, 3, 2)
	refused(t, nn.Conv2D{Out: 3, Kernel: nn.Square(4)}.Apply, "larger than", 1, 3, 3, 2)
}

// TestSecondDerivativesOfConvolutions: ∇ₓ of ½‖∇ₓ L‖² needs the gradient of the gradient.
func TestSecondDerivativesOfConvolutions(t *testing.T) {
	for _, c := range convCases {
		if c.conv.Groups > 1 {
			continue
		}
		p := tk.Params(t, dtypes.Float64)
		tk.GradientWithin(t, 1e-6, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
			x := s.Param("x", model.Gaussian(1), c.in[:]...)
			inner := g.ReduceAllSum(g.Tanh(c.conv.Apply(s, x)))
			return []*g.Node{g.ReduceAllSum(g.Square(g.Gradient(inner, x)[0]))}
		})
	}
}
