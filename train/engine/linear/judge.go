package linear

import (
	"fmt"
	"io"
	"math"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/regress"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// of is the posterior of the weights.
func (m *Model) of() *regress.Weights {
	k, _ := kindOf(m.Kind)
	return k.weights(m.posterior)
}

// sd is the deviation of weight j.
func sd(w *regress.Weights, j int) float64 { return math.Sqrt(w.Cov[j*len(w.Mean)+j]) }

// clear counts the columns whose weight is more than two deviations from nought.
func (m *Model) clear() (n int) {
	w := m.of()
	for j := range m.Columns {
		if math.Abs(w.Mean[j]) > 2*sd(w, j) {
			n++
		}
	}
	return n
}

// judge measures a model.
func (m *Model) judge(s *problem) (o engine.Outcome, err error) {
	w := m.of()
	bound := w.Bound[len(w.Bound)-1]
	add := func(name string, value float64, unit, text string) {
		o.Figures = append(o.Figures, engine.Figure{Name: name, Value: value, Unit: unit, Text: text})
	}
	part, x, y := "fitted", s.Train, s.y
	if len(s.held) > 0 {
		part, x, y = "held-out", s.Test, s.held
	}
	all, err := m.predict(x)
	if err != nil {
		return o, err
	}
	if m.Classes != nil {
		m.judgeClasses(add, part, all, y, s)
	} else {
		m.judgeNumbers(add, part, all, y, s)
	}
	add("ELBO", bound, "nats", fmt.Sprintf("over %d standardised rows after %d sweeps", len(s.y), len(w.Bound)))
	add("columns", float64(m.clear()), "", fmt.Sprintf("whose weight is more than two deviations from 0, of %d", len(m.Columns)))
	first := o.Figures[0]
	o.Verdict = fmt.Sprintf("%s of %s rows %s; %d of %d columns clearly matter.", first.Name, part, first.Number()+unit(first.Unit), m.clear(), len(m.Columns))
	if !w.Converged {
		o.Warnings = append(o.Warnings, engine.Warning{Name: "not converged", Text: "The fit ended at its most sweeps.", Remedy: "Raise --sweeps, or --tolerance."})
	}
	return o, nil
}

// unit follows a number.
func unit(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// judgeNumbers measures the predictions of numbers.
func (m *Model) judgeNumbers(add func(string, float64, string, string), part string, all []prediction, y []float64, s *problem) {
	squares, spread, logs := 0., 0., 0.
	mean, n := 0., float64(len(y))
	for _, v := range y {
		mean += v / n
	}
	for i, p := range all {
		truth := m.Target.Mean + m.Target.Scale*y[i]
		squares += (truth - p.mean) * (truth - p.mean) / n
		spread += m.Target.Scale * m.Target.Scale * (y[i] - mean) * (y[i] - mean) / n
		logs += m.log(p, truth) / n
	}
	add("RMSE", math.Sqrt(squares), "", fmt.Sprintf("root mean square error of %d %s rows, whose deviation from their mean is %.4g", len(y), part, math.Sqrt(spread)))
	if spread > 0 {
		add("explained", 100*(1-squares/spread), "%", "of the variance of the "+part+" rows")
	}
	add("ln p(y|x)", logs, "nats a row", "of the target given the other columns, "+part+" rows")
}

// judgeClasses measures the predictions of classes.
func (m *Model) judgeClasses(add func(string, float64, string, string), part string, all []prediction, y []float64, s *problem) {
	wrong, logs, ones, n := 0., 0., 0., float64(len(y))
	for i, p := range all {
		if (p.mean > .5) != (y[i] == 1) {
			wrong++
		}
		ones += y[i]
		logs += m.log(p, y[i]) / n
	}
	add("wrong", 100*wrong/n, "%", fmt.Sprintf("of %d %s rows; the more frequent class alone errs in %.1f %%", len(y), part, 100*min(ones, n-ones)/n))
	add("ln p(y|x)", logs, "nats a row", "of the class given the other columns, "+part+" rows")
}

// mostColumns bounds the weights that are drawn.
const mostColumns = 40

// pictures are the weights, and predictions beside the truth.
func (m *Model) pictures(s *problem) []engine.Picture {
	out := []engine.Picture{{File: "weights.png", Section: "Weights", Draw: m.drawWeights,
		Caption: "Posterior mean of the weight of each standardised column with two deviations to both sides."}}
	if m.Classes == nil {
		out = append(out, engine.Picture{File: "predictions.png", Section: "Predictions", Draw: func(w io.Writer) error { return m.drawPredictions(w, s) },
			Caption: "Predicted and true " + m.Target.Name + " with two deviations to both sides; on the dashed line they are equal."})
	}
	return out
}

// drawWeights draws the weights by column.
func (m *Model) drawWeights(w io.Writer) error {
	p := m.of()
	n := min(len(m.Columns), mostColumns)
	marks := plot.Marks{Color: 1, Size: 4}
	for j := range n {
		marks.X, marks.Y = append(marks.X, float64(j+1)), append(marks.Y, p.Mean[j])
		marks.Lo, marks.Hi = append(marks.Lo, p.Mean[j]-2*sd(p, j)), append(marks.Hi, p.Mean[j]+2*sd(p, j))
	}
	c := plot.ChartSpec{YLabel: "weight", Places: tables.Names(m.Columns[:n]), X: [2]float64{.4, float64(n) + .6}, Marks: []plot.Marks{marks},
		Guides: []plot.Series{{X: []float64{.4, float64(n) + .6}, Y: []float64{0, 0}}}}
	return plot.Charts(w, "Weights of the columns", []plot.ChartSpec{c}, plot.ChartsOptions{Width: 620, Height: 260})
}

// mostPoints bounds the rows that are drawn.
const mostPoints = 300

// drawPredictions draws predicted over true values, of held-out rows where there are some.
func (m *Model) drawPredictions(w io.Writer, s *problem) error {
	x, y := s.Train, s.y
	if len(s.held) > 0 {
		x, y = s.Test, s.held
	}
	all, err := m.predict(x)
	if err != nil {
		return err
	}
	marks := plot.Marks{Color: 1}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range min(len(all), mostPoints) {
		p, truth := all[i], m.Target.Mean+m.Target.Scale*y[i]
		marks.X, marks.Y = append(marks.X, truth), append(marks.Y, p.mean)
		marks.Lo, marks.Hi = append(marks.Lo, p.mean-2*p.sd), append(marks.Hi, p.mean+2*p.sd)
		lo, hi = min(lo, truth), max(hi, truth)
	}
	c := plot.ChartSpec{XLabel: "true " + m.Target.Name, YLabel: "predicted", Marks: []plot.Marks{marks},
		Guides: []plot.Series{{X: []float64{lo, hi}, Y: []float64{lo, hi}}}}
	return plot.Charts(w, "Predictions and truth", []plot.ChartSpec{c}, plot.ChartsOptions{Width: 560, Height: 420})
}
