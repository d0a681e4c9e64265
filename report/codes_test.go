package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// coder is an untrained network of codes on a map of 2×2 places.
func coder(t *testing.T, name string, options map[string]string) *vae.Network {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c := vae.Config{Dim: 64, Shape: []int{8, 8}, Channels: []int{4, 4}, Hidden: []int{4}, Latent: 1, Likelihood: "bernoulli", Sigma: 1, Options: options}
	n, err := vae.NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The pictures of codes of indices stand in place of those that need real numbers, and the page says
// which prior it is, how large a code is and what of the codebook is in use.
func TestReportsOfCodesOfIndices(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]string
		want    []string
	}{
		{"vq-vae", map[string]string{"codes": "8", "code-prior": "uniform"}, []string{"The prior is uniform", "says nothing about the model", "log₂ 8", "Values in use"}},
		{"fsq-vae", map[string]string{"levels": "3,3", "prior-layers": "1", "prior-channels": "4"}, []string{"by the learned prior; a uniform one takes 8.79", "log₂ 9"}},
		{"vq-vae", map[string]string{"codes": "64", "reset": "0", "code-prior": "uniform"}, []string{"The codebook has collapsed"}},
	} {
		net, set := coder(t, c.name, c.options), images(30)
		dir := filepath.Join(t.TempDir(), "run")
		in := input(t, net, set)
		if _, err := Write(context.Background(), dir, in); err != nil {
			t.Fatal(err)
		}
		want := []string{"bounds.png", "codebook.png", "codemaps.png", "reconstructions.png", "samples.png", "training.png"}
		if got := listed(t, dir); !slices.Equal(got, want) {
			t.Errorf("%s: got pictures %v, want %v", c.name, got, want)
		}
		decoded(t, filepath.Join(dir, "plots", "codebook.png"))
		decoded(t, filepath.Join(dir, "plots", "codemaps.png"))
		page, err := os.ReadFile(filepath.Join(dir, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range append(c.want, "−ELBO, test", "Rate of the code", "Perplexity of a number") {
			if !strings.Contains(string(page), text) {
				t.Errorf("%s: the page lacks %q", c.name, text)
			}
		}
		if strings.Contains(string(page), "no bound on ln p(x)") || strings.Contains(string(page), "latent dimensions in use") {
			t.Errorf("%s: the page speaks of codes of real numbers", c.name)
		}
	}
}

// The books of a scene: one for each number of a place, the same for all places.
func TestNumbersOfAPlaceHaveBooksOfTheirOwn(t *testing.T) {
	s, err := newScene(context.Background(), Input{Net: coder(t, "vq-vae", map[string]string{"codes": "4", "quantisers": "3", "code-prior": "uniform"}), Show: images(5)})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Net.CodeBooks(); !slices.Equal(got, []int{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}) {
		t.Errorf("got books %v", got)
	}
	c, err := s.codebook()
	if err != nil || len(c.Counts) != 3 || c.Numbers != 12 || c.Rows != 5 {
		t.Errorf("got %+v, %v", c, err)
	}
}

// Numbers side by side have colours that can be told apart, in the range of a picture.
func TestNeighbouringNumbersDifferInColour(t *testing.T) {
	for _, values := range []int{8, 128} {
		seen := map[string]bool{}
		before := []float32{9, 9, 9}
		for k := range values {
			c := tint(float64(k) / float64(values))
			apart := float32(0)
			for i, v := range c {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("%d of %d: got %v", k, values, c)
				}
				apart = max(apart, max(v-before[i], before[i]-v))
			}
			if apart < .04 {
				t.Errorf("%d of %d: got %v after %v", k, values, c, before)
			}
			before = c
			seen[fmt.Sprintf("%.2f", c)] = true
		}
		if len(seen) < values*9/10 {
			t.Errorf("%d values have %d colours", values, len(seen))
		}
	}
}

// The pictures of codes end with the context, where they decode, and report a writer that fails.
func TestPicturesOfCodesReportWhatFails(t *testing.T) {
	s, err := newScene(context.Background(), Input{Net: coder(t, "vq-vae", map[string]string{"codes": "4"}), Show: images(5)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := drawCodeMaps(ctx, s, "maps", io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("maps: got %v", err)
	}
	for _, draw := range []func(context.Context, *scene, string, io.Writer) (string, error){drawCodebook, drawCodeMaps} {
		if _, err := draw(context.Background(), s, "title", fullDisk{}); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("got %v, want the writer's error", err)
		}
	}
}

// A table has no map to draw, but its codebook.
func TestATableOfCodesHasNoMaps(t *testing.T) {
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	set := table(20, 4)
	net, err := vae.NewNetwork("vq-vae", vae.Config{Dim: 4, Net: "mlp", Hidden: []int{8}, Latent: 1, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"codes": "8"}}, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newScene(context.Background(), Input{Net: net, Show: set})
	if err != nil {
		t.Fatal(err)
	}
	if !hasCodeMaps(s) || hasCodePictures(s) || hasCodes(s) {
		t.Error("want the codebook alone")
	}
	if got := s.colored([]float32{.5, 1}); !slices.Equal(got, []float32{.5, .5, .5, 1, 1, 1}) {
		t.Errorf("got %v", got)
	}
}
