package train

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestConfigValidate(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*Config){
		"epochs":      func(c *Config) { c.Epochs = 0 },
		"batch":       func(c *Config) { c.Batch = -1 },
		"lr":          func(c *Config) { c.LR = math.NaN() },
		"lr-warmup":   func(c *Config) { c.LRWarmup = 2 },
		"clip":        func(c *Config) { c.Clip = -1 },
		"beta":        func(c *Config) { c.Beta = math.Inf(1) },
		"beta-warmup": func(c *Config) { c.BetaWarmup = -1 },
		"beta-cycles": func(c *Config) { c.BetaCycles = 0 },
		"free-bits":   func(c *Config) { c.FreeBits = math.NaN() },
		"samples":     func(c *Config) { c.Samples = 0 },
		"patience":    func(c *Config) { c.Patience = -1 },
		"β schedule":  func(c *Config) { c.BetaSchedule = "maybe" },
		"learning-":   func(c *Config) { c.LRSchedule = "maybe" },
		"binarisat":   func(c *Config) { c.Binarize = "maybe" },
		"likelihood":  func(c *Config) { c.Likelihood = "maybe" },
		"model":       func(c *Config) { c.Model = "maybe" },
		"latent":      func(c *Config) { c.Latent = 0 },
		"hidden":      func(c *Config) { c.Hidden = []int{0} },
		"sigma":       func(c *Config) { c.Sigma = -1 },
	} {
		c := Default()
		edit(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it", name, err)
		}
	}
}

// Images get a Bernoulli likelihood on fresh bits, 0/1 images are left alone, tables get a
// Gaussian with a learned scale; what is set is kept.
func TestResolve(t *testing.T) {
	grey, rows := stripes(10, rng.New(1)), table(10, rng.New(1))
	bits := stripes(10, rng.New(1))
	for i, v := range bits.X {
		bits.X[i] = float32(math.Round(float64(v)))
	}
	if c := Default().Resolve(grey); c.Likelihood != "bernoulli" || c.Binarize != "dynamic" {
		t.Errorf("grey images: %s, %s", c.Likelihood, c.Binarize)
	}
	if c := Default().Resolve(bits); c.Likelihood != "bernoulli" || c.Binarize != "none" {
		t.Errorf("binary images: %s, %s", c.Likelihood, c.Binarize)
	}
	if c := Default().Resolve(rows); c.Likelihood != "gaussian-learned" || c.Binarize != "none" {
		t.Errorf("table: %s, %s", c.Likelihood, c.Binarize)
	}
	c := Default()
	c.Likelihood, c.Binarize = "laplace", "threshold"
	if c = c.Resolve(grey); c.Likelihood != "laplace" || c.Binarize != "threshold" {
		t.Errorf("set values changed to %s, %s", c.Likelihood, c.Binarize)
	}
}
