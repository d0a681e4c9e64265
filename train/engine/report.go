package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/train/rundir"
)

// Picture is a picture of a report.
type Picture struct {
	File    string                // name in the folder plots
	Section string                // heading that it stands under
	Caption string                // how to read it
	Half    bool                  // shares its row with another such picture beside it
	Draw    func(io.Writer) error // writes the PNG
}

// Report draws the pictures of a run that holds its data into dir/plots, writes dir/report.html, which
// holds them all, and returns their names. A picture that fails is an error that names it, and
// nothing is written.
func Report(ctx context.Context, r *Run) (names []string, err error) {
	if r.Task == nil {
		return nil, fmt.Errorf("engine: report: %s: got a run without its data", r.Dir)
	}
	pictures := []Picture{}
	if p, ok := r.curves(); ok {
		pictures = append(pictures, p)
	}
	if r.Task.Draw != nil {
		more, err := r.Task.Draw(r.Model, r.History)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, more...)
	}
	page, drawn := r.page(), make([][]byte, len(pictures))
	for i, p := range pictures {
		if ctx.Err() != nil {
			return nil, rundir.ErrInterrupted
		}
		var png bytes.Buffer
		if err := p.Draw(&png); err != nil {
			return nil, fmt.Errorf("engine: report: %s: %w", p.File, err)
		}
		drawn[i], names = png.Bytes(), append(names, p.File)
		n := len(page.Sections)
		if n == 0 || page.Sections[n-1].Title != p.Section {
			page.Sections = append(page.Sections, plot.ReportSection{Title: p.Section})
			n++
		}
		s := &page.Sections[n-1]
		s.Pictures = append(s.Pictures, plot.Picture{PNG: drawn[i], Caption: p.Caption, Half: p.Half})
	}
	plots := filepath.Join(r.Dir, "plots")
	if err := atomicfile.MkdirAll(plots); err != nil {
		return nil, err
	}
	for i, name := range names {
		if err := atomicfile.WriteBytes(filepath.Join(plots, name), drawn[i]); err != nil {
			return nil, err
		}
	}
	return names, atomicfile.WriteFile(filepath.Join(r.Dir, "report.html"), func(w io.Writer) error { return plot.Report(w, page) })
}

// page is the report without its pictures.
func (r *Run) page() plot.ReportSpec {
	spec := r.Spec()
	page := plot.ReportSpec{Title: spec.Name + " on " + filepath.Base(r.Config.Data), Verdict: r.Outcome.Verdict, Command: r.Info.Command,
		Environment: []plot.Setting{
			{Name: "elbo", Value: r.Info.Version}, {Name: "Go", Value: r.Info.Go}, {Name: "data", Value: r.Info.Data},
			{Name: "fingerprint", Value: r.Info.Fingerprint},
		}}
	for _, f := range r.Outcome.Figures {
		page.Figures = append(page.Figures, plot.KeyFigure{Name: f.Name, Value: f.Number(), Unit: f.Unit, Note: f.Text})
	}
	for _, w := range r.Outcome.Warnings {
		page.Warnings = append(page.Warnings, plot.Warning(w))
	}
	for _, f := range r.Task.Facts {
		page.Environment = append(page.Environment, plot.Setting{Name: f.Name, Value: f.Text})
	}
	settings := map[string]string{"data": r.Config.Data, "seed": strconv.FormatUint(r.Config.Seed, 10)}
	maps.Copy(settings, r.Config.Options)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		page.Config = append(page.Config, plot.Setting{Name: name, Value: settings[name]})
	}
	return page
}

// Number prints the value.
func (f Figure) Number() string { return Number(f.Value) }

// Number prints a whole number in groups, any other with up to four decimals.
func Number(x float64) string {
	size, sign := math.Abs(x), ""
	if x < 0 {
		sign = "−"
	}
	switch {
	case size == math.Trunc(size) && size < 1e9:
		return sign + text.Thousands(int(size))
	case size >= 1e9 || size < 1e-3:
		return strings.ReplaceAll(strconv.FormatFloat(x, 'g', 5, 64), "-", "−")
	case size >= 1e5:
		return sign + strconv.FormatFloat(size, 'f', 1, 64)
	case size >= 1e3:
		return sign + strconv.FormatFloat(size, 'f', 2, 64)
	}
	return sign + strconv.FormatFloat(size, 'f', 4, 64)
}

// String is the figure as a line has it.
func (f Figure) String() string {
	out := f.Number()
	if f.Unit != "" {
		out += " " + f.Unit
	}
	if f.Text != "" {
		out += "; " + f.Text
	}
	return out
}

// curves are the objective and the held-out figure by sweep, a line a phase.
func (r *Run) curves() (Picture, bool) {
	spec := r.Spec()
	bound := lines(r.History, func(r Record) *float64 { return r.Bound })
	held := lines(r.History, func(r Record) *float64 { return r.HeldOut })
	var charts []plot.ChartSpec
	if len(bound) > 0 {
		charts = append(charts, curveChart(bound, spec.Sweep, spec.Objective+", nats"))
	}
	if len(held) > 0 {
		charts = append(charts, curveChart(held, spec.Sweep, spec.HeldOut))
	}
	caption := "The " + spec.Objective + " by " + spec.Sweep + ", larger is better"
	if len(bound) > 1 {
		caption += ": the best start in colour, the others dashed"
	}
	if len(held) > 0 {
		caption += "; beside it the " + spec.HeldOut + " of data that were not fitted"
	}
	return Picture{File: "sweeps.png", Section: "Training", Caption: caption + ".", Draw: func(w io.Writer) error {
		return plot.Charts(w, spec.Objective+" by "+spec.Sweep, charts, plot.ChartsOptions{Cols: len(charts)})
	}}, len(charts) > 0
}

// lines parts a figure of the history into phases; those that never have it are left out.
func lines(history []Record, figure func(Record) *float64) (out []plot.Series) {
	phase := -1
	for i, r := range history {
		if i == 0 || r.Phase != history[i-1].Phase {
			phase = -1
		}
		v := figure(r)
		if v == nil {
			continue
		}
		if phase < 0 {
			out = append(out, plot.Series{})
			phase = len(out) - 1
		}
		out[phase].X, out[phase].Y = append(out[phase].X, float64(r.Sweep)), append(out[phase].Y, *v)
	}
	return out
}

// mostLines bounds the lines of a chart; the rest are as alike.
const mostLines = 60

// curveChart draws the lines, the one that ends highest in colour and above the others. First values
// far from the rest are left out.
func curveChart(all []plot.Series, sweep, name string) plot.ChartSpec {
	best, lo, hi := 0, math.Inf(1), math.Inf(-1)
	for i, l := range all {
		if last(l) > last(all[best]) {
			best = i
		}
		settled := l.Y
		if n := len(l.Y); n >= 10 {
			settled = l.Y[n/5:]
		}
		lo, hi = min(lo, slices.Min(settled)), max(hi, slices.Max(settled))
	}
	for _, l := range all {
		for i, y := range l.Y {
			if far := 3 * (hi - lo); far > 0 && (y < lo-far || y > hi+far) {
				l.Y[i] = math.NaN()
			}
		}
	}
	c := plot.ChartSpec{XLabel: sweep, YLabel: name, Whole: true}
	for i, l := range all[:min(len(all), mostLines)] {
		if i != best {
			c.Guides = append(c.Guides, l)
		}
	}
	top := all[best]
	top.Color = 1
	if len(all) > 1 {
		top.Name = "best of " + text.Thousands(len(all)) + " starts"
	}
	c.Lines = []plot.Series{top}
	if len(top.Y) < 3 {
		c.Marks = []plot.Marks{{X: top.X, Y: top.Y, Color: 1}}
	}
	return c
}

func last(l plot.Series) float64 { return l.Y[len(l.Y)-1] }
