package bnn

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// jacobian returns the derivatives of the roots of all rows by the weights, row by row, root by
// root, and the roots themselves.
func jacobian(t *testing.T, r *trainer, n *Net) (j *mat.Dense, u []float64) {
	t.Helper()
	roots := r.head.outputs()
	prog := model.NewProgram(r.params, "jacobian", func(s *model.Scope, in []*g.Node) (out []*g.Node) {
		pairs := n.shape.pointWeights(s)
		f, _, _ := layersOf(in[0], pairs)
		for _, u := range r.head.roots(s, f) {
			out = append(append(out, u), g.Gradient(g.ReduceAllSum(u), pairs...)...)
		}
		return out
	})
	j = mat.NewDense(r.t.n*roots, n.Weights(), nil)
	for i := range r.t.n {
		x := make([]float64, r.t.d)
		for k := range x {
			x[k] = float64(r.t.x[i*r.t.d+k])
		}
		v := tk.Values(t, prog, rng.Key{}, tk.Matrix(x, 1, r.t.d))
		each := len(v) / roots
		for k := range roots {
			u = append(u, v[k*each][0])
			var row []float64
			for _, d := range v[k*each+1 : (k+1)*each] {
				row = append(row, d...)
			}
			j.SetRow(i*roots+k, row)
		}
	}
	return j, u
}

// flatSDs returns the prior's deviations of all weights.
func flatSDs(s shape, sd float64) (out []float64) {
	for l := range s.layers() {
		for _, v := range s.priorSDs(l, sd) {
			for range s[l+1] {
				out = append(out, v)
			}
		}
	}
	return out
}

// The matrices that come from inputs and derivatives of layers are J S² Jᵀ and S JᵀJ S with J row by
// row, for every head and in batches that do not divide the rows.
func TestTheTangentsAreThoseOfTheJacobian(t *testing.T) {
	for _, head := range Heads {
		x, y := blobs(11, 3, .3, 1)
		c := Config{Head: head, Hidden: []int{4, 3}, Batch: 4, Prior: Prior{SD: 1.3}, dtype: dtypes.Float64}
		tab, err := newTable(x, y, c)
		if err != nil {
			t.Fatal(err)
		}
		r, n := trainerOf(t, tab, c)
		got, err := r.tangentKernel(context.Background(), n.shape)
		if err != nil {
			t.Fatal(err)
		}
		j, _ := jacobian(t, r, n)
		sds := flatSDs(n.shape, 1.3)
		j.Apply(func(_, k int, v float64) float64 { return v * sds[k] }, j)
		var want mat.SymDense
		want.SymOuterK(1, j)
		if mat.Norm(&want, 2) == 0 || !mat.EqualApprox(got, &want, 1e-11) {
			t.Errorf("%s: got %v, want %v", head, mat.Formatted(got), mat.Formatted(&want))
		}
		if got, err = r.fisherMatrix(context.Background(), n.shape); err != nil {
			t.Fatal(err)
		}
		var inner mat.SymDense
		if inner.SymOuterK(1, j.T()); !mat.EqualApprox(got, &inner, 1e-11) {
			t.Errorf("%s: got %v, want %v", head, mat.Formatted(got), mat.Formatted(&inner))
		}
	}
}

// The linearised network y = f* + J(w − w*) + ε has the evidence ln N(y; f* − Jw*, σ²(I + JS²Jᵀ)),
// in units of σ here. Laplace's about any w is that without ½ gᵀH⁻¹g, g and H the first and second
// derivatives of −ln p(w|y) at w, so that a mode which Adam has not quite reached will do.
func TestTheEvidenceIsThatOfTheLinearizedNetwork(t *testing.T) {
	x, y := waves(25, 1)
	c := Config{Method: "laplace-kfac", Hidden: []int{5}, Noise: .3, Prior: Prior{SD: 1.3}, Epochs: 500, Draws: 1, dtype: dtypes.Float64}
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, c)
	if err := fitKFAC(context.Background(), r, n); err != nil {
		t.Fatal(err)
	}
	posterior, logLik, err := r.kroneckers(context.Background(), n.shape)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.evidence(context.Background(), n, posterior, logLik, nil)
	if err != nil {
		t.Fatal(err)
	}
	j, u := jacobian(t, r, n)
	sigma := .3 / tab.target.SD
	w, sds := n.mean.flat(), flatSDs(n.shape, 1.3)
	d := len(w)

	apart, gradient := mat.NewVecDense(25, nil), mat.NewVecDense(d, nil)
	apart.MulVec(j, mat.NewVecDense(d, w))
	for i := range 25 {
		residual := float64(tab.y[i])/sigma - u[i]
		apart.SetVec(i, apart.AtVec(i)+residual)
		for k := range d {
			gradient.SetVec(k, gradient.AtVec(k)-residual*j.At(i, k))
		}
	}
	hessian := mat.NewSymDense(d, nil)
	hessian.SymOuterK(1, j.T())
	for k := range d {
		hessian.SetSym(k, k, hessian.At(k, k)+math.Pow(sds[k], -2))
		gradient.SetVec(k, gradient.AtVec(k)+w[k]*math.Pow(sds[k], -2))
	}
	left := .5 * mat.Inner(gradient, invert(t, hessian), gradient)

	j.Apply(func(_, k int, v float64) float64 { return v * sds[k] }, j)
	cov := mat.NewSymDense(25, nil)
	cov.SymOuterK(1, j)
	for i := range 25 {
		cov.SetSym(i, i, cov.At(i, i)+1)
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		t.Fatal("not positive definite")
	}
	want := -.5*mat.Inner(apart, invert(t, cov), apart) - .5*chol.LogDet() - 25*(math.Log(sigma)+.5*math.Log(2*math.Pi))
	t.Logf("evidence %.6f, of which the mode lacks %.2g", want, left)
	near(t, "evidence", e.at(1, 1)+left, want, 1e-8)
}

// The eigenvalues are those of the smaller matrix, by rows or by weights, and where both are too
// large those of the factors. The whole Fisher matrix knows no more weights than there are rows.
func TestTheEvidenceTakesTheSmallerMatrix(t *testing.T) {
	for _, k := range []struct {
		what               string
		rows, hidden, want int
	}{
		{"rows", 60, 30, 60}, {"weights", 60, 3, 10}, {"weights of many rows", maxKernel + 2, 3, 10},
		{"factors", maxKernel + 2, maxKernel / 2, 3*maxKernel/2 + 1},
	} {
		x, y := waves(k.rows, 1)
		c := Config{Method: "laplace-kfac", Hidden: []int{k.hidden}, Epochs: 20}
		tab, err := newTable(x, y, c)
		if err != nil {
			t.Fatal(err)
		}
		r, n := trainerOf(t, tab, c)
		arrays, err := r.mode(context.Background(), n, point{shape: n.shape, sd: r.c.Prior.SD}, "laplace-kfac")
		if err != nil {
			t.Fatal(err)
		}
		posterior, logLik, err := r.kroneckers(context.Background(), n.shape)
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.evidence(context.Background(), n, posterior, logLik, arrays)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.lambda) != k.want {
			t.Errorf("%s: got %d eigenvalues, want %d", k.what, len(e.lambda), k.want)
		}
		if known := e.known(1, 1); !(known > 0 && known < float64(min(k.rows, n.Weights()))) {
			t.Errorf("%s: got %v known of %d weights with %d rows", k.what, known, n.Weights(), k.rows)
		}
	}
}

// Both matrices give one evidence, for the eigenvalues that they do not share are 0.
func TestBothMatricesGiveOneEvidence(t *testing.T) {
	x, y := waves(40, 1)
	c := Config{Method: "laplace-kfac", Hidden: []int{13}, Epochs: 200, dtype: dtypes.Float64} // 40 weights
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, c)
	if _, err := r.mode(context.Background(), n, point{shape: n.shape, sd: r.c.Prior.SD}, "laplace-kfac"); err != nil {
		t.Fatal(err)
	}
	var found [2]laplaceEvidence
	for i, of := range []func(context.Context, shape) (*mat.SymDense, error){r.tangentKernel, r.fisherMatrix} {
		m, err := of(context.Background(), n.shape)
		if err != nil {
			t.Fatal(err)
		}
		if found[i].lambda, _, err = eigen(m, false); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "ln of the determinant", found[0].at(1, 1), found[1].at(1, 1), 1e-9)
	near(t, "known weights", found[0].known(2, .5), found[1].known(2, .5), 1e-9)
}
