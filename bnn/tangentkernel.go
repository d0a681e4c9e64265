package bnn

import (
	"context"

	"gonum.org/v1/gonum/mat"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// maxKernel is the largest number of rows times roots whose kernel is formed: 34 MB, and some
// seconds for its eigenvalues.
const maxKernel = 2048

// tangentKernel returns K = J S² Jᵀ of all rows at the current weights, J the derivatives of the
// head's roots u by the weights and S the prior's deviations: the eigenvalues of K other than 0
// are those of the Fisher matrix JᵀJ times S². A row's derivative by a layer is a ⊗ g, so that
//
//	K_iu,jv = Σ_l (a_i S²_l a_j) (g_iu · g_jv).
func (r *trainer) tangentKernel(ctx context.Context, s shape) (*mat.SymDense, error) {
	roots := r.head.outputs()
	prog := model.NewProgram(r.params, "tangents", func(scope *model.Scope, in []*g.Node) []*g.Node {
		f, z, a := layersOf(in[0], s.pointWeights(scope))
		by := make([][]*g.Node, s.layers())
		var out []*g.Node
		for _, x := range a {
			out = append(out, g.Identity(x))
		}
		for _, u := range r.head.roots(scope, f) {
			for l, d := range g.Gradient(g.ReduceAllSum(u), z...) {
				by[l] = append(by[l], d)
			}
		}
		for _, d := range by {
			out = append(out, g.Stack(d, 1)) // B×roots×out
		}
		return out
	})
	a, d := make([][]float64, s.layers()), make([][]float64, s.layers())
	err := r.everyBatch(ctx, func(in [2]*model.Input) error {
		v, err := prog.Values(rng.Key{}, in[0].Tensor)
		for l := 0; err == nil && l < s.layers(); l++ {
			a[l], d[l] = append(a[l], v[l]...), append(d[l], v[s.layers()+l]...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	k := mat.NewSymDense(r.t.n*roots, nil)
	for l := range a {
		addKernel(k, roots, a[l], s.priorSDs(l, r.c.Prior.SD), mat.NewDense(r.t.n*roots, s[l+1], d[l]))
	}
	return k, nil
}

// addKernel adds the part of a layer with inputs a and a constant 1.
func addKernel(k *mat.SymDense, roots int, a, sds []float64, d *mat.Dense) {
	in := len(sds) - 1
	rows := mat.NewDense(k.SymmetricDim()/roots, in+1, nil)
	rows.Apply(func(i, j int, _ float64) float64 {
		if j == in {
			return sds[j]
		}
		return sds[j] * a[i*in+j]
	}, rows)
	var inputs, outputs mat.SymDense
	inputs.SymOuterK(1, rows)
	outputs.SymOuterK(1, d)
	for i := range k.SymmetricDim() {
		for j := i; j < k.SymmetricDim(); j++ {
			k.SetSym(i, j, k.At(i, j)+inputs.At(i/roots, j/roots)*outputs.At(i, j))
		}
	}
}
