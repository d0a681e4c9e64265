package expost

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
)

// planeRows are rows of six numbers in a plane, with noise of the given size.
func planeRows(n int, noise float64) []float32 {
	x, z := make([]float32, 6*n), make([]float32, 2*n)
	rng.New(1).Normal(x)
	rng.New(2).Normal(z)
	for i := range x {
		row, j := i/6, float64(i%6)
		x[i] = float32(noise*float64(x[i]) + 1 + 3*math.Sin(j)*float64(z[2*row]) + 2*math.Cos(j)*float64(z[2*row+1]))
	}
	return x
}

// What two components leave of a plane with noise σ is σ√(4/6) an element; all six leave nothing.
// 500 rows of four free directions tell σ to 1.6 %; three of that fail with probability 3e-3, once.
func TestNoiseStartsAtWhatComponentsLeave(t *testing.T) {
	x := planeRows(500, .3)
	for components, want := range map[int]float64{2: .3 * math.Sqrt(4./6), 6: 0, 9: 0} {
		got, err := leftover(x, 6, components)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "leftover", got, want, .05*want+1e-6)
	}
	one, err := leftover(x[:6], 6, 2) // a single row leaves nothing
	if err != nil || one != 0 {
		t.Errorf("one row: got %v, %v", one, err)
	}
}

func TestFirstNoiseIsOfTheLearnedScaleAlone(t *testing.T) {
	for likelihood, noise := range map[string]float64{"gaussian-learned": .3, "gaussian": .3} {
		for _, sd := range []float64{noise, 0} {
			n := zoo.Network(t, "two-stage-vae", vae.Config{Dim: 6, Hidden: []int{3}, Latent: 2, Likelihood: likelihood, Sigma: 1}, dtypes.Float64)
			if err := n.Config.Stages()[0].Start(t.Context(), n, planeRows(500, sd), rng.New(1)); err != nil {
				t.Fatal(err)
			}
			arrays := tk.Export(t, n.Params)
			if likelihood == "gaussian" {
				if len(arrays) != 0 {
					t.Errorf("%s: got %v, want nothing set", likelihood, arrays)
				}
				continue
			}
			want := math.Log(sd * math.Sqrt(4./6))
			if sd == 0 {
				want = vae.MinLogScale + 1
			}
			if len(arrays) != 1 || arrays[0].Name != "decoder/logscale" {
				t.Fatalf("got %v, want the scale alone", arrays)
			}
			tk.Close(t, "first ln γ", arrays[0].Data[0], want, .05)
			if _, _, err := n.Encode(t.Context(), zoo.Uniform(6)); err != nil {
				t.Error(err)
			}
			if _, err := n.Decode(t.Context(), zoo.Uniform(2)); err != nil { // finds the parameter in its shape
				t.Error(err)
			}
		}
	}
}
