// Package zoo helps tests of models: networks and rows for them, a short training, and what is read off a
// trained model.
//
//	n := zoo.Network(t, "vae", zoo.Small, dtypes.Float64)
//	x := zoo.Must[[]float32](t)(n.Reconstruct(t.Context(), zoo.Uniform(3*6)))
package zoo

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vae"
)

// Small is a configuration of a few weights for rows of six values.
var Small = vae.Config{Dim: 6, Hidden: []int{8}, Latent: 2, Likelihood: "bernoulli", Sigma: 1}

// Network builds the network of a named model with new parameters.
func Network(t testing.TB, name string, c vae.Config, dtype dtypes.DType) *vae.Network {
	t.Helper()
	n, err := vae.NewNetwork(name, c, tk.Params(t, dtype))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// New builds a model.
func New(t testing.TB, name string, c vae.Config) vae.Model {
	t.Helper()
	m, err := vae.New(name, c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Must unwraps a result.
func Must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Near compares arrays to rounding in float32.
func Near(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(float64(got[i]-want[i])) <= 1e-6*math.Max(1, math.Abs(float64(want[i])))) {
			t.Errorf("%s: value %d: got %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}
