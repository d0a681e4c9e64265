package bnn

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// fitKFAC approximates the posterior about its mode by a normal distribution with correlations
// within each layer: the precision of the weights and biases W, (in+1)×out, of one is
//
//	N A ⊗ G + P,  A = (1/N) Σ_i aᵢaᵢᵀ,  G = (1/N) Σ_i Σ_u gᵢᵤgᵢᵤᵀ,
//
// with aᵢ the layer's inputs of a row and a constant 1, gᵢᵤ the derivative of a root of the head
// by the layer's outputs, and P the prior's precision (Martens & Grosse 2015, section 3; Ritter
// et al. 2018). The sum over roots makes G that of the Fisher matrix, without sampled
// targets. There is no damping, and the prior is kept as it is unless the configuration asks for
// the highest evidence.
func fitKFAC(ctx context.Context, r *trainer, n *Net) error {
	arrays, err := r.mode(ctx, n, point{shape: n.shape, sd: r.c.Prior.SD}, "laplace-kfac")
	if err != nil {
		return err
	}
	posterior, _, err := r.kroneckers(ctx, n.shape)
	if err != nil {
		return err
	}
	tau, rho, err := r.raiseEvidence(ctx, n, arrays)
	if err != nil {
		return err
	}
	for _, k := range posterior {
		k.rescale(tau, rho)
	}
	return n.draw(r, func(key rng.Key, _ int) weights {
		w := make(weights, len(posterior))
		for l, k := range posterior {
			z := make([]float64, len(n.mean[l].W)+len(n.mean[l].B))
			key.Named(layerName(l)).NormalFloat64(z)
			w[l] = k.at(n.mean[l], z)
		}
		return w
	}, r.c.Draws, arrays)
}

// kroneckers returns the posterior of each layer and Σ ln p(y|x, w) at the current weights.
func (r *trainer) kroneckers(ctx context.Context, s shape) (out []*kronecker, logLik float64, err error) {
	f, logLik, err := r.factors(ctx, s)
	if err != nil {
		return nil, 0, err
	}
	out = make([]*kronecker, len(f))
	for l := range f {
		if out[l], err = f[l].posterior(s.priorSDs(l, r.c.Prior.SD)); err != nil {
			return nil, 0, fmt.Errorf("bnn: %s: layer %d: %w", r.c.Method, l, err)
		}
	}
	return out, logLik, nil
}

// priorSDs returns the prior's deviations of the weights of a layer by input, the bias last.
func (s shape) priorSDs(l int, sd float64) []float64 {
	out := make([]float64, s[l]+1)
	for j := range out {
		out[j] = sd * s.scale(l)
	}
	out[s[l]] = sd
	return out
}

// factors are N·A and G of a layer.
type factors struct{ NA, G *mat.SymDense }

// factors returns those of all rows at the current weights, and Σ ln p(y|x, w).
func (r *trainer) factors(ctx context.Context, s shape) (out []factors, logLik float64, err error) {
	prog := model.NewProgram(r.params, "factors", func(scope *model.Scope, in []*g.Node) []*g.Node {
		f, z, a := layersOf(in[0], s.pointWeights(scope))
		sums := make([]*g.Node, 2*s.layers())
		for l, x := range a {
			one := g.OnesLike(g.Slice(x, g.AxisRange(), g.AxisRange(0, 1)))
			sums[2*l] = squares(g.Concatenate([]*g.Node{x, one}, 1))
		}
		for _, u := range r.head.roots(scope, f) {
			for l, d := range g.Gradient(g.ReduceAllSum(u), z...) {
				if d = squares(d); sums[2*l+1] != nil {
					d = g.Add(sums[2*l+1], d)
				}
				sums[2*l+1] = d
			}
		}
		return append(sums, g.ReduceAllSum(r.head.logProb(scope, f, in[1])))
	})
	out = make([]factors, s.layers())
	for l := range out {
		out[l] = factors{mat.NewSymDense(s[l]+1, nil), mat.NewSymDense(s[l+1], nil)}
	}
	err = r.everyBatch(ctx, func(in [2]*model.Input) error {
		v, err := prog.Values(rng.Key{}, in[0].Tensor, in[1].Tensor)
		if err != nil {
			return err
		}
		for l, f := range out {
			addTo(f.NA.RawSymmetric().Data, v[2*l])
			addTo(f.G.RawSymmetric().Data, v[2*l+1])
		}
		logLik += v[2*len(out)][0]
		return nil
	})
	for l := range out {
		out[l].G.ScaleSym(1/float64(r.t.n), out[l].G)
	}
	return out, logLik, err
}

// squares returns the sum Σ xᵢxᵢᵀ over the rows of x.
func squares(x *g.Node) *g.Node { return g.Dot(g.Transpose(x, 0, 1), x).Product() }

// kronecker is N(0, (N A⊗G + P)⁻¹) of the weights and biases of a layer, P = S⁻² ⊗ I with the
// prior's deviations S by input: where S N A S = U diag(λ) Uᵀ and G = V diag(γ) Vᵀ, the precision
// is (S⁻¹U ⊗ V) (λγᵀ + 1) (S⁻¹U ⊗ V)ᵀ, with no approximation to the sum.
type kronecker struct {
	SU, V         *mat.Dense
	lambda, gamma []float64
}

// posterior joins the factors with the prior.
func (f factors) posterior(sds []float64) (*kronecker, error) {
	n := len(sds)
	white := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			white.SetSym(i, j, sds[i]*f.NA.At(i, j)*sds[j])
		}
	}
	k := &kronecker{}
	var err error
	if k.lambda, k.SU, err = eigen(white, true); err != nil {
		return nil, err
	}
	if k.gamma, k.V, err = eigen(f.G, true); err != nil {
		return nil, err
	}
	k.SU.Apply(func(i, _ int, v float64) float64 { return sds[i] * v }, k.SU)
	return k, nil
}

// eigen returns the eigenvalues of a matrix without negative ones, which rounding may leave, and
// its eigenvectors if they are wanted.
func eigen(a *mat.SymDense, wanted bool) ([]float64, *mat.Dense, error) {
	for _, v := range a.RawSymmetric().Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil, fmt.Errorf("curvature: got %v, want finite numbers", v)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(a, wanted) {
		return nil, nil, fmt.Errorf("curvature: got a matrix whose eigenvalues were not found, want one with them")
	}
	values, vectors := e.Values(nil), new(mat.Dense)
	if wanted {
		e.VectorsTo(vectors)
	}
	for i, v := range values {
		values[i] = max(0, v)
	}
	return values, vectors, nil
}

// at returns mean + SU (Z ∘ (λγᵀ + 1)^−½) Vᵀ, with Z the numbers z as (in+1)×out: a draw, if
// they are standard normal.
func (k *kronecker) at(mean layer, z []float64) layer {
	in, out := len(k.lambda), len(k.gamma)
	scaled := mat.NewDense(in, out, nil)
	scaled.Apply(func(i, j int, _ float64) float64 {
		return z[i*out+j] / math.Sqrt(k.lambda[i]*k.gamma[j]+1)
	}, scaled)
	var left, w mat.Dense
	left.Mul(k.SU, scaled)
	w.Mul(&left, k.V.T())
	flat := w.RawMatrix().Data
	addTo(flat, append(mean.W[:len(mean.W):len(mean.W)], mean.B...))
	return layer{flat[:len(mean.W)], flat[len(mean.W):]}
}

// rescale makes the prior τ times and the rows ρ times as precise.
func (k *kronecker) rescale(tau, rho float64) {
	k.SU.Scale(1/math.Sqrt(tau), k.SU)
	for i := range k.lambda {
		k.lambda[i] *= rho / tau
	}
}
