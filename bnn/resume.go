package bnn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/model"
)

// opened is a snapshot whose state fits the trainer and whose arrays are whole.
type opened struct {
	phases []stage
	params []map[string]model.Array // by phase and name
	paths  []map[string]model.Array // by phase and number
}

// begin opens a phase and returns how many of its epochs the snapshot says are done; then
// parameters and path are those after them.
func (r *trainer) begin(s *stepper) (epochs int, err error) {
	i := len(r.stages)
	r.stages = append(r.stages, stage{Name: s.p.name})
	if r.from == nil || i >= len(r.from.phases) {
		return 0, nil
	}
	was, last := r.from.phases[i], i == len(r.from.phases)-1
	if was.Name != s.p.name {
		return 0, unfit("phase", was.Name, s.p.name)
	}
	if was.Epochs < 1 || was.Epochs > s.p.epochs || !last && was.Epochs < s.p.epochs {
		return 0, unfit("epochs of phase "+was.Name, was.Epochs, fmt.Sprintf("1 to %d, all of a phase that is done", s.p.epochs))
	}
	// The first step once more makes the arrays that the phase has; the snapshot's take their place.
	if _, _, err := s.move(s.order(0)[:r.c.Batch], 1); err != nil {
		return 0, err
	}
	has, err := r.params.Export()
	if err != nil {
		return 0, err
	}
	if !last {
		has = trainable(has)
	}
	arrays, err := match(was.Name, r.from.params[i], has)
	if err != nil {
		return 0, err
	}
	if err := r.params.Import(arrays); err != nil {
		return 0, err
	}
	s.t = was.Epochs * r.perEpoch()
	r.stages[i], r.logLik = was, was.LogLik
	return was.Epochs, s.follow(r.from.paths[i])
}

// follow restores the path from its rows by number.
func (s *stepper) follow(held map[string]model.Array) error {
	rows := make([][]float64, len(held))
	for j := range rows {
		row, ok := held[strconv.Itoa(j)]
		if !ok {
			return unfit("path", "none of number "+strconv.Itoa(j), fmt.Sprintf("rows 0 to %d", len(held)-1))
		}
		rows[j] = slices.Clone(row.Data)
	}
	if s.p.path != nil {
		return s.p.path.restore(rows, s.t, s.steps)
	}
	if len(rows) > 0 {
		return unfit("path", fmt.Sprintf("%d rows", len(rows)), "none in phase "+s.p.name)
	}
	return nil
}

// checkPath tells whether a path has so many rows of so many numbers.
func checkPath(rows [][]float64, count, width int) error {
	if len(rows) != count {
		return unfit("path", fmt.Sprintf("%d rows", len(rows)), count)
	}
	for j, row := range rows {
		if len(row) != width {
			return unfit(fmt.Sprintf("path: row %d", j), fmt.Sprintf("%d numbers", len(row)), width)
		}
	}
	return nil
}

// match returns the arrays of a snapshot that a phase has, which must be all of both.
func match(phase string, held map[string]model.Array, has []model.Array) (out []model.Array, err error) {
	for _, want := range has {
		a, ok := held[want.Name]
		if !ok {
			return nil, unfit("phase "+phase, "no array "+want.Name, fmt.Sprintf("one of shape %v", want.Dims))
		}
		if !slices.Equal(a.Dims, want.Dims) || len(a.Data) != len(want.Data) {
			return nil, unfit("array "+want.Name, fmt.Sprintf("%d values of shape %v", len(a.Data), a.Dims), fmt.Sprintf("shape %v", want.Dims))
		}
		a.Trainable = want.Trainable
		out = append(out, a)
	}
	if len(out) != len(held) {
		return nil, unfit("phase "+phase, fmt.Sprintf("%d arrays", len(held)), len(out))
	}
	return out, nil
}

// reached tells whether the method has come to where the snapshot was taken.
func (r *trainer) reached() error {
	if r.from != nil && len(r.from.phases) > len(r.stages) {
		return unfit("phases", len(r.from.phases), fmt.Sprintf("%d at most of %s", len(r.stages), r.c.Method))
	}
	return nil
}

// open checks a snapshot against the trainer's configuration and table, and its arrays against
// their digest.
func (r *trainer) open(s Snapshot) (*opened, error) {
	var st state
	if err := decode(s.State, &st); err != nil {
		return nil, err
	}
	if st.Format != snapshotFormat {
		return nil, unfit("format", st.Format, snapshotFormat)
	}
	if err := sameConfig(st.Config, r.c); err != nil {
		return nil, err
	}
	if want := r.t.digest(); st.Table != want {
		return nil, unfit("table", "rows with digest "+st.Table, want)
	}
	if len(st.Phases) == 0 {
		return nil, unfit("phases", 0, "at least 1")
	}
	if got := digest(s.Arrays); got != st.Arrays {
		return nil, unfit("arrays", "digest "+got, st.Arrays+"; they were changed or rounded")
	}
	o := &opened{phases: st.Phases}
	for range st.Phases {
		o.params, o.paths = append(o.params, map[string]model.Array{}), append(o.paths, map[string]model.Array{})
	}
	for _, a := range s.Arrays {
		if err := o.file(a); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// file puts an array where its name says.
func (o *opened) file(a model.Array) error {
	for j, v := range a.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return unfit(fmt.Sprintf("array %s: value %d", a.Name, j), v, "a finite number")
		}
	}
	number, rest, _ := strings.Cut(a.Name, "/")
	kind, name, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	bins := map[string][]map[string]model.Array{"params": o.params, "path": o.paths}[kind]
	if err != nil || i < 0 || i >= len(bins) {
		return unfit("array", a.Name, fmt.Sprintf("a name PHASE/params/NAME or PHASE/path/NUMBER with phases 0 to %d", len(o.phases)-1))
	}
	if _, ok := bins[i][name]; ok {
		return unfit("array "+a.Name, "it twice", "it once")
	}
	a.Name = name
	bins[i][name] = a
	return nil
}

// maxState bounds the JSON of a snapshot that is read: a phase takes some 60 bytes of it.
const maxState = 8 << 20

// decode reads one JSON value without unknown fields.
func decode(raw []byte, st *state) error {
	if len(raw) > maxState {
		return unfit("state", fmt.Sprintf("%d bytes", len(raw)), fmt.Sprintf("%d at most", maxState))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(st); err != nil {
		return fmt.Errorf("bnn: snapshot: state: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return unfit("state", "more after its end", "one JSON value")
	}
	return nil
}

// sameConfig names the first field in which the configuration of a snapshot is another.
func sameConfig(was, is Config) error {
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		got, err := json.Marshal(a.Field(i).Interface())
		if err != nil {
			return fmt.Errorf("bnn: snapshot: configuration: %w", err)
		}
		want, err := json.Marshal(b.Field(i).Interface())
		if err != nil {
			return fmt.Errorf("bnn: snapshot: configuration: %w", err)
		}
		if !bytes.Equal(got, want) {
			return unfit("configuration: "+f.Name, string(got), string(want))
		}
	}
	return nil
}

// unfit is the error of a snapshot that a fit cannot go on from.
func unfit(what string, got, want any) error {
	return fmt.Errorf("bnn: snapshot: %s: got %v, want %v", what, got, want)
}
