package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/atomicfile"
)

// scoreSeries are the flags of series.
type scoreSeries struct {
	series    string
	columns   []string
	stride    int
	aggregate string
}

// bindSeries adds the flags.
func (f *scoreSeries) bindSeries(cmd *cobra.Command) {
	f.stride, f.aggregate = 1, "mean"
	cmd.Flags().StringVar(&f.series, "series", "", "`file` of a series, one row a point of time, which is cut into windows as long as the model's rows")
	cmd.Flags().StringSliceVar(&f.columns, "column", nil, "`columns` of the series that the windows hold (default: all that are numbers)")
	cmd.Flags().IntVar(&f.stride, "stride", f.stride, "`points` from one window to the next")
	cmd.Flags().StringVar(&f.aggregate, "aggregate", f.aggregate, "score of a point: `mean` or max of the windows that hold it")
	completeFlag(cmd, "aggregate", func() []string { return []string{"mean", "max"} })
}

// checkSeries checks the flags.
func (f *scoreSeries) checkSeries(cmd *cobra.Command, in string, test bool) error {
	set := cmd.Flags().Changed
	switch {
	case f.series == "" && (set("column") || set("stride") || set("aggregate")):
		return misusef("got --column, --stride or --aggregate without --series, want a series")
	case f.series != "" && (in != "" || test):
		return misusef("got --series with --in or --test, want one of them")
	case f.series != "" && (set("maps") || set("masks")):
		return misusef("got --series with --maps or --masks, which are of images")
	case f.stride < 1:
		return misusef("--stride: got %d, want at least 1", f.stride)
	case f.aggregate != "mean" && f.aggregate != "max":
		return misusef("--aggregate: got %q, want mean or max", f.aggregate)
	}
	return nil
}

// seriesResult is what one score gave of a series.
type seriesResult struct {
	Score     string       `json:"score"`
	Threshold float64      `json:"threshold"`
	Source    string       `json:"source"`
	Flagged   int          `json:"flagged"` // points
	AUROC     *float64     `json:"auroc,omitempty"`
	Alarms    *eval.Alarms `json:"alarms,omitempty"`

	points []float64
}

// seriesSummary is what `elbo score --series` reports besides the points.
type seriesSummary struct {
	Points  int            `json:"points"`
	Windows int            `json:"windows"`
	Length  int            `json:"length"` // of a window
	Scores  []seriesResult `json:"scores"`
	File    string         `json:"file,omitempty"`
}

// readSeries reads the points of a series, with the classes of --label if it has that column.
func (f *scoreFlags) readSeries() (*data.Set, error) {
	opt := data.ReadOptions{Label: f.label}
	for _, c := range f.columns {
		opt.Columns = append(opt.Columns, data.Column{Name: c, Scale: 1})
	}
	s, _, err := data.ReadFile(f.series, opt)
	var format *data.FormatError
	switch {
	case !errors.As(err, &format):
	case format.Field == "stored standardisation":
		return nil, misusef("--column: %s: %s", f.series, format.Msg)
	case len(f.columns) == 0:
		return nil, fmt.Errorf("%w; name the columns of numbers with --column", err)
	}
	return s, err
}

// scorePoints scores the windows of a series, and prints points and summary.
func (f *scoreFlags) scorePoints(ctx context.Context, io streams, m *elbo.Model) error {
	s, err := f.readSeries()
	if err != nil {
		return err
	}
	if m.Dim()%s.Dim() != 0 {
		return fmt.Errorf("%s: got %d columns, want a number that divides the %d values of the model's rows; choose them with --column", f.series, s.Dim(), m.Dim())
	}
	truth, err := f.positives(s)
	if err != nil {
		return err
	}
	length := m.Dim() / s.Dim()
	windows, starts, err := data.Windows(s, length, f.stride)
	if err != nil {
		return fmt.Errorf("%s: %w", f.series, err)
	}
	rows, err := m.RowsOf(windows)
	if err != nil {
		return err
	}
	scorers, err := f.scorers(ctx, m)
	if err != nil {
		return err
	}
	normal, err := f.normalRows(ctx, m)
	if err != nil {
		return err
	}
	sum := seriesSummary{Points: s.Len(), Windows: len(starts), Length: length, File: f.out}
	for _, sc := range scorers {
		r := scoreResult{Score: sc.Score.Name}
		if r.scores, err = sc.Rows(ctx, rows); err != nil {
			return err
		}
		if f.fixed {
			r.Threshold, r.Source = f.threshold, "--threshold"
		} else if err := f.calibrate(ctx, sc, normal, &r); err != nil {
			return err
		}
		out, err := f.byPoint(r, starts, length, s.Len(), truth)
		if err != nil {
			return err
		}
		sum.Scores = append(sum.Scores, out)
	}
	return f.reportSeries(io, s, &sum)
}

// byPoint turns the scores of windows into those of points, and compares them with the truth.
func (f *scoreFlags) byPoint(r scoreResult, starts []int, length, n int, truth []bool) (out seriesResult, err error) {
	out = seriesResult{Score: r.Score, Threshold: r.Threshold, Source: r.Source}
	if out.points, err = eval.PointScores(r.scores, starts, length, n, f.aggregate == "max"); err != nil {
		return out, err
	}
	flags := make([]bool, n)
	for i, v := range out.points {
		if flags[i] = v > r.Threshold; flags[i] {
			out.Flagged++
		}
	}
	if truth == nil {
		return out, nil
	}
	a, err := eval.MatchAlarms(flags, truth)
	if err != nil {
		return out, err
	}
	out.Alarms = &a
	if f.stride > length {
		return out, nil // some points lie in no window
	}
	area, err := eval.AUROC(out.points, truth)
	out.AUROC = &area
	return out, err
}

// text is the summary for people.
func (s *seriesSummary) text() string {
	var b strings.Builder
	if s.File != "" {
		fmt.Fprintf(&b, "%s: %d %s\n", s.File, s.Points, plural(s.Points, "point"))
	}
	for _, r := range s.Scores {
		fmt.Fprintf(&b, "%d of %d points flagged (%.1f %%): score %s above %.4f, from %s, in %d windows of %d points\n",
			r.Flagged, s.Points, 100*float64(r.Flagged)/float64(s.Points), r.Score, r.Threshold, r.Source, s.Windows, s.Length)
		a := r.Alarms
		if a == nil {
			continue
		}
		fmt.Fprintf(&b, "  events: %.0f of %d found, %d of %d alarms false; points: precision %.3f, recall %.3f, F1 %.3f",
			a.EventRecall*float64(a.Events), a.Events, a.False, a.Stretches, a.Precision, a.Recall, a.F1)
		if r.AUROC != nil {
			fmt.Fprintf(&b, ", AUROC %.4f", *r.AUROC)
		}
		fmt.Fprintf(&b, "\n  point-adjusted F1 %.3f: it counts the whole of an event that one point of was flagged, and so pays for chance\n", a.Adjusted.F1)
	}
	return b.String()
}

// reportSeries writes the points as report does the rows.
func (f *scoreFlags) reportSeries(streams streams, s *data.Set, sum *seriesSummary) error {
	lines := f.json
	if f.out != "" {
		lines = strings.EqualFold(filepath.Ext(f.out), ".jsonl")
	}
	write := func(w io.Writer) error { return writePoints(w, s, sum.Scores, lines) }
	if f.out == "" {
		if err := write(streams.out); err != nil || f.quiet {
			return err
		}
		_, err := io.WriteString(streams.err, sum.text())
		return err
	}
	err := atomicfile.WriteFile(f.out, write)
	switch {
	case err != nil:
		return err
	case f.json:
		return json.NewEncoder(streams.out).Encode(sum)
	case f.quiet:
		return nil
	}
	_, err = io.WriteString(streams.out, sum.text())
	return err
}

// writePoints writes the scores of points as CSV or JSON lines; a point that no window holds has none.
func writePoints(w io.Writer, s *data.Set, results []seriesResult, lines bool) error {
	type cell struct {
		Score float64 `json:"score"`
		Flag  bool    `json:"flag"`
	}
	type line struct {
		Point  int             `json:"point"`
		Scores map[string]cell `json:"scores"`
		Label  string          `json:"label,omitempty"`
	}
	enc, cw := json.NewEncoder(w), csv.NewWriter(w)
	if !lines {
		head := []string{"point"}
		for _, r := range results {
			head = append(head, r.Score, r.Score+" flag")
		}
		if s.Labels != nil {
			head = append(head, "label")
		}
		if err := cw.Write(head); err != nil {
			return err
		}
	}
	for i := range s.Len() {
		out, rec := line{i, map[string]cell{}, className(s, i)}, []string{strconv.Itoa(i)}
		for _, r := range results {
			v := r.points[i]
			if v == v { // not NaN
				out.Scores[r.Score] = cell{v, v > r.Threshold}
				rec = append(rec, strconv.FormatFloat(v, 'g', -1, 64), strconv.FormatBool(v > r.Threshold))
			} else {
				rec = append(rec, "", "")
			}
		}
		if lines {
			if err := enc.Encode(out); err != nil {
				return err
			}
			continue
		}
		if s.Labels != nil {
			rec = append(rec, out.Label)
		}
		if err := cw.Write(slices.Clip(rec)); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}
