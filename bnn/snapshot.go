package bnn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/model"
)

// Snapshot is a fit between two epochs, from which [FitFrom] goes on. All noise is a function of
// the seed and the step, so the arrays and what little State says are enough.
type Snapshot struct {
	Arrays []model.Array   // in any order; float32 does not hold all of their numbers
	State  json.RawMessage // configuration, table and phases
}

// snapshotFormat is the version of a snapshot's arrays and state.
const snapshotFormat = 1

// state is the JSON of a snapshot.
type state struct {
	Format int     `json:"format"` // snapshotFormat
	Config Config  `json:"config"` // with its defaults
	Table  string  `json:"table"`  // digest of the standardised rows
	Arrays string  `json:"arrays"` // digest of the arrays
	Phases []stage `json:"phases"` // in turn; all but the last are done
}

// stage is what a snapshot holds of a phase: its parameters are the arrays i/params/name of the
// i-th phase, those that are trained where it is done; i/path/j is the j-th row of its path.
type stage struct {
	Name   string  `json:"name"`    // of the phase
	Epochs int     `json:"epochs"`  // done
	LogLik float64 `json:"log_lik"` // of the last one

	arrays []model.Array // of a phase that is done
}

// checkpoint offers a snapshot to the configuration's Checkpoint after an epoch.
func (r *trainer) checkpoint(s *stepper, done Progress) error {
	now := &r.stages[len(r.stages)-1]
	now.Epochs, now.LogLik = done.Epoch, done.LogLik
	if r.c.Checkpoint == nil {
		return nil
	}
	open := true
	defer func() { open = false }()
	return r.c.Checkpoint(done, func() (Snapshot, error) {
		if !open {
			return Snapshot{}, fmt.Errorf("bnn: snapshot: got a call after Checkpoint has returned, want it before")
		}
		return r.snapshot(s)
	})
}

// snapshot copies what the fit has come to.
func (r *trainer) snapshot(s *stepper) (out Snapshot, err error) {
	st := state{Format: snapshotFormat, Config: r.c, Table: r.t.digest(), Phases: r.stages}
	for i, p := range r.stages {
		arrays := p.arrays
		if i == len(r.stages)-1 {
			if arrays, err = r.params.Export(); err != nil {
				return out, err
			}
		}
		for _, a := range arrays {
			a.Name = fmt.Sprintf("%d/params/%s", i, a.Name)
			out.Arrays = append(out.Arrays, a)
		}
	}
	if s.p.path != nil {
		for j, row := range s.p.path.rows() {
			out.Arrays = append(out.Arrays, model.Array{
				Name: fmt.Sprintf("%d/path/%d", len(r.stages)-1, j), Dims: []int{len(row)}, Data: slices.Clone(row),
			})
		}
	}
	st.Arrays = digest(out.Arrays)
	out.State, err = json.Marshal(st)
	return out, err
}

// end closes a phase: what it has trained stays, the optimizer's moments go.
func (r *trainer) end(s *stepper) error {
	all, err := r.params.Export()
	if err != nil {
		return err
	}
	trained := trainable(all)
	r.params = model.NewParams(r.params.Backend(), r.params.DType(), r.key)
	r.stages[len(r.stages)-1].arrays = trained
	return r.params.Import(trained)
}

// trainable returns those of the arrays that are trained.
func trainable(arrays []model.Array) (out []model.Array) {
	for _, a := range arrays {
		if a.Trainable {
			out = append(out, a)
		}
	}
	return out
}

// digest returns the SHA-256 of arrays in the order of their names.
func digest(arrays []model.Array) string {
	h := sha256.New()
	sorted := slices.SortedStableFunc(slices.Values(arrays), func(a, b model.Array) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range sorted {
		fmt.Fprintf(h, "%q %v %d\n", a.Name, a.Dims, len(a.Data))
		_ = binary.Write(h, binary.LittleEndian, a.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digest returns the SHA-256 of a table.
func (t *table) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d\n", t.n, t.d, t.classes)
	for _, v := range []any{t.x, t.y, t.columns, t.target} {
		_ = binary.Write(h, binary.LittleEndian, v)
	}
	return hex.EncodeToString(h.Sum(nil))
}
