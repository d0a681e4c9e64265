package train

import (
	"fmt"

	"github.com/elbo-go/elbo/vae"
)

// MoreEpochs tells whether a run of the config may go on to another number of epochs: schedules
// that stretch over the run would have taken other values in the steps that were made.
func (c Config) MoreEpochs(epochs int) error {
	spec, _ := vae.Lookup(c.Model)
	stretched := ""
	switch {
	case epochs == c.Epochs:
		return nil
	case epochs < c.Epochs:
		return fmt.Errorf("train: resume: --epochs: got %d, want at least %d as in the run; epochs can only be added", epochs, c.Epochs)
	case spec.Scheduled || c.staged():
		stretched = "what " + c.Model + " trains by"
	case c.Capacity > 0 && c.CapacityWarmup > 0:
		stretched = "its capacity"
	case c.BetaSchedule != "constant":
		stretched = "its " + c.BetaSchedule + " β schedule"
	case c.LRSchedule != "constant" || c.LRWarmup > 0:
		stretched = fmt.Sprintf("its learning-rate schedule (%s, warm-up %v)", c.LRSchedule, c.LRWarmup)
	default:
		return nil
	}
	return fmt.Errorf("train: resume: --epochs: got %d, want %d as in the run: %s stretches over all epochs; start a new run for more", epochs, c.Epochs, stretched)
}

// staged tells whether the model trains in more than one stage.
func (c Config) staged() bool { return len(c.Network(Facts{}).Stages()) > 1 }
