package forecast

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// reliability draws accuracy against confidence, before and after the temperature, with the
// numbers of rows.
func reliability(s *scene) (picture, error) {
	bins := 15
	if s.n < 300 {
		bins = 10
	}
	versions := []struct {
		title string
		probs [][]float64
	}{{"As predicted", s.probs}}
	if s.heated != nil {
		versions[0].title = "Before the temperature"
		versions = append(versions, struct {
			title string
			probs [][]float64
		}{"After, T = " + short(s.Temperature), s.heated})
	}
	p := picture{opt: plot.ChartsOptions{Cols: 2, Width: 430, Height: 300}}
	var top, low []plot.ChartSpec
	for _, v := range versions {
		r, err := eval.ReliabilityCurve(v.probs, s.labels, bins)
		if err != nil {
			return p, err
		}
		a, b, err := reliabilityCharts(r)
		if err != nil {
			return p, err
		}
		a.Title = fmt.Sprintf("%s: ECE %s", v.title, percent(r.ECE))
		top, low = append(top, a), append(low, b)
	}
	most := 0.
	for _, c := range low { // one scale for both
		most = max(most, slices.Max(c.Bars[0].Heights))
	}
	for i := range low {
		low[i].Y = [2]float64{0, 1.05 * most}
	}
	p.specs = append(top, low...)
	p.caption = "How often the most probable class was right, among rows whose confidence (its probability) was alike, with 95 % intervals; below the diagonal the model is too sure. " +
		"Rows by confidence are counted beside or below: a bin of few says little. ECE is the mean distance from the diagonal, weighted by rows; it stays above 0 for a right model, too, more so with few rows."
	if s.heated != nil {
		p.caption += " The temperature divides all logits by one number, found on rows held out from training and test; it changes no ranking of the classes."
	}
	return p, nil
}

// reliabilityCharts are one version's curve and its counts.
func reliabilityCharts(r eval.Reliability) (curve, counts plot.ChartSpec, err error) {
	m := plot.Marks{Name: "accuracy", Color: 1, Size: 4}
	line := plot.Series{Color: 1}
	bars := plot.Bars{Color: 1, Shade: .75, Edges: []float64{0}}
	for _, b := range r.Bins {
		bars.Edges, bars.Heights = append(bars.Edges, 100*b.Hi), append(bars.Heights, float64(b.Count))
		if b.Count == 0 {
			continue
		}
		right := int(b.Accuracy*float64(b.Count) + .5)
		lo, hi, err := eval.ProportionInterval(right, b.Count, .95)
		if err != nil {
			return curve, counts, err
		}
		m.X, m.Y = append(m.X, 100*b.Confidence), append(m.Y, 100*b.Accuracy)
		m.Lo, m.Hi = append(m.Lo, 100*lo), append(m.Hi, 100*hi)
	}
	line.X, line.Y = m.X, m.Y
	ends, x := []float64{0, 100}, [2]float64{-1, 101}
	curve = plot.ChartSpec{XLabel: "confidence (%)", YLabel: "right (% of the bin's rows)", X: x, Y: x,
		Guides: []plot.Series{{Name: "as confident", X: ends, Y: ends}}, Lines: []plot.Series{line}, Marks: []plot.Marks{m}}
	counts = plot.ChartSpec{Title: "Rows by confidence", XLabel: "confidence (%)", YLabel: "test rows", X: x, Bars: []plot.Bars{bars}}
	return curve, counts, nil
}
