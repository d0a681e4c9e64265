package codes

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// startPlaces bounds the features that a quantiser starts from.
const startPlaces = 1 << 15

// startFeatures returns features of training rows x, N×D, in float64, of maps of so many places.
func startFeatures(ctx context.Context, n *vae.Network, x []float32, places int, features func(s *model.Scope, b vae.Batch) *g.Node) ([]float64, error) {
	w := n.Width()
	return n.Apply(ctx, x[:min(len(x)/w, max(1, startPlaces/places))*w], features)
}

// startOffset starts the decoder at the mean of training rows x.
func startOffset(c vae.Config, n *vae.Network, x []float32) error {
	w, rows := n.Width(), float64(len(x)/n.Width())
	mean := make([]float64, c.Dim)
	for i, v := range x {
		if j := i % w; j < c.Dim {
			mean[j] += float64(v) / rows
		}
	}
	if c.Likelihood == "bernoulli" || c.Likelihood == "continuous-bernoulli" {
		for j, v := range mean { // as logits, of which ±6 are as good as never
			mean[j] = min(max(math.Log(v/(1-v)), -6), 6)
		}
	}
	return n.Params.Import([]model.Array{{Name: "decoder/offset", Trainable: true, Dims: []int{c.Dim}, Data: mean}})
}

// startSpread starts a quantiser of fixed codes: it scales the projection to D values so that each has
// mean 0 and variance 1 over the places of training rows. Features of an untrained encoder differ by
// hundredths and would all have one code, from which a decoder learns to do without.
func (m quantised) startSpread(ctx context.Context, n *vae.Network, x []float32, _ rng.Key) error {
	if _, err := m.spread(ctx, n, x); err != nil {
		return err
	}
	return startOffset(m.cfg, n, x)
}

// spread scales the projection and returns the features, N×D, that it then gives training rows x.
func (m quantised) spread(ctx context.Context, n *vae.Network, x []float32) ([]float64, error) {
	_, _, d := m.q.Size()
	return spread(ctx, n, x, m.cfg.MapExtent().Places(), d, "encoder/project", func(s *model.Scope, b vae.Batch) *g.Node {
		return m.places(s.In("encoder"), b.X)
	})
}

// spread scales the dense layer of a path, the last one of features of D values.
func spread(ctx context.Context, n *vae.Network, x []float32, places, d int, path string, features func(s *model.Scope, b vae.Batch) *g.Node) ([]float64, error) {
	z, err := startFeatures(ctx, n, x, places, features)
	if err != nil {
		return nil, err
	}
	mean, scale := standardised(z, d)
	arrays, err := n.Params.Export()
	if err != nil {
		return nil, err
	}
	var changed []model.Array
	for _, a := range arrays {
		switch a.Name {
		case path + "/weight":
			for i := range a.Data {
				a.Data[i] /= scale[i%d]
			}
		case path + "/bias":
			for i := range a.Data {
				a.Data[i] = (a.Data[i] - mean[i]) / scale[i]
			}
		default:
			continue
		}
		changed = append(changed, a)
	}
	return z, n.Params.Import(changed)
}

// standardised gives the columns of z, N×D, mean 0 and variance 1, and returns what they had; columns
// that hardly vary keep their scale.
func standardised(z []float64, d int) (mean, scale []float64) {
	mean, scale = make([]float64, d), make([]float64, d)
	rows := float64(len(z) / d)
	for i, v := range z {
		mean[i%d] += v / rows
	}
	for i, v := range z {
		scale[i%d] += (v - mean[i%d]) * (v - mean[i%d]) / rows
	}
	for j, v := range scale {
		scale[j] = math.Sqrt(v)
		if scale[j] < 1e-6 {
			scale[j] = 1
		}
	}
	for i := range z {
		z[i] = (z[i] - mean[i%d]) / scale[i%d]
	}
	return mean, scale
}
