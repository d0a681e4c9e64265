package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train/supervised"
)

func init() { commands = append(commands, newPredict) }

// predictFlags are the flags of `elbo predict`.
type predictFlags struct {
	runFlags
	in                  string
	test                bool
	interval            float64
	conformal, tempered bool
}

// newPredict builds `elbo predict`.
func newPredict(io streams) *cobra.Command {
	f := predictFlags{interval: .9}
	cmd := &cobra.Command{
		Use:   "predict RUN",
		Short: "Predict the target of rows, with intervals or probabilities",
		Long: `Predict the target of a run of ` + "`elbo train bnn`" + `, or the classes of rows by a run of a model that
finds them, such as m2, one line a row. Numbers get mean, standard
deviation, the parts of it that more data would take away (epistemic) and would not (aleatoric),
and an interval; classes get probabilities, their entropy and the mutual information of class and
weights. Columns of a text table are found by name, in any order; others are ignored. If the file
has the target too, its figures are printed as well, on the standard error where rows go to the
standard output.`,
		Example: "  elbo predict runs/bnn-table-001 --in new.csv --interval 0.9 --out predictions.csv\n  elbo predict runs/bnn-table-001 --test --conformal --json",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isEngine(args[0]) {
				return f.assign(cmd, io, args[0])
			}
			if err := f.check(); err != nil {
				return err
			}
			if hasClasses(args[0]) {
				return f.classify(cmd, io, args[0])
			}
			return f.run(cmd, io, args[0])
		},
	}
	bindInput(cmd, &f.in, &f.test)
	cmd.Flags().Float64Var(&f.interval, "interval", f.interval, "`probability` that an interval holds a number")
	cmd.Flags().BoolVar(&f.conformal, "conformal", false, "scale intervals as the validation rows of the run ask for, which holds whatever the distribution")
	cmd.Flags().BoolVar(&f.tempered, "tempered", false, "take probabilities at the temperature that the validation rows of the run ask for")
	f.bindOutput(cmd)
	outFlag(cmd, &f.out, "`file` to write; its extension chooses the format: .csv, .jsonl or .npy")
	return cmd
}

// bindOutput adds the flags of a command that reads a run which predicts a target.
func (f *runFlags) bindOutput(cmd *cobra.Command) {
	configFlags(cmd, &f.config, "data", "data-dir")
	cmd.Flags().Lookup("data").Usage = "where the run's `data` are now (default: where they were in training)"
	jsonFlag(cmd, &f.json, "print JSON")
	quietFlag(cmd, &f.quiet, "print nothing but what was asked for")
}

// check checks the flags.
func (f *predictFlags) check() error {
	if err := oneInput(f.in, f.test); err != nil {
		return err
	}
	if !(f.interval > 0 && f.interval < 1) {
		return misusef("--interval: got %v, want a probability between 0 and 1, such as 0.9", f.interval)
	}
	return f.checkOut(".csv", ".jsonl", ".npy")
}

// run predicts and writes.
func (f *predictFlags) run(cmd *cobra.Command, std streams, dir string) error {
	p, err := elbo.OpenPredictor(dir)
	if err != nil {
		return err
	}
	f.relocate(p.Run())
	classes := len(p.Classes()) > 0
	for _, flag := range []struct {
		name string
		of   string
		bad  bool
	}{{"interval", "numbers", classes}, {"conformal", "numbers", classes}, {"tempered", "classes", !classes}} {
		if flag.bad && cmd.Flags().Changed(flag.name) {
			return misusef("--%s is of targets that are %s, which %s of this run is not", flag.name, flag.of, p.Target())
		}
	}
	scale := 0.
	if f.conformal {
		if scale, err = p.Scale(f.interval); err != nil {
			return fmt.Errorf("--conformal: %w", err)
		}
	}
	rows, err := f.rows(cmd.Context(), p.Run())
	if err != nil {
		return err
	}
	ps, err := p.Predict(cmd.Context(), rows.X)
	if err != nil {
		return err
	}
	if err := f.write(std.out, forecasts{p, ps, f.interval, scale, f.tempered}); err != nil {
		return err
	}
	return f.figures(std, p.Run(), ps, rows.Y)
}

// relocate tells a run where its data are now.
func (f *runFlags) relocate(r *supervised.Run) {
	if f.config.Data != "" {
		r.Config.Data = f.config.Data
	}
	if f.config.DataDir != "" {
		r.Config.DataDir = f.config.DataDir
	}
}

// rows reads the rows to predict.
func (f *predictFlags) rows(ctx context.Context, r *supervised.Run) (supervised.Part, error) {
	if !f.test {
		return r.ReadRows(f.in)
	}
	if err := r.WithData(ctx); err != nil {
		return supervised.Part{}, err
	}
	return r.Table.Test, nil
}

// write writes the predictions to --out, or to the standard output.
func (f *predictFlags) write(out io.Writer, p forecasts) error {
	if f.out == "" {
		ext := ".csv"
		if f.json {
			ext = ".jsonl"
		}
		return p.print(out, ext)
	}
	if err := p.writeFile(f.out); err != nil {
		return err
	}
	return f.done(out, len(p.list))
}

// figures prints what the targets of the file say, if it has them.
func (f *predictFlags) figures(std streams, r *supervised.Run, ps []bnn.Prediction, y []float64) error {
	if f.quiet || y == nil {
		return nil
	}
	o, err := r.Judge(ps, y)
	if err != nil {
		return err
	}
	w := std.out
	if f.out == "" {
		w = std.err
	}
	if f.json {
		return json.NewEncoder(w).Encode(o)
	}
	printOutcome(o, func(name, format string, args ...any) {
		fieldsTo(w)(strings.Replace(name, "test", "rows", 1), format, args...)
	})
	return nil
}
