package bnn

import (
	"context"

	"gonum.org/v1/gonum/mat"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// maxKernel is the largest number of rows times roots, or of weights, whose matrix is formed: its
// eigenvalues take some seconds.
const maxKernel = 1024

// spectrum returns the eigenvalues λ of the Fisher matrix JᵀJ of all rows times the prior's
// variances S², at the current weights, J being the derivatives of the head's roots u by the
// weights: those of the smaller of J S² Jᵀ and S JᵀJ S. ok is false where both are too large.
func (r *trainer) spectrum(ctx context.Context, n *Net) (lambda []float64, ok bool, err error) {
	var m *mat.SymDense
	switch rows := r.t.n * r.head.outputs(); {
	case min(rows, n.Weights()) > maxKernel:
		return nil, false, nil
	case rows <= n.Weights():
		m, err = r.tangentKernel(ctx, n.shape)
	default:
		m, err = r.fisherMatrix(ctx, n.shape)
	}
	if err == nil {
		lambda, _, err = eigen(m, false)
	}
	return lambda, err == nil, err
}

// tangents calls fn with the inputs a, B×in, and the derivatives d of the roots by the outputs,
// B×roots×out, of each layer for each batch of rows: a row of J is a ⊗ d.
func (r *trainer) tangents(ctx context.Context, s shape, fn func(a, d [][]float64)) error {
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
			out = append(out, g.Stack(d, 1))
		}
		return out
	})
	return r.everyBatch(ctx, func(in [2]*model.Input) error {
		v, err := prog.Values(rng.Key{}, in[0].Tensor)
		if err == nil {
			fn(v[:s.layers()], v[s.layers():])
		}
		return err
	})
}

// tangentKernel returns J S² Jᵀ,
//
//	K_iu,jv = Σ_l (a_i S²_l a_j) (d_iu · d_jv).
func (r *trainer) tangentKernel(ctx context.Context, s shape) (*mat.SymDense, error) {
	as, ds := make([][]float64, s.layers()), make([][]float64, s.layers())
	err := r.tangents(ctx, s, func(a, d [][]float64) {
		for l := range a {
			as[l], ds[l] = append(as[l], a[l]...), append(ds[l], d[l]...)
		}
	})
	if err != nil {
		return nil, err
	}
	rows := r.t.n * r.head.outputs()
	k := mat.NewSymDense(rows, nil)
	for l := range as {
		addKernel(k, r.head.outputs(), as[l], s.priorSDs(l, r.c.Prior.SD), mat.NewDense(rows, s[l+1], ds[l]))
	}
	return k, nil
}

// fisherMatrix returns S JᵀJ S.
func (r *trainer) fisherMatrix(ctx context.Context, s shape) (*mat.SymDense, error) {
	count, roots := 0, r.head.outputs()
	for l := range s.layers() {
		count += (s[l] + 1) * s[l+1]
	}
	sum := mat.NewSymDense(count, nil)
	err := r.tangents(ctx, s, func(a, d [][]float64) {
		rows := len(d[0]) / s[1]
		j := mat.NewDense(rows, count, nil)
		for i := range rows {
			row := j.RawRowView(i)
			for l := range s.layers() {
				in, out := s[l], s[l+1]
				for k, sd := range s.priorSDs(l, r.c.Prior.SD) {
					if k < in {
						sd *= a[l][i/roots*in+k]
					}
					for o, v := range d[l][i*out : (i+1)*out] {
						row[o] = sd * v
					}
					row = row[out:]
				}
			}
		}
		sum.SymRankK(sum, 1, j.T())
	})
	return sum, err
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
