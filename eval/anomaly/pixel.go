package anomaly

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// Surprise returns the part that each element of rows x has in the reconstruction term,
//
//	−E_q[ln p(x_d|z)],
//
// N×D, by the subject's draws of z; a model without a guide has one code. The values of a row add
// up to its score "reconstruction" (An & Cho 2015), with the same draws under the same key.
func Surprise(ctx context.Context, s Subject, x []float32, key rng.Key) ([]float64, error) {
	if !s.has(NeedsEncoder) || !s.has(NeedsDecoder) {
		return nil, fmt.Errorf("anomaly: surprise: model %s: want %s", s.Net.Name, NeedsDecoder)
	}
	draws, d := s.draws(), s.Net.Config.Dim
	if !s.Net.Can()["bound"] {
		draws = 1
	}
	prog := model.NewProgram(s.Net.Params, "surprise", func(sc *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{elementwise(s.Net, sc, in[0], draws)}
	})
	out := make([]float64, len(x)/s.Net.Width()*d)
	err := each(ctx, s.Net, prog, x, draws, key, func(first, rows, full int, v [][]float64) {
		copy(out[first*d:(first+rows)*d], v[0])
	})
	if err != nil {
		return nil, fmt.Errorf("anomaly: surprise: %w", err)
	}
	return out, nil
}

// elementwise is −ln p(x_d|z), mean over draws, B×D.
func elementwise(n *vae.Network, s *model.Scope, rows *g.Node, draws int) *g.Node {
	b := n.Batch(rows, nil)
	count, d := b.Size(), n.Config.Dim
	var p dist.Distribution
	if m, ok := n.Model.(vae.Probabilistic); ok {
		l := m.Latent(s, b)
		z := drawn(s, l.Q, draws)
		dims := z.Shape().Dimensions
		p = l.Decode(g.Reshape(z, append([]int{draws * count}, dims[2:]...)...))
	} else {
		z, _ := n.Model.(vae.Encoder).Encode(s, b)
		p = n.Model.(vae.Decoder).Decode(s, b.Code(z))
	}
	x := g.Reshape(g.BroadcastToDims(g.ExpandAxes(b.X, 0), draws, count, d), draws*count, d)
	logp := p.LogProb(x)
	if size := logp.Shape().Size(); size != draws*count*d {
		panic(fmt.Errorf("likelihood: got %d log-densities of %d rows, want one of each of their %d values", size, draws*count, d))
	}
	return g.Neg(g.ReduceMean(g.Reshape(logp, draws, count, d), 0))
}

// drawn are the draws of z that [vi.Estimator] makes, M×B×L.
func drawn(s *model.Scope, q dist.Distribution, m int) *g.Node {
	type scored interface {
		RsampleLogProb(s *model.Scope, name string, m int) (z, logQ *g.Node)
	}
	switch q := q.(type) {
	case dist.Reparameterized:
		return q.Rsample(s, "z", m)
	case scored:
		z, _ := q.RsampleLogProb(s, "z", m)
		return z
	}
	return q.Sample(s, "z", m)
}

// Residual returns |x − x̂| of each element of rows x, N×D, with x̂ decoded from the mean of the
// code.
func Residual(ctx context.Context, s Subject, x []float32) ([]float64, error) {
	y, err := s.Net.Reconstruct(ctx, x)
	if err != nil {
		return nil, err
	}
	d, w := s.Net.Config.Dim, s.Net.Width()
	out := make([]float64, len(y))
	for i := range out {
		out[i] = math.Abs(float64(x[i/d*w+i%d]) - float64(y[i]))
	}
	return out, nil
}
