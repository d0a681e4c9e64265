package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() { commands = append(commands, newTrain) }

// runsFolder is where runs go that are not told where.
const runsFolder = "runs"

// trainCommand is one call of `elbo train`.
type trainCommand struct {
	training
	cfg train.Config
}

// newTrain builds `elbo train`.
func newTrain(io streams) *cobra.Command {
	t := &trainCommand{training{io: io}, train.Default()}
	cmd := &cobra.Command{
		Use:   "train MODEL",
		Short: "Train a model and write a run directory with its report",
		Long: `Train a model. The run directory holds the config, the history, the last and the best
checkpoint, pictures and report.html. Ctrl-C saves and stops; --resume goes on bit for bit.
ELBO, reconstruction and KL are in nats, summed over a datum's dimensions, averaged over data.

The flags below are those of models that learn to generate rows. Such a model may have settings
of its own, which its help lists at the end: ` + "`elbo train vq-vae --help`" + `. ` + "`elbo train bnn`" + `, which learns
to predict a column, and the models that are fitted in sweeps (gmm, hmm, crf, linreg and others below)
have flags of their own: ` + "`elbo train bnn --help`" + `.`,
		Example: `  elbo train vae
  elbo train vae --data mnist --epochs 20 --out runs/mnist
  elbo train vae --data table.csv --label species --latent 2 --hidden 64
  elbo train vae --beta 4 --beta-schedule linear --patience 5
  elbo train vae --out runs/mnist --resume --epochs 40
  elbo train bnn --data table.csv --target price`,
		Args:              exactly(1, "1, the name of a model"),
		ValidArgsFunction: completeArg(vae.Names),
		RunE:              func(cmd *cobra.Command, args []string) error { return t.run(cmd.Context(), args[0]) },
	}
	t.cmd = cmd
	cmd.Flags().SortFlags = false
	configFlags(cmd, &t.cfg)
	t.bind()
	explainModel(cmd)
	cmd.AddCommand(newTrainBNN(io))
	for _, spec := range engine.Specs() {
		cmd.AddCommand(newTrainEngine(io, spec))
	}
	return cmd
}

// run trains the named model.
func (t *trainCommand) run(ctx context.Context, name string) error {
	if err := knownModel(name); err != nil {
		return err
	}
	t.cfg.Model = name
	t.usual()
	t.begin()
	t.screen.total = t.cfg.Epochs
	if t.resume {
		return t.again(ctx)
	}
	return t.fresh(ctx)
}

// fresh starts a new run.
func (t *trainCommand) fresh(ctx context.Context) error {
	if err := t.cfg.Validate(); err != nil {
		return misusef("%w; `elbo train %s --help` lists the flags", err, t.cfg.Model)
	}
	if err := t.oneSize(); err != nil {
		return err
	}
	if err := openBackend(t.cfg.Backend); err != nil {
		return err
	}
	if t.out != "" {
		if err := rundir.CheckFree(t.out); err != nil {
			return err
		}
	}
	splits, err := openData(ctx, t.cfg)
	if err != nil {
		return err
	}
	c := t.cfg.Resolve(splits.Train)
	if err := c.CheckGuide(splits.Train); err != nil {
		return misuse(err) // or a network too large for memory
	}
	if err := c.CheckMemory(splits.Train); err != nil {
		return misuse(err)
	}
	if err := c.CheckClasses(splits); err != nil {
		return misuse(err)
	}
	if err := c.CheckStages(splits.Train); err != nil {
		return misuse(err)
	}
	dir, tidy, err := t.place(c.Model, c.Data)
	defer tidy()
	if err != nil {
		return err
	}
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	if err := t.introduce(ctx, c, splits, dir); err != nil {
		return err
	}
	t.noteUnread(c, train.FactsOf(splits.Train))
	run, err := train.Start(ctx, c, splits, dir, t.line(c.Model), t.observer())
	return t.finish(ctx, run, dir, err)
}

// observer shows the run as it goes on.
func (t *trainCommand) observer() train.Observer {
	return train.Observer{
		Step: t.screen.step,
		Warn: t.screen.warn,
		Epoch: func(e vi.Epoch, best bool) {
			t.screen.epoch(e, best)
			t.print(struct {
				Type string `json:"type"`
				Best bool   `json:"best"`
				vi.Epoch
			}{"epoch", best, e})
		},
	}
}

// finish reports on a run that ended with err, or was trained to its end.
func (t *trainCommand) finish(ctx context.Context, run *train.Run, dir string, err error) error {
	t.screen.clear()
	if err != nil {
		return t.ended(dir, err)
	}
	if t.resume && t.screen.seen == 0 {
		t.screen.println("the run was finished already; its epochs are done (raise --epochs for more)")
	}
	report, err := t.report(dir, func() error { _, err := elbo.Report(ctx, run); return err })
	if err != nil {
		return err
	}
	t.conclude(run, report)
	t.print(struct {
		Type   string       `json:"type"`
		Run    string       `json:"run"`
		Report string       `json:"report"`
		Epochs int          `json:"epochs"` // made, in all
		Config train.Config `json:"config"`
		train.Outcome
	}{"result", dir, report, len(run.History), run.Config, run.Outcome})
	t.named(dir)
	return nil
}

// openData opens a data set; a name that is neither registered nor a path is a mistake.
func openData(ctx context.Context, c train.Config) (*data.Splits, error) {
	s, err := train.OpenData(ctx, c, nil)
	if err == nil {
		return s, nil
	}
	if err := unknownData(c.Data, err); errors.As(err, new(*usageError)) {
		return nil, err
	}
	var format *data.FormatError
	if errors.As(err, &format) && strings.Contains(format.Field, "column") {
		return nil, fmt.Errorf("%w (--label names the label column, --drop leaves columns out, --allow-nan fills missing cells)", err)
	}
	return nil, err
}

// registered tells whether a data set is known by name.
func registered(name string) bool {
	_, ok := data.Lookup(name)
	return ok
}

// unknownData marks a data set that is neither registered nor a path as a mistake.
func unknownData(name string, err error) error {
	if _, e := os.Stat(name); e != nil && !registered(name) && !strings.ContainsAny(name, `/\.`) {
		return misuse(err)
	}
	return err
}
