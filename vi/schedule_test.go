package vi_test

import (
	"math"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

func TestSchedulesTakeTheirValues(t *testing.T) {
	cyclical := vi.Schedule{Kind: "cyclical", Beta: 1, Total: 1000, Cycles: 4, Ramp: .5}
	for _, c := range []struct {
		s    vi.Schedule
		t    int64
		want float64
	}{
		{vi.Schedule{Kind: "constant", Beta: 4}, 0, 4},
		{vi.Schedule{Kind: "constant", Beta: 4, Warmup: 100}, 3, 4},
		{vi.Schedule{Kind: "linear", Beta: 1, Warmup: 100}, 25, .25},
		{vi.Schedule{Kind: "linear", Beta: 2, Warmup: 100}, 50, 1},
		{vi.Schedule{Kind: "linear", Beta: 1, Warmup: 100}, 0, 0},
		{vi.Schedule{Kind: "linear", Beta: 1, Warmup: 100}, 1e6, 1},
		{vi.Schedule{Kind: "linear", Beta: 1}, 0, 1},
		{vi.Schedule{Kind: "cosine", Beta: 1, Warmup: 100}, 50, .5},
		{vi.Schedule{Kind: "cosine", Beta: 1, Warmup: 100}, 25, .5 * (1 - math.Sqrt2/2)},
		{vi.Schedule{Kind: "cosine", Beta: 3, Warmup: 100}, 200, 3},
		{vi.Schedule{Kind: "sigmoid", Beta: 1, Warmup: 100}, 50, .5},
		{vi.Schedule{Kind: "sigmoid", Beta: 1, Warmup: 100}, 0, 1 / (1 + math.Exp(6))},
		{vi.Schedule{Kind: "sigmoid", Beta: 1, Warmup: 100}, 100, 1 / (1 + math.Exp(-6))},
		{vi.Schedule{Kind: "sigmoid", Beta: 2}, 0, 2},
		{cyclical, 300, .4},
		{cyclical, 380, 1},
		{cyclical, 0, 0},
		{cyclical, 250, 0},
		{cyclical, 125, 1},
		{vi.Schedule{Kind: "cyclical", Beta: 1, Cycles: 4, Ramp: .5}, 9, 1},
	} {
		if err := c.s.Validate(); err != nil {
			t.Errorf("%+v: %v", c.s, err)
		}
		tk.Close(t, c.s.Kind, c.s.At(c.t), c.want, 1e-15)
	}
}

// TestSchedulesAreBoundedAndPure: β lies in [0, β_max], ramps do not fall, and asking in
// another order changes nothing.
func TestSchedulesAreBoundedAndPure(t *testing.T) {
	for _, kind := range vi.ScheduleKinds {
		s := vi.Schedule{Kind: kind, Beta: 2, Warmup: 70, Total: 300, Cycles: 3, Ramp: .7}
		forward := make([]float64, 300)
		for i := range forward {
			forward[i] = s.At(int64(i))
			if forward[i] < 0 || forward[i] > 2 {
				t.Errorf("%s at %d: got %v, want 0 to 2", kind, i, forward[i])
			}
			if i > 0 && kind != "cyclical" && forward[i] < forward[i-1] {
				t.Errorf("%s falls at %d from %v to %v", kind, i, forward[i-1], forward[i])
			}
		}
		for i := len(forward) - 1; i >= 0; i-- {
			if s.At(int64(i)) != forward[i] {
				t.Errorf("%s at %d depends on what was asked before", kind, i)
			}
		}
	}
}

func TestWrongSchedulesAreErrors(t *testing.T) {
	for want, s := range map[string]vi.Schedule{
		`got "ramp", want one of constant`: {Kind: "ramp"},
		"β: got -1":                        {Kind: "constant", Beta: -1},
		"β: got NaN":                       {Kind: "linear", Beta: math.NaN()},
		"β: got +Inf":                      {Kind: "linear", Beta: math.Inf(1)},
		"got -5 warm-up":                   {Kind: "linear", Warmup: -5},
		"of -1":                            {Kind: "cyclical", Total: -1},
		"got 0 cycles":                     {Kind: "cyclical", Ramp: .5},
		"ramp 0":                           {Kind: "cyclical", Cycles: 4},
		"ramp NaN":                         {Kind: "cyclical", Cycles: 4, Ramp: math.NaN()},
		"ramp 1.5":                         {Kind: "cyclical", Cycles: 4, Ramp: 1.5},
	} {
		err := s.Validate()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "vi: ") {
			t.Errorf("%+v: got error %v, want one with %q", s, err, want)
		}
	}
}
