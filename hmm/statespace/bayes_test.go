package statespace

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// begun makes a posterior of l hidden values for rows of d values.
func begun(t testing.TB, seed uint64, l, d int) *Bayes {
	t.Helper()
	b, err := NewBayes(randomMatrix(rng.New(seed).Named("emit").Rand(), d, l), 1, .5)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheBoundOfThePosteriorNeverFalls(t *testing.T) {
	r := rng.New(21).Named("bayes").Rand()
	for i := range 20 {
		truth := randomModel(r, 1+r.IntN(3), 1+r.IntN(4))
		truth.Trans.Scale(.5, truth.Trans)
		_, d := truth.size()
		var seqs [][]float64
		for s := range uint64(3) {
			y, _, err := truth.Simulate(rng.New(22).At(3*uint64(i)+s), 40)
			if err != nil {
				t.Fatal(err)
			}
			y[5*d] = math.NaN()
			seqs = append(seqs, y)
		}
		b := begun(t, uint64(i), 3, d)
		b.FixRelevance = i%2 == 0
		c := Default()
		c.Sweeps = 60
		trace, err := b.Fit(t.Context(), seqs, c) // a fall is an error
		if err != nil {
			t.Fatal(err)
		}
		if last := trace[len(trace)-1]; len(trace) < 3 || last <= trace[0] {
			t.Errorf("model %d: got %g after %g in %d sweeps, want a rise", i, last, trace[0], len(trace))
		}
	}
}

// logEvidence is ln p(y) of one hidden and one observed value under the priors with α = γ = 1,
// by the midpoint rule over A, c√ρ and ln ρ.
func logEvidence(y []float64, a0, b0 float64) float64 {
	const n = 70
	normal := func(x float64) float64 { return -.5 * (x*x + math.Log(2*math.Pi)) }
	lg, _ := math.Lgamma(a0)
	sum := 0.0
	for i := range n {
		a := -5 + 10*(float64(i)+.5)/n
		for j := range n {
			g := -5 + 10*(float64(j)+.5)/n
			for k := range n {
				logRho := -9 + 13*(float64(k)+.5)/n
				rho := math.Exp(logRho)
				c := g / math.Sqrt(rho)
				logp := normal(a) + normal(g) + a0*math.Log(b0) - lg + a0*logRho - b0*rho
				mean, variance := 0.0, 1.0 // the filter in scalars
				for t, v := range y {
					if t > 0 {
						mean, variance = a*mean, a*a*variance+1
					}
					s := c*c*variance + 1/rho
					gap := v - c*mean
					logp -= .5 * (math.Log(2*math.Pi*s) + gap*gap/s)
					mean, variance = mean+variance*c/s*gap, variance/rho/s
				}
				sum += math.Exp(logp)
			}
		}
	}
	return math.Log(sum * 10 / n * 10 / n * 13 / n)
}

func TestTheBoundIsBelowTheEvidenceByQuadrature(t *testing.T) {
	for _, y := range [][]float64{{.7}, {1, -.5, .3}, {2, 2.5, 1.8, 2.2}} {
		want := logEvidence(y, 2, 1)
		b, err := NewBayes(mat.NewDense(1, 1, []float64{.8}), 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		b.FixRelevance = true
		c := Default()
		c.Sweeps, c.Tol = 500, 1e-13
		trace, err := b.Fit(t.Context(), [][]float64{y}, c)
		if err != nil {
			t.Fatal(err)
		}
		got := trace[len(trace)-1]
		// The quadrature errs by less than 1e-4. A hidden value and what it is seen by may both
		// change sign: of one row, a factorised posterior loses no more than ln 2 by that.
		if got > want+1e-4 || len(y) == 1 && got < want-math.Ln2 {
			t.Errorf("%v: bound: got %.5f, want at most %.5f and near it", y, got, want)
		}
	}
}

// Where the posterior has converged, no step of any of its parameters raises the bound.
func TestTheFitStopsAtAMaximumOfTheBound(t *testing.T) {
	y, _, err := LocalLevel(.5, 1, 0, 1).Simulate(rng.New(23), 60)
	if err != nil {
		t.Fatal(err)
	}
	b := begun(t, 24, 1, 1)
	c := Default()
	c.Sweeps, c.Tol = 5000, 1e-15
	if _, err := b.Fit(t.Context(), [][]float64{y}, c); err != nil {
		t.Fatal(err)
	}
	value := func() float64 {
		s, err := b.expect([][]float64{y})
		if err != nil {
			t.Fatal(err)
		}
		return b.bound(s)
	}
	top := value()
	try := func(what string, move func(h float64)) {
		for _, h := range []float64{-1e-3, 1e-3} {
			move(h)
			if v := value(); v > top+1e-8 {
				t.Errorf("%s: a step raises the bound from %.10g to %.10g", what, top, v)
			}
			move(-h)
		}
	}
	try("dynamics", func(h float64) { b.Trans.Set(0, 0, b.Trans.At(0, 0)+h) })
	try("their width", func(h float64) { b.TransCov.SetSym(0, 0, b.TransCov.At(0, 0)+h/10) })
	try("rows", func(h float64) { b.Emit.Set(0, 0, b.Emit.At(0, 0)+h) })
	try("width of the rows", func(h float64) { b.EmitCov.SetSym(0, 0, b.EmitCov.At(0, 0)+h/10) })
	try("alpha", func(h float64) { b.Alpha[0] += h })
	try("gamma", func(h float64) { b.Gamma[0] += h })
	try("shape", func(h float64) { b.Shape[0] += h })
	try("rate", func(h float64) { b.Rate[0] += h })
}

// Five hidden values are given where two made the rows: the others are switched off, and what
// is left predicts as the truth does.
func TestRelevanceKeepsTheHiddenValuesThatTheRowsNeed(t *testing.T) {
	sin, cos := math.Sincos(.4)
	truth := &Model{Mean: mat.NewVecDense(2, nil), Cov: mat.NewSymDense(2, []float64{1, 0, 0, 1}),
		Trans: mat.NewDense(2, 2, []float64{.97 * cos, -.97 * sin, .97 * sin, .97 * cos}), TransCov: mat.NewSymDense(2, []float64{1, 0, 0, 1}),
		Emit: mat.NewDense(4, 2, []float64{1, 0, 0, 1, .7, -.7, .5, .8}), EmitCov: mat.NewSymDense(4, nil)}
	for i := range 4 {
		truth.EmitCov.SetSym(i, i, .3)
	}
	y, _, err := truth.Simulate(rng.New(25), 500)
	if err != nil {
		t.Fatal(err)
	}
	b := begun(t, 26, 5, 4)
	c := Default()
	c.Sweeps, c.Tol = 400, 1e-9
	if _, err := b.Fit(t.Context(), [][]float64{y}, c); err != nil {
		t.Fatal(err)
	}
	kept, look := 0, b.look()
	for j := range 5 {
		if look.At(j, j) > .05*mat.Max(look) {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("hidden values: got %d of 5, want 2: γ %v", kept, b.Gamma)
	}
	fresh, _, err := truth.Simulate(rng.New(27), 500)
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Point().Filter(fresh)
	if err != nil {
		t.Fatal(err)
	}
	best, err := truth.Filter(fresh)
	if err != nil {
		t.Fatal(err)
	}
	// About 16 parameters, half a nat each, on rows that were not fitted; four times that.
	if at.LogLik < best.LogLik-32 {
		t.Errorf("fresh rows: got %.1f nats, at the truth %.1f", at.LogLik, best.LogLik)
	}
}

// A posterior without width is the model at its point: q(z) is the smoother's.
func TestWithoutWidthTheStatesAreThoseOfTheSmoother(t *testing.T) {
	b := begun(t, 28, 2, 3)
	zero := mat.NewSymDense(2, nil)
	b.TransCov, b.EmitCov = zero, zero
	y, _, err := b.Point().Simulate(rng.New(29), 15)
	if err != nil {
		t.Fatal(err)
	}
	y[6] = math.NaN()
	want, err := b.Point().Smooth(y)
	if err != nil {
		t.Fatal(err)
	}
	q, err := b.states(y)
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range want.Smoothed {
		for j := range 2 {
			near(t, "mean", q.Mean[i].AtVec(j), z.AtVec(j), 1e-10)
			for k := range 2 {
				near(t, "second moment", q.Second[i].At(j, k), want.SmoothedCov[i].At(j, k)+z.AtVec(j)*z.AtVec(k), 1e-10)
			}
		}
	}
}

func TestDivergenceOfARowIsThatOfItsGaussians(t *testing.T) {
	// KL(N(m, v)‖N(0, 1/a)) = ½(av + am² − 1 − ln av), and sums of independent values add.
	one := func(m, v, a float64) float64 { return .5 * (a*v + a*m*m - 1 - math.Log(a*v)) }
	got := rowKL(mat.NewVecDense(2, []float64{.3, -1}), mat.NewSymDense(2, []float64{.5, 0, 0, 2}), []float64{3, .7}, 1)
	near(t, "divergence", got, one(.3, .5, 3)+one(-1, 2, .7), 1e-14)
	near(t, "of equals", rowKL(mat.NewVecDense(1, nil), mat.NewSymDense(1, []float64{.25}), []float64{4}, 9), 0, 1e-15)
	if v := rowKL(mat.NewVecDense(1, nil), mat.NewSymDense(1, nil), []float64{1}, 1); !math.IsNaN(v) {
		t.Errorf("of a width of zero: got %g, want no number", v)
	}
}

func TestBadPosteriorsAndRowsAreErrors(t *testing.T) {
	one := mat.NewDense(1, 1, []float64{1})
	for what, err := range map[string]error{
		"no C":   func() error { _, err := NewBayes(nil, 1, 1); return err }(),
		"shape":  func() error { _, err := NewBayes(one, 0, 1); return err }(),
		"rate":   func() error { _, err := NewBayes(one, 1, math.Inf(1)); return err }(),
		"finite": func() error { _, err := NewBayes(mat.NewDense(1, 1, []float64{math.NaN()}), 1, 1); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	b := begun(t, 30, 2, 2)
	for what, seqs := range map[string][][]float64{"none": nil, "half a row": {{1}}, "infinite": {{1, math.Inf(1)}}} {
		if _, err := b.Fit(t.Context(), seqs, Default()); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	b.Cov.SetSym(0, 0, -1)
	if _, err := b.Fit(t.Context(), [][]float64{{1, 2}}, Default()); err == nil {
		t.Error("negative variance: got no error")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := begun(t, 31, 1, 1).Fit(done, [][]float64{{1, 2}}, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
