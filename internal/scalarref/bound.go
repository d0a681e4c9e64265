package scalarref

import (
	"fmt"
	"math"
)

// logVarLimit bounds log σ² on both sides, so that σ² and 1/σ² stay finite.
const logVarLimit = 20

// pass holds what the backward pass needs from the forward pass of one datum.
type pass struct {
	enc    [][]float64 // input and hidden outputs of the encoder
	mean   []float64   // L
	raw    []float64   // L, log σ² as the head gives it
	logVar []float64   // L, log σ² clamped
	dec    [][]float64 // z and hidden outputs of the decoder
	out    []float64   // D
}

// Loss is the mean over the batch of −ln p(x|z) + β·KL(q(z|x) ‖ N(0, I)) in nats, with its
// two parts, each a mean over the batch and kl without β. x is B×D and eps is B×L.
func (n *Net) Loss(x, eps [][]float64) (loss, rec, kl float64) {
	n.check(x, eps)
	for b := range x {
		p := n.forward(x[b], eps[b])
		for d := range x[b] {
			v, _, _ := n.pixel.nll(x[b][d], p.out[d], n.logScale())
			rec += v
		}
		kl += KL(p.mean, p.logVar)
	}
	rec /= float64(len(x))
	kl /= float64(len(x))
	return rec + n.cfg.Beta*kl, rec, kl
}

// KL is the divergence of N(μ, diag σ²) from the standard normal, ½Σ(μ² + σ² − 1 − ln σ²).
func KL(mean, logVar []float64) float64 {
	sum := 0.0
	for l := range mean {
		sum += 0.5 * (mean[l]*mean[l] + math.Exp(logVar[l]) - 1 - logVar[l])
	}
	return sum
}

// Grad is the gradient of Loss by parameter name.
func (n *Net) Grad(x, eps [][]float64) map[string][]float64 {
	n.check(x, eps)
	g := map[string][]float64{}
	for _, p := range n.params {
		g[p.Name] = make([]float64, len(p.Values))
	}
	for b := range x {
		n.backward(x[b], eps[b], 1/float64(len(x)), g)
	}
	return g
}

// check panics on a batch of the wrong shape, which only a mistaken test can cause.
func (n *Net) check(x, eps [][]float64) {
	if len(x) == 0 || len(x) != len(eps) {
		panic(fmt.Sprintf("scalarref: batch: got %d data and %d noise rows, want equal and positive", len(x), len(eps)))
	}
	for b := range x {
		if len(x[b]) != n.cfg.D || len(eps[b]) != n.cfg.L {
			panic(fmt.Sprintf("scalarref: row %d: got %d data and %d noise values, want %d and %d",
				b, len(x[b]), len(eps[b]), n.cfg.D, n.cfg.L))
		}
	}
}

// forward runs one datum through the encoder, the sample and the decoder.
func (n *Net) forward(x, eps []float64) pass {
	p := pass{}
	p.enc = n.hidden("encoder", x)
	top := p.enc[len(p.enc)-1]
	p.mean = n.dense("encoder/mean", top)
	p.raw = n.dense("encoder/logvar", top)
	z := make([]float64, n.cfg.L)
	p.logVar = make([]float64, n.cfg.L)
	for l := range z {
		p.logVar[l] = math.Max(-logVarLimit, math.Min(logVarLimit, p.raw[l]))
		z[l] = p.mean[l] + math.Exp(0.5*p.logVar[l])*eps[l]
	}
	p.dec = n.hidden("decoder", z)
	p.out = n.dense("decoder/out", p.dec[len(p.dec)-1])
	return p
}

// hidden returns the input followed by the output of every hidden layer.
func (n *Net) hidden(part string, x []float64) [][]float64 {
	acts := [][]float64{x}
	for i := range n.cfg.Hidden {
		acts = append(acts, relu(n.dense(fmt.Sprintf("%s/hidden%d", part, i), acts[i])))
	}
	return acts
}

// hiddenBack carries d, the gradient at the last hidden output, back to the input.
func (n *Net) hiddenBack(part string, acts [][]float64, d []float64, g map[string][]float64) []float64 {
	for i := len(acts) - 2; i >= 0; i-- {
		d = n.denseBack(fmt.Sprintf("%s/hidden%d", part, i), acts[i], reluBack(acts[i+1], d), g)
	}
	return d
}

// backward adds scale times the gradient of one datum's loss to g.
//
// With σ = e^{½v}, v = ln σ²: ∂z/∂μ = 1, ∂z/∂v = ½σε, ∂KL/∂μ = μ, ∂KL/∂v = ½(σ² − 1).
func (n *Net) backward(x, eps []float64, scale float64, g map[string][]float64) {
	p := n.forward(x, eps)
	dOut := make([]float64, n.cfg.D)
	for d := range dOut {
		_, do, ds := n.pixel.nll(x[d], p.out[d], n.logScale())
		dOut[d] = scale * do
		if n.pixel.learned {
			g["decoder/logscale"][0] += scale * ds * n.logScaleSlope()
		}
	}
	d := n.denseBack("decoder/out", p.dec[len(p.dec)-1], dOut, g)
	dz := n.hiddenBack("decoder", p.dec, d, g)

	dMean := make([]float64, n.cfg.L)
	dRaw := make([]float64, n.cfg.L)
	for l := range dz {
		sigma := math.Exp(0.5 * p.logVar[l])
		dMean[l] = dz[l] + scale*n.cfg.Beta*p.mean[l]
		if p.raw[l] >= -logVarLimit && p.raw[l] <= logVarLimit {
			dRaw[l] = dz[l]*0.5*sigma*eps[l] + scale*n.cfg.Beta*0.5*(sigma*sigma-1)
		}
	}
	top := p.enc[len(p.enc)-1]
	d = n.denseBack("encoder/mean", top, dMean, g)
	for i, v := range n.denseBack("encoder/logvar", top, dRaw, g) {
		d[i] += v
	}
	n.hiddenBack("encoder", p.enc, d, g)
}
