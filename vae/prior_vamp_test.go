package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
)

// densityOf is the graph of p(z) at codes.
func densityOf(n *vae.Network) model.Func {
	return func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.Exp(special.SumDims(n.Model.(vae.Generator).Prior(s, 1).LogProb(g.ExpandAxes(in[0], 1))))}
	}
}

// momentsOf is the graph of mean and variance of one code.
func momentsOf(n *vae.Network) model.Func {
	return func(s *model.Scope, _ []*g.Node) []*g.Node {
		p := n.Model.(vae.Generator).Prior(s, 1)
		return []*g.Node{p.Mean(), p.Variance()}
	}
}

// started is a VampPrior of so many components on rows of five values, by its start of training.
func started(t *testing.T, x []float32, c vae.Config) *vae.Network {
	t.Helper()
	n := zoo.Network(t, "vae", c, dtypes.Float64)
	stages := n.Config.Stages()
	if len(stages) != 1 || stages[0].Share != 1 || stages[0].Start == nil {
		t.Fatalf("got stages %+v, want one with a start", stages)
	}
	if err := stages[0].Start(t.Context(), n, x, rng.New(3)); err != nil {
		t.Fatal(err)
	}
	return n
}

// vampOn is the configuration of a VampPrior of k components.
func vampOn(k string) vae.Config {
	c := priorConfig("vamp")
	c.Options["components"] = k
	return c
}

// TestVampPriorOfTheDataIsTheirAggregatePosterior: with all training rows for pseudo-inputs p(z) is
// the mean of q(z|x) over them (Tomczak & Welling 2018, eq. 8 and 9), whatever the encoder, with a
// normal guide and with one that a flow bends, before its flow.
func TestVampPriorOfTheDataIsTheirAggregatePosterior(t *testing.T) {
	x := zoo.Uniform(12 * 5)
	n := started(t, x, vampOn("12"))
	if _, _, err := n.Encode(t.Context(), x); err != nil { // makes the encoder
		t.Fatal(err)
	}
	zoo.Moved(t, n.Params)
	if err := n.Config.Stages()[0].Start(t.Context(), n, x, rng.New(3)); err != nil {
		t.Fatal(err)
	}
	mean, variance, err := n.Encode(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	z := []float64{0, 0, 1, -1, .3, 2, -2, .5, 3, 3, -.1, -.2}
	got := tk.Values(t, model.NewProgram(n.Params, "density", densityOf(n)), rng.New(1), tk.Matrix(z, 6, 2))[0]
	weights, means, scales := make([]float64, 12), make([]float64, 24), make([]float64, 24)
	for i := range 12 {
		weights[i] = 1. / 12
	}
	for i := range means {
		means[i], scales[i] = float64(mean[i]), math.Sqrt(float64(variance[i]))
	}
	for i, p := range got { // moments come as float32
		tk.Close(t, "ln p(z)", math.Log(p), math.Log(vae.MixtureDensity(z[2*i:2*i+2], weights, means, scales)), 5e-6)
	}
	exact := tk.Values(t, model.NewProgram(n.Params, "aggregate", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := n.Model.(vae.Probabilistic).Latent(s, vae.Batch{X: in[1]})
		each := g.ReduceSum(l.Q.LogProb(g.ExpandAxes(in[0], 1)), -1) // 6×12
		return []*g.Node{g.ReduceMean(g.Exp(each), -1)}
	}), rng.New(1), tk.Matrix(z, 6, 2), tk.Matrix(zoo.Float64s(x), 12, 5))[0]
	for i, p := range got {
		tk.Close(t, "p(z)", p, exact[i], 1e-14)
	}
}

// Rows serve again with noise where there are fewer than components: no two components are alike.
func TestPseudoInputsAreRowsAndNeverAlike(t *testing.T) {
	x := zoo.Uniform(3 * 5)
	n := started(t, x, vampOn("7"))
	for _, a := range tk.Export(t, n.Params) {
		if a.Name != vae.PseudoName {
			continue
		}
		distinct := map[float64]bool{}
		for i, v := range a.Data {
			if d := v - float64(x[i%15]); i < 15 && d != 0 || i >= 15 && (d == 0 || math.Abs(d) > 6*vae.RepeatNoise) {
				t.Errorf("value %d: got %v, want row's %v, exactly in the first three", i, v, x[i%15])
			}
			distinct[v] = true
		}
		if len(a.Data) != 35 || len(distinct) != 35 {
			t.Errorf("got %d values, %d of them different, want 35", len(a.Data), len(distinct))
		}
		return
	}
	t.Error("got no pseudo-inputs")
}

// As noise pseudo-inputs begin in the range of the data.
func TestPseudoInputsBeginInTheRangeOfTheData(t *testing.T) {
	for likelihood, unit := range map[string]bool{"bernoulli": true, "gaussian": false} {
		c := vampOn("400")
		c.Likelihood, c.Options["pseudo"] = likelihood, vae.PseudoNoise
		n := zoo.Network(t, "vae", c, dtypes.Float64)
		if s := n.Config.Stages(); len(s) != 1 || s[0].Start != nil {
			t.Errorf("got stages %+v, want one without a start", s)
		}
		u := tk.Values(t, model.NewProgram(n.Params, "pseudo", func(s *model.Scope, _ []*g.Node) []*g.Node {
			return []*g.Node{g.Neg(n.Config.PseudoInputs(s))}
		}), rng.New(1))[0]
		low, high := 0., 0.
		for _, v := range u {
			low, high = math.Min(low, -v), math.Max(high, -v)
		}
		if inside := low >= 0 && high <= 1; inside != unit || high < .95 {
			t.Errorf("%s: got pseudo-inputs from %v to %v", likelihood, low, high)
		}
	}
}

// The start skips the class at the end of rows, and other priors have none.
func TestOnlyVampPriorsStart(t *testing.T) {
	for _, name := range vae.PriorNames() {
		n := zoo.Network(t, "vae", priorConfig(name), dtypes.Float64)
		if s := n.Config.Stages(); (s[0].Start != nil) != (name == "vamp") {
			t.Errorf("%s: got stages %+v", name, s)
		}
	}
}
