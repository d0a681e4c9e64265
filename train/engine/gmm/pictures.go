package gmm

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/engine"
)

// mostPoints bounds the rows that a picture shows.
const mostPoints = 5000

// pictures are the components among the rows and their weights.
func pictures(m *Model, s *rows) ([]engine.Picture, error) {
	r, err := m.Mixture.Responsibilities(s.train)
	if err != nil {
		return nil, err
	}
	weights := engine.Picture{File: "weights.png", Section: "Components",
		Caption: "Expected weight of each component, largest first, with two deviations of its posterior to both sides where the weights are a Dirichlet distribution.",
		Draw:    m.drawWeights}
	if s.train.D == 1 {
		return []engine.Picture{{File: "components.png", Section: "Components", Draw: func(w io.Writer) error { return m.drawDensity(w, s) },
			Caption: "Histogram of the column, the predictive density in blue and what each component adds to it."}, weights}, nil
	}
	v := newView(m, s)
	return []engine.Picture{{File: "components.png", Section: "Components", Caption: v.caption(),
		Draw: func(w io.Writer) error { return v.draw(w, r) }}, weights}, nil
}

// view is a plane that rows are seen in: x and y are linear in the standardised values.
type view struct {
	m      *Model
	s      *rows
	labels [2]string
	to     *mat.Dense // 2×D: from standardised values
	from   [2]float64 // x and y of standardised 0
}

// newView is the plane of the two columns in the units of the data, or that of the two first
// principal axes of more.
func newView(m *Model, s *rows) *view {
	d := s.train.D
	v := &view{m: m, s: s, to: mat.NewDense(2, d, nil), labels: [2]string{"first principal axis", "second principal axis"}}
	if d == 2 {
		for j, c := range m.Columns {
			v.to.Set(j, j, c.Scale)
			v.from[j], v.labels[j] = c.Mean, c.Name
		}
		return v
	}
	x := mat.NewDense(s.train.N(), d, s.train.X)
	var cov mat.SymDense
	cov.SymOuterK(1/float64(s.train.N()), x.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&cov, true) {
		v.to.Set(0, 0, 1)
		v.to.Set(1, 1, 1)
		return v
	}
	var axes mat.Dense
	eigen.VectorsTo(&axes)
	for i := range 2 {
		for j := range d {
			v.to.Set(i, j, axes.At(j, d-1-i))
		}
	}
	return v
}

// caption says how to read the picture.
func (v *view) caption() string {
	text := "Rows in the colour of their likeliest component, and of each component that holds more than half a row the ellipses of one and two standard deviations."
	if v.s.train.D > 2 {
		text += fmt.Sprintf(" Seen along the two directions in which the %d standardised columns vary most.", v.s.train.D)
	}
	if n := v.s.train.N(); n > mostPoints {
		text += fmt.Sprintf(" %d of %d rows are drawn.", mostPoints, n)
	}
	return text
}

// at is where a standardised row is seen.
func (v *view) at(row []float64) (x, y float64) {
	p := v.from
	for j, u := range row {
		p[0] += v.to.At(0, j) * u
		p[1] += v.to.At(1, j) * u
	}
	return p[0], p[1]
}

// draw draws rows and ellipses.
func (v *view) draw(w io.Writer, r []float64) error {
	c := plot.ChartSpec{XLabel: v.labels[0], YLabel: v.labels[1]}
	k := len(v.m.Mixture.Components)
	marks := make([]plot.Marks, k)
	order := rng.New(1).Named("picture").Perm(v.s.train.N())
	for _, i := range order[:min(len(order), mostPoints)] {
		best := largest(r[i*k : (i+1)*k])
		x, y := v.at(v.s.train.Row(i))
		marks[best].X, marks[best].Y = append(marks[best].X, x), append(marks[best].Y, y)
	}
	shown := 0
	for i, part := range v.m.Mixture.Components {
		if part.Count <= .5 {
			continue
		}
		color, name := i%10+1, ""
		if shown++; shown <= 12 {
			name = fmt.Sprintf("component %d, weight %.3f", i+1, part.Weight)
		}
		marks[i].Color, marks[i].Shape, marks[i].Name = color, i/10%4, name
		if len(marks[i].X) > 0 {
			c.Marks = append(c.Marks, marks[i])
		}
		for _, radius := range []float64{1, 2} {
			c.Lines = append(c.Lines, v.ellipse(part, radius, color))
		}
	}
	return plot.Charts(w, "Rows and components", []plot.ChartSpec{c}, plot.ChartsOptions{Width: 680, Height: 520})
}

// ellipse is the edge of what is within a radius of deviations of a component's mean: the mean plus
// radius times the root of the seen covariance times the unit circle.
func (v *view) ellipse(part mixture.Component, radius float64, color int) plot.Series {
	d := len(part.Mean)
	var seen mat.Dense
	seen.Product(v.to, mat.NewDense(d, d, part.Covariance()), v.to.T())
	a, b, c := seen.At(0, 0), seen.At(0, 1), seen.At(1, 1)
	l := [3]float64{math.Sqrt(a), b / math.Sqrt(a), math.Sqrt(max(0, c-b*b/a))}
	x, y := v.at(part.Mean)
	out := plot.Series{Color: color, Dashed: radius > 1}
	for i := range 121 {
		sin, cos := math.Sincos(float64(i) * 2 * math.Pi / 120)
		out.X = append(out.X, x+radius*l[0]*cos)
		out.Y = append(out.Y, y+radius*(l[1]*cos+l[2]*sin))
	}
	return out
}

// drawDensity draws one column: histogram and density.
func (m *Model) drawDensity(w io.Writer, s *rows) error {
	c := m.Columns[0]
	lo, hi := slices.Min(s.train.X)-.3, slices.Max(s.train.X)+.3
	grid := mixture.Data{D: 1}
	const steps = 400
	for i := range steps + 1 {
		grid.X = append(grid.X, lo+(hi-lo)*float64(i)/steps)
	}
	logs, err := m.Mixture.LogProb(grid)
	if err != nil {
		return err
	}
	r, err := m.Mixture.Responsibilities(grid)
	if err != nil {
		return err
	}
	all := plot.Series{Name: "predictive density", Color: 1}
	k := len(m.Mixture.Components)
	parts := make([]plot.Series, k)
	for i, u := range grid.X {
		x, p := u*c.Scale+c.Mean, math.Exp(logs[i])/c.Scale
		all.X, all.Y = append(all.X, x), append(all.Y, p)
		for j := range parts {
			parts[j].X, parts[j].Y = append(parts[j].X, x), append(parts[j].Y, p*r[i*k+j])
		}
	}
	chart := plot.ChartSpec{XLabel: c.Name, YLabel: "density", Lines: []plot.Series{all}, Bars: []plot.Bars{histogram(s.train.X, c.Mean, c.Scale)}}
	for j, part := range m.Mixture.Components {
		if part.Count > .5 {
			parts[j].Color, parts[j].Dashed = (j+1)%10+1, true
			chart.Lines = append(chart.Lines, parts[j])
		}
	}
	return plot.Charts(w, "Rows and components", []plot.ChartSpec{chart}, plot.ChartsOptions{})
}

// histogram counts standardised values in about √N bars, as a density of mean + scale·x.
func histogram(x []float64, mean, scale float64) plot.Bars {
	lo, hi := slices.Min(x), slices.Max(x)
	n := max(5, min(60, int(math.Sqrt(float64(len(x))))))
	b := plot.Bars{Name: "rows", Heights: make([]float64, n), Shade: .35}
	width := (hi - lo) / float64(n)
	for i := range n + 1 {
		b.Edges = append(b.Edges, mean+scale*(lo+width*float64(i)))
	}
	for _, v := range x {
		b.Heights[min(n-1, int((v-lo)/width))] += 1 / (float64(len(x)) * width * scale)
	}
	return b
}

// mostBars bounds the weights that are drawn.
const mostBars = 40

// drawWeights draws E π_k with two deviations of its Dirichlet distribution to both sides.
func (m *Model) drawWeights(w io.Writer) error {
	parts := m.Mixture.Components[:min(len(m.Mixture.Components), mostBars)]
	marks := plot.Marks{Color: 1, NoPoint: true}
	b := plot.Bars{Name: "E π", Color: 1, Shade: .6, Edges: []float64{.5}}
	sum := 0.
	for _, p := range m.Mixture.Components {
		sum += p.A
	}
	for i, p := range parts {
		b.Edges, b.Heights = append(b.Edges, float64(i)+1.5), append(b.Heights, p.Weight)
		sd := math.Sqrt(p.Weight * (1 - p.Weight) / (sum + 1))
		marks.X, marks.Y = append(marks.X, float64(i+1)), append(marks.Y, p.Weight)
		marks.Lo, marks.Hi = append(marks.Lo, max(0, p.Weight-2*sd)), append(marks.Hi, min(1, p.Weight+2*sd))
	}
	c := plot.ChartSpec{XLabel: "component", YLabel: "weight", Whole: true, Bars: []plot.Bars{b}, X: [2]float64{.4, float64(len(parts)) + .6}}
	if m.Mixture.Weights == mixture.Dirichlet {
		marks.Name = "two standard deviations"
		c.Marks = []plot.Marks{marks}
	}
	return plot.Charts(w, "Weights of the components", []plot.ChartSpec{c}, plot.ChartsOptions{Width: 560, Height: 220})
}
