package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// CompareInput is one of the runs that [Compare] sets side by side.
type CompareInput struct {
	// Name is how the run is called in legend and table.
	Name    string
	History []Epoch
	// Record is the bound on the test data, Telemetry what it says about collapse, NLL the
	// importance-sampled evidence if there is one.
	Record    vi.Record
	Telemetry vi.Telemetry
	NLL       *vi.ImportanceRecord
	// Data and Binarization say what Record was measured on.
	Data, Binarization string
}

// Compare draws the validation curves of several runs over each other into the PNG file of
// path, which it replaces atomically, and prints their figures as a table of text. An empty
// path leaves out the picture; so do runs without a history.
func Compare(path string, table io.Writer, runs []CompareInput) error {
	if len(runs) == 0 {
		return fmt.Errorf("report: compare: runs: got none, want at least one")
	}
	if specs := compareCurves(runs); path != "" && len(specs) > 0 {
		err := atomicfile.WriteFile(path, func(w io.Writer) error {
			return plot.Panels(w, "Runs side by side, validation data", specs, 2)
		})
		if err != nil {
			return fmt.Errorf("report: compare: %w", err)
		}
	}
	return compareTable(table, runs)
}

// compareCurves are the charts that overlay the runs.
func compareCurves(runs []CompareInput) []plot.CurvesSpec {
	overlay := func(title string, of func(Epoch) vi.Record, value func(vi.Record) float64, keep func(vi.Record) bool) plot.CurvesSpec {
		var lines []plot.Series
		for i, r := range runs {
			l := trace(clean(r.Name), settled(r.History), func(e Epoch) (float64, bool) { return value(of(e)), of(e).N > 0 && keep(of(e)) })
			if i < 10 { // the chart dots the lines beyond its ten colours by their place
				l.Color = i + 1
			}
			lines = append(lines, l)
		}
		return panel(title, "nats per example", lines...)
	}
	all := func(vi.Record) bool { return true }
	split := func(r vi.Record) bool { return len(r.KLPerDim) > 0 }
	return charted(
		overlay("Bound", ofValid, bound, all),
		overlay("Reconstruction, E ln p(x|z)", ofValid, reconstruction, split),
		overlay("KL to the prior", ofValid, divergence, split),
		overlay("Bound on the training data", ofTrain, bound, all))
}

// clean makes a name fit for a terminal and a table: control characters, which could move the
// cursor or split a cell, become spaces.
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, name)
}

// column is one column of the table.
type column struct {
	head string
	cell func(r CompareInput) (text string, ok bool)
}

var columns = []column{
	{"bound", func(r CompareInput) (string, bool) { return "−" + kindOf(r.Record), r.Record.N > 0 }},
	{"nats", func(r CompareInput) (string, bool) { return number(-r.Record.Bound, 2), r.Record.N > 0 }},
	{"± data", func(r CompareInput) (string, bool) { return number(r.Record.DataStdErr, 2), r.Record.N > 0 }},
	{"−rec.", func(r CompareInput) (string, bool) { return number(-r.Record.Reconstruction, 2), r.Record.N > 0 }},
	{"KL", func(r CompareInput) (string, bool) { return number(r.Record.KL, 2), len(r.Record.KLPerDim) > 0 }},
	{"−ln p(x)", func(r CompareInput) (string, bool) {
		if r.NLL == nil || r.NLL.N == 0 {
			return "", false
		}
		return fmt.Sprintf("%s (K=%d)", number(r.NLL.NLL, 2), r.NLL.K), true
	}},
	{"in use", func(r CompareInput) (string, bool) {
		return fmt.Sprintf("%d/%d", r.Telemetry.ActiveUnits, r.Telemetry.Latent), r.Telemetry.Latent > 0 && len(r.Record.KLPerDim) > 0
	}},
	{"epochs", func(r CompareInput) (string, bool) { return strconv.Itoa(len(r.History)), len(r.History) > 0 }},
	{"best", func(r CompareInput) (string, bool) {
		best := bestEpoch(r.History)
		if best < 0 {
			return "", false
		}
		return strconv.Itoa(r.History[best].Epoch), true
	}},
	{"rows", func(r CompareInput) (string, bool) { return strconv.Itoa(r.Record.N), r.Record.N > 0 }},
}

// compareTable prints one line a run.
func compareTable(w io.Writer, runs []CompareInput) error {
	var buf strings.Builder
	tw := tabwriter.NewWriter(&buf, 0, 0, 2, ' ', tabwriter.AlignRight)
	width := 0
	for _, r := range runs {
		width = max(width, len([]rune(clean(r.Name))))
	}
	pad := func(name string) string { return name + strings.Repeat(" ", max(0, width-len([]rune(name)))) }
	fmt.Fprint(tw, pad("run"), "\t")
	for _, c := range columns {
		fmt.Fprint(tw, c.head, "\t")
	}
	fmt.Fprintln(tw)
	for _, r := range runs {
		fmt.Fprint(tw, pad(clean(r.Name)), "\t")
		for _, c := range columns {
			text, ok := c.cell(r)
			if !ok {
				text = "–"
			}
			fmt.Fprint(tw, text, "\t")
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	for line := range strings.Lines(buf.String()) {
		if _, err := io.WriteString(w, strings.TrimPrefix(line, "  ")); err != nil { // the gap before the first column
			return fmt.Errorf("report: compare: %w", err)
		}
	}
	if _, err := fmt.Fprintln(w, compareNote(runs)); err != nil {
		return fmt.Errorf("report: compare: %w", err)
	}
	return nil
}

// compareNote names the best run, or says why there is none.
func compareNote(runs []CompareInput) string {
	const scale = "Test data, nats, sum over dimensions, mean over rows, at β = 1; smaller is better."
	first := runs[0]
	var differ []string
	for _, c := range []struct {
		what string
		of   func(CompareInput) string
	}{
		{"bound", func(r CompareInput) string { return kindOf(r.Record) }},
		{"data", func(r CompareInput) string { return r.Data }},
		{"binarisation", func(r CompareInput) string { return r.Binarization }},
		{"number of rows", func(r CompareInput) string { return strconv.Itoa(r.Record.N) }},
	} {
		for _, r := range runs {
			if c.of(r) != c.of(first) {
				differ = append(differ, c.what)
				break
			}
		}
	}
	if len(differ) > 0 {
		return scale + "\nThe runs differ in " + strings.Join(differ, ", ") + ", so these figures cannot be ranked."
	}
	best := -1
	for i, r := range runs {
		if r.Record.N > 0 && !math.IsNaN(r.Record.Bound) && (best < 0 || r.Record.Bound > runs[best].Record.Bound) {
			best = i
		}
	}
	if best < 0 || len(runs) == 1 {
		return scale
	}
	return scale + "\nBest: " + clean(runs[best].Name)
}
