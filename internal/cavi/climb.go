// Package cavi holds what every coordinate-ascent variational engine needs: the loop that
// watches its bound, and the Gamma factor of precisions.
package cavi

import (
	"context"
	"fmt"
	"math"
)

// Defaults of the loop.
const (
	Sweeps    = 2000
	Tolerance = 1e-10
)

// fall is the relative fall of the bound that rounding may explain; absolute is what it may
// explain where the bound passes through nought and a relative measure has no size.
const (
	fall     = 1e-9
	absolute = 1e-12
)

// FallError says that a sweep lowered a bound that coordinate ascent can only raise: an
// update and the bound do not belong to the same model.
type FallError struct {
	// Sweep counts from 1.
	Sweep int
	// From is the bound before the sweep and To the one after it.
	From, To float64
}

// Error implements error.
func (e *FallError) Error() string {
	return fmt.Sprintf("cavi: sweep %d: bound: got %.17g, want no less than %.17g", e.Sweep, e.To, e.From)
}

// Loop is how long to climb.
type Loop struct {
	// Sweeps is the most sweeps; 0 means 2000.
	Sweeps int
	// Tolerance ends the climb when a sweep raises the bound L by less than Tolerance·|L|;
	// 0 means 1e-10.
	Tolerance float64
	// Progress, where set, hears of every sweep, counted from 1.
	Progress func(sweep int, bound float64)
}

// Climb repeats a sweep, which returns the bound after it, until the bound stands still. It
// returns the bound of every sweep and whether it stood still. The context is asked between
// sweeps.
func (l Loop) Climb(ctx context.Context, sweep func() (float64, error)) (trace []float64, converged bool, err error) {
	most, tol := l.Sweeps, l.Tolerance
	if most == 0 {
		most = Sweeps
	}
	if tol == 0 {
		tol = Tolerance
	}
	if most < 0 || !(tol > 0) {
		return nil, false, fmt.Errorf("cavi: loop: got %d sweeps and tolerance %g, want both positive", most, tol)
	}
	for i := 1; i <= most; i++ {
		if err := ctx.Err(); err != nil {
			return trace, false, err
		}
		bound, err := sweep()
		if err != nil {
			return trace, false, fmt.Errorf("cavi: sweep %d: %w", i, err)
		}
		if math.IsNaN(bound) || math.IsInf(bound, 0) {
			return trace, false, fmt.Errorf("cavi: sweep %d: bound: got %g, want a finite number", i, bound)
		}
		if l.Progress != nil {
			l.Progress(i, bound)
		}
		trace = append(trace, bound)
		if i == 1 {
			continue
		}
		last := trace[i-2]
		size := max(math.Abs(last), math.Abs(bound))
		if bound < last-fall*size-absolute {
			return trace, false, &FallError{Sweep: i, From: last, To: bound}
		}
		if bound-last <= tol*size {
			return trace, true, nil
		}
	}
	return trace, false, nil
}
