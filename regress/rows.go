package regress

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// rows holds the inputs and the room for the two passes over them that a sweep makes.
type rows struct {
	x        *mat.Dense
	scaled   *mat.Dense
	xu       *mat.Dense
	mean     []float64
	variance []float64
}

func newRows(x *mat.Dense) *rows {
	n, d := x.Dims()
	return &rows{x: x, scaled: mat.NewDense(n, d, nil), xu: mat.NewDense(n, d, nil), mean: make([]float64, n), variance: make([]float64, n)}
}

// gram is Σ_n c_n x_n x_nᵀ for c_n ≥ 0.
func (r *rows) gram(c func(i int) float64) *mat.SymDense {
	n, d := r.x.Dims()
	for i := range n {
		root := math.Sqrt(c(i))
		from, to := r.x.RawRowView(i), r.scaled.RawRowView(i)
		for j, v := range from {
			to[j] = root * v
		}
	}
	out := mat.NewSymDense(d, nil)
	blas64.Syrk(blas.Trans, 1, r.scaled.RawMatrix(), 0, out.RawSymmetric())
	return out
}

// activations are the means xᵀm and the variances xᵀVx = ‖L⁻¹x‖² of all rows, V⁻¹ = LLᵀ.
func (r *rows) activations(w *Weights) (mean, variance []float64) {
	n, d := r.x.Dims()
	mat.NewVecDense(n, r.mean).MulVec(r.x, mat.NewVecDense(d, w.Mean))
	r.xu.Copy(r.x)
	u := w.chol.RawU()
	// V⁻¹ = UᵀU, so xᵀVx = ‖xᵀU⁻¹‖².
	blas64.Trsm(blas.Right, blas.NoTrans, 1, u.(*mat.TriDense).RawTriangular(), r.xu.RawMatrix())
	for i := range n {
		sum := 0.
		for _, v := range r.xu.RawRowView(i) {
			sum += v * v
		}
		r.variance[i] = sum
	}
	return r.mean, r.variance
}
