package bnn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
)

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
