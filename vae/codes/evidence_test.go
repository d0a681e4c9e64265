package codes

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// One place of four codes can be enumerated: ln p(x) = ln Σ_k p(k) p(x|k), under the uniform prior and a
// learned one, with a guide that is not the posterior. 4,000 weights a row find it within 5 standard
// errors (8 rows in all: a false alarm in 200,000).
func TestTheEvidenceOfDiscreteCodesIsThatOfEnumeration(t *testing.T) {
	for _, prior := range []string{"uniform", "pixelcnn"} {
		c := vae.Config{Dim: 5, Hidden: []int{6}, Net: "mlp", Latent: 1, Likelihood: "bernoulli", Sigma: 1,
			Options: map[string]string{"codes": "4", "code-dim": "3", "code-prior": prior, "prior-layers": "1", "prior-channels": "2"}}
		n := zoo.Network(t, "gumbel-vae", c, dtypes.Float64)
		x := []float32{1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0}
		const k = 4000
		sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, k, rng.New(3)))
		in := make([][]float64, 4)
		for i, v := range x {
			in[i/5] = append(in[i/5], float64(v))
		}
		out := tk.Values(t, model.NewProgram(n.Params, "codes", func(s *model.Scope, in []*g.Node) []*g.Node {
			codes := vae.Code{Z: g.Const(s.Graph(), [][]float64{{0}, {1}, {2}, {3}})}
			var each []*g.Node
			for i := range 4 {
				row := g.BroadcastToDims(g.Slice(in[0], g.AxisRange(i, i+1)), 4, 5)
				each = append(each, g.ReduceSum(n.Model.(vae.Decoder).Decode(s, codes).LogProb(row), -1))
			}
			return append(each, g.ReduceSum(chosen(s, n.Model.(vae.Ancestral).Next(s, codes), codes.Z), -1))
		}), rng.New(1), zoo.Rows(in))
		total := 0.
		for i, sum := range sums {
			p := 0.
			for code := range 4 {
				p += math.Exp(out[4][code] + out[i][code])
			}
			tk.Close(t, prior+": ln p(x)", sum.LogEvidence(), math.Log(p), 5*sum.StdErr()+1e-9)
			if sum.K() != k {
				t.Errorf("%s: got %d weights, want %d", prior, sum.K(), k)
			}
		}
		for code := range 4 {
			total += math.Exp(out[4][code])
		}
		tk.Close(t, prior+": sum of p(z)", total, 1, 1e-12)
	}
}

// Codes with a class: draws of a row keep its class.
func TestTheEvidenceOfDiscreteCodesWithAClass(t *testing.T) {
	c := vae.Config{Dim: 5, Hidden: []int{6}, Net: "mlp", Latent: 1, Classes: 3, Likelihood: "bernoulli", Sigma: 1,
		Options: map[string]string{"codes": "4", "code-dim": "3", "prior-classes": "true", "prior-layers": "1", "prior-channels": "2"}}
	n := zoo.Network(t, "gumbel-vae", c, dtypes.Float64)
	row := []float32{1, 0, 0, 1, 1}
	var apart []float64
	for class := range 3 {
		x := append(append([]float32(nil), row...), float32(class))
		apart = append(apart, zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, 500, rng.New(3)))[0].LogEvidence())
	}
	var all []float32
	for class := range 3 {
		all = append(append(all, row...), float32(class))
	}
	for class, s := range zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), all, 20_000, rng.New(4))) {
		tk.Close(t, "ln p(x|class)", apart[class], s.LogEvidence(), .05) // 500 weights with a deviation of about .2
	}
	if apart[0] == apart[1] {
		t.Error("two classes have the same ln p(x)")
	}
}

// A guide that is a point mass has no weights, and says so.
func TestPointMassesHaveNoEvidence(t *testing.T) {
	n := zoo.Network(t, "vq-vae", ofMaps("vq-vae", nil), dtypes.Float32)
	_, err := n.LogEvidence(t.Context(), zoo.Uniform(96), 5, rng.New(1))
	if err == nil || !strings.Contains(err.Error(), "model vq-vae cannot bound") || n.HasEvidence() {
		t.Errorf("got %v, want an error that names the model", err)
	}
	if !zoo.Network(t, "vae", zoo.Small, dtypes.Float32).HasEvidence() {
		t.Error("a VAE has an evidence")
	}
}
