package train

import (
	"cmp"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/optim"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// DefaultFor returns the default settings of a model: those of [Default], but for what it usually has.
func DefaultFor(name string) Config {
	c := Default()
	c.Model = name
	spec, _ := vae.Lookup(name)
	u := spec.Usual
	c.Beta, c.Capacity = cmp.Or(u.Beta, c.Beta), cmp.Or(u.Capacity, c.Capacity)
	c.LR, c.Epochs, c.Latent = cmp.Or(u.LR, c.LR), cmp.Or(u.Epochs, c.Epochs), cmp.Or(u.Latent, c.Latent)
	return c
}

// checkRemedies tells whether what training does against posterior collapse fits the other settings.
func (c Config) checkRemedies() error {
	switch {
	case c.Capacity > 0 && (c.Beta != 1 || c.BetaSchedule != "constant"):
		return fmt.Errorf("train: capacity: got %v nats with β %v, %s, want a constant β of 1: the capacity takes its place", c.Capacity, c.Beta, c.BetaSchedule)
	case c.Capacity > 0 && c.FreeBits > 0:
		return fmt.Errorf("train: capacity: got %v nats with %v free bits, want one of the two", c.Capacity, c.FreeBits)
	case c.Aggressive && c.staged():
		return fmt.Errorf("train: aggressive: got it for model %s, want a model that trains in one stage", c.Model)
	}
	return nil
}

// capacity is the schedule of C.
func (c Config) capacity() vi.Capacity { return vi.Capacity{Nats: c.Capacity, Share: c.CapacityWarmup} }

// paid is what training pays for the KL term when a share of the steps is done.
func (c Config) paid(beta, progress *g.Node) vi.Rate {
	r := vi.Rate{Beta: beta, FreeBits: c.FreeBits, Group: c.FreeBitsGroup, Weight: c.CapacityWeight}
	if c.Capacity > 0 {
		r.Capacity = c.capacity().At(progress)
	}
	return r
}

// guideScope has the parameters of the guides of all models that have one.
const guideScope = "encoder"

// turn are the scalars of steps in which not all parameters move: rate and correction of the guide's
// and of the others, which have made numbers of steps of their own, and 1 for each of the two whose
// turn it is.
func (st *step) turn(rate float64) []float64 {
	if st.turns == nil {
		return nil
	}
	out := make([]float64, 6)
	out[0], out[1] = st.adam.Scalars(st.turns.Guide+1, rate)
	out[2], out[3] = st.adam.Scalars(st.turns.Others+1, rate)
	guide, others := st.turns.Turn()
	for i, on := range []bool{guide, others} {
		if on {
			out[4+i] = 1
		}
	}
	return out
}

// routes are those of a loss: one for all, or by the scalars of [step.turn] one for the guide and one
// for the others.
func (st *step) routes(loss *g.Node, turn []*g.Node) []optim.Route {
	if st.turns == nil {
		return []optim.Route{{Loss: loss}}
	}
	on := func(x *g.Node) *g.Node { return g.GreaterThan(x, special.ScalarLike(x, .5)) }
	return []optim.Route{
		{Loss: loss, Rate: turn[2], Correct: turn[3], Gate: on(turn[5])},
		{Scope: guideScope, Loss: loss, Rate: turn[0], Correct: turn[1], Gate: on(turn[4])},
	}
}

// aggressive is the state of the turns of guide and others; nil: they move together.
func (t *trainer) aggressive() *vi.Aggressive {
	if t.cfg.Aggressive && t.state.Aggressive == nil {
		t.state.Aggressive = &vi.Aggressive{}
	}
	return t.state.Aggressive
}
