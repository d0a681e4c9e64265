package curved

import (
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
)

// treeNodes are the nodes of a binary tree of six levels in 50 dimensions: each is its parent and
// N(0, I), the root is 0 (Mathieu et al. 2019, section 5.1).
func treeNodes(dim int) [][]float64 {
	nodes := [][]float64{make([]float64, dim)}
	for i := 1; i < 63; i++ {
		y := make([]float64, dim)
		rng.New(5).At(uint64(i)).NormalFloat64(y)
		for j, v := range nodes[(i-1)/2] {
			y[j] += v
		}
		nodes = append(nodes, y)
	}
	return nodes
}

// treeRows are nodes drawn evenly, each with noise N(0, I).
func treeRows(n, dim int, key rng.Key) []float32 {
	nodes, pick := treeNodes(dim), key.Rand()
	x := make([]float32, n*dim)
	key.Named("noise").Normal(x)
	for i := range n {
		for j, v := range nodes[pick.IntN(len(nodes))] {
			x[i*dim+j] += float32(v)
		}
	}
	return x
}

// TestATreeFitsHyperbolicSpaceBetter: with two values a code, noisy nodes of a tree have a likelihood
// under codes of curvature −1 that codes of the plane do not reach with a decoder of as many units,
// nor codes of nearly no curvature with the very same decoder (Mathieu et al. 2019, table 1, have
// less of a gain in the same sense). The margin on 500 new rows is 2 nats. The curvature is the usual
// one, the number of steps what the time of a test allows.
func TestATreeFitsHyperbolicSpaceBetter(t *testing.T) {
	const dim = 50
	x, test := treeRows(4000, dim, rng.New(1)), treeRows(500, dim, rng.New(2))
	got := map[string]float64{}
	for _, curvature := range []string{"plane", "0.001", "1"} {
		name, c := "vae", vae.Config{Dim: dim, Hidden: []int{100}, Latent: 2, Likelihood: "gaussian", Sigma: 1}
		if curvature != "plane" {
			name, c.Options = "poincare-vae", map[string]string{"curvature": curvature}
		}
		n := zoo.Trained(t, name, c, x, 1000, 5e-3, 1)
		r := zoo.NLL(t, n, test, 200)
		t.Logf("%s, curvature %s: −ln p(x) %.3f ± %.3f (rows) ± %.3f (draws)", name, curvature, r.NLL, r.DataStdErr, r.StdErr)
		got[curvature] = r.NLL
	}
	for _, flat := range []string{"plane", "0.001"} {
		if !(got["1"] < got[flat]-2) {
			t.Errorf("−ln p(x): got %.3f, want 2 below that of %s, %.3f", got["1"], flat, got[flat])
		}
	}
}
