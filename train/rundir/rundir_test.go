package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// says fails unless err has every part.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("got %q, want it to say %q", err, p)
		}
	}
}

func TestADirectoryBecomesARunOnce(t *testing.T) {
	dir := t.TempDir()
	if IsRun(dir) || CheckFree(dir) != nil {
		t.Error("an empty directory counts as a run")
	}
	config, info := map[string]string{"model": "bnn"}, Info{Data: "table.csv"}
	if err := Create(dir, config, info); err != nil {
		t.Fatal(err)
	}
	if !IsRun(dir) {
		t.Error("a created run is none")
	}
	says(t, Create(dir, config, info), "train: ", "holds a run already", "--resume", "--out")
	var back Info
	if err := ReadJSON(filepath.Join(dir, InfoFile), &back); err != nil || back.Data != "table.csv" {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestTheModelOfAnyRunCanBeRead(t *testing.T) {
	for _, c := range []struct{ config, model, err string }{
		{`{"model": "bnn", "anything": [1, {"else": 2}]}`, "bnn", ""},
		{`{"epochs": 3}`, "", "model: got none"},
		{`{"model": ""}`, "", "model: got none"},
		{`{"model": 3}`, "", "config.json: "},
		{`{"model": "bnn"`, "", "config.json: "},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte(c.config), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ModelOf(dir)
		if c.err != "" {
			says(t, err, "train: ", c.err)
		} else if err != nil || got != c.model {
			t.Errorf("%s: got %q, %v", c.config, got, err)
		}
	}
	_, err := ModelOf(t.TempDir())
	says(t, err, "is no run directory: it has no config.json; `elbo train` makes one")
}

func TestJSONIsReadStrictlyAndWrittenWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	if err := WriteJSON(path, map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "{\n  \"a\": 1\n}\n" {
		t.Errorf("got %q, %v", b, err)
	}
	var v struct {
		B int `json:"b"`
	}
	says(t, ReadJSON(path, &v), "train: "+path)
	if err := ReadJSON(path+".none", &v); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the file is absent", err)
	}
	says(t, WriteJSON(path, func() {}), "train: "+path)
	says(t, WriteJSON(filepath.Join(path, "below"), 1), "train: ")
}

func TestCircumstancesAreThoseOfTheData(t *testing.T) {
	s, err := data.Split(data.Cubic(50, rng.New(1)), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	i := Describe("mine", s, "abc", "elbo train x", "engine")
	if i.Train+i.Valid+i.Test != 50 || i.Data != "mine" || i.Fingerprint != "abc" || len(i.Columns) != 2 || i.Version != Version() || !strings.Contains(i.Go, "go1.") {
		t.Errorf("got %+v", i)
	}
	b, err := json.Marshal(i)
	if err != nil || !bytes.Contains(b, []byte(`"command":"elbo train x"`)) {
		t.Errorf("got %s, %v", b, err)
	}
}

// linesOf reads a log.
func linesOf(t *testing.T, l Log) (out []string) {
	t.Helper()
	if err := l.Each(func(b []byte) error { out = append(out, string(b)); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestALogDropsATornLine(t *testing.T) {
	l := Log{filepath.Join(t.TempDir(), HistoryFile)}
	if got := linesOf(t, l); got != nil {
		t.Errorf("an absent log has %q", got)
	}
	if size, err := l.Append([]byte("one\ntwo\n")); err != nil || size != 8 {
		t.Fatalf("got %d, %v", size, err)
	}
	f, err := os.OpenFile(l.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("thr")
	f.Close()
	if got := linesOf(t, l); strings.Join(got, " ") != "one two" {
		t.Errorf("got %q", got)
	}
	if size, err := l.Append([]byte("3\n")); err != nil || size != 10 {
		t.Errorf("got %d, %v", size, err)
	}
	if got := linesOf(t, l); strings.Join(got, " ") != "one two 3" {
		t.Errorf("got %q", got)
	}
	if err := l.Cut(4); err != nil {
		t.Fatal(err)
	}
	if got := linesOf(t, l); strings.Join(got, " ") != "one" {
		t.Errorf("after a cut: %q", got)
	}
	err = l.Each(func([]byte) error { return errors.New("bad") })
	says(t, err, "line 1: bad; without the file the run can be used")
	if err := (Log{l.Path + "/below"}).Cut(1); err == nil {
		t.Error("a path below a file was cut")
	}
	if err := (Log{l.Path + ".none"}).Cut(1); err != nil {
		t.Errorf("an absent log: %v", err)
	}
}
