package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Schedule gives the learning rate of a step as a fraction of the base rate.
type Schedule struct {
	Kind   string // one of ScheduleKinds
	Total  int64  // steps of the whole run
	Warmup int64  // steps of the linear ramp at the start
}

// ScheduleKinds lists the kinds: constant; linear to 0; half a cosine to 0; a tenth at 60 %
// and a hundredth at 85 % of the run.
var ScheduleKinds = []string{"constant", "linear", "cosine", "step"}

// Validate tells whether the kind is known and the lengths make sense.
func (s Schedule) Validate() error {
	if s.Total < 0 || s.Warmup < 0 {
		return fmt.Errorf("optim: schedule: got %d steps with %d of warm-up, want both at least 0", s.Total, s.Warmup)
	}
	if slices.Contains(ScheduleKinds, s.Kind) {
		return nil
	}
	return fmt.Errorf("optim: learning-rate schedule: got %q, want one of %s", s.Kind, strings.Join(ScheduleKinds, ", "))
}

// At returns the factor of step t = 0, 1, …, a pure function of t.
func (s Schedule) At(t int64) float64 {
	if t < s.Warmup {
		return float64(t+1) / float64(s.Warmup)
	}
	done := 0.
	if s.Total > s.Warmup {
		done = math.Min(1, float64(t-s.Warmup)/float64(s.Total-s.Warmup))
	}
	switch s.Kind {
	case "linear":
		return 1 - done
	case "cosine":
		return .5 * (1 + math.Cos(math.Pi*done))
	case "step":
		if done >= .85 {
			return .01
		} else if done >= .6 {
			return .1
		}
	}
	return 1
}
