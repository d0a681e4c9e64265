package bnn

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"
)

// AxesKinds lists what the weights of the first layer are independent along under q: the columns
// of a row, or the principal axes of the rows.
//
// The posterior precision of the weights of a linear model is XᵀX/σ² plus that of the prior, so
// along the eigenvectors U of XᵀX its weights are independent and mean field is exact, while along
// columns that are correlated, as neighbouring pixels are, it understates the spread and pays for
// it by switching units off. N(0, s²I) is the same along any axes: model and prior do not change,
// q(w) = N(Uμ, U diag(σ²) Uᵀ) is another family for the same bound.
var AxesKinds = []string{"columns", "principal"}

// axes is an orthogonal matrix U, D×D by rows, whose columns are directions of rows, by rising
// ‖XU_j‖. nil is the identity.
type axes struct {
	u *mat.Dense
}

// momentRows is the number of rows whose products are summed at a time.
const momentRows = 1024

// principalAxes returns the eigenvectors of XᵀX for rows x, N×D. The means are left in, for it is
// the products, not the covariances, that the precision of weights has.
func principalAxes(x []float32, d int) (axes, error) {
	moment := mat.NewSymDense(d, nil)
	for first := 0; first < len(x); first += momentRows * d {
		part := x[first:min(len(x), first+momentRows*d)]
		wide := make([]float64, len(part))
		for i, v := range part {
			wide[i] = float64(v)
		}
		moment.SymRankK(moment, 1, mat.NewDense(len(part)/d, d, wide).T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(moment, true) {
		return axes{}, fmt.Errorf("bnn: axes: got %d columns whose products have no eigenvectors, want finite ones", d)
	}
	u := &mat.Dense{}
	eigen.VectorsTo(u)
	return axes{u}, nil
}

// turn returns the rows along the axes, XU.
func (a axes) turn(x []float32, d int) []float32 {
	if a.u == nil {
		return x
	}
	u := make([]float32, 0, d*d)
	for i := range d {
		for _, v := range a.u.RawRowView(i) {
			u = append(u, float32(v))
		}
	}
	out := make([]float32, len(x))
	for first := 0; first < len(x); first += d {
		to := blas32.Vector{N: d, Inc: 1, Data: out[first : first+d]}
		for j, v := range x[first : first+d] {
			if v != 0 { // as most pixels are
				blas32.Axpy(v, blas32.Vector{N: d, Inc: 1, Data: u[j*d : (j+1)*d]}, to)
			}
		}
	}
	return out
}

// back returns the weights D×out of rows as they are for weights of rows along the axes: XUW is
// the product of X and UW.
func (a axes) back(w []float64, out int) []float64 {
	if a.u == nil {
		return w
	}
	var turned mat.Dense
	turned.Mul(a.u, mat.NewDense(len(w)/out, out, w))
	return turned.RawMatrix().Data
}
