package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/train/supervised"
)

// runFlags are the flags of the commands that use a run.
type runFlags struct {
	checkpoint  string
	config      train.Config // what the flags say of data, seed and backend
	label       string
	out         string
	json, quiet bool
}

// bind adds the flags that every such command has, and those that are named.
func (f *runFlags) bind(cmd *cobra.Command, names ...string) {
	f.checkpoint, f.config.Seed = "best", 1
	cmd.Flags().StringVar(&f.checkpoint, "checkpoint", f.checkpoint, "`which` checkpoint: best or last")
	completeFlag(cmd, "checkpoint", func() []string { return []string{"best", "last"} })
	configFlags(cmd, &f.config, "backend")
	jsonFlag(cmd, &f.json, "print JSON")
	quietFlag(cmd, &f.quiet, "print nothing but what was asked for")
	if slices.Contains(names, "data") {
		configFlags(cmd, &f.config, "data", "data-dir")
		cmd.Flags().Lookup("data").Usage = "where the run's `data` are now (default: where they were in training)"
	}
	if slices.Contains(names, "seed") {
		configFlags(cmd, &f.config, "seed")
	}
	if slices.Contains(names, "label") {
		cmd.Flags().StringVar(&f.label, "label", "", "`column` of a table that holds the class (default: the one of training, or \"label\")")
	}
	if slices.Contains(names, "out") {
		outFlag(cmd, &f.out, "`file` to write; its extension chooses the format: .png, .csv, .npy, .npz or .jsonl")
	}
}

// open loads the run of a directory as the flags say.
func (f *runFlags) open(dir string) (*elbo.Model, error) {
	if f.checkpoint != "best" && f.checkpoint != "last" {
		return nil, misusef("--checkpoint: got %q, want best or last", f.checkpoint)
	}
	if kind, _, _ := strings.Cut(f.config.Backend, ":"); kind != "" && !slices.Contains(backend.Names(), kind) {
		_, err := backend.Open(f.config.Backend)
		return nil, misuse(err)
	}
	if err := wantsPredict(dir); err != nil {
		return nil, err
	}
	if err := wantsOther(dir); err != nil {
		return nil, err
	}
	m, err := elbo.Open(dir, elbo.FromCheckpoint(f.checkpoint), elbo.OnBackend(f.config.Backend))
	if err != nil {
		return nil, f.remedy(dir, err)
	}
	c := &m.Run().Config
	if f.config.Data != "" {
		c.Data = f.config.Data
	}
	if f.config.DataDir != "" {
		c.DataDir = f.config.DataDir
	}
	return m, nil
}

// isSupervised tells whether a directory holds a run that predicts a target.
func isSupervised(dir string) bool {
	model, err := rundir.ModelOf(dir)
	return err == nil && slices.Contains(supervised.Models, model)
}

// wantsPredict names the commands for a run that predicts a target, if the directory holds one.
func wantsPredict(dir string) error {
	if !isSupervised(dir) {
		return nil
	}
	return fmt.Errorf("%s holds a run that predicts a target: it has no codes and draws no rows; use `elbo predict %s --in FILE`, or `elbo eval %s`", dir, quoted(dir), quoted(dir))
}

// remedy tells what to do about a checkpoint that is not there or damaged.
func (f *runFlags) remedy(dir string, err error) error {
	if !errors.Is(err, ckpt.ErrNoCheckpoint) && !errors.Is(err, ckpt.ErrCorrupt) {
		return err
	}
	other := map[string]string{"best": "last", "last": "best"}[f.checkpoint]
	c, _, e := train.ReadConfig(dir)
	if e != nil {
		return err
	}
	return fmt.Errorf("%w; try --checkpoint %s, or go on with the run: elbo train %s --out %s --resume", err, other, c.Model, quoted(dir))
}

// checkOut tells early whether --out can be written: its extension is one of those given, and
// its folder is there.
func (f *runFlags) checkOut(extensions ...string) error {
	if f.out == "" {
		return nil
	}
	if ext := strings.ToLower(filepath.Ext(f.out)); !slices.Contains(extensions, ext) {
		return misusef("--out %s: got extension %q, want %s", f.out, ext, oneOf(extensions))
	}
	dir := filepath.Dir(f.out)
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("--out %s: folder %s: %w; make it first", f.out, dir, err)
	case !info.IsDir():
		return fmt.Errorf("--out %s: %s is a file, want a folder", f.out, dir)
	}
	if info, err := os.Stat(f.out); err == nil && info.IsDir() {
		return fmt.Errorf("--out %s is a folder, want the name of a file", f.out)
	}
	return nil
}

// oneOf lists choices as a sentence has them.
func oneOf(s []string) string {
	if len(s) == 1 {
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}
