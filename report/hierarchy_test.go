package report

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// layers is an untrained hierarchy of layers.
func layers(t testing.TB, name string, dim int, sizes string) *vae.Network {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c := vae.Config{Dim: dim, Hidden: []int{16}, Latent: 1, Likelihood: "gaussian", Sigma: 1, Options: map[string]string{"layers": sizes}}
	n, err := vae.NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCutsOfAHierarchyGoFromTheBottomToTheTop(t *testing.T) {
	for _, c := range []struct {
		groups int
		want   string
	}{{2, "[1]"}, {3, "[2 1]"}, {4, "[3 2 1]"}, {5, "[4 3 1]"}, {10, "[9 5 1]"}, {64, "[63 32 1]"}} {
		if got := fmt.Sprint(boundaries(c.groups)); got != c.want {
			t.Errorf("%d groups: got %s, want %s", c.groups, got, c.want)
		}
	}
	if got := redrawn(3, 2) + ", " + redrawn(3, 1); got != "new 1, new 1–2" {
		t.Errorf("got %s", got)
	}
}

// TestHierarchiesShowTheirLayers: images and tables have the picture, of any number of rows; models without
// layers and hierarchies of one layer have none.
func TestHierarchiesShowTheirLayers(t *testing.T) {
	for _, c := range []struct {
		net  *vae.Network
		set  *data.Set
		want bool
	}{
		{layers(t, "ladder-vae", 64, "4,3,2"), images(12), true},
		{layers(t, "hvae", 64, "4,3"), images(1), true},
		{layers(t, "nvae", 5, "2,1,1,1"), table(6, 5), true},
		{layers(t, "nvae", 40, "2,1"), table(6, 40), true},
		{layers(t, "nvae", 5, "2"), table(6, 5), false},
		{network(t, "vae", 64, 2), images(12), false},
	} {
		dir := t.TempDir()
		if _, err := Write(context.Background(), dir, input(t, c.net, c.set)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "plots", "groups.png")
		if _, err := os.Stat(file); (err == nil) != c.want {
			t.Errorf("%s of %v: picture: %v, want %v", c.net.Name, c.net.Groups(), err == nil, c.want)
		} else if c.want {
			decoded(t, file)
			decoded(t, filepath.Join(dir, "plots", "layers.png"))
		}
	}
}

// TestWhatIsKeptStays: with every group kept the decoded code is that of the row, and the draws of others differ.
func TestWhatIsKeptStays(t *testing.T) {
	s, err := newScene(context.Background(), input(t, layers(t, "ladder-vae", 64, "4,3,2"), images(12)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.redraws(context.Background(), 2, []int{3, 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || !slices.Equal(rows[0], rows[1]) || !slices.Equal(rows[0], rows[2]) {
		t.Errorf("got %d rows, want 5, the second and third equal to the first", len(rows))
	}
	if slices.Equal(rows[0], rows[3]) || slices.Equal(rows[3], rows[4]) {
		t.Error("layers that are drawn anew change nothing")
	}
}

// TestLayersAreCountedFromTheData: KL divergences and active units of a code, which begins with the top, by layer.
func TestLayersAreCountedFromTheData(t *testing.T) {
	s, err := newScene(context.Background(), input(t, layers(t, "ladder-vae", 64, "3,2,1"), images(12)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.layerKL([]float64{1, 2, 3, 4, 5, 6})); got != "[15 5 1]" {
		t.Errorf("got KL by layer %s, want [15 5 1]", got)
	}
	if got := s.layerKL([]float64{1, 2}); got != nil {
		t.Errorf("a divergence that is not by dimension: got %v", got)
	}
	s.Telemetry.Latent = 0
	for i := range s.mean {
		s.mean[i] = 0
	}
	for i := range s.n {
		s.mean[i*6], s.mean[i*6+4], s.mean[i*6+5] = float32(i), float32(i), float32(i)
	}
	if got, want := s.activeLayers(), "Latent dimensions in use, from layer 1 up: 2 of 3, 0 of 2, 1 of 1."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLinesOfLayersNeedAFewLayersAndAHistory: one layer has no line of its own, and of nine nobody tells which is
// which.
func TestLinesOfLayersNeedAFewLayersAndAHistory(t *testing.T) {
	for _, c := range []struct {
		sizes   string
		history int
		want    bool
	}{{"2,1", 3, true}, {"1,1,1,1,1,1,1,1", 3, true}, {"1,1,1,1,1,1,1,1,1", 3, false}, {"2", 3, false}, {"2,1", 0, false}} {
		in := input(t, layers(t, "ladder-vae", 64, c.sizes), images(12))
		in.History = epochs(c.history, in.Net.Config.Latent)
		s, err := newScene(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if got := hasLayers(s); got != c.want {
			t.Errorf("layers %s, %d epochs: got a picture: %v, want %v", c.sizes, c.history, got, c.want)
		}
	}
}

// TestTheCaptionOfLayersSaysWhichAreInUse and how to bring others to life.
func TestTheCaptionOfLayersSaysWhichAreInUse(t *testing.T) {
	s, err := newScene(context.Background(), input(t, layers(t, "hvae", 64, "3,2"), images(12)))
	if err != nil {
		t.Fatal(err)
	}
	var png bytes.Buffer
	caption, err := drawLayers(context.Background(), s, "title", &png)
	if err != nil || png.Len() == 0 {
		t.Fatalf("got %d bytes, error %v", png.Len(), err)
	}
	for _, want := range []string{"layer 1 next to the data", "from layer 1 up: ", " of 3, ", " of 2.", "--layer-warmup"} {
		if !strings.Contains(caption, want) {
			t.Errorf("caption lacks %q: %s", want, caption)
		}
	}
}
