package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
)

// metric is something that can be measured of a run.
type metric struct {
	name  string
	needs string                                                  // what: a bound, factors, labels or samples
	means string                                                  // one line, what it tells
	lacks func(*subject) string                                   // why it cannot be had; "" if it can
	of    func(ctx context.Context, s *subject) ([]figure, error) // measures
}

// metrics are all that there are, in the order of the table; each family adds its own.
var metrics = slices.Concat(boundMetrics, factorMetrics, labelMetrics, sampleMetrics)

// figure is one number of a metric.
type figure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Lo    *float64 `json:"lo,omitempty"` // 95 % interval, where there is one
	Hi    *float64 `json:"hi,omitempty"`
	Note  string   `json:"note,omitempty"` // how it was measured
}

// within gives a figure an interval.
func (f figure) within(lo, hi float64) figure {
	f.Lo, f.Hi = &lo, &hi
	return f
}

// measured is what a metric of a run came to.
type measured struct {
	Name    string   `json:"name"`
	Figures []figure `json:"figures,omitempty"`
	LeftOut string   `json:"left_out,omitempty"` // why there are no figures
}

// metricNames lists the metrics.
func metricNames() []string {
	var out []string
	for _, m := range metrics {
		out = append(out, m.name)
	}
	return out
}

// metricHelp describes the metrics, one a line.
func metricHelp() string {
	var b strings.Builder
	for _, m := range metrics {
		fmt.Fprintf(&b, "  %-17s %-9s %s\n", m.name, m.needs, m.means)
	}
	return b.String()
}

// parseMetrics returns the metrics of a list of names; "all" is all of them.
func parseMetrics(list []string) ([]metric, error) {
	if slices.Contains(list, "all") {
		if len(list) > 1 {
			return nil, misusef("--metrics: got %s, want all, or names", strings.Join(list, ","))
		}
		return metrics, nil
	}
	var out []metric
	for _, name := range list {
		i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
		if i < 0 {
			return nil, misusef("--metrics: got %q, want all or some of %s", name, strings.Join(metricNames(), ", "))
		}
		if slices.ContainsFunc(out, func(m metric) bool { return m.name == name }) {
			return nil, misusef("--metrics: got %s twice", name)
		}
		out = append(out, metrics[i])
	}
	return out, nil
}

// takeMetrics takes the metrics of a run. One that cannot be had says why.
func takeMetrics(ctx context.Context, run *train.Run, chosen []metric, seed uint64) ([]measured, error) {
	s := &subject{run: run, key: rng.New(seed).Named("metrics")}
	var out []measured
	for _, m := range chosen {
		r := measured{Name: m.name, LeftOut: m.lacks(s)}
		if r.LeftOut == "" {
			var err error
			if r.Figures, err = m.of(ctx, s); err != nil {
				return nil, fmt.Errorf("metric %s: %w", m.name, err)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// checkMetrics checks --metrics, beside which the flags of the usual figures mean nothing.
func (f *evalFlags) checkMetrics(set func(string) bool) error {
	for _, name := range []string{"k", "samples", "rows", "every", "ais", "verify"} {
		if set(name) {
			return misusef("got --metrics with --%s, which belongs to the figures without it", name)
		}
	}
	if len(f.metrics) == 0 {
		return misusef("--metrics: got none, want all or some of %s", strings.Join(metricNames(), ", "))
	}
	_, err := parseMetrics(f.metrics)
	return err
}

// evalMetrics is `elbo eval --metrics`.
func (f *evalFlags) evalMetrics(ctx context.Context, out io.Writer, m *elbo.Model) error {
	chosen, err := parseMetrics(f.metrics)
	if err != nil {
		return err
	}
	if _, err := m.Rows(ctx, "test"); err != nil { // opens the data
		return err
	}
	run := m.Run()
	got, err := takeMetrics(ctx, run, chosen, f.config.Seed)
	if err != nil {
		return err
	}
	if f.json {
		return indented(out, struct {
			Run        string     `json:"run"`
			Model      string     `json:"model"`
			Data       string     `json:"data"`
			Checkpoint string     `json:"checkpoint"`
			Epoch      int        `json:"epoch"`
			Metrics    []measured `json:"metrics"`
		}{run.Dir, run.Config.Model, run.Config.Data, f.checkpoint, run.State.Epoch, got})
	}
	if !f.quiet {
		fmt.Fprintf(out, "%s: %s on %s, %s checkpoint (epoch %d)\n", run.Dir, run.Config.Model, run.Config.Data, f.checkpoint, run.State.Epoch)
	}
	return printMetrics(out, got)
}

// printMetrics prints the table of figures, and below it what was left out and why.
func printMetrics(w io.Writer, got []measured) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "metric\tfigure\tvalue\t95 % interval\tof")
	var missing []string
	for _, m := range got {
		if m.LeftOut != "" {
			missing = append(missing, fmt.Sprintf("left out  %s: %s", m.Name, m.LeftOut))
		}
		for _, f := range m.Figures {
			interval := ""
			if f.Lo != nil && f.Hi != nil {
				interval = fmt.Sprintf("%.4g to %.4g", *f.Lo, *f.Hi)
			}
			fmt.Fprintf(tw, "%s\t%s\t%.4g\t%s\t%s\n", m.Name, f.Name, f.Value, interval, f.Note)
		}
	}
	if len(missing) < len(got) {
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	for _, line := range missing {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
