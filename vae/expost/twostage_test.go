package expost

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
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// twoStageConfig is a small two-stage VAE.
func twoStageConfig() vae.Config {
	return vae.Config{Dim: 5, Hidden: []int{7}, Latent: 2, Likelihood: "gaussian-learned", Sigma: 1, Options: map[string]string{"second": "6,4"}}
}

// One step of each stage moves its own VAE alone.
func TestEachStageTrainsItsOwnVAE(t *testing.T) {
	n := zoo.Network(t, "two-stage-vae", twoStageConfig(), dtypes.Float64)
	stages := n.Config.Stages()
	if len(stages) != 2 || stages[0].Share+stages[1].Share != 1 {
		t.Fatalf("got stages %+v, want two", stages)
	}
	x := zoo.Rows(scalarref.GrayBatch(8, 5))
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), zoo.Uniform(5), rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	for stage := range stages {
		before := map[string][]float64{}
		for _, a := range tk.Export(t, n.Params) {
			before[a.Name] = a.Data
		}
		adam := optim.NewAdam()
		rate, correct := adam.Scalars(1, .01)
		tk.Values(t, model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
			b := n.Batch(in[0], nil)
			b.Stage = stage
			terms := n.Model.Terms(s, b, vi.Estimator{})
			return adam.Descend(s, append([]optim.Route{{Loss: terms.Loss(in[1], 0)}}, terms.Routes...), in[2], in[3])
		}).Training(), rng.New(3), x, model.Scalar(dtypes.Float64, 1), model.Scalar(dtypes.Float64, rate), model.Scalar(dtypes.Float64, correct))
		seen := 0
		for _, a := range tk.Export(t, n.Params) {
			if strings.HasPrefix(a.Name, "optimizer") || before[a.Name] == nil {
				continue
			}
			seen++
			moves, second := false, strings.HasPrefix(a.Name, secondScope+"/")
			for i, v := range a.Data {
				moves = moves || v != before[a.Name][i]
			}
			if moves != (second == (stage == 1)) {
				t.Errorf("stage %d: %s moves: %v", stage, a.Name, moves)
			}
		}
		if seen < 15 {
			t.Errorf("got %d arrays, want those of two VAEs", seen)
		}
	}
}

// TestBoundOfBothStages: the first stage's bound is that of the VAE on the same weights, and importance
// weights of both codes give ln p(x) of a quadrature over z and u, below which the bound lies. Four
// standard errors: false alarm 6e-5 each.
func TestBoundOfBothStages(t *testing.T) {
	c := twoStageConfig()
	c.Latent = 1
	n := zoo.Network(t, "two-stage-vae", c, dtypes.Float64)
	x := []float32{.2, .9, .4, .1, .6}
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	zoo.Moved(t, n.Params)
	plain := c
	plain.Options = nil
	v := zoo.Network(t, "vae", plain, dtypes.Float64)
	for _, array := range tk.Export(t, n.Params) {
		if !strings.HasPrefix(array.Name, secondScope) {
			tk.Import(t, v.Params, array)
		}
	}
	first := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{}).In(0).Record(t.Context(), x, rng.New(4), 1))
	want := zoo.Must[vi.Record](t)(v.Evaluator(vi.Estimator{}).Record(t.Context(), x, rng.New(4), 1))
	tk.Close(t, "bound of the first stage", first.Bound, want.Bound, 1e-12)

	// A grid over z and u that holds the mass of the prior and of p(x|z).
	const cells, reach = 500, 8.
	var grid []float64
	h := 2 * reach / cells
	for i := range cells {
		for j := range cells {
			grid = append(grid, -reach+h*(float64(i)+.5), -reach+h*(float64(j)+.5))
		}
	}
	prog := model.NewProgram(n.Params, "quadrature", func(s *model.Scope, in []*g.Node) []*g.Node {
		l := n.Model.(vae.Probabilistic).Latent(s, n.Batch(in[1], nil))
		joint := g.Add(l.P.LogProb(in[0]), special.SumDims(l.Decode(in[0]).LogProb(in[1])))
		return []*g.Node{g.ReduceAllSum(g.Exp(joint)), g.ReduceAllSum(g.Exp(l.P.LogProb(in[0])))}
	})
	out := tk.Values(t, prog, rng.New(1), tk.Matrix(grid, cells*cells, 2), tk.Matrix(zoo.Float64s(x), 1, 5))
	tk.Close(t, "mass of the prior", out[1][0]*h*h, 1, 1e-6)
	sums, err := n.LogEvidence(t.Context(), x, 100_000, rng.New(5))
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "ln p(x)", sums[0].LogEvidence(), math.Log(out[0][0]*h*h), 4*sums[0].StdErr()+1e-6)
	if bound, se := zoo.Repeated(t, n, vi.Estimator{}, x); bound > sums[0].LogEvidence()+4*se {
		t.Errorf("bound: got %v ± %.2g, want it below ln p(x) = %v", bound, se, sums[0].LogEvidence())
	}
	if n.ClosedKL() {
		t.Error("KL: got a closed form")
	}
}

// Codes that are drawn have the moments of p(z|u) under p(u); five standard errors fail with
// probability 6e-7 each.
func TestCodesAreDrawnThroughTheSecondStage(t *testing.T) {
	n := zoo.Network(t, "two-stage-vae", twoStageConfig(), dtypes.Float64)
	if _, err := n.Evaluator(vi.Estimator{}).Record(t.Context(), zoo.Uniform(5), rng.New(1), 1); err != nil {
		t.Fatal(err)
	}
	zoo.Moved(t, n.Params)
	const count = 20_000
	draws := zoo.Must[[]float32](t)(n.Prior(t.Context(), count, rng.New(2)))
	out := tk.Values(t, model.NewProgram(n.Params, "down", func(s *model.Scope, _ []*g.Node) []*g.Node {
		d := n.Model.(*twoStage).down(s, s.Normal("u", count, 2))
		return []*g.Node{d.Loc, g.Add(g.Square(d.Loc), d.Variance())}
	}), rng.New(3))
	for j := range 2 {
		var z, squares, loc, second []float64
		for i := range count {
			v := float64(draws[2*i+j])
			z, squares = append(z, v), append(squares, v*v)
			loc, second = append(loc, out[0][2*i+j]), append(second, out[1][2*i+j])
		}
		for k, pair := range [][2][]float64{{z, loc}, {squares, second}} {
			got, _, sg := tk.Moments(pair[0])
			want, _, sw := tk.Moments(pair[1])
			tk.Close(t, "moment "+string(rune('1'+k)), got, want, 5*math.Hypot(sg, sw))
		}
	}
}

// energyDistance is 2E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ of rows of d values, 0 for equal distributions
// (Székely & Rizzo 2013), without bias: no row is paired with itself.
func energyDistance(x, y []float32, d int) float64 {
	mean := func(a, b []float32, self int) (sum float64) {
		n, m := len(a)/d, len(b)/d
		for i := range n {
			for j := range m {
				square := 0.
				for k := range d {
					v := float64(a[i*d+k] - b[j*d+k])
					square += v * v
				}
				sum += math.Sqrt(square)
			}
		}
		return sum / float64(n*(m-self))
	}
	return 2*mean(x, y, 0) - mean(x, x, 1) - mean(y, y, 1)
}

// TestSecondStageFindsTheCodes: data about a closed curve have codes that are not N(0, I). Codes that
// the second stage draws have less than a third of the energy distance of N(0, I) from codes of new rows,
// draws of q(z|x), and decoded they are nearer to new rows as well (Dai & Wipf 2019, section 4).
func TestSecondStageFindsTheCodes(t *testing.T) {
	x, test := zoo.Circle(4000, rng.New(1)), zoo.Circle(1000, rng.New(2))
	c := vae.Config{Dim: 10, Hidden: []int{64}, Latent: 4, Likelihood: "gaussian-learned", Sigma: 1, Options: map[string]string{"second": "64,64"}}
	n := zoo.Trained(t, "two-stage-vae", c, x, 4000, 3e-3, 1)
	mean, variance, err := n.Encode(t.Context(), test)
	if err != nil {
		t.Fatal(err)
	}
	codes, eps := make([]float32, len(mean)), make([]float32, len(mean))
	rng.New(3).Normal(eps)
	for i := range codes {
		codes[i] = mean[i] + float32(math.Sqrt(float64(variance[i])))*eps[i]
	}
	plain := make([]float32, len(mean))
	rng.New(4).Normal(plain)
	drawn := zoo.Must[[]float32](t)(n.Prior(t.Context(), 1000, rng.New(5)))
	first, second := energyDistance(plain, codes, 4), energyDistance(drawn, codes, 4)
	decoded := func(z []float32) float64 {
		return energyDistance(zoo.Must[[]float32](t)(n.Decode(t.Context(), z)), test, 10)
	}
	dataFirst, dataSecond := decoded(plain), decoded(drawn)
	t.Logf("energy distances of codes %.4f from N(0, I), %.4f by the second stage; of data %.4f and %.4f", first, second, dataFirst, dataSecond)
	if !(second < first/3) || !(dataSecond < dataFirst) {
		t.Errorf("energy distances: got %v and %v by the second stage, want below %v and %v", second, dataSecond, first/3, dataFirst)
	}
}

func TestWrongTwoStageSettingsAreErrors(t *testing.T) {
	for want, change := range map[string]func(c *vae.Config){
		`second: got "0", want whole numbers from 1`:                          func(c *vae.Config) { c.Options["second"] = "0" },
		`second: got "8,x"`:                                                   func(c *vae.Config) { c.Options["second"] = "8,x" },
		`likelihood: got "bernoulli", want one of gaussian, gaussian-learned`: func(c *vae.Config) { c.Likelihood = "bernoulli" },
		"weights for rows of":                                                 func(c *vae.Config) { c.Options["second"] = "65536,65536" },
	} {
		c := twoStageConfig()
		change(&c)
		if _, err := vae.New("two-stage-vae", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
