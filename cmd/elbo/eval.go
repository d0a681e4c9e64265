package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() { commands = append(commands, newEval) }

// evalFlags are the flags of `elbo eval`.
type evalFlags struct {
	runFlags
	k, samples  int
	rows, every int
	ais         int
	verify      bool
	metrics     []string
}

// newEval builds `elbo eval`.
func newEval(io streams) *cobra.Command {
	f := evalFlags{k: 500, samples: 2}
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Measure a run on its test rows",
		Long: `Print the bound at β = 1 on the test rows with its terms and errors, the KL of each latent
dimension, the signs of posterior collapse, and −ln p(x) by importance sampling with
exactly K weights a row.

The importance-sampled figure is taken over all test rows up to 1,000, beyond that over
every tenth, unless --rows or --every say otherwise. --verify checks the identities that
hold for the model and the files of the run; it fails with exit code 1 if one does not.

--metrics takes other figures instead, each with its 95 % interval where there is one, and
says why one is left out. Codes are means of q(z|x), of rows whose class is hidden. By name,
what it needs and what it tells:

` + metricHelp() + `
Of a run that predicts a target: errors, likelihood and calibration on the test rows.`,
		Example: "  elbo eval runs/vae-digits-001 --k 500 --every 10\n  elbo eval runs/vae-digits-001 --verify\n  elbo eval runs/vae-sprites-001 --metrics mig,dci\n  elbo eval runs/vae-digits-001 --metrics all --json",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isEngine(args[0]) {
				return f.evalEngine(cmd, io.out, args[0])
			}
			if err := f.check(cmd); err != nil {
				return err
			}
			if isSupervised(args[0]) {
				if len(f.metrics) > 0 {
					return fmt.Errorf("%s holds a run that predicts a target: it has none of the metrics of --metrics; leave the flag out", args[0])
				}
				return f.evalSupervised(cmd, io.out, args[0])
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			if len(f.metrics) > 0 {
				return f.evalMetrics(cmd.Context(), io.out, m)
			}
			e, err := f.evaluate(cmd.Context(), m)
			if err != nil {
				return err
			}
			if f.json {
				err = indented(io.out, e)
			} else {
				err = e.print(io.out, f.quiet)
			}
			if err != nil {
				return err
			}
			return e.verdict()
		},
	}
	f.bind(cmd, "data", "seed")
	cmd.Flags().Lookup("quiet").Usage = "print the bound alone"
	cmd.Flags().IntVar(&f.k, "k", f.k, "importance `weights` a row; 0 leaves −ln p(x) out")
	cmd.Flags().IntVar(&f.samples, "samples", f.samples, "draws of z a row for the bound")
	cmd.Flags().IntVar(&f.rows, "rows", 0, "take −ln p(x) over the first `N` test rows, which are shuffled")
	cmd.Flags().IntVar(&f.every, "every", 0, "take −ln p(x) over every `N`th test row")
	cmd.Flags().IntVar(&f.ais, "ais", 0, "also take −ln p(x) by annealing over `T` temperatures, such as 1000, which is slow and tighter")
	cmd.Flags().BoolVar(&f.verify, "verify", false, "check the identities that hold for the model, and the files of the run")
	cmd.Flags().StringSliceVar(&f.metrics, "metrics", nil, "`names` of metrics to take instead, parted by commas, or all")
	completeFlag(cmd, "metrics", func() []string { return append([]string{"all"}, metricNames()...) })
	return cmd
}

// maxImportance bounds --k: a typing mistake is likelier than a wish for more.
const maxImportance = 10_000_000

// check checks the flags.
func (f *evalFlags) check(cmd *cobra.Command) error {
	switch set := cmd.Flags().Changed; {
	case f.k < 0 || f.k > maxImportance:
		return misusef("--k: got %d, want 0 to %d", f.k, maxImportance)
	case f.samples < 1 || f.samples > 10_000:
		return misusef("--samples: got %d, want 1 to 10000", f.samples)
	case f.ais < 0 || f.ais > maxTemperatures:
		return misusef("--ais: got %d, want 0 to %d", f.ais, maxTemperatures)
	case f.ais > 0 && f.k == 0:
		return misusef("got --ais with --k 0, which leaves −ln p(x) out")
	case set("rows") && set("every"):
		return misusef("got --rows and --every, want one of them")
	case set("rows") && f.rows < 1:
		return misusef("--rows: got %d, want at least 1", f.rows)
	case set("every") && f.every < 1:
		return misusef("--every: got %d, want at least 1", f.every)
	case set("metrics"):
		return f.checkMetrics(set)
	}
	return nil
}

// evaluation is what `elbo eval` reports.
type evaluation struct {
	Run         string               `json:"run"`
	Model       string               `json:"model"`
	Data        string               `json:"data"`
	Checkpoint  string               `json:"checkpoint"`
	Epoch       int                  `json:"epoch"`
	Likelihood  string               `json:"likelihood"`
	Measure     string               `json:"measure"` // what the figures are figures of
	Test        vi.Record            `json:"test"`
	ErrorRate   *float64             `json:"error_rate,omitempty"` // share of test rows whose class is missed
	Telemetry   *vi.Telemetry        `json:"telemetry,omitempty"`
	Sensitivity []float64            `json:"sensitivity,omitempty"` // of the decoder, where there is no telemetry to hold it
	Codes       *codeUse             `json:"codes,omitempty"`       // where codes are indices
	NLL         *vi.ImportanceRecord `json:"nll,omitempty"`
	AIS         *vi.ImportanceRecord `json:"ais,omitempty"` // of the same rows
	SameRows    *vi.Record           `json:"bound_on_nll_rows,omitempty"`
	NLLNote     string               `json:"nll_note"` // the rows of NLL, or why there is none
	Checks      []check              `json:"checks,omitempty"`
}

// evaluate measures a model.
func (f *evalFlags) evaluate(ctx context.Context, m *elbo.Model) (*evaluation, error) {
	if _, err := m.Rows(ctx, "test"); err != nil {
		return nil, err
	}
	run := m.Run()
	o, err := run.Evaluate(ctx, f.samples)
	if err != nil {
		return nil, err
	}
	e := &evaluation{Run: run.Dir, Model: run.Config.Model, Data: run.Config.Data, Checkpoint: f.checkpoint,
		Epoch: run.State.Epoch, Likelihood: run.Config.Likelihood, Test: o.Test}
	lik, err := vae.LikelihoodOf(run.Config.Likelihood)
	if err != nil {
		return nil, err
	}
	gray := lik.Binary && !run.Rows.Binary()
	e.Measure = measure(run, lik, gray) + conditionText(m)
	e.ErrorRate = o.ErrorRate
	if e.Codes, err = codesOf(ctx, run); err != nil {
		return nil, err
	}
	bound := run.Net.Can()["bound"]
	if bound {
		e.Telemetry = &o.Telemetry
	} else {
		e.Sensitivity = o.Telemetry.Sensitivity
	}
	switch {
	case lik.Name == vae.Density:
		e.NLLNote = "−ln p(x) is the −log-likelihood: the model is a density of x"
	case e.Codes != nil && !run.Net.HasEvidence():
		e.NLLNote = "no −ln p(x): draws of a guide that is a point mass would not tell it from the bound"
	case !bound && !run.Net.HasEvidence():
		e.NLLNote = fmt.Sprintf("no −ln p(x): model %s has no prior that a guide could be held to, so it is no density of x", run.Config.Model)
	case gray:
		e.NLLNote = "no −ln p(x): the test rows are grey, and a Bernoulli cross-entropy on them is no likelihood; train with --binarize dynamic or another --likelihood"
	case f.k == 0:
		e.NLLNote = "no −ln p(x): --k is 0"
	default:
		if err := f.importance(ctx, run, e); err != nil {
			return nil, err
		}
	}
	if f.verify {
		e.Checks, err = f.verifyRun(ctx, run, o, gray)
	}
	return e, err
}

// measure says which quantity the figures are, and what they compare with.
func measure(run *train.Run, lik vae.Likelihood, gray bool) string {
	switch {
	case gray:
		return "cross-entropy of grey pixels, not a likelihood: it compares with nothing but other grey cross-entropies"
	case lik.Binary:
		return fmt.Sprintf("ln p of 0/1 pixels, %s binarisation of %s: it compares only with figures of the same binarisation", binarized(run.Config.Binarize), run.Config.Data)
	case len(run.Info.Columns) > 0:
		return "ln density of the standardised columns"
	case lik.Support == vae.Levels:
		return "ln p of 8-bit pixels"
	}
	return "ln density of pixels in [0, 1]"
}

// binarized names the binarisation that test rows had: a dynamic one is drawn once for them.
func binarized(mode string) string {
	switch data.Binarization(mode) {
	case data.BinarizeDynamic:
		return "dynamic (test rows drawn once)"
	case data.BinarizeNone:
		return "given"
	}
	return mode
}

// manyRows is the number of test rows beyond which every tenth is taken for −ln p(x).
const manyRows = 1000

// nllRows chooses the test rows of −ln p(x) and says which.
func (f *evalFlags) nllRows(total int) (rows []int, note string) {
	every, limit := max(1, f.every), total
	if f.rows > 0 {
		limit = min(total, f.rows)
	}
	if f.rows == 0 && f.every == 0 && total > manyRows {
		every = 10
	}
	for i := 0; i < limit; i += every {
		rows = append(rows, i)
	}
	switch {
	case every > 1:
		note = fmt.Sprintf("every %s of %d test rows", ordinal(every), total)
	case limit < total:
		note = fmt.Sprintf("the first %d of %d test rows, which are shuffled", limit, total)
	default:
		note = fmt.Sprintf("all %d test rows", total)
	}
	return rows, note
}

// ordinal names the n-th.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n, suffix)
}

// importance measures −ln p(x), and the bound on the same rows.
func (f *evalFlags) importance(ctx context.Context, run *train.Run, e *evaluation) error {
	rows, note := f.nllRows(len(run.Rows.TestX) / run.Rows.Dim)
	x := selectRows(run.Rows.TestX, run.Rows.Dim, rows)
	key := rng.New(f.config.Seed).Named("eval")
	sums, err := run.Net.LogEvidence(ctx, x, f.k, key.Named("weights"))
	if err != nil {
		return err
	}
	nll := vi.SummarizeImportance(sums)
	same, err := run.Net.Evaluator(vi.Estimator{Samples: f.samples}).Record(ctx, x, key.Named("bound"), run.Config.Beta)
	e.NLL, e.SameRows, e.NLLNote = &nll, &same, note
	if err == nil && f.ais > 0 {
		e.AIS, err = f.annealed(ctx, run, x)
	}
	return err
}

// selectRows gathers rows of width dim.
func selectRows(x []float32, dim int, rows []int) []float32 {
	out := make([]float32, 0, len(rows)*dim)
	for _, i := range rows {
		out = append(out, x[i*dim:(i+1)*dim]...)
	}
	return out
}
