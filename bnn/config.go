package bnn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
)

// Methods lists the ways to a distribution of weights: variational inference (Blundell et al.
// 2015), Monte-Carlo dropout (Gal & Ghahramani 2016), deep ensembles (Lakshminarayanan et al.
// 2017), the Laplace approximation with the diagonal Fisher matrix of all weights, its Kronecker
// factors by layer (Ritter et al. 2018) or the exact posterior of the last layer's (MacKay 1992),
// SWAG (Maddox et al. 2019) and stochastic gradient Langevin dynamics (Welling & Teh 2011).
var Methods = []string{"vi", "dropout", "ensemble", "laplace", "laplace-kfac", "last-layer", "swag", "sgld"}

// EvidenceMethods lists those of the methods whose prior and noise the evidence can choose, after the
// mode (see Config.Evidence).
var EvidenceMethods = []string{"laplace", "laplace-kfac", "last-layer"}

// Heads lists the distributions of a target given the network's outputs: normal with one learned
// or known standard deviation, normal with one a row, and categorical.
var Heads = []string{"homoscedastic", "heteroscedastic", "classes"}

// Config says what to fit. The zero value of a field stands for the value named beside it.
//
// Of a few dozen rows a network cannot tell noise from its own weights: there vi may end with q
// near the prior, whose intervals are wider than the table. Give Noise, or fewer Hidden units.
type Config struct {
	Method    string  // one of Methods; vi
	Estimator string  // of vi: one of Estimators; local
	Axes      string  // of vi: one of AxesKinds, along which the first layer's weights are independent; principal where method and prior allow and there are at most 1,024 columns, else columns
	Prior     Prior   // of the weights; normal, of deviation 2/√inputs
	Head      string  // one of Heads; homoscedastic
	Hidden    []int   // widths of the hidden layers; nil is one of 50, an empty slice a linear model
	Noise     float64 // known standard deviation of the target of a homoscedastic head; 0: learned
	InitSD    float64 // σ of q(w) at the start; 0.02
	Dropout   float64 // of dropout: probability that a hidden unit is left out; 0.05
	Members   int     // of ensemble: number of networks; 5
	Evidence  bool    // of laplace, laplace-kfac, last-layer: let the evidence choose the prior's deviation and a learned noise, after the mode
	Epochs    int     // passes over the table; as many as make 3,000 steps
	Batch     int     // B, rows a step; all up to 1,024 (32 for swag), 128 of larger tables
	LR        float64 // learning rate of Adam at the start, half a cosine to 0; 0.01
	Draws     int     // K, weight draws of a prediction, which the network keeps at 12 bytes a weight; 100
	Raw       bool    // take x as it is, without standardising its columns (images)
	Seed      uint64  // of all random numbers
	Backend   string  // compute backend; the default one

	// Progress, unless nil, is called after each epoch.
	Progress func(Progress) `json:"-"`

	// Checkpoint, unless nil, is called after it and may take what [FitFrom] goes on from, until
	// it returns. An error of it ends the fit, which returns that error.
	Checkpoint func(p Progress, take func() (Snapshot, error)) error `json:"-"`

	dtype dtypes.DType                            // of the arrays; float32
	noise func(name string, dims []int) []float64 // replaces the noise of training
}

// Progress is where a fit stands.
type Progress struct {
	Phase   string  // of the method, such as "vi" or "member 3"
	Epoch   int     // epochs done
	Epochs  int     // epochs of the phase
	Loss    float64 // nats a row: LogLik's negative plus Penalty
	LogLik  float64 // mean ln p(y|x, w) of the standardised target, over the epoch
	Penalty float64 // KL/N, or −ln p(w)/N of methods that have a point in place of q
}

// withDefaults fills in what is left zero, for a table of n rows and d columns.
func (c Config) withDefaults(n, d int) Config {
	c.Method = orElse(c.Method, "vi")
	c.Estimator = orElse(c.Estimator, "local")
	c.Head = orElse(c.Head, "homoscedastic")
	c.Prior = c.Prior.withDefaults()
	c.Axes = orElse(c.Axes, c.usualAxes(d))
	if c.Hidden == nil {
		c.Hidden = []int{50}
	}
	c.InitSD = orElse(c.InitSD, .02)
	c.Dropout = orElse(c.Dropout, .05)
	c.Members = orElse(c.Members, 5)
	if c.Batch == 0 && n > 1024 {
		c.Batch = 128
	}
	if c.Batch == 0 && c.Method == "swag" {
		c.Batch = 32
	}
	c.Batch = min(orElse(c.Batch, n), n)
	steps := (n + c.Batch - 1) / c.Batch // an epoch
	c.Epochs = orElse(c.Epochs, (2999+steps)/steps)
	c.LR = orElse(c.LR, .01)
	c.Draws = orElse(c.Draws, 100)
	c.dtype = orElse(c.dtype, dtypes.Float32)
	return c
}

// maxAxes bounds the columns whose principal axes are sought unasked: the time grows with the cube
// of their number, a second for 784.
const maxAxes = 1024

// usualAxes are the axes where none are asked for, of d columns.
func (c Config) usualAxes(d int) string {
	if c.Method == "vi" && d <= maxAxes && (c.Prior.Kind == "gaussian" || c.Prior.Kind == "hierarchical") {
		return "principal"
	}
	return "columns"
}

// orElse returns v, or d for the zero value.
func orElse[T comparable](v, d T) T {
	if v == *new(T) {
		return d
	}
	return v
}

// Validate tells what is wrong with a configuration whose zero values are allowed.
func (c Config) Validate() error {
	for _, f := range []struct {
		what, got string
		want      []string
	}{
		{"method", c.Method, Methods}, {"head", c.Head, Heads},
		{"estimator", c.Estimator, Estimators}, {"prior", c.Prior.Kind, PriorKinds}, {"axes", c.Axes, AxesKinds},
	} {
		if f.got != "" && !slices.Contains(f.want, f.got) {
			return fmt.Errorf("bnn: %s: got %q, want one of %s", f.what, f.got, strings.Join(f.want, ", "))
		}
	}
	for _, f := range []struct {
		what string
		got  float64
		ok   bool
	}{
		{"noise", c.Noise, c.Noise >= 0}, {"initial standard deviation", c.InitSD, c.InitSD >= 0},
		{"members", float64(c.Members), c.Members >= 0}, {"epochs", float64(c.Epochs), c.Epochs >= 0},
		{"batch", float64(c.Batch), c.Batch >= 0}, {"learning rate", c.LR, c.LR >= 0},
		{"draws", float64(c.Draws), c.Draws >= 0}, {"standard deviation of the prior", c.Prior.SD, c.Prior.SD >= 0},
	} {
		if !f.ok {
			return fmt.Errorf("bnn: %s: got %v, want at least 0", f.what, f.got)
		}
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return fmt.Errorf("bnn: dropout: got %v, want a value in [0, 1)", c.Dropout)
	}
	for _, w := range c.Hidden {
		if w < 1 {
			return fmt.Errorf("bnn: hidden: got %v, want widths of at least 1", c.Hidden)
		}
	}
	return c.together()
}

// together tells whether the parts of a configuration go together.
func (c Config) together() error {
	switch {
	case c.Noise > 0 && c.Head != "" && c.Head != "homoscedastic":
		return fmt.Errorf("bnn: noise: got %v with a %s head, want a homoscedastic one", c.Noise, c.Head)
	case c.Method == "last-layer" && c.Head != "" && c.Head != "homoscedastic":
		return fmt.Errorf("bnn: method last-layer: got a %s head, want a homoscedastic one, whose posterior is exact", c.Head)
	case c.Method == "dropout" && c.Hidden != nil && len(c.Hidden) == 0:
		return fmt.Errorf("bnn: method dropout: got no hidden layer, want one with units to leave out")
	case c.Evidence && !slices.Contains(EvidenceMethods, c.Method):
		return fmt.Errorf("bnn: evidence: got it with method %q, want laplace, laplace-kfac or last-layer", c.Method)
	case c.Axes == "principal" && c.Method != "" && c.Method != "vi":
		return fmt.Errorf("bnn: axes: got principal with method %s, want it with vi", c.Method)
	case c.Axes == "principal" && (c.Prior.Kind == "mixture" || c.Prior.Kind == "ard"):
		return fmt.Errorf("bnn: axes: got principal with prior %s, want gaussian or hierarchical, which have no axes of their own", c.Prior.Kind)
	case c.Prior.Kind == "mixture" && c.Method != "" && c.Method != "vi":
		return fmt.Errorf("bnn: prior: got a mixture with method %s, want it with vi", c.Method)
	}
	return nil
}
