package prob_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// The bound of a full-rank guide at a Gaussian target is the logarithm of the normaliser.
func TestFullRankFindsTheNormaliserOfAGaussian(t *testing.T) {
	for _, plain := range []bool{false, true} {
		a, b, d := 2., .9, 1.5
		fit := fitted(t, gaussian(3, -40, a, b, d, -7), prob.Options{Guide: guide.FullRank, Seed: 1, Plain: plain})
		logZ := -7 + math.Log(2*math.Pi) - .5*math.Log(a*d-b*b)
		within(t, fmt.Sprintf("bound with plain start %v", plain), fit.ELBO, logZ, .01)
		got, se := fit.LogEvidence()
		within(t, "log-evidence", got, logZ, math.Max(4*se, 1e-3))
		e := estimates(t, fit)
		// 1,000 draws: 4 standard errors of a mean are .126 sd, of an sd 9 %.
		det := a*d - b*b
		within(t, "mean of x", e["x"].Mean, 3, .13*math.Sqrt(d/det))
		within(t, "mean of y", e["y"].Mean, -40, .13*math.Sqrt(a/det))
		within(t, "sd of x", e["x"].SD/math.Sqrt(d/det), 1, .09)
		if !fit.Converged || !(fit.KHat < .5) {
			t.Errorf("converged %v, k̂ %v: want true and below .5", fit.Converged, fit.KHat)
		}
	}
}

// The mean field that maximises the bound at a Gaussian with correlation ρ has its location and
// √(1−ρ²) of its standard deviations (Bishop 2006, section 10.1.2), here within 2 %.
func TestMeanFieldIsTooNarrowByTheCorrelation(t *testing.T) {
	for _, rho := range []float64{0, .3, .6, .9, -.95} {
		v := 1 - rho*rho
		m := gaussian(1, 2, 1/v, -rho/v, 1/v, 0)
		fit := fitted(t, m, prob.Options{Guide: guide.MeanField, Seed: 2, Draws: 32, Steps: 20000, Tolerance: .001, Check: 20000})
		e := estimates(t, fit)
		for _, name := range []string{"x", "y"} {
			within(t, fmt.Sprintf("ρ = %v: sd ratio of %s", rho, name), e[name].SD/math.Sqrt(v), 1, .02)
		}
		within(t, "mean of x", e["x"].Mean, 1, .05)
		within(t, "mean of y", e["y"].Mean, 2, .05)
		// ELBO = ln Z − KL = ln 2π√v − (−½ ln v)
		within(t, "bound", fit.ELBO, math.Log(2*math.Pi)+math.Log(v), .02)
	}
}

// Normal data with known variance: the posterior of the mean is normal, so the guide is exact.
func TestNormalNormalIsExact(t *testing.T) {
	y := []float64{1.2, -.4, 2.2, .7, 1.9}
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, -1, 2))
		p.Plate("data", 5, func(p *prob.Trace) { p.Observe("y", dist.NewNormal(mu, p.Const(.8)), p.Data("y")) })
	}, prob.Data{"y": y})
	fit := fitted(t, m, prob.Options{Seed: 3, Check: 4000})
	prec, sum := 1/4.+5/.64, -1/4.
	evidence := 0.
	mean, variance := -1., 4. // sequential prediction
	for _, v := range y {
		sum += v / .64
		s2 := variance + .64
		evidence += -.5*math.Log(2*math.Pi*s2) - (v-mean)*(v-mean)/(2*s2)
		k := variance / s2
		mean, variance = mean+k*(v-mean), variance*(1-k)
	}
	e := estimates(t, fit)["mu"]
	sd := 1 / math.Sqrt(prec)
	within(t, "posterior mean", e.Mean, sum/prec, 4*sd/math.Sqrt(4000))
	within(t, "posterior sd", e.SD, sd, 4*sd/math.Sqrt(8000))
	within(t, "bound", fit.ELBO, evidence, .01)
	if fit.ELBO > evidence+4*fit.ELBOStdErr+1e-9 {
		t.Errorf("bound: got %v above ln p(y) = %v", fit.ELBO, evidence)
	}
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// Coin tosses with a Beta prior: the posterior is Beta. The guide is Gaussian in the log-odds, so
// its moments are near and its importance-weighted evidence is right within 4 standard errors.
func TestBetaBernoulliMatchesTheClosedForm(t *testing.T) {
	y := []float64{1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1}
	m := prob.New(func(p *prob.Trace) {
		theta := p.Sample("theta", dist.Beta{Alpha: p.Const(2), Beta: p.Const(3)})
		p.Plate("tosses", 12, func(p *prob.Trace) {
			p.Observe("y", dist.Bernoulli{Logits: g.Log(g.Div(theta, g.OneMinus(theta)))}, p.Data("y"))
		})
	}, prob.Data{"y": y})
	fit := fitted(t, m, prob.Options{Seed: 4, Check: 4000})
	evidence := logBeta(2+9, 3+3) - logBeta(2, 3)
	got, se := fit.LogEvidence()
	within(t, "log-evidence", got, evidence, 4*se)
	if !(fit.ELBO < evidence+4*fit.ELBOStdErr) || fit.ELBO < evidence-.02 {
		t.Errorf("bound: got %v, want below and near %v", fit.ELBO, evidence)
	}
	e := estimates(t, fit)["theta"]
	a, b := 11., 6.
	sd := math.Sqrt(a * b / ((a + b) * (a + b) * (a + b + 1)))
	within(t, "mean", (e.Mean-a/(a+b))/sd, 0, .1)
	within(t, "sd", e.SD/sd, 1, .07)
}

// Counts with a Gamma prior on the rate: the posterior is Gamma.
func TestGammaPoissonMatchesTheClosedForm(t *testing.T) {
	y := []float64{3, 5, 2, 8, 4, 4}
	m := prob.New(func(p *prob.Trace) {
		rate := p.Sample("rate", dist.Gamma{Concentration: p.Const(2), Rate: p.Const(.5)})
		p.Plate("days", 6, func(p *prob.Trace) { p.Observe("y", dist.Poisson{LogRate: g.Log(rate)}, p.Data("y")) })
	}, prob.Data{"y": y})
	fit := fitted(t, m, prob.Options{Seed: 5, Check: 4000})
	a, b, evidence := 2., .5, 0.
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	evidence = a*math.Log(b) - lg(a)
	for _, v := range y {
		evidence -= lg(v + 1)
		a += v
		b++
	}
	evidence += lg(a) - a*math.Log(b)
	got, se := fit.LogEvidence()
	within(t, "log-evidence", got, evidence, 4*se)
	e := estimates(t, fit)["rate"]
	within(t, "mean", (e.Mean-a/b)/(math.Sqrt(a)/b), 0, .1)
	within(t, "sd", e.SD/(math.Sqrt(a)/b), 1, .07)
}
