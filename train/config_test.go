package train

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
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
	gray, rows := stripes(10, rng.New(1)), table(10, rng.New(1))
	bits := stripes(10, rng.New(1))
	for i, v := range bits.X {
		bits.X[i] = float32(math.Round(float64(v)))
	}
	if c := Default().Resolve(gray); c.Likelihood != "bernoulli" || c.Binarize != "dynamic" {
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
	if c = c.Resolve(gray); c.Likelihood != "laplace" || c.Binarize != "threshold" {
		t.Errorf("set values changed to %s, %s", c.Likelihood, c.Binarize)
	}
}

// A stored config is read strictly, and a directory without one is no run.
func TestReadConfig(t *testing.T) {
	c, s := tiny()
	c.Epochs = 1
	_, dir := start(t, c, s, Observer{})
	got, info, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Latent != c.Latent || got.Likelihood != "bernoulli" || info.Train != 150 || info.Params == 0 || len(info.Fingerprint) != 64 {
		t.Errorf("config %+v, info %+v", got, info)
	}
	if _, _, err := ReadConfig(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no run directory") {
		t.Errorf("empty directory: %v", err)
	}
	file := filepath.Join(dir, configFile)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "{", "[]", `{"epochs": 1, "surprise": 2}`, strings.Replace(string(good), `"latent": 3`, `"latent": 0`, 1)} {
		if err := os.WriteFile(file, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ReadConfig(dir); err == nil {
			t.Errorf("accepted %.40q", bad)
		}
	}
}

// A history is cut to what belongs to a checkpoint, and a damaged line is named.
func TestHistory(t *testing.T) {
	h := &history{filepath.Join(t.TempDir(), "metrics.jsonl")}
	if got, err := h.read(); err != nil || got != nil {
		t.Errorf("absent: %v, %v", got, err)
	}
	if err := h.cut(0); err != nil {
		t.Error(err)
	}
	var sizes []int64
	for i := range 3 {
		n, err := h.append(vi.Epoch{Epoch: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	if err := h.cut(sizes[1]); err != nil {
		t.Fatal(err)
	}
	got, err := h.read()
	if err != nil || len(got) != 2 || got[1].Epoch != 2 {
		t.Errorf("after the cut: %v, %v", got, err)
	}
	if err := h.cut(1 << 40); err != nil {
		t.Errorf("cut beyond the end: %v", err)
	}
	if err := os.WriteFile(h.path, []byte("{}\nnot json\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.read(); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("damaged: %v", err)
	}
}
