package bnn

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Fit trains a network on rows x and their targets y: numbers, or class numbers 0 … C−1 where
// the head is "classes". Columns and target are standardised by the moments of these rows.
// Equal inputs and seeds give equal networks. It returns ctx's error when that is done, which it
// looks at before each step: the epoch under way is lost then, and all before it unless the
// configuration's Checkpoint has taken them.
func Fit(ctx context.Context, x [][]float32, y []float64, c Config) (*Net, error) {
	return FitFrom(ctx, x, y, c, nil)
}

// FitFrom goes on with a fit where a snapshot of it was taken; nil stands for the start. The
// network is, bit for bit, that of a fit which was never stopped. A snapshot of another
// configuration, of another table or one that was damaged is an error.
func FitFrom(ctx context.Context, x [][]float32, y []float64, c Config, from *Snapshot) (*Net, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(x) > 0 {
		c = c.withDefaults(len(x), len(x[0]))
	}
	t, err := newTable(x, y, c)
	if err != nil {
		return nil, err
	}
	b, err := backend.Open(c.Backend)
	if err != nil {
		return nil, err
	}
	r, n := newTrainer(t, c, b)
	if from != nil {
		if r.from, err = r.open(*from); err != nil {
			return nil, err
		}
	}
	if err := methods[c.Method](ctx, r, n); err != nil {
		return nil, err
	}
	if err := r.reached(); err != nil {
		return nil, err
	}
	return n, n.prepare(b)
}

// newTrainer prepares the fit of a table; the configuration has its defaults.
func newTrainer(t *table, c Config, b compute.Backend) (*trainer, *Net) {
	r := &trainer{c: c, t: t, head: headOf(c, t), key: rng.New(c.Seed), inputs: map[int][2]*model.Input{}}
	r.params = model.NewParams(b, c.dtype, r.key)
	n := &Net{c: c, columns: t.columns, target: t.target, classes: t.classes}
	n.shape = append(append(shape{t.d}, c.Hidden...), r.head.outputs())
	return r, n
}

// methods holds, by name, how a network gets its weight draws.
var methods = map[string]func(ctx context.Context, r *trainer, n *Net) error{
	"vi":           fitMeanField,
	"dropout":      fitDropout,
	"ensemble":     fitEnsemble,
	"laplace":      fitLaplace,
	"laplace-kfac": fitKFAC,
	"last-layer":   fitLastLayer,
	"swag":         fitSWAG,
	"sgld":         fitSGLD,
}

// fitMeanField finds the mean-field posterior.
func fitMeanField(ctx context.Context, r *trainer, n *Net) error {
	q := meanField{n.shape, estimators[r.c.Estimator], r.c.Prior.of(), r.c.InitSD}
	if err := r.run(ctx, phase{name: "vi", net: q, epochs: r.c.Epochs, update: adam(r.c.LR)}); err != nil {
		return err
	}
	arrays, err := r.arrays()
	if err != nil {
		return err
	}
	for l := range n.shape.layers() {
		mean := func(name string) []float64 { return arrays[layerName(l)+"/"+name+"/mean"].Data }
		n.mean = append(n.mean, layer{mean("weight"), mean("bias")})
	}
	n.mean[0].W = r.t.axes.back(n.mean[0].W, n.shape[1])
	return n.draw(r, q.sampler(arrays, r.t.axes), r.c.Draws, arrays)
}

// mode finds the weights of highest posterior density.
func (r *trainer) mode(ctx context.Context, n *Net, p point, name string) (map[string]model.Array, error) {
	if err := r.run(ctx, phase{name: name, net: p, epochs: r.c.Epochs, update: adam(r.c.LR)}); err != nil {
		return nil, err
	}
	arrays, err := r.arrays()
	n.mean = n.shape.point(arrays)
	return arrays, err
}

// sigma is the standard deviation of a homoscedastic head, in standardised units.
func (r *trainer) sigma(arrays map[string]model.Array) float64 {
	if a, ok := arrays[logScale]; ok {
		return math.Exp(a.Data[0])
	}
	return r.c.Noise / r.t.target.SD
}

// variance is the variance of a row about its prediction, in standardised units: of classes 1, of
// rows with a σ each that of the normal distribution with their entropy, at most the target's own.
func (r *trainer) variance(arrays map[string]model.Array) float64 {
	switch r.c.Head {
	case "classes":
		return 1
	case "heteroscedastic":
		return math.Min(1, math.Exp(-2*r.logLik)/(2*math.Pi*math.E))
	}
	return math.Pow(r.sigma(arrays), 2)
}

// draw takes k draws of weights with the scale that the arrays hold.
func (n *Net) draw(r *trainer, from sampler, k int, arrays map[string]model.Array) error {
	key := r.key.Named("draws")
	for i := range k {
		if err := n.add(from(key.At(uint64(i)), i), r.sigma(arrays)); err != nil {
			return err
		}
	}
	return nil
}

// add takes one draw of weights and its noise.
func (n *Net) add(w weights, sigma float64) error {
	for l, at := range w {
		for _, v := range append(at.W[:len(at.W):len(at.W)], at.B...) {
			if math.IsNaN(v) || math.Abs(v) > math.MaxFloat32 {
				return fmt.Errorf("bnn: %s: draw %d: weight of layer %d: got %v, want a finite float32", n.c.Method, len(n.draws), l, v)
			}
		}
	}
	n.draws = append(n.draws, w)
	n.sigmas = append(n.sigmas, sigma)
	return nil
}
