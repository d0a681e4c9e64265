package adversarial

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
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// smallGAN is a VAE-GAN of rows of five numbers.
func smallGAN(t *testing.T, options map[string]string) *vae.Network {
	t.Helper()
	n, err := vae.NewNetwork("vae-gan", vae.Config{Dim: 5, Net: "mlp", Hidden: []int{6, 4}, Latent: 3, Likelihood: "gaussian", Sigma: .5, Options: options}, tk.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// groups are the three players.
var groups3 = []string{"encoder", "decoder", "critic"}

// played makes one step of the losses of some players and tells which parameters changed.
func played(t *testing.T, n *vae.Network, beta float64, players ...string) map[string][]float64 {
	t.Helper()
	adam := optim.NewAdam()
	rate, correct := adam.Scalars(1, .01)
	tk.Values(t, model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
		routes := []optim.Route{{Scope: "encoder", Loss: terms.Loss(in[1], 0)}}
		routes = append(routes, terms.Routes...)
		for i, r := range routes {
			if !strings.Contains(strings.Join(players, " "), r.Scope) {
				routes[i].Loss = nil
			}
		}
		return adam.Descend(s, routes, in[2], in[3])
	}).Training(), rng.New(3), zoo.Rows(scalarref.GrayBatch(8, 5)), tk.Matrix([]float64{beta}), tk.Matrix([]float64{rate}), tk.Matrix([]float64{correct}))
	out := map[string][]float64{}
	for _, a := range tk.Export(t, n.Params) {
		if a.Trainable {
			out[a.Name] = a.Data
		}
	}
	return out
}

// Each of the three losses moves the parameters of its player and no other bit.
func TestEachLossOfVAEGANMovesItsPlayerAlone(t *testing.T) {
	still := played(t, smallGAN(t, nil), 1, "encoder")
	start := map[string]map[string][]float64{}
	for _, player := range groups3 {
		start[player] = played(t, smallGAN(t, nil), 1, player)
	}
	for name := range still {
		owner, _, _ := strings.Cut(name, "/")
		others := map[string][]float64{}
		for _, player := range groups3 {
			if player != owner {
				others[player] = start[player][name]
			}
		}
		var first []float64
		for player, values := range others {
			for i, v := range values {
				if first != nil && first[i] != v {
					t.Fatalf("%s[%d]: moved by the loss of %s", name, i, player)
				}
			}
			first = values
		}
		same := true
		for i, v := range start[owner][name] {
			same = same && v == first[i]
		}
		if same {
			t.Errorf("%s: not moved by its own loss", name)
		}
	}
}

// The encoder knows neither γ nor the game, the critic neither γ nor β, the decoder no β.
func TestPlayersOfVAEGANDoNotSeeTheWeightsOfOthers(t *testing.T) {
	plain := played(t, smallGAN(t, nil), 1, groups3...)
	gamma := played(t, smallGAN(t, map[string]string{"gamma": "1"}), 1, groups3...)
	beta := played(t, smallGAN(t, nil), 9, groups3...)
	game := played(t, smallGAN(t, map[string]string{"game": "hinge"}), 1, groups3...)
	for what, c := range map[string]struct {
		other map[string][]float64
		moves string
	}{"γ": {gamma, "decoder"}, "β": {beta, "encoder"}, "the game": {game, "decoder critic"}} {
		changed := map[string]bool{}
		for name, want := range plain {
			owner, _, _ := strings.Cut(name, "/")
			for i, v := range want {
				if c.other[name][i] != v {
					changed[owner] = true
				}
			}
		}
		for _, player := range groups3 {
			if want := strings.Contains(c.moves, player); changed[player] != want {
				t.Errorf("%s: changes the step of %s: %v, want %v", what, player, changed[player], want)
			}
		}
	}
}

// The encoder's loss is KL + ½‖D_l(x) − D_l(x̃)‖²: the pixels' likelihood cancels, in value to
// rounding and in every derivative, which differences confirm.
func TestTheEncoderOfVAEGANDescendsTheFeatureLoss(t *testing.T) {
	for name, c := range map[string]vae.Config{
		"table":  {Dim: 5, Net: "mlp", Hidden: []int{6, 4}, Latent: 3},
		"images": {Dim: 64, Shape: []int{8, 8}, Net: "conv", Channels: []int{2}, Hidden: []int{3}, Latent: 2},
	} {
		c.Likelihood, c.Sigma, c.Options = "gaussian", .5, map[string]string{"critic": "2"}
		n, err := vae.NewNetwork("vae-gan", c, tk.Params(t, dtypes.Float64))
		if err != nil {
			t.Fatal(err)
		}
		x := zoo.Rows(scalarref.GrayBatch(3, c.Dim))
		d := tk.GradientWithin(t, 1e-5, n.Params, func(s *model.Scope, in []*g.Node) []*g.Node {
			return []*g.Node{n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{Samples: 2}).Loss(in[1], 0)}
		}, x, tk.Matrix([]float64{.7}))
		out := tk.Values(t, model.NewProgram(n.Params, "parts", func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
			return []*g.Node{terms.Loss(in[1], 0), g.ReduceAllSum(g.ReduceMean(terms.KL, 0)), terms.Figures[0].Value}
		}), rng.New(1), x, tk.Matrix([]float64{.7}))
		tk.Close(t, name+": loss", out[0][0], .7*out[1][0]+out[2][0], 1e-11)
		t.Logf("%s: worst of %d derivatives: %v", name, d.Count, d)
	}
}

// modeSD is the deviation of each of eight normal distributions on a circle of radius 1.
const modeSD = .02

// eightModes draws n points of the eight.
func eightModes(n int, key rng.Key) []float32 {
	x, u, noise := make([]float32, 2*n), make([]float32, n), make([]float64, 2*n)
	key.Named("noise").NormalFloat64(noise)
	key.Named("mode").Uniform(u)
	for i := range u {
		a := math.Floor(float64(u[i])*8) * math.Pi / 4
		x[2*i], x[2*i+1] = float32(math.Cos(a)+modeSD*noise[2*i]), float32(math.Sin(a)+modeSD*noise[2*i+1])
	}
	return x
}

// onRing counts the modes that have at least a fifth of their share within 3 sd, and the share of
// points that are within 3 sd of any.
func onRing(x []float32) (modes int, share float64) {
	n := len(x) / 2
	for k := range 8 {
		a, count := float64(k)*math.Pi/4, 0
		for i := range n {
			if math.Hypot(float64(x[2*i])-math.Cos(a), float64(x[2*i+1])-math.Sin(a)) <= 3*modeSD {
				count++
			}
		}
		share += float64(count) / float64(n)
		if count*8*5 >= n {
			modes++
		}
	}
	return modes, share
}

func TestPointsOfTheRingAreOnIt(t *testing.T) {
	modes, share := onRing(eightModes(4000, rng.New(1)))
	if want := 1 - math.Exp(-4.5); modes != 8 || math.Abs(share-want) > .008 { // 4.8 sd of a binomial share
		t.Errorf("got %d modes and %.4f within 3 sd, want 8 and %.4f", modes, share, want)
	}
}

// Eight narrow modes on a ring: samples have at least seven of them, and four of five samples lie
// within 3 sd of one, for seeds 1 to 3.
func TestVAEGANCoversARingOfModes(t *testing.T) {
	if testing.Short() {
		t.Skip("trains three models")
	}
	for seed := range uint64(3) {
		n, err := vae.NewNetwork("vae-gan", vae.Config{Dim: 2, Net: "mlp", Hidden: []int{128, 128}, Latent: 8, Likelihood: "gaussian", Sigma: .1,
			Options: map[string]string{"r1": "0.02"}}, tk.Params(t, dtypes.Float32))
		if err != nil {
			t.Fatal(err)
		}
		figures := duelled(t, n, 6000, 2e-3, seed+1, func(_ int, key rng.Key) []float32 { return eightModes(128, key) })
		x, err := n.Sample(t.Context(), 4000, rng.New(7))
		if err != nil {
			t.Fatal(err)
		}
		modes, share := onRing(x)
		t.Logf("seed %d: %d modes, %.3f of the samples within 3 sd; at the end %v", seed+1, modes, share, figures)
		if modes < 7 || share < .8 {
			t.Errorf("seed %d: got %d modes and %.3f within 3 sd, want at least 7 and .8", seed+1, modes, share)
		}
	}
}

// A step passes through each net as often as its losses need. With one convolution in each of encoder,
// decoder (transposed) and critic it has
//
//	forward: 1 of the encoder, 2 of the decoder (x̃ and x_p), 3 of the critic (x, x̃ and x_p),
//	encoder's loss: back through critic and decoder at x̃, and the encoder's kernel,
//	decoder's loss: back through the critic at x̃ and x_p, two kernels of the decoder, and twice through it,
//	critic's loss: three kernels.
func TestAStepOfVAEGANRepeatsNoPass(t *testing.T) {
	n, err := vae.NewNetwork("vae-gan", vae.Config{Dim: 64, Shape: []int{8, 8}, Net: "conv", Channels: []int{2}, Hidden: []int{3}, Latent: 2,
		Likelihood: "gaussian", Sigma: .5, Options: map[string]string{"critic": "2", "r1": "0"}}, tk.Params(t, dtypes.Float64))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	tk.Values(t, model.NewProgram(n.Params, "step", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
		names, nodes := s.Trainable()
		var out []*g.Node
		for _, r := range append([]optim.Route{{Scope: "encoder", Loss: terms.Loss(in[1], 0)}}, terms.Routes...) {
			var own []*g.Node
			for i, name := range names {
				if strings.HasPrefix(name, r.Scope+"/") {
					own = append(own, nodes[i])
				}
			}
			out = append(out, g.Gradient(r.Loss, own...)...)
		}
		seen := map[*g.Node]bool{}
		var visit func(n *g.Node)
		visit = func(n *g.Node) {
			if seen[n] {
				return
			}
			seen[n] = true
			if n.Type() == g.NodeTypeConvGeneral {
				count++
			}
			for _, from := range n.Inputs() {
				visit(from)
			}
		}
		for _, o := range out {
			visit(o)
		}
		return out[:1]
	}), rng.New(1), zoo.Rows(scalarref.GrayBatch(2, 64)), tk.Matrix([]float64{1}))
	if want := 1 + 2 + 3 + 2 + 1 + 2 + 2 + 2 + 3; count != want {
		t.Errorf("convolutions of a step: got %d, want %d", count, want)
	}
}
