package vae_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// line is the density of a prior of one-dimensional codes on a grid of −30 to 30 and its sum there;
// the rule of rectangles is exact for smooth functions that vanish at both ends.
func line(t *testing.T, n *vae.Network) (density []float64, total float64) {
	t.Helper()
	const cells, h = 6000, .01
	z := make([]float64, 2*cells)
	for i := range z[:cells] {
		z[i] = h * (float64(i) - cells/2)
	}
	prog := model.NewProgram(n.Params, "prior density", densityOf(n))
	density = tk.Values(t, prog, rng.New(1), tk.Matrix(z[:cells], cells, 1))[0]
	for _, p := range density {
		total += p * h
	}
	return density, total
}

func TestMixturePriorsIntegrateToOne(t *testing.T) {
	for _, name := range []string{"mixture", "vamp"} {
		for _, k := range []string{"1", "2", "40"} {
			c := priorConfig(name)
			c.Latent, c.Options = 1, map[string]string{"components": k}
			n := zoo.Network(t, "vae", c, dtypes.Float64)
			if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), make([]float32, 5), rng.New(1), 1); err != nil {
				t.Fatal(err)
			}
			zoo.Moved(t, n.Params)
			_, total := line(t, n)
			tk.Close(t, name+" of "+k+" components: mass", total, 1, 1e-10)
		}
	}
}

// New codes have mean 0 and variance 1 by the prior, up to the spread of the first means: with K
// means of variance τ² per dimension that is τ²√(2/K) and τ/√K, five of which fail with
// probability 1e-5.
func TestMixtureStartsNearTheNormalPrior(t *testing.T) {
	c := priorConfig("mixture")
	c.Options = map[string]string{"components": "2000"}
	n := zoo.Network(t, "vae", c, dtypes.Float64)
	out := tk.Values(t, model.NewProgram(n.Params, "moments", momentsOf(n)), rng.New(1))
	const tau2 = vae.MixtureSpread * vae.MixtureSpread
	for j := range 2 {
		tk.Close(t, "mean", out[0][j], 0, 5*vae.MixtureSpread/math.Sqrt(2000))
		tk.Close(t, "variance", out[1][j], 1, 5*tau2*math.Sqrt(2./2000))
	}
}

func TestWrongSettingsOfPriorsAreErrors(t *testing.T) {
	for want, change := range map[string]func(c *vae.Config){
		"components: got \"0\", want a whole number from 1": func(c *vae.Config) { c.Options["components"] = "0" },
		"components: got \"2.5\"":                           func(c *vae.Config) { c.Options["components"] = "2.5" },
		"components: got \"many\"":                          func(c *vae.Config) { c.Options["components"] = "many" },
		"pseudo: got \"zeros\", want one of rows, noise":    func(c *vae.Config) { c.Options["pseudo"] = "zeros" },
		"weights for rows of 200000 values":                 func(c *vae.Config) { c.Options["components"], c.Dim = "16384", 200_000 },
	} {
		c := priorConfig("vamp")
		change(&c)
		if _, err := vae.New("vae", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// Every model whose prior may be chosen has the settings of the priors, once.
func TestModelsWithPriorsHaveTheirSettings(t *testing.T) {
	seen := 0
	for _, s := range vae.Specs() {
		count := map[string]int{}
		for _, o := range s.Options {
			count[o.Name]++
		}
		if s.Priors {
			seen++
		}
		for _, o := range vae.PriorOptions {
			if s.Priors && count[o.Name] != 1 {
				t.Errorf("%s: got the setting %s %d times, want it once", s.Name, o.Name, count[o.Name])
			}
		}
	}
	if seen < 2 {
		t.Errorf("got %d models whose prior may be chosen, want vae and conv-vae at least", seen)
	}
}
