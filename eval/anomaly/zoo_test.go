package anomaly

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vae"
)

// zoo is a small untrained network of a model, of images where it takes them; nil where it wants more
// than this test knows of.
func zoo(t testing.TB, spec vae.Spec) (*vae.Network, []float32) {
	t.Helper()
	for _, c := range []vae.Config{
		{Dim: 64, Shape: []int{8, 8}, Channels: []int{4}, Hidden: []int{6}, Likelihood: "bernoulli"},
		{Dim: 256, Shape: []int{16, 16}, Channels: []int{4}, Hidden: []int{6}, Likelihood: "bernoulli"},
		{Dim: 6, Shape: []int{6}, Hidden: []int{6}, Likelihood: "gaussian"},
		{Dim: 6, Shape: []int{6}, Hidden: []int{6}, Likelihood: vae.Density},
	} {
		c.Latent, c.Sigma, c.Classes, c.Rows, c.FlowSteps, c.Options = 3, .5, 3, 40, 2, spec.Small()
		n, err := vae.NewNetwork(spec.Name, c, testkit.Params(t, dtypes.Float32))
		if err != nil {
			continue
		}
		x := make([]float32, 40*n.Width())
		rng.New(1).Uniform(x)
		for i := range x {
			if i%n.Width() == c.Dim {
				x[i] = float32(i % 3)
			}
		}
		return n, x
	}
	return nil, nil
}

// Every model has scores, all of those that it says it has are finite numbers of every row, and a row's
// score is its own: rows beside it do not matter.
func TestEveryModelHasScores(t *testing.T) {
	models := 0
	for _, spec := range vae.Specs() {
		n, x := zoo(t, spec)
		if n == nil {
			t.Logf("%s: not built by this test", spec.Name)
			continue
		}
		models++
		w := n.Width()
		s := Subject{Net: n, Shape: n.Config.Shape, Reference: x, Background: n, Members: []*vae.Network{n}, Draws: 2, Weights: 2}
		var names []string
		for _, score := range Scores() {
			if score.Check(s) != nil {
				continue
			}
			names = append(names, score.Name)
			v := scores(t, score.Name, s, x[:8*w])
			if len(v) != 8 {
				t.Errorf("%s, %s: got %d scores, want 8", spec.Name, score.Name, len(v))
			}
			for i, u := range v {
				if math.IsNaN(u) || math.IsInf(u, 0) {
					t.Errorf("%s, %s: row %d: got %v, want a finite number", spec.Name, score.Name, i, u)
				}
			}
		}
		if len(names) < 3 {
			t.Errorf("%s has the scores %v alone, want some", spec.Name, names)
		}
		t.Logf("%s: %d scores", spec.Name, len(names))
	}
	if models < 8 {
		t.Errorf("got %d models, want most of the registry", models)
	}
}

// Where the guide is a point mass, KL(q ‖ p) = −ln p(c) is the score codes, and the bound is −ln p(x|c) −
// ln p(c): so for two models at least. Of a prior that knows nothing the score is L ln K.
func TestScoresOfIndices(t *testing.T) {
	points := 0
	for _, spec := range vae.Specs() {
		n, x := zoo(t, spec)
		if n == nil || !(Subject{Net: n}).has(NeedsIndices) {
			continue
		}
		s := Subject{Net: n, Shape: n.Config.Shape}
		count, values := spec.Indices(n.Config)
		codes, rec, kl, elbo := scores(t, "codes", s, x), scores(t, "reconstruction", s, x), scores(t, "kl", s, x), scores(t, "elbo", s, x)
		same := true
		for i := range codes {
			near(t, spec.Name+": elbo", elbo[i], rec[i]+kl[i], 1e-4) // the network is in float32
			same = same && math.Abs(kl[i]-codes[i]) <= 1e-4*(1+codes[i])
			if most := float64(count) * math.Log(float64(values)); codes[i] <= 0 || codes[i] > 3*most+5 {
				t.Errorf("%s: row %d: got %v nats, want about %v of an untrained prior", spec.Name, i, codes[i], most)
			}
		}
		if same {
			points++
		}
	}
	if points < 2 {
		t.Errorf("the score codes is the divergence of %d models, want two at least", points)
	}
}
