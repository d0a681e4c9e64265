package anomaly

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vae"
)

// small is an untrained model of 6×5 images, in float64.
func small(t testing.TB, name, likelihood string, edit func(*vae.Config)) *vae.Network {
	t.Helper()
	c := vae.Config{Dim: 30, Shape: []int{6, 5}, Hidden: []int{7}, Latent: 3, Likelihood: likelihood, Sigma: .3, FlowSteps: 2}
	if edit != nil {
		edit(&c)
	}
	n, err := vae.NewNetwork(name, c, testkit.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grey draws n images of 6×5 with values on [0, 1).
func grey(n int, seed uint64) []float32 {
	x := make([]float32, 30*n)
	rng.New(seed).Uniform(x)
	return x
}

// The surprise of the pixels of an image adds up to its reconstruction score under the same key, for
// every kind of likelihood and posterior, and for more rows than one execution takes.
func TestSurpriseAddsUpToTheReconstructionTerm(t *testing.T) {
	x := grey(chunk+37, 1)
	for _, c := range []struct {
		name, likelihood string
		edit             func(*vae.Config)
	}{
		{"vae", "bernoulli", nil}, {"vae", "gaussian", nil}, {"vae", "gaussian-learned", nil}, {"vae", "laplace", nil},
		{"vae", "continuous-bernoulli", nil}, {"ae", "bernoulli", nil}, {"linear-vae", "gaussian", nil},
		{"vae", "bernoulli", func(c *vae.Config) { c.Posterior = "planar" }},
	} {
		s := Subject{Net: small(t, c.name, c.likelihood, c.edit), Draws: 5}
		want := scores(t, "reconstruction", s, x)
		v, err := Surprise(t.Context(), s, x, rng.New(9))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, len(want))
		for i, u := range v {
			got[i/30] += u
		}
		agree(t, c.name+", "+c.likelihood, got, want, 1e-9) // sums of 30 float64 numbers
	}
}

// The squares of the residual add up to the score squared.
func TestResidualAddsUpToTheSquaredError(t *testing.T) {
	s := Subject{Net: small(t, "vae", "gaussian", nil)}
	x := grey(11, 2)
	want := scores(t, "squared", s, x)
	v, err := Residual(t.Context(), s, x)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, len(want))
	for i, u := range v {
		got[i/30] += u * u
	}
	agree(t, "residual", got, want, 1e-12)
}

// A density has no reconstruction to look at.
func TestSurpriseNeedsADecoder(t *testing.T) {
	c := vae.Config{Dim: 3, Shape: []int{3}, Hidden: []int{4}, Latent: 3, Likelihood: vae.Density, Sigma: 1}
	n, err := vae.NewNetwork("maf", c, testkit.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{.1, .2, .3, 1, 2, 3}
	if _, err := Surprise(t.Context(), Subject{Net: n}, x, rng.New(1)); err == nil || !strings.Contains(err.Error(), "maf") {
		t.Errorf("got %v, want an error that names the model", err)
	}
	// Its likelihood is exact: nll and reconstruction are one and the same.
	agree(t, "density", scores(t, "nll", Subject{Net: n}, x), scores(t, "reconstruction", Subject{Net: n}, x), 0)
}

// deviance is the reconstruction term less the entropy of the grey levels, and equal to it on bits.
func TestDevianceHasNoFloor(t *testing.T) {
	s := Subject{Net: small(t, "vae", "bernoulli", nil), Draws: 3}
	x := grey(9, 3)
	rec, dev := scores(t, "reconstruction", s, x), scores(t, "deviance", s, x)
	for i := range rec {
		h := 0.
		for _, p := range x[30*i : 30*i+30] {
			h -= float64(p)*math.Log(float64(p)) + (1-float64(p))*math.Log(1-float64(p))
		}
		near(t, "deviance", dev[i], rec[i]-h, 1e-12)
	}
	for i, v := range x {
		x[i] = float32(math.Round(float64(v)))
	}
	agree(t, "bits", scores(t, "deviance", s, x), scores(t, "reconstruction", s, x), 0)
}
