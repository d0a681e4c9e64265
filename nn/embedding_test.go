package nn_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// words are ids with repetitions, 2×3.
var words = []int32{4, 0, 4, 1, 4, 2}

func TestEmbeddingPicksRows(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "embedding", func(s *model.Scope, in []*g.Node) []*g.Node {
		y := nn.Embedding(s, in[0], 5, 3)
		y.AssertDims(2, 3, 3)
		return []*g.Node{y}
	})
	y := tk.Values(t, prog, rng.Key{}, tensors.FromFlatDataAndDimensions(words, 2, 3))[0]
	table := tk.Export(t, p)[0].Data
	for i, v := range y {
		if want := table[int(words[i/3])*3+i%3]; v != want {
			t.Errorf("value %d: got %v, want %v", i, v, want)
		}
	}
}

// TestGradientOfEmbedding: a row that is picked three times gets three gradients.
func TestGradientOfEmbedding(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.GradientWithin(t, 1e-8, p, func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.ReduceAllSum(g.Sin(g.Mul(nn.Embedding(s, in[0], 5, 2), g.Const(s.Graph(), [][]float64{{1, 2}}))))}
	}, tensors.FromFlatDataAndDimensions(words, 6))
}

// TestEmbeddingsStartNormal fails on a right generator with probability 1e-5.
func TestEmbeddingsStartNormal(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	tk.Values(t, model.NewProgram(p, "embedding", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{nn.Embedding(s, in[0], 1000, 10)}
	}), rng.Key{}, tensors.FromFlatDataAndDimensions(words, 6))
	tk.FitsCDF(t, "weight", tk.Export(t, p)[0].Data, normal)
}

func TestWrongEmbeddingsAreErrors(t *testing.T) {
	table := func(vocabulary, width int) layer {
		return func(s *model.Scope, x *g.Node) *g.Node { return nn.Embedding(s, x, vocabulary, width) }
	}
	refused(t, table(5, 2), "ids: got Float64, want whole numbers", 3)
	refused(t, table(0, 2), "size: got 0", 3)
	refused(t, table(5, 0), "size: got 0", 3)
}
