package prob_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
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
	path := tk.DataPath(t, "posteriordb", "eight_schools-eight_schools_noncentered.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Reference map[string]moment }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Reference
}

// worstMean is the largest difference of a summary's means from the reference in its sd.
func worstMean(list []prob.Estimate, want map[string]moment) (worst float64, name string) {
	for _, e := range list {
		key := e.Name
		var j int
		if _, err := fmt.Sscanf(e.Name, "theta[%d]", &j); err == nil {
			key = fmt.Sprintf("theta[%d]", j+1)
		}
		if w, ok := want[key]; ok && math.Abs(e.Mean-w.Mean)/w.SD > worst {
			worst, name = math.Abs(e.Mean-w.Mean)/w.SD, e.Name
		}
	}
	return worst, name
}

// Six seeds of the automatic guide: its k̂ is below .7 and means are within .15 standard deviations of
// the reference, those of the summary (.057 at most over ten seeds) and the guide's own (.129). The
// settings were chosen by bound and k̂ alone. One fit in ten has a Gaussian with a k̂ below .5, by
// chance, and is not bent.
func TestEightSchoolsNonCentredMatchTheReference(t *testing.T) {
	want := schoolsReference(t)
	bent := 0
	for seed := range uint64(6) {
		fit := fitted(t, schools(false), prob.Options{Seed: seed, Check: 4000})
		if fit.Bent {
			bent++
		}
		list, err := fit.Summary()
		if err != nil {
			t.Fatal(err)
		}
		own, err := fit.Unweighted()
		if err != nil {
			t.Fatal(err)
		}
		worst, name := worstMean(list, want)
		guides, ownName := worstMean(own, want)
		if math.Max(worst, guides) > .15 || !(fit.KHat < .7) || !fit.Weighted() {
			t.Errorf("seed %d: %s is %.3f sd off, %.3f without weights, with k̂ %.2f: want .15 and below .7", seed, name, worst, guides, fit.KHat)
		}
		t.Logf("seed %d: %s %.3f sd off, without weights %s %.3f; bound %.3f, k̂ %.2f ± %.2f of %d draws, before %.2f, %d steps in %v", seed, name, worst, ownName, guides, fit.ELBO, fit.KHat, fit.KHatStdErr, len(fit.Weights()), prob.KBefore(fit), fit.Steps, fit.Elapsed)
	}
	if bent < 4 {
		t.Errorf("%d of 6 guides were bent, want 4", bent)
	}
}

// Gaussian guides by request: their own means are .17 (full rank) and .22 (mean field) standard
// deviations off for τ, as docs/results/posteriordb.txt shows; weighted they are within .15 at this
// seed.
func TestGaussianGuidesOfEightSchoolsNeedTheirWeights(t *testing.T) {
	want := schoolsReference(t)
	for name, family := range map[string]guide.Family{"mean field": guide.MeanField, "full rank": guide.FullRank} {
		fit := fitted(t, schools(false), prob.Options{Guide: family, Seed: 1, Check: 4000})
		list, err := fit.Corrected()
		if err != nil {
			t.Fatal(err)
		}
		worst, at := worstMean(list, want)
		if worst > .15 || fit.Bent {
			t.Errorf("%s: %s is %.3f sd off, bent %v: want .15 and false", name, at, worst, fit.Bent)
		}
		t.Logf("%s: %s %.3f sd off, %s", name, at, worst, fit.Verdict())
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

// funnel is Neal's, v ~ N(0, 3²), x_j ~ N(0, e^v) with a number of arms, as it stands (centred) or as
// x = e^{v/2}z.
func funnel(arms int, centred bool) *prob.Model {
	return prob.New(func(p *prob.Trace) {
		v := p.Sample("v", normal(p, 0, 3))
		p.Plate("arms", arms, func(p *prob.Trace) {
			if centred {
				p.Sample("x", dist.Normal{Loc: p.Const(0), LogScale: g.MulScalar(v, .5)})
			} else {
				p.Deterministic("x", g.Mul(g.Exp(g.MulScalar(v, .5)), p.Sample("z", normal(p, 0, 1))))
			}
		})
	}, nil)
}

// The funnel in two and in ten dimensions fires for Gaussian guides; in its other form it does not.
func TestTheFunnelIsNotToBeTrusted(t *testing.T) {
	for _, arms := range []int{1, 9} {
		for seed := range uint64(3) {
			for name, family := range map[string]guide.Family{"mean field": guide.MeanField, "full rank": guide.FullRank} {
				fit := fitted(t, funnel(arms, true), prob.Options{Guide: family, Seed: seed, Check: 4000})
				if !(fit.KHat > .7) || !strings.HasPrefix(fit.Verdict(), "do not trust") {
					t.Errorf("%d arms, %s, seed %d: k̂ = %.2f, want above .7: %s", arms, name, seed, fit.KHat, fit.Verdict())
				}
			}
		}
	}
	if fit := fitted(t, funnel(9, false), prob.Options{Seed: 1, Check: 4000}); !(fit.KHat < .5) {
		t.Errorf("non-centred: k̂ = %v, want below .5", fit.KHat)
	}
}

// The automatic guide bends into the funnel. Either it says that it is not to be trusted, or the
// standard deviation of v, 3, is right within 10 % (and 4 standard errors of 4,000 draws of unequal
// weight).
func TestTheAutomaticGuideOfTheFunnelIsRightOrSaysSo(t *testing.T) {
	for _, arms := range []int{1, 9} {
		for seed := range uint64(2) {
			fit := fitted(t, funnel(arms, true), prob.Options{Seed: seed, Check: 4000})
			list, err := fit.Summary()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d arms, seed %d: sd of v %.2f, bound %.3f of 0: %s", arms, seed, list[0].SD, fit.ELBO, fit.Verdict())
			if fit.Weighted() && math.Abs(list[0].SD/3-1) > .1 {
				t.Errorf("%d arms, seed %d: sd of v %.2f, want 3: %s", arms, seed, list[0].SD, fit.Verdict())
			}
		}
	}
}
