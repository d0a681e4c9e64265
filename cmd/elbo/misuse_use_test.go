package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
)

// copyRun copies a run directory, so that a test can damage it.
func copyRun(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// edit replaces the content of the first file that matches a pattern.
func edit(t *testing.T, pattern string, change func([]byte) []byte) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no such file (%v)", pattern, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, change(b), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// refuse checks that a command line fails with the exit code and one line that says what was
// wrong.
func refuse(t *testing.T, code int, says string, line ...string) {
	t.Helper()
	got, stdout, stderr := elboCommand(line...)
	name := strings.Join(line, " ")
	if got != code {
		t.Errorf("%s: got exit code %d, want %d (%s)", name, got, code, stderr)
	}
	if !strings.HasPrefix(stderr, "elbo: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		t.Errorf("%s: got %q, want one line that begins with elbo:", name, stderr)
	}
	if !strings.Contains(stderr, says) {
		t.Errorf("%s: got %q, want it to say %q", name, stderr, says)
	}
	if strings.Contains(stderr, "goroutine") || strings.Contains(stderr, "panic") || stdout != "" {
		t.Errorf("%s: got output %q and %q, want a plain error alone", name, stdout, stderr)
	}
}

// badFiles writes files that no command may accept.
func badFiles(t *testing.T) (wrong, nan, headless, text, codes string) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrong = filepath.Join(dir, "wrong.npy")
	if err := data.WriteFile(wrong, &data.Set{Shape: []int{5}, X: make([]float32, 15)}); err != nil {
		t.Fatal(err)
	}
	return wrong, write("nan.csv", "height,mass,speed,size\n1,2,NaN,4\n"),
		write("columns.csv", "height,mass,speed\n1,2,3\n"), write("rows.txt", "\x00\x01hello"), write("codes.csv", "a,b\n1,2\n")
}

// Mistakes in the command line end with exit code 2 and one line that tells what to do.
func TestMistakesInTheCommandLine(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "x.png")
	for _, c := range []struct {
		says string
		line []string
	}{
		{"want RUN", []string{"eval"}},
		{"want RUN", []string{"sample", "--out", out}},
		{"want RUN", []string{"score", f.table, f.images}},
		{"at least 2", []string{"compare", f.table}},
		{"--k: got -1, want 0", []string{"eval", f.table, "--k", "-1"}},
		{"--k: got 99999999, want 0", []string{"eval", f.table, "--k", "99999999"}},
		{"want a whole number", []string{"eval", f.table, "--k", "many"}},
		{"--samples: got 0", []string{"eval", f.table, "--samples", "0"}},
		{"--rows: got 0", []string{"eval", f.table, "--rows", "0"}},
		{"one of them", []string{"eval", f.table, "--rows", "5", "--every", "5"}},
		{"unknown flag", []string{"eval", f.table, "--kk", "5"}},
		{"want best or last", []string{"eval", f.table, "--checkpoint", "first"}},
		{`got "cuda"`, []string{"sample", f.table, "--backend", "cuda"}},
		{"--n: got 0", []string{"sample", f.table, "--n", "0"}},
		{"--out FILE is missing", []string{"sample", f.images}},
		{`got extension ".gif"`, []string{"sample", f.images, "--out", filepath.Join(dir, "x.gif")}},
		{`got extension ""`, []string{"sample", f.images, "--out", filepath.Join(dir, "x")}},
		{`got "5-2"`, []string{"reconstruct", f.images, "--rows", "5-2", "--out", out}},
		{"got 400, want 0 to 99", []string{"reconstruct", f.images, "--rows", "0,400", "--out", out}},
		{"one of them", []string{"reconstruct", f.table, "--rows", "1", "--in", f.tableCSV}},
		{"--steps: got 1, want 2", []string{"interpolate", f.images, "--from", "0", "--to", "1", "--steps", "1", "--out", out}},
		{"want linear, slerp or geodesic", []string{"interpolate", f.images, "--from", "0", "--to", "1", "--path", "zigzag", "--out", out}},
		{"--from is missing", []string{"interpolate", f.images, "--to", "1", "--out", out}},
		{`got "99", want one of 0, 1`, []string{"interpolate", f.images, "--from", "label:99", "--to", "1", "--out", out}},
		{"got 400, want 0 to 99", []string{"interpolate", f.images, "--from", "0", "--to", "#400", "--out", out}},
		{"want a file, a test row", []string{"interpolate", f.images, "--from", "nothing.png", "--to", "1", "--out", out}},
		{"got 300 rows, want 1", []string{"interpolate", f.table, "--from", f.tableCSV, "--to", "1"}},
		{"--dims: got 3, want 0 to 2", []string{"traverse", f.images, "--dims", "1,3", "--out", out}},
		{`--dims: got "x"`, []string{"traverse", f.images, "--dims", "x", "--out", out}},
		{`got "top:0"`, []string{"traverse", f.images, "--dims", "top:0", "--out", out}},
		{"--steps: got 1", []string{"traverse", f.images, "--steps", "1", "--out", out}},
		{"got --row and --label, want one of them", []string{"traverse", f.images, "--row", "1", "--label", "1", "--out", out}},
		{"--range: got NaN", []string{"traverse", f.images, "--range", "NaN", "--out", out}},
		{"--row: got 4000", []string{"traverse", f.images, "--row", "4000", "--out", out}},
		{"--in FILE is missing", []string{"encode", f.images}},
		{"one of them", []string{"encode", f.table, "--test", "--in", f.tableCSV}},
		{`got extension ".png"`, []string{"encode", f.images, "--test", "--out", out}},
		{"--in CODES is missing", []string{"decode", f.table}},
		{"--in FILE is missing", []string{"score", f.table}},
		{"--fpr: got 0", []string{"score", f.table, "--test", "--fpr", "0"}},
		{"--fpr: got 1", []string{"score", f.table, "--test", "--fpr", "1"}},
		{"want aggregate, codes, complexity", []string{"score", f.table, "--test", "--score", "strangeness"}},
		{"want one way to the threshold", []string{"score", f.table, "--test", "--threshold", "3", "--fpr", ".1"}},
		{`got "huge", want some of`, []string{"score", f.table, "--test", "--positive", "huge"}},
		{`got extension ".npz"`, []string{"score", f.table, "--test", "--out", filepath.Join(dir, "x.npz")}},
		{"--out FILE is missing", []string{"export", f.table}},
		{"want .safetensors or .npz", []string{"export", f.table, "--out", filepath.Join(dir, "m.pt")}},
	} {
		refuse(t, exitUsage, c.says, c.line...)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("refused commands left %v, want nothing", left)
	}
}

// Work that fails for what is in files ends with exit code 1 and one line.
func TestFailedWorkIsOneLine(t *testing.T) {
	f := shared(t)
	wrong, nan, columns, text, codes := badFiles(t)
	dir := t.TempDir()
	missing := filepath.Join(dir, "none.csv")
	for _, c := range []struct {
		says string
		line []string
	}{
		{"is no run directory", []string{"eval", filepath.Join(dir, "nowhere")}},
		{"is no run directory", []string{"sample", dir, "--n", "3"}},
		{"is no run directory but a file", []string{"sample", wrong, "--n", "3"}},
		{"is no run directory", []string{"compare", f.table, dir}},
		{"no such file", []string{"encode", f.table, "--in", missing}},
		{"got rows of 5 values (shape [5]), want 784 (shape [28 28])", []string{"encode", f.images, "--in", wrong}},
		{"want 4", []string{"encode", f.table, "--in", wrong}},
		{"NaN", []string{"encode", f.table, "--in", nan}},
		{"size", []string{"score", f.table, "--in", columns}},
		{"unknown file format", []string{"encode", f.table, "--in", text}},
		{"got codes of 2 values, want 3", []string{"decode", f.table, "--in", codes}},
		{"make it first", []string{"sample", f.table, "--out", filepath.Join(dir, "no", "x.csv")}},
		{"is a folder", []string{"export", f.table, "--out", mkdir(t, dir, "x.npz")}},
		{"has no prior", []string{"sample", f.plain, "--n", "3"}},
		{"with guide and prior, or with a density", []string{"score", f.plain, "--test", "--score", "nll"}},
		{"want a model with a bound on ln p(x)", []string{"score", f.plain, "--test", "--score", "elbo"}},
		{"raise --fpr", []string{"score", f.table, "--test", "--fpr", "0.001"}},
	} {
		refuse(t, exitFailed, c.says, c.line...)
	}
	if os.Getuid() != 0 { // nothing is unwritable to root
		locked := mkdir(t, dir, "locked")
		if err := os.Chmod(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		refuse(t, exitFailed, "permission denied", "sample", f.table, "--out", filepath.Join(locked, "x.csv"))
	}
}

// mkdir makes a folder below dir.
func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A run whose files are damaged is refused with the name of the file or of the field.
func TestDamagedRunsAreRefused(t *testing.T) {
	f := shared(t)
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	for _, c := range []struct {
		name, pattern, says string
		change              func([]byte) []byte
	}{
		{"a flipped bit in the parameters", "checkpoints/step-*/model.safetensors", "model.safetensors", flip},
		{"a flipped bit in the state", "checkpoints/step-*/state.json", "state.json", flip},
		{"parameters cut short", "checkpoints/step-*/model.safetensors", "model.safetensors", func(b []byte) []byte { return b[:len(b)/2] }},
		{"a config that is no JSON", "config.json", "config.json", func([]byte) []byte { return []byte("{") }},
		{"a config with an unknown field", "config.json", "config.json", func(b []byte) []byte {
			return []byte(strings.Replace(string(b), "{", `{"surprise": 1,`, 1))
		}},
		{"a config of another model", "config.json", "nonesuch", func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"vae"`, `"nonesuch"`, 1))
		}},
		{"a config of another size", "config.json", "got", func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"latent": 3`, `"latent": 4`, 1))
		}},
		{"a history that is no JSON", "metrics.jsonl", "line 1", func([]byte) []byte { return []byte("{\n") }},
		{"a result that is no JSON", "eval.json", "eval.json", func([]byte) []byte { return []byte("[]") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copyRun(t, f.table)
			edit(t, filepath.Join(dir, c.pattern), c.change)
			refuse(t, exitFailed, c.says, "encode", dir, "--in", f.tableCSV)
		})
	}
}

// A run whose data have moved says so, and works again when told where they are.
func TestMovedData(t *testing.T) {
	f := shared(t)
	moved := filepath.Join(t.TempDir(), "moved.csv")
	b, err := os.ReadFile(f.tableCSV)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(moved, b, 0o644); err != nil {
		t.Fatal(err)
	}
	dir := copyRun(t, f.table)
	edit(t, filepath.Join(dir, "config.json"), func(b []byte) []byte {
		return []byte(strings.Replace(string(b), "table.csv", "gone.csv", 1))
	})
	refuse(t, exitFailed, "gone.csv", "encode", dir, "--test")
	refuse(t, exitFailed, "--normal", "score", dir, "--in", moved)
	mustRun(t, "encode", dir, "--test", "--data", moved)
	mustRun(t, "score", dir, "--in", moved, "--normal", moved)
	mustRun(t, "score", dir, "--in", moved, "--threshold", fmt.Sprint(math.Pi))
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, exampleTable(250), 0o644); err != nil {
		t.Fatal(err)
	}
	refuse(t, exitFailed, "the data have changed", "encode", dir, "--test", "--data", other)
}

// A checkpoint of a later program is refused by its number.
func TestCheckpointOfAnotherFormat(t *testing.T) {
	f := shared(t)
	dir := copyRun(t, f.table)
	store, err := ckpt.Open(filepath.Join(dir, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := store.Load("best")
	if err != nil {
		t.Fatal(err)
	}
	c.Step++
	c.State = []byte(strings.Replace(string(c.State), `"format":1,`, `"format":99,`, 1))
	if err := errors.Join(store.Save(c, ckpt.SaveOptions{Best: true}), store.Close()); err != nil {
		t.Fatal(err)
	}
	refuse(t, exitFailed, "got format 99, want 1", "encode", dir, "--in", f.tableCSV)
}
