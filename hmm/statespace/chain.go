package statespace

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Chain is a Gaussian over hidden states z_1 … z_T in natural form,
//
//	ln q(z) = −½ zᵀJz + hᵀz + const,
//
// whose precision J is block tridiagonal: what variational inference finds for the states when
// the parameters are uncertain or switch.
type Chain struct {
	// J holds the blocks J_tt, L×L.
	J []*mat.Dense
	// Below holds the blocks J_{t,t−1}; none at the first.
	Below []*mat.Dense
	// H holds the L values of h for each state.
	H []*mat.VecDense

	// Mean holds E z_t, after Solve.
	Mean []*mat.VecDense
	// Second holds E z_t z_tᵀ, after Solve.
	Second []*mat.Dense
	// Cross holds E z_t z_{t−1}ᵀ, after Solve; none at the first.
	Cross []*mat.Dense
	// Entropy is that of q, after Solve.
	Entropy float64
}

// Solve sets moments and entropy by block elimination forward,
//
//	Λ_t = J_tt − J_{t,t−1} Λ_{t−1}⁻¹ J_{t,t−1}ᵀ,  g_t = h_t − J_{t,t−1} Λ_{t−1}⁻¹ g_{t−1},
//
// and substitution back, with G_t = −Λ_t⁻¹ J_{t+1,t}ᵀ:
//
//	μ_t = Λ_t⁻¹ g_t + G_t μ_{t+1},  V_t = Λ_t⁻¹ + G_t V_{t+1} G_tᵀ,  cov(z_t, z_{t+1}) = G_t V_{t+1}.
func (q *Chain) Solve() error {
	n, l := len(q.J), q.H[0].Len()
	inv, g := make([]*mat.SymDense, n), make([]*mat.VecDense, n)
	logDet := 0.0
	for t := range n {
		g[t] = mat.VecDenseCopyOf(q.H[t])
		lambda := mat.DenseCopyOf(q.J[t])
		if t > 0 {
			var w, ww mat.Dense
			var wg mat.VecDense
			w.Mul(q.Below[t], inv[t-1])
			ww.Mul(&w, q.Below[t].T())
			lambda.Sub(lambda, &ww)
			wg.MulVec(&w, g[t-1])
			g[t].SubVec(g[t], &wg)
		}
		var ld float64
		var err error
		if inv[t], ld, err = inverse(symmetric(lambda), "precision of the hidden states"); err != nil {
			return err
		}
		logDet += ld
	}
	q.Entropy = 0.5 * (float64(n*l)*(1+math.Log(2*math.Pi)) - logDet)
	q.Mean, q.Second, q.Cross = make([]*mat.VecDense, n), make([]*mat.Dense, n), make([]*mat.Dense, n)
	var cov *mat.Dense
	for t := n - 1; t >= 0; t-- {
		mean, v := new(mat.VecDense), mat.DenseCopyOf(inv[t])
		mean.MulVec(inv[t], g[t])
		if t < n-1 {
			var gain, gv, gvg, back mat.Dense
			var move mat.VecDense
			gain.Mul(inv[t], q.Below[t+1].T())
			gain.Scale(-1, &gain)
			move.MulVec(&gain, q.Mean[t+1])
			mean.AddVec(mean, &move)
			gv.Mul(&gain, cov)
			gvg.Mul(&gv, gain.T())
			v.Add(v, &gvg)
			back.Outer(1, q.Mean[t+1], mean)
			back.Add(&back, gv.T())
			q.Cross[t+1] = &back
		}
		q.Mean[t], cov = mean, v
		var second mat.Dense
		second.Outer(1, mean, mean)
		second.Add(&second, v)
		q.Second[t] = &second
	}
	return nil
}

// inverse returns a⁻¹ and ln|a|.
func inverse(a mat.Symmetric, what string) (inv *mat.SymDense, logDet float64, err error) {
	var chol mat.Cholesky
	inv = mat.NewSymDense(a.SymmetricDim(), nil)
	if !chol.Factorize(a) || chol.InverseTo(inv) != nil {
		return nil, 0, errNotPositive(what)
	}
	return inv, chol.LogDet(), nil
}
