package hmm

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestAFitFindsTheStatesOfThreeGaussians(t *testing.T) {
	truth, trans := threeStates(t)
	x, z, err := truth.Simulate(rng.New(31), 20000)
	if err != nil {
		t.Fatal(err)
	}
	e := must(NewGaussian(Full, 2, make([]float64, 6), []float64{1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1}))(t)
	if err := Seed(e, rng.New(32), [][]float64{x}); err != nil {
		t.Fatal(err)
	}
	m := must(Uniform(e, .5))(t)
	res := must(m.Fit(context.Background(), [][]float64{x}, Default()))(t)
	if !res.Converged {
		t.Errorf("not converged after %d sweeps", res.Sweep)
	}
	if at := must(truth.LogLik(x))(t); res.Bound < at {
		t.Errorf("fitted %.3f, at the truth %.3f, want no less", res.Bound, at)
	}
	path, _, err := m.Viterbi(x)
	if err != nil {
		t.Fatal(err)
	}
	var table [3][3]int
	for i := range path {
		table[z[i]][path[i]]++
	}
	right := 0
	for i := range 3 {
		a := slices.Index(table[i][:], slices.Max(table[i][:]))
		right += table[i][a]
		for j := range 3 {
			b := slices.Index(table[j][:], slices.Max(table[j][:]))
			// Four standard errors of a share of 5,000 steps are below .03.
			near(t, "step", m.Trans[a*3+b], trans[i*3+j], .03)
		}
	}
	if right < 19800 {
		t.Errorf("states found: got %d of 20000, want 99%%", right)
	}
}

func TestResultsDoNotDependOnTheNumberOfWorkers(t *testing.T) {
	truth, _ := threeStates(t)
	var seqs [][]float64
	for s := range uint64(37) {
		x, _, err := truth.Simulate(rng.New(41).At(s), 20+int(s))
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, x)
	}
	var bounds []float64
	for _, workers := range []int{1, 2, 7, 0} {
		m, _ := threeStates(t)
		c := Default()
		c.Workers, c.Sweeps = workers, 10
		bounds = append(bounds, must(m.Fit(context.Background(), seqs, c))(t).Bound)
	}
	for _, b := range bounds {
		if b != bounds[0] {
			t.Errorf("bounds differ: %v", bounds)
		}
	}
}

func TestAMillionRowsTakeLinearTimeAndDoNotUnderflow(t *testing.T) {
	truth, _ := threeStates(t)
	x, _, err := truth.Simulate(rng.New(51), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	took := func(n int) (float64, float64) {
		best, logLik := math.Inf(1), 0.0
		for range 3 {
			begin := time.Now()
			p := must(truth.Smooth(x[:2*n]))(t)
			best, logLik = min(best, time.Since(begin).Seconds()), p.LogLik
			for i := 0; i < len(p.Smoothed); i += 3 {
				near(t, "total", p.Smoothed[i]+p.Smoothed[i+1]+p.Smoothed[i+2], 1, 1e-12)
			}
		}
		return best, logLik
	}
	short, _ := took(100_000)
	long, logLik := took(1_000_000)
	t.Logf("100,000 rows %.1f ms, 1,000,000 rows %.1f ms, log-likelihood %.3f", 1e3*short, 1e3*long, logLik)
	if math.IsInf(logLik, 0) || math.IsNaN(logLik) || logLik > -1e6 {
		t.Errorf("log-likelihood: got %g, want a finite number below -1e6", logLik)
	}
	if long > 40*short { // a quadratic pass would take 100 times as long; four times spare for a busy machine
		t.Errorf("ten times the rows took %.1f times as long", long/short)
	}
	_, best, err := truth.Viterbi(x)
	if err != nil || best > logLik {
		t.Errorf("best path: got %g, %v, want at most %g", best, err, logLik)
	}
}

func TestDensitiesThatUnderflowAreDoneInLogarithms(t *testing.T) {
	e := must(NewGaussian(Spherical, 1, []float64{0, 100}, []float64{1, 1}))(t)
	// The chain must leave the state that the first row speaks for, against 5,000 nats.
	m := must(New([]float64{1e-250, 1 - 1e-250}, []float64{1, 0, .5, .5}, e))(t)
	x := []float64{100, 0, 100}
	b := make([]float64, 6)
	e.LogLik(b, x)
	best := math.Inf(-1)
	paths(2, 3, func(p []int) { best = max(best, pathLogProb(m, b, p)) })
	p := must(m.Smooth(x))(t)
	if !(p.LogLik >= best && p.LogLik <= best+3) {
		t.Errorf("log-likelihood: got %g, want the best path's %g and little more", p.LogLik, best)
	}
	near(t, "total", p.Smoothed[2]+p.Smoothed[3], 1, 1e-12)
	path, _, err := m.Viterbi(x)
	if err != nil || pathLogProb(m, b, path) != best {
		t.Errorf("path: got %v, %v, want probability %g", path, err, best)
	}
	many, err := m.Sample(x, rng.New(1), 5)
	if err != nil || len(many) != 5 {
		t.Fatal(err)
	}
	for _, path := range many {
		if math.IsInf(pathLogProb(m, b, path), -1) {
			t.Errorf("drew %v, which is impossible", path)
		}
	}
}

func TestFitsThatCannotGoOnAreErrors(t *testing.T) {
	ctx := context.Background()
	e := must(NewGaussian(Spherical, 1, []float64{0, 5}, []float64{1, 1}))(t)
	m := must(Uniform(e, .5))(t)
	if _, err := m.Fit(ctx, [][]float64{{0, 0, 0, 5, 5, 5}}, Default()); !errors.Is(err, ErrCollapsed) {
		t.Errorf("collapse: got %v, want ErrCollapsed", err)
	}
	e = must(NewGaussian(Spherical, 1, []float64{0, 5}, []float64{1, 1}))(t)
	penalise(e)
	m = must(Uniform(e, .5))(t)
	if _, err := m.Fit(ctx, [][]float64{{0, 0, 0, 5, 5, 5}}, Default()); err != nil || e.Cov[0] < .3/8 {
		t.Errorf("with a prior: got %v and variance %g, want none below the floor", err, e.Cov[0])
	}
	u, x := umbrella(t)
	for what, c := range map[string]Config{"sweeps": {}, "tolerance": {Sweeps: 1, Tol: -1}} {
		if _, err := u.Fit(ctx, [][]float64{x}, c); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := u.Fit(ctx, nil, Default()); err == nil {
		t.Error("no sequences: got no error")
	}
	if _, err := u.Fit(ctx, [][]float64{x, {7}}, Default()); err == nil {
		t.Error("bad symbol: got no error")
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := u.Fit(done, [][]float64{x}, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := fit(ctx, (*points)(u), falling{u.Emit, new(float64)}, [][]float64{x}, Default()); !errors.Is(err, ErrFell) {
		t.Errorf("falling: got %v, want ErrFell", err)
	}
}

// falling is an emission whose prior falls at each look.
type falling struct {
	Emission
	at *float64
}

func (f falling) LogPrior() float64 { *f.at -= 100; return *f.at }
