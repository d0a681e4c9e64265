package pathfinder

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/vi/lbfgs"
)

// curvature is the inverse Hessian of −ln p along a path of iterates: a diagonal α that every pair of
// step s and gradient change y corrects, and the last pairs themselves.
type curvature struct {
	alpha   []float64
	history lbfgs.History
	size    int
}

func newCurvature(n, size int) *curvature {
	c := &curvature{alpha: make([]float64, n), size: size}
	for i := range c.alpha {
		c.alpha[i] = 1
	}
	return c
}

// add takes the pair between two iterates into account (Zhang et al. 2022, algorithm 3, after
// Gilbert & Lemaréchal 1989):
//
//	1/α⁺ = a/(bα) + y²/b − a s²/(b c α²),  a = yᵀαy, b = yᵀs, c = sᵀα⁻¹s.
func (q *curvature) add(from, to lbfgs.Point) {
	if !q.history.Add(from, to, q.size) {
		return
	}
	s, y := q.history.S[q.history.Len()-1], q.history.Y[q.history.Len()-1]
	var a, b, c float64
	for i, v := range q.alpha {
		a += y[i] * v * y[i]
		b += y[i] * s[i]
		c += s[i] / v * s[i]
	}
	next := make([]float64, len(q.alpha))
	for i, v := range q.alpha {
		next[i] = 1 / (a/(b*v) + y[i]*y[i]/b - a*s[i]*s[i]/(b*c*v*v))
		if !(next[i] > 0) || math.IsInf(next[i], 0) {
			return // rounding has broken it: keep the old one
		}
	}
	q.alpha = next
}

// gaussian is N(μ, Σ) with Σ = A^½ (I + Q(LLᵀ − I)Qᵀ) A^½, A = diag(α), Q n×r with
// orthonormal columns.
type gaussian struct {
	mean, root []float64  // μ, √α
	q          *mat.Dense // nil if r = 0
	l          *mat.TriDense
	logDet     float64 // ln det Σ
}

// gaussian returns the approximation at an iterate, where grad is ∇ln p: Σ = A + BMBᵀ with
// B = [AY, S] and μ = x + Σ∇ln p (Zhang et al. 2022, eq. 4 and algorithm 4). With the pairs as
// columns, R the upper triangle of SᵀY and η its diagonal,
//
//	M = [0, −R⁻¹; −R⁻ᵀ, R⁻ᵀ(η + YᵀAY)R⁻¹].
func (q *curvature) gaussian(x, grad []float64) (*gaussian, error) {
	n, j := len(x), q.history.Len()
	out := &gaussian{mean: make([]float64, n), root: make([]float64, n)}
	for i, v := range q.alpha {
		out.root[i] = math.Sqrt(v)
		out.logDet += math.Log(v)
	}
	if j > 0 {
		if err := out.correct(q); err != nil {
			return nil, err
		}
	}
	scaled := make([]float64, n)
	for i, v := range grad {
		scaled[i] = v * out.root[i]
	}
	if out.q != nil {
		// (I + Q(LLᵀ−I)Qᵀ)v = v + Q(LLᵀ−I)Qᵀv
		v := mat.NewVecDense(n, scaled)
		r, _ := out.l.Triangle()
		var w, lw, add mat.VecDense
		w.MulVec(out.q.T(), v)
		lw.MulVec(out.l.T(), &w)
		lw.MulVec(out.l, &lw)
		for i := range r {
			lw.SetVec(i, lw.AtVec(i)-w.AtVec(i))
		}
		add.MulVec(out.q, &lw)
		v.AddVec(v, &add)
	}
	for i := range x {
		out.mean[i] = x[i] + out.root[i]*scaled[i]
		if math.IsNaN(out.mean[i]) || math.IsInf(out.mean[i], 0) {
			return nil, fmt.Errorf("pathfinder: mean: element %d: got %v, want a finite number", i, out.mean[i])
		}
	}
	return out, nil
}

// correct forms Q and L from the thin QR factors of A^−½B: L is the Cholesky factor of
// I + TMTᵀ, with T the upper factor.
func (out *gaussian) correct(q *curvature) error {
	n, j := len(out.root), q.history.Len()
	b := mat.NewDense(n, 2*j, nil)
	for c := range j {
		for i, a := range out.root {
			b.Set(i, c, a*q.history.Y[c][i])
			b.Set(i, j+c, q.history.S[c][i]/a)
		}
	}
	m, err := q.middle()
	if err != nil {
		return err
	}
	qq, t := thinQR(b)
	r := min(n, 2*j)
	var tm, k mat.Dense
	tm.Mul(t, m)
	k.Mul(&tm, t.T())
	sym := mat.NewSymDense(r, nil)
	for i := range r {
		for c := i; c < r; c++ {
			v := (k.At(i, c) + k.At(c, i)) / 2
			if i == c {
				v++
			}
			sym.SetSym(i, c, v)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(sym) {
		return fmt.Errorf("pathfinder: the inverse Hessian is not positive definite")
	}
	out.q, out.l = qq, new(mat.TriDense)
	chol.LTo(out.l)
	out.logDet += chol.LogDet()
	return nil
}

// middle returns M.
func (q *curvature) middle() (*mat.Dense, error) {
	j := q.history.Len()
	r, inner := mat.NewTriDense(j, mat.Upper, nil), mat.NewDense(j, j, nil)
	for a := range j {
		for b := range j {
			if sy := dot(q.history.S[a], q.history.Y[b]); b >= a {
				r.SetTri(a, b, sy)
				if a == b {
					inner.Set(a, a, sy)
				}
			}
		}
	}
	for a := range j {
		for b := range j {
			sum := 0.
			for i, v := range q.alpha {
				sum += q.history.Y[a][i] * v * q.history.Y[b][i]
			}
			inner.Set(a, b, inner.At(a, b)+sum)
		}
	}
	var inv mat.TriDense
	if err := inv.InverseTri(r); err != nil {
		return nil, fmt.Errorf("pathfinder: steps and gradient changes: %w", err)
	}
	var left, corner mat.Dense
	left.Mul(inv.T(), inner)
	corner.Mul(&left, &inv)
	m := mat.NewDense(2*j, 2*j, nil)
	for a := range j {
		for b := range j {
			m.Set(a, j+b, -inv.At(a, b))
			m.Set(j+a, b, -inv.At(b, a))
			m.Set(j+a, j+b, corner.At(a, b))
		}
	}
	return m, nil
}

// thinQR returns Q, n×r, and T, r×c, r = min(n, c), with QT = b; b is overwritten.
func thinQR(b *mat.Dense) (q, t *mat.Dense) {
	n, c := b.Dims()
	r := min(n, c)
	raw := b.RawMatrix()
	tau := make([]float64, r)
	work := make([]float64, 1)
	lapack64.Geqrf(raw, tau, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Geqrf(raw, tau, work, len(work))
	t = mat.NewDense(r, c, nil)
	for i := range r {
		for k := i; k < c; k++ {
			t.Set(i, k, b.At(i, k))
		}
	}
	q = mat.NewDense(n, r, nil)
	q.Copy(b.Slice(0, n, 0, r))
	lapack64.Orgqr(q.RawMatrix(), tau, work[:1], -1)
	work = make([]float64, int(work[0])+1)
	lapack64.Orgqr(q.RawMatrix(), tau, work, len(work))
	return q, t
}

// draw turns n standard normal values into a draw, in place, and returns ln q of it.
func (out *gaussian) draw(eps []float64) (logQ float64) {
	n := len(eps)
	logQ = -.5 * (dot(eps, eps) + float64(n)*math.Log(2*math.Pi) + out.logDet)
	if out.q != nil {
		// v = ε + Q(L − I)Qᵀε has covariance I + Q(LLᵀ − I)Qᵀ.
		r, _ := out.l.Triangle()
		w := make([]float64, r)
		blas64.Gemv(blas.Trans, 1, out.q.RawMatrix(), blas64.Vector{N: n, Data: eps, Inc: 1}, 0, blas64.Vector{N: r, Data: w, Inc: 1})
		lw := append([]float64(nil), w...)
		blas64.Trmv(blas.NoTrans, out.l.RawTriangular(), blas64.Vector{N: r, Data: lw, Inc: 1})
		for i := range lw {
			lw[i] -= w[i]
		}
		blas64.Gemv(blas.NoTrans, 1, out.q.RawMatrix(), blas64.Vector{N: r, Data: lw, Inc: 1}, 1, blas64.Vector{N: n, Data: eps, Inc: 1})
	}
	for i := range eps {
		eps[i] = out.mean[i] + out.root[i]*eps[i]
	}
	return logQ
}

// logDensity returns ln q(u): with v = A^−½(u − μ) and w = Qᵀv the squared distance is
// ‖v‖² − ‖w‖² + ‖L⁻¹w‖².
func (out *gaussian) logDensity(u []float64) float64 {
	n := len(u)
	v := make([]float64, n)
	for i, x := range u {
		v[i] = (x - out.mean[i]) / out.root[i]
	}
	square := dot(v, v)
	if out.q != nil {
		r, _ := out.l.Triangle()
		w := make([]float64, r)
		blas64.Gemv(blas.Trans, 1, out.q.RawMatrix(), blas64.Vector{N: n, Data: v, Inc: 1}, 0, blas64.Vector{N: r, Data: w, Inc: 1})
		square -= dot(w, w)
		blas64.Trsv(blas.NoTrans, out.l.RawTriangular(), blas64.Vector{N: r, Data: w, Inc: 1})
		square += dot(w, w)
	}
	return -.5 * (square + float64(n)*math.Log(2*math.Pi) + out.logDet)
}

func dot(a, b []float64) float64 {
	sum := 0.
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}
