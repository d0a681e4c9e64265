package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
)

// A mixture of N((±3, 0), I/4), half each, has mean 0 and deviations √(9 + ¼) and ½, which 4,096 draws
// meet within five standard errors.
func TestSpreadOfThePriorIsThatOfItsDraws(t *testing.T) {
	exact := zoo.Network(t, "vae", zoo.Small, dtypes.Float32)
	mean, sd, err := exact.PriorSpread(t.Context())
	if err != nil || len(sd) != zoo.Small.Latent || mean[0] != 0 || sd[0] != 1 {
		t.Errorf("N(0, I): got %v ± %v, error %v", mean, sd, err)
	}
	c := zoo.Small
	c.Latent, c.Prior, c.Options = 2, "mixture", map[string]string{"components": "2"}
	n := zoo.Network(t, "vae", c, dtypes.Float32)
	if _, err := n.Prior(t.Context(), 1, rng.New(1)); err != nil {
		t.Fatal(err)
	}
	half := math.Log(.5)
	tk.Import(t, n.Params,
		model.Array{Name: "prior/mean", Trainable: true, Dims: []int{2, 2}, Data: []float64{3, 0, -3, 0}},
		model.Array{Name: "prior/logscale", Trainable: true, Dims: []int{2, 2}, Data: []float64{half, half, half, half}})
	mean, sd, err = n.PriorSpread(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wide := math.Sqrt(9.25)
	tk.Close(t, "mean along the components", mean[0], 0, 5*wide/64)
	tk.Close(t, "mean across", mean[1], 0, 5*.5/64)
	tk.Close(t, "deviation along the components", sd[0], wide, 5*wide/64)
	tk.Close(t, "deviation across", sd[1], .5, 5*.5/64)
}

func TestSpreadWantsAPrior(t *testing.T) {
	if _, _, err := zoo.Network(t, "ae", zoo.Small, dtypes.Float32).PriorSpread(t.Context()); err == nil {
		t.Error("a model without a prior: got no error")
	}
}
