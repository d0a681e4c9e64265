package statespace

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// near fails the test unless |got − want| ≤ tol·max(1, |want|).
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Fatalf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

func TestLocalLevelToThePrintedDigits(t *testing.T) {
	b, err := LocalLevel(1, 1, 0, 10).Smooth([]float64{1, 2, 3, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(b.LogLik+8.697451) > 5e-7 {
		t.Errorf("log-likelihood: got %.7f, want -8.697451", b.LogLik)
	}
	for i, want := range []float64{.909091, 1.625, 2.482353, 2.183857, 1.452055} {
		near(t, "filtered", b.Filtered[i].AtVec(0), want, 5e-7)
	}
	for i, want := range []float64{1.369863, 1.876712, 2.260274, 1.904110, 1.452055} {
		near(t, "smoothed", b.Smoothed[i].AtVec(0), want, 5e-7)
	}
}

// randomCov draws a well conditioned covariance.
func randomCov(r *rand.Rand, n int) *mat.SymDense {
	a := randomMatrix(r, n, n)
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, a)
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+.5)
	}
	return s
}

func randomMatrix(r *rand.Rand, n, m int) *mat.Dense {
	a := mat.NewDense(n, m, nil)
	for i := range n {
		for j := range m {
			a.Set(i, j, r.NormFloat64()*.6)
		}
	}
	return a
}

func randomModel(r *rand.Rand, l, d int) *Model {
	return &Model{Mean: mat.VecDenseCopyOf(randomMatrix(r, l, 1).ColView(0)), Cov: randomCov(r, l), Trans: randomMatrix(r, l, l),
		TransCov: randomCov(r, l), Emit: randomMatrix(r, d, l), EmitCov: randomCov(r, d)}
}

// joint is the mean and the covariance of all states and then all rows, built block by block.
func joint(m *Model, n int) (mean *mat.VecDense, cov *mat.Dense) {
	l, d := m.size()
	// Everything is linear in independent noises e = (z_1, steps …, noises …): find the map.
	size := n*l + n*d
	noise := mat.NewDense(size, size, nil)
	set := func(at int, s mat.Matrix) {
		k, _ := s.Dims()
		noise.Slice(at, at+k, at, at+k).(*mat.Dense).Copy(s)
	}
	linear, mean := mat.NewDense(size, size, nil), mat.NewVecDense(size, nil)
	block := func(i, rows int) *mat.Dense { return linear.Slice(i, i+rows, 0, size).(*mat.Dense) }
	for t := range n {
		z, y := block(t*l, l), block(n*l+t*d, d)
		zm, ym := mean.SliceVec(t*l, (t+1)*l).(*mat.VecDense), mean.SliceVec(n*l+t*d, n*l+(t+1)*d).(*mat.VecDense)
		if t == 0 {
			zm.CopyVec(m.Mean)
			set(0, m.Cov)
		} else {
			z.Mul(m.Trans, block((t-1)*l, l))
			zm.MulVec(m.Trans, mean.SliceVec((t-1)*l, t*l))
			set(t*l, m.TransCov)
		}
		for i := range l {
			z.Set(i, t*l+i, 1)
		}
		y.Mul(m.Emit, z)
		ym.MulVec(m.Emit, zm)
		set(n*l+t*d, m.EmitCov)
		for i := range d {
			y.Set(i, n*l+t*d+i, 1)
		}
	}
	var a mat.Dense
	a.Mul(linear, noise)
	cov = mat.NewDense(size, size, nil)
	cov.Mul(&a, linear.T())
	return mean, cov
}

func TestFilterAndSmootherEqualConditioningOfTheJointGaussian(t *testing.T) {
	r := rng.New(1).Named("joint").Rand()
	for range 100 {
		l, d, n := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(5)
		m := randomModel(r, l, d)
		y := make([]float64, n*d)
		for i := range y {
			y[i] = r.NormFloat64()
		}
		b, err := m.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := joint(m, n)
		nz, size := n*l, n*l+n*d
		var chol mat.Cholesky
		if !chol.Factorize(symmetric(cov.Slice(nz, size, nz, size))) {
			t.Fatal("the joint covariance is not positive definite")
		}
		var miss, white, up mat.VecDense
		miss.SubVec(mat.NewVecDense(n*d, y), mean.SliceVec(nz, size))
		if err := chol.SolveVecTo(&white, &miss); err != nil {
			t.Fatal(err)
		}
		logp := -.5 * (float64(n*d)*math.Log(2*math.Pi) + chol.LogDet() + mat.Dot(&miss, &white))
		near(t, "log-likelihood", b.LogLik, logp, 1e-10)
		up.MulVec(cov.Slice(0, nz, nz, size), &white)
		var solved, less mat.Dense
		if err := chol.SolveTo(&solved, cov.Slice(nz, size, 0, nz)); err != nil {
			t.Fatal(err)
		}
		less.Mul(cov.Slice(0, nz, nz, size), &solved)
		post := func(i, j int) float64 { return cov.At(i, j) - less.At(i, j) }
		for s := range n {
			for i := range l {
				near(t, "smoothed", b.Smoothed[s].AtVec(i), mean.AtVec(s*l+i)+up.AtVec(s*l+i), 1e-10)
				for j := range l {
					near(t, "smoothed covariance", b.SmoothedCov[s].At(i, j), post(s*l+i, s*l+j), 1e-10)
					if s+1 < n {
						near(t, "cross covariance", b.Cross[s].At(i, j), post((s+1)*l+i, s*l+j), 1e-10)
					}
				}
			}
		}
	}
}

func TestTheLikelihoodNeverFallsAndTheFitFindsTheDynamics(t *testing.T) {
	truth := LocalLevel(.5, 2, 0, 1)
	truth.Trans.Set(0, 0, .9)
	y, _, err := truth.Simulate(rng.New(5), 4000)
	if err != nil {
		t.Fatal(err)
	}
	m := LocalLevel(1, 1, 0, 1)
	last, sweeps := math.Inf(-1), 0
	c := Default()
	c.FixEmit, c.Sweeps = true, 60
	c.Progress = func(_ int, l float64) {
		if l < last-1e-9*math.Abs(last) {
			t.Errorf("log-likelihood fell from %.12g to %.12g", last, l)
		}
		last, sweeps = l, sweeps+1
	}
	logLik, err := m.Fit(context.Background(), [][]float64{y}, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := truth.Filter(y)
	if err != nil || logLik < b.LogLik-1 {
		t.Errorf("fitted %.3f, at the truth %.3f (%v)", logLik, b.LogLik, err)
	}
	// The standard error of the step at 4000 rows is about .015.
	near(t, "step", m.Trans.At(0, 0), .9, .06)
	if sweeps < 5 {
		t.Errorf("sweeps: got %d, want at least 5", sweeps)
	}
}

func TestFitOfRandomModelsNeverFalls(t *testing.T) {
	r := rng.New(6).Named("fit").Rand()
	for i := range 20 {
		truth, m := randomModel(r, 2, 3), randomModel(r, 2, 3)
		truth.Trans.Scale(.5, truth.Trans)
		var seqs [][]float64
		for s := range 3 {
			y, _, err := truth.Simulate(rng.New(9).At(uint64(10*i+s)), 60)
			if err != nil {
				t.Fatal(err)
			}
			y[s*3] = math.NaN()
			seqs = append(seqs, y)
		}
		c := Default()
		c.Sweeps = 15
		first, last := 0.0, math.Inf(-1)
		c.Progress = func(s int, l float64) {
			if s == 0 {
				first = l
			}
			last = l
		}
		if _, err := m.Fit(context.Background(), seqs, c); err != nil {
			t.Fatal(err)
		}
		if last <= first {
			t.Errorf("model %d: got %g after %g, want a rise", i, last, first)
		}
	}
}

func TestAMissingRowIsIntegratedOut(t *testing.T) {
	m := LocalLevel(1, 1, 0, 10)
	b, err := m.Filter([]float64{1, math.NaN(), 3})
	if err != nil {
		t.Fatal(err)
	}
	// y_1 and y_3 are jointly normal with covariance ((11, 10), (10, 13)).
	det := 11*13 - 100.0
	quad := (13*1 - 2*10*3 + 11*9) / det
	near(t, "log-likelihood", b.LogLik, -math.Log(2*math.Pi)-.5*math.Log(det)-.5*quad, 1e-12)
	near(t, "predicted", b.Filtered[1].AtVec(0), b.Filtered[0].AtVec(0), 1e-15)
}

func TestBadInputIsAnError(t *testing.T) {
	m := LocalLevel(1, 1, 0, 10)
	for what, y := range map[string][]float64{"none": nil, "infinite": {math.Inf(1)}} {
		if _, err := m.Filter(y); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := LocalLevel(1, -100, 0, 1).Smooth([]float64{1}); err == nil {
		t.Error("negative variance: got no error")
	}
	if _, err := LocalLevel(1, 1, math.NaN(), 1).Smooth([]float64{1}); err == nil {
		t.Error("mean not a number: got no error")
	}
	if _, err := (&Model{}).Smooth([]float64{1}); err == nil {
		t.Error("empty model: got no error")
	}
	if _, _, err := (&Model{}).Simulate(rng.New(1), 3); err == nil {
		t.Error("empty model: got no error")
	}
	bad := LocalLevel(1, 1, 0, 1)
	bad.Cov = mat.NewSymDense(2, nil)
	if _, _, err := bad.Simulate(rng.New(1), 3); err == nil {
		t.Error("sizes: got no error")
	}
	if _, _, err := m.Simulate(rng.New(1), 0); err == nil {
		t.Error("no rows: got no error")
	}
	if _, _, err := LocalLevel(1, -1, 0, 1).Simulate(rng.New(1), 2); err == nil {
		t.Error("negative variance: got no error")
	}
	if _, err := m.Fit(context.Background(), nil, Default()); err == nil {
		t.Error("no sequences: got no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Fit(ctx, [][]float64{{1, 2}}, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
