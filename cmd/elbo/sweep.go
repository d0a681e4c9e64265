package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
)

func init() { commands = append(commands, newSweep) }

// Names of the files of a sweep.
const (
	sweepFile  = "sweep.json"    // the plan
	tableFile  = "sweep.csv"     // a line a run
	sweepRuns  = "runs"          // folder of the runs
	figureFile = "measured.json" // in a run: the metrics that were asked for
)

// sweepPlan is what a sweep is made of.
type sweepPlan struct {
	Model   string   `json:"model"`
	Axes    []axis   `json:"axes"`
	Metrics []string `json:"metrics"`
	Command string   `json:"command"`
}

// sweepCommand is one call of `elbo sweep`.
type sweepCommand struct {
	training
	plan    sweepPlan
	jobs    int
	metrics []string
	chosen  []metric
	cells   []*cell
}

// newSweep builds `elbo sweep`.
func newSweep(io streams) *cobra.Command {
	s := &sweepCommand{training: training{io: io}, jobs: 1}
	cmd := &cobra.Command{
		Use:   "sweep MODEL",
		Short: "Train a model over a grid of settings and compare the runs",
		Long: `Train a model once for every combination of the values that flags of ` + "`elbo train`" + ` are given:
values are parted by commas, whole numbers may be a range such as 1-5, and a flag whose value
is a list itself (--hidden, --channels, --drop, lists of a model's own) is given once for each
value: --hidden 400 --hidden 200,100.

The folder holds the runs, sweep.csv with a line each, and report.html, which overlays their
curves, sets bound against rate where runs differ in them, and averages over --seed. Ctrl-C
saves and stops; --resume goes on, tries failed runs again, and may add values to flags that
vary. A run that fails does not stop the others, and ends the command with exit code 1.`,
		Example: `  elbo sweep vae --beta .25,1,4 --seed 1-3
  elbo sweep beta-tcvae --data sprites --tc 1,6 --latent 5,10 --metrics mig,factorvae
  elbo sweep vae --hidden 400 --hidden 200,100 --out runs/widths --jobs 2
  elbo sweep vae --out runs/widths --resume`,
		Args:              exactly(1, "1, the name of a model"),
		ValidArgsFunction: completeArg(vae.Names),
		RunE:              func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), args[0]) },
	}
	s.cmd = cmd
	cmd.Flags().SortFlags = false
	sweepFlags(cmd)
	s.bind()
	cmd.Flags().Lookup("out").Usage = "`folder` of the sweep, which must not hold one unless --resume is given (default: the next free runs/sweep-MODEL-DATA-NNN)"
	cmd.Flags().Lookup("resume").Usage = "go on with the sweep of --out"
	cmd.Flags().Lookup("json").Usage = "print a JSON object a line: one a run and one for the result"
	cmd.Flags().Lookup("quiet").Usage = "print nothing but the folder of the sweep"
	cmd.Flags().IntVar(&s.jobs, "jobs", s.jobs, "`runs` that are trained at the same time, on the same cores")
	cmd.Flags().StringSliceVar(&s.metrics, "metrics", nil, "`names` of metrics of `elbo eval` to take of every run, parted by commas, or all")
	completeFlag(cmd, "metrics", func() []string { return append([]string{"all"}, metricNames()...) })
	return cmd
}

// maxJobs bounds --jobs.
const maxJobs = 64

// run makes the plan and the runs.
func (s *sweepCommand) run(ctx context.Context, model string) error {
	if err := knownModel(model); err != nil {
		return err
	}
	if _, ok := vae.Lookup(model); !ok {
		return misusef("sweep: got model %s, which learns to predict a column; want one that learns to generate rows", model)
	}
	if s.jobs < 1 || s.jobs > maxJobs {
		return misusef("--jobs: got %d, want 1 to %d", s.jobs, maxJobs)
	}
	s.begin()
	if err := s.prepare(model); err != nil {
		return err
	}
	data, err := s.openAll(ctx)
	if err != nil {
		return err
	}
	tidy, err := s.settle()
	defer tidy()
	if err != nil {
		return err
	}
	lock, err := ckpt.Open(filepath.Join(s.out, "lock")) // another sweep in the folder is refused
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	defer lock.Close()
	if err := rundir.WriteJSON(filepath.Join(s.out, sweepFile), s.plan); err != nil {
		return s.full(err)
	}
	s.introduce()
	s.noteUnread(data)
	w := &sweeper{sweepCommand: s, data: data, rows: make([]sweptRun, len(s.cells))}
	return w.conclude(ctx, w.all(ctx))
}

// prepare reads flags, and the plan of a sweep that is resumed, into cells.
func (s *sweepCommand) prepare(model string) error {
	axes, err := axesOf(s.cmd, model)
	if err != nil {
		return err
	}
	s.plan = sweepPlan{Model: model, Axes: axes, Metrics: s.metrics, Command: s.line(model)}
	if s.resume {
		if err := s.merge(); err != nil {
			return err
		}
	} else if s.out != "" {
		if err := freeForSweep(s.out); err != nil {
			return err
		}
	}
	if len(s.plan.Metrics) > 0 {
		if s.chosen, err = parseMetrics(s.plan.Metrics); err != nil {
			return err
		}
	}
	s.cells, err = grid(model, s.plan.Axes)
	return err
}

// line is the command line of the sweep.
func (s *sweepCommand) line(model string) string {
	parts := []string{"elbo", "sweep", model}
	for _, cf := range configFlagTable {
		if f := s.cmd.Flags().Lookup(cf.name); f.Changed {
			for _, v := range f.Value.(*swept).given {
				parts = append(parts, "--"+cf.name+"="+quoted(v))
			}
		}
	}
	if len(s.metrics) > 0 {
		parts = append(parts, "--metrics "+strings.Join(s.metrics, ","))
	}
	return strings.Join(parts, " ")
}

// freeForSweep refuses a folder that holds a sweep or a run.
func freeForSweep(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, sweepFile)); err == nil {
		return fmt.Errorf("sweep: %s holds a sweep already; add --resume to go on with it, or choose another --out", dir)
	}
	return rundir.CheckFree(dir)
}

// merge takes over the plan of the sweep in --out. Flags may add values to those that vary.
func (s *sweepCommand) merge() error {
	if s.out == "" {
		return misusef("sweep: got --resume without --out, want the folder of the sweep to go on with")
	}
	var stored sweepPlan
	err := rundir.ReadJSON(filepath.Join(s.out, sweepFile), &stored)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep: %s holds no sweep: it has no %s; leave --resume out to start one", s.out, sweepFile)
	}
	if err != nil {
		return err
	}
	if stored.Model != s.plan.Model {
		return misusef("sweep: %s holds a sweep of %s, got %s; resume it with `elbo sweep %s --out %s --resume`", s.out, stored.Model, s.plan.Model, stored.Model, quoted(s.out))
	}
	for _, a := range s.plan.Axes {
		i := slices.IndexFunc(stored.Axes, func(b axis) bool { return b.Flag == a.Flag })
		var added []string
		for _, v := range a.Values {
			if i < 0 || !slices.Contains(stored.Axes[i].Values, v) {
				added = append(added, v)
			}
		}
		switch {
		case len(added) == 0:
		case i < 0:
			return misusef("sweep: --%s: got %s, which the sweep of %s was started without; start another", a.Flag, strings.Join(added, ","), s.out)
		case len(stored.Axes[i].Values) == 1:
			return misusef("sweep: --%s: got %s, want %s as in %s: values can be added to flags that vary alone; start another sweep", a.Flag, strings.Join(added, ","), stored.Axes[i].Values[0], s.out)
		default:
			stored.Axes[i].Values = append(stored.Axes[i].Values, added...)
		}
	}
	for _, m := range s.plan.Metrics {
		if !slices.Contains(stored.Metrics, m) {
			stored.Metrics = append(stored.Metrics, m)
		}
	}
	if slices.Contains(stored.Metrics, "all") {
		stored.Metrics = []string{"all"}
	}
	s.plan = stored
	return nil
}

// settle makes the folder. What it made and is still empty, tidy removes.
func (s *sweepCommand) settle() (tidy func(), err error) {
	if s.out == "" {
		dir, tidy, err := s.place("sweep-"+s.plan.Model, s.cells[0].run.cfg.Data)
		s.out = dir
		s.hint = s.again()
		return tidy, err
	}
	s.hint = s.again()
	_, tidy, err = s.place(s.plan.Model, "")
	return tidy, err
}

// again is the command that goes on with the sweep.
func (s *sweepCommand) again() string {
	return fmt.Sprintf("elbo sweep %s --out %s --resume", s.plan.Model, quoted(s.out))
}

// introduce says what will be done.
func (s *sweepCommand) introduce() {
	var vary, fixed []string
	for _, a := range s.plan.Axes {
		text := a.Flag + " " + strings.Join(a.Values, ", ")
		if len(a.Values) > 1 {
			vary = append(vary, text)
		} else {
			fixed = append(fixed, text)
		}
	}
	runs := "1 run"
	if len(s.cells) > 1 {
		runs = fmt.Sprintf("%d runs: %s", len(s.cells), strings.Join(vary, " × "))
	}
	s.field("sweep", "%s of %s", s.plan.Model, runs)
	if len(fixed) > 0 {
		s.field("settings", "%s", strings.Join(fixed, "; "))
	}
	s.field("to", "%s", s.out)
}

// dataKey names what decides the rows of a run.
func dataKey(c train.Config) string {
	return fmt.Sprint([]any{c.Data, c.DataDir, c.Label, c.Drop, c.AllowNaN, c.MaxRows})
}

// openAll opens the data of all runs, once each, and checks that every model can be built for them.
func (s *sweepCommand) openAll(ctx context.Context) (map[string]*opened, error) {
	out := map[string]*opened{}
	for _, c := range s.cells {
		cfg := c.run.cfg
		if err := openBackend(cfg.Backend); err != nil {
			return nil, err
		}
		key := dataKey(cfg)
		if out[key] == nil {
			splits, err := openData(ctx, cfg)
			if err != nil {
				return nil, err
			}
			out[key] = &opened{splits: splits}
		}
		rows := out[key].splits.Train
		cfg = cfg.Resolve(rows)
		if err := cfg.CheckGuide(rows); err != nil {
			return nil, misusef("%s: %w", c.name, err)
		}
		if err := cfg.CheckMemory(rows); err != nil {
			return nil, misusef("%s: %w", c.name, err)
		}
	}
	return out, nil
}

// full says what to do about a full disk.
func (s *sweepCommand) full(err error) error {
	if !noSpace(err) {
		return err
	}
	return fmt.Errorf("%w; free some space, then go on with: %s", err, s.hint)
}

// reportRun draws the report of one run of a sweep.
func reportRun(ctx context.Context, run *train.Run) error {
	_, err := elbo.Report(ctx, run)
	return err
}
