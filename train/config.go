// Package train fits the models of the zoo: batches, schedules, validation, early stopping,
// checkpoints and exact resume.
package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Config is everything that decides the result of a run. Two runs of one binary with equal
// configs and equal data have equal parameters, bit for bit.
type Config struct {
	Model          string   `json:"model"`           // a name of vae.Names
	Data           string   `json:"data"`            // a registered data set or a path
	DataDir        string   `json:"data_dir"`        // where named sets are looked up first after ELBO_DATA
	Label          string   `json:"label"`           // label column of a table
	Labels         int      `json:"labels"`          // training rows that show their class; 0 is all of them
	Drop           []string `json:"drop"`            // columns of a table to leave out
	AllowNaN       bool     `json:"allow_nan"`       // missing cells of a table take the mean of their column
	MaxRows        int      `json:"max_rows"`        // keep this many rows of each part; 0 keeps all
	Epochs         int      `json:"epochs"`          // passes over the training rows
	Batch          int      `json:"batch"`           // rows of a step
	LR             float64  `json:"lr"`              // learning rate of Adam
	LRSchedule     string   `json:"lr_schedule"`     // a kind of optim.ScheduleKinds
	LRWarmup       float64  `json:"lr_warmup"`       // fraction of the run that the rate rises over
	Clip           float64  `json:"clip"`            // bound on the gradient norm; 0 is none
	Net            string   `json:"net"`             // a name of vae.Nets; "" is the usual one of the model
	Channels       []int    `json:"channels"`        // of the stages of a net of images
	Hidden         []int    `json:"hidden"`          // widths of the hidden layers
	Width          int      `json:"width"`           // of dense layers in place of Hidden, or of a first stage in place of Channels; 0 is neither
	Depth          int      `json:"depth"`           // dense layers, or layers or blocks of a stage; 0 is the usual number of the net
	Latent         int      `json:"latent"`          // L
	Posterior      string   `json:"posterior"`       // family of q(z|x), one of vae.PosteriorNames; "" is normal
	FlowSteps      int      `json:"flow_steps"`      // maps of a posterior that is a flow
	Prior          string   `json:"prior"`           // family of p(z), one of vae.PriorNames; "" is normal
	Likelihood     string   `json:"likelihood"`      // "" chooses by the data
	Sigma          float64  `json:"sigma"`           // scale of the gaussian and laplace likelihoods
	Beta           float64  `json:"beta"`            // weight of the KL term
	BetaSchedule   string   `json:"beta_schedule"`   // a kind of vi.ScheduleKinds
	BetaWarmup     float64  `json:"beta_warmup"`     // fraction of the run until β is reached
	BetaCycles     int      `json:"beta_cycles"`     // cycles of the cyclical schedule
	FreeBits       float64  `json:"free_bits"`       // λ, nats a latent dimension or group
	FreeBitsGroup  int      `json:"free_bits_group"` // latent dimensions that share them
	Capacity       float64  `json:"capacity"`        // C, nats that training holds the code to; 0 is β
	CapacityWeight float64  `json:"capacity_weight"` // γ, price of a nat from C
	CapacityWarmup float64  `json:"capacity_warmup"` // fraction of the run that C rises over
	MinRate        float64  `json:"min_rate"`        // δ, least nats of every latent dimension (see vae.Remedies)
	MeanScale      float64  `json:"mean_scale"`      // γ, deviation of the guide's means over data; 0 is free
	Skip           bool     `json:"skip"`            // the decoder sees the code in every layer
	Aggressive     bool     `json:"aggressive"`      // the encoder learns ahead of the decoder (see vi.Aggressive)
	Bound          string   `json:"bound"`           // what training maximises, one of vi.BoundNames; "" is elbo
	Samples        int      `json:"samples"`         // draws of z a datum, M of the ELBO and K of the others
	Groups         int      `json:"groups"`          // M of miwae and piwae, groups of K draws
	Alpha          float64  `json:"alpha"`           // α of renyi
	BoundShare     float64  `json:"bound_share"`     // share of the ELBO in ciwae
	MonteCarloKL   bool     `json:"monte_carlo_kl"`  // estimate the KL divergence from the draws
	Binarize       string   `json:"binarize"`        // "" chooses by data and likelihood
	Patience       int      `json:"patience"`        // epochs without a better validation bound; 0 never stops
	SaveEvery      int64    `json:"save_every"`      // steps between checkpoints within an epoch; 0 is none
	SkipNonfinite  int      `json:"skip_nonfinite"`  // bad steps that may be skipped
	Seed           uint64   `json:"seed"`            // seed of all randomness
	Backend        string   `json:"backend"`         // compute backend

	Options map[string]string `json:"options,omitempty"` // the model's own settings, by name (see vae.Option)
}

// Default returns the settings of the main job: the tutorials' VAE on the embedded digits.
func Default() Config {
	return Config{
		Model: "vae", Data: "digits", Epochs: 20, Batch: 128, LR: 1e-3, LRSchedule: "constant",
		Channels: []int{32, 64}, Hidden: []int{400}, Latent: 20, Posterior: "normal", FlowSteps: 10, Prior: "normal", Sigma: .1, Beta: 1, BetaSchedule: "constant", BetaWarmup: .5,
		BetaCycles: 4, FreeBitsGroup: 1, CapacityWeight: 5, CapacityWarmup: .5, Bound: "elbo", Samples: 1, Groups: 2, Alpha: .5, BoundShare: .5, Seed: 1, Backend: backend.Default,
	}
}

// Limits of what a config may ask for; beyond them a typing mistake is likelier than a wish.
const (
	maxEpochs  = 1_000_000
	maxBatch   = 1 << 20
	maxSamples = 10_000
)

// Validate checks every value that does not depend on the data.
func (c Config) Validate() error {
	for _, v := range []struct {
		name   string
		got    float64
		lo, hi float64
	}{
		{"epochs", float64(c.Epochs), 1, maxEpochs},
		{"batch", float64(c.Batch), 1, maxBatch},
		{"lr", c.LR, 1e-12, 1e3},
		{"lr-warmup", c.LRWarmup, 0, 1},
		{"clip", c.Clip, 0, 1e12},
		{"beta", c.Beta, 0, 1e6},
		{"beta-warmup", c.BetaWarmup, 0, 1},
		{"beta-cycles", float64(c.BetaCycles), 1, maxEpochs},
		{"free-bits", c.FreeBits, 0, 1e6},
		{"free-bits-group", float64(c.FreeBitsGroup), 0, maxEpochs},
		{"capacity", c.Capacity, 0, 1e6},
		{"capacity-weight", c.CapacityWeight, 0, 1e6},
		{"capacity-warmup", c.CapacityWarmup, 0, 1},
		{"samples", float64(c.Samples), 1, maxSamples},
		{"groups", float64(c.Groups), 0, maxSamples},
		{"samples times groups", float64(c.draws()), 1, maxSamples},
		{"patience", float64(c.Patience), 0, maxEpochs},
		{"save-every", float64(c.SaveEvery), 0, math.MaxInt32},
		{"skip-nonfinite", float64(c.SkipNonfinite), 0, maxEpochs},
		{"max-rows", float64(c.MaxRows), 0, math.MaxInt32},
		{"labels", float64(c.Labels), 0, math.MaxInt32},
	} {
		if !(v.got >= v.lo && v.got <= v.hi) {
			return fmt.Errorf("train: %s: got %s, want %s to %s", v.name, text.Decimal(v.got), text.Decimal(v.lo), text.Decimal(v.hi))
		}
	}
	if err := c.kl(1).Validate(); err != nil {
		return err
	}
	if err := c.checkBound(); err != nil {
		return err
	}
	if err := c.rate(1).Validate(); err != nil {
		return err
	}
	if _, known := vae.Lookup(c.Model); known && c.Labels > 0 && !c.Network(Facts{}).Labelled() {
		return fmt.Errorf("train: labels: got %d for model %s, want 0: it makes no use of classes", c.Labels, c.Model)
	}
	if c.Binarize != "" {
		if _, err := data.ParseBinarization(c.Binarize); err != nil {
			return err
		}
	}
	c.Likelihood = cmp.Or(c.Likelihood, c.usualLikelihood(false))
	if err := vae.Check(c.Model, c.Network(Facts{})); err != nil {
		return err
	}
	return c.checkRemedies()
}

// kl is the β schedule of a run of the given number of steps.
func (c Config) kl(total int64) vi.Schedule {
	return vi.Schedule{Kind: c.BetaSchedule, Beta: c.Beta, Warmup: int64(math.Round(c.BetaWarmup * float64(total))),
		Total: total, Cycles: int64(c.BetaCycles), Ramp: .5}
}

// rate is the learning-rate schedule of a run of the given number of steps.
func (c Config) rate(total int64) optim.Schedule {
	return optim.Schedule{Kind: c.LRSchedule, Total: total, Warmup: int64(math.Round(c.LRWarmup * float64(total)))}
}

// Resolve fills in what model and data decide: the net, the likelihood and the binarisation.
// Images get a Bernoulli likelihood with fresh binarisation every step, so that the bound is
// one on a log-likelihood; tables get a Gaussian with a learned scale.
//
// A model that is restricted to some likelihoods gets the last of them where the usual one is
// not among them.
func (c Config) Resolve(s *data.Set) Config {
	network := c.Network(FactsOf(s))
	c.Net, c.Latent, c.Options = network.Net, network.Latent, network.Options
	c.Likelihood = cmp.Or(c.Likelihood, c.usualLikelihood(s.IsImage()))
	if c.Binarize == "" {
		c.Binarize = string(data.BinarizeNone)
		if c.Likelihood == "bernoulli" && s.IsImage() && !data.IsBinary(s.X) {
			c.Binarize = string(data.BinarizeDynamic)
		}
	}
	return c
}

// usualLikelihood is the likelihood of the model where none is asked for.
func (c Config) usualLikelihood(image bool) string {
	usual := "gaussian-learned"
	if image {
		usual = "bernoulli"
	}
	spec, _ := vae.Lookup(c.Model)
	if spec.Fixed != nil && !slices.Contains(spec.Fixed, usual) {
		return spec.Fixed[len(spec.Fixed)-1]
	}
	return usual
}

// Facts is what a network depends on in its data.
type Facts struct {
	Shape   []int // of a row
	Classes int   // number of classes; 0 without
	Rows    int   // number of training rows
}

// FactsOf returns those of a training set.
func FactsOf(s *data.Set) Facts { return Facts{s.Shape, len(s.Classes), s.Len()} }

// factsIn returns those of the data that a run was trained on.
func factsIn(i Info) Facts { return Facts{i.Shape, len(i.Classes), i.Train} }

// Network is the part of the config that shapes the network, for data of which so much is known.
func (c Config) Network(f Facts) vae.Config {
	return vae.Config{Dim: (&data.Set{Shape: f.Shape}).Dim(), Shape: f.Shape, Classes: f.Classes, Rows: f.Rows, Net: c.Net, Channels: c.Channels,
		Hidden: c.Hidden, Width: c.Width, Depth: c.Depth, Latent: c.Latent, Likelihood: c.Likelihood, Sigma: c.Sigma, Posterior: c.Posterior, FlowSteps: c.FlowSteps, Prior: c.Prior, Options: c.Options,
		Remedies: vae.Remedies{MinRate: c.MinRate, MeanScale: c.MeanScale, Skip: c.Skip}}.Resolved(c.Model)
}

// NewNetwork builds the untrained network of a resolved config on its backend.
func (c Config) NewNetwork(f Facts) (*vae.Network, error) {
	b, err := backend.Open(c.Backend)
	if err != nil {
		return nil, err
	}
	return vae.NewNetwork(c.Model, c.Network(f), model.NewParams(b, dtypes.Float32, rng.New(c.Seed)))
}
