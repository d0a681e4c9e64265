package pathfinder

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi/lbfgs"
)

// walk gathers the curvature of ½xᵀHx along random steps, and returns it with H.
func walk(t *testing.T, n, steps, size int) (*curvature, *mat.SymDense) {
	t.Helper()
	raw := make([]float64, n*n)
	rng.New(31).NormalFloat64(raw)
	x := mat.NewDense(n, n, raw)
	h := mat.NewSymDense(n, nil)
	var xx mat.Dense
	xx.Mul(x, x.T())
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, xx.At(i, j))
		}
		h.SetSym(i, i, h.At(i, i)+1)
	}
	c := newCurvature(n, size)
	at := func(k int) lbfgs.Point {
		p := lbfgs.Point{X: make([]float64, n), Grad: make([]float64, n)}
		rng.New(uint64(50 + k)).NormalFloat64(p.X)
		mat.NewVecDense(n, p.Grad).MulVec(h, mat.NewVecDense(n, p.X))
		return p
	}
	for k := range steps {
		c.add(at(k), at(k+1))
	}
	if c.history.Len() != min(steps, size) {
		t.Fatalf("got %d pairs, want %d", c.history.Len(), min(steps, size))
	}
	return c, h
}

// bfgs is the definition: Σ₀ = diag(α), and for every pair in order
// Σ⁺ = (I − ρsyᵀ)Σ(I − ρysᵀ) + ρssᵀ, ρ = 1/sᵀy (Nocedal & Wright 2006, eq. 7.16).
func bfgs(c *curvature) *mat.Dense {
	n := len(c.alpha)
	sigma := mat.NewDense(n, n, nil)
	for i, v := range c.alpha {
		sigma.Set(i, i, v)
	}
	for k, s := range c.history.S {
		y := c.history.Y[k]
		rho := 1 / dot(s, y)
		left := mat.NewDense(n, n, nil)
		for i := range n {
			for j := range n {
				left.Set(i, j, -rho*s[i]*y[j])
			}
			left.Set(i, i, left.At(i, i)+1)
		}
		var a, b mat.Dense
		a.Mul(left, sigma)
		b.Mul(&a, left.T())
		for i := range n {
			for j := range n {
				sigma.Set(i, j, b.At(i, j)+rho*s[i]*s[j])
			}
		}
	}
	return sigma
}

// dense forms Σ from a Gaussian's factors.
func dense(q *gaussian) *mat.Dense {
	n := len(q.mean)
	out := mat.NewDense(n, n, nil)
	for j := range n {
		// Columns of the root of Σ are draws for unit noise less the mean.
		eps := make([]float64, n)
		eps[j] = 1
		q.draw(eps)
		for i := range n {
			out.Set(i, j, eps[i]-q.mean[i])
		}
	}
	var sigma mat.Dense
	sigma.Mul(out, out.T())
	return &sigma
}

// TestFactorsEqualTheRecursion: fewer pairs than dimensions, and more.
func TestFactorsEqualTheRecursion(t *testing.T) {
	for _, c := range []struct{ n, steps, size int }{{12, 3, 4}, {12, 9, 5}, {5, 8, 6}, {1, 4, 2}, {7, 0, 3}} {
		q, _ := walk(t, c.n, c.steps, c.size)
		x, grad := make([]float64, c.n), make([]float64, c.n)
		rng.New(1).NormalFloat64(x)
		rng.New(2).NormalFloat64(grad)
		got, err := q.gaussian(x, grad)
		if err != nil {
			t.Fatal(err)
		}
		want, sigma := bfgs(q), dense(got)
		for i := range c.n {
			mean := x[i]
			for j := range c.n {
				tk.Close(t, "Σ", sigma.At(i, j), want.At(i, j), 1e-9)
				mean += want.At(i, j) * grad[j]
			}
			tk.Close(t, "μ", got.mean[i], mean, 1e-9)
		}
		tk.Close(t, "ln det Σ", got.logDet, math.Log(mat.Det(want)), 1e-9)
	}
}

// TestDensityOfDraws: ln q of a draw, its density computed anew, and the dense formula agree.
func TestDensityOfDraws(t *testing.T) {
	q, _ := walk(t, 9, 6, 3)
	got, err := q.gaussian(make([]float64, 9), make([]float64, 9))
	if err != nil {
		t.Fatal(err)
	}
	var inv mat.Dense
	if err := inv.Inverse(bfgs(q)); err != nil {
		t.Fatal(err)
	}
	for k := range uint64(5) {
		u := make([]float64, 9)
		rng.New(k).NormalFloat64(u)
		logQ := got.draw(u)
		square := 0.
		for i := range u {
			for j := range u {
				square += (u[i] - got.mean[i]) * inv.At(i, j) * (u[j] - got.mean[j])
			}
		}
		tk.Close(t, "dense", -.5*(square+9*math.Log(2*math.Pi)+got.logDet), logQ, 1e-9)
		tk.Close(t, "anew", got.logDensity(u), logQ, 1e-9)
	}
}

func TestPairsWithoutCurvatureChangeNothing(t *testing.T) {
	c := newCurvature(2, 3)
	at := func(x, slope float64) lbfgs.Point { return lbfgs.Point{X: []float64{x, 0}, Grad: []float64{slope, 0}} }
	c.add(at(0, 1), at(1, 0))
	if c.history.Len() != 0 || c.alpha[0] != 1 || c.alpha[1] != 1 {
		t.Errorf("got %d pairs and α = %v, want none and 1", c.history.Len(), c.alpha)
	}
	// One pair of a parabola with curvature 4 in the first direction sets α there to ¼.
	c.add(at(0, 0), at(1, 4))
	tk.Close(t, "α", c.alpha[0], .25, 1e-12)
}
