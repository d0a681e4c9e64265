package bnn

import (
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
	"github.com/elbo-go/elbo/special"
)

// normal is q(w) = N(M, S²) of one array of weights.
type normal struct{ M, S *g.Node }

// meanField is the variational posterior q(w) = ∏N(μ, softplus(ρ)²) of a network's weights.
type meanField struct {
	shape  shape
	draw   estimator
	prior  prior
	initSD float64
}

// terms returns the outputs for a batch, with weights drawn from q, and KL(q ‖ p).
func (m meanField) terms(s *model.Scope, x *g.Node) (f, penalty *g.Node) {
	for l := range m.shape.layers() {
		at := s.In(layerName(l))
		w, b := m.weights(at, l)
		kl := g.Add(m.prior.kl(at.In("weight"), w, m.shape.scale(l)), m.prior.kl(at.In("bias"), b, 1))
		if l > 0 {
			x, penalty = nn.ReLU(x), g.Add(penalty, kl)
		} else {
			penalty = kl
		}
		x = m.draw(at, x, w, b)
	}
	return x, penalty
}

// weights returns q of the weights and the biases of a layer.
func (m meanField) weights(s *model.Scope, l int) (w, b normal) {
	in, out := m.shape[l], m.shape[l+1]
	rho := model.Constant(math.Log(math.Expm1(m.initSD))) // softplus⁻¹
	q := func(name string, init model.Init, dims ...int) normal {
		s := s.In(name)
		return normal{s.Param("mean", init, dims...), special.Softplus(s.Param("rho", rho, dims...))}
	}
	return q("weight", model.Gaussian(1/math.Sqrt(float64(in))), in, out), q("bias", model.Constant(0), out)
}

// sampler returns the source of weight draws μ + σε of the trained arrays, for rows along the
// columns.
func (m meanField) sampler(arrays map[string]model.Array, along axes) sampler {
	return func(key rng.Key, _ int) weights {
		var out weights
		for l := range m.shape.layers() {
			out = append(out, layer{
				W: drawNormal(arrays, layerName(l)+"/weight", key),
				B: drawNormal(arrays, layerName(l)+"/bias", key),
			})
		}
		out[0].W = along.back(out[0].W, m.shape[1])
		return out
	}
}

// drawNormal draws one array of weights from its q.
func drawNormal(arrays map[string]model.Array, name string, key rng.Key) []float64 {
	mean, rho := arrays[name+"/mean"].Data, arrays[name+"/rho"].Data
	eps := make([]float64, len(mean))
	key.Named(name).NormalFloat64(eps)
	for i := range eps {
		eps[i] = mean[i] + softplus(rho[i])*eps[i]
	}
	return eps
}

// softplus is ln(1 + eˣ) on the host.
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// layerName names the scope of the l-th layer.
func layerName(l int) string { return fmt.Sprintf("layer%d", l) }
