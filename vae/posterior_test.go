package vae_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// bentConfig is a small model with a flow for q(z|x).
func bentConfig(posterior string, steps int) vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{7}, Latent: 2, Likelihood: "bernoulli", Sigma: 1, Posterior: posterior, FlowSteps: steps}
}

// bentFamilies lists the families that are flows.
func bentFamilies() []string { return vae.PosteriorNames()[1:] }

// TestGradientsWithFlowPosteriors holds every derivative of the bounds to central differences.
func TestGradientsWithFlowPosteriors(t *testing.T) {
	x := zoo.Rows(scalarref.BinaryBatch(3, 5))
	for _, name := range bentFamilies() {
		for _, e := range []vi.Estimator{{Samples: 2}, {Objective: vi.IWAE{K: 3}}} {
			m, p := zoo.New(t, "vae", bentConfig(name, 2)), tk.Params(t, dtypes.Float64)
			loss := func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, e).Loss(special.ScalarLike(in[0], .8), 0)}
			}
			tk.Values(t, model.NewProgram(p, "make", loss), rng.New(1), x)
			zoo.Moved(t, p)
			if d := tk.GradientWithin(t, 1e-5, p, loss, x); d.Count != p.Count() {
				t.Errorf("%s: got %d derivatives, want %d", name, d.Count, p.Count())
			}
		}
	}
}

// TestDensityOfFlowsHasItsGradient: bounds without the score need the derivative of ln q(z) by any
// z, through the inverse of the flow.
func TestDensityOfFlowsHasItsGradient(t *testing.T) {
	x := zoo.Rows(scalarref.BinaryBatch(3, 5))
	for _, name := range bentFamilies() {
		m, p := zoo.New(t, "vae", bentConfig(name, 2)), tk.Params(t, dtypes.Float64)
		density := func(s *model.Scope, in []*g.Node) []*g.Node {
			z := s.Param("z", func(k rng.Key, dims []int) []float64 {
				eps := make([]float64, dims[0]*dims[1])
				k.NormalFloat64(eps)
				return eps
			}, 3, 2)
			return []*g.Node{g.ReduceAllSum(vae.FlowGuide(m, s, in[0]).LogProb(z))}
		}
		tk.Values(t, model.NewProgram(p, "make", density), rng.New(1), x)
		zoo.Moved(t, p)
		tk.GradientWithin(t, 1e-5, p, density, x)
	}
}

// TestFlowPosteriorIsADensity: E_q[w] over importance weights is p(x), whatever the flow, and so
// it is that of the same decoder with a normal posterior. Right code fails with probability 1e-4.
func TestFlowPosteriorIsADensity(t *testing.T) {
	x := []float32{1, 0, 0, 1, 1}
	evidence := func(posterior string) (mean, se float64) {
		n, err := vae.NewNetwork("vae", bentConfig(posterior, 3), tk.Params(t, dtypes.Float64))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1); err != nil {
			t.Fatal(err)
		}
		for _, a := range tk.Export(t, n.Params) {
			eps := make([]float64, len(a.Data))
			rng.New(9).Named(a.Name).NormalFloat64(eps) // by name: decoders are equal
			scale := .4
			if strings.Contains(a.Name, "/flow/step") {
				scale = .1 // of many units; narrow guides have weights with heavy tails
			}
			for j := range a.Data {
				a.Data[j] = scale * eps[j]
			}
			tk.Import(t, n.Params, a)
		}
		sums, err := n.LogEvidence(t.Context(), x, 200_000, rng.New(2))
		if err != nil {
			t.Fatal(err)
		}
		return sums[0].LogEvidence(), sums[0].StdErr()
	}
	want, se := evidence("")
	for _, name := range vae.PosteriorNames() {
		got, s := evidence(name)
		t.Logf("%s: ln p(x) = %.5f ± %.5f", name, got, s)
		if math.Abs(got-want) > 4*math.Hypot(s, se)+1e-12 {
			t.Errorf("%s: ln p(x): got %v ± %.2g, want %v ± %.2g as with the normal posterior", name, got, s, want, se)
		}
	}
}

// TestFlowsStartNearTheNormalPosterior: new flows are the identity, up to turning the order round,
// so the moments are those of z₀ and the bound that of a normal guide.
func TestFlowsStartNearTheNormalPosterior(t *testing.T) {
	x := make([]float32, 40*5)
	rng.New(1).Uniform(x)
	var want []float32
	for _, name := range vae.PosteriorNames() {
		n := zoo.Network(t, "vae", bentConfig(name, 3), dtypes.Float64)
		mean, variance, err := n.Encode(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		both := append(mean, variance...)
		if name == "normal" {
			want = both
		}
		for i, v := range both {
			tk.Close(t, name+": moments of the code", float64(v), float64(want[i]), 1e-6)
		}
		if n.ClosedKL() != (name == "normal") {
			t.Errorf("%s: KL in closed form: got %v", name, n.ClosedKL())
		}
	}
}

// TestCodesOfFlowsDoNotDependOnTheirNeighbours: a row alone has the code it has among others.
func TestCodesOfFlowsDoNotDependOnTheirNeighbours(t *testing.T) {
	n := zoo.Network(t, "vae", bentConfig("iaf", 2), dtypes.Float64)
	x := make([]float32, 7*5)
	rng.New(1).Uniform(x)
	if _, _, err := n.Encode(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	zoo.Moved(t, n.Params)
	all, allVar, err := n.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	one, oneVar, err := n.Encode(t.Context(), x[4*5:5*5])
	if err != nil {
		t.Fatal(err)
	}
	for j := range one {
		tk.Close(t, "mean", float64(one[j]), float64(all[4*2+j]), 1e-6)
		tk.Close(t, "variance", float64(oneVar[j]), float64(allVar[4*2+j]), 1e-6)
		if !(oneVar[j] > 0) {
			t.Errorf("variance: got %v, want above 0", oneVar[j])
		}
	}
}

func TestWrongPosteriorsAreErrors(t *testing.T) {
	for want, c := range map[string]struct {
		model string
		c     vae.Config
	}{
		`posterior: got "bent", want one of normal, planar, radial`: {"vae", bentConfig("bent", 2)},
		"steps of the posterior's flow: got 0":                      {"vae", bentConfig("planar", 0)},
		"steps of the posterior's flow: got 2000":                   {"vae", bentConfig("iaf", 2000)},
		"its guide is its own":                                      {"ae", bentConfig("iaf", 2)},
	} {
		if _, err := vae.New(c.model, c.c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
	for _, name := range bentFamilies() {
		big := bentConfig(name, 900)
		big.Latent, big.Hidden = 4096, []int{4000}
		if _, err := vae.New("vae", big); err == nil || !strings.Contains(err.Error(), "weights") {
			t.Errorf("%s: a flow of too many weights: got error %v", name, err)
		}
	}
}
