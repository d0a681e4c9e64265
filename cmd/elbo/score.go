package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/anomaly"
	"github.com/elbo-go/elbo/internal/rng"
)

func init() { commands = append(commands, newScore) }

// scoreFlags are the flags of `elbo score`.
type scoreFlags struct {
	runFlags
	scoreMaps
	scoreSeries
	in, names, normal, positive string
	test                        bool
	fpr, threshold              float64
	fixed                       bool // --threshold was given
	draws, weights, resamples   int
	batch                       int
	background                  string
	members                     []string
}

// newScore builds `elbo score`.
func newScore(io streams) *cobra.Command {
	f := scoreFlags{fpr: .05, resamples: 1000}
	cmd := &cobra.Command{
		Use:   "score RUN",
		Short: "Find rows that are strange to a model",
		Long: `Give each row a score, larger for stranger ones, a p-value, and a flag above a threshold.

The threshold is the split-conformal quantile of the scores of normal rows that were not
trained on: the run's validation rows, or those of --normal. A new normal row is then
flagged with probability at most --fpr, and has a p-value of at most a with probability
at most a. With --positive and labels, the areas under the ROC and the precision-recall
curve, the false-positive rate at 95 % and the sensitivity at 5 % are reported with
bootstrap intervals; rows of those classes do not calibrate the threshold.

The scores:
` + scoreTable() + `
--maps draws the strangest images with what is strange about them. --series cuts a series
into windows as long as the model's rows and scores each point of time.

Figures of detection are for research and are not for clinical use.`,
		Example: "  elbo score runs/vae-digits-001 --test --fpr 0.01\n" +
			"  elbo score runs/vae-table-001 --in new.csv --normal held-out.csv --out scores.csv\n" +
			"  elbo score runs/vae-phantoms-001 --test --score all --positive lesion --maps strange.png --out scores.csv\n" +
			"  elbo score runs/vae-windows-001 --series machine.csv --column value --out points.csv",
		Args: exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isEngine(args[0]) {
				return f.scoreItems(cmd, io, args[0])
			}
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
	f.bindFlags(cmd)
	return cmd
}

// bindFlags adds the flags.
func (f *scoreFlags) bindFlags(cmd *cobra.Command) {
	f.bind(cmd, "data", "seed", "label")
	outFlag(cmd, &f.out, "`file` to write the scores to: .csv or .jsonl")
	bindInput(cmd, &f.in, &f.test)
	cmd.Flags().StringVar(&f.names, "score", "", "`names` of scores, such as elbo or relative,nll, or all that are quick (default: elbo, or reconstruction for a model without a bound)")
	completeFlag(cmd, "score", func() []string { return append(anomaly.Names(), allScores) })
	cmd.Flags().Float64Var(&f.fpr, "fpr", f.fpr, "false-positive `rate` that the threshold keeps")
	cmd.Flags().StringVar(&f.normal, "normal", "", "`file` of normal rows that calibrate the threshold (default: the run's validation rows)")
	cmd.Flags().Float64Var(&f.threshold, "threshold", 0, "`score` above which a row is flagged, in place of calibration")
	cmd.Flags().StringVar(&f.positive, "positive", "", "`classes` that are truly strange, such as 1 or 3,5")
	cmd.Flags().IntVar(&f.resamples, "resamples", f.resamples, "resamples of the bootstrap behind the intervals, which keep the number of rows of either kind")
	cmd.Flags().IntVar(&f.batch, "batch", 0, "also test whether the mean score of each batch of so many `rows` is that of the calibrating rows, with elbo or nll as score (default 0: not)")
	cmd.Flags().IntVar(&f.draws, "draws", anomaly.UsualDraws, "draws of z behind a bound")
	cmd.Flags().IntVar(&f.weights, "weights", anomaly.UsualWeights, "importance weights of the score nll")
	cmd.Flags().StringVar(&f.background, "background", "", "`run` of the background model of the score ratio")
	cmd.Flags().StringSliceVar(&f.members, "members", nil, "`runs` of further models of the same rows, for the score waic")
	f.bindMaps(cmd)
	f.bindSeries(cmd)
}

// scoreTable lists the scores for the help.
func scoreTable() string {
	var b strings.Builder
	for _, s := range anomaly.Scores() {
		fmt.Fprintf(&b, "  %-15s%s (%s)\n", s.Name, s.Summary, s.Paper)
	}
	return b.String()
}

// allScores stands for every score that the model has.
const allScores = "all"

// scoreNames are the names of --score; nil where none was given.
func (f *scoreFlags) scoreNames() []string {
	if f.names == "" {
		return nil
	}
	names := strings.Split(f.names, ",")
	for i, n := range names {
		names[i] = strings.TrimSpace(n)
	}
	return names
}

// Limits of what may be asked for.
const (
	maxResamples = 1_000_000
	maxDraws     = 1_000_000
)

// check checks the flags.
func (f *scoreFlags) check(cmd *cobra.Command) error {
	if f.series == "" {
		if err := oneInput(f.in, f.test); err != nil {
			return err
		}
	}
	for i, n := range f.scoreNames() {
		if _, err := anomaly.Lookup(n); err != nil && n != allScores {
			return misusef("--score: got %q, want %s", n, oneOf(append(anomaly.Names(), allScores)))
		}
		if slices.Contains(f.scoreNames()[:i], n) || n == allScores && len(f.scoreNames()) > 1 {
			return misusef("--score %s: got %s beside others, want each score once, or all alone", f.names, n)
		}
	}
	switch set := cmd.Flags().Changed; {
	case !(f.fpr > 0 && f.fpr < 1):
		return misusef("--fpr: got %v, want a value strictly between 0 and 1", f.fpr)
	case f.fixed && (set("normal") || set("fpr")):
		return misusef("got --threshold with --fpr or --normal, want one way to the threshold")
	case f.fixed && (math.IsNaN(f.threshold) || math.IsInf(f.threshold, 0)):
		return misusef("--threshold: got %v, want a finite number", f.threshold)
	case f.fixed && (len(f.scoreNames()) > 1 || f.names == allScores):
		return misusef("--threshold: got several scores, want one: each has a unit of its own")
	case f.resamples < 1 || f.resamples > maxResamples:
		return misusef("--resamples: got %d, want 1 to %d", f.resamples, maxResamples)
	case f.batch < 0 || f.batch > 0 && (f.fixed || f.series != ""):
		return misusef("--batch: got %d, want at least 1 row, without --threshold and --series", f.batch)
	case f.draws < 1 || f.draws > maxDraws || f.weights < 1 || f.weights > maxDraws:
		return misusef("--draws, --weights: got %d and %d, want 1 to %d", f.draws, f.weights, maxDraws)
	}
	if err := f.checkMaps(cmd); err != nil {
		return err
	}
	if err := f.checkSeries(cmd, f.in, f.test); err != nil {
		return err
	}
	return f.checkOut(".csv", ".jsonl")
}

// scorers prepares the scores that were asked for.
func (f *scoreFlags) scorers(ctx context.Context, m *elbo.Model) ([]*elbo.Scorer, error) {
	opts := []elbo.ScoreOption{elbo.Drawing(f.draws, f.weights)}
	if f.background != "" {
		back, err := f.open(f.background)
		if err != nil {
			return nil, fmt.Errorf("--background: %w", err)
		}
		opts = append(opts, elbo.Against(back))
	}
	var others []*elbo.Model
	for _, dir := range f.members {
		o, err := f.open(dir)
		if err != nil {
			return nil, fmt.Errorf("--members: %w", err)
		}
		others = append(others, o)
	}
	names := f.scoreNames()
	switch opts = append(opts, elbo.Among(others...)); {
	case f.names == allScores:
		all, err := m.Scores(opts...)
		if err != nil {
			return nil, err
		}
		names = nil
		for _, s := range all {
			if !s.Slow {
				names = append(names, s.Name)
			}
		}
	case len(names) == 0 && m.Run().Net.Can()["bound"]:
		names = []string{elbo.ScoreELBO}
	case len(names) == 0:
		names = []string{elbo.ScoreReconstruction}
	}
	var out []*elbo.Scorer
	for _, n := range names {
		if err := f.lacks(n); err != nil {
			return nil, err
		}
		s, err := m.Scorer(ctx, n, opts...)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// lacks names the flag that a score cannot do without.
func (f *scoreFlags) lacks(name string) error {
	score, err := anomaly.Lookup(name)
	switch {
	case err != nil:
		return err
	case score.Wants(anomaly.NeedsBackground) && f.background == "":
		return misusef("--score %s: --background RUN is missing", name)
	case score.Wants(anomaly.NeedsMembers) && len(f.members) == 0:
		return misusef("--score %s: --members RUN,… is missing", name)
	}
	return nil
}

// score scores the input, and prints rows and summary.
func (f *scoreFlags) score(ctx context.Context, io streams, m *elbo.Model) error {
	if f.series != "" {
		return f.scorePoints(ctx, io, m)
	}
	input, err := f.input(ctx, m, f.in, "")
	if err != nil {
		return err
	}
	positive, err := f.positives(input)
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
	rows, err := m.RowsOf(input)
	if err != nil {
		return err
	}
	sum := scoreSummary{Rows: input.Len(), File: f.out}
	for i, s := range scorers {
		r, err := f.scoreOne(ctx, s, rows, normal, positive, rng.New(f.config.Seed).Named("bootstrap"))
		if err != nil {
			return err
		}
		sum.Scores = append(sum.Scores, r)
		if i == 0 && f.maps != "" {
			if sum.Maps, err = f.drawMaps(ctx, m, input, r.scores); err != nil {
				return err
			}
		}
	}
	if sum.Pixels, err = f.pixels(ctx, m, input, rows); err != nil {
		return err
	}
	f.noteUnread(io.err, sum.Pixels != nil)
	return f.report(io, input, &sum)
}

// scoreOne scores the input by one score.
func (f *scoreFlags) scoreOne(ctx context.Context, s *elbo.Scorer, rows, normal [][]float32, positive []bool, key rng.Key) (r scoreResult, err error) {
	r = scoreResult{Score: s.Score.Name}
	if r.scores, err = s.Rows(ctx, rows); err != nil {
		return r, err
	}
	if f.fixed {
		r.Threshold, r.Source = f.threshold, "--threshold"
	} else if err := f.calibrate(ctx, s, normal, &r); err != nil {
		return r, err
	}
	for _, v := range r.scores {
		if v > r.Threshold {
			r.Flagged++
		}
	}
	if positive != nil {
		d, err := eval.Detect(r.scores, positive, key, f.resamples, .95)
		if err != nil {
			return r, fmt.Errorf("score %s: %w", r.Score, err)
		}
		r.Detection = &d
	}
	return r, nil
}

// strange are the classes of --positive.
func (f *scoreFlags) strange() []string {
	classes := strings.Split(f.positive, ",")
	for i, c := range classes {
		classes[i] = strings.TrimSpace(c)
	}
	return classes
}

// className is the class of a row, "" where it is not known.
func className(s *data.Set, i int) string {
	if s.Labels == nil || s.Labels[i] < 0 {
		return ""
	}
	return s.Classes[s.Labels[i]]
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
	for i := range s.Labels {
		out[i] = slices.Contains(classes, className(s, i))
	}
	if !slices.Contains(out, true) || !slices.Contains(out, false) {
		return nil, misusef("--positive %s: got rows of one kind alone, want both those classes and others", f.positive)
	}
	return out, nil
}

// calibrate finds the threshold and the p-values.
func (f *scoreFlags) calibrate(ctx context.Context, s *elbo.Scorer, normal [][]float32, r *scoreResult) error {
	r.FPR, r.Calibration, r.Source = f.fpr, len(normal), "validation rows of the run"
	if f.normal != "" {
		r.Source = f.normal
	}
	scores, err := s.Calibration(ctx, normal)
	if err != nil {
		return fmt.Errorf("%w; these are the rows that calibrate the threshold", err)
	}
	if r.Threshold, err = eval.ConformalThreshold(scores, f.fpr); err != nil {
		return fmt.Errorf("%w; raise --fpr, or give more rows with --normal", err)
	}
	if r.p, err = eval.ConformalPValues(scores, r.scores); err != nil || f.batch == 0 || f.series != "" {
		return err
	}
	p, err := eval.TypicalBatches(scores, r.scores, f.batch, f.resamples, rng.New(f.config.Seed).Named("batches"))
	r.Batches = &batchResult{Rows: f.batch, P: p}
	return err
}

// normalRows are the rows that calibrate: those of --normal or of validation, without the
// positive classes, as the model takes them; nil where the threshold is given.
func (f *scoreFlags) normalRows(ctx context.Context, m *elbo.Model) ([][]float32, error) {
	if f.fixed {
		return nil, nil
	}
	s, err := f.normalSet(ctx, m)
	if err != nil {
		return nil, err
	}
	return m.RowsOf(s)
}

// normalSet are those rows with their classes.
func (f *scoreFlags) normalSet(ctx context.Context, m *elbo.Model) (*data.Set, error) {
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
	for i := range s.Labels {
		if !slices.Contains(strange, className(s, i)) {
			keep = append(keep, i)
		}
	}
	return s.Select(keep), nil
}
