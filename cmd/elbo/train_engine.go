package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/train/engine"
	_ "github.com/elbo-go/elbo/train/engine/crf" // registers itself, as do the following
	_ "github.com/elbo-go/elbo/train/engine/gmm"
	_ "github.com/elbo-go/elbo/train/engine/hmm" // registers itself, as do the following
	_ "github.com/elbo-go/elbo/train/engine/lda"
	_ "github.com/elbo-go/elbo/train/engine/linear"
	"github.com/elbo-go/elbo/train/rundir"
)

// engineCommand is one call of `elbo train` with the name of an engine.
type engineCommand struct {
	training
	spec  engine.Spec
	flags []configFlag[engine.Config]
	cfg   engine.Config
}

// newTrainEngine builds `elbo train NAME`.
func newTrainEngine(io streams, spec engine.Spec) *cobra.Command {
	t := &engineCommand{training: training{io: io}, spec: spec, flags: engineFlags(spec), cfg: spec.Default()}
	lines := strings.Split(strings.TrimSpace(spec.Examples), "\n")
	cmd := &cobra.Command{
		Use:   spec.Name,
		Short: "Train a " + spec.Summary,
		Long:  strings.TrimSpace(spec.About) + "\nCtrl-C saves the " + spec.Sweep + "s that are done and stops; --resume goes on bit for bit.",
		Example: "  elbo train " + spec.Name + "\n  " +
			strings.Join(lines, "\n  "),
		Args: exactly(0, "none: the data and the settings are flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return t.run(cmd.Context()) },
	}
	t.cmd = cmd
	cmd.Flags().SortFlags = false
	addFlags(cmd, &t.cfg, t.flags)
	t.bind()
	return cmd
}

// run trains or goes on.
func (t *engineCommand) run(ctx context.Context) error {
	t.begin()
	if t.resume {
		return t.again(ctx)
	}
	if err := t.cfg.Validate(); err != nil {
		return misusef("%w; `%s --help` lists the flags", err, t.cmd.CommandPath())
	}
	if t.out != "" {
		if err := rundir.CheckFree(t.out); err != nil {
			return err
		}
	}
	task, err := engine.Open(ctx, t.cfg)
	if errors.As(err, new(*engine.SettingError)) {
		return misuse(err)
	}
	if err != nil {
		return unknownData(t.cfg.Data, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, tidy, err := t.place(t.spec.Name, t.cfg.Data)
	defer tidy()
	if err != nil {
		return err
	}
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", t.spec.Name, quoted(dir))
	t.introduce(task, dir)
	run, err := engine.Start(ctx, t.cfg, task, dir, t.line(t.spec.Name), t.observer())
	return t.finish(ctx, run, dir, err)
}

// free tells whether a setting may change in a resumed run: it does not decide the result, or says
// where what the fingerprint holds lies.
func (t *engineCommand) free(name string) bool {
	o, own := t.spec.Options.Find(name)
	return own && o.Kind == option.Path || slices.Contains([]string{"data", "threads", "save-every"}, name)
}

// again goes on with a run.
func (t *engineCommand) again(ctx context.Context) error {
	dir := t.out
	if dir == "" {
		var err error
		if dir, err = newestRun(runsFolder, t.spec.Name); err != nil {
			return err
		}
	}
	if err := sameModel(dir, t.spec.Name); err != nil {
		return err
	}
	c, _, err := engine.ReadConfig(dir)
	if err != nil {
		return err
	}
	given := t.cfg
	edit := func(c *engine.Config) {
		for _, f := range t.flags {
			if t.cmd.Flags().Changed(f.name) && t.free(f.name) {
				f.set(c, &given)
			}
		}
	}
	for _, f := range t.flags {
		was, now := f.get(&c), f.get(&given)
		if t.cmd.Flags().Changed(f.name) && was != now && !t.free(f.name) {
			return misusef("train: resume: --%s: got %v, want %v as in the run; leave the flag out, or start a new run with another --out", f.name, now, was)
		}
	}
	edit(&c)
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	task, err := engine.Open(ctx, c)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data of %s have moved, --data tells where they are", err, dir)
	}
	if err != nil {
		return err
	}
	t.introduce(task, dir)
	run, err := engine.Resume(ctx, dir, task, edit, t.observer())
	return t.finish(ctx, run, dir, err)
}

// observer shows the run as it goes on.
func (t *engineCommand) observer() engine.Observer {
	return engine.Observer{
		Warn: t.screen.warn,
		Sweep: func(r engine.Record) {
			t.screen.sweep(t.spec, r)
			t.print(struct {
				Type string `json:"type"`
				engine.Record
			}{t.spec.Sweep, r})
		},
	}
}

// finish reports on a run that ended with err, or was trained to its end.
func (t *engineCommand) finish(ctx context.Context, run *engine.Run, dir string, err error) error {
	t.screen.clear()
	if t.screen.ended != "" {
		t.screen.println(t.screen.ended)
	}
	if err != nil {
		return t.ended(dir, err)
	}
	if t.resume && t.screen.seen == 0 {
		t.screen.println("the run was finished already; its " + t.spec.Sweep + "s are done")
	}
	report, err := t.report(dir, func() error { _, err := engine.Report(ctx, run); return err })
	if err != nil {
		return err
	}
	t.conclude(run, report)
	t.print(struct {
		Type   string        `json:"type"`
		Run    string        `json:"run"`
		Report string        `json:"report"`
		Sweeps int           `json:"sweeps"` // made, in all phases
		Config engine.Config `json:"config"`
		engine.Outcome
	}{"result", dir, report, len(run.History), run.Config, run.Outcome})
	t.named(dir)
	return nil
}
