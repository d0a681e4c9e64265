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
	"github.com/elbo-go/elbo/vae/internal/sizes"
	"github.com/elbo-go/elbo/vi"
)

// priorConfig is a small model with a prior.
func priorConfig(prior string) vae.Config {
	c := vae.Config{Dim: 5, Hidden: []int{7}, Latent: 2, Likelihood: "bernoulli", Sigma: 1, Prior: prior}
	if prior == "mixture" || prior == "vamp" {
		c.Options = map[string]string{"components": "3"}
	}
	return c
}

// narrowPriors gives flow priors networks of few units for the time of a test.
func narrowPriors(t *testing.T) {
	usual := sizes.PriorHidden
	sizes.PriorHidden = []int{6}
	t.Cleanup(func() { sizes.PriorHidden = usual })
}

// withPrior is that model, no part of which is as it began.
func withPrior(t *testing.T, prior string) *vae.Network {
	t.Helper()
	narrowPriors(t)
	n := zoo.Network(t, "vae", priorConfig(prior), dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), make([]float32, 5), rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	for _, a := range tk.Export(t, n.Params) {
		eps := make([]float64, len(a.Data))
		rng.New(8).Named(a.Name).NormalFloat64(eps)
		for j := range a.Data {
			a.Data[j] += .12 * eps[j]
		}
		tk.Import(t, n.Params, a)
	}
	return n
}

// priorDensity returns p(z) of rows of two numbers.
func priorDensity(t *testing.T, n *vae.Network, z []float64) []float64 {
	t.Helper()
	prog := model.NewProgram(n.Params, "prior density", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.Exp(special.SumDims(n.Model.(vae.Generator).Prior(s, 1).LogProb(g.ExpandAxes(in[0], 1))))}
	})
	return tk.Values(t, prog, rng.New(1), tk.Matrix(z, len(z)/2, 2))[0]
}

// TestPriorsAreDensitiesOfTheirDraws: p(z) has the integral 1, and means and second moments of the
// draws are those of the density. The grid leaves 3e-3; five standard errors fail right code with
// probability 1e-5.
func TestPriorsAreDensitiesOfTheirDraws(t *testing.T) {
	z, h := zoo.Grid(9, 300)
	for _, name := range vae.PriorNames() {
		n := withPrior(t, name)
		mass, moments := 0., [5]float64{}
		of := func(a, b float64) [5]float64 { return [5]float64{a, b, a * a, a * b, b * b} }
		for i, p := range priorDensity(t, n, z) {
			mass += p * h * h
			for k, v := range of(z[2*i], z[2*i+1]) {
				moments[k] += v * p * h * h
			}
		}
		tk.Close(t, name+": mass", mass, 1, 3e-3)
		draws, err := n.Prior(t.Context(), 20_000, rng.New(4))
		if err != nil {
			t.Fatal(err)
		}
		for k := range moments {
			var all []float64
			for i := 0; i < len(draws); i += 2 {
				all = append(all, of(float64(draws[i]), float64(draws[i+1]))[k])
			}
			mean, _, se := tk.Moments(all)
			tk.Close(t, name+": moment of the draws", mean, moments[k], 5*se+3e-3*(1+math.Abs(moments[k])))
		}
		if name != "normal" && math.Abs(moments[2]-1)+math.Abs(moments[3])+math.Abs(moments[4]-1) < .1 {
			t.Errorf("%s: second moments %v are those of N(0, I), want another density", name, moments)
		}
	}
}

// TestBoundsAreOrderedUnderEveryPrior: with ln p(x) = ln ∫p(x|z)p(z)dz from a grid, the ELBO is
// below the bound of ten draws, which is below ln p(x), which is what many importance weights give.
// Four standard errors: false alarm 6e-5 each.
func TestBoundsAreOrderedUnderEveryPrior(t *testing.T) {
	x := []float32{1, 0, 0, 1, 1}
	z, h := zoo.Grid(9, 300)
	for _, name := range vae.PriorNames() {
		n := withPrior(t, name)
		likelihood := model.NewProgram(n.Params, "likelihood", func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{g.Exp(special.SumDims(n.Model.(vae.Decoder).Decode(s, vae.Code{Z: in[0]}).LogProb(in[1])))}
		})
		wide := []float64{1, 0, 0, 1, 1}
		lik := tk.Values(t, likelihood, rng.New(1), tk.Matrix(z, len(z)/2, 2), tk.Matrix(wide, 1, 5))[0]
		sum := 0.
		for i, p := range priorDensity(t, n, z) {
			sum += p * lik[i] * h * h
		}
		want := math.Log(sum)
		draws, err := n.LogEvidence(t.Context(), x, 100_000, rng.New(2))
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, name+": ln p(x)", draws[0].LogEvidence(), want, 4*draws[0].StdErr()+1e-3)
		one, s1 := zoo.Repeated(t, n, vi.Estimator{}, x)
		ten, s10 := zoo.Repeated(t, n, vi.Estimator{Objective: vi.IWAE{K: 10}}, x)
		t.Logf("%s: ELBO %.4f, IWAE-10 %.4f, ln p(x) %.4f", name, one, ten, want)
		if one > ten+4*math.Hypot(s1, s10) || ten > want+4*s10+1e-3 {
			t.Errorf("%s: got ELBO %v ± %.2g, IWAE-10 %v ± %.2g, ln p(x) %v; want them in order", name, one, s1, ten, s10, want)
		}
	}
}

// TestGradientsWithPriors holds every derivative of the bounds to central differences, with a
// normal and with a bent guide.
func TestGradientsWithPriors(t *testing.T) {
	x := zoo.Rows(scalarref.BinaryBatch(3, 5))
	narrowPriors(t)
	sizes.PriorHidden = []int{3}
	for _, name := range vae.PriorNames()[1:] {
		for _, posterior := range []string{"normal", "planar"} {
			c := priorConfig(name)
			c.Posterior, c.FlowSteps, c.Hidden = posterior, 1, []int{2}
			m, p := zoo.New(t, "vae", c), tk.Params(t, dtypes.Float64)
			loss := func(s *model.Scope, in []*g.Node) []*g.Node {
				return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{Samples: 2}).Loss(special.ScalarLike(in[0], .8), 0)}
			}
			tk.Values(t, model.NewProgram(p, "make", loss), rng.New(1), x)
			for i, a := range tk.Export(t, p) {
				eps := make([]float64, len(a.Data))
				rng.New(8).At(uint64(i)).NormalFloat64(eps)
				for j := range a.Data {
					a.Data[j] += .1 * eps[j]
				}
				tk.Import(t, p, a)
			}
			tk.GradientWithin(t, 1e-5, p, loss, x)
		}
	}
}

// TestFlowPriorsStartAsTheNormalOne, so that the first bound is that of the usual model up to the
// error of its draws, and the divergence has a closed form for the usual one alone.
func TestFlowPriorsStartAsTheNormalOne(t *testing.T) {
	z := []float64{.3, -1, 2, .5, -3, 4, 0, 0}
	for _, name := range vae.PriorNames() {
		if name == "mixture" || name == "vamp" {
			continue // which begin at several places, for components that began alike would stay alike
		}
		n := zoo.Network(t, "vae", priorConfig(name), dtypes.Float64)
		for i, p := range priorDensity(t, n, z) {
			tk.Close(t, name, p, math.Exp(-.5*(z[2*i]*z[2*i]+z[2*i+1]*z[2*i+1]))/(2*math.Pi), 1e-12)
		}
		if n.ClosedKL() != (name == "normal") {
			t.Errorf("%s: KL in closed form: got %v", name, n.ClosedKL())
		}
	}
}

func TestPriorsAreDescribed(t *testing.T) {
	for _, p := range vae.Priors() {
		if p.Name == "" || p.Summary == "" || p.Paper == "" {
			t.Errorf("prior %q: got %q of %q, want a summary and a source", p.Name, p.Summary, p.Paper)
		}
	}
}

func TestWrongPriorsAreErrors(t *testing.T) {
	big := priorConfig("flow")
	big.Latent = 60_000
	for want, c := range map[string]struct {
		model string
		c     vae.Config
	}{
		`prior: got "vamp?", want one of normal, mixture`: {"vae", priorConfig("vamp?")},
		"want normal: its prior is its own":               {"ae", priorConfig("flow")},
		"weights for rows of":                             {"vae", big},
	} {
		if _, err := vae.New(c.model, c.c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
