package hmm

import (
	"fmt"
	"io"
	"math"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/engine"
)

// Bounds of what pictures show.
const (
	mostRows    = 3000 // of the first sequence
	mostColumns = 4
	mostStates  = 10  // that have a colour
	fewRows     = 400 // whose line can be told
)

// pictures are the path of states over the series, and the steps.
func pictures(m *Model, s *series) ([]engine.Picture, error) {
	x, d := s.all[0], len(m.Columns)
	rows := min(len(x)/d, mostRows)
	x = x[:rows*d]
	path, _, err := m.point.Viterbi(x)
	if err != nil {
		return nil, err
	}
	p, err := m.point.Smooth(x)
	if err != nil {
		return nil, err
	}
	shown := "All rows"
	if rows < s.rows+s.held {
		shown = fmt.Sprintf("The first %d rows", rows)
	}
	return []engine.Picture{
		{File: "path.png", Section: "States", Caption: shown + ", coloured by the state on the most probable path.",
			Draw: func(w io.Writer) error { return m.drawPath(w, x, path) }},
		{File: "marginals.png", Section: "States", Caption: shown + ": probability of each state given the whole sequence, stacked.",
			Draw: func(w io.Writer) error { return m.drawMarginals(w, p.Smoothed) }},
		{File: "steps.png", Section: "States", Caption: "Probability of the next state (across) after each state (down), of those that hold more than one row in a hundred.",
			Draw: m.drawSteps},
	}, nil
}

// drawPath draws each column with a mark a row in the colour of its state.
func (m *Model) drawPath(w io.Writer, x []float64, path []int) error {
	d := len(m.Columns)
	size := 1.8 // of marks that overlap
	if len(path) <= fewRows {
		size = 3.2
	}
	var charts []plot.ChartSpec
	for j, c := range m.Columns[:min(d, mostColumns)] {
		line := plot.Series{}
		marks := make([]plot.Marks, min(len(m.order), mostStates))
		for i := range marks {
			marks[i] = plot.Marks{Name: fmt.Sprintf("state %d", i+1), Color: i + 1, Size: size}
		}
		for i, s := range path {
			t, v := float64(i+1), x[i*d+j]*c.Scale+c.Mean
			line.X, line.Y = append(line.X, t), append(line.Y, v)
			if at := m.place[s]; at < len(marks) {
				marks[at].X, marks[at].Y = append(marks[at].X, t), append(marks[at].Y, v)
			}
		}
		chart := plot.ChartSpec{XLabel: "row", YLabel: c.Name, Whole: true}
		if len(path) <= fewRows {
			chart.Guides = []plot.Series{line}
		}
		for _, k := range marks {
			if len(k.X) > 0 {
				chart.Marks = append(chart.Marks, k)
			}
		}
		charts = append(charts, chart)
	}
	return plot.Charts(w, "Most probable path", charts, plot.ChartsOptions{})
}

// drawMarginals stacks the probabilities of the states.
func (m *Model) drawMarginals(w io.Writer, p []float64) error {
	k := len(m.order)
	n := len(p) / k
	below := make([]float64, n)
	chart := plot.ChartSpec{XLabel: "row", YLabel: "probability", Whole: true, Y: [2]float64{0, 1}}
	for i, s := range m.order[:min(k, mostStates)] {
		a := plot.Area{Name: fmt.Sprintf("state %d", i+1), Color: i + 1, Shade: .7}
		for t := range n {
			top := math.Min(1, below[t]+p[t*k+s])
			a.X, a.Lo, a.Hi = append(a.X, float64(t+1)), append(a.Lo, below[t]), append(a.Hi, top)
			below[t] = top
		}
		chart.Areas = append(chart.Areas, a)
	}
	return plot.Charts(w, "Smoothed states", []plot.ChartSpec{chart}, plot.ChartsOptions{Height: 160})
}

// drawSteps draws the probabilities of steps between states in use.
func (m *Model) drawSteps(w io.Writer) error {
	used, k := m.order[:max(1, m.used())], len(m.order)
	var rows [][]float32
	var names []string
	for i, a := range used {
		names = append(names, fmt.Sprintf("state %d", i+1))
		var row []float32
		for _, b := range used {
			row = append(row, float32(m.point.Trans[a*k+b]))
		}
		rows = append(rows, row)
	}
	return plot.RowHeat(w, rows, names, plot.RowHeatOptions{Title: "Steps between states", RowLabels: names, Shared: true})
}
