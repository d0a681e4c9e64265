package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/rng"
)

func init() { commands = append(commands, newScore) }

// scoreFlags are the flags of `elbo score`.
type scoreFlags struct {
	runFlags
	in, kind, normal, positive string
	test                       bool
	fpr, threshold             float64
	fixed                      bool // --threshold was given
}

// newScore builds `elbo score`.
func newScore(io streams) *cobra.Command {
	f := scoreFlags{fpr: .05}
	cmd := &cobra.Command{
		Use:   "score RUN",
		Short: "Find rows that are strange to a model",
		Long: `Give each row a score, larger for stranger ones, and flag those above a threshold.

The threshold is the split-conformal quantile of the scores of normal rows that were not
trained on: the run's validation rows, or those of --normal. A new normal row is then
flagged with probability at most --fpr. With --positive and labels, the area under the
ROC curve is reported; rows of those classes do not calibrate the threshold.`,
		Example: "  elbo score runs/vae-digits-001 --test --fpr 0.01\n  elbo score runs/vae-table-001 --in new.csv --normal held-out.csv --out scores.csv",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.fixed = cmd.Flags().Changed("threshold")
			if err := f.check(cmd); err != nil {
				return err
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			return f.score(cmd.Context(), io, m)
		},
	}
	f.bind(cmd, "data", "seed", "label")
	outFlag(cmd, &f.out, "`file` to write the scores to: .csv or .jsonl")
	bindInput(cmd, &f.in, &f.test)
	cmd.Flags().StringVar(&f.kind, "kind", "", "`score`: "+oneOf(elbo.ScoreKinds)+" (default: elbo, or reconstruction for a model without a bound)")
	completeFlag(cmd, "kind", func() []string { return elbo.ScoreKinds })
	cmd.Flags().Float64Var(&f.fpr, "fpr", f.fpr, "false-positive `rate` that the threshold keeps")
	cmd.Flags().StringVar(&f.normal, "normal", "", "`file` of normal rows that calibrate the threshold (default: the run's validation rows)")
	cmd.Flags().Float64Var(&f.threshold, "threshold", 0, "`score` above which a row is flagged, in place of calibration")
	cmd.Flags().StringVar(&f.positive, "positive", "", "`classes` that are truly strange, such as 1 or 3,5")
	return cmd
}

// check checks the flags.
func (f *scoreFlags) check(cmd *cobra.Command) error {
	if err := oneInput(f.in, f.test); err != nil {
		return err
	}
	switch set := cmd.Flags().Changed; {
	case f.kind != "" && !slices.Contains(elbo.ScoreKinds, f.kind):
		return misusef("--kind: got %q, want %s", f.kind, oneOf(elbo.ScoreKinds))
	case !(f.fpr > 0 && f.fpr < 1):
		return misusef("--fpr: got %v, want a value strictly between 0 and 1", f.fpr)
	case f.fixed && (set("normal") || set("fpr")):
		return misusef("got --threshold with --fpr or --normal, want one way to the threshold")
	case f.fixed && (math.IsNaN(f.threshold) || math.IsInf(f.threshold, 0)):
		return misusef("--threshold: got %v, want a finite number", f.threshold)
	}
	return f.checkOut(".csv", ".jsonl")
}

// scoreSummary is what `elbo score` reports besides the rows.
type scoreSummary struct {
	Kind        string      `json:"kind"`
	Rows        int         `json:"rows"`
	Flagged     int         `json:"flagged"`
	Threshold   float64     `json:"threshold"`
	FPR         float64     `json:"fpr,omitempty"`         // that the threshold keeps
	Calibration int         `json:"calibration,omitempty"` // normal rows behind the threshold
	Source      string      `json:"source"`                // of the threshold
	AUROC       *float64    `json:"auroc,omitempty"`
	Interval    *[2]float64 `json:"auroc_interval,omitempty"` // 95 %, bootstrap
	Positive    int         `json:"positive,omitempty"`       // rows of the positive classes
	File        string      `json:"file,omitempty"`
}

// score scores the input, and prints rows and summary.
func (f *scoreFlags) score(ctx context.Context, io streams, m *elbo.Model) error {
	if f.kind == "" {
		f.kind = elbo.ScoreELBO
		if !m.Run().Net.Can()["bound"] {
			f.kind = elbo.ScoreReconstruction
		}
	}
	input, err := f.input(ctx, m, f.in, "")
	if err != nil {
		return err
	}
	positive, err := f.positives(input)
	if err != nil {
		return err
	}
	scores, err := m.Score(ctx, input.Rows(), f.kind)
	if err != nil {
		return err
	}
	s := scoreSummary{Kind: f.kind, Rows: len(scores), File: f.out}
	if err := f.calibrate(ctx, m, &s); err != nil {
		return err
	}
	for _, v := range scores {
		if v > s.Threshold {
			s.Flagged++
		}
	}
	if positive != nil {
		if err := s.rank(scores, positive, rng.New(f.config.Seed)); err != nil {
			return err
		}
	}
	return f.report(io, input, scores, &s)
}

// strange are the classes of --positive.
func (f *scoreFlags) strange() []string {
	classes := strings.Split(f.positive, ",")
	for i, c := range classes {
		classes[i] = strings.TrimSpace(c)
	}
	return classes
}

// positives tells which rows belong to the classes of --positive; nil without it.
func (f *scoreFlags) positives(s *data.Set) ([]bool, error) {
	if f.positive == "" {
		return nil, nil
	}
	if s.Labels == nil {
		return nil, misusef("--positive %s: the input has no labels; name their column with --label", f.positive)
	}
	classes := f.strange()
	for _, c := range classes {
		if !slices.Contains(s.Classes, c) {
			return nil, misusef("--positive: class: got %q, want some of %s", c, strings.Join(s.Classes, ", "))
		}
	}
	out := make([]bool, s.Len())
	for i, l := range s.Labels {
		out[i] = slices.Contains(classes, s.Classes[l])
	}
	if !slices.Contains(out, true) || !slices.Contains(out, false) {
		return nil, misusef("--positive %s: got rows of one kind alone, want both those classes and others", f.positive)
	}
	return out, nil
}

// calibrate finds the threshold.
func (f *scoreFlags) calibrate(ctx context.Context, m *elbo.Model, s *scoreSummary) error {
	if f.fixed {
		s.Threshold, s.Source = f.threshold, "--threshold"
		return nil
	}
	normal, err := f.normalRows(ctx, m)
	if err != nil {
		return err
	}
	s.FPR, s.Calibration, s.Source = f.fpr, normal.Len(), "validation rows of the run"
	if f.normal != "" {
		s.Source = f.normal
	}
	s.Threshold, err = m.Threshold(ctx, normal.Rows(), f.kind, f.fpr)
	if err != nil {
		return fmt.Errorf("%w; raise --fpr, or give more rows with --normal", err)
	}
	return nil
}

// normalRows are the rows that calibrate: those of --normal or of validation, without the
// positive classes.
func (f *scoreFlags) normalRows(ctx context.Context, m *elbo.Model) (*data.Set, error) {
	if f.normal != "" {
		return readRows(m, f.normal, f.label)
	}
	s, err := m.Rows(ctx, "valid")
	if err != nil {
		return nil, fmt.Errorf("%w; or give normal rows with --normal, or the threshold with --threshold", err)
	}
	if f.positive == "" || s.Labels == nil {
		return s, nil
	}
	strange := f.strange()
	var keep []int
	for i, l := range s.Labels {
		if !slices.Contains(strange, s.Classes[l]) {
			keep = append(keep, i)
		}
	}
	return s.Select(keep), nil
}

// resamples is the size of the bootstrap behind the interval.
const resamples = 1000

// rank measures how well the scores tell positive rows from the others.
func (s *scoreSummary) rank(scores []float64, positive []bool, key rng.Key) error {
	area, err := eval.AUROC(scores, positive)
	if err != nil {
		return err
	}
	lo, hi, err := eval.AUROCInterval(scores, positive, key.Named("bootstrap"), resamples, .95)
	if err != nil {
		return err
	}
	s.AUROC, s.Interval = &area, &[2]float64{lo, hi}
	for _, p := range positive {
		if p {
			s.Positive++
		}
	}
	return nil
}

// scoredRow is one line of the scores.
type scoredRow struct {
	Row   int     `json:"row"`
	Score float64 `json:"score"`
	Flag  bool    `json:"flag"`
	Label string  `json:"label,omitempty"`
}

// report writes the rows to --out or the standard output, and the summary to the standard
// output or, where the rows are there, to the error stream.
func (f *scoreFlags) report(streams streams, input *data.Set, scores []float64, s *scoreSummary) error {
	rows := make([]scoredRow, len(scores))
	for i, v := range scores {
		rows[i] = scoredRow{Row: i, Score: v, Flag: v > s.Threshold}
		if input.Labels != nil {
			rows[i].Label = input.Classes[input.Labels[i]]
		}
	}
	if f.out == "" {
		if err := writeScores(streams.out, rows, input.Labels != nil, f.json); err != nil {
			return err
		}
		if f.quiet {
			return nil
		}
		_, err := io.WriteString(streams.err, s.text())
		return err
	}
	lines := strings.EqualFold(filepath.Ext(f.out), ".jsonl")
	err := atomicfile.WriteFile(f.out, func(w io.Writer) error { return writeScores(w, rows, input.Labels != nil, lines) })
	switch {
	case err != nil:
		return err
	case f.json:
		return json.NewEncoder(streams.out).Encode(s)
	case f.quiet:
		return nil
	}
	_, err = io.WriteString(streams.out, s.text())
	return err
}

// text is the summary for people.
func (s *scoreSummary) text() string {
	out := fmt.Sprintf("%d of %d rows flagged (%.1f %%): score %s above %.4f nats, from %s",
		s.Flagged, s.Rows, 100*float64(s.Flagged)/float64(s.Rows), s.Kind, s.Threshold, s.Source)
	if s.Calibration > 0 {
		out += fmt.Sprintf(" (n = %d, false positives at most %g %%)", s.Calibration, 100*s.FPR)
	}
	if s.AUROC != nil {
		out += fmt.Sprintf("\nAUROC %.4f, 95 %% bootstrap interval %.4f to %.4f, %d positive of %d rows", *s.AUROC, s.Interval[0], s.Interval[1], s.Positive, s.Rows)
	}
	if s.File != "" {
		out = fmt.Sprintf("%s: %d %s\n%s", s.File, s.Rows, plural(s.Rows, "row"), out)
	}
	return out + "\n"
}

// writeScores writes rows as CSV or JSON lines.
func writeScores(w io.Writer, rows []scoredRow, labels, lines bool) error {
	if lines {
		enc := json.NewEncoder(w)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	cw := csv.NewWriter(w)
	head := []string{"row", "score", "flag"}
	if labels {
		head = append(head, "label")
	}
	if err := cw.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		rec := []string{strconv.Itoa(r.Row), strconv.FormatFloat(r.Score, 'g', -1, 64), strconv.FormatBool(r.Flag)}
		if labels {
			rec = append(rec, r.Label)
		}
		if err := cw.Write(rec); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}
