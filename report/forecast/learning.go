package forecast

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/plot"
)

// lane is one phase of a fit on the axis of epochs.
type lane struct {
	name   string
	after  int // epochs that went before
	epochs []bnn.Progress
}

// lanes parts a history into its phases. Numbered ones, such as the members of an ensemble, start
// at one epoch; others follow one another.
func lanes(history []bnn.Progress) (out []lane, starts []int) {
	stem, begin, end := "", 0, 0
	for i, p := range history {
		if i == 0 || p.Phase != history[i-1].Phase {
			if now := strings.TrimRight(p.Phase, " 0123456789"); i == 0 || now != stem || now == p.Phase {
				stem, begin = now, end
				starts = append(starts, begin)
			}
			out = append(out, lane{name: p.Phase, after: begin})
		}
		l := &out[len(out)-1]
		l.epochs = append(l.epochs, p)
		end = max(end, begin+p.Epoch)
	}
	return out, starts
}

// settled is the number of first epochs of a long phase in which the loss falls steeply and would
// flatten the rest: those of the first quarter before one within four times the
// range of the rest.
func (l lane) settled() int {
	first := len(l.epochs) / 4
	if first < 3 {
		return 0
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range l.epochs[first:] {
		lo, hi = math.Min(lo, p.Loss), math.Max(hi, p.Loss)
	}
	for i, p := range l.epochs[:first] {
		if p.Loss <= hi+4*(hi-lo) {
			return i
		}
	}
	return first
}

// blocks parts n epochs into at most so many runs of about one length.
func blocks(n, most int) (ends []int) {
	k := min(n, most)
	for b := range k {
		ends = append(ends, (b+1)*n/k)
	}
	return ends
}

const lanePoints = 250 // of a curve; what lies between is averaged

// trace is one term of a phase: the mean of each block of epochs, and the range of the blocks.
func (l lane) trace(skip int, of func(bnn.Progress) float64) (line plot.Series, spread plot.Area) {
	first := skip
	for _, end := range blocks(len(l.epochs)-skip, lanePoints) {
		block := l.epochs[first : skip+end]
		at, sum, lo, hi := 0., 0., math.Inf(1), math.Inf(-1)
		for _, e := range block {
			v := of(e)
			at += float64(l.after+e.Epoch) / float64(len(block))
			sum += v / float64(len(block))
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
		line.X, line.Y = append(line.X, at), append(line.Y, sum)
		spread.X, spread.Lo, spread.Hi = append(spread.X, at), append(spread.Lo, lo), append(spread.Hi, hi)
		first = skip + end
	}
	return line, spread
}

// learningTerms are the charts of a learning curve.
var learningTerms = []struct {
	title string
	of    func(bnn.Progress) float64
}{
	{"Loss", func(p bnn.Progress) float64 { return p.Loss }},
	{"−Log-likelihood", func(p bnn.Progress) float64 { return -p.LogLik }},
	{"Penalty", func(p bnn.Progress) float64 { return p.Penalty }},
}

// learning draws the loss and its two terms by epoch.
func learning(s *scene) (picture, error) {
	all, starts := lanes(s.History)
	p := picture{opt: plot.ChartsOptions{Cols: 3, Width: 330, Height: 250}}
	left, averaged := 0, false
	for _, term := range learningTerms {
		spec := plot.ChartSpec{Title: term.title, XLabel: "epoch", YLabel: "nats per row", Whole: true}
		low, high := math.Inf(1), math.Inf(-1)
		for i, l := range all {
			skip := l.settled()
			line, spread := l.trace(skip, term.of)
			line.Color, spread.Color, spread.Shade = i%10+1, i%10+1, .3
			if len(all) > 1 {
				line.Name = l.name
			}
			if left = max(left, skip); len(l.epochs)-skip > lanePoints {
				spec.Areas, averaged = append(spec.Areas, spread), true
			}
			spec.Lines = append(spec.Lines, line)
			low, high = math.Min(low, slices.Min(spread.Lo)), math.Max(high, slices.Max(spread.Hi))
		}
		for _, at := range starts[min(1, len(starts)):] {
			spec.Guides = append(spec.Guides, plot.Series{X: []float64{float64(at) + .5, float64(at) + .5}, Y: []float64{low, high}})
		}
		p.specs = append(p.specs, spec)
	}
	unit := "in nats a row"
	if s.Classes == nil {
		unit += " of the standardised target"
	}
	p.caption = "Training minimises the loss, −log-likelihood plus penalty, " + unit + "; means over each epoch while the weights still moved. " +
		"The penalty is what the weights cost against their prior. A loss that still falls at the end asks for more epochs, one that jumps for a lower learning rate."
	if averaged {
		p.caption += " Lines are means over a few epochs, the shade behind holds each epoch."
	}
	if len(starts) > 1 {
		p.caption += " Dashed lines part the phases of the method."
	}
	if left > 0 {
		p.caption += fmt.Sprintf(" Up to %d first epochs of a phase, in which the loss fell steeply, are left out.", left)
	}
	return p, nil
}
