package report

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
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

// smallest builds a registered model on images of three classes; nil if it does not take them.
func smallest(t *testing.T, spec vae.Spec) *vae.Network {
	t.Helper()
	if spec.Tables {
		return nil
	}
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c := vae.Config{Dim: 256, Shape: []int{16, 16}, Channels: []int{4}, Hidden: []int{8}, Latent: 4, Classes: 3, Rows: 30,
		Likelihood: "bernoulli", Sigma: 1, FlowSteps: 2, Options: spec.Small()}
	if spec.Fixed != nil {
		c.Likelihood = spec.Fixed[len(spec.Fixed)-1]
	}
	net, err := vae.NewNetwork(spec.Name, c, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Logf("%s: %v", spec.Name, err)
		return nil
	}
	return net
}

// bigImages is a set of images of three classes, 16×16.
func bigImages(n int) *data.Set {
	s := images(n)
	s.Shape, s.X = []int{16, 16}, nil
	for i := range n {
		for p := range 256 {
			s.X = append(s.X, float32((p+i)%3/2))
		}
	}
	return s
}

// Whatever a model is, its density is drawn or left out: draws from the prior have the width of its
// codes, classes at their ends take no part, and codes that are indices have none.
func TestDensitiesOfAllModelsAreDrawnOrLeftOut(t *testing.T) {
	set := bigImages(12)
	drawnOf := 0
	for _, spec := range vae.Specs() {
		net := smallest(t, spec)
		if net == nil {
			continue
		}
		s, err := newScene(context.Background(), Input{Net: net, Show: set})
		if err != nil {
			t.Errorf("%s: %v", spec.Name, err)
			continue
		}
		if !hasDensity(s) {
			continue
		}
		if s.indexed() {
			t.Errorf("%s: codes that are indices have a density", spec.Name)
		}
		var png bytes.Buffer
		caption, err := drawDensity(context.Background(), s, "title", &png)
		if err != nil || png.Len() == 0 || !strings.Contains(caption, "draws from the prior") {
			t.Errorf("%s: got %v and %q", spec.Name, err, caption)
			continue
		}
		drawnOf++
	}
	if drawnOf < 5 {
		t.Errorf("got densities of %d models, want most of those with guides and priors", drawnOf)
	}
}

// The plane is that of the two dimensions with most KL divergence, in rising order, and the caption
// says so where there are more.
func TestTheDensityIsThatOfTheMostUsedDimensions(t *testing.T) {
	net := network(t, "vae", 64, 4)
	s, err := newScene(context.Background(), Input{Net: net, Show: images(12), Record: vi.Record{N: 12, KLPerDim: []float64{.1, 3, .2, 5}}})
	if err != nil {
		t.Fatal(err)
	}
	if used := s.byUse()[:2]; used[0] != 3 || used[1] != 1 {
		t.Fatalf("got %v, want 3 and 1", used)
	}
	var png bytes.Buffer
	caption, err := drawDensity(context.Background(), s, "title", &png)
	if err != nil || !strings.Contains(caption, "in the two dimensions that are used most") {
		t.Errorf("got %v and %q", err, caption)
	}
	two, err := newScene(context.Background(), Input{Net: network(t, "vae", 64, 2), Show: images(12)})
	if err != nil {
		t.Fatal(err)
	}
	if caption, err = drawDensity(context.Background(), two, "title", &png); err != nil || strings.Contains(caption, "used most") {
		t.Errorf("two dimensions: got %v and %q", err, caption)
	}
}
