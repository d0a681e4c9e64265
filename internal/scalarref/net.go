// Package scalarref trains a variational autoencoder with plain loops over float64: forward
// pass, hand-written reverse mode and Adam, one scalar at a time, with no graph library.
//
// Only tests import it. Its worth is that it shares nothing with the code it checks, so it
// is written to be read beside the formulas and not to be fast.
package scalarref

import (
	"fmt"
	"math"
)

// Config describes the model and its training.
//
//	x (D) → hidden ReLU layers → μ (L), log σ² (L);  z = μ + e^{½ log σ²}·ε
//	z (L) → hidden sizes in reverse, ReLU → D outputs of the likelihood
type Config struct {
	// D is the number of data dimensions and L the number of latent ones.
	D, L int
	// Hidden lists the encoder's hidden sizes; the decoder has them in reverse. It may be empty.
	Hidden []int
	// Likelihood is one of Likelihoods.
	Likelihood string
	// Sigma is the fixed scale of gaussian (σ) and laplace (b); zero stands for 1.
	Sigma float64
	// Beta weights the KL term and is used as given: zero leaves it out.
	Beta float64
	// LR is Adam's learning rate.
	LR float64
	// Clip bounds the global norm of the gradient in Step; zero means no bound.
	Clip float64
}

// Param is one named array in row-major order: [in, out] for a weight, [out] for a bias, []
// for a scalar.
type Param struct {
	Name   string    // path, such as decoder/out/weight
	Shape  []int     // sizes of the axes
	Values []float64 // row-major
}

// Net is a model with its parameters and Adam state.
type Net struct {
	cfg    Config
	pixel  pixel
	params []Param
	index  map[string]int
	m, v   map[string][]float64
	t      int
}

// New returns a net whose parameters are filled by FillSine.
func New(cfg Config) (*Net, error) {
	lik, ok := pixels[cfg.Likelihood]
	switch {
	case cfg.D < 1 || cfg.L < 1:
		return nil, fmt.Errorf("scalarref: sizes: got D %d and L %d, want both at least 1", cfg.D, cfg.L)
	case !ok:
		return nil, fmt.Errorf("scalarref: likelihood: got %q, want one of %v", cfg.Likelihood, Likelihoods)
	case cfg.Sigma < 0:
		return nil, fmt.Errorf("scalarref: sigma: got %v, want at least 0", cfg.Sigma)
	}
	for _, h := range cfg.Hidden {
		if h < 1 {
			return nil, fmt.Errorf("scalarref: hidden size: got %d, want at least 1", h)
		}
	}
	if cfg.Sigma == 0 {
		cfg.Sigma = 1
	}
	n := &Net{cfg: cfg, pixel: lik, index: map[string]int{}, m: map[string][]float64{}, v: map[string][]float64{}}
	n.build()
	return n, nil
}

// build appends the parameters in the order encoder, heads, decoder, scale.
func (n *Net) build() {
	in := n.cfg.D
	for i, h := range n.cfg.Hidden {
		n.addDense(fmt.Sprintf("encoder/hidden%d", i), in, h)
		in = h
	}
	n.addDense("encoder/mean", in, n.cfg.L)
	n.addDense("encoder/logvar", in, n.cfg.L)
	in = n.cfg.L
	for i := range n.cfg.Hidden {
		h := n.cfg.Hidden[len(n.cfg.Hidden)-1-i]
		n.addDense(fmt.Sprintf("decoder/hidden%d", i), in, h)
		in = h
	}
	n.addDense("decoder/out", in, n.cfg.D)
	if n.pixel.learned {
		n.add("decoder/logscale", []int{})
	}
}

func (n *Net) addDense(name string, in, out int) {
	n.add(name+"/weight", []int{in, out})
	n.add(name+"/bias", []int{out})
}

func (n *Net) add(name string, shape []int) {
	size := 1
	for _, d := range shape {
		size *= d
	}
	values := make([]float64, size)
	FillSine(name, shape, values)
	n.index[name] = len(n.params)
	n.params = append(n.params, Param{name, shape, values})
}

// Params returns the parameters in their fixed order; the values are the net's own.
func (n *Net) Params() []Param { return n.params }

// Set overwrites one parameter.
func (n *Net) Set(name string, values []float64) error {
	i, ok := n.index[name]
	if !ok {
		return fmt.Errorf("scalarref: parameter: got %q, want a name of this net", name)
	}
	if got, want := len(values), len(n.params[i].Values); got != want {
		return fmt.Errorf("scalarref: parameter %q: got %d values, want %d", name, got, want)
	}
	copy(n.params[i].Values, values)
	return nil
}

func (n *Net) get(name string) []float64 { return n.params[n.index[name]].Values }

// minLogScale is the soft floor of a learned log-scale.
const minLogScale = -6

// logScale is the log of the likelihood's scale: the configured constant or, learned as r
// with a soft floor, −6 + softplus(r + 6).
func (n *Net) logScale() float64 {
	if n.pixel.learned {
		return minLogScale + softplus(n.get("decoder/logscale")[0]-minLogScale)
	}
	return math.Log(n.cfg.Sigma)
}

// logScaleSlope is the derivative of a learned logScale with respect to its parameter.
func (n *Net) logScaleSlope() float64 { return sigmoid(n.get("decoder/logscale")[0] - minLogScale) }
