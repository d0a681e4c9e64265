package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/train/supervised"
)

// bnnCommand is one call of `elbo train bnn`.
type bnnCommand struct {
	training
	cfg supervised.Config
}

// newTrainBNN builds `elbo train bnn`.
func newTrainBNN(io streams) *cobra.Command {
	t := &bnnCommand{training{io: io}, supervised.Default()}
	cmd := &cobra.Command{
		Use:   supervised.ModelBNN,
		Short: "Train a Bayesian neural net that predicts a column with intervals",
		Long: `Train a neural net whose weights have a distribution, so that it predicts a column of a table,
or the label of images, with intervals or probabilities. A column of numbers is a regression, a
column of text a classification. The training rows are fitted, the validation rows calibrate the
intervals and the probabilities, and the figures are those of the test rows.
Ctrl-C saves the epochs that are done and stops; --resume goes on bit for bit.`,
		Example: `  elbo train bnn
  elbo train bnn --data table.csv --target price
  elbo train bnn --data table.csv --target species --method ensemble --members 10
  elbo train bnn --data mnist --hidden 200 --epochs 10
  elbo predict runs/bnn-table-001 --in new.csv --interval 0.9`,
		Args: exactly(0, "none: the data and the target are flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return t.run(cmd.Context()) },
	}
	t.cmd = cmd
	cmd.Flags().SortFlags = false
	addFlags(cmd, &t.cfg, supervisedFlags)
	t.bind()
	return cmd
}

// run trains or goes on.
func (t *bnnCommand) run(ctx context.Context) error {
	t.begin()
	if t.resume {
		return t.again(ctx)
	}
	if err := t.cfg.Validate(); err != nil {
		return misusef("%w; `%s --help` lists the flags", err, t.cmd.CommandPath())
	}
	if err := openBackend(t.cfg.Backend); err != nil {
		return err
	}
	if t.out != "" {
		if err := rundir.CheckFree(t.out); err != nil {
			return err
		}
	}
	table, err := openTable(ctx, t.cfg)
	if err != nil {
		return err
	}
	c := t.cfg.Resolve(table)
	if err := c.Validate(); err != nil { // with the head that the target has chosen
		return misuse(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, tidy, err := t.place(c.Model, c.Data)
	defer tidy()
	if err != nil {
		return err
	}
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	t.introduce(c, table, dir)
	run, err := supervised.Start(ctx, c, table, dir, t.line(c.Model), t.observer())
	return t.finish(ctx, run, dir, err)
}

// openTable opens a data set with its target; a set or a column that is not there is a mistake.
func openTable(ctx context.Context, c supervised.Config) (*supervised.Table, error) {
	t, err := supervised.OpenTable(ctx, c, nil)
	var target *supervised.TargetError
	if errors.As(err, &target) {
		return nil, misusef("%w; --target names the column to predict", err)
	}
	if err == nil {
		return t, nil
	}
	return nil, unknownData(c.Data, err)
}

// freeBNN names the settings that may change in a resumed run: the learning rate falls over all
// epochs, so these cannot.
var freeBNN = []string{"data", "data-dir", "save-every"}

// again goes on with a run.
func (t *bnnCommand) again(ctx context.Context) error {
	dir := t.out
	if dir == "" {
		var err error
		if dir, err = newestRun(runsFolder, t.cfg.Model); err != nil {
			return err
		}
	}
	if err := sameModel(dir, t.cfg.Model); err != nil {
		return err
	}
	c, info, err := supervised.ReadConfig(dir)
	if err != nil {
		return err
	}
	given := t.cfg
	for _, f := range supervisedFlags {
		was, now := f.get(&c), f.get(&given)
		if t.cmd.Flags().Changed(f.name) && was != now && !slices.Contains(freeBNN, f.name) {
			return misusef("train: resume: --%s: got %v, want %v as in the run; leave the flag out, or start a new run with another --out", f.name, now, was)
		}
	}
	edit := func(c *supervised.Config) {
		set := t.cmd.Flags().Changed
		if set("data") {
			c.Data = given.Data
		}
		if set("data-dir") {
			c.DataDir = given.DataDir
		}
		if set("save-every") {
			c.SaveEvery = given.SaveEvery
		}
	}
	edit(&c)
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	table, err := supervised.OpenTable(ctx, c, info.Columns)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data of %s have moved, --data tells where they are", err, dir)
	}
	if err != nil {
		return err
	}
	t.introduce(c, table, dir)
	run, err := supervised.Resume(ctx, dir, table, edit, t.observer())
	return t.finish(ctx, run, dir, err)
}

// observer shows the run as it goes on.
func (t *bnnCommand) observer() supervised.Observer {
	return supervised.Observer{
		Warn: t.screen.warn,
		Epoch: func(p bnn.Progress) {
			t.screen.fitting(p)
			t.print(struct {
				Type    string  `json:"type"`
				Phase   string  `json:"phase"`
				Epoch   int     `json:"epoch"`
				Epochs  int     `json:"epochs"`
				Loss    float64 `json:"loss"`
				LogLik  float64 `json:"log_lik"`
				Penalty float64 `json:"penalty"`
			}{"epoch", p.Phase, p.Epoch, p.Epochs, p.Loss, p.LogLik, p.Penalty})
		},
	}
}

// finish reports on a run that ended with err, or was trained to its end.
func (t *bnnCommand) finish(ctx context.Context, run *supervised.Run, dir string, err error) error {
	t.screen.clear()
	if err != nil {
		return t.ended(dir, err)
	}
	if t.resume && t.screen.seen == 0 {
		t.screen.println("the run was finished already; its epochs are done")
	}
	report, err := t.report(dir, func() error { _, err := elbo.Forecast(ctx, run); return err })
	if err != nil {
		return err
	}
	t.conclude(run, report)
	t.print(struct {
		Type   string            `json:"type"`
		Run    string            `json:"run"`
		Report string            `json:"report"`
		Epochs int               `json:"epochs"` // made, in all phases
		Config supervised.Config `json:"config"`
		supervised.Outcome
	}{"result", dir, report, len(run.History), run.Config, run.Outcome})
	t.named(dir)
	return nil
}
