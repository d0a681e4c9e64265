package supervised

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/internal/text"
)

// ModelBNN is the name of Bayesian neural nets in configs and on the command line.
const ModelBNN = "bnn"

// Models lists the names of the models whose runs this package reads.
var Models = []string{ModelBNN}

// Config is everything that decides the result of a run. Two runs of one binary with equal
// configs and equal data have equal networks, bit for bit.
type Config struct {
	Model     string   `json:"model"`      // one of Models
	Method    string   `json:"method"`     // one of bnn.Methods
	Data      string   `json:"data"`       // a registered data set or a path
	DataDir   string   `json:"data_dir"`   // where named sets are looked up first after ELBO_DATA
	Target    string   `json:"target"`     // column that is predicted; "" is the label of labelled rows
	Drop      []string `json:"drop"`       // columns that are left out
	AllowNaN  bool     `json:"allow_nan"`  // missing cells of other columns take the mean of their column
	MaxRows   int      `json:"max_rows"`   // keep this many rows of each part; 0 keeps all
	Epochs    int      `json:"epochs"`     // passes over the training rows; 0 is what makes 3,000 steps
	Batch     int      `json:"batch"`      // rows of a step; 0 chooses by the number of rows
	LR        float64  `json:"lr"`         // learning rate of Adam at the start
	Hidden    []int    `json:"hidden"`     // widths of the hidden layers
	Head      string   `json:"head"`       // one of bnn.Heads; "" chooses by the target
	Prior     string   `json:"prior"`      // one of bnn.PriorKinds
	PriorSD   float64  `json:"prior_sd"`   // standard deviation of the prior
	Estimator string   `json:"estimator"`  // one of bnn.Estimators
	Axes      string   `json:"axes"`       // one of bnn.AxesKinds; "" chooses
	Evidence  string   `json:"evidence"`   // one of Evidences: whether the evidence chooses prior and noise; "" chooses
	Noise     float64  `json:"noise"`      // known standard deviation of the target; 0: learned
	Members   int      `json:"members"`    // networks of an ensemble
	Dropout   float64  `json:"dropout"`    // probability that a hidden unit is left out
	Draws     int      `json:"draws"`      // weight draws of a prediction
	SaveEvery float64  `json:"save_every"` // seconds between checkpoints; 0 is one an epoch
	Seed      uint64   `json:"seed"`       // seed of all randomness
	Backend   string   `json:"backend"`    // compute backend
}

// Evidences lists the answers to whether the evidence chooses the prior's deviation and a learned
// noise. Where it can it does unless told otherwise: intervals of the mode's own are far too narrow.
var Evidences = []string{"on", "off"}

// evidence tells whether it does. Sampled weights of the wide prior that it gives the diagonal method
// tell no classes apart.
func (c Config) evidence() bool {
	if c.Evidence != "" || c.Method == "laplace" && c.Classifies() {
		return c.Evidence == "on"
	}
	return slices.Contains(bnn.EvidenceMethods, c.Method)
}

// Default returns the settings of a first run: a table of one noisy curve. Those that depend on
// the number of rows are left 0.
func Default() Config {
	b := bnn.Config{}.Resolved(1, 1)
	return Config{
		Model: ModelBNN, Method: b.Method, Data: "noisy-cubic", LR: b.LR, Hidden: b.Hidden,
		Prior: b.Prior.Kind, PriorSD: b.Prior.SD, Estimator: b.Estimator, Members: b.Members,
		Dropout: b.Dropout, Draws: b.Draws, SaveEvery: 5, Seed: 1, Backend: backend.Default,
	}
}

// Limits of what a config may ask for; beyond them a typing mistake is likelier than a wish.
const (
	maxEpochs = 1_000_000
	maxBatch  = 1 << 20
	maxDraws  = 100_000
	maxWidth  = 1 << 16
)

// Validate checks every value that does not depend on the data.
func (c Config) Validate() error {
	if !slices.Contains(Models, c.Model) {
		return fmt.Errorf("supervised: model: got %q, want %s", c.Model, strings.Join(Models, ", "))
	}
	for _, v := range []struct {
		name   string
		got    float64
		lo, hi float64
	}{
		{"max-rows", float64(c.MaxRows), 0, math.MaxInt32},
		{"epochs", float64(c.Epochs), 0, maxEpochs},
		{"batch", float64(c.Batch), 0, maxBatch},
		{"lr", c.LR, 1e-12, 1e3},
		{"prior-sd", c.PriorSD, 1e-6, 1e6},
		{"noise", c.Noise, 0, 1e30},
		{"members", float64(c.Members), 1, maxDraws},
		{"dropout", c.Dropout, 0, .999},
		{"draws", float64(c.Draws), 1, maxDraws},
		{"save-every", c.SaveEvery, 0, 1e9},
	} {
		if !(v.got >= v.lo && v.got <= v.hi) {
			return fmt.Errorf("supervised: %s: got %s, want %s to %s", v.name, text.Decimal(v.got), text.Decimal(v.lo), text.Decimal(v.hi))
		}
	}
	if c.Evidence != "" && !slices.Contains(Evidences, c.Evidence) {
		return fmt.Errorf("supervised: evidence: got %q, want one of %s", c.Evidence, strings.Join(Evidences, ", "))
	}
	for i, w := range c.Hidden {
		if w < 1 || w > maxWidth {
			return fmt.Errorf("supervised: width of hidden layer %d: got %d, want 1 to %d", i, w, maxWidth)
		}
	}
	return c.net(false).Validate()
}

// net is the part of the config that shapes and fits the network; raw takes columns as they are.
func (c Config) net(raw bool) bnn.Config {
	return bnn.Config{
		Method: c.Method, Estimator: c.Estimator, Axes: c.Axes, Evidence: c.evidence(), Prior: bnn.Prior{Kind: c.Prior, SD: c.PriorSD}, Head: c.Head,
		Hidden: c.Hidden, Noise: c.Noise, Dropout: c.Dropout, Members: c.Members, Epochs: c.Epochs, Batch: c.Batch,
		LR: c.LR, Draws: c.Draws, Raw: raw, Seed: c.Seed, Backend: c.Backend,
	}
}

// Resolve fills in what the table decides: target, head, and the axes, batches and epochs that are
// left 0.
func (c Config) Resolve(t *Table) Config {
	c.Target, c.Head = t.Target, t.Head
	b := c.net(t.Image).Resolved(len(t.Train.Y), t.Splits.Train.Dim())
	c.Epochs, c.Batch, c.Axes = b.Epochs, b.Batch, b.Axes
	c.Evidence = map[bool]string{true: "on", false: "off"}[c.evidence()]
	return c
}

// Classifies tells whether the target of a resolved config is a class.
func (c Config) Classifies() bool { return c.Head == headClasses }

// headClasses is the head of classes among bnn.Heads.
const headClasses = "classes"
