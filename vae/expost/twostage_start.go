package expost

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// noiseRows bounds the rows from which the first noise is taken.
const noiseRows = 500

// startNoise sets the noise that is learned with a decoder to what principal components, as many as a
// code has values, leave of the rows: the γ of probabilistic PCA, which a VAE that finds the surface
// undercuts. From γ = 1 it would take as many steps as its logarithm has multiples of the learning rate.
func startNoise(_ context.Context, n *vae.Network, x []float32, _ rng.Key) error {
	if n.Config.Likelihood != "gaussian-learned" {
		return nil
	}
	sd, err := leftover(x, n.Width(), n.Config.Latent)
	if err != nil {
		return err
	}
	first := math.Max(math.Log(sd), vae.MinLogScale+1) // where softplus leaves the logarithm nearly as it is
	return n.Params.Import([]model.Array{{Name: "decoder/logscale", Trainable: true, Data: []float64{first}}})
}

// leftover is the standard deviation an element of what the first principal components leave of rows,
// from the eigenvalues of their inner products.
func leftover(x []float32, width, components int) (float64, error) {
	rows := min(noiseRows, len(x)/width)
	centred, mean := mat.NewDense(rows, width, nil), make([]float64, width)
	for i := range rows {
		for j := range mean {
			mean[j] += float64(x[i*width+j]) / float64(rows)
		}
	}
	for i := range rows {
		for j, m := range mean {
			centred.Set(i, j, float64(x[i*width+j])-m)
		}
	}
	var inner mat.SymDense
	inner.SymOuterK(1, centred)
	var eigen mat.EigenSym
	if !eigen.Factorize(&inner, false) {
		return 0, fmt.Errorf("vae: two-stage-vae: the rows' inner products have no eigenvalues")
	}
	values, sum := eigen.Values(nil), 0. // rising
	for _, v := range values[:max(0, rows-components)] {
		sum += math.Max(v, 0)
	}
	return math.Sqrt(sum / float64(rows*width)), nil
}
