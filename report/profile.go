package report

import (
	"io"
	"slices"

	"github.com/elbo-go/elbo/plot"
)

// Profile is a figure of a sweep over a setting whose values are numbers.
type Profile struct {
	Figure string        // what was measured
	Over   string        // the setting
	Lines  []ProfileLine // one for each combination of the other settings
}

// ProfileLine is a figure over a setting, as mean and deviation of the runs that differ by their seed
// alone.
type ProfileLine struct {
	Name string    // the other settings
	X    []float64 // values of the setting
	Mean []float64 // of the figure
	SD   []float64 // between runs; 0 of one
}

// Profiles draws figures over settings, a chart each: values evenly spaced in their order, since those
// of a sweep often grow by factors, with their means and, of several seeds, a deviation to both sides.
func Profiles(w io.Writer, title string, profiles []Profile) error {
	var specs []plot.ChartSpec
	for _, p := range profiles {
		specs = append(specs, p.chart())
	}
	return plot.Charts(w, title, specs, plot.ChartsOptions{Cols: min(2, len(specs))})
}

// values are those of the setting that occur, in rising order.
func (p Profile) values() (out []float64) {
	for _, l := range p.Lines {
		out = append(out, l.X...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// chart lays out a profile. The place of a value is its number among all, from 1.
func (p Profile) chart() plot.ChartSpec {
	values := p.values()
	spec := plot.ChartSpec{Title: p.Figure, XLabel: p.Over, X: [2]float64{.7, float64(len(values)) + .3}}
	for _, v := range values {
		spec.Places = append(spec.Places, signed4(v))
	}
	for i, l := range p.Lines {
		line := plot.Series{Color: i%10 + 1}
		marks := plot.Marks{Name: l.Name, Color: i%10 + 1, Size: 4}
		for j, x := range l.X {
			at, _ := slices.BinarySearch(values, x)
			line.X, line.Y = append(line.X, float64(at+1)), append(line.Y, l.Mean[j])
			marks.Lo, marks.Hi = append(marks.Lo, l.Mean[j]-l.SD[j]), append(marks.Hi, l.Mean[j]+l.SD[j])
		}
		marks.X, marks.Y = line.X, line.Y
		spec.Lines, spec.Marks = append(spec.Lines, line), append(spec.Marks, marks)
	}
	if len(p.Lines) == 1 {
		spec.Marks[0].Name = ""
	}
	return spec
}
