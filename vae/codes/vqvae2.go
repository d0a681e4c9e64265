package codes

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vae/nets"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name:     "vq-vae-2",
		Summary:  "VQ-VAE with a coarse map of codes and a fine one that is quantised given the coarse one",
		Paper:    "Razavi et al. 2019",
		Sections: "D10",
		Measured: "on 24 patterned rows, the coarse map alone counting half, other rows' coarse codes cost 11 nats, fine ones 4, both 31; MNIST, 384 bits, 10 epochs: MSE .74 times that of one map, class of reconstructions right for 99 % of digits, 10 % with the coarse codes of others, 98 % with their fine ones",
		Test:     "vae/codes/vqvae2_test.go, paper/vq2_test.go",
		Nets:     []string{nets.VQ, nets.Conv, nets.ResNet},
		Layers:   vae.Config.DenseNet,
		// What the coarse map leaves over, the decoder's, is a number to the fine map's features.
		Surrogate: append([]string{"decoder"}, passedThrough...),
		Options: quantisedOptions(
			vae.Option{Name: "codes", Usage: "entries of each codebook, K", Default: "128", Kind: vae.Whole, Min: 2, Max: 1 << 16, Small: "5"},
			vae.Option{Name: "code-dim", Usage: "values of an entry, D", Default: "16", Kind: vae.Whole, Min: 1, Max: 4096, Small: "2"},
			vae.Option{Name: "coarse-quantisers", Usage: "codebooks of the coarse map one after the other, each for what the ones before leave over", Default: "1", Kind: vae.Whole, Min: 1, Max: 32},
			vae.Option{Name: "coarse-weight", Usage: "weight of the reconstruction from the coarse map alone, without which the fine one carries everything", Default: "1", Kind: vae.Number, Min: 0, Max: 1e6},
			vae.Option{Name: "commit", Usage: "weight of the distance of features to their entries", Default: "0.25", Kind: vae.Number, Min: 0, Max: 1e6},
			vae.Option{Name: "reset", Usage: "entries that fewer features of a step than this choose, in the mean, move to one of them; 0 is never", Default: "1", Kind: vae.Number, Min: 0, Max: 1e6},
		),
		Usual:  vae.Usual{Epochs: 10},
		Stages: func(c vae.Config) []vae.Stage { return codeStages(c, twoLevels{c}.start) },
		Indices: func(c vae.Config) (count, values int) {
			for _, at := range (twoLevels{c}).CodeMaps() {
				count += at.Count()
			}
			return count, c.Whole("codes")
		},
		New: func(c vae.Config) vae.Model { return withCodePrior(c, twoLevels{c}) },
	})
}

// twoLevels is the VQ-VAE-2 of two maps (Razavi et al. 2019, algorithm 1):
//
//	h = net(x),  t = Quantise(down(h)),  b = Quantise(h, net'(x − E[x|t]), up(t)),  p(x|t, b) with parameters net(up(t), b),
//
// whose loss is that of the VQ-VAE with both commitments, and w times
//
//	−ln p(x|t) = −ln p(x|t, b = 0)
//
// besides. The paper has w = 0, without the second net. On small images the fine map then carries all, and
// other rows' coarse codes cost next to nothing. Codes follow moving averages; a place of the coarse map
// may have several (see quant.Vector). The numbers of t come first.
type twoLevels struct{ cfg vae.Config }

// Terms implements [vae.Model].
func (m twoLevels) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	both := m.quantise(s, b.X, (b.N+b.Size()-1)/b.Size())
	t := vi.Terms{Kind: vi.KindELBO}
	t.LogLik = g.ExpandAxes(special.SumDims(m.decode(s, both.out[0].Codes, both.out[1].Codes).LogProb(b.X)), 0)
	rate := float64(m.cfg.Latent) * math.Log(float64(m.cfg.Whole("codes")))
	t.KL = g.BroadcastToDims(special.ScalarLike(b.X, rate), b.Size(), 1)
	for i, level := range levelNames {
		loss := g.DivScalar(g.ReduceAllSum(both.out[i].Loss), float64(b.Size()))
		for _, f := range append(both.out[i].Figures, vi.Figure{Name: "code loss", Value: loss}) {
			t.Figures = append(t.Figures, vi.Figure{Name: level + ": " + f.Name, Value: f.Value})
		}
		for _, name := range m.books()[i].Frozen() {
			t.Routes = append(t.Routes, optim.Route{Scope: quantiserScope + "/" + level + "/" + name})
		}
		t.Penalty = plus(t.Penalty, loss)
	}
	if both.alone != nil {
		alone := g.ReduceAllMean(special.SumDims(both.alone.LogProb(b.X)))
		t.Figures = append(t.Figures, vi.Figure{Name: "reconstruction from the coarse map alone", Value: alone})
		t.Penalty = g.Sub(t.Penalty, g.MulScalar(alone, m.cfg.Number("coarse-weight")))
	}
	return t
}

// Encode implements [vae.Encoder]: the numbers of both maps, whose variance is 0.
func (m twoLevels) Encode(s *model.Scope, b vae.Batch) (mean, variance *g.Node) {
	out := m.quantise(s.Fixed(), b.X, 1).out
	z := g.Concatenate([]*g.Node{g.Reshape(out[0].Index, b.Size(), -1), g.Reshape(out[1].Index, b.Size(), -1)}, 1)
	return z, g.ZerosLike(z)
}

// Decode implements [vae.Decoder].
func (m twoLevels) Decode(s *model.Scope, c vae.Code) dist.Distribution {
	n := m.CodeMaps()[0].Count()
	var codes [2]*g.Node
	for i, z := range []*g.Node{g.Slice(c.Z, g.AxisRange(), g.AxisRange(0, n)), g.Slice(c.Z, g.AxisRange(), g.AxisRange(n))} {
		codes[i] = m.books()[i].Lookup(s.In(quantiserScope).In(levelNames[i]), g.Reshape(z, -1, m.CodeMaps()[i].Depth))
	}
	return m.decode(s, codes[0], codes[1])
}

// start starts decoder and codebooks, the coarse ones first, which the features of the other depend on.
func (m twoLevels) start(ctx context.Context, n *vae.Network, x []float32, key rng.Key) error {
	if err := startOffset(m.cfg, n, x); err != nil {
		return err
	}
	for i, level := range levelNames {
		at := m.CodeMaps()[i]
		z, err := spread(ctx, n, x, at.Height*at.Width, m.cfg.Whole("code-dim"), "encoder/"+level, func(s *model.Scope, b vae.Batch) *g.Node {
			return m.quantise(s, b.X, 1).seen[i]
		})
		if err != nil {
			return err
		}
		if err := n.Params.Import(m.books()[i].Start(quantiserScope+"/"+level, z, key.Named(level))); err != nil {
			return err
		}
	}
	return nil
}
