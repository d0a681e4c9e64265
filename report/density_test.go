package report

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/vae"
)

// imageScene is the scene of a network on images.
func imageScene(t *testing.T, net *vae.Network, n int) *scene {
	t.Helper()
	s, err := newScene(context.Background(), Input{Net: net, Show: images(n)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The density of codes holds all of them: over a plane that reaches far enough it integrates to 1,
// up to the midpoint rule, whose error for cells of a quarter deviation is far below 1e-3.
func TestTheDensityOfCodesIntegratesToOne(t *testing.T) {
	s := imageScene(t, network(t, "vae", 64, 3), 40)
	x, y := [2]float64{-12, 12}, [2]float64{-11, 13}
	sum := 0.
	for _, row := range s.aggregate(0, 2, x, y) {
		for _, v := range row {
			sum += v * (24. / densitySide) * (24. / densitySide)
		}
	}
	if math.Abs(sum-1) > 1e-3 {
		t.Errorf("got %v, want 1", sum)
	}
}

// At a cell the density is the mean over rows of the two normal densities.
func TestTheDensityOfCodesIsTheMeanOfTheGuides(t *testing.T) {
	s := imageScene(t, network(t, "vae", 64, 3), 7)
	x, y := [2]float64{-2, 3}, [2]float64{-1, 1}
	got := s.aggregate(1, 0, x, y)
	for _, at := range [][2]int{{0, 0}, {densitySide - 1, 3}, {40, 71}} {
		want := 0.
		za := x[0] + (float64(at[1])+.5)/densitySide*(x[1]-x[0])
		zb := y[0] + (float64(at[0])+.5)/densitySide*(y[1]-y[0])
		for i := range s.n {
			logDensity := 0.
			for k, z := range []float64{zb, za} {
				m, v := float64(s.mean[i*3+k]), float64(s.variance[i*3+k])
				logDensity -= (z-m)*(z-m)/(2*v) + .5*math.Log(2*math.Pi*v)
			}
			want += math.Exp(logDensity) / float64(s.n)
		}
		if math.Abs(got[at[0]][at[1]]-want) > 1e-12 {
			t.Errorf("cell %v: got %v, want %v", at, got[at[0]][at[1]], want)
		}
	}
}

// A deterministic code has no density, one dimension no plane, and without a prior there is nothing to
// compare with.
func TestDensitiesWantGuidesWithAWidthAndAPrior(t *testing.T) {
	if !hasDensity(imageScene(t, network(t, "vae", 64, 2), 12)) {
		t.Error("a VAE of two dimensions has no density")
	}
	for name, latent := range map[string]int{"ae": 3, "vae": 1} {
		if hasDensity(imageScene(t, network(t, name, 64, latent), 12)) {
			t.Errorf("%s of %d dimensions has a density", name, latent)
		}
	}
}

func TestTheRangeOfADensityHoldsGuidesAndPrior(t *testing.T) {
	s := imageScene(t, network(t, "vae", 64, 2), 12)
	r := s.reach(1, [][2]float64{{0, -9}, {0, 8}}, 1)
	if r[0] != -9 || r[1] != 8 {
		t.Errorf("got %v, want -9 to 8", r)
	}
	for i := range s.n {
		m, sd := float64(s.code(i)[0]), math.Sqrt(float64(s.variance[i*2]))
		if r := s.reach(0, nil, 0); m-2*sd < r[0] || m+2*sd > r[1] {
			t.Errorf("row %d: %v ± 2·%v lies outside %v", i, m, sd, r)
		}
	}
}
