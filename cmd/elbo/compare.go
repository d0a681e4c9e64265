package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/report"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

func init() { commands = append(commands, newCompare) }

// newCompare builds `elbo compare`.
func newCompare(io streams) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare RUN RUN…",
		Short: "Set runs side by side",
		Long: `Print one line a run with its test figures, and with --out draw the validation curves of
all runs over each other, with --rates each run in the plane of rate and distortion. Of models that
are fitted in sweeps, such as gmm, hmm and crf, the table has every figure. No data are opened.`,
		Example: "  elbo compare runs/vae-digits-001 runs/vae-digits-002 --out compare.png --rates rates.png",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return misusef("got %d arguments, want RUN RUN…, at least 2; `%s --help` has an example", len(args), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.checkOut(".png"); err != nil {
				return err
			}
			if ext := strings.ToLower(filepath.Ext(f.rates)); f.rates != "" && ext != ".png" {
				return misusef("--rates %s: got extension %q, want .png", f.rates, ext)
			}
			if slices.ContainsFunc(args, isEngine) {
				return f.compareEngines(cmd, io.out, args)
			}
			return f.compare(io.out, args)
		},
	}
	jsonFlag(cmd, &f.json, "print JSON")
	quietFlag(cmd, &f.quiet, "print the table alone")
	outFlag(cmd, &f.out, "`file` to write the curves to: .png")
	cmd.Flags().StringVar(&f.rates, "rates", "", "`file` to draw rate and distortion of the runs into: .png")
	return cmd
}

// compareFlags are the flags of `elbo compare`.
type compareFlags struct {
	runFlags
	rates string
}

// compared is one run of a comparison.
type compared struct {
	Run       string       `json:"run"`
	Model     string       `json:"model"`
	Latent    int          `json:"latent"`
	Beta      float64      `json:"beta"`
	Epochs    int          `json:"epochs"` // that were trained
	Finished  bool         `json:"finished"`
	Data      string       `json:"data"`
	Binarize  string       `json:"binarize"`
	Test      vi.Record    `json:"test"`
	Telemetry vi.Telemetry `json:"telemetry"`
	ErrorRate *float64     `json:"error_rate,omitempty"` // share of test rows whose class is missed
	figure    string       // what minus the bound is called
	measure   string       // figures compare only if these are equal
	valid     float64      // bound on the validation rows at the best epoch; NaN if there is none
	history   []vi.Epoch
}

// compare prints the table and draws the curves.
func (f *compareFlags) compare(out io.Writer, dirs []string) error {
	runs := make([]compared, len(dirs))
	curves := make([]report.CompareInput, len(dirs))
	for i, dir := range dirs {
		r, err := readCompared(dir)
		if err != nil {
			return err
		}
		runs[i] = r
		curves[i] = report.CompareInput{Name: filepath.Base(filepath.Clean(dir)), History: r.history}
	}
	if f.out != "" {
		if err := report.Compare(f.out, curves); err != nil {
			return err
		}
	}
	if f.rates != "" {
		if err := drawRates(f.rates, runs); err != nil {
			return err
		}
	}
	if f.json {
		return json.NewEncoder(out).Encode(runs)
	}
	if err := printCompared(out, runs); err != nil {
		return err
	}
	if f.rates != "" && !f.quiet {
		fmt.Fprintf(out, "%s: rate and distortion\n", f.rates)
	}
	if f.out != "" && !f.quiet {
		_, err := fmt.Fprintf(out, "%s: curves of %d runs\n", f.out, len(runs))
		return err
	}
	return nil
}

// drawRates draws the runs that have a rate.
func drawRates(path string, runs []compared) error {
	var groups []report.RateGroup
	for _, r := range runs {
		if p, ok := r.rate(); ok {
			groups = append(groups, report.RateGroup{Name: filepath.Base(filepath.Clean(r.Run)), Points: []eval.RatePoint{p}})
		}
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		return report.RateDistortion(w, "Rate and distortion on test data", groups)
	})
}

// rate is where a finished run with a bound lies between rate and distortion.
func (r compared) rate() (p eval.RatePoint, ok bool) {
	if !r.Finished || len(r.Test.KLPerDim) == 0 || r.Telemetry.Latent == 0 {
		return p, false
	}
	return eval.RatePoint{Name: r.Run, Beta: r.Beta, Rate: r.Test.KL, Distortion: -r.Test.Reconstruction}, true
}

// readCompared reads the files of a run but no checkpoint.
func readCompared(dir string) (compared, error) {
	if err := wantsPredict(dir); err != nil {
		return compared{}, err
	}
	c, info, err := train.ReadConfig(dir)
	if err != nil {
		return compared{}, err
	}
	history, err := train.ReadHistory(dir)
	if err != nil {
		return compared{}, err
	}
	o, finished, err := train.ReadOutcome(dir)
	valid := math.NaN()
	if o.Best != nil {
		valid = o.Best.Bound
	}
	return compared{valid: valid, Run: dir, Model: c.Model, Latent: c.Latent, Beta: c.Beta, Epochs: len(history), Finished: finished,
		Data: c.Data, Binarize: c.Binarize, Test: o.Test, Telemetry: o.Telemetry, ErrorRate: o.ErrorRate, history: history, figure: measuredName(o.Test.Kind, c.Likelihood),
		measure: fmt.Sprint(info.Fingerprint, c.Binarize, c.Likelihood, o.Test.N, o.Test.Kind)}, err
}

// printCompared prints the aligned table, and whether its figures compare.
func printCompared(w io.Writer, runs []compared) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "run\tmodel\tlatent\tβ\tepochs\ttest %s\t± data\tactive\trate\t\n", figureOf(runs))
	same := true
	for _, r := range runs {
		same = same && r.measure == runs[0].measure
		beta := ""
		if r.Test.Parted() {
			beta = fmt.Sprint(r.Beta)
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%d\t", r.Run, r.Model, r.Latent, beta, r.Epochs)
		switch {
		case !r.Finished:
			fmt.Fprint(tw, "unfinished\t\t\t\t\n")
		case len(r.Test.KLPerDim) == 0:
			fmt.Fprintf(tw, "%.2f\t%.2f\t\t\t\n", -r.Test.Bound, r.Test.DataStdErr)
		case r.Telemetry.Latent == 0: // codes are indices, which have no units
			fmt.Fprintf(tw, "%.2f\t%.2f\t\t%.2f\t\n", -r.Test.Bound, r.Test.DataStdErr, r.Test.KL)
		default:
			fmt.Fprintf(tw, "%.2f\t%.2f\t%d/%d\t%.2f\t\n", -r.Test.Bound, r.Test.DataStdErr, r.Telemetry.ActiveUnits, r.Telemetry.Latent, r.Telemetry.Rate)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	note := "nats at β = 1, lower is better"
	if !same {
		note = "the figures do not compare: the runs differ in data, binarisation, likelihood or kind of bound"
	}
	_, err := fmt.Fprintln(w, note)
	return err
}

// figureOf heads the figures of finished runs.
func figureOf(runs []compared) string {
	var names []string
	for _, r := range runs {
		name := "−bound"
		if !r.Test.Parted() {
			name = r.figure
		}
		if r.Finished && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "−bound"
	}
	return strings.Join(names, " or ")
}
