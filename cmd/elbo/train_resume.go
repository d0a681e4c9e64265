package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
)

// free names the settings that may change in a resumed run because they do not decide the
// steps that were made. Data may lie elsewhere if they are the same. Epochs are free while no
// schedule depends on them.
var free = []string{"patience", "save-every", "skip-nonfinite", "data", "data-dir", "epochs"}

// again goes on with a run.
func (t *trainCommand) again(ctx context.Context) error {
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
	stored, info, err := train.ReadConfig(dir)
	if err != nil {
		return err
	}
	edit, err := t.changes(stored)
	if err != nil {
		return misuse(err)
	}
	c := stored
	edit(&c)
	if err := c.Validate(); err != nil {
		return misuse(err)
	}
	t.screen.total = c.Epochs
	t.hint = fmt.Sprintf("elbo train %s --out %s --resume", c.Model, quoted(dir))
	if c.Epochs != stored.Epochs {
		t.hint += fmt.Sprintf(" --epochs %d", c.Epochs)
	}
	splits, err := train.OpenData(ctx, c, info.Columns)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data of %s have moved, --data tells where they are", err, dir)
	}
	if err != nil {
		return err
	}
	if err := t.introduce(ctx, c, splits, dir); err != nil {
		return err
	}
	done, err := train.ReadHistory(dir)
	if err != nil {
		return err
	}
	t.field("resumed", "%d of %d epochs are done", len(done), c.Epochs)
	run, err := train.Resume(ctx, dir, splits, edit, t.observer())
	return t.finish(ctx, run, dir, err)
}

// changes returns what the command line changes in a stored config, if all of it may change.
func (t *trainCommand) changes(stored train.Config) (func(*train.Config), error) {
	given := t.cfg
	for _, f := range configFlagTable {
		was, now := f.get(&stored), f.get(&given)
		if !t.cmd.Flags().Changed(f.name) || was == now || slices.Contains(free, f.name) {
			continue
		}
		return nil, fmt.Errorf("train: resume: --%s: got %v, want %v as in the run; leave the flag out, or start a new run with another --out", f.name, now, was)
	}
	set := t.cmd.Flags().Changed
	if set("epochs") {
		if err := stored.MoreEpochs(given.Epochs); err != nil {
			return nil, err
		}
	}
	return func(c *train.Config) {
		if set("epochs") {
			c.Epochs = given.Epochs
		}
		if set("patience") {
			c.Patience = given.Patience
		}
		if set("save-every") {
			c.SaveEvery = given.SaveEvery
		}
		if set("skip-nonfinite") {
			c.SkipNonfinite = given.SkipNonfinite
		}
		if set("data") {
			c.Data = given.Data
		}
		if set("data-dir") {
			c.DataDir = given.DataDir
		}
	}, nil
}

// sameModel tells whether a directory holds a run of the model, if it can be told.
func sameModel(dir, model string) error {
	if is, err := rundir.ModelOf(dir); err == nil && is != model {
		return misusef("train: %s holds a run of %s, got %s; resume it with `elbo train %s --out %s --resume`", dir, is, model, is, quoted(dir))
	}
	return nil
}

// newestRun returns the run of a model below root that was written last.
func newestRun(root, model string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !os.IsNotExist(err) {
		return "", fmt.Errorf("train: resume: %w", err)
	}
	var newest string
	var when time.Time
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		if m, err := rundir.ModelOf(dir); err != nil || m != model {
			continue
		}
		for _, name := range []string{"config.json", "metrics.jsonl"} {
			if s, err := os.Stat(filepath.Join(dir, name)); err == nil && !s.ModTime().Before(when) {
				newest, when = dir, s.ModTime()
			}
		}
	}
	if newest == "" {
		return "", fmt.Errorf("train: resume: found no run of %s below %s; name one with --out, or leave --resume out to start one", model, root)
	}
	return newest, nil
}
