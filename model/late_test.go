package model_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// A decoder makes its scale after its mean; where the mean alone is asked for, the scale
// follows every output.
func TestAParameterMayFollowTheLastOutput(t *testing.T) {
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "late", func(s *model.Scope, in []*graph.Node) []*graph.Node {
		out := graph.Neg(in[0])
		s.Param("scale", model.Constant(2), 3)
		return []*graph.Node{out}
	})
	for range 2 { // compiled, then found
		got, err := prog.Values(rng.Key{}, integers(t, []float64{1, 2}))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || len(got[0]) != 2 || got[0][0] != -1 || got[0][1] != -2 {
			t.Errorf("got %v, want one output, [-1 -2]", got)
		}
	}
	if v := values(t, p)["scale"]; len(v) != 3 || v[0] != 2 {
		t.Errorf("scale: got %v, want 2 three times", v)
	}
}
