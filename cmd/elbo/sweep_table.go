package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/elbo-go/elbo/internal/atomicfile"
)

// table writes sweep.csv anew: a line a run, with the settings that vary, its state and figures.
func (w *sweeper) table() error {
	header := []string{"run", "state"}
	vary := w.varying()
	header = append(header, vary...)
	header = append(header, "epochs", "minus_bound", "data_std_err", "minus_reconstruction", "kl", "active_units", "mutual_information")
	if w.classified() {
		header = append(header, "class_error")
	}
	extra := w.extraFigures()
	for _, e := range extra {
		header = append(header, e.metric+": "+e.name)
	}
	header = append(header, "error")
	return atomicfile.WriteFile(filepath.Join(w.out, tableFile), func(out io.Writer) error {
		c := csv.NewWriter(out)
		_ = c.Write(header) // Flush tells
		for _, r := range w.rows {
			line := []string{r.Name, r.State}
			for _, name := range vary {
				line = append(line, r.Values[name])
			}
			line = append(line, r.cells()...)
			if w.classified() {
				line = append(line, decimal(r.classError()))
			}
			for _, e := range extra {
				line = append(line, decimal(e.of(r)))
			}
			_ = c.Write(append(line, r.Error))
		}
		c.Flush()
		return c.Error()
	})
}

// classified tells whether a run finds classes.
func (w *sweeper) classified() bool {
	return slices.ContainsFunc(w.rows, func(r sweptRun) bool { return !math.IsNaN(r.classError()) })
}

// classError is the share of test rows whose class the run misses; NaN where it finds none.
func (r sweptRun) classError() float64 {
	if r.Figures == nil || r.Figures.ErrorRate == nil {
		return math.NaN()
	}
	return *r.Figures.ErrorRate
}

// varying are the flags that have several values.
func (w *sweeper) varying() (out []string) {
	for _, a := range w.plan.Axes {
		if len(a.Values) > 1 {
			out = append(out, a.Flag)
		}
	}
	return out
}

// cells are the figures of a run for the table; empty where it has none.
func (r sweptRun) cells() []string {
	out := make([]string, 7)
	f := r.Figures
	if f == nil {
		return out
	}
	out[0], out[1], out[2] = strconv.Itoa(f.Epochs), decimal(-f.Test.Bound), decimal(f.Test.DataStdErr)
	if len(f.Test.KLPerDim) > 0 {
		out[3], out[4] = decimal(-f.Test.Reconstruction), decimal(f.Test.KL)
	}
	if f.Telemetry.Latent > 0 {
		out[5], out[6] = strconv.Itoa(f.Telemetry.ActiveUnits), decimal(f.Telemetry.MutualInfo)
	}
	return out
}

// decimal prints a number for a table; none where there is none.
func decimal(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 8, 64)
}

// extra is a figure of a metric that was asked for.
type extra struct{ metric, name string }

// of is its value for a run, NaN where it has none.
func (e extra) of(r sweptRun) float64 {
	if m, ok := found(r.Metrics, e.metric); ok {
		for _, f := range m.Figures {
			if f.Name == e.name {
				return f.Value
			}
		}
	}
	return math.NaN()
}

// label names the figure where the metric is not named beside it.
func (e extra) label() string {
	if e.metric == "knn" {
		return "kNN " + e.name
	}
	return e.name
}

// extraFigures lists the figures of metrics that runs have.
func (w *sweeper) extraFigures() (out []extra) {
	for _, r := range w.rows {
		for _, m := range r.Metrics {
			for _, f := range m.Figures {
				if e := (extra{m.Name, f.Name}); !slices.Contains(out, e) {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// sweptGroup are the finished runs that differ by their seed alone.
type sweptGroup struct {
	Name    string       `json:"group"`
	Runs    int          `json:"runs"`
	Figures []meanFigure `json:"figures"`
	runs    []sweptRun
}

// meanFigure is a figure over the runs of a group.
type meanFigure struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // between runs; 0 of one
}

// String prints mean ± deviation.
func (f meanFigure) text(runs int) string {
	if runs < 2 {
		return fmt.Sprintf("%.4g", f.Mean)
	}
	return fmt.Sprintf("%.4g ± %.2g", f.Mean, f.SD)
}

// groups averages the finished runs over seeds, in the order of the sweep.
func (w *sweeper) groups() []*sweptGroup {
	var out []*sweptGroup
	for i, r := range w.rows {
		if r.State != sweptFinished {
			continue
		}
		at := slices.IndexFunc(out, func(g *sweptGroup) bool { return g.Name == w.cells[i].group })
		if at < 0 {
			at, out = len(out), append(out, &sweptGroup{Name: w.cells[i].group})
		}
		out[at].runs = append(out[at].runs, r)
	}
	for _, g := range out {
		g.Runs = len(g.runs)
		g.average(w.extraFigures())
	}
	return out
}

// average takes mean and deviation of every figure that all runs of the group have.
func (g *sweptGroup) average(more []extra) {
	add := func(name string, of func(sweptRun) float64) {
		var v []float64
		for _, r := range g.runs {
			v = append(v, of(r))
		}
		if mean, sd := meanDeviation(v); !math.IsNaN(mean) {
			g.Figures = append(g.Figures, meanFigure{name, mean, sd})
		}
	}
	add("−"+g.runs[0].Figures.Test.Kind, func(r sweptRun) float64 { return -r.Figures.Test.Bound })
	add("class error", sweptRun.classError)
	if len(g.runs[0].Figures.Test.KLPerDim) > 0 {
		add("−reconstruction", func(r sweptRun) float64 { return -r.Figures.Test.Reconstruction })
		add("KL", func(r sweptRun) float64 { return r.Figures.Test.KL })
	}
	if g.runs[0].Figures.Telemetry.Latent > 0 {
		add("active", func(r sweptRun) float64 { return float64(r.Figures.Telemetry.ActiveUnits) })
	}
	for _, e := range more {
		add(e.label(), e.of)
	}
}

// meanDeviation are mean and sample deviation; NaN where a value is missing.
func meanDeviation(v []float64) (mean, sd float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x / n
	}
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / math.Max(1, n-1))
}

// printGroups prints a line a group.
func printGroups(out io.Writer, groups []*sweptGroup) error {
	var columns []string
	for _, g := range groups {
		for _, f := range g.Figures {
			if !slices.Contains(columns, f.Name) {
				columns = append(columns, f.Name)
			}
		}
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "settings\truns")
	for _, c := range columns {
		fmt.Fprint(tw, "\t", c)
	}
	fmt.Fprintln(tw)
	for _, g := range groups {
		fmt.Fprintf(tw, "%s\t%d", g.Name, g.Runs)
		for _, c := range columns {
			text := ""
			if i := slices.IndexFunc(g.Figures, func(f meanFigure) bool { return f.Name == c }); i >= 0 {
				text = g.Figures[i].text(g.Runs)
			}
			fmt.Fprint(tw, "\t", text)
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
