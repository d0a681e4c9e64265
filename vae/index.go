package vae

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Ancestral models draw the elements of a code of indices one after the other.
type Ancestral interface {
	// Next returns the unnormalised log-probabilities of the values of every element of codes, given
	// the elements before it alone, B×L×K.
	Next(s *model.Scope, c Code) *g.Node
}

// Indices returns L and K of a model whose codes are L whole numbers below K.
func (n *Network) Indices() (count, values int, ok bool) {
	if of := n.spec().Indices; of != nil {
		count, values = of(n.Config)
		return count, values, true
	}
	return 0, 0, false
}

// ancestral draws count codes of n.CodeWidth() values, whose classes are set, element by element.
func (n *Network) ancestral(ctx context.Context, z []float32, key rng.Key) error {
	l, values, ok := n.Indices()
	if !ok {
		return fmt.Errorf("vae: samples: got model %s, whose codes are drawn element by element, want its codes to be indices", n.Name)
	}
	prog := n.nextElement(values)
	at, err := n.Params.Input()
	if err != nil {
		return err
	}
	w := n.CodeWidth()
	return batches(ctx, z, w, n.piece(1), func(codes []float32, first, rows, full int) error {
		for i := range l {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := at.Set(float64(i)); err != nil {
				return err
			}
			in, err := n.Params.Tensor(codes, full, w)
			if err != nil {
				return err
			}
			res, err := prog.Run(key.At(uint64(first)).At(uint64(i)), in, at.Tensor)
			in.FinalizeAll()
			if err != nil {
				return err
			}
			drawn := make([]float32, full)
			if err := rowsOf(drawn, res.Outputs[0]); err != nil {
				return err
			}
			for b, v := range drawn {
				codes[b*w+i] = v
			}
		}
		copy(z[first*w:(first+rows)*w], codes)
		return nil
	})
}

// nextElement is the program that draws one element of codes, by the largest of the
// log-probabilities with noise of Gumbel.
func (n *Network) nextElement(values int) *model.Program {
	return model.NewProgram(n.Params, "next", func(s *model.Scope, in []*g.Node) []*g.Node {
		logits := n.Model.(Ancestral).Next(s, n.Code(in[0]))
		at := g.ConvertDType(in[1], dtypes.Int32)
		zero := g.ZerosLike(at)
		rows := logits.Shape().Dim(0)
		one := g.Reshape(g.DynamicSlice(logits, []*g.Node{zero, at, zero}, []int{rows, 1, values}), rows, values)
		u := g.ClipScalar(s.Uniform("choice", rows, values), 1./(1<<24), 1-1./(1<<24))
		best := g.ArgMax(g.Sub(one, g.Log(g.Neg(g.Log(u)))), -1)
		return []*g.Node{g.ConvertDType(best, s.DType())}
	})
}

// OneHotIndices compares indices, B×L, with all values below K: one where they are equal, B×L×K.
func OneHotIndices(s *model.Scope, index *g.Node, values int) *g.Node {
	all := g.Iota(s.Graph(), shapes.Make(s.DType(), 1, 1, values), 2)
	return g.ConvertDType(g.Equal(g.ExpandAxes(index, -1), all), s.DType())
}
