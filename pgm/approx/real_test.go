package approx

import (
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/discrete"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/exact"
	"github.com/elbo-go/elbo/pgm/uai"
)

// Published networks by every method, with the last variable of the order and one in the
// middle seen: bounds on their sides, samplers within 5 of their standard errors. Chains on
// alarm, whose tables are nearly deterministic, may disagree, and R̂ has to tell.
func TestPublishedNetworks(t *testing.T) {
	for _, name := range []string{"asia", "cancer", "earthquake", "sachs", "survey", "alarm"} {
		n, err := bif.Read(tk.DataFile(t, "bif", name+".bif.gz"))
		if err != nil {
			t.Fatal(err)
		}
		order, err := n.Order()
		if err != nil {
			t.Fatal(err)
		}
		g, e := n.Graph(), pgm.Evidence{order[len(order)-1]: 0, order[len(order)/2]: 0}
		want, err := exact.NewTree(g, e, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range Methods() {
			c := m.Default
			c.Sweeps, c.Draws = min(c.Sweeps, 1000), min(c.Draws, 20000)
			got, err := m.Run(t.Context(), g, e, c)
			if got == nil {
				t.Logf("%s: %s: %v", name, m.Name, err)
				continue
			}
			worst, z := 0., 0.
			for v, p := range want.Marginals {
				for s := range p {
					d := math.Abs(got.Marginals[v][s] - p[s])
					worst = max(worst, d)
					if m.Random && d > 1e-9 {
						z = max(z, d/got.StdErr[v][s])
					}
				}
			}
			agree := discrete.Largest(got.RHat) < 1.05
			t.Logf("%s: %s: ln P %.5f, exact %.5f; worst marginal %.5f off, %.1f standard errors, R̂ %.3f; %v",
				name, m.Name, got.LogZ, want.LogZ, worst, z, discrete.Largest(got.RHat), err)
			if m.Random && agree && z > 5 || name != "alarm" && !agree {
				t.Errorf("%s: %s: got a marginal %.4f off, %.1f standard errors", name, m.Name, worst, z)
			}
			d := got.LogZ - want.LogZ
			if m.LogZ == Above && d < -1e-9 || m.LogZ == Below && d > 1e-9 || m.LogZ == Estimate && math.Abs(d) > 5*got.LogZErr+1e-9 {
				t.Errorf("%s: %s: got ln P %v, want %s of %v", name, m.Name, got.LogZ, m.LogZ, want.LogZ)
			}
		}
	}
}

// Instances of a competition: how near belief propagation comes where it converges. It does
// not on strong couplings of both signs (Grids) and on hard zeros (Pedigree).
func TestCompetitionInstances(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for name, most := range map[string]float64{"CSP_12": .05, "Promedus_15": .05, "ObjectDetection_11": .01, "Alchemy_11": .01, "DBN_11": .2, "Segmentation_11": .2,
		"Grids_11": 1, "Pedigree_12": 1} {
		m, err := uai.Read(tk.DataFile(t, "uai2014", name+".uai.gz"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := uai.ReadEvidence(tk.DataFile(t, "uai2014", name+".uai.evid"), m.Graph.Vars)
		if err != nil {
			t.Fatal(err)
		}
		g := m.Graph
		want, err := exact.NewTree(g, e, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Belief(t.Context(), g, e, Config{Sweeps: 500, Tolerance: 1e-6, Damping: .3, Schedule: Residual})
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		sum, count := 0., 0.
		for v, p := range want.Marginals {
			for s := range p {
				sum += math.Abs(got.Marginals[v][s] - p[s])
				count++
			}
		}
		t.Logf("%s: ln Z %.4f, exact %.4f, mean error of a marginal %.4f, %d messages, %v", name, got.LogZ, want.LogZ, sum/count, got.Messages, err)
		if err == nil && sum/count > most {
			t.Errorf("%s: got marginals %.3f off in the mean", name, sum/count)
		}
	}
}

// The most probable assignment of instances of a competition: max-product has it where messages
// see no loop of weight (ObjectDetection, Promedus) and is near on others; the dual proves
// its own for Segmentation, on which max-product goes wrong, and has wide gaps on spin glasses.
func TestAssignmentsOfCompetitionInstances(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for name, most := range map[string]float64{"ObjectDetection_11": 1e-9, "Promedus_15": 1e-9, "DBN_11": .05, "Grids_11": .05, "CSP_12": 1, "Segmentation_11": 1} {
		m, err := uai.Read(tk.DataFile(t, "uai2014", name+".uai.gz"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := uai.ReadEvidence(tk.DataFile(t, "uai2014", name+".uai.evid"), m.Graph.Vars)
		if err != nil {
			t.Fatal(err)
		}
		want, err := exact.MPE(m.Graph, e, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Sweeps: 500, Tolerance: 1e-6, Damping: .5}
		got, err := Maximum(t.Context(), m.Graph, e, c)
		if got == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		short := (want.LogValue - got.LogValue) / math.Abs(want.LogValue)
		t.Logf("%s: best %.4f, max-product %.4f, %.5f short; %v", name, want.LogValue, got.LogValue, short, err)
		if short < -1e-9 || short > most {
			t.Errorf("%s: got %v, want near %v", name, got.LogValue, want.LogValue)
		}
		dual, err := Dual(t.Context(), m.Graph, e, c)
		if dual == nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: dual between %.4f and %.4f; %v", name, dual.LogValue, dual.Bound, err)
		if name == "Segmentation_11" && dual.LogValue < dual.Bound-1e-4 {
			t.Errorf("%s: got a gap of %v, want a proof", name, dual.Bound-dual.LogValue)
		}
		if dual.Bound < want.LogValue-1e-6 || dual.LogValue > want.LogValue+1e-6 {
			t.Errorf("%s: got %v below %v, want %v between them", name, dual.LogValue, dual.Bound, want.LogValue)
		}
	}
}
