package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() { commands = append(commands, newTrain) }

// runsFolder is where runs go that are not told where.
const runsFolder = "runs"

// trainCommand is one call of `elbo train`.
type trainCommand struct {
	io                            streams
	cmd                           *cobra.Command
	cfg                           train.Config
	out                           string
	resume, noReport, quiet, json bool
	screen                        *screen
	hint                          string // command line that goes on with the run
}

// newTrain builds `elbo train`.
func newTrain(io streams) *cobra.Command {
	t := &trainCommand{io: io, cfg: train.Default()}
	cmd := &cobra.Command{
		Use:   "train MODEL",
		Short: "Train a model and write a run directory with its report",
		Long: `Train a model. The run directory holds the config, the history, the last and the best
checkpoint, pictures and report.html. Ctrl-C saves and stops; --resume goes on bit for bit.
ELBO, reconstruction and KL are in nats, summed over a datum's dimensions, averaged over data.`,
		Example: `  elbo train vae
  elbo train vae --data mnist --epochs 20 --out runs/mnist
  elbo train vae --data table.csv --label species --latent 2 --hidden 64
  elbo train vae --beta 4 --beta-schedule linear --patience 5
  elbo train vae --out runs/mnist --resume --epochs 40`,
		Args:              exactly(1, "1, the name of a model"),
		ValidArgsFunction: completeArg(vae.Names),
		RunE:              func(cmd *cobra.Command, args []string) error { return t.run(cmd.Context(), args[0]) },
	}
	t.cmd = cmd
	cmd.Flags().SortFlags = false
	configFlags(cmd, &t.cfg)
	outFlag(cmd, &t.out, "run `folder`, which must not hold a run unless --resume is given (default: the next free runs/MODEL-DATA-NNN)")
	cmd.Flags().BoolVar(&t.resume, "resume", false, "go on with the run of --out, or with the newest of the model below runs")
	cmd.Flags().BoolVar(&t.noReport, "no-report", false, "draw no pictures and write no report.html")
	quietFlag(cmd, &t.quiet, "print nothing but the run directory")
	jsonFlag(cmd, &t.json, "print a JSON object a line: one an epoch and one for the result")
	return cmd
}

// run trains the named model.
func (t *trainCommand) run(ctx context.Context, name string) error {
	if err := knownModel(name); err != nil {
		return err
	}
	t.cfg.Model = name
	human := t.io.out
	if t.json {
		human = t.io.err
	}
	if t.quiet {
		human = io.Discard
	}
	t.screen = newScreen(human)
	t.screen.total = t.cfg.Epochs
	if t.resume {
		return t.again(ctx)
	}
	return t.fresh(ctx)
}

// fresh starts a new run.
func (t *trainCommand) fresh(ctx context.Context) error {
	if err := t.cfg.Validate(); err != nil {
		return misusef("%w; `elbo train --help` lists the flags", err)
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
	if _, err := vae.New(c.Model, c.Network(splits.Train.Shape)); err != nil {
		return misuse(err) // such as a network too large for memory
	}
	if err := c.CheckMemory(splits.Train); err != nil {
		return misuse(err)
	}
	dir, made, err := t.place(c)
	defer func() {
		for _, d := range made {
			_ = os.Remove(d) // which does nothing unless it is still empty
		}
	}()
	if err != nil {
		return fmt.Errorf("train: run directory: %w; choose another place with --out", err)
	}
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	if err := t.introduce(ctx, c, splits, dir); err != nil {
		return err
	}
	run, err := train.Start(ctx, c, splits, dir, t.line(), t.observer())
	return t.finish(ctx, run, dir, err)
}

// place makes the directory of the run: that of --out, or the next free one below runs. Two
// runs that start there at the same time get two directories. It also returns what it made,
// innermost first.
func (t *trainCommand) place(c train.Config) (dir string, made []string, err error) {
	parent := runsFolder
	if t.out != "" {
		parent = t.out
	}
	if _, err := os.Stat(parent); err != nil {
		made = []string{parent}
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", nil, err
	}
	if t.out != "" {
		return t.out, made, nil
	}
	for {
		dir := elbo.NextDir(parent, c)
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, append([]string{dir}, made...), nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", made, err
		}
	}
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

// print writes a JSON object on a line of the output, if that is wanted.
func (t *trainCommand) print(v any) {
	if t.json {
		_ = json.NewEncoder(t.io.out).Encode(v)
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
	report := ""
	if !t.noReport {
		if _, err := elbo.Report(ctx, run); err != nil {
			return fmt.Errorf("%w; the run itself is complete, and `%s` writes its report", err, t.hint)
		}
		report = filepath.Join(dir, "report.html")
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
	if t.quiet && !t.json {
		fmt.Fprintln(t.io.out, dir)
	}
	return nil
}

// ended explains a run that ended early.
func (t *trainCommand) ended(dir string, err error) error {
	if !errors.Is(err, train.ErrInterrupted) {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return fmt.Errorf("%w; free some space, then go on with: %s", err, t.hint)
		}
		return err
	}
	if err.Error() != train.ErrInterrupted.Error() { // joined with the failure to save
		text := strings.TrimPrefix(oneLine(err), oneLine(train.ErrInterrupted)+"; ")
		return fmt.Errorf("train: interrupted, and the last steps are lost: %s; resume with: %s", text, t.hint)
	}
	t.print(map[string]string{"type": "interrupted", "run": dir, "resume": t.hint})
	return &interrupted{"interrupted; saved; resume with: " + t.hint}
}

// interrupted is train.ErrInterrupted with what to do next.
type interrupted struct{ text string }

// Error implements error.
func (e *interrupted) Error() string { return e.text }

// Unwrap lets errors.Is match train.ErrInterrupted.
func (e *interrupted) Unwrap() error { return train.ErrInterrupted }

// openBackend tells a backend that this build lacks, a mistake, from one that fails.
func openBackend(name string) error {
	_, err := backend.Open(name)
	kind, _, _ := strings.Cut(name, ":")
	if err != nil && !slices.Contains(backend.Names(), kind) {
		return misuse(fmt.Errorf("--%w", err))
	}
	return err
}

// openData opens a data set; a name that is neither registered nor a path is a mistake.
func openData(ctx context.Context, c train.Config) (*data.Splits, error) {
	s, err := train.OpenData(ctx, c, nil)
	if err == nil {
		return s, nil
	}
	_, known := data.Lookup(c.Data)
	if _, e := os.Stat(c.Data); e != nil && !known && !strings.ContainsAny(c.Data, `/\.`) {
		return nil, misuse(err)
	}
	var format *data.FormatError
	if errors.As(err, &format) && strings.Contains(format.Field, "column") {
		return nil, fmt.Errorf("%w (--label names the label column, --allow-nan fills missing cells)", err)
	}
	return nil, err
}
