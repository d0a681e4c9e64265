package rundir

import (
	"errors"
	"runtime"
	"runtime/debug"

	"github.com/elbo-go/elbo/data"
)

// ErrInterrupted is returned when the context ended a run; everything is saved.
var ErrInterrupted = errors.New("train: interrupted; the run is saved and can be resumed")

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

// Version returns the version of elbo that is running.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}

// Describe gathers the circumstances of a run on a data set.
func Describe(name string, s *data.Splits, fingerprint, command, backend string) Info {
	return Info{
		Version: Version(), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		Backend: backend, Command: command, Data: name, Fingerprint: fingerprint,
		Shape: s.Train.Shape, Classes: s.Train.Classes, Columns: s.Train.Columns,
		Train: s.Train.Len(), Valid: s.Valid.Len(), Test: s.Test.Len(),
	}
}
