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

// both is the same padding before and after rows and columns.
func both(p int) [2][2]int { return [2][2]int{{p, p}, {p, p}} }

// transposeCases are geometries with the shape of the input and the size of the output.
var transposeCases = []struct {
	conv nn.ConvTranspose2D
	in   [4]int
	out  [2]int
}{
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(1)}, [4]int{1, 2, 3, 3}, [2]int{2, 3}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3)}, [4]int{2, 2, 3, 2}, [2]int{4, 5}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: both(1)}, [4]int{2, 2, 3, 3}, [2]int{4, 6}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: both(1), Extra: [2]int{1, 0}}, [4]int{1, 3, 2, 2}, [2]int{7, 4}},
	{nn.ConvTranspose2D{Out: 1, Kernel: nn.Square(2), Stride: nn.Square(3), Extra: [2]int{2, 1}}, [4]int{2, 2, 2, 2}, [2]int{7, 6}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3), Stride: nn.Square(2), Padding: both(2)}, [4]int{1, 4, 3, 1}, [2]int{5, 3}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3), Dilation: nn.Square(2), Padding: both(1)}, [4]int{1, 3, 2, 2}, [2]int{5, 4}},
	{nn.ConvTranspose2D{Out: 2, Kernel: [2]int{2, 3}, Stride: [2]int{2, 3}, Dilation: [2]int{3, 1}, NoBias: true}, [4]int{2, 2, 3, 1}, [2]int{6, 9}},
	{nn.ConvTranspose2D{Out: 1, Kernel: nn.Square(2), Padding: both(1)}, [4]int{1, 3, 3, 2}, [2]int{2, 2}},
	{nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3), Stride: nn.Square(2), Padding: [2][2]int{{1, 0}, {0, 2}}}, [4]int{1, 2, 3, 2}, [2]int{4, 5}},
}

// spread is the definition of ConvTranspose2D in loops.
func spread(c nn.ConvTranspose2D, x []float64, in [4]int, w, b []float64, out [2]int) []float64 {
	one := func(v [2]int) [2]int { return [2]int{max(1, v[0]), max(1, v[1])} }
	s, d := one(c.Stride), one(c.Dilation)
	y := make([]float64, in[0]*out[0]*out[1]*c.Out)
	for at := range y {
		if b != nil {
			y[at] = b[at%c.Out]
		}
	}
	for at, v := range x {
		ch, j, i, n := at%in[3], at/in[3]%in[2], at/in[3]/in[2]%in[1], at/in[3]/in[2]/in[1]
		for k := range c.Kernel[0] {
			for l := range c.Kernel[1] {
				h, u := i*s[0]+k*d[0]-c.Padding[0][0], j*s[1]+l*d[1]-c.Padding[1][0]
				if h < 0 || h >= out[0] || u < 0 || u >= out[1] {
					continue
				}
				for o := range c.Out {
					y[((n*out[0]+h)*out[1]+u)*c.Out+o] += v * w[((k*c.Kernel[1]+l)*in[3]+ch)*c.Out+o]
				}
			}
		}
	}
	return y
}

func TestTransposedConvolutionsAreTheirDefinition(t *testing.T) {
	for _, c := range transposeCases {
		x, y, shape, p := apply(t, c.conv.Apply, c.in[:]...)
		shaped(t, name(c.conv, c.in), shape, c.in[0], c.out[0], c.out[1], c.conv.Out)
		closeAll(t, name(c.conv, c.in), y, spread(c.conv, x, c.in, p["weight"], p["bias"], c.out), 1e-13)
		if (p["bias"] == nil) != c.conv.NoBias {
			t.Errorf("%s: got bias %v", name(c.conv, c.in), p["bias"])
		}
	}
}

func TestGradientsOfTransposedConvolutions(t *testing.T) {
	for _, c := range transposeCases {
		t.Run(name(c.conv, c.in), func(t *testing.T) { gradient(t, c.conv.Apply, c.in[:]...) })
	}
}

// TestTransposedConvolutionIsTheAdjoint: ⟨conv(x), v⟩ = ⟨x, convᵀ(v)⟩ for one kernel, whose
// channel axes change places; the extra size is the remainder of the division by the stride.
func TestTransposedConvolutionIsTheAdjoint(t *testing.T) {
	for _, h := range []int{6, 7, 8, 9} {
		conv := nn.Conv2D{Out: 3, Kernel: nn.Square(4), Stride: nn.Square(3), Padding: nn.Pad(1), NoBias: true}
		rest := (h + 2 - 4) % 3
		back := nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(4), Stride: nn.Square(3), Padding: both(1), Extra: nn.Square(rest), NoBias: true}
		p := tk.Params(t, dtypes.Float64)
		out := tk.Values(t, model.NewProgram(p, "adjoint", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := conv.Apply(s.In("forward"), in[0])
			v := g.Sin(g.AddScalar(y, 2))
			return []*g.Node{g.ReduceAllSum(g.Mul(y, v)), v, s.In("forward").Param("weight", nil, 4, 4, 2, 3)}
		}), rng.Key{}, tk.Matrix(gaussian(1, h*h*2), 1, h, h, 2))
		w := make([]float64, 16*6)
		for i, v := range out[2] {
			w[i/6*6+i%3*2+i%6/3] = v
		}
		tk.Import(t, p, model.Array{Name: "weight", Trainable: true, Dims: []int{4, 4, 3, 2}, Data: w})
		side := (h+2-4)/3 + 1
		x := tk.Values(t, model.NewProgram(p, "back", func(s *model.Scope, in []*g.Node) []*g.Node {
			y := back.Apply(s, in[0])
			y.AssertDims(1, h, h, 2)
			return []*g.Node{y}
		}), rng.Key{}, tk.Matrix(out[1], 1, side, side, 3))[0]
		inner := 0.
		for i, v := range gaussian(1, h*h*2) {
			inner += v * x[i]
		}
		tk.Close(t, fmt.Sprintf("inner product at size %d", h), inner, out[0][0], 1e-13)
	}
}

// TestSizesOfTransposedConvolutions holds sizes to PyTorch's formula
// (H−1)S − 2P + D(K−1) + E + 1.
func TestSizesOfTransposedConvolutions(t *testing.T) {
	for _, r := range rng.New(4).Perm(5 * 3 * 2 * 3 * 4)[:120] {
		k, s, d, p, h := r%5+1, r/5%3+1, r/15%2+1, r/30%3, r/90+1
		for e := range max(s, d) {
			want := (h-1)*s - 2*p + d*(k-1) + e + 1
			if want < 1 {
				continue
			}
			conv := nn.ConvTranspose2D{Out: 1, Kernel: nn.Square(k), Stride: nn.Square(s), Dilation: nn.Square(d), Padding: both(p), Extra: nn.Square(e)}
			_, _, shape, _ := apply(t, conv.Apply, 1, h, h, 1)
			shaped(t, fmt.Sprintf("%+v of %d", conv, h), shape, 1, want, want, 1)
		}
	}
}

func TestTransposedConvolutionsStartAsPyTorchHasThem(t *testing.T) {
	_, _, _, p := apply(t, nn.ConvTranspose2D{Out: 4, Kernel: nn.Square(3)}.Apply, 1, 3, 3, 8)
	within(t, "weight", p["weight"], 1/math.Sqrt(9*4))
	within(t, "bias", p["bias"], 1/math.Sqrt(9*4))
}

func TestWrongTransposedConvolutionsAreErrors(t *testing.T) {
	refused(t, nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3)}.Apply, "want images B×H×W×C", 2, 3)
	refused(t, nn.ConvTranspose2D{Kernel: nn.Square(3)}.Apply, "size: got 0", 1, 3, 3, 1)
	refused(t, nn.ConvTranspose2D{Out: 2, Kernel: nn.Square(3), Stride: nn.Square(2), Extra: nn.Square(2)}.Apply, "extra size: got 2, want 0 to 1", 1, 3, 3, 1)
}
