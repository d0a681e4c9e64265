package vae

import (
	"context"

	"github.com/elbo-go/elbo/internal/rng"
)

// Stage is a part of the training of a model, such as that of the prior of codes which an earlier
// part has learned to make. [Batch.Stage] tells the model's terms which one is under way; they keep
// parameters as they are by a route without a loss (see [vi.Terms.Routes]). The steps of Adam and
// the schedules of β and of the learning rate are counted anew in every stage.
type Stage struct {
	// Name is what progress and history call it, such as "prior".
	Name string
	// Share is that of the epochs which it takes; those of all stages sum to 1. One of share 0 has
	// its Start alone.
	Share float64
	// Start is called before the stage's first step with at most [StartRows] training rows of
	// [Network.Width] values, in random order; nil does nothing. It may set parameters by
	// [model.Params.Import], and has to be a function of its arguments and the parameters alone.
	Start func(ctx context.Context, n *Network, x []float32, key rng.Key) error
}

// StartRows is the largest number of rows that [Stage.Start] is given.
const StartRows = 10_000

// Stages returns the stages of training, at least one.
func (c Config) Stages() []Stage {
	if s := registry[c.model]; s.Stages != nil {
		return s.Stages(c)
	}
	return []Stage{{Share: 1}}
}

// lastStage is the number of the last stage, in which models are used.
func (c Config) lastStage() int { return len(c.Stages()) - 1 }
