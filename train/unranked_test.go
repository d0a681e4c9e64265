package train

import (
	"testing"

	"github.com/elbo-go/elbo/vae"
)

// The terms of test-critic without a rank: whatever the bound does, the last epoch is kept.
func init() {
	vae.Register(vae.Spec{
		Name: "test-unranked", Summary: "a code with a critic whose last epoch counts, for tests", Unranked: true, Momentum: .5,
		New: func(c vae.Config) vae.Model { return withCritic{c} },
	})
}

func TestTheLastEpochCountsWhereNothingRanksThem(t *testing.T) {
	for _, model := range []string{"test-critic", "test-unranked"} {
		c, s := tinyFor(model)
		c.Epochs, c.LR, c.BetaSchedule, c.Patience = 12, .5, "constant", 2 // a rate that makes the bound jump
		run, _ := start(t, c, s, Observer{})
		best, highest := run.Outcome.Best.Epoch, 0
		for i, e := range run.History {
			if e.Valid.Maximized() > run.History[highest].Valid.Maximized() {
				highest = i
			}
		}
		t.Logf("%s: best epoch %d of %d, the highest bound in %d", model, best, len(run.History), highest+1)
		if model == "test-unranked" && (best != 12 || len(run.History) != 12) {
			t.Errorf("got epoch %d of %d, want the last of 12", best, len(run.History))
		}
		if model == "test-critic" && best != highest+1 {
			t.Errorf("got epoch %d, want %d, that of the highest bound", best, highest+1)
		}
		if highest+1 == 12 {
			t.Errorf("%s: the last epoch has the highest bound: the test shows nothing", model)
		}
	}
}

func TestTheMomentumIsThatOfTheModel(t *testing.T) {
	for model, want := range map[string]float64{"test-critic": .9, "test-unranked": .5} {
		c, s := tinyFor(model)
		net, err := c.Resolve(s.Train).NewNetwork(FactsOf(s.Train))
		if err != nil {
			t.Fatal(err)
		}
		if got := newStep(net, c, 0).adam.Beta1; got != want || net.Ranked() != (model == "test-critic") {
			t.Errorf("%s: got β₁ %v, ranked %v", model, got, net.Ranked())
		}
	}
}
