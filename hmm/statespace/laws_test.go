package statespace

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// scalarFilter is the filter of the local level in scalars, a definition to compare with.
func scalarFilter(q, r, mean, variance float64, y []float64) (means, variances []float64, logLik float64) {
	for t, v := range y {
		if t > 0 {
			variance += q
		}
		s := variance + r
		logLik -= .5 * (math.Log(2*math.Pi*s) + (v-mean)*(v-mean)/s)
		gain := variance / s
		mean, variance = mean+gain*(v-mean), (1-gain)*variance
		means, variances = append(means, mean), append(variances, variance)
	}
	return means, variances, logLik
}

func TestLocalLevelEqualsTheScalarFilter(t *testing.T) {
	r := rng.New(11).Named("scalar").Rand()
	for range 50 {
		q, noise, mean, variance := r.ExpFloat64(), r.ExpFloat64()+.1, r.NormFloat64(), r.ExpFloat64()
		y := make([]float64, 1+r.IntN(40))
		for i := range y {
			y[i] = 3 * r.NormFloat64()
		}
		means, variances, logLik := scalarFilter(q, noise, mean, variance, y)
		b, err := LocalLevel(q, noise, mean, variance).Filter(y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "log-likelihood", b.LogLik, logLik, 1e-11)
		for i := range y {
			near(t, "mean", b.Filtered[i].AtVec(0), means[i], 1e-11)
			near(t, "variance", b.FilteredCov[i].At(0, 0), variances[i], 1e-11)
		}
	}
}

// The variance of a local level with q = r = 1 tends to the golden ratio less one.
func TestTheVarianceTendsToItsFixedPoint(t *testing.T) {
	b, err := LocalLevel(1, 1, 0, 1e6).Smooth(make([]float64, 2000))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "filtered", b.FilteredCov[1999].At(0, 0), (math.Sqrt(5)-1)/2, 1e-13)
	// Seen from both sides the precision is 1/φ⁻¹ + 1/(φ⁻¹ + 1) = φ + φ⁻¹ = √5.
	near(t, "smoothed", b.SmoothedCov[1000].At(0, 0), 1/math.Sqrt(5), 1e-13)
}

// A model that uses other coordinates for the hidden state says the same of the rows.
func TestAnotherBasisOfTheStateChangesNothing(t *testing.T) {
	r := rng.New(12).Named("basis").Rand()
	for range 30 {
		m := randomModel(r, 3, 2)
		turn := randomMatrix(r, 3, 3)
		for i := range 3 {
			turn.Set(i, i, turn.At(i, i)+2)
		}
		var back, a, c mat.Dense
		if err := back.Inverse(turn); err != nil {
			t.Fatal(err)
		}
		a.Mul(turn, m.Trans)
		a.Mul(&a, &back)
		c.Mul(m.Emit, &back)
		none := mat.NewSymDense(3, nil)
		var mean mat.VecDense
		mean.MulVec(turn, m.Mean)
		other := &Model{Mean: &mean, Cov: sandwich(turn, m.Cov, none), Trans: &a, TransCov: sandwich(turn, m.TransCov, none), Emit: &c, EmitCov: m.EmitCov}
		y, _, err := m.Simulate(rng.New(r.Uint64()), 20)
		if err != nil {
			t.Fatal(err)
		}
		one, err := m.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		two, err := other.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "log-likelihood", two.LogLik, one.LogLik, 1e-9)
		for s := range one.Smoothed {
			var z mat.VecDense
			z.MulVec(turn, one.Smoothed[s])
			for i := range 3 {
				near(t, "smoothed", two.Smoothed[s].AtVec(i), z.AtVec(i), 1e-9)
			}
		}
	}
}

func TestSmoothingNeverWidensABelief(t *testing.T) {
	r := rng.New(13).Named("narrow").Rand()
	for range 30 {
		m := randomModel(r, 2, 1)
		y, _, err := m.Simulate(rng.New(r.Uint64()), 30)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		for s := range b.Smoothed {
			for i := range 2 {
				if b.SmoothedCov[s].At(i, i) > b.FilteredCov[s].At(i, i)+1e-12 {
					t.Errorf("row %d: smoothed %g, filtered %g", s, b.SmoothedCov[s].At(i, i), b.FilteredCov[s].At(i, i))
				}
			}
			var chol mat.Cholesky
			if !chol.Factorize(b.SmoothedCov[s]) {
				t.Errorf("row %d: the covariance is not positive definite", s)
			}
		}
	}
}

// The states of simulated sequences lie in 95 % intervals of the smoother 95 % of the time.
func TestIntervalsOfTheSmootherCoverTheStates(t *testing.T) {
	m := LocalLevel(.5, 2, 1, 3)
	in, n := 0, 0
	for s := range uint64(400) {
		y, z, err := m.Simulate(rng.New(14).At(s), 10)
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		for i := range z {
			if n++; math.Abs(z[i]-b.Smoothed[i].AtVec(0)) < 1.959964*math.Sqrt(b.SmoothedCov[i].At(0, 0)) {
				in++
			}
		}
	}
	// 400 sequences of correlated rows: the standard error is at most .0109 (one value each)
	// and five of them are .0545; a right smoother fails at most 6 times in 10⁷.
	near(t, "coverage", float64(in)/float64(n), .95, .0545)
}

func TestFixedPartsStayAsTheyAre(t *testing.T) {
	y, _, err := LocalLevel(.5, 2, 0, 1).Simulate(rng.New(15), 200)
	if err != nil {
		t.Fatal(err)
	}
	m := LocalLevel(1, 1, .25, 4)
	c := Config{Sweeps: 10, FixTrans: true, FixEmit: true, FixFirst: true}
	if _, err := m.Fit(context.Background(), [][]float64{y}, c); err != nil {
		t.Fatal(err)
	}
	near(t, "step", m.Trans.At(0, 0), 1, 0)
	near(t, "emission", m.Emit.At(0, 0), 1, 0)
	near(t, "mean", m.Mean.AtVec(0), .25, 0)
	near(t, "variance", m.Cov.At(0, 0), 4, 0)
	if m.TransCov.At(0, 0) == 1 || m.EmitCov.At(0, 0) == 1 {
		t.Error("noises: got what the fit began with, want them moved")
	}
}

// At convergence the likelihood is stationary: steps of each free noise to either side lower it.
func TestTheFitEndsWhereTheLikelihoodIsStationary(t *testing.T) {
	y, _, err := LocalLevel(.5, 2, 0, 1).Simulate(rng.New(16), 300)
	if err != nil {
		t.Fatal(err)
	}
	m := LocalLevel(1, 1, 0, 1)
	c := Config{Sweeps: 1500, Tol: 1e-14, FixTrans: true, FixEmit: true, FixFirst: true}
	if _, err := m.Fit(context.Background(), [][]float64{y}, c); err != nil {
		t.Fatal(err)
	}
	q, r := m.TransCov.At(0, 0), m.EmitCov.At(0, 0)
	_, _, top := scalarFilter(q, r, 0, 1, y)
	for _, f := range []float64{.97, 1.03} {
		_, _, one := scalarFilter(f*q, r, 0, 1, y)
		_, _, two := scalarFilter(q, f*r, 0, 1, y)
		if one >= top || two >= top {
			t.Errorf("noise times %g: got %.9f and %.9f, want below %.9f", f, one, two, top)
		}
	}
}

func TestBadFitsAreErrors(t *testing.T) {
	m, ctx := LocalLevel(1, 1, 0, 1), context.Background()
	for what, c := range map[string]Config{"sweeps": {}, "tolerance": {Sweeps: 1, Tol: math.NaN()}} {
		if _, err := m.Fit(ctx, [][]float64{{1}}, c); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := m.Fit(ctx, [][]float64{{1}, nil}, Default()); err == nil {
		t.Error("empty sequence: got no error")
	}
}
