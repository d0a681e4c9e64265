package mixture

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// definite draws a positive definite matrix.
func definite(d int, seed uint64) []float64 {
	g := make([]float64, d*(d+2))
	rng.New(seed).NormalFloat64(g)
	var a mat.Dense
	m := mat.NewDense(d, d+2, g)
	a.Mul(m, m.T())
	return slices.Clone(a.RawMatrix().Data)
}

func TestRootsAndDeterminantsAgreeWithDenseOnes(t *testing.T) {
	for d := 1; d <= 8; d++ {
		p := definite(d, uint64(d))
		l, logDet, ok := cholesky(p, d)
		if !ok {
			t.Fatalf("%d columns: got no root of a definite matrix", d)
		}
		tk.Close(t, "ln|P|", logDet, math.Log(mat.Det(mat.NewDense(d, d, p))), 1e-10)
		a := inverted(l, d)
		var w, inv mat.Dense
		m := mat.NewDense(d, d, a)
		w.Mul(m.T(), m)
		if err := inv.Inverse(mat.NewDense(d, d, p)); err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(&w, &inv, 1e-8*mat.Max(&inv)) {
			t.Errorf("%d columns: AᵀA is not the inverse", d)
		}
		z := make([]float64, d)
		rng.New(99).NormalFloat64(z)
		v := mat.NewVecDense(d, z)
		tk.Close(t, "zᵀWz", quadratic(a, z), mat.Inner(v, &inv, v), 1e-8)
		other := definite(d, 77)
		tk.Close(t, "tr(PW)", traceOf(other, a, d), trace(mat.NewDense(d, d, other), &inv), 1e-8)
		tk.Close(t, "tr(I)", traceOf(p, a, d), float64(d), 1e-9)
	}
}

func TestMatricesThatAreNotDefiniteHaveNoRoot(t *testing.T) {
	for _, a := range [][]float64{
		{0, 0, 0, 0},
		{1, 2, 2, 1},
		{-1, 0, 0, 1},
		{1, 0, 0, math.NaN()},
		{math.Inf(1), 0, 0, 1},
	} {
		if _, _, ok := cholesky(a, 2); ok {
			t.Errorf("%v: got a root", a)
		}
	}
}

func TestMultivariateGammaFunctions(t *testing.T) {
	// Γ₁ = Γ; Γ₂(x) = √π Γ(x) Γ(x − ½); Γ_D(x) = π^((D−1)/2) Γ(x) Γ_{D−1}(x − ½).
	for _, x := range []float64{2.5, 3, 10, 1e3, 1e8} {
		tk.Close(t, "ln Γ₁", lnMultiGamma(x, 1), lgamma(x), 1e-14)
		tk.Close(t, "ln Γ₂", lnMultiGamma(x, 2), math.Log(math.Pi)/2+lgamma(x)+lgamma(x-.5), 1e-14)
		for d := 2; d <= 4; d++ {
			tk.Close(t, "ln Γ_D", lnMultiGamma(x, d), float64(d-1)/2*math.Log(math.Pi)+lgamma(x)+lnMultiGamma(x-.5, d-1), 1e-13)
		}
	}
}

func TestExpectedLogDeterminantsAreDerivativesOfTheConstant(t *testing.T) {
	// E ln|Λ| = −2 ∂ ln B/∂ν of a Wishart density B |Λ|^((ν−D−1)/2) exp(−½ tr PΛ).
	const h = 1e-4
	for d := 1; d <= 4; d++ {
		p := definite(d, 3)
		_, logP, _ := cholesky(p, d)
		for _, nu := range []float64{float64(d) + .5, float64(d) + 7} {
			want := -(lnB(nu+h, logP, d) - lnB(nu-h, logP, d)) / h
			tk.Close(t, "E ln|Λ|", expectedLogDet(Full, nu, logP, d), want, 1e-6)
			apart := 0.
			for range d {
				apart += -(lnB(nu+h, logP/float64(d), 1) - lnB(nu-h, logP/float64(d), 1)) / h
			}
			tk.Close(t, "Σ E ln τ", expectedLogDet(Diagonal, nu, logP, d), apart, 1e-6)
		}
	}
}
