package nn_test

import (
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

// normed is SiLU of a group norm of one image in loops.
func normed(x []float64, channels, groups int) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		mean, variance := moments(x, func(j int) bool { return j%channels/(channels/groups) == i%channels/(channels/groups) })
		v := (x[i] - mean) / math.Sqrt(variance+1e-5)
		y[i] = v * sigmoid(v)
	}
	return y
}

func TestResidualBlockIsItsFormula(t *testing.T) {
	in, size := [4]int{1, 3, 4, 4}, [2]int{3, 4}
	for _, out := range []int{4, 6} {
		x, y, shape, p := apply(t, nn.ResidualBlock{Out: out, Groups: 2}.Apply, in[:]...)
		shaped(t, "block", shape, 1, 3, 4, out)
		conv := nn.Conv2D{Out: out, Kernel: nn.Square(3)}
		h := slide(conv, [2]int{1, 1}, normed(x, 4, 2), in, p["conv0/weight"], p["conv0/bias"], size)
		mid := [4]int{1, 3, 4, out}
		h = slide(conv, [2]int{1, 1}, normed(h, out, 2), mid, p["conv1/weight"], p["conv1/bias"], size)
		skip := x
		if out != 4 {
			skip = affine(x, p["skip/weight"], p["skip/bias"])
		} else if p["skip/weight"] != nil {
			t.Error("equal channels: got a convolution in the skip connection, want the identity")
		}
		for i := range y {
			tk.Close(t, "block", y[i], skip[i]+h[i], 1e-12)
		}
	}
}

func TestGradientsOfBlocks(t *testing.T) {
	gradient(t, nn.ResidualBlock{Out: 2, Groups: 1}.Apply, 1, 2, 3, 2)
	gradient(t, nn.ResidualBlock{Out: 4, Groups: 2}.Apply, 2, 3, 2, 2)
	gradient(t, attentionBlock, 1, 2, 3, 4)
}

func attentionBlock(s *model.Scope, x *g.Node) *g.Node { return nn.AttentionBlock(s, x, 2, 2) }

// TestAttentionBlockAddsAttentionOfTheNormedImage compares with the definition in loops.
func TestAttentionBlockAddsAttentionOfTheNormedImage(t *testing.T) {
	x, y, shape, p := apply(t, attentionBlock, 1, 2, 3, 4)
	shaped(t, "block", shape, 1, 2, 3, 4)
	h := make([]float64, len(x))
	for i := range x {
		mean, variance := moments(x, func(j int) bool { return j%4/2 == i%4/2 })
		h[i] = (x[i] - mean) / math.Sqrt(variance+1e-5)
	}
	inner := map[string][]float64{}
	for name, v := range p {
		if rest, ok := strings.CutPrefix(name, "attention/"); ok {
			inner[rest] = v
		}
	}
	want := attention(h, 1, 6, 4, 2, false, inner)
	for i := range y {
		tk.Close(t, "block", y[i], x[i]+want[i], 1e-12)
	}
}

// TestAttentionBlockIgnoresTheOrderOfPositions: without positions in the input, permuting
// them permutes the output alike.
func TestAttentionBlockIgnoresTheOrderOfPositions(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "block", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{attentionBlock(s, in[0])}
	})
	x := gaussian(9, 24)
	y := tk.Values(t, prog, rng.Key{}, tk.Matrix(x, 1, 2, 3, 4))[0]
	order := []int{3, 1, 5, 0, 2, 4}
	var moved, want []float64
	for _, at := range order {
		moved, want = append(moved, x[at*4:at*4+4]...), append(want, y[at*4:at*4+4]...)
	}
	if slices.Equal(moved, x) {
		t.Fatal("the order has not changed")
	}
	closeAll(t, "permuted", tk.Values(t, prog, rng.Key{}, tk.Matrix(moved, 1, 2, 3, 4))[0], want, 1e-12)
}
