package switching

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// gauss is q(z), a Gaussian chain in natural form: ln q = −½ zᵀJz + hᵀz + const with J block
// tridiagonal.
type gauss struct {
	j, below []*mat.Dense    // J_tt, and J_{t,t−1} (none at t = 0), L×L
	h        []*mat.VecDense // L

	mean    []*mat.VecDense // E z_t
	second  []*mat.Dense    // E z_t z_tᵀ
	cross   []*mat.Dense    // E z_t z_{t−1}ᵀ (none at t = 0)
	entropy float64
}

// solve sets moments and entropy by block elimination forward,
//
//	Λ_t = J_tt − J_{t,t−1} Λ_{t−1}⁻¹ J_{t,t−1}ᵀ,  g_t = h_t − J_{t,t−1} Λ_{t−1}⁻¹ g_{t−1},
//
// and substitution back, with G_t = −Λ_t⁻¹ J_{t+1,t}ᵀ:
//
//	μ_t = Λ_t⁻¹ g_t + G_t μ_{t+1},  V_t = Λ_t⁻¹ + G_t V_{t+1} G_tᵀ,  cov(z_t, z_{t+1}) = G_t V_{t+1}.
func (q *gauss) solve() error {
	n, l := len(q.j), q.h[0].Len()
	inv, g := make([]*mat.SymDense, n), make([]*mat.VecDense, n)
	logDet := 0.0
	for t := range n {
		g[t] = mat.VecDenseCopyOf(q.h[t])
		lambda := mat.DenseCopyOf(q.j[t])
		if t > 0 {
			var w, ww mat.Dense
			var wg mat.VecDense
			w.Mul(q.below[t], inv[t-1])
			ww.Mul(&w, q.below[t].T())
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
	q.entropy = 0.5 * (float64(n*l)*(1+math.Log(2*math.Pi)) - logDet)
	q.mean, q.second, q.cross = make([]*mat.VecDense, n), make([]*mat.Dense, n), make([]*mat.Dense, n)
	var cov *mat.Dense
	for t := n - 1; t >= 0; t-- {
		mean, v := new(mat.VecDense), mat.DenseCopyOf(inv[t])
		mean.MulVec(inv[t], g[t])
		if t < n-1 {
			var gain, gv, gvg, back mat.Dense
			var move mat.VecDense
			gain.Mul(inv[t], q.below[t+1].T())
			gain.Scale(-1, &gain)
			move.MulVec(&gain, q.mean[t+1])
			mean.AddVec(mean, &move)
			gv.Mul(&gain, cov)
			gvg.Mul(&gv, gain.T())
			v.Add(v, &gvg)
			back.Outer(1, q.mean[t+1], mean)
			back.Add(&back, gv.T())
			q.cross[t+1] = &back
		}
		q.mean[t], cov = mean, v
		var second mat.Dense
		second.Outer(1, mean, mean)
		second.Add(&second, v)
		q.second[t] = &second
	}
	return nil
}

// addScaled adds f·b to a.
func addScaled(a *mat.Dense, f float64, b mat.Matrix) {
	var s mat.Dense
	s.Scale(f, b)
	a.Add(a, &s)
}

// trace is tr(AB) of matrices of one size, B symmetric or A given transposed.
func trace(a, b mat.Matrix) (sum float64) {
	n, m := a.Dims()
	for i := range n {
		for j := range m {
			sum += a.At(i, j) * b.At(i, j)
		}
	}
	return sum
}

// residual is yy − W·yzᵀ − yz·Wᵀ + W·zz·Wᵀ, the expectation of (y − Wz)(y − Wz)ᵀ.
func residual(yy, yz, zz, w mat.Matrix) *mat.SymDense {
	var a, b, c mat.Dense
	a.Mul(w, yz.T())
	b.Mul(w, zz)
	c.Mul(&b, w.T())
	c.Add(&c, yy)
	c.Sub(&c, &a)
	c.Sub(&c, a.T())
	return symmetric(&c)
}

// logNormal is E ln N(y; Wz, S) for the expected residual, given S⁻¹ and ln|S|.
func logNormal(res, inv *mat.SymDense, logDet float64) float64 {
	d := float64(res.SymmetricDim())
	return -0.5 * (d*math.Log(2*math.Pi) + logDet + trace(inv, res))
}
