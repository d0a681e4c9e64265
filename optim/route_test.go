package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// duel is a product u·v that the player lowers and the critic raises, with one weight each.
func duel(s *model.Scope) (player, critic *g.Node) {
	u, v := s.In("player").Param("w", model.Constant(.5)), s.In("critic").Param("w", model.Constant(2))
	return g.Mul(u, v), g.Neg(g.Mul(u, v))
}

// weightsOf returns the trainable values by name.
func weightsOf(t *testing.T, p *model.Params) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, a := range tk.Export(t, p) {
		out[a.Name] = a.Data[0]
	}
	return out
}

// The first step of Adam has the length of the rate, against the gradient's sign.
func TestEachRouteDescendsItsOwnLoss(t *testing.T) {
	adam := optim.NewAdam()
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "duel", func(s *model.Scope, in []*g.Node) []*g.Node {
		player, critic := duel(s)
		return adam.Descend(s, []optim.Route{{Loss: player}, {Scope: "critic", Loss: critic}}, in[0], in[1])
	})
	rate, correct := adam.Scalars(1, .1)
	norms := tk.Values(t, prog, rng.New(1), tk.Vector(rate), tk.Vector(correct))
	w := weightsOf(t, p)
	tk.Close(t, "player, down", w["player/w"], .4, 1e-8)
	tk.Close(t, "critic, up", w["critic/w"], 2.1, 1e-8)
	tk.Close(t, "norm of the player's gradient", norms[0][0], 2, 1e-12)
	tk.Close(t, "norm of the critic's gradient", norms[1][0], .5, 1e-12)
}

func TestAClosedGateAndALossOfNoneLeaveParametersAndMoments(t *testing.T) {
	for name, route := range map[string]func(critic, gate *g.Node) optim.Route{
		"gate":    func(critic, gate *g.Node) optim.Route { return optim.Route{Scope: "critic", Loss: critic, Gate: gate} },
		"no loss": func(_, _ *g.Node) optim.Route { return optim.Route{Scope: "critic"} },
	} {
		adam := optim.NewAdam()
		p := tk.Params(t, dtypes.Float64)
		prog := model.NewProgram(p, "duel", func(s *model.Scope, in []*g.Node) []*g.Node {
			player, critic := duel(s)
			gate := g.GreaterThan(in[0], g.Scalar(s.Graph(), s.DType(), 2.))
			return adam.Descend(s, []optim.Route{{Loss: player}, route(critic, gate)}, in[0], in[1])
		})
		rate, correct := adam.Scalars(1, .1)
		tk.Values(t, prog, rng.New(1), tk.Vector(rate), tk.Vector(correct))
		w := weightsOf(t, p)
		if w["critic/w"] != 2 || w["optimizer/critic/w/m"] != 0 || w["optimizer/critic/w/v"] != 0 {
			t.Errorf("%s: got %v, want the critic as it was", name, w)
		}
		if math.Abs(w["player/w"]-.4) > 1e-8 {
			t.Errorf("%s: player: got %v, want .4", name, w["player/w"])
		}
	}
}

func TestTheLongestScopeHasAParameter(t *testing.T) {
	adam := optim.NewAdam()
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "scopes", func(s *model.Scope, in []*g.Node) []*g.Node {
		a, b, c := s.In("net").Param("w", model.Constant(0)), s.In("net").In("head").Param("w", model.Constant(0)), s.In("network").Param("w", model.Constant(0))
		sum := g.Add(a, g.Add(b, c))
		return adam.Descend(s, []optim.Route{{Scope: "net/head", Loss: g.Neg(sum)}, {Scope: "net", Loss: sum}, {}}, in[0], in[1])
	})
	rate, correct := adam.Scalars(1, .1)
	tk.Values(t, prog, rng.New(1), tk.Vector(rate), tk.Vector(correct))
	w := weightsOf(t, p)
	if !(w["net/w"] < 0 && w["net/head/w"] > 0 && w["network/w"] == 0) {
		t.Errorf("got %v, want net down, its head up and network as it was", w)
	}
}

func TestWrongRoutesAreErrors(t *testing.T) {
	for want, routes := range map[string]func(loss *g.Node) []optim.Route{
		"parameter player/w: got no route":                    func(loss *g.Node) []optim.Route { return []optim.Route{{Scope: "critic", Loss: loss}} },
		"the loss of judge depends on no trainable parameter": func(loss *g.Node) []optim.Route { return []optim.Route{{Loss: loss}, {Scope: "judge", Loss: loss}} },
	} {
		p := tk.Params(t, dtypes.Float64)
		prog := model.NewProgram(p, "wrong", func(s *model.Scope, in []*g.Node) []*g.Node {
			player, _ := duel(s)
			return optim.NewAdam().Descend(s, routes(player), in[0], in[1])
		})
		_, err := prog.Values(rng.New(1), tk.Vector(1), tk.Vector(1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
