package report

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

func hasHistory(s *scene) bool { return len(s.History) > 0 }

// trace returns one value an epoch as a line; an epoch without it leaves a gap.
func trace(name string, history []vi.Epoch, value func(vi.Epoch) (float64, bool)) plot.Series {
	line := plot.Series{Name: name}
	for _, e := range history {
		v, ok := value(e)
		if !ok {
			v = math.NaN()
		}
		line.X = append(line.X, float64(e.Epoch))
		line.Y = append(line.Y, v)
	}
	return line
}

// drawn tells whether a line has a point to draw.
func drawn(line plot.Series) bool {
	for _, v := range line.Y {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// panel is a chart over epochs of the lines that have points.
func panel(title, unit string, lines ...plot.Series) plot.CurvesSpec {
	spec := plot.CurvesSpec{Title: title, XLabel: "epoch", YLabel: unit}
	for _, l := range lines {
		if drawn(l) {
			spec.Series = append(spec.Series, l)
		}
	}
	return spec
}

// charted keeps the panels that have a line.
func charted(specs ...plot.CurvesSpec) []plot.CurvesSpec {
	var out []plot.CurvesSpec
	for _, p := range specs {
		if len(p.Series) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// The two data sets of a history.
func ofTrain(e vi.Epoch) vi.Record { return e.Train }
func ofValid(e vi.Epoch) vi.Record { return e.Valid }

// term is one term of the bound over epochs.
func term(name string, history []vi.Epoch, of func(vi.Epoch) vi.Record, value func(vi.Record) float64) plot.Series {
	return trace(name, history, func(e vi.Epoch) (float64, bool) { return value(of(e)), of(e).N > 0 })
}

// both draws a term for training and for validation data in one colour.
func both(history []vi.Epoch, color int, value func(vi.Record) float64) []plot.Series {
	train := term("training", history, ofTrain, value)
	valid := term("validation", history, ofValid, value)
	train.Color, valid.Color, valid.Dashed = color, color, true
	return []plot.Series{train, valid}
}

// The terms of a record.
func bound(r vi.Record) float64          { return r.Bound }
func reconstruction(r vi.Record) float64 { return r.Reconstruction }
func divergence(r vi.Record) float64     { return r.KL }

// settled leaves out the steep first epochs of a long history, which would flatten the rest: all
// before the first whose training bound lies within four times the range of the later half.
func settled(history []vi.Epoch) []vi.Epoch {
	if len(history) < 10 {
		return history
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, e := range history[len(history)/2:] {
		lo, hi = math.Min(lo, e.Train.Bound), math.Max(hi, e.Train.Bound)
	}
	for i, e := range history[:len(history)/2] {
		if e.Train.Bound >= lo-4*(hi-lo) {
			return history[i:]
		}
	}
	return history[len(history)/2:]
}

// drawBounds draws the bound and its terms by epoch, each on a scale of its own.
func drawBounds(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	h := settled(s.History)
	kind := kindOf(h[len(h)-1].Train, s.Record)
	caption := "Means over data at β = 1. A larger bound is better. The training curve is the mean over the epoch while the weights still moved, so that it starts below the validation curve."
	if n := len(s.History) - len(h); n > 0 {
		caption += fmt.Sprintf(" The first %s, when the bound rose steeply, are left out.", count(n, "epoch"))
	}
	specs := []plot.CurvesSpec{panel(kind, "nats per example", both(h, 1, bound)...)}
	if s.can["bound"] {
		specs = append(specs, panel("Reconstruction, E ln p(x|z)", "nats per example", both(h, 2, reconstruction)...),
			panel("KL to the prior", "nats per example", both(h, 3, divergence)...))
		caption += " The bound is the reconstruction minus the KL: early on the reconstruction rises by spending KL, later both settle."
	}
	gap := trace("training − validation", h, func(e vi.Epoch) (float64, bool) {
		return e.Train.Bound - e.Valid.Bound, e.Train.N > 0 && e.Valid.N > 0
	})
	gap.Color = 4
	specs = append(specs, panel("Gap between training and validation", "nats per example", gap))
	caption += " A gap that widens while the validation curve falls is overfitting: stop earlier, or use a smaller network or more data."
	if specs = charted(specs...); len(specs) == 0 {
		return "", fmt.Errorf("history: got no finite value in %d epochs, want one", len(h))
	}
	return caption, plot.Panels(w, title, specs, 2)
}

// discrepancy is that of validation codes and the prior, where it was measured.
func discrepancy(e vi.Epoch) (float64, bool) {
	if m := e.Telemetry.MMD; m != nil {
		return m.Squared, true
	}
	return 0, false
}

// drawTraining draws what the optimizer did.
func drawTraining(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	line := func(color int, value func(vi.Epoch) float64) plot.Series {
		l := trace("", s.History, func(e vi.Epoch) (float64, bool) { return value(e), true })
		l.Color = color
		return l
	}
	specs := charted(
		panel("Gradient norm", "before clipping", line(1, func(e vi.Epoch) float64 { return e.GradNorm })),
		panel("Learning rate", "", line(2, func(e vi.Epoch) float64 { return e.LR })),
		panel("β, weight of the KL", "", line(3, func(e vi.Epoch) float64 { return e.Beta })),
		panel("Class error", "share of validation rows", trace("", s.History, errorRate)),
		panel("MMD² of all codes and the prior", "", trace("", s.History, discrepancy)),
		panel("Speed", "examples per second", line(4, func(e vi.Epoch) float64 { return e.ExamplesPerSecond })),
	)
	if len(specs) == 0 {
		return "", fmt.Errorf("history: got no finite value in %d epochs, want one", len(s.History))
	}
	return "The gradient norm may drift by a small factor; jumps by a factor of ten ask for a lower learning rate or for clipping. " +
		"The training objective weighs the KL by β; the curves above are at β = 1 whatever β was.", plot.Panels(w, title, specs, 2)
}
