package bnn

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"
)

// The diagonal Laplace approximation of a linear model is further from the exact posterior than
// the Kronecker factors, which are it: KL ½(Σ ln Λ_jj − ln|Λ|) > 0 at the same mean.
func TestTheDiagonalLosesWhatTheFactorsKeep(t *testing.T) {
	tab, n, k, _ := linearKFAC(t, Config{Noise: .5, Prior: Prior{SD: .8}, Draws: 1})
	mean, precision := posterior(tab, .8, .5/tab.target.SD)
	diagonal := make([]float64, len(mean))
	for j := range diagonal {
		diagonal[j] = 1 / math.Sqrt(precision.At(j, j))
	}
	lost := gaussianKL(n.mean.flat(), diagonal, mean, precision)
	var product mat.Dense
	product.Mul(precision, k.covariance())
	logDet, _ := mat.LogDet(&product) // KL = ½(tr ΛC − d − ln|ΛC|) with equal means
	near(t, "KL of the factors", .5*(mat.Trace(&product)-float64(len(mean))-logDet), 0, 1e-10)
	if lost < .01 {
		t.Errorf("KL of the diagonal: got %v, want it clearly above 0", lost)
	}
}

// Where σ is learned, the evidence at other precisions is that of a model with them at the same
// weights: of the rows' likelihood, the prior's cost and both determinants, each in full.
func TestTheEvidenceAtOtherPrecisionsIsThatOfAModelWithThem(t *testing.T) {
	tab, n, k, e := linearKFAC(t, Config{Prior: Prior{SD: .8}, Draws: 1})
	sigma := n.sigmas[0]
	w := n.mean.flat()
	for _, c := range [][2]float64{{1, 1}, {2.5, 1}, {1, .4}, {.3, 1.7}} {
		tau, rho := c[0], c[1]
		sd, s := .8/math.Sqrt(tau), sigma/math.Sqrt(rho)
		_, precision := posterior(tab, sd, s)
		want := 0.
		for i := range tab.n {
			f := w[3]
			for j := range 3 {
				f += w[j] * float64(tab.x[3*i+j])
			}
			want += -.5*math.Pow((float64(tab.y[i])-f)/s, 2) - math.Log(s) - .5*math.Log(2*math.Pi)
		}
		for j, v := range w {
			p := sd
			if j < 3 {
				p /= math.Sqrt(3)
			}
			want += -.5*v*v/(p*p) - math.Log(p)
		}
		var chol mat.Cholesky
		chol.Factorize(precision)
		near(t, "evidence", e.at(tau, rho), want-.5*chol.LogDet(), 1e-9)

		// The draws follow: their covariance is the inverse of that precision.
		scaled := &kronecker{SU: mat.DenseCopyOf(k.SU), V: k.V, lambda: append([]float64(nil), k.lambda...), gamma: k.gamma}
		scaled.rescale(tau, rho)
		if !mat.EqualApprox(scaled.covariance(), invert(t, precision), 1e-9) {
			t.Errorf("covariance at %v, %v: got %v", tau, rho, mat.Formatted(scaled.covariance()))
		}
	}
}

// The best precisions are those of the highest evidence on a grid around them, and have the
// derivatives τQ = γ and ρR = N − γ of MacKay 1992.
func TestTheBestPrecisionsHaveTheHighestEvidence(t *testing.T) {
	for _, c := range []struct {
		e    laplaceEvidence
		free bool
	}{
		{laplaceEvidence{logLik: -20, Q: 3, N: 50, R: 48, lambda: []float64{100, 20, 3, .5, .01, 0}}, true},
		{laplaceEvidence{logLik: -20, Q: 900, N: 50, R: 2, lambda: []float64{1e6, 1e4, 1e3, 10, 0, 0, 0}}, true},
		{laplaceEvidence{logLik: -20, Q: .2, lambda: []float64{100, 20, 3, .5}}, false},
	} {
		tau, rho := c.e.best()
		gamma := c.e.known(tau, rho)
		near(t, "τQ/γ", tau*c.e.Q/gamma, 1, 1e-8)
		if !c.free && rho != 1 {
			t.Errorf("ρ of known noise: got %v, want 1", rho)
		}
		if c.free {
			near(t, "ρR/(N − γ)", rho*c.e.R/(c.e.N-gamma), 1, 1e-8)
		}
		top := c.e.at(tau, rho)
		for i := -20; i <= 20; i++ {
			for j := -20; j <= 20; j++ {
				other := rho
				if c.free {
					other *= math.Exp(float64(j) / 10)
				}
				if got := c.e.at(tau*math.Exp(float64(i)/10), other); got > top+1e-9 {
					t.Fatalf("evidence: got %v at %v, %v and %v at %v, %v", got, tau*math.Exp(float64(i)/10), other, top, tau, rho)
				}
			}
		}
	}
	// Weights that no row has a say in ask for a prior as wide as it may be.
	if tau, _ := (laplaceEvidence{Q: 1, lambda: []float64{0}}).best(); tau > 1e-8 || math.IsNaN(tau) {
		t.Errorf("no information: got τ %v, want the end of the range", tau)
	}
}

// linearWith fits a linear model by a method with a learned σ, plainly and at the highest evidence,
// and returns the precisions that this is at.
func linearWith(t *testing.T, method string) (tab *table, plain, raised *Net, tau, rho float64) {
	t.Helper()
	x, y := linearTable(40, 3, .5, 4)
	c := Config{Method: method, Hidden: []int{}, Epochs: 6000, LR: .02, Prior: Prior{SD: .8}, Draws: 3, dtype: dtypes.Float64}
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	_, _, _, e := linearKFAC(t, c)
	tau, rho = e.best()
	plain = fit(t, x, y, c)
	c.Evidence = true
	return tab, plain, fit(t, x, y, c), tau, rho
}

// The exact posterior of the last layer is then that of the other deviations: here, where it is
// all there is, with the mode moved as the new prior has it.
func TestTheLastLayerFollowsTheEvidence(t *testing.T) {
	tab, plain, raised, tau, rho := linearWith(t, "last-layer")
	near(t, "σ", raised.sigmas[0]/plain.sigmas[0], 1/math.Sqrt(rho), 1e-8)
	want, _ := posterior(tab, .8/math.Sqrt(tau), raised.sigmas[0])
	for j, v := range raised.mean.flat() {
		near(t, "mean", v, want[j], 1e-8)
	}
	if before, _ := posterior(tab, .8, plain.sigmas[0]); math.Abs(before[2]-want[2]) < 1e-5 {
		t.Error("the evidence leaves the mean where it is, which shows nothing")
	}
}

// The diagonal is τ times the prior's and ρ times the Fisher matrix's: the same noise makes draws
// that are further from the mode by the root of the ratio.
func TestTheDiagonalFollowsTheEvidence(t *testing.T) {
	tab, plain, raised, tau, rho := linearWith(t, "laplace")
	_, old := posterior(tab, .8, plain.sigmas[0])
	_, precision := posterior(tab, .8/math.Sqrt(tau), plain.sigmas[0]/math.Sqrt(rho))
	for k := range plain.draws {
		a, b := plain.draws[k].flat(), raised.draws[k].flat()
		for j, m := range plain.mean.flat() {
			want := math.Sqrt(old.At(j, j) / precision.At(j, j))
			near(t, "deviation of a draw relative to the plain one", (b[j]-m)/(a[j]-m), want, 1e-6)
		}
	}
}

// A fit that asks for it has the σ of the best evidence, √(SSE/(N − γ)), about the same mode; of
// a known noise only the prior changes, and other methods have no evidence.
func TestAFitRaisesItsEvidence(t *testing.T) {
	_, plain, _, e := linearKFAC(t, Config{Prior: Prior{SD: .8}, Draws: 2})
	_, raised, _, _ := linearKFAC(t, Config{Prior: Prior{SD: .8}, Draws: 2, Evidence: true})
	tau, rho := e.best()
	near(t, "σ", raised.sigmas[0], plain.sigmas[0]/math.Sqrt(rho), 1e-12)
	sse := e.R * math.Pow(plain.sigmas[0], 2)
	near(t, "σ²", math.Pow(raised.sigmas[0], 2), sse/(e.N-e.known(tau, rho)), 1e-9)
	if rho >= 1 || e.at(tau, rho) <= e.at(1, 1) {
		t.Errorf("got ρ %v and evidence %v of %v, want the noise of the mode too small", rho, e.at(tau, rho), e.at(1, 1))
	}
	for j, v := range raised.mean.flat() {
		near(t, "mode", v, plain.mean.flat()[j], 0)
	}
	_, known, _, _ := linearKFAC(t, Config{Noise: .5, Draws: 1, Evidence: true})
	near(t, "known σ", known.Noise(), .5, 1e-12)

	x, y := waves(20, 1)
	_, err := Fit(context.Background(), x, y, Config{Method: "swag", Evidence: true})
	refused(t, err, `evidence: got it with method "swag"`)
	for _, head := range []string{"heteroscedastic", "classes"} {
		bx, by := blobs(60, 3, .3, 1)
		n := fit(t, bx, by, Config{Method: "laplace-kfac", Head: head, Evidence: true, Epochs: 300, Draws: 20})
		for _, p := range predict(t, n, bx[:5]) {
			if !(p.Epistemic > 0) || math.IsNaN(p.SD) {
				t.Errorf("%s: got %+v", head, p)
			}
		}
	}
}
