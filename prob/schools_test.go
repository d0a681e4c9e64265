package prob_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/prob"
	"github.com/elbo-go/elbo/vi/guide"
)

// schools are the eight schools with θ as it stands (centred) or as μ + τz.
func schools(centred bool) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		mu := p.Sample("mu", normal(p, 0, 5))
		tau := p.Sample("tau", dist.HalfCauchy{Scale: p.Const(5)})
		p.Plate("schools", 8, func(p *prob.Trace) {
			var theta *g.Node
			if centred {
				theta = p.Sample("theta", dist.NewNormal(mu, tau))
			} else {
				theta = p.Deterministic("theta", g.Add(mu, g.Mul(tau, p.Sample("z", normal(p, 0, 1)))))
			}
			p.Observe("y", dist.NewNormal(theta, p.Data("sigma")), p.Data("y"))
		})
	}, eight)
}

// moment is a reference mean and standard deviation.
type moment struct{ Mean, SD float64 }

// schoolsReference reads the moments of 10,000 draws of a long run of Hamiltonian Monte Carlo.
func schoolsReference(t *testing.T) map[string]moment {
	t.Helper()
	path := filepath.Join(tk.DataDir(t), "posteriordb", "eight_schools-eight_schools_noncentered.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no reference draws: %v", err)
	}
	var doc struct{ Reference map[string]moment }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Reference
}

// The means are those of the weighted summary. Without weights that of τ is .17 (full rank) and .22
// (mean field) standard deviations off, as docs/results/posteriordb.txt shows, and over seeds up to
// .24: a Gaussian guide does not reach .15.
func TestEightSchoolsNonCentredMatchTheReference(t *testing.T) {
	want := schoolsReference(t)
	for name, family := range map[string]guide.Family{"mean field": guide.MeanField, "full rank": guide.FullRank} {
		fit := fitted(t, schools(false), prob.Options{Guide: family, Seed: 1, Check: 4000})
		e := corrected(t, fit)
		if !(fit.KHat < .7) {
			t.Errorf("%s: k̂ = %v, want below .7", name, fit.KHat)
		}
		worst := 0.
		check := func(ours, theirs string) {
			off := (e[ours].Mean - want[theirs].Mean) / want[theirs].SD
			worst = math.Max(worst, math.Abs(off))
			within(t, name+": mean of "+ours+" in sd", off, 0, .15)
		}
		check("mu", "mu")
		check("tau", "tau")
		for j := range 8 {
			check(fmt.Sprintf("theta[%d]", j), fmt.Sprintf("theta[%d]", j+1))
		}
		t.Logf("%s: worst mean %.3f sd off, k̂ %.2f, %d steps in %v", name, worst, fit.KHat, fit.Steps, fit.Elapsed)
	}
}

// corrected returns the importance-weighted summary by name.
func corrected(t *testing.T, fit *prob.Fit) map[string]prob.Estimate {
	t.Helper()
	list, err := fit.Corrected()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]prob.Estimate{}
	for _, e := range list {
		out[e.Name] = e
	}
	return out
}

// The centred form has a funnel that no Gaussian fits: the diagnostic has to fire.
func TestEightSchoolsCentredAreNotToBeTrusted(t *testing.T) {
	for name, family := range map[string]guide.Family{"mean field": guide.MeanField, "full rank": guide.FullRank} {
		fit := fitted(t, schools(true), prob.Options{Guide: family, Seed: 1, Check: 4000})
		if !(fit.KHat > .7) || fit.Verdict()[:12] != "do not trust" {
			t.Errorf("%s: k̂ = %v and %q, want above .7 and a warning", name, fit.KHat, fit.Verdict())
		}
		t.Logf("%s: k̂ %.2f", name, fit.KHat)
	}
}

// Neal's funnel, v ~ N(0, 3²), x_j ~ N(0, e^v), fires too; in its other form it does not.
func TestTheFunnelIsNotToBeTrusted(t *testing.T) {
	funnel := func(centred bool) *prob.Model {
		return prob.New(func(p *prob.Trace) {
			v := p.Sample("v", normal(p, 0, 3))
			p.Plate("arms", 9, func(p *prob.Trace) {
				if centred {
					p.Sample("x", dist.Normal{Loc: p.Const(0), LogScale: g.MulScalar(v, .5)})
				} else {
					p.Deterministic("x", g.Mul(g.Exp(g.MulScalar(v, .5)), p.Sample("z", normal(p, 0, 1))))
				}
			})
		}, nil)
	}
	if fit := fitted(t, funnel(true), prob.Options{Seed: 1, Check: 4000}); !(fit.KHat > .7) {
		t.Errorf("centred: k̂ = %v, want above .7", fit.KHat)
	}
	if fit := fitted(t, funnel(false), prob.Options{Seed: 1, Check: 4000}); !(fit.KHat < .5) {
		t.Errorf("non-centred: k̂ = %v, want below .5", fit.KHat)
	}
}
