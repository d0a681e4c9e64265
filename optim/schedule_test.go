package optim_test

import (
	"math"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/optim"
)

func TestSchedulesTakeTheirValues(t *testing.T) {
	for _, c := range []struct {
		s    optim.Schedule
		t    int64
		want float64
	}{
		{optim.Schedule{Kind: "constant"}, 0, 1},
		{optim.Schedule{Kind: "constant", Total: 10}, 99, 1},
		{optim.Schedule{Kind: "constant", Warmup: 4}, 0, .25},
		{optim.Schedule{Kind: "constant", Warmup: 4}, 3, 1},
		{optim.Schedule{Kind: "linear", Total: 100}, 25, .75},
		{optim.Schedule{Kind: "linear", Total: 100}, 200, 0},
		{optim.Schedule{Kind: "linear", Total: 110, Warmup: 10}, 60, .5},
		{optim.Schedule{Kind: "cosine", Total: 100}, 0, 1},
		{optim.Schedule{Kind: "cosine", Total: 100}, 50, .5},
		{optim.Schedule{Kind: "cosine", Total: 100}, 25, .5 * (1 + math.Sqrt2/2)},
		{optim.Schedule{Kind: "cosine", Total: 100}, 100, 0},
		{optim.Schedule{Kind: "step", Total: 100}, 59, 1},
		{optim.Schedule{Kind: "step", Total: 100}, 60, .1},
		{optim.Schedule{Kind: "step", Total: 100}, 85, .01},
		{optim.Schedule{Kind: "step", Total: 0}, 5, 1},
	} {
		if err := c.s.Validate(); err != nil {
			t.Errorf("%+v: %v", c.s, err)
		}
		tk.Close(t, c.s.Kind, c.s.At(c.t), c.want, 1e-15)
	}
	for _, kind := range optim.ScheduleKinds {
		for i := range int64(300) {
			if f := (optim.Schedule{Kind: kind, Total: 200, Warmup: 20}).At(i); f < 0 || f > 1 {
				t.Errorf("%s at %d: got %v, want 0 to 1", kind, i, f)
			}
		}
	}
}

func TestWrongSchedulesAreErrors(t *testing.T) {
	for want, s := range map[string]optim.Schedule{
		`got "", want one of constant, linear, cosine, step`: {},
		`got "plateau"`: {Kind: "plateau"},
		"got -1 steps":  {Kind: "linear", Total: -1},
		"with -2 of":    {Kind: "linear", Warmup: -2},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "optim: ") {
			t.Errorf("%+v: got error %v, want one with %q", s, err, want)
		}
	}
}
