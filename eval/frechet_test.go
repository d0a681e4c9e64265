package eval

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// cov2 is a covariance of two numbers.
func cov2(a, b, c float64) *mat.SymDense { return mat.NewSymDense(2, []float64{a, b, b, c}) }

// TestFrechetOfKnownNormals: N((0, 0), [[2, .5], [.5, 1]]) and N((1, 2), [[1, −.3], [−.3, 2]]) are
// 5.575425893 apart.
func TestFrechetOfKnownNormals(t *testing.T) {
	a, b := cov2(2, .5, 1), cov2(1, -.3, 2)
	zero, mean := []float64{0, 0}, []float64{1, 2}
	got := must(Frechet(zero, a, mean, b))(t)
	tk.Close(t, "distance", got, 5.575425893, 1e-10)
	tk.Close(t, "distance the other way", must(Frechet(mean, b, zero, a))(t), got, 1e-12)
	// For two dimensions tr √M = √(tr M + 2√det M), with M similar to Σ₁Σ₂.
	trace := 2*1 + 2*.5*-.3 + 1*2.
	det := (2*1 - .25) * (1*2 - .09)
	tk.Close(t, "closed form", got, 5+3+3-2*math.Sqrt(trace+2*math.Sqrt(det)), 1e-12)
	tk.Close(t, "distance from itself", must(Frechet(mean, a, mean, a))(t), 0, 1e-12)
}

// TestFrechetOfSingularCovariances: a point, a line, and two lines at a right angle.
func TestFrechetOfSingularCovariances(t *testing.T) {
	zero := []float64{0, 0}
	for _, c := range []struct {
		a, b *mat.SymDense
		want float64
	}{
		{cov2(0, 0, 0), cov2(2, .5, 1), 3}, {cov2(4, 0, 0), cov2(1, 0, 0), 1}, {cov2(1, 0, 0), cov2(0, 0, 1), 2},
		{cov2(1, 1, 1), cov2(1, 1, 1), 0}, {cov2(1, 1, 1), cov2(9, 9, 9), 8},
	} {
		tk.Close(t, "distance", must(Frechet(zero, c.a, zero, c.b))(t), c.want, 1e-7) // √ε of the zero eigenvalues
	}
}

// TestFrechetOfCommutingCovariances in 30 dimensions is Σ(√λ − √κ)² over shared directions.
func TestFrechetOfCommutingCovariances(t *testing.T) {
	const n = 30
	noise := make([]float64, n*n)
	rng.New(2).NormalFloat64(noise)
	var qr mat.QR
	qr.Factorize(mat.NewDense(n, n, noise))
	var q mat.Dense
	qr.QTo(&q)
	matrix := func(of func(i int) float64) *mat.SymDense {
		s := mat.NewSymDense(n, nil)
		for i := range n {
			s.SymRankOne(s, of(i), q.ColView(i))
		}
		return s
	}
	first, second, want := func(i int) float64 { return float64(i) }, func(i int) float64 { return 1 / float64(1+i) }, 0.
	for i := range n {
		want += math.Pow(math.Sqrt(first(i))-math.Sqrt(second(i)), 2)
	}
	zero := make([]float64, n)
	tk.Close(t, "distance", must(Frechet(zero, matrix(first), zero, matrix(second)))(t), want, 1e-9)
}

func TestWrongCovariancesAreErrors(t *testing.T) {
	zero := []float64{0, 0}
	for say, f := range map[string]func() (float64, error){
		"dimensions":    func() (float64, error) { return Frechet([]float64{1}, cov2(1, 0, 1), zero, cov2(1, 0, 1)) },
		"none below 0":  func() (float64, error) { return Frechet(zero, cov2(1, 2, 1), zero, cov2(1, 0, 1)) },
		"eigenvalue -1": func() (float64, error) { return Frechet(zero, cov2(1, 0, 1), zero, cov2(1, 2, 1)) },
	} {
		_, err := f()
		fails(t, err, say)
	}
}
