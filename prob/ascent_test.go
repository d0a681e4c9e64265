package prob_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// A log-density that is a number at the start and none elsewhere under the guide stops the fit,
// which names the variable.
func TestAFitNamesTheVariableThatFails(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		a := p.Sample("a", normal(p, 0, 100))
		p.Sample("b", normal(p, 0, 1))
		// √(100 − a²) is a number within 10 of 0, where the model is looked at, not under N(0, 100²).
		p.Factor("root", g.MulScalar(g.Sqrt(g.AddScalar(g.Neg(g.Square(a)), 100)), 1e-6))
	}, nil)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	_, err := prob.ADVI(context.Background(), m, prob.Options{Seed: 1})
	if err == nil || !strings.Contains(err.Error(), `prob: variable "root": log-density: got NaN after `) {
		t.Errorf("got %v, want the variable by name", err)
	}
}

// The trail holds every window, with falling rates, and the bound rises from the first to the last.
func TestTheTrailShowsTheFit(t *testing.T) {
	var told []prob.Progress
	fit := fitted(t, regression(), prob.Options{Guide: guide.FullRank, Seed: 2, Plain: true, Window: 40, Progress: func(p prob.Progress) { told = append(told, p) }})
	if len(told) < 3 || len(told) != len(fit.Trail) {
		t.Fatalf("got %d reports and a trail of %d", len(told), len(fit.Trail))
	}
	for i, p := range fit.Trail {
		if p != told[i] {
			t.Errorf("window %d: the trail has %v, the report was %v", i, p, told[i])
		}
		if i > 0 && (p.Rate > told[i-1].Rate || p.Step != told[i-1].Step+40) {
			t.Errorf("window %d: rate %v at step %d after rate %v at step %d", i, p.Rate, p.Step, told[i-1].Rate, told[i-1].Step)
		}
	}
	last := told[len(told)-1]
	if last.Step != fit.Steps || last.ELBO < told[0].ELBO {
		t.Errorf("got %d steps and a bound from %v to %v", fit.Steps, told[0].ELBO, last.ELBO)
	}
	if fit.Elapsed <= 0 {
		t.Errorf("the fit took %v", fit.Elapsed)
	}
}

// Steps that are used up are told.
func TestFitsThatDidNotConvergeSaySo(t *testing.T) {
	fit := fitted(t, schools(false), prob.Options{Seed: 1, Steps: 20, Plain: true, Rate: .01})
	if fit.Converged || !strings.Contains(fit.Verdict(), "not") || fit.Steps != 20 {
		t.Errorf("got converged %v after %d steps: %s", fit.Converged, fit.Steps, fit.Verdict())
	}
}

// Plain starts reach the same posterior as those from the mode.
func TestPlainStartsArriveToo(t *testing.T) {
	mode := fitted(t, regression(), prob.Options{Seed: 1, Check: 4000})
	plain := fitted(t, regression(), prob.Options{Seed: 1, Check: 4000, Plain: true, Steps: 20000})
	within(t, "bound", plain.ELBO, mode.ELBO, .1)
	a, b := estimates(t, mode), estimates(t, plain)
	for _, name := range []string{"a", "b", "sigma"} {
		within(t, "mean of "+name, (a[name].Mean-b[name].Mean)/a[name].SD, 0, .2)
		within(t, "sd of "+name, b[name].SD/a[name].SD, 1, .15)
	}
}

// Where a posterior has scales that differ by 1e8 the start takes them, and no option is needed.
func TestScalesThatDifferAreNoObstacle(t *testing.T) {
	m := prob.New(func(p *prob.Trace) {
		p.Sample("small", normal(p, 1e-4, 1e-4))
		p.Sample("large", normal(p, -3e4, 1e4))
		p.Sample("huge", normal(p, 0, 1e9))
	}, nil)
	fit := fitted(t, m, prob.Options{Seed: 1, Guide: guide.MeanField, Check: 4000})
	e := estimates(t, fit)
	within(t, "small mean in sd", (e["small"].Mean-1e-4)/1e-4, 0, .08)
	within(t, "small sd", e["small"].SD/1e-4, 1, .06)
	within(t, "large mean in sd", (e["large"].Mean+3e4)/1e4, 0, .08)
	within(t, "large sd", e["large"].SD/1e4, 1, .06)
	within(t, "bound of a normalised density", fit.ELBO, 0, .01)
}

// Local unknowns of a plate in minibatches get their own posteriors: each is normal, with the
// precision of prior and datum.
func TestLocalUnknownsAreFittedInMinibatches(t *testing.T) {
	const n = 24
	y := make([]float64, n)
	rng.New(6).NormalFloat64(y)
	m := prob.New(func(p *prob.Trace) {
		p.Minibatch("data", n, 8, func(p *prob.Trace) {
			z := p.Sample("z", normal(p, 1, 1))
			p.Observe("y", dist.NewNormal(z, p.Const(.5)), p.Data("y"))
		})
	}, prob.Data{"y": y})
	fit := fitted(t, m, prob.Options{Seed: 3, Guide: guide.MeanField, Check: 4000})
	e := estimates(t, fit)
	sd := 1 / math.Sqrt(5)
	for i, v := range y {
		q := e[fmt.Sprintf("z[%d]", i)]
		within(t, "mean in sd", (q.Mean-(1+4*v)/5)/sd, 0, .15)
		within(t, "sd", q.SD/sd, 1, .12)
	}
	if !(fit.KHat < .7) {
		t.Errorf("k̂ = %v, want below .7", fit.KHat)
	}
}

// A change of the model between runs of its function is an error, not a wrong density.
func TestFunctionsThatChangeAreRefused(t *testing.T) {
	runs := 0
	m := prob.New(func(p *prob.Trace) {
		runs++
		p.Sample(fmt.Sprint("x", min(runs, 2)), normal(p, 0, 1))
	}, nil)
	refused(t, "name", m.Check(), `prob: variable "x2": the model's function did not have it when first run; it must do the same every time`)
	runs = 0
	m = prob.New(func(p *prob.Trace) {
		runs++
		p.Sample("x", normal(p, 0, 1))
		p.Plate("n", min(runs, 2), func(*prob.Trace) {})
	}, nil)
	refused(t, "plate", m.Check(), `prob: plate "n": the model's function did not have it with size 2 when first run`)
}

// The bound never exceeds the evidence: over seeds and guides, by 4 standard errors.
func TestBoundsStayBelowTheEvidence(t *testing.T) {
	a, b, d := 2., .9, 1.5
	logZ := math.Log(2*math.Pi) - .5*math.Log(a*d-b*b)
	for seed := range uint64(6) {
		for name, family := range map[string]guide.Family{"mean field": guide.MeanField, "full rank": guide.FullRank, "low rank": guide.LowRank(1)} {
			fit := fitted(t, gaussian(0, 1, a, b, d, 0), prob.Options{Guide: family, Seed: seed})
			if fit.ELBO > logZ+4*fit.ELBOStdErr+1e-9 {
				t.Errorf("%s, seed %d: bound %v above ln Z = %v", name, seed, fit.ELBO, logZ)
			}
			gap := .5 * -math.Log(1-b*b/(a*d)) // KL of the best mean field
			if name != "mean field" {
				gap = 0
			}
			within(t, fmt.Sprintf("%s, seed %d: bound", name, seed), fit.ELBO, logZ-gap, .03+4*fit.ELBOStdErr)
		}
	}
}
