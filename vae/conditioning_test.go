package vae_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

func init() {
	vae.Register(vae.Spec{Name: "test-conditioning", Summary: "a model with the option, for tests", Options: []vae.Option{vae.Conditioning}, New: func(c vae.Config) vae.Model { return &tied{c} }})
}

// TestFeaturesSeeAConditionAsTheOptionSays: further features, or as many with a film.
func TestFeaturesSeeAConditionAsTheOptionSays(t *testing.T) {
	for how, want := range map[string]string{"concat": "[3 2 2 6]", "film": "[3 2 2 4]"} {
		c := vae.Config{Options: map[string]string{"conditioning": how}}.Resolved("test-conditioning")
		p, got := tk.Params(t, dtypes.Float64), ""
		tk.Values(t, model.NewProgram(p, "conditioned", func(s *model.Scope, in []*g.Node) []*g.Node {
			h := c.Conditioned(s, g.Reshape(in[0], 3, 2, 2, 4), g.Reshape(in[1], 3, 2))
			got = fmt.Sprint(h.Shape().Dimensions)
			return []*g.Node{h}
		}), rng.Key{}, tk.Vector(make([]float64, 48)...), tk.Vector(make([]float64, 6)...))
		if got != want || (p.Count() > 0) != (how == "film") {
			t.Errorf("%s: got features %s and %d parameters, want %s", how, got, p.Count(), want)
		}
	}
	if got := (vae.Config{}).Resolved("test-conditioning").Choice("conditioning"); got != "concat" {
		t.Errorf("default: got %q, want concat", got)
	}
}
