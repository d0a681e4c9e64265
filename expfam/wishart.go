package expfam

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Wishart is W(W, ν) of D×D matrices Λ: u = (Λ, ln|Λ|), η = (−½W⁻¹, (ν − D − 1)/2),
// A = ν/2 ln|W| + νD/2 ln 2 + ln Γ_D(ν/2) (Bishop 2006, eqs B.78–B.81).
type Wishart struct {
	D int // rows of the matrix
}

// Name implements Family.
func (Wishart) Name() string { return "wishart" }

// Len implements Family.
func (f Wishart) Len() int { return f.D*f.D + 1 }

// Natural is η of W⁻¹, D×D, and ν.
func (f Wishart) Natural(inverse []float64, nu float64) []float64 {
	return append(scaled(inverse, -.5), (nu-float64(f.D)-1)/2)
}

// Expect implements Family.
func (f Wishart) Expect(u, eta []float64) (float64, error) {
	if err := sized(f, eta); err != nil {
		return 0, err
	}
	size, d := f.D*f.D, float64(f.D)
	return wishart(f, u, scaled(eta[:size], -2), 2*eta[size]+d+1)
}

// wishart is A of W(P⁻¹, ν), and sets the first D²+1 values of u to ⟨Λ⟩ = νW and ⟨ln|Λ|⟩.
func wishart(f Family, u, p []float64, nu float64) (float64, error) {
	d := int(math.Round(math.Sqrt(float64(len(p)))))
	if !(nu > float64(d-1)) {
		return 0, bad(f, "got nu %v, want more than %d", nu, d-1)
	}
	chol, ok := factorised(p, d)
	if !ok {
		return 0, bad(f, "got an inverse scale that is not positive definite")
	}
	logP := chol.LogDet()
	if u != nil {
		if err := inverse(u[:d*d], chol, nu); err != nil {
			return 0, bad(f, "inverse scale: %v", err)
		}
		u[d*d] = float64(d)*math.Ln2 - logP
		for i := range d {
			u[d*d] += polygamma.Digamma((nu - float64(i)) / 2)
		}
	}
	return nu/2*(float64(d)*math.Ln2-logP) + lnMultiGamma(nu/2, d), nil
}

// Stats implements Family.
func (f Wishart) Stats(u, x []float64) error {
	chol, ok := factorised(x, f.D)
	if !ok {
		return value(f, x, "a positive definite matrix")
	}
	copy(u, scaled(x, 1))
	u[f.D*f.D] = chol.LogDet()
	return nil
}

// symmetric is ½(M + Mᵀ).
func symmetric(x []float64, d int) *mat.SymDense {
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			s.SetSym(i, j, (x[i*d+j]+x[j*d+i])/2)
		}
	}
	return s
}

// factorised is the Cholesky factor of ½(M + Mᵀ), if it is a positive definite D×D matrix.
func factorised(x []float64, d int) (*mat.Cholesky, bool) {
	var c mat.Cholesky
	if len(x) != d*d {
		return nil, false
	}
	ok := c.Factorize(symmetric(x, d))
	return &c, ok
}

// inverse sets u to c·M⁻¹.
func inverse(u []float64, chol *mat.Cholesky, c float64) error {
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		return err
	}
	d := inv.SymmetricDim()
	for i := range d {
		for j := range d {
			u[i*d+j] = c * inv.At(i, j)
		}
	}
	return nil
}

// scaled is c·x.
func scaled(x []float64, c float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = c * v
	}
	return y
}

// lnMultiGamma is ln Γ_D(x) = D(D−1)/4 ln π + Σ_i ln Γ(x + (1−i)/2), i = 1 … D.
func lnMultiGamma(x float64, d int) float64 {
	s := float64(d*(d-1)) / 4 * math.Log(math.Pi)
	for i := range d {
		s += lgamma(x - float64(i)/2)
	}
	return s
}
