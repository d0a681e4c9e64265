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

// fitLastLayer keeps all layers but the last at the mode of the posterior and gives the weights
// and bias of that one their exact posterior (Snoek et al. 2015, section 3.1), Bayesian linear
// regression on the hidden units φ with a constant 1,
//
//	N(m, Λ⁻¹),  Λ = ΦᵀΦ/σ² + diag(1/s²),  m = Λ⁻¹Φᵀy/σ².
func fitLastLayer(ctx context.Context, r *trainer, n *Net) error {
	arrays, err := r.mode(ctx, n, point{shape: n.shape, sd: r.c.Prior.SD}, "last-layer")
	if err != nil {
		return err
	}
	tau, _, err := r.raiseEvidence(ctx, n, arrays) // ρ is in σ
	if err != nil {
		return err
	}
	top := n.shape.layers() - 1
	h := n.shape[top]
	precision, right, err := r.normalEquations(ctx, n.shape, r.sigma(arrays))
	if err != nil {
		return err
	}
	for j := range h + 1 {
		s := r.c.Prior.SD
		if j < h {
			s *= n.shape.scale(top)
		}
		precision.SetSym(j, j, precision.At(j, j)+tau/(s*s))
	}
	var chol mat.Cholesky
	if !chol.Factorize(precision) {
		return fmt.Errorf("bnn: last-layer: precision of the weights: got a matrix that is not positive definite")
	}
	mean := mat.NewVecDense(h+1, nil)
	if err := chol.SolveVecTo(mean, right); err != nil {
		return fmt.Errorf("bnn: last-layer: precision of the weights: %w", err)
	}
	n.mean[top] = layer{mean.RawVector().Data[:h], mean.RawVector().Data[h:]}
	var upper mat.TriDense
	chol.UTo(&upper) // Λ = UᵀU, so U⁻¹ε has covariance Λ⁻¹
	return n.draw(r, func(key rng.Key, _ int) weights {
		eps := make([]float64, h+1)
		key.NormalFloat64(eps)
		w := mat.NewVecDense(h+1, nil)
		if err := w.SolveVec(&upper, mat.NewVecDense(h+1, eps)); err != nil {
			w.SetVec(0, math.NaN()) // the caller refuses a draw that is not finite
		}
		w.AddVec(w, mean)
		out := append(weights(nil), n.mean...)
		out[top] = layer{w.RawVector().Data[:h], w.RawVector().Data[h:]}
		return out
	}, r.c.Draws, arrays)
}

// normalEquations returns ΦᵀΦ/σ² and Φᵀy/σ² over all rows.
func (r *trainer) normalEquations(ctx context.Context, s shape, sigma float64) (*mat.SymDense, *mat.VecDense, error) {
	prog := model.NewProgram(r.params, "features", func(scope *model.Scope, in []*g.Node) []*g.Node {
		_, _, a := layersOf(in[0], s.pointWeights(scope))
		return []*g.Node{g.Identity(a[len(a)-1]), g.Identity(in[1])}
	})
	h := s[s.layers()-1]
	precision, right := mat.NewSymDense(h+1, nil), mat.NewVecDense(h+1, nil)
	err := r.everyBatch(ctx, func(in [2]*model.Input) error {
		v, err := prog.Values(rng.Key{}, in[0].Tensor, in[1].Tensor)
		if err != nil {
			return err
		}
		phi := mat.NewVecDense(h+1, nil)
		for i, y := range v[1] {
			for j := range h {
				phi.SetVec(j, v[0][i*h+j])
			}
			phi.SetVec(h, 1)
			precision.SymRankOne(precision, 1/(sigma*sigma), phi)
			right.AddScaledVec(right, y/(sigma*sigma), phi)
		}
		return nil
	})
	return precision, right, err
}
