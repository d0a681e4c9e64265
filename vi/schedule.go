package vi

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Schedule is the weight β(t) of the KL term, a pure function of the global step t, so that
// a resumed run continues it exactly.
type Schedule struct {
	Kind   string  // one of ScheduleKinds
	Beta   float64 // the value reached, β
	Warmup int64   // W: steps until β is reached (linear, cosine, sigmoid)
	Total  int64   // T: steps of the run (cyclical)
	Cycles int64   // M: number of cycles (cyclical)
	Ramp   float64 // R: rising fraction of a cycle (cyclical)
}

// ScheduleKinds lists the kinds of schedule: constant; linear over W steps (Bowman et al.
// 2016); a sigmoid centred at W/2; half a cosine over W; M cycles (Fu et al. 2019).
var ScheduleKinds = []string{"constant", "linear", "sigmoid", "cosine", "cyclical"}

// Validate tells whether the schedule is one that can be computed.
func (s Schedule) Validate() error {
	switch {
	case !slices.Contains(ScheduleKinds, s.Kind):
		return fmt.Errorf("vi: β schedule: got %q, want one of %s", s.Kind, strings.Join(ScheduleKinds, ", "))
	case !(s.Beta >= 0) || math.IsInf(s.Beta, 0):
		return fmt.Errorf("vi: β: got %v, want a finite number at least 0", s.Beta)
	case s.Warmup < 0 || s.Total < 0:
		return fmt.Errorf("vi: β schedule: got %d warm-up steps of %d, want both at least 0", s.Warmup, s.Total)
	case s.Kind == "cyclical" && (s.Cycles < 1 || !(s.Ramp > 0 && s.Ramp <= 1)):
		return fmt.Errorf("vi: cyclical β: got %d cycles with ramp %v, want at least 1 and a ramp in (0, 1]", s.Cycles, s.Ramp)
	}
	return nil
}

// At returns β at step t = 0, 1, ….
func (s Schedule) At(t int64) float64 {
	x := 1.
	if s.Warmup > 0 {
		x = math.Min(1, float64(t)/float64(s.Warmup))
	}
	switch s.Kind {
	case "linear":
		return s.Beta * x
	case "cosine":
		return s.Beta * .5 * (1 - math.Cos(math.Pi*x))
	case "sigmoid":
		if s.Warmup == 0 {
			return s.Beta
		}
		// k = 12/W puts β(0) and β(W) a quarter of a percent from 0 and 1.
		k := 12 / float64(s.Warmup)
		return s.Beta / (1 + math.Exp(-k*(float64(t)-float64(s.Warmup)/2)))
	case "cyclical":
		if s.Total == 0 {
			return s.Beta
		}
		period := float64(s.Total) / float64(s.Cycles)
		phase := math.Mod(float64(t), period) / period
		return s.Beta * math.Min(1, phase/s.Ramp)
	}
	return s.Beta
}
