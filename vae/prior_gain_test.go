package vae_test

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
)

// Eight clusters on a ring: of radius 2, normal with standard deviation .15.
const (
	ringClusters = 8
	ringRadius   = 2
	ringSD       = .15
)

// ring draws rows of two numbers from the clusters.
func ring(n int, key rng.Key) []float32 {
	x, which := make([]float32, 2*n), make([]float32, n)
	key.Named("place").Normal(x)
	key.Named("cluster").Uniform(which)
	for i, u := range which {
		sin, cos := math.Sincos(2 * math.Pi * math.Floor(float64(u)*ringClusters) / ringClusters)
		x[2*i], x[2*i+1] = float32(ringRadius*cos+ringSD*float64(x[2*i])), float32(ringRadius*sin+ringSD*float64(x[2*i+1]))
	}
	return x
}

// ringEntropy is −E ln p(x), to the overlap of neighbours, which are 10 standard deviations apart.
var ringEntropy = math.Log(ringClusters) + math.Log(2*math.Pi*math.E*ringSD*ringSD)

// TestMixturePriorsFitClusters trains equal nets for 1,500 steps on 4,000 rows of clusters. A code
// N(0, I) has to be torn apart by the decoder; mixtures, learned or of pseudo-inputs, may be there at
// once. They have to be better by 1 nat of −ln p(x) of 1,000 new rows, 40 times the error over the
// rows, and none beats the entropy of the truth by four of those errors.
func TestMixturePriorsFitClusters(t *testing.T) {
	x, test := ring(4000, rng.New(1)), ring(1000, rng.New(2))
	got := map[string]float64{}
	for _, prior := range []string{"normal", "mixture", "vamp"} {
		c := vae.Config{Dim: 2, Hidden: []int{32}, Latent: 2, Likelihood: "gaussian", Sigma: ringSD, Prior: prior}
		if prior != "normal" {
			c.Options = map[string]string{"components": "32"}
		}
		n := zoo.Trained(t, "vae", c, x, 1500, 5e-3, 1)
		r := zoo.NLL(t, n, test, 500)
		t.Logf("%s: −ln p(x) %.3f ± %.3f (rows) ± %.3f (draws), entropy %.3f", prior, r.NLL, r.DataStdErr, r.StdErr, ringEntropy)
		got[prior] = r.NLL
		if r.NLL < ringEntropy-4*r.DataStdErr {
			t.Errorf("%s: −ln p(x) %.3f, want at least the entropy %.3f", prior, r.NLL, ringEntropy)
		}
	}
	for _, prior := range []string{"mixture", "vamp"} {
		if !(got[prior] < got["normal"]-1) {
			t.Errorf("%s: −ln p(x) %.3f, want at least 1 below that of N(0, I), %.3f", prior, got[prior], got["normal"])
		}
	}
}
