package anomaly

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// The slope of the bound at a row is that of central differences of −ELBO in float64 with the noise
// held, through encoder, draws and likelihood, and the score is its norm.
func TestGradientEqualsDifferences(t *testing.T) {
	const draws, h = 3, 1e-6
	for _, likelihood := range []string{"gaussian", "continuous-bernoulli"} {
		n := small(t, "vae", likelihood, nil)
		x := grey(4, 71)
		for i, v := range x {
			x[i] = .1 + .8*v // away from the ends of the support
		}
		bound := model.NewProgram(n.Params, "bound", func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{Samples: draws})
			return []*g.Node{g.Sub(special.SumDims(terms.KL), g.ReduceMean(terms.LogLik, 0))}
		})
		key := rng.New(9).At(0) // of the first piece of rows under the key that scores uses
		at := func(p int, by float64) []float64 {
			moved := make([]float64, len(x))
			for i, v := range x {
				moved[i] = float64(v)
				if i%30 == p {
					moved[i] += by
				}
			}
			return testkit.Values(t, bound, key, testkit.Matrix(moved, 4, 30))[0]
		}
		norm := make([]float64, 4)
		for p := range 30 {
			up, down := at(p, h), at(p, -h)
			for i := range norm {
				norm[i] += math.Pow((up[i]-down[i])/(2*h), 2)
			}
		}
		got := scores(t, "gradient", Subject{Net: n, Draws: draws}, x)
		for i := range norm {
			near(t, likelihood, got[i], math.Sqrt(norm[i]), 1e-6)
		}
	}
}

// A map of a colour image has one value a pixel, the sum over its channels, and peak is the largest of them.
func TestPeakOfColourImages(t *testing.T) {
	shape := []int{4, 5, 3}
	c := vae.Config{Dim: 60, Shape: shape, Hidden: []int{8}, Latent: 2, Likelihood: "gaussian", Sigma: .3}
	n, err := vae.NewNetwork("vae", c, testkit.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	s := Subject{Net: n, Shape: shape, Draws: 2}
	x := make([]float32, 2*60)
	rng.New(72).Uniform(x)
	x[60+3*7+1] = 5 // the green of pixel 7 of the second image
	v, err := Surprise(t.Context(), s, x, rng.New(9))
	if err != nil {
		t.Fatal(err)
	}
	got := scores(t, "peak", s, x)
	for i := range got {
		m, err := Smooth(Pixels(v[60*i:60*i+60], shape), 4, 5, peakWindow)
		if err != nil {
			t.Fatal(err)
		}
		top := 0
		for p := range m {
			if m[p] > m[top] {
				top = p
			}
		}
		near(t, "peak", got[i], m[top], 1e-12)
		if i == 1 && top != 7 {
			t.Errorf("the largest pixel is %d, want 7", top)
		}
	}
}
