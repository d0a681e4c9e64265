// Package vae is the zoo of neural latent-variable models. A model is one file that states
// its formula, registers itself and implements [Model] plus the abilities it has; everything
// else (training, evaluation, plots, the command line, the table of models) finds it through
// the registry and asks for abilities by type assertion.
//
// The package holds what all models share, and the plain ones; families have rooms of their own below it,
// which [github.com/elbo-go/elbo/vae/all] lists. A model may be in any package:
//
//	func init() {
//		vae.Register(vae.Spec{Name: "my-vae", Nets: nets.Names(), New: func(c vae.Config) vae.Model {
//			return vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored}
//		}})
//	}
package vae

import (
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

// Config is what a model is built from.
type Config struct {
	Dim        int     `json:"dim"`             // D, values of a datum
	Shape      []int   `json:"shape"`           // of a datum: H×W or H×W×C of an image; nets of images need it
	Net        string  `json:"net"`             // a name of [Nets]; "" is the first one of the model
	Channels   []int   `json:"channels"`        // of the stages of a net of images; the last one serves all that follow
	Hidden     []int   `json:"hidden"`          // widths of the encoder's hidden layers; the decoder mirrors them
	Width      int     `json:"width,omitempty"` // of dense layers, or channels of a first stage, in place of the two above; 0 is none
	Depth      int     `json:"depth,omitempty"` // dense layers, or blocks of a stage; 0 is the usual one of the net
	Latent     int     `json:"latent"`          // L
	Likelihood string  `json:"likelihood"`      // a name of [Likelihoods]
	Classes    int     `json:"classes"`         // C, number of classes of the data; 0 without
	Rows       int     `json:"rows"`            // N, number of training rows; 0 where it does not matter
	Sigma      float64 `json:"sigma"`           // scale of the gaussian and laplace likelihoods (λ = σ²)
	Posterior  string  `json:"posterior"`       // a name of [PosteriorNames]; "" is normal
	FlowSteps  int     `json:"flow_steps"`      // maps of a posterior that is a flow
	Prior      string  `json:"prior"`           // a name of [PriorNames]; "" is normal

	Remedies Remedies          `json:"remedies"`          // against posterior collapse
	Options  map[string]string `json:"options,omitempty"` // the model's own settings, by name (see [Option])

	model string // name of the model that is built from it
	// guide is q(z|x) of a model that has another than the net's and a prior that asks for it; nil is the net's
	guide func(s *model.Scope, x *g.Node) dist.Normal
}

// ModelName returns the name of the model that a resolved configuration builds.
func (c Config) ModelName() string { return c.model }

// Model gives the terms of its bound for a batch.
type Model interface {
	// Terms returns the terms of the bound of a batch under an estimator.
	Terms(s *model.Scope, b Batch, e vi.Estimator) vi.Terms
}

// Encoder maps data to the mean and variance of their codes, B×L each. A deterministic
// encoder has variance 0.
type Encoder interface {
	// Encode returns the moments of the codes of a batch.
	Encode(s *model.Scope, b Batch) (mean, variance *g.Node)
}

// Decoder maps codes, B×L, to p(x|z).
type Decoder interface {
	// Decode returns the distribution of data given their codes.
	Decode(s *model.Scope, c Code) dist.Distribution
}

// Probabilistic models have a guide and a prior, and so a bound on the evidence.
type Probabilistic interface {
	// Latent returns guide, prior and decoder at a batch.
	Latent(s *model.Scope, b Batch) vi.Latent
}

// Generator has a prior to draw n codes from, n×L.
type Generator interface {
	// Prior returns the distribution of n codes.
	Prior(s *model.Scope, n int) dist.Distribution
}

// Conditional models have a prior of the codes of a class.
type Conditional interface {
	// PriorOf returns p(z|y) of rows with the given classes, n.
	PriorOf(s *model.Scope, label *g.Node) dist.Distribution
}

// Spec describes a model to the registry.
type Spec struct {
	Name      string             // as on the command line
	Summary   string             // one line
	Paper     string             // "Author year"
	Sections  string             // sections of the specification
	Measured  string             // what a test or benchmark measured
	Test      string             // where
	Fixed     []string           // likelihoods it is restricted to; nil means all
	Square    bool               // a code has as many values as a row
	Tables    bool               // rows are those of a table, not images
	Weights   func(Config) int64 // number of weights; nil is that of the net
	Nets      []string           // nets it can be built from, the usual one first; nil: its networks are its own
	Pairs     bool               // a step compares the codes of all pairs of its rows, arrays of B×B×L
	Labels    bool               // rows and codes end with their class, which the model makes use of
	Labelled  int                // rows that show their class which a step has beside its batch (see [Batch.Labelled])
	Options   []Option           // settings of its own
	Scheduled bool               // its terms depend on the share of the steps that is done: epochs cannot be added
	Flows     bool               // q(z|x) may be a flow
	Priors    bool               // p(z) may be another than N(0, I)
	MinLatent int                // fewest values of a code; 0 is 1
	Surrogate []string           // scopes that descend a surrogate, not the loss at its draws: these are accepted or refused, or rounded
	Momentum  float64            // β₁ of Adam; 0 is the usual .9
	Unranked  bool               // what it reports does not rank its epochs: the last one counts
	Gaussian  bool               // q(z|x) is that of [Config.GaussianGuide] or its heads, which [Remedies] can shape
	Usual     Usual              // settings of training where nobody says otherwise
	// Stages are those of its training; nil is a single one.
	Stages func(Config) []Stage
	// Indices tells how many whole numbers below which number a code is made of, for models whose codes
	// are indices; nil is a code of real numbers (see [Ancestral]).
	Indices func(Config) (count, values int)
	// CodeSize is L where the model's own settings decide it, of a checked configuration with data; nil: it
	// is the latent size that all models have.
	CodeSize func(Config) int
	// Layers tells whether the model has layers of the hidden widths, of a resolved configuration; nil: it has.
	Layers func(Config) bool
	Check  func(Config) error // what else is wrong with options that are each within their bounds; nil is nothing
	New    func(Config) Model // builds the model from a checked configuration
}

// Usual are settings of the training of a model where nobody says otherwise; 0 is what all models have.
type Usual struct {
	Beta     float64 // weight of the KL term
	Capacity float64 // nats that the code is to carry
	LR       float64 // learning rate
	Epochs   int     // passes over the training rows
	Latent   int     // L, where the model is one of few dimensions
}

var registry = map[string]Spec{}

// Register adds a model; it panics on a name that is taken, a mistake in the program.
func Register(s Spec) {
	if _, ok := registry[s.Name]; ok || s.Name == "" || s.New == nil {
		panic(fmt.Sprintf("vae: model %q: registered twice or incomplete", s.Name))
	}
	s = s.withPriors()
	registry[s.Name] = s
	describe(s)
}

// Specs lists the models by name.
func Specs() []Spec {
	out := make([]Spec, 0, len(registry))
	for _, s := range registry {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Lookup returns the model of a name.
func Lookup(name string) (Spec, bool) {
	s, ok := registry[name]
	return s, ok
}

// Names lists the names of the models.
func Names() []string {
	var out []string
	for _, s := range Specs() {
		out = append(out, s.Name)
	}
	return out
}

// MaxWidth bounds layer widths and latent sizes (see [nets.MaxWidth]).
const MaxWidth = nets.MaxWidth

// MaxWeights bounds the weights of a network: with their gradients and the two moments of
// Adam they take 8 GiB.
const MaxWeights = 1 << 29

// Resolved returns the configuration with what the named model fills in.
func (c Config) Resolved(name string) Config {
	s := registry[name]
	if c.Net == "" && len(s.Nets) > 0 {
		c.Net = s.Nets[0]
	}
	if s.Square && c.Dim > 0 {
		c.Latent = c.Dim
	}
	c.Options, c.model = s.withOptions(c.Options), name
	c = c.sized()
	if s.Indices != nil && c.Dim > 0 && c.checkOptions(s) == nil && c.checkNet(s) == nil && c.NetConfig().CheckShape(name) == nil {
		c.Latent, _ = s.Indices(c)
	}
	if s.CodeSize != nil && c.Dim > 0 && c.checkOptions(s) == nil && c.checkNet(s) == nil && c.NetConfig().CheckShape(name) == nil {
		c.Latent = s.CodeSize(c)
	}
	return c
}

// Check tells whether the named model can be built, as far as that does not depend on data.
func Check(name string, c Config) error {
	spec, ok := registry[name]
	if !ok {
		return fmt.Errorf("vae: model: got %q, want one of %s", name, strings.Join(Names(), ", "))
	}
	if least := max(1, spec.MinLatent); c.Latent < least || c.Latent > MaxWidth {
		return fmt.Errorf("vae: %s: latent size: got %d, want %d to %d", name, c.Latent, least, MaxWidth)
	}
	c = c.Resolved(name)
	if err := c.NetConfig().CheckSize(name); err != nil {
		return err
	}
	for i, w := range c.Hidden {
		if w < 1 || w > MaxWidth {
			return fmt.Errorf("vae: %s: width of hidden layer %d: got %d, want 1 to %d", name, i, w, MaxWidth)
		}
	}
	if err := tooLarge(name, c.NetConfig().DenseWeights(1), 1); err != nil {
		return err
	}
	if err := c.checkNet(spec); err != nil {
		return err
	}
	if err := c.checkPosterior(spec); err != nil {
		return err
	}
	if err := c.checkOptions(spec); err != nil {
		return err
	}
	if spec.Check != nil {
		if err := spec.Check(c); err != nil {
			return err
		}
	}
	if err := c.checkPrior(spec); err != nil {
		return err
	}
	if err := c.checkRemedies(spec); err != nil {
		return err
	}
	if !(c.Sigma > 0) || c.Sigma > 1e6 {
		return fmt.Errorf("vae: %s: sigma: got %v, want a number above 0 and at most 1e6", name, c.Sigma)
	}
	if _, err := LikelihoodOf(c.Likelihood); err != nil {
		return err
	}
	if spec.Fixed == nil && c.Likelihood == Density {
		return fmt.Errorf("vae: %s: likelihood: got %q, want one of a decoder", name, c.Likelihood)
	}
	if spec.Fixed != nil && !slices.Contains(spec.Fixed, c.Likelihood) {
		return fmt.Errorf("vae: %s: likelihood: got %q, want one of %s", name, c.Likelihood, strings.Join(spec.Fixed, ", "))
	}
	return nil
}

// New builds the model of a name.
func New(name string, c Config) (Model, error) {
	if err := Check(name, c); err != nil {
		return nil, err
	}
	c = c.Resolved(name)
	if c.Dim < 1 {
		return nil, fmt.Errorf("vae: %s: data dimension: got %d, want at least 1", name, c.Dim)
	}
	if err := c.NetConfig().CheckShape(name); err != nil {
		return nil, err
	}
	spec, weights := registry[name], c.Weights()
	if c.Labelled() && c.Classes < 1 {
		return nil, fmt.Errorf("vae: %s: classes: got none, want rows with the class of each: --label names the column of a table that holds it, and models such as vae do without", name)
	}
	if spec.Tables && len(c.Shape) > 1 {
		return nil, fmt.Errorf("vae: %s: got rows of shape %v, want a table of continuous columns: the density of rounded grey levels has no bound", name, c.Shape)
	}
	if spec.Weights != nil {
		weights = spec.Weights(c)
	}
	if err := tooLarge(name, weights, c.Dim); err != nil {
		return nil, err
	}
	return spec.New(c), nil
}

// tooLarge refuses networks of too many weights.
func tooLarge(name string, weights int64, dim int) error {
	if weights <= MaxWeights {
		return nil
	}
	return fmt.Errorf("vae: %s: network: got %d weights for rows of %d values, want at most %d; lower --hidden or --latent", name, weights, dim, MaxWeights)
}
