package eval

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

var spectrum = []float64{0.1, 4, 2, 1.5, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1} // in no order

func TestProbabilisticPCAReachesKnownOptima(t *testing.T) {
	for _, c := range []struct {
		q           int
		nll, sigma2 float64
	}{{2, 11.170183, 0.3625}, {3, 9.798806, 0.2}, {5, 9.182620, 0.12}} {
		nll, sigma2, err := ProbabilisticPCA(spectrum, c.q)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "negative log-likelihood", nll, c.nll, 5e-7)
		near(t, "noise variance", sigma2, c.sigma2, 1e-15)
	}
	// q = 0 is the isotropic Gaussian.
	nll, sigma2, _ := ProbabilisticPCA([]float64{3, 1}, 0)
	near(t, "noise variance", sigma2, 2, 1e-15)
	near(t, "isotropic Gaussian", nll, math.Log(2*math.Pi*2)+1, 1e-14)
}

// expectedNLL is the mean NLL of N(0, w wᵀ + s2 I) on data with covariance diag(λ).
func expectedNLL(lambda []float64, w *mat.Dense, s2 float64) float64 {
	d := len(lambda)
	var c mat.Dense
	c.Mul(w, w.T())
	for i := range d {
		c.Set(i, i, c.At(i, i)+s2)
	}
	logDet, _ := mat.LogDet(&c)
	var inv mat.Dense
	if err := inv.Inverse(&c); err != nil {
		return math.Inf(1)
	}
	nll := float64(d)*math.Log(2*math.Pi) + logDet
	for i := range d {
		nll += inv.At(i, i) * lambda[i]
	}
	return nll / 2
}

// The closed form is attained by W = U (Λ − σ² I)^½ and no other W does better.
func TestProbabilisticPCAIsAttainedAndIsTheMinimum(t *testing.T) {
	lambda, q := []float64{4, 2, 0.5, 0.3, 0.1}, 2
	nll, sigma2, err := ProbabilisticPCA(lambda, q)
	if err != nil {
		t.Fatal(err)
	}
	best := mat.NewDense(len(lambda), q, nil)
	for i := range q {
		best.Set(i, i, math.Sqrt(lambda[i]-sigma2))
	}
	near(t, "likelihood of the optimal weights", expectedNLL(lambda, best, sigma2), nll, 1e-12)
	noise := make([]float64, len(lambda)*q)
	for i := range 300 {
		rng.New(31).At(uint64(i)).NormalFloat64(noise)
		scale := math.Pow(10, -float64(i%4))
		var w mat.Dense
		w.Scale(scale, mat.NewDense(len(lambda), q, noise))
		w.Add(&w, best)
		if other := expectedNLL(lambda, &w, sigma2*math.Exp(scale*noise[0])); other < nll-1e-12 {
			t.Fatalf("a perturbation reaches %v, below the optimum %v", other, nll)
		}
	}
}

func TestProbabilisticPCARefusesBadInput(t *testing.T) {
	for _, q := range []int{-1, 2, 3} {
		_, _, err := ProbabilisticPCA([]float64{2, 1}, q)
		fails(t, err, "latent dimensions")
	}
	_, _, err := ProbabilisticPCA(nil, 0)
	fails(t, err, "latent dimensions")
	_, _, err = ProbabilisticPCA([]float64{2, -1}, 1)
	fails(t, err, "eigenvalue 1", "-1")
	_, _, err = ProbabilisticPCA([]float64{2, math.NaN()}, 1)
	fails(t, err, "NaN")
	_, _, err = ProbabilisticPCA([]float64{2, 0, 0}, 1)
	fails(t, err, "discarded eigenvalues")
}
