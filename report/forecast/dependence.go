package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// A curve over one column averages over rows that stand for all (Friedman 2001, section 8.2). The
// numbers bound the rows that are predicted, 3,000 for the choice and 3,000 for the curves, whatever
// the table.
const (
	shownColumns  = 4
	triedColumns  = 24 // of more, those that correlate most with the prediction
	triedPoints   = 5
	triedRows     = 25
	curveValues   = 25 // places along a column
	averagedRows  = 30
	fewValues     = 12 // a column of so many values is drawn at each of them
	rugQuantiles  = 9
	outermostTail = .01 // share of the rows left of a curve, and right of it
)

// partial is the dependence of the prediction on one column.
type partial struct {
	column    int
	at        []float64 // values of the column
	mean      []float64 // of the predicted means over rows
	lo, hi    []float64 // that hold the middle 80 % of the rows
	epistemic []float64 // mean over rows of the epistemic deviation
}

// effect is how much the curve moves: its standard deviation over the places.
func (p partial) effect() float64 { return spreadOf(p.mean) }

// column returns a column of the test rows.
func (s *scene) column(j int) []float64 {
	out := make([]float64, s.n)
	for i, row := range s.X {
		out[i] = float64(row[j])
	}
	return out
}

// varying lists the columns that differ between rows.
func (s *scene) varying() (out []int) {
	for j := range s.d {
		if slices.ContainsFunc(s.X, func(row []float32) bool { return row[j] != s.X[0][j] }) {
			out = append(out, j)
		}
	}
	return out
}

// correlated keeps the columns whose correlation with the predicted mean is largest.
func (s *scene) correlated(columns []int, most int) []int {
	if len(columns) <= most {
		return columns
	}
	y := means(s.Predictions)
	my, strength := mean(y), map[int]float64{}
	for _, j := range columns {
		x := s.column(j)
		mx, sx, sum := mean(x), spreadOf(x), 0.
		for i := range x {
			sum += (x[i] - mx) / sx * (y[i] - my)
		}
		strength[j] = math.Abs(sum)
	}
	out := slices.Clone(columns)
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(strength[b], strength[a]) })
	return out[:most]
}

// places are the values of a column at which it is tried: all of few, else evenly spaced between
// its outer quantiles.
func places(column []float64, most int) ([]float64, error) {
	values := slices.Clone(column)
	slices.Sort(values)
	if values = slices.Compact(values); len(values) <= min(most, fewValues) {
		return values, nil
	}
	ends, err := eval.Quantiles(column, outermostTail, 1-outermostTail)
	if err != nil {
		return nil, err
	}
	if ends[0] == ends[1] {
		ends = []float64{values[0], values[len(values)-1]}
	}
	out := make([]float64, most)
	for k := range out {
		out[k] = ends[0] + (ends[1]-ends[0])*float64(k)/float64(most-1)
	}
	return out, nil
}

// partials computes the dependence on some columns, averaging over some rows.
func (s *scene) partials(columns, rows []int, most int) ([]partial, error) {
	var x [][]float32
	out := make([]partial, len(columns))
	for c, j := range columns {
		at, err := places(s.column(j), most)
		if err != nil {
			return nil, err
		}
		out[c] = partial{column: j, at: at}
		for _, v := range at {
			for _, i := range rows {
				row := slices.Clone(s.X[i])
				row[j] = float32(v)
				x = append(x, row)
			}
		}
	}
	ps, err := s.predict(x)
	if err != nil {
		return nil, err
	}
	for c := range out {
		p := &out[c]
		for range p.at {
			here := ps[:len(rows)]
			ps = ps[len(rows):]
			m, e := means(here), 0.
			for _, v := range here {
				e += v.Epistemic / float64(len(here))
			}
			tails, err := eval.Quantiles(m, .1, .9)
			if err != nil {
				return nil, err
			}
			p.mean, p.epistemic = append(p.mean, mean(m)), append(p.epistemic, e)
			p.lo, p.hi = append(p.lo, tails[0]), append(p.hi, tails[1])
		}
	}
	return out, nil
}

// influential are the curves of the columns that move the prediction most, by falling effect.
func (s *scene) influential() (out []partial, others int, err error) {
	varying := s.varying()
	columns := s.correlated(varying, triedColumns)
	byEffect := func(a, b partial) int { return cmp.Compare(b.effect(), a.effect()) }
	if len(columns) > shownColumns {
		tried, err := s.partials(columns, s.some("tried", triedRows), triedPoints)
		if err != nil {
			return nil, 0, err
		}
		slices.SortStableFunc(tried, byEffect)
		columns = nil
		for _, p := range tried[:shownColumns] {
			columns = append(columns, p.column)
		}
	}
	if out, err = s.partials(columns, s.some("averaged", averagedRows), curveValues); err != nil {
		return nil, 0, err
	}
	slices.SortStableFunc(out, byEffect)
	return out, len(varying) - len(out), nil
}

// dependence draws the curves of the most influential columns.
func dependence(s *scene) (picture, error) {
	curves, others, err := s.influential()
	if err != nil {
		return picture{}, err
	}
	p := picture{opt: plot.ChartsOptions{Cols: 2, Width: 430, Height: 270}}
	for _, c := range curves {
		chart, err := s.partialChart(c)
		if err != nil {
			return picture{}, err
		}
		p.specs = append(p.specs, chart)
	}
	shared(p.specs)
	p.caption = "How the predicted mean moves when one column is set to each value in turn and all others stay as they are, averaged over " +
		fmt.Sprintf("%s; the columns by falling effect, which is the standard deviation along the curve. ", rows(min(s.n, averagedRows))) +
		"The blue band is one epistemic deviation about the curve, grey holds the middle 80 % of the rows: where grey widens along the axis, the effect depends on other columns. " +
		"Strokes on the axis are deciles of the column. Columns that move together are moved apart here, into rows that may not exist."
	if others > 0 {
		p.caption += fmt.Sprintf(" Not drawn: %d of less effect.", others)
	}
	return p, nil
}

// partialChart draws one curve.
func (s *scene) partialChart(c partial) (plot.ChartSpec, error) {
	lo, hi := make([]float64, len(c.at)), make([]float64, len(c.at))
	for k, m := range c.mean {
		lo[k], hi[k] = m-c.epistemic[k], m+c.epistemic[k]
	}
	var qs []float64
	for k := range rugQuantiles {
		qs = append(qs, float64(k+1)/(rugQuantiles+1))
	}
	rug, err := eval.Quantiles(s.column(c.column), qs...)
	if err != nil {
		return plot.ChartSpec{}, err
	}
	chart := plot.ChartSpec{
		Title: fmt.Sprintf("%s, effect %s", clipped(s.Columns[c.column]), short(c.effect())), XLabel: s.Columns[c.column], YLabel: "predicted " + s.target(), Rug: rug,
		Areas: []plot.Area{
			{Name: "middle 80 % of rows", X: c.at, Lo: c.lo, Hi: c.hi, Shade: .5},
			{Name: "± epistemic", X: c.at, Lo: lo, Hi: hi, Color: 1, Shade: .3},
		},
		Lines: []plot.Series{{Name: "average", X: c.at, Y: c.mean, Color: 1}},
	}
	if len(c.at) <= fewValues {
		chart.Marks = []plot.Marks{{X: c.at, Y: c.mean, Color: 1, Size: 3.5}}
	}
	return chart, nil
}
