package vae

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

func init() {
	Register(Spec{Name: "test-conditioning", Summary: "a model with the option, for tests", Options: []Option{conditioning}, New: func(c Config) Model { return &tied{c} }})
}

// TestFeaturesSeeAConditionAsTheOptionSays: further features, or as many with a film.
func TestFeaturesSeeAConditionAsTheOptionSays(t *testing.T) {
	for how, want := range map[string]string{"concat": "[3 2 2 6]", "film": "[3 2 2 4]"} {
		c := Config{Options: map[string]string{"conditioning": how}}.Resolved("test-conditioning")
		p, got := tk.Params(t, dtypes.Float64), ""
		tk.Values(t, model.NewProgram(p, "conditioned", func(s *model.Scope, in []*g.Node) []*g.Node {
			h := c.conditioned(s, g.Reshape(in[0], 3, 2, 2, 4), g.Reshape(in[1], 3, 2))
			got = fmt.Sprint(h.Shape().Dimensions)
			return []*g.Node{h}
		}), rng.Key{}, tk.Vector(make([]float64, 48)...), tk.Vector(make([]float64, 6)...))
		if got != want || (p.Count() > 0) != (how == "film") {
			t.Errorf("%s: got features %s and %d parameters, want %s", how, got, p.Count(), want)
		}
	}
	if got := (Config{}).Resolved("test-conditioning").choice("conditioning"); got != "concat" {
		t.Errorf("default: got %q, want concat", got)
	}
}
