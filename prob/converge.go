package prob

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/vi"
)

// errSkipped is a step whose bound or gradient was no number.
var errSkipped = errors.New("prob: step skipped")

// The figures of convergence.
const (
	maxRHat    = 1.1  // of stationary iterates
	still      = .05  // shift between halves of the iterates, in whitened units, that is none
	precise    = .01  // Monte-Carlo error of an average of iterates, in whitened units, that is small
	pieces     = 8    // of iterates, whose means give that error
	slower     = 4.   // factor between one rate and the next
	lowestRate = 1e-3 // as a fraction of the first
	maxSkips   = .5   // share of a window's steps that may be skipped
	keptSteps  = 400  // iterates kept of a rate
	runaway    = 25.  // |ln| of a scale that no proper posterior has, in whitened units
)

// history holds the iterates of one rate, thinned as they grow many.
type history struct {
	every, seen int
	rows        [][]float64
	begin       []float64 // the parameters at first
}

// add keeps an iterate, negated as the step's graph returns it.
func (h *history) add(parts [][]float64) {
	h.every = max(1, h.every)
	if h.begin == nil {
		h.begin = flatten(parts)
	}
	if h.seen++; h.seen%h.every != 0 {
		return
	}
	if h.rows = append(h.rows, flatten(parts)); len(h.rows) < keptSteps {
		return
	}
	for i := range len(h.rows) / 2 {
		h.rows[i] = h.rows[2*i+1]
	}
	h.rows = h.rows[:len(h.rows)/2]
	h.every *= 2
}

// later returns the later half of the iterates.
func (h *history) later() [][]float64 { return h.rows[len(h.rows)/2:] }

// mean is the average of the later half.
func (h *history) mean() []float64 {
	rows := h.later()
	out := make([]float64, len(rows[0]))
	for _, r := range rows {
		for j, v := range r {
			out[j] += v / float64(len(rows))
		}
	}
	return out
}

// rhat is the largest split R̂ of the parameters over the later half. Parameters whose halves of it
// agree to a twentieth of a posterior standard deviation do not count, since the slow walk of an
// iterate at a small rate has a large R̂ over any window.
func (h *history) rhat() float64 {
	rows := h.later()
	half := len(rows) / 2
	if half < 4 {
		return math.Inf(1)
	}
	worst, x := 1., make([]float64, 2*half)
	for j := range rows[0] {
		shift := 0.
		for i := range x {
			x[i] = rows[i][j]
			if i < half {
				shift -= x[i] / float64(half)
			} else {
				shift += x[i] / float64(half)
			}
		}
		if math.Abs(shift) > still {
			worst = math.Max(worst, vi.SplitRHat(x))
		}
	}
	return worst
}

// stdErr is the root mean square over the parameters of the standard error of the average of the
// later half, from the means of its pieces, which hold what iterates have in common.
func (h *history) stdErr() float64 {
	rows := h.later()
	size := len(rows) / pieces
	if size < 2 {
		return math.Inf(1)
	}
	total := 0.
	for j := range rows[0] {
		var mean, sq float64
		for b := range pieces {
			m := 0.
			for _, r := range rows[b*size : (b+1)*size] {
				m += r[j] / float64(size)
			}
			mean, sq = mean+m/pieces, sq+m*m/pieces
		}
		total += math.Max(0, sq-mean*mean) / (pieces - 1)
	}
	return math.Sqrt(total / float64(len(rows[0])))
}

// ascend makes steps at falling rates until the bound gains nothing more, and ends at the
// parameters with the highest bound.
func (f *fitter) ascend(ctx context.Context) error {
	first, err := f.firstRate(ctx)
	if err != nil {
		return err
	}
	last, err := f.bound(ctx)
	if err != nil {
		return err
	}
	var best []float64
	for rate := first; rate >= first*lowestRate; rate /= slower {
		h, ended, err := f.level(ctx, rate)
		if err != nil {
			return err
		}
		if best == nil && len(h.rows) > 0 {
			best = h.begin
		}
		if len(h.rows) > 0 {
			if err := f.adopt(h.mean()); err != nil {
				return err
			}
		}
		bound, err := f.bound(ctx)
		if err != nil {
			return err
		}
		gain := bound - last
		if gain > 0 || math.IsNaN(last) {
			best, last = h.mean(), bound
		}
		// A loss says that the rate is too large for what there is to gain: a smaller one goes on from
		// the best.
		f.converged = ended && math.Abs(gain) < f.o.Tolerance
		if f.converged || f.done >= f.o.Steps {
			break
		}
		if gain <= -f.o.Tolerance && best != nil {
			if err := f.adopt(best); err != nil {
				return err
			}
		}
	}
	if best == nil {
		return nil
	}
	return f.adopt(best)
}

// level makes steps at one rate until the bound has stopped to rise, the iterates are stationary
// (ended) and their average is precise, or a fifth of all steps is used up. Averaging over many
// steps gains more than a lower rate does: its error depends on their number alone (Polyak &
// Juditsky 1992).
func (f *fitter) level(ctx context.Context, rate float64) (h *history, ended bool, err error) {
	h = &history{}
	previous, spread := math.NaN(), 0.
	for t := int64(1); f.done < f.o.Steps && int(t) <= max(f.o.Steps/5, 2*f.o.Window); {
		sum, sq, n, skipped := 0., 0., 0., 0
		for range f.o.Window {
			if err := ctx.Err(); err != nil {
				return h, false, fmt.Errorf("prob: fit stopped after %d steps: %w", f.done, err)
			}
			elbo, at, err := f.advance(t, rate)
			t++
			if errors.Is(err, errSkipped) {
				skipped++
				continue
			} else if err != nil {
				return h, false, err
			}
			h.add(at)
			sum, sq, n = sum+elbo, sq+elbo*elbo, n+1
		}
		if float64(skipped) > maxSkips*float64(f.o.Window) {
			return h, false, f.blame(skipped)
		}
		mean := sum / n
		se := math.Sqrt(math.Max(0, sq/n-mean*mean) / n)
		f.rhat = h.rhat()
		f.report(Progress{Step: f.done, Rate: rate, ELBO: mean, RHat: f.rhat})
		if err := f.proper(h); err != nil {
			return h, false, err
		}
		// A change within the noise of the two windows' means is none.
		flat := math.Abs(mean-previous) < math.Max(f.o.Tolerance, 2*math.Hypot(se, spread))
		if ended = flat && f.rhat < maxRHat; ended && h.stdErr() < precise {
			return h, true, nil
		}
		previous, spread = mean, se
	}
	return h, ended, nil
}
