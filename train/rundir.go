package train

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Names of the files of a run directory.
const (
	configFile  = rundir.ConfigFile
	infoFile    = rundir.InfoFile
	historyFile = rundir.HistoryFile
	resultFile  = rundir.ResultFile
	checkpoints = rundir.Checkpoints
)

// Info describes the circumstances of a run: what it learnt from and what wrote it.
type Info = rundir.Info

// Outcome is what a finished run reports about its best checkpoint.
type Outcome struct {
	Test      vi.Record    `json:"test"`                 // β = 1 bound on the test rows
	Telemetry vi.Telemetry `json:"telemetry"`            // on the test rows
	ErrorRate *float64     `json:"error_rate,omitempty"` // share of test rows whose class the model misses; nil if it finds none
	Warnings  []vi.Warning `json:"warnings"`             // raised while training
	Best      *Best        `json:"best"`                 // the epoch it was taken from
	Binarize  string       `json:"binarize"`             // how pixels became data
}

// describe gathers the circumstances of a run.
func describe(c Config, s *data.Splits, command, backend string) Info {
	return rundir.Describe(c.Data, s, s.Train.Fingerprint(), command, backend)
}

// create writes the files that make a directory a run.
func create(dir string, c Config, info Info) error { return rundir.Create(dir, c, info) }

// update stores the config that a run goes on with.
func update(dir string, c Config, _ Info) error {
	return rundir.WriteJSON(filepath.Join(dir, configFile), c)
}

// ReadConfig returns the config and the circumstances of a run.
func ReadConfig(dir string) (Config, Info, error) {
	var c Config
	var info Info
	if model, err := rundir.ModelOf(dir); err == nil {
		if _, known := vae.Lookup(model); !known {
			return c, info, fmt.Errorf("train: %s: model: got a run of %q, want one of %s", dir, model, strings.Join(vae.Names(), ", "))
		}
	}
	if err := rundir.ReadJSON(filepath.Join(dir, configFile), &c); err != nil {
		return c, info, rundir.Absent(dir, err)
	}
	if err := c.Validate(); err != nil {
		return c, info, fmt.Errorf("%s: %w", filepath.Join(dir, configFile), err)
	}
	if err := rundir.ReadJSON(filepath.Join(dir, infoFile), &info); err != nil {
		return c, info, fmt.Errorf("train: %s is no whole run directory: %w", dir, err)
	}
	c.Net = c.Network(factsIn(info)).Net // a config without one is older than the choice
	return c, info, nil
}

// ReadHistory returns the epochs of a run.
func ReadHistory(dir string) ([]vi.Epoch, error) {
	return (&history{filepath.Join(dir, historyFile)}).read()
}

// ReadOutcome returns what the run reported when it finished, if it has.
func ReadOutcome(dir string) (o Outcome, ok bool, err error) {
	err = rundir.ReadJSON(filepath.Join(dir, resultFile), &o)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("%w; remove it, and `elbo train` with --resume writes it again", err)
	}
	return o, true, nil
}
