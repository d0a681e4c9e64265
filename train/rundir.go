package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/vi"
)

// Names of the files of a run directory.
const (
	configFile  = "config.json"
	infoFile    = "run.json"
	historyFile = "metrics.jsonl"
	resultFile  = "eval.json"
	checkpoints = "checkpoints"
)

// Info describes the circumstances of a run: what it learnt from and what wrote it.
type Info struct {
	Version     string        `json:"version"`     // of elbo
	Go          string        `json:"go"`          // Go release and platform
	Backend     string        `json:"backend"`     // compute backend, as it describes itself
	Command     string        `json:"command"`     // that started the run
	Data        string        `json:"data"`        // name or path
	Fingerprint string        `json:"fingerprint"` // sha256 of the training rows
	Shape       []int         `json:"shape"`       // of a row
	Classes     []string      `json:"classes"`     // names of the labels
	Columns     []data.Column `json:"columns"`     // of a table, with their standardisation
	Train       int           `json:"train"`       // training rows
	Valid       int           `json:"valid"`       // validation rows
	Test        int           `json:"test"`        // test rows
	Params      int           `json:"params"`      // trainable values
}

// Outcome is what a finished run reports about its best checkpoint.
type Outcome struct {
	Test      vi.Record    `json:"test"`      // β = 1 bound on the test rows
	Telemetry vi.Telemetry `json:"telemetry"` // on the test rows
	Warnings  []vi.Warning `json:"warnings"`  // raised while training
	Best      *Best        `json:"best"`      // the epoch it was taken from
	Binarize  string       `json:"binarize"`  // how pixels became data
}

// Version returns the version of elbo that is running.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}

// describe gathers the circumstances of a run.
func describe(c Config, s *data.Splits, command, backend string) Info {
	return Info{
		Version: Version(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		Backend: backend, Command: command, Data: c.Data, Fingerprint: s.Train.Fingerprint(),
		Shape: s.Train.Shape, Classes: s.Train.Classes, Columns: s.Train.Columns,
		Train: s.Train.Len(), Valid: s.Valid.Len(), Test: s.Test.Len(),
	}
}

// IsRun tells whether a directory holds a run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, configFile))
	return err == nil
}

// CheckFree reports a directory that holds a run already.
func CheckFree(dir string) error {
	if !IsRun(dir) {
		return nil
	}
	return fmt.Errorf("train: %s holds a run already; add --resume to go on with it, or choose another --out", dir)
}

// create writes the files that make a directory a run. The config comes last: it is what
// [IsRun] looks for.
func create(dir string, c Config, info Info) error {
	if err := CheckFree(dir); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(dir, infoFile), info); err != nil {
		return err
	}
	return update(dir, c, info)
}

// update stores the config that a run goes on with.
func update(dir string, c Config, _ Info) error {
	return writeJSON(filepath.Join(dir, configFile), c)
}

// writeJSON writes a value as indented JSON, atomically.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("train: %s: %w", path, err)
	}
	if err := atomicfile.WriteBytes(path, append(b, '\n')); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// maxJSON bounds the JSON files of a run directory that are read.
const maxJSON = 64 << 20

// readJSON reads one of them strictly.
func readJSON(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if info.Size() > maxJSON {
		return fmt.Errorf("train: %s: got %d bytes, want at most %d", path, info.Size(), maxJSON)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && info.Size() > 0 {
		return fmt.Errorf("train: %w", err)
	}
	if err := ckpt.DecodeStrict(b, v, maxJSON); err != nil {
		return fmt.Errorf("train: %s: %w", path, err)
	}
	return nil
}

// ReadConfig returns the config and the circumstances of a run.
func ReadConfig(dir string) (Config, Info, error) {
	var c Config
	var info Info
	if err := readJSON(filepath.Join(dir, configFile), &c); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return c, info, fmt.Errorf("train: %s is no run directory: it has no %s; `elbo train` makes one", dir, configFile)
		}
		return c, info, err
	}
	if err := c.Validate(); err != nil {
		return c, info, fmt.Errorf("%s: %w", filepath.Join(dir, configFile), err)
	}
	if err := readJSON(filepath.Join(dir, infoFile), &info); err != nil {
		return c, info, fmt.Errorf("train: %s is no whole run directory: %w", dir, err)
	}
	c.Net = c.Network(info.Shape).Net // a config without one is older than the choice
	return c, info, nil
}

// ReadHistory returns the epochs of a run.
func ReadHistory(dir string) ([]vi.Epoch, error) {
	return (&history{filepath.Join(dir, historyFile)}).read()
}

// ReadOutcome returns what the run reported when it finished, if it has.
func ReadOutcome(dir string) (o Outcome, ok bool, err error) {
	err = readJSON(filepath.Join(dir, resultFile), &o)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("%w; remove it, and `elbo train` with --resume writes it again", err)
	}
	return o, true, nil
}
