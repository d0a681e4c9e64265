package prob_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// regression is a straight line with unknown noise.
func regression() *prob.Model {
	x := []float64{-2, -1.2, -.3, .1, .8, 1.4, 2.5}
	y := []float64{-3.1, -2.2, .1, .3, 2.2, 2.5, 5.4}
	return prob.New(func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 5))
		b := p.Sample("b", normal(p, 0, 5))
		sigma := p.Sample("sigma", dist.Exponential{Rate: p.Const(1)})
		p.Plate("data", 7, func(p *prob.Trace) {
			line := p.Deterministic("line", g.Add(a, g.Mul(b, p.Data("x"))))
			p.Observe("y", dist.NewNormal(line, sigma), p.Data("y"))
		})
	}, prob.Data{"x": x, "y": y})
}

// Two fits of one seed agree to the bit; another seed gives other draws.
func TestFitsRepeatBySeed(t *testing.T) {
	for _, family := range []guide.Family{guide.MeanField, guide.FullRank, guide.LowRank(2), guide.Delta} {
		var all []string
		for _, seed := range []uint64{1, 1, 2} {
			fit := fitted(t, regression(), prob.Options{Guide: family, Seed: seed, Steps: 300, Check: 100})
			s, err := fit.Summary()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, prob.Table(s))
		}
		if all[0] != all[1] {
			t.Errorf("one seed gave two results:\n%s\n%s", all[0], all[1])
		}
		if q := family(1, guide.Start{}); all[0] == all[2] && !guide.IsDelta(q) {
			t.Errorf("two seeds gave one result:\n%s", all[0])
		}
	}
}

func TestAContextStopsAFit(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	_, err := prob.ADVI(ctx, regression(), prob.Options{Steps: 100000, Window: 10, Progress: func(p prob.Progress) {
		if seen++; p.Step >= 30 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "prob: fit stopped after 30 steps") {
		t.Errorf("got %v, want a stop after 30 steps", err)
	}
	if seen != 3 {
		t.Errorf("got %d reports, want 3", seen)
	}
	if _, err := prob.ADVI(ctx, regression(), prob.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: got %v", err)
	}
	if _, err := prob.MAP(ctx, regression(), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: got %v from MAP", err)
	}
}

// All guides of a posterior that is nearly Gaussian agree with the full-rank one, whose bound is
// the highest of the Gaussian families.
func TestGuidesAreOrderedByTheirBounds(t *testing.T) {
	bound := map[string]float64{}
	for name, family := range map[string]guide.Family{
		"mean field": guide.MeanField, "full rank": guide.FullRank, "low rank": guide.LowRank(3),
		"block": guide.Block(guide.Part{Size: 2, Of: guide.FullRank}, guide.Part{Size: 1, Of: guide.MeanField}),
	} {
		fit := fitted(t, regression(), prob.Options{Guide: family, Seed: 2, Check: 4000})
		bound[name] = fit.ELBO
		z, _ := fit.LogEvidence()
		if !(fit.ELBO < z+4*fit.ELBOStdErr) {
			t.Errorf("%s: bound %v above the evidence %v", name, fit.ELBO, z)
		}
		if strings.HasSuffix(name, "rank") && !(fit.KHat < .7) {
			t.Errorf("%s: k̂ = %v, want below .7: %s", name, fit.KHat, fit.Verdict())
		}
	}
	for _, name := range []string{"mean field", "block"} {
		if bound[name] > bound["full rank"]+.05 {
			t.Errorf("%s: bound %v above that of the full rank, %v", name, bound[name], bound["full rank"])
		}
	}
	within(t, "low rank of rank 3 in three dimensions", bound["low rank"], bound["full rank"], .05)
}

// The score's estimator has the same expectation as the path's: both find the same posterior.
func TestBothGradientsFindTheSamePosterior(t *testing.T) {
	path := fitted(t, regression(), prob.Options{Guide: guide.FullRank, Seed: 1, Check: 4000})
	score := fitted(t, regression(), prob.Options{Guide: guide.FullRank, Seed: 1, Check: 4000, Score: true, Draws: 16})
	within(t, "bounds", path.ELBO, score.ELBO, .05)
	a, b := estimates(t, path), estimates(t, score)
	for name := range a {
		within(t, "mean of "+name, (a[name].Mean-b[name].Mean)/a[name].SD, 0, .15)
		within(t, "sd of "+name, b[name].SD/a[name].SD, 1, .1)
	}
}

// Where q is p the path's gradient is zero for every draw: a Gaussian's fit does not move.
func TestThePathEstimatorHasNoNoiseAtTheTarget(t *testing.T) {
	fit := fitted(t, gaussian(3, -1, 2, .9, 1.5, 0), prob.Options{Guide: guide.FullRank, Seed: 5})
	if fit.Steps > 600 || fit.ELBOStdErr > 1e-3 {
		t.Errorf("got %d steps and a bound with standard error %v, want few and almost none", fit.Steps, fit.ELBOStdErr)
	}
}

func TestDrawsAreOfTheVariableAskedFor(t *testing.T) {
	fit := fitted(t, regression(), prob.Options{Seed: 1, Check: 200})
	line, err := fit.Draws("line", 50)
	if err != nil {
		t.Fatal(err)
	}
	a, err := fit.Draws("a", 300)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fit.Draws("b", 50)
	if err != nil {
		t.Fatal(err)
	}
	if len(line) != 50 || len(line[0]) != 7 || len(a) != 300 || len(a[0]) != 1 {
		t.Fatalf("got %d×%d and %d×%d, want 50×7 and 300×1", len(line), len(line[0]), len(a), len(a[0]))
	}
	for i := range line {
		within(t, "line at −1.2", line[i][1], a[i][0]-1.2*b[i][0], 1e-12)
	}
	_, err = fit.Draws("slope", 1)
	refused(t, "unknown name", err, `prob: variable "slope": there is none of that name with draws; there are a, b, sigma, line`)
	_, err = fit.Draws("a", 0)
	refused(t, "no draws", err, "prob: draws: got 0, want at least 1")
	_, err = fit.Predict(0, 1)
	refused(t, "no predictions", err, "prob: predict: got 0 draws, want at least 1")
	_, err = regression().Prior(0, 1)
	refused(t, "no prior draws", err, "prob: prior: got 0 draws, want at least 1")
}

// The posterior predictive of a normal mean has the posterior's variance and the data's: means
// within 4 standard errors, variances within 15 % (sd of a variance from 4,000 draws: 2.2 %).
func TestPredictionsHaveBothVariances(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 3))
		p.Plate("data", 2, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(mu, p.Const(2)), p.Data("y")) })
	}, prob.Data{"y": {1, 3}})
	fit := fitted(t, m, prob.Options{Seed: 1})
	got, err := fit.Predict(4000, 7)
	if err != nil {
		t.Fatal(err)
	}
	v := 1 / (1/9. + 2/4.)
	for k := range 2 {
		var x []float64
		for _, y := range got["y"] {
			x = append(x, y[k])
		}
		tk.MeanWithin(t, "prediction", x, v*4/4, 4)
		_, variance, _ := tk.Moments(x)
		within(t, "variance", variance/(v+4), 1, .15)
	}
	prior, err := m.Prior(4000, 8)
	if err != nil {
		t.Fatal(err)
	}
	var y, mu []float64
	for i := range prior["y"] {
		y, mu = append(y, prior["y"][i][0]), append(mu, prior["mu"][i][0])
	}
	tk.MeanWithin(t, "prior prediction", y, 0, 4)
	_, vy, _ := tk.Moments(y)
	_, vm, _ := tk.Moments(mu)
	within(t, "prior variance", vy/13, 1, .15)
	within(t, "variance of the mean", vm/9, 1, .15)
}

// The mode of a regression is that of least squares with a flat prior.
func TestMAPFindsTheModeOfTheConstrainedDensity(t *testing.T) {
	y := []float64{1, 4, 2, 7}
	m := prob.New(func(p *prob.Trace) {
		mu := p.Flat("mu", dist.Support{Set: dist.Real})
		sigma := p.Flat("sigma", dist.Support{Set: dist.Positive})
		p.Plate("data", 4, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(mu, sigma), p.Data("y")) })
	}, prob.Data{"y": y})
	mode, err := prob.MAP(context.Background(), m, 3)
	if err != nil {
		t.Fatal(err)
	}
	sd := math.Sqrt((2.5*2.5 + .5*.5 + 1.5*1.5 + 3.5*3.5) / 4)
	within(t, "mean", mode.Values["mu"][0], 3.5, 1e-4)
	within(t, "sd", mode.Values["sigma"][0], sd, 1e-4)
	within(t, "log-density", mode.LogDensity, -4*(.5*math.Log(2*math.Pi)+math.Log(sd)+.5), 1e-8)
	// θ ~ N(0, τ²), τ flat: the density has no maximum, it grows as τ goes to 0 with θ.
	centred := prob.New(func(p *prob.Trace) {
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(1)})
		p.Plate("groups", 8, func(p *prob.Trace) {
			theta := p.Sample("theta", dist.NewNormal(p.Const(0), tau))
			p.Observe("y", dist.NewNormal(theta, p.Data("sigma")), p.Data("y"))
		})
	}, eight)
	_, err = prob.MAP(context.Background(), centred, 3)
	refused(t, "no maximum", err, "prob: MAP: found no maximum of the density after …")
}

// Delta's fit is the mode in the unconstrained space.
func TestDeltaFindsTheModeOfTheUnconstrainedDensity(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		p.Sample("rate", dist.Gamma{Concentration: p.Const(4), Rate: p.Const(2)})
	}, nil)
	fit := fitted(t, m, prob.Options{Guide: guide.Delta, Seed: 1})
	e := estimates(t, fit)["rate"]
	within(t, "mode of ln x", e.Mean, 2, 1e-3) // x^4 e^−2x has its maximum at 2
	if !math.IsNaN(fit.KHat) || !strings.Contains(fit.Verdict(), "point estimate") {
		t.Errorf("got k̂ %v and %q, want a point estimate", fit.KHat, fit.Verdict())
	}
}

// A start is the Gaussian of the curvature at the mode; a climb over a curved ridge gets there.
func TestTheClimbEndsAtTheMode(t *testing.T) {
	m := prob.New(func(p *prob.Trace) { // Rosenbrock's function
		x := p.Flat("x", dist.Support{Set: dist.Real})
		y := p.Flat("y", dist.Support{Set: dist.Real})
		valley := g.Square(g.Sub(y, g.Square(x)))
		p.Factor("banana", g.Neg(g.Add(g.MulScalar(valley, 100), g.Square(g.OneMinus(x)))))
	}, nil)
	for seed := range uint64(5) {
		mode, err := prob.MAP(context.Background(), m, seed)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "x", mode.Values["x"][0], 1, 1e-3)
		within(t, "y", mode.Values["y"][0], 1, 2e-3)
	}
}

// Verdicts follow k̂ and convergence.
func TestVerdictsArePlain(t *testing.T) {
	for _, c := range []struct {
		fit  prob.Fit
		want string
	}{
		{prob.Fit{KHat: .2, Converged: true}, "good: k̂ = 0.20 is below .5"},
		{prob.Fit{KHat: .6, Converged: true}, "usable: k̂ = 0.60"},
		{prob.Fit{KHat: .8, Converged: true}, "do not trust this fit: k̂ = 0.80 is above .7"},
		{prob.Fit{KHat: .8, Steps: 9}, "do not trust this fit: k̂ = 0.80, and it had not converged after 9 steps"},
		{prob.Fit{KHat: .1, Steps: 9, RHat: 1.3}, "not converged after 9 steps (R̂ = 1.30)"},
		{prob.Fit{KHat: math.NaN()}, "a point estimate"},
	} {
		if got := c.fit.Verdict(); !strings.HasPrefix(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Rank statistics of a normal mean (Talts et al. 2018): 200 data sets from the prior, 19 draws
// each, are uniform over 20 ranks by χ² (false alarm 1e-5); a guide of half the width is not.
func TestRanksOfAnExactPosteriorAreUniform(t *testing.T) {
	if testing.Short() {
		t.Skip("fits 200 models")
	}
	const sets, draws = 200, 19
	counts, narrow := make([]int, draws+1), make([]int, draws+1)
	key := rng.New(12)
	for i := range uint64(sets) {
		eps := make([]float64, 4)
		key.At(i).NormalFloat64(eps)
		mu := 1 + 2*eps[0]
		m := prob.New(func(p *prob.Trace) {
			v := p.Sample("mu", normal(p, 1, 2))
			p.Plate("data", 3, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(v, p.Const(1)), p.Data("y")) })
		}, prob.Data{"y": {mu + eps[1], mu + eps[2], mu + eps[3]}})
		fit := fitted(t, m, prob.Options{Seed: i, Check: 100})
		x, err := fit.Draws("mu", 100)
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.
		for _, v := range x {
			mean += v[0] / 100
		}
		rank, half := 0, 0
		for _, v := range x[:draws] {
			if v[0] < mu {
				rank++
			}
			if mean+.5*(v[0]-mean) < mu {
				half++
			}
		}
		counts[rank]++
		narrow[half]++
	}
	probs := slices.Repeat([]float64{1. / (draws + 1)}, draws+1)
	tk.FitsCounts(t, "ranks", counts, probs)
	if ends := narrow[0] + narrow[draws]; ends < sets/5 {
		t.Errorf("a posterior of half the width: got %d of %d ranks at the ends, want at least a fifth", ends, sets)
	}
}
