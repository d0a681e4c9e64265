package vae_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// step is a training step with inputs x, β, learning rate and correction; it returns the
// loss and its two terms.
func step(m vae.Model, p *model.Params, e vi.Estimator) (*model.Program, optim.Adam) {
	adam := optim.NewAdam()
	return model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := m.Terms(s, vae.Batch{X: in[0]}, e)
		loss := terms.Loss(in[1], 0)
		out := []*g.Node{loss, g.Neg(g.ReduceAllMean(terms.LogLik))}
		if terms.KL != nil {
			out = append(out, g.ReduceAllSum(g.ReduceMean(terms.KL, 0)))
		}
		adam.Update(s, loss, in[2], in[3])
		return out
	}).Training(), adam
}

// update runs one step and commits it.
func update(t testing.TB, prog *model.Program, adam optim.Adam, key rng.Key, n int, lr, beta float64, dtype dtypes.DType, x *tensors.Tensor) []float64 {
	t.Helper()
	rate, correct := adam.Scalars(int64(n+1), lr)
	res, err := prog.Run(key, x, model.Scalar(dtype, beta), model.Scalar(dtype, rate), model.Scalar(dtype, correct))
	if err != nil {
		t.Fatal(err)
	}
	out, err := res.Floats()
	if err != nil {
		t.Fatal(err)
	}
	var flat []float64
	for _, v := range out {
		flat = append(flat, v[0])
	}
	return flat
}

// relative is |a − b| / |b|.
func relative(a, b float64) float64 { return math.Abs(a-b) / math.Abs(b) }

// curve is one case of testdata/ten_step.json, which ten_step.py made with PyTorch.
type curve struct {
	Config struct {
		D, L            int
		Hidden          []int
		Likelihood      string
		Sigma, Beta, LR float64
	}
	X              [][]float64
	Eps            [][][]float64
	Initial, Final map[string]struct {
		Shape  []int
		Values []float64
	}
	Losses, Rec, KL []float64
}

// TestTenStepsAgreeWithPyTorchAndPlainLoops trains the model for ten Adam steps with given
// weights and noise, for all likelihoods.
func TestTenStepsAgreeWithPyTorchAndPlainLoops(t *testing.T) {
	raw, err := os.ReadFile("testdata/ten_step.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []curve }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != len(vae.Likelihoods()) {
		t.Fatalf("got %d cases, want one a likelihood, %d", len(file.Cases), len(vae.Likelihoods()))
	}
	for _, c := range file.Cases {
		t.Run(c.Config.Likelihood, func(t *testing.T) { c.replay(t) })
	}
}

func (c curve) replay(t *testing.T) {
	ref, err := scalarref.New(scalarref.Config{D: c.Config.D, L: c.Config.L, Hidden: c.Config.Hidden, Likelihood: c.Config.Likelihood,
		Sigma: c.Config.Sigma, Beta: c.Config.Beta, LR: c.Config.LR})
	if err != nil {
		t.Fatal(err)
	}
	p := tk.Params(t, dtypes.Float64)
	for name, v := range c.Initial {
		tk.Import(t, p, model.Array{Name: name, Trainable: true, Dims: v.Shape, Data: v.Values})
		if err := ref.Set(name, v.Values); err != nil {
			t.Fatal(err)
		}
	}
	m := zoo.New(t, "vae", vae.Config{Dim: c.Config.D, Hidden: c.Config.Hidden, Latent: c.Config.L, Likelihood: c.Config.Likelihood, Sigma: c.Config.Sigma})
	prog, adam := step(m, p, vi.Estimator{})
	now := 0
	prog.WithNoise(func(name string, dims []int) []float64 {
		if name != "z" || fmt.Sprint(dims) != fmt.Sprint([]int{1, len(c.X), c.Config.L}) {
			t.Fatalf("noise: got %q of shape %v", name, dims)
		}
		var flat []float64
		for _, r := range c.Eps[now] {
			flat = append(flat, r...)
		}
		return flat
	})
	worst := 0.
	for now = range c.Losses {
		got := update(t, prog, adam, rng.Key{}, now, c.Config.LR, c.Config.Beta, dtypes.Float64, zoo.Rows(c.X))
		worst = max(worst, relative(got[0], c.Losses[now]), relative(got[1], c.Rec[now]), relative(got[2], c.KL[now]),
			relative(got[0], ref.Step(c.X, c.Eps[now])))
	}
	worstFinal, seen := 0., 0
	final := map[string][]float64{}
	for _, v := range ref.Params() {
		final[v.Name] = v.Values
	}
	for _, a := range tk.Export(t, p) {
		if !a.Trainable {
			continue
		}
		seen++
		for i, v := range a.Data {
			worstFinal = max(worstFinal, math.Abs(v-c.Final[a.Name].Values[i])/max(1, math.Abs(v)), math.Abs(v-final[a.Name][i])/max(1, math.Abs(v)))
		}
	}
	t.Logf("worst difference %.1e in a loss, %.1e in a parameter", worst, worstFinal)
	if !(worst <= 1e-9) || !(worstFinal <= 1e-9) || seen != len(c.Initial) {
		t.Errorf("got differences %g and %g over %d parameters, want at most 1e-9 over %d", worst, worstFinal, seen, len(c.Initial))
	}
}

// TestLambdaFormIsTheScaledLikelihoodForm: ∇(½‖x − μ‖² + λ·KL) = σ²·∇(−ELBO) at λ = σ².
func TestLambdaFormIsTheScaledLikelihoodForm(t *testing.T) {
	const sigma = .37
	m := zoo.New(t, "vae", vae.Config{Dim: 6, Hidden: []int{5}, Latent: 2, Likelihood: "gaussian", Sigma: sigma}).(vae.Amortized)
	p := tk.Params(t, dtypes.Float64)
	gradient := func(lambda bool) [][]float64 {
		return tk.Values(t, model.NewProgram(p, "form", func(s *model.Scope, in []*g.Node) []*g.Node {
			x := in[0]
			terms := m.Terms(s, vae.Batch{X: x}, vi.Estimator{})
			loss := g.MulScalar(terms.Loss(in[1], 0), sigma*sigma)
			if lambda {
				q := m.Guide(s.In("encoder"), x)
				eps := s.In("again").Normal("z", 1, 4, 2)
				z := g.Add(q.Loc, g.Mul(g.Exp(q.LogScale), g.Squeeze(eps, 0)))
				square := g.ReduceSum(g.Square(g.Sub(x, m.Decode(s, vae.Code{Z: z}).Mean())), -1)
				kl := g.ReduceSum(terms.KL, -1)
				loss = g.ReduceAllMean(g.Add(g.MulScalar(square, .5), g.MulScalar(kl, sigma*sigma)))
			}
			_, nodes := s.Trainable()
			return g.Gradient(loss, nodes...)
		}).WithNoise(func(string, []int) []float64 { return []float64{.3, -1, .8, .1, -.4, 1.2, 0, -2} }),
			rng.Key{}, zoo.Rows(scalarref.GrayBatch(4, 6)), tk.Matrix([]float64{1}))
	}
	a, b := gradient(true), gradient(false)
	for i := range a {
		for j := range a[i] {
			if math.Abs(a[i][j]-b[i][j]) > 1e-12 {
				t.Errorf("derivative %d[%d]: got %v, want %v", i, j, a[i][j], b[i][j])
			}
		}
	}
}

// TestExtremeEncoderStaysFinite: ln σ² is clamped, so weights far out give a finite loss.
func TestExtremeEncoderStaysFinite(t *testing.T) {
	for _, bias := range []float64{-1e6, 1e6} {
		p := tk.Params(t, dtypes.Float64)
		tk.Import(t, p, model.Array{Name: "encoder/logvar/bias", Trainable: true, Dims: []int{2}, Data: []float64{bias, bias}})
		m := zoo.New(t, "vae", vae.Config{Dim: 4, Hidden: []int{3}, Latent: 2, Likelihood: "bernoulli", Sigma: 1})
		out := tk.Values(t, model.NewProgram(p, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
			_, variance := m.(vae.Encoder).Encode(s, vae.Batch{X: in[0]})
			return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{}).Loss(in[1], 0), variance}
		}), rng.New(1), zoo.Rows(scalarref.BinaryBatch(2, 4)), tk.Matrix([]float64{1}))
		if math.IsNaN(out[0][0]) || math.IsInf(out[0][0], 0) {
			t.Errorf("bias %v: loss %v, want a finite one", bias, out[0][0])
		}
		tk.Close(t, "ln σ²", math.Log(out[1][0]), math.Copysign(20, bias), 1e-12)
	}
}

func TestParameterCountOfTheTutorialNet(t *testing.T) {
	n := zoo.Network(t, "vae", vae.Config{Dim: 784, Hidden: []int{400}, Latent: 20, Likelihood: "bernoulli", Sigma: 1}, dtypes.Float32)
	if _, err := n.Reconstruct(t.Context(), make([]float32, 784)); err != nil {
		t.Fatal(err)
	}
	if got := n.Params.Count(); got != 652824 {
		t.Errorf("parameters of 784-400-20: got %d, want 652824", got)
	}
}

// TestLearnedScaleHasASoftFloor: ln σ = −6 + softplus(r + 6).
func TestLearnedScaleHasASoftFloor(t *testing.T) {
	for _, r := range []float64{-1e3, -20, -6, 0, 3} {
		p := tk.Params(t, dtypes.Float64)
		tk.Import(t, p, model.Array{Name: "logscale", Trainable: true, Data: []float64{r}})
		out := tk.Values(t, model.NewProgram(p, "scale", func(s *model.Scope, _ []*g.Node) []*g.Node {
			return []*g.Node{vae.ScaleFrom(s, 0)}
		}), rng.Key{})
		tk.Close(t, "ln σ", out[0][0], -6+math.Max(0, r+6)+math.Log1p(math.Exp(-math.Abs(r+6))), 1e-14)
	}
}
