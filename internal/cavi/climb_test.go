package cavi

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// played is a sweep that returns the bounds of a list in turn.
func played(bounds ...float64) func() (float64, error) {
	i := -1
	return func() (float64, error) {
		i++
		return bounds[min(i, len(bounds)-1)], nil
	}
}

func TestTheClimbEndsWhereTheBoundStandsStill(t *testing.T) {
	var heard []int
	l := Loop{Progress: func(sweep int, _ float64) { heard = append(heard, sweep) }}
	trace, converged, err := l.Climb(context.Background(), played(-3, -2, -1, -1, 5))
	if err != nil || !converged || len(trace) != 4 || len(heard) != 4 || heard[0] != 1 {
		t.Fatalf("got trace %v, converged %v, heard %v, error %v", trace, converged, heard, err)
	}
}

func TestAFallOfTheBoundNamesItsSweep(t *testing.T) {
	_, _, err := Loop{}.Climb(context.Background(), played(-3, -2, -2-3e-9))
	var f *FallError
	if !errors.As(err, &f) || f.Sweep != 3 || f.From != -2 || !strings.Contains(err.Error(), "sweep 3") {
		t.Fatalf("got %v, want a fall at sweep 3", err)
	}
}

func TestAFallWithinRoundingIsNone(t *testing.T) {
	for _, size := range []float64{1e-20, 1, 1e6} {
		_, converged, err := Loop{}.Climb(context.Background(), played(-size, -size*(1+5e-10)))
		if err != nil || !converged {
			t.Errorf("bound %g: got %v", size, err)
		}
	}
}

func TestTheClimbStopsAtItsLastSweep(t *testing.T) {
	n := 0.
	trace, converged, err := Loop{Sweeps: 7}.Climb(context.Background(), func() (float64, error) { n++; return n, nil })
	if err != nil || converged || len(trace) != 7 {
		t.Fatalf("got %v, %v, %v", trace, converged, err)
	}
}

func TestBadBoundsErrorsAndCancelledContextsEndTheClimb(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, _, err := (Loop{}).Climb(context.Background(), played(1, v)); err == nil || !strings.Contains(err.Error(), "sweep 2") {
			t.Errorf("bound %g: got %v", v, err)
		}
	}
	boom := errors.New("boom")
	if _, _, err := (Loop{}).Climb(context.Background(), func() (float64, error) { return 0, boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0.
	_, _, err := Loop{}.Climb(ctx, func() (float64, error) { n++; cancel(); return n, nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("got %v after %g sweeps", err, n)
	}
	for _, l := range []Loop{{Sweeps: -1}, {Tolerance: -1}, {Tolerance: math.NaN()}} {
		if _, _, err := l.Climb(context.Background(), played(1)); err == nil {
			t.Errorf("%+v is taken", l)
		}
	}
}

func TestTheToleranceIsRelativeToTheBound(t *testing.T) {
	for _, c := range []struct {
		size float64
		want int
	}{{1, 2}, {1e-3, 5}} {
		// Steps of 1e-5 of a bound near the given size.
		i := 0.
		trace, _, err := Loop{Tolerance: 1e-3, Sweeps: 5}.Climb(context.Background(), func() (float64, error) { i++; return -c.size + 1e-5*i, nil })
		if err != nil || len(trace) != c.want {
			t.Errorf("size %g: got %d sweeps, want %d (%v)", c.size, len(trace), c.want, err)
		}
	}
}
