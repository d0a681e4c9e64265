package report

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	_ "github.com/elbo-go/elbo/vae/all"
	"github.com/elbo-go/elbo/vi"
)

// network builds an untrained network; its weights follow from a fixed seed.
func network(t testing.TB, name string, dim, latent int) *vae.Network {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	c := vae.Config{Dim: dim, Hidden: []int{16}, Latent: latent, Likelihood: "bernoulli", Sigma: 1}
	if name == "linear-vae" {
		c.Likelihood = "gaussian"
	}
	n, err := vae.NewNetwork(name, c, model.NewParams(b, dtypes.Float32, rng.New(1)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// images is a set of small images of three classes: bars of different places.
func images(n int) *data.Set {
	s := &data.Set{Name: "bars", Shape: []int{8, 8}, Classes: []string{"left", "middle", "right"}}
	for i := range n {
		class := i % 3
		for p := range 64 {
			v := float32(0)
			if p%8/3 == class && p/8 > i%4 {
				v = 1
			}
			s.X = append(s.X, v)
		}
		s.Labels = append(s.Labels, int32(class))
	}
	return s
}

// table is a set of rows with named columns and no labels.
func table(n, dim int) *data.Set {
	s := &data.Set{Name: "measurements", Shape: []int{dim}}
	for j := range dim {
		s.Columns = append(s.Columns, data.Column{Name: fmt.Sprintf("column %d", j), Mean: 1, Scale: 2})
	}
	s.X = make([]float32, dim*n)
	rng.New(7).Uniform(s.X)
	return s
}

// epochs is a history that falls steeply and then settles.
func epochs(n, latent int) []vi.Epoch {
	h := make([]vi.Epoch, n)
	for i := range h {
		v := -40 - 200*math.Exp(-float64(i))
		at := func(v float64) vi.Record {
			r := vi.Record{Kind: vi.KindELBO, Bound: v - 3, Reconstruction: v, KL: 3, N: 100, Samples: 1, KLPerDim: make([]float64, latent)}
			for j := range r.KLPerDim {
				r.KLPerDim[j] = 3 / float64(latent)
			}
			return r
		}
		h[i] = vi.Epoch{Epoch: i + 1, Step: int64(10 * i), Train: at(v), Valid: at(v - 2), LR: 1e-3, Beta: 1, GradNorm: 5, ExamplesPerSecond: 1000 + float64(i)}
	}
	return h
}

// input is the input of a run of a network on a set, as an evaluation would leave it.
func input(t testing.TB, net *vae.Network, set *data.Set) Input {
	t.Helper()
	rec, err := net.Evaluator(vi.Estimator{Shuffle: true}).Record(context.Background(), set.X, rng.New(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Net: net, Show: set, Record: rec, Seed: 3, History: epochs(4, net.Config.Latent), Command: "elbo train " + net.Name}
	if net.Can()["bound"] {
		post, err := net.Posterior(context.Background(), set.X)
		if err != nil {
			t.Fatal(err)
		}
		in.Telemetry = vi.Observe(rec, post, make([]float64, len(post.Mean)))
	}
	return in
}

// decoded reads a picture and fails when it is no PNG or shows nothing.
func decoded(t testing.TB, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	seen := map[[4]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, a := img.At(x, y).RGBA()
			seen[[4]uint32{r, g, b, a}] = true
			if len(seen) == 8 {
				return
			}
		}
	}
	t.Errorf("%s: got %d colours, want a picture", file, len(seen))
}

// listed returns the names of the pictures of a run directory.
func listed(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "plots", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range list {
		list[i] = filepath.Base(f)
	}
	return list
}
