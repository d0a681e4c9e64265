package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

func TestDenseIsAffine(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "weight", Trainable: true, Dims: []int{2, 3}, Data: []float64{1, 2, 3, -4, 5, 6}},
		model.Array{Name: "bias", Trainable: true, Dims: []int{3}, Data: []float64{.5, 0, -1}})
	prog := model.NewProgram(p, "dense", func(s *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{nn.Dense(s, in[0], 3)} })
	got := tk.Values(t, prog, rng.Key{}, tk.Matrix([]float64{1, 1, 2, -1}, 2, 2))[0]
	for i, want := range []float64{-2.5, 7, 8, 6.5, -1, -1} {
		tk.Close(t, "x·W + b", got[i], want, 1e-15)
	}
}

// TestDenseOfSequencesIsThatOfTheirSteps: all leading axes are alike.
func TestDenseOfSequencesIsThatOfTheirSteps(t *testing.T) {
	dense := func(s *model.Scope, x *g.Node) *g.Node { return nn.Dense(s, x, 3) }
	for _, dims := range [][]int{{2, 4}, {2, 3, 4}, {2, 1, 3, 4}, {4}} {
		x, y, shape, p := apply(t, dense, dims...)
		shaped(t, "dense", shape, append(slices.Clone(dims[:len(dims)-1]), 3)...)
		closeAll(t, "dense", y, affine(x, p["weight"], p["bias"]), 1e-14)
		gradient(t, dense, dims...)
	}
}

func TestMLPNamesItsLayersAndIsRectified(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	mlp := func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{nn.MLP(s.In("net"), in[0], []int{50, 7})}
	}
	x := tk.Matrix([]float64{1, -2, .5, 4}, 1, 4)
	got := tk.Values(t, model.NewProgram(p, "mlp", mlp), rng.Key{}, x)[0]
	positive := 0
	for _, v := range got {
		if v < 0 {
			t.Errorf("got %v, want no value below 0", got)
		}
		if v > 0 {
			positive++
		}
	}
	if len(got) != 7 || positive == 0 {
		t.Errorf("got %v, want seven values, not all 0", got)
	}
	want := []string{"net/hidden0/weight", "net/hidden0/bias", "net/hidden1/weight", "net/hidden1/bias"}
	for i, a := range tk.Export(t, p) {
		if a.Name != want[i] {
			t.Errorf("parameter %d: got %s, want %s", i, a.Name, want[i])
		}
		bound, top := .5, 0.
		if i >= 2 {
			bound = 1 / math.Sqrt(50)
		}
		for _, v := range a.Data {
			top = math.Max(top, math.Abs(v))
		}
		if top > bound || top < bound/2 {
			t.Errorf("%s: largest value: got %v, want at most %v and near it", a.Name, top, bound)
		}
	}
	sum := func(s *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{g.ReduceAllSum(mlp(s, in)[0])} }
	tk.GradientWithin(t, 1e-7, p, sum, x)
}

func TestMLPWithoutLayersIsTheIdentity(t *testing.T) {
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{g.Neg(nn.MLP(s, in[0], nil))} }, tk.Matrix([]float64{-1, 2}, 1, 2))
	if out[0][0] != 1 || out[0][1] != -2 {
		t.Errorf("got %v, want the input negated", out[0])
	}
}
