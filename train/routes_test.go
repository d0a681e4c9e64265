package train

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	vae.Register(vae.Spec{
		Name: "test-critic", Summary: "a code with a critic, for tests", Scheduled: true,
		Options: []vae.Option{{Name: "weight", Usage: "of the penalty", Default: ".1", Kind: vae.Number, Min: 0, Max: math.Inf(1)}},
		New:     func(c vae.Config) vae.Model { return withCritic{c} },
	})
}

func init() {
	vae.Register(vae.Spec{Name: "test-classes", Summary: "wants classes, for tests", Labels: true, New: func(c vae.Config) vae.Model { return withCritic{c} }})
}

// withCritic reconstructs rows from one shared matrix; a penalty that grows with the progress draws
// codes to 0, and a critic of one weight follows their mean square.
type withCritic struct{ c vae.Config }

// Terms implements vae.Model.
func (m withCritic) Terms(s *model.Scope, b vae.Batch, _ vi.Estimator) vi.Terms {
	w := s.In("encoder").Param("w", model.FanIn(m.c.Dim), m.c.Dim, m.c.Latent)
	z := g.Dot(b.X, w).Product()
	back := g.Dot(z, g.Transpose(w, 0, 1)).Product()
	square := g.ReduceAllMean(g.Square(z))
	miss := g.Square(g.Sub(s.In("critic").Param("c", model.Constant(0)), square))
	return vi.Terms{
		LogLik:  g.ExpandAxes(g.Neg(g.ReduceSum(g.Square(g.Sub(b.X, back)), -1)), 0),
		Kind:    vi.KindLogProb,
		Penalty: g.Mul(b.Progress, square),
		Routes:  []optim.Route{{Scope: "critic", Loss: miss}},
		Figures: []vi.Figure{{Name: "mean square", Value: square}, {Name: "critic's miss", Value: miss}},
	}
}

func TestFiguresOfAModelAreKeptByEpoch(t *testing.T) {
	c, s := tinyFor("test-critic")
	c.Epochs, c.LR, c.BetaSchedule = 30, .02, "constant"
	run, dir := start(t, c, s, Observer{})
	first, last := run.History[0].Figures, run.History[len(run.History)-1].Figures
	if len(first) != 2 || !(last["critic's miss"] < first["critic's miss"]/2) {
		t.Errorf("figures: got %v at first and %v at last, want the critic to learn", first, last)
	}
	if read, err := ReadHistory(dir); err != nil || read[0].Figures["mean square"] != first["mean square"] {
		t.Errorf("history: got %v, %v", read[0].Figures, err)
	}
}

// The progress and the numbers of rows and classes reach the model; equal runs have equal bits.
func TestRunsWithACriticRepeat(t *testing.T) {
	c, s := tinyFor("test-critic")
	encoder := func() []float64 {
		run, _ := start(t, c, s, Observer{})
		arrays, err := run.Net.Params.Export()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range arrays {
			if a.Name == "encoder/w" {
				return a.Data
			}
		}
		t.Fatal("no encoder")
		return nil
	}
	with := encoder()
	net, err := c.Resolve(s.Train).NewNetwork(FactsOf(s.Train))
	if err != nil {
		t.Fatal(err)
	}
	if net.Config.Rows != s.Train.Len() || net.Config.Classes != len(s.Train.Classes) {
		t.Errorf("the network knows of %d rows in %d classes, want %d in %d", net.Config.Rows, net.Config.Classes, s.Train.Len(), len(s.Train.Classes))
	}
	again := encoder()
	for i := range with {
		if with[i] != again[i] {
			t.Fatalf("weight %d: got %v and %v", i, with[i], again[i])
		}
	}
}

func TestAFigureThatIsNotFiniteStopsTheRunByItsName(t *testing.T) {
	c, s := tinyFor("test-critic")
	c.Likelihood, s.Train.X[0] = "gaussian", 1e30
	_, err := Start(context.Background(), c, s, filepath.Join(t.TempDir(), "run"), "test", Observer{})
	if err == nil || !strings.Contains(err.Error(), "is +Inf") && !strings.Contains(err.Error(), "is -Inf") {
		t.Errorf("got %v, want a stop", err)
	}
	if got := (terms{figures: map[string]float64{"b": 1, "a": math.NaN()}}).check(7); got == nil || !strings.Contains(got.Error(), "step 7: a is NaN") {
		t.Errorf("got %v, want the figure's name", got)
	}
}

func TestOptionsOfAModelAreStoredWithTheRun(t *testing.T) {
	c, s := tinyFor("test-critic")
	_, dir := start(t, c, s, Observer{})
	if stored, _, err := ReadConfig(dir); err != nil || stored.Options["weight"] != ".1" {
		t.Errorf("got %v, %v, want the default", stored.Options, err)
	}
	c.Options = map[string]string{"weight": "-1"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `weight: got "-1"`) {
		t.Errorf("got %v, want a refusal", err)
	}
}
