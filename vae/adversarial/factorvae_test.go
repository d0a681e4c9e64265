package adversarial

import (
	"math"
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

// A critic that has been trained on codes N(0, [[1, ρ], [ρ, 1]]) and on the same with exchanged
// elements finds their divergence, −½ ln(1 − ρ²) = .5108 nats at ρ = .8 (Kim & Mnih 2018, eq. 3).
func TestTheCriticFindsTheTotalCorrelationOfGaussianCodes(t *testing.T) {
	const rho = .8
	c := vae.Config{Latent: 2, Options: map[string]string{"critic": "64,64"}}.Resolved("factor-vae")
	p := tk.Params(t, dtypes.Float32)
	adam := optim.NewAdam()
	prog := model.NewProgram(p, "critic", func(s *model.Scope, in []*g.Node) []*g.Node {
		e := s.Normal("z", 512, 2)
		first, second := g.Slice(e, g.AxisRange(), g.AxisRange(0, 1)), g.Slice(e, g.AxisRange(), g.AxisRange(1, 2))
		z := g.Concatenate([]*g.Node{first, g.Add(g.MulScalar(first, rho), g.MulScalar(second, math.Sqrt(1-rho*rho)))}, 1)
		together, apart := ratio(c, s.In("critic"), z), ratio(c, s.In("critic"), exchanged(z))
		miss := g.ReduceAllMean(g.Add(special.Softplus(g.Neg(together)), special.Softplus(apart)))
		adam.Update(s, miss, in[0], in[1])
		return []*g.Node{g.ReduceAllMean(together)}
	})
	sum := 0.
	const steps, last = 1500, 500
	for i := range steps {
		rate, correct := adam.Scalars(int64(i+1), .003*(1-float64(i)/steps))
		v := tk.Values(t, prog, rng.New(1).At(uint64(i)), model.Scalar(dtypes.Float32, rate), model.Scalar(dtypes.Float32, correct))
		if i >= steps-last {
			sum += v[0][0] / last
		}
	}
	t.Logf("found %.4f of .5108 nats", sum)
	tk.Close(t, "total correlation", sum, -.5*math.Log(1-rho*rho), .1)
}

func TestExchangedCodesHaveElementsOfDifferentRows(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node { return []*g.Node{exchanged(in[0])} },
		tk.Matrix([]float64{11, 12, 13, 21, 22, 23, 31, 32, 33, 41, 42, 43}, 4, 3))
	for i, want := range []float64{11, 22, 33, 21, 32, 43, 31, 42, 13, 41, 12, 23} {
		if out[0][i] != want {
			t.Fatalf("got %v, want rows 11 22 33, 21 32 43, …", out[0])
		}
	}
}

// With γ = 0 a step moves encoder and decoder as that of the VAE does, bit for bit, while the critic
// learns: its loss reaches no other parameter. With γ > 0 the penalty moves the encoder, but not the
// decoder's last layer beyond what the VAE's loss does, and not the critic.
func TestTheLossesOfFactorVAEKeepToTheirRoutes(t *testing.T) {
	batch := zoo.Rows(scalarref.BinaryBatch(8, 5))
	after := func(name string, options map[string]string) map[string][]float64 {
		p := tk.Params(t, dtypes.Float64)
		n, err := vae.NewNetwork(name, vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1, Options: options}, p)
		if err != nil {
			t.Fatal(err)
		}
		adam := optim.NewAdam()
		rate, correct := adam.Scalars(1, .01)
		tk.Values(t, model.NewProgram(p, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
			return adam.Descend(s, append([]optim.Route{{Loss: terms.Loss(in[1], 0)}}, terms.Routes...), in[2], in[3])
		}).Training(), rng.New(3), batch, model.Scalar(dtypes.Float64, 1), model.Scalar(dtypes.Float64, rate), model.Scalar(dtypes.Float64, correct))
		out := map[string][]float64{}
		for _, a := range tk.Export(t, p) {
			out[a.Name] = a.Data
		}
		return out
	}
	plain := after("vae", nil)
	free := after("factor-vae", map[string]string{"gamma": "0", "critic": "7"})
	paid := after("factor-vae", map[string]string{"gamma": "50", "critic": "7"})
	moved := false
	for name, want := range plain {
		for i := range want {
			if free[name][i] != want[i] {
				t.Fatalf("%s: γ = 0: got %v, want %v as the VAE", name, free[name][i], want[i])
			}
			moved = moved || paid[name][i] != want[i]
		}
	}
	if !moved {
		t.Error("γ = 50 moves nothing")
	}
	for _, name := range []string{"critic/hidden0/weight", "critic/out/weight"} {
		for i, v := range free[name] {
			if paid[name][i] != v {
				t.Fatalf("%s: got %v with γ = 50 and %v with 0, want the same: the penalty is not the critic's", name, paid[name][i], v)
			}
		}
		if len(free[name]) == 0 || free["optimizer/"+name+"/m"][0] == 0 {
			t.Errorf("%s: the critic has not learnt", name)
		}
	}
}
