package prob_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi/guide"
)

// twoModes is the density w N(x; −d, I) + (1 − w) N(x; d, I) of two numbers, d in both.
func twoModes(d, w float64) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		x := p.Flat("x", dist.Support{Set: dist.Real}, 2)
		part := func(at, w float64) *g.Node {
			return g.AddScalar(g.MulScalar(g.ReduceAllSum(g.Square(g.AddScalar(x, -at))), -.5), math.Log(w)-math.Log(2*math.Pi))
		}
		p.Factor("mixture", special.LogSumExp(g.Stack([]*g.Node{part(-d, w), part(d, 1-w)}, 0), 0))
	}, nil)
}

// A guide of one of two modes that are far apart has no draw near the other: its weights are
// constant, k̂ is small and the log-evidence is that of the one mode, ln ½ too small. The starts
// tell, for they come in pairs on two sides: each of ten seeds finds both modes and the verdict says so.
func TestFarModesAreFoundByStartsNotByWeights(t *testing.T) {
	for seed := range uint64(10) {
		fit := fitted(t, twoModes(10, .5), prob.Options{Seed: seed})
		if !(fit.KHat < .5) {
			t.Errorf("seed %d: k̂ = %.2f, want it below .5: no draw sees the other mode", seed, fit.KHat)
		}
		z, _ := fit.LogEvidence()
		within(t, "log-evidence of one mode", z, math.Log(.5), .01)
		v := fit.Verdict()
		if !strings.HasPrefix(v, "do not trust") || !strings.Contains(v, "different starts ended in different places") {
			t.Errorf("seed %d: got %q, want it to tell of two places", seed, v)
		}
		if len(fit.Places) != 2 {
			t.Fatalf("seed %d: got %d places: %s", seed, len(fit.Places), v)
		}
		if fit.Places[0].Starts+fit.Places[1].Starts != 4 || fit.StartRHat < 5 {
			t.Errorf("seed %d: got %+v and R̂ %.1f, want two places of 4 starts and R̂ ≫ 1", seed, fit.Places, fit.StartRHat)
		}
		within(t, "bounds of the two", fit.Places[0].ELBO-fit.Places[1].ELBO, 0, .02)
		within(t, "distance of their means", math.Abs(fit.Places[0].Mean[0]-fit.Places[1].Mean[0]), 20, .3)
	}
}

// What the starts cannot tell: of two modes on one side the nearer one hides the other from starts
// around 0, and neither k̂ nor the bound shows it. This pins the limit that Options.Starts states.
func TestAModeBehindAnotherIsNotSeen(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		x := p.Flat("x", dist.Support{Set: dist.Real})
		part := func(at float64) *g.Node { return g.MulScalar(g.Square(g.AddScalar(x, -at)), -.5) }
		p.Factor("mixture", special.LogSumExp(g.Stack([]*g.Node{part(6), part(40)}, 0), 0))
	}, nil)
	fit := fitted(t, m, prob.Options{Seed: 1})
	if len(fit.Places) != 1 || !strings.HasPrefix(fit.Verdict(), "good") || math.Abs(estimates(t, fit)["x"].Mean-6) > .2 {
		t.Errorf("got %d places and %q: the limit has moved, change what Options.Starts says", len(fit.Places), fit.Verdict())
	}
}

// Modes that touch are seen by the weights as well: half the mass is two standard deviations from the
// guide's draws.
func TestNearModesAreSeenByTheWeights(t *testing.T) {
	fit := fitted(t, twoModes(2, .5), prob.Options{Guide: guide.MeanField, Seed: 1, Check: 4000})
	if !(fit.KHat > .5) && len(fit.Places) < 2 {
		t.Errorf("got k̂ %.2f and %d places: %s", fit.KHat, len(fit.Places), fit.Verdict())
	}
	t.Log(fit.Verdict())
}

// A mode of e⁻⁸ of the mass is told of and does not spoil the verdict; the fit is that of the better
// place whichever the first start led to.
func TestASmallModeIsNoAlarm(t *testing.T) {
	small := 1 / (1 + math.Exp(8))
	told := 0
	for seed := range uint64(4) {
		fit := fitted(t, twoModes(10, small), prob.Options{Seed: seed, Starts: 8})
		within(t, "bound", fit.ELBO, 0, .02)
		if v := fit.Verdict(); !strings.HasPrefix(v, "good") {
			t.Errorf("seed %d: got %q, want it good", seed, v)
		} else if strings.Contains(v, "of 8 starts ended in places that hold little, with bounds 8.0 nats below") {
			told++
		}
		if e := estimates(t, fit); e["x[0]"].Mean < 9 {
			t.Errorf("seed %d: got a mean of %.2f, want the large mode at 10", seed, e["x[0]"].Mean)
		}
	}
	if told < 3 {
		t.Errorf("%d of 4 verdicts tell of the small mode, want 3", told)
	}
}

// Unimodal posteriors end at one place from every start.
func TestOneModeIsNoAlarm(t *testing.T) {
	for seed := range uint64(5) {
		for name, m := range map[string]*prob.Model{"regression": regression(), "Gaussian": gaussian(3, -1, 2, .9, 1.5, 0), "schools": schools(false)} {
			fit := fitted(t, m, prob.Options{Seed: seed})
			if len(fit.Places) != 1 || fit.Places[0].Starts != 4 || fit.StartRHat != 1 || strings.Contains(fit.Verdict(), "different starts") {
				t.Errorf("%s, seed %d: got %d places: %s", name, seed, len(fit.Places), fit.Verdict())
			}
		}
	}
	fit := fitted(t, gaussian(3, -1, 2, .9, 1.5, 0), prob.Options{Starts: 1})
	if len(fit.Places) != 1 || fit.Places[0].Starts != 1 {
		t.Errorf("one start: got %+v", fit.Places)
	}
}

// Labels that can be swapped are two places of one bound.
func TestSwappedLabelsAreToldApart(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", dist.NewNormal(p.Const(0, 2), p.Const(5)))
		p.Plate("data", 8, func(p *prob.Trace) {
			z := p.Sample("z", dist.Bernoulli{Logits: p.Const(0)})
			p.Observe("y", dist.NewNormal(prob.Select(mu, z), p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": {-2.1, -1.8, -2.4, 1.9, 2.2, 2.6, 1.7, -2.0}})
	fit := fitted(t, m, prob.Options{Seed: 1})
	if len(fit.Places) != 2 || !strings.Contains(fit.Verdict(), "different starts ended in different places") {
		t.Fatalf("got %d places: %s", len(fit.Places), fit.Verdict())
	}
	a, b := fit.Places[0], fit.Places[1]
	within(t, "swapped means", a.Mean[0]-b.Mean[1], 0, .1)
	within(t, "bounds", a.ELBO-b.ELBO, 0, .05)
}

// A guide that was not asked for is bent where the Gaussian is not good, and its bound is higher.
func TestAutomaticGuidesBendWhereTheGaussianMisses(t *testing.T) {
	for seed := range uint64(3) {
		plain := fitted(t, schools(false), prob.Options{Guide: guide.FullRank, Seed: seed, Check: 4000})
		auto := fitted(t, schools(false), prob.Options{Seed: seed, Check: 4000})
		if plain.Bent || !auto.Bent || auto.ELBO < plain.ELBO+.1 || !auto.Weighted() {
			t.Errorf("seed %d: bent %v, bound %.3f after %.3f, k̂ %.2f ± %.2f", seed, auto.Bent, auto.ELBO, plain.ELBO, auto.KHat, auto.KHatStdErr)
		}
		t.Logf("bound %.3f after %.3f; %s; %d draws", auto.ELBO, plain.ELBO, auto.Verdict(), len(auto.Weights()))
	}
	if fit := fitted(t, gaussian(3, -1, 2, .9, 1.5, 0), prob.Options{}); fit.Bent {
		t.Error("the guide of a Gaussian has been bent")
	}
	// One dimension: ln of an exponential number.
	m := prob.New(func(p *prob.Trace) { p.Sample("x", dist.Gamma{Concentration: p.Const(.5), Rate: p.Const(1)}) }, nil)
	fit := fitted(t, m, prob.Options{Seed: 1, Check: 4000})
	within(t, "bound of a normalised density", fit.ELBO, 0, .05)
	t.Log(fmt.Sprint(fit.Bent, fit.Verdict()))
}

// The summary is the weighted one where k̂ allows it and the guide's own elsewhere.
func TestSummariesAreWeightedWhereTheWeightsHold(t *testing.T) {
	good := fitted(t, twoModes(.6, .5), prob.Options{Guide: guide.FullRank, Seed: 1})
	bad := fitted(t, schools(true), prob.Options{Guide: guide.MeanField, Seed: 1})
	if !good.Weighted() || bad.Weighted() {
		t.Fatalf("k̂ of %.2f and %.2f: weighted %v and %v, want true and false", good.KHat, bad.KHat, good.Weighted(), bad.Weighted())
	}
	for fit, like := range map[*prob.Fit]func() ([]prob.Estimate, error){good: good.Corrected, bad: bad.Unweighted} {
		got, err := fit.Summary()
		if err != nil {
			t.Fatal(err)
		}
		want, err := like()
		if err != nil {
			t.Fatal(err)
		}
		if prob.Table(got) != prob.Table(want) {
			t.Errorf("got\n%swant\n%s", prob.Table(got), prob.Table(want))
		}
	}
	// By hand: the mean of the draws under the weights.
	draws, err := good.Draws("x", len(good.Weights()))
	if err != nil {
		t.Fatal(err)
	}
	mean, sum := 0., 0.
	for i, w := range good.Weights() {
		mean, sum = mean+w*draws[i][0], sum+w
	}
	within(t, "sum of the weights", sum, 1, 1e-12)
	within(t, "weighted mean", corrected(t, good)["x[0]"].Mean, mean, 1e-12)
}
