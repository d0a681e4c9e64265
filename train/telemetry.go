package train

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

const (
	// telemetryRows bounds the rows of the mutual-information estimate, which is quadratic in them.
	telemetryRows = 1000
	// aggregateRows bounds the rows with a draw each from q̄(z), and the draws from p(z).
	aggregateRows = 200
	// sensitivityRows bounds the rows at whose codes a decoder is differentiated.
	sensitivityRows = 16
	// testCodes bounds the codes that are decoded for that after training.
	testCodes = 1024
	// widestArray bounds the values of an array in a program of the telemetry.
	widestArray = 1 << 26
)

// epochCodes bounds the codes that are decoded after an epoch of so many rows: a step costs about three
// times the forward passes of encoder and decoder, so that a code for 32 rows is half a percent of it.
func epochCodes(rows int) int { return min(1024, max(64, rows/32)) }

// probe observes a network after an epoch or after training; its program is compiled once.
type probe struct {
	net   *vae.Network
	codes int            // bound on the codes to decode
	draws *model.Program // z ~ q(z|x) and z ~ p(z) of rows x; nil without a guide
}

// newProbe prepares the telemetry of a network.
func newProbe(net *vae.Network, codes int) *probe {
	p := &probe{net: net, codes: codes}
	m, ok := net.Model.(vae.Probabilistic)
	if !ok {
		return p
	}
	p.draws = model.NewProgram(net.Params, "aggregate", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := m.Latent(s, net.Batch(in[0], nil))
		code := func(z *g.Node) *g.Node { // without the class that some end with
			z = g.Reshape(z, in[0].Shape().Dim(0), -1)
			return g.Slice(z, g.AxisRange(), g.AxisRange(0, net.Config.Latent))
		}
		return []*g.Node{code(l.Q.Sample(s, "aggregate q", 1)), code(l.P.Sample(s, "aggregate p", 1))}
	})
	return p
}

// observe measures the guide on at most a thousand of the rows x, and the decoder at a few of them.
// Networks without a guide have the sensitivity of their decoder alone.
func (p *probe) observe(ctx context.Context, x []float32, rec vi.Record, key rng.Key) (t vi.Telemetry, err error) {
	w := p.net.Width()
	rows := min(telemetryRows, len(x)/w)
	if rows == 0 || p.draws == nil && !p.differentiable() {
		return t, nil
	}
	mean, variance, err := p.net.Encode(ctx, x[:rows*w])
	if err != nil {
		return t, err
	}
	cw, l := p.net.CodeWidth(), p.net.Config.Latent
	post := vi.Posterior{Mean: leading(mean, cw, l), Variance: leading(variance, cw, l), N: rows, L: l}
	if p.draws != nil {
		eps := make([]float64, len(post.Mean))
		key.Named("telemetry").NormalFloat64(eps)
		t = vi.Observe(rec, post, eps)
		if t.MMD, err = p.aggregate(x[:rows*w], key.Named("aggregate")); err != nil {
			return t, err
		}
	}
	if p.differentiable() {
		t.Sensitivity, err = p.sensitivity(ctx, mean, post)
	}
	return t, err
}

// differentiable tells whether the network decodes codes of real numbers, and is no density of the
// data itself, whose code is but another coordinate system of them.
func (p *probe) differentiable() bool {
	lik, err := vae.LikelihoodOf(p.net.Config.Likelihood)
	return err == nil && lik.Name != vae.Density && p.net.Can()["interpolate"]
}

// aggregate is the discrepancy between draws from the aggregate posterior, one for each row, and as
// many from the prior; nil where rows are too few or draws are no numbers.
func (p *probe) aggregate(x []float32, key rng.Key) (*vi.Discrepancy, error) {
	w, l := p.net.Width(), p.net.Config.Latent
	n := min(aggregateRows, len(x)/w, max(1, int(widestArray/p.net.Config.Widest())))
	if n < 2 {
		return nil, nil
	}
	in, err := p.net.Params.Tensor(x[:n*w], n, w)
	if err != nil {
		return nil, err
	}
	defer in.FinalizeAll()
	z, err := p.draws.Values(key, in)
	if err != nil {
		return nil, fmt.Errorf("train: draws from guide and prior: %w", err)
	}
	d, err := vi.Discrepant(vi.IMQ{Squares: vi.KernelScales(l)}.At, z[0], z[1], l)
	if err != nil || !numbers(d.Squared, d.Noise) {
		return nil, err
	}
	return &d, nil
}

// sensitivity differentiates the decoder at codes of evenly spaced rows; nil where even one has
// more dimensions than may be decoded, or a decoded value is no number.
func (p *probe) sensitivity(ctx context.Context, mean []float32, post vi.Posterior) ([]float64, error) {
	n := min(sensitivityRows, post.N, p.codes/(2*post.L))
	if n == 0 {
		return nil, nil
	}
	w := p.net.CodeWidth()
	var z []float32
	for i := range n {
		k := i * post.N / n
		z = append(z, mean[k*w:(k+1)*w]...)
	}
	out, err := vi.Sensitivity(z, w, post.Scale(), func(z []float32) ([]float32, error) { return p.net.Decode(ctx, z) })
	if err != nil || !numbers(out...) {
		return nil, err
	}
	return out, nil
}

// leading converts the first n of every w values to float64.
func leading(x []float32, w, n int) []float64 {
	out := make([]float64, 0, len(x)/w*n)
	for ; len(x) > 0; x = x[w:] {
		for _, v := range x[:n] {
			out = append(out, float64(v))
		}
	}
	return out
}

// numbers tells whether all values are numbers, which JSON can hold.
func numbers(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
