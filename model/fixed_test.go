package model_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// The product ab has the derivatives b and a; a fixed a has none, and b has still a.
func TestFixedParametersHaveNoGradientAndAreNotTrainable(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	var names []string
	var training [2]bool
	prog := model.NewProgram(p, "fixed", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		still := s.In("still").Fixed()
		a, b := still.In("deep").Param("a", model.Constant(3)), s.Param("b", model.Constant(5))
		names, _ = s.Trainable()
		training = [2]bool{s.Training(), still.In("deep").Training()}
		return append(graph.Gradient(graph.Mul(a, b), b), graph.Mul(a, b))
	}).Training()
	v := tk.Values(t, prog, rng.New(1))
	if v[0][0] != 3 || v[1][0] != 15 {
		t.Errorf("got derivative %v of %v, want 3 of 15", v[0], v[1])
	}
	if !slices.Equal(names, []string{"b"}) || training != [2]bool{true, false} {
		t.Errorf("trainable: got %v in scopes that train %v, want b alone in the first", names, training)
	}
}

func TestAParameterThatIsUsedOpenlyTooIsTrainable(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	var names []string
	prog := model.NewProgram(p, "both", func(s *model.Scope, _ []*graph.Node) []*graph.Node {
		held, open := s.Fixed().Param("a", model.Constant(2)), s.Param("a", model.Constant(2))
		names, _ = s.Trainable()
		return graph.Gradient(graph.Mul(held, graph.Square(open)), open)
	})
	if v := tk.Values(t, prog, rng.New(1)); v[0][0] != 8 || !slices.Equal(names, []string{"a"}) {
		t.Errorf("got derivative %v of %v, want 8 by the open one", v[0], names)
	}
}
