package prob

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/model"
)

// wellScaled is the first rate of a guide whose start has taken the posterior's scales: a
// twentieth of a standard deviation a step, and less in many dimensions, since the gradient of a
// factor of the covariance by M draws has noise in proportion to n/M times its own size.
func (f *fitter) wellScaled() float64 {
	return math.Min(.05, .25*float64(f.o.Draws)/float64(f.m.dim))
}

// searched are the rates tried for a start without scales, each for searchSteps steps. The first
// whose bound rises is taken, not the one whose bound rises most (Kucukelbir et al. 2017, section
// 2.6): rates fall later, and one that begins too low never arrives.
var searched = []float64{1, .1, .01}

const searchSteps = 50

// firstRate returns the first step size.
func (f *fitter) firstRate(ctx context.Context) (float64, error) {
	if f.o.Rate > 0 {
		return f.o.Rate, nil
	}
	if !f.o.Plain {
		return f.wellScaled(), nil
	}
	top, err := f.bound(ctx)
	if err != nil {
		return 0, err
	}
	var begin []float64
	for _, rate := range searched {
		for t := range int64(searchSteps) {
			if err := ctx.Err(); err != nil {
				return 0, fmt.Errorf("prob: fit stopped after %d steps: %w", f.done, err)
			}
			_, at, err := f.advance(t+1, rate)
			if err != nil && !errors.Is(err, errSkipped) {
				return 0, err
			}
			if begin == nil && err == nil {
				begin = flatten(at)
			}
		}
		bound, err := f.bound(ctx)
		if err != nil {
			return 0, err
		}
		if bound > top || math.IsNaN(top) {
			return rate, nil
		}
		if begin != nil {
			if err := f.adopt(begin); err != nil {
				return 0, err
			}
		}
	}
	return f.wellScaled(), nil
}

// flatten joins parameters, which the step's graph returns negated.
func flatten(parts [][]float64) (row []float64) {
	for _, p := range parts {
		for _, v := range p {
			row = append(row, -v)
		}
	}
	return row
}

// report keeps and passes on the state.
func (f *fitter) report(p Progress) {
	f.trail = append(f.trail, p)
	if f.o.Progress != nil {
		f.o.Progress(p)
	}
}

// adopt sets the guide's parameters and forgets Adam's moments.
func (f *fitter) adopt(values []float64) error {
	arrays, err := f.p.Export()
	if err != nil {
		return plain(err)
	}
	byName := map[string]model.Array{}
	var next []model.Array
	for _, a := range arrays {
		byName[a.Name] = a
	}
	for _, name := range f.names {
		a := byName[name]
		a.Data, values = values[:len(a.Data)], values[len(a.Data):]
		next = append(next, a)
		for _, moment := range []string{"m", "v"} {
			z := byName["optimizer/"+name+"/"+moment]
			clear(z.Data)
			next = append(next, z)
		}
	}
	return f.p.Import(next)
}
