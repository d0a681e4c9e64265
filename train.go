package elbo

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
)

// Config is everything that decides the result of a run. In [Train] a field left zero takes
// its default (see [train.DefaultFor]).
type Config = train.Config

// TrainOption changes where a run goes and who watches it.
type TrainOption func(*training)

type training struct {
	dir, command string
	observer     train.Observer
	report       bool
}

// InDir keeps the run in a directory, which must not hold one yet. Without it the run leaves
// nothing behind and lives in memory.
func InDir(dir string) TrainOption { return func(t *training) { t.dir = dir } }

// Observed calls back while the run goes on.
func Observed(o train.Observer) TrainOption { return func(t *training) { t.observer = o } }

// WithReport also draws the pictures and writes report.html. It needs [InDir].
func WithReport() TrainOption { return func(t *training) { t.report = true } }

// ByCommand records the command line that started the run.
func ByCommand(line string) TrainOption { return func(t *training) { t.command = line } }

// Train fits a model to a data set, or to the set that the config names if splits is nil.
// It returns the model of the best epoch. When the context ends, the run is saved and the
// error is [train.ErrInterrupted].
func Train(ctx context.Context, c Config, splits *data.Splits, opts ...TrainOption) (*Model, error) {
	t := training{command: "elbo.Train"}
	for _, f := range opts {
		f(&t)
	}
	if t.report && t.dir == "" {
		return nil, fmt.Errorf("elbo: train: got WithReport without InDir, want a directory to write the report to")
	}
	c = withDefaults(c)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if splits == nil {
		var err error
		if splits, err = train.OpenData(ctx, c, nil); err != nil {
			return nil, err
		}
	}
	if t.dir == "" {
		dir, err := os.MkdirTemp("", "elbo-run-")
		if err != nil {
			return nil, fmt.Errorf("elbo: train: %w", err)
		}
		defer os.RemoveAll(dir)
		t.dir = dir
	}
	run, err := train.Start(ctx, c, splits, t.dir, t.command, t.observer)
	if err != nil {
		return nil, err
	}
	if t.report {
		if _, err := Report(ctx, run); err != nil {
			return nil, err
		}
	}
	return &Model{run: run}, nil
}

// withDefaults fills the zero fields.
func withDefaults(c Config) Config {
	d := train.DefaultFor(cmp.Or(c.Model, train.Default().Model))
	c.Model, c.Data = cmp.Or(c.Model, d.Model), cmp.Or(c.Data, d.Data)
	c.Epochs, c.Batch, c.LR = cmp.Or(c.Epochs, d.Epochs), cmp.Or(c.Batch, d.Batch), cmp.Or(c.LR, d.LR)
	c.LRSchedule, c.BetaSchedule = cmp.Or(c.LRSchedule, d.LRSchedule), cmp.Or(c.BetaSchedule, d.BetaSchedule)
	c.Latent, c.Sigma, c.Beta = cmp.Or(c.Latent, d.Latent), cmp.Or(c.Sigma, d.Sigma), cmp.Or(c.Beta, d.Beta)
	c.BetaWarmup, c.BetaCycles = cmp.Or(c.BetaWarmup, d.BetaWarmup), cmp.Or(c.BetaCycles, d.BetaCycles)
	c.FreeBitsGroup, c.Capacity = cmp.Or(c.FreeBitsGroup, d.FreeBitsGroup), cmp.Or(c.Capacity, d.Capacity)
	c.CapacityWeight, c.CapacityWarmup = cmp.Or(c.CapacityWeight, d.CapacityWeight), cmp.Or(c.CapacityWarmup, d.CapacityWarmup)
	c.Bound, c.Groups = cmp.Or(c.Bound, d.Bound), cmp.Or(c.Groups, d.Groups)
	c.Posterior, c.FlowSteps = cmp.Or(c.Posterior, d.Posterior), cmp.Or(c.FlowSteps, d.FlowSteps)
	c.Prior = cmp.Or(c.Prior, d.Prior)
	c.Samples, c.Seed, c.Backend = cmp.Or(c.Samples, d.Samples), cmp.Or(c.Seed, d.Seed), cmp.Or(c.Backend, d.Backend)
	if c.Hidden == nil {
		c.Hidden = d.Hidden
	}
	if c.Channels == nil {
		c.Channels = d.Channels
	}
	return c
}

// dataName is what a run is called by its data: a registered name, or that of a file without
// its extension.
func dataName(spec string) string {
	name := filepath.Base(spec)
	if abs, err := filepath.Abs(spec); err == nil && (name == "." || name == "..") {
		name = filepath.Base(abs)
	}
	name = strings.TrimSuffix(name, ".gz")
	if ext := filepath.Ext(name); ext != name && slices.Contains([]string{".csv", ".tsv", ".npy", ".npz", ".idx", ".jsonl", ".png", ".jpg", ".jpeg"}, strings.ToLower(ext)) {
		name = strings.TrimSuffix(name, ext)
	}
	if name == string(filepath.Separator) {
		return "data"
	}
	return name
}

// NextDir returns a directory below root that does not exist yet, named by model and data
// with a number.
func NextDir(root string, c Config) string {
	base := c.Model + "-" + dataName(c.Data)
	for i := 1; ; i++ {
		dir := filepath.Join(root, fmt.Sprintf("%s-%03d", base, i))
		if _, err := os.Stat(dir); err != nil {
			return dir
		}
	}
}
