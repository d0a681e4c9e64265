package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/elbo-go/elbo/data"
)

// classRuns are runs of models of classes: conditional and semi-supervised, of images and of a table.
var classRuns = sync.OnceValue(func() (dirs map[string]string) {
	f := trainOnce()
	dirs = map[string]string{}
	sizes := []string{"--epochs", "2", "--hidden", "32", "--latent", "3", "--quiet"}
	for name, line := range map[string][]string{
		"cvae":       {"cvae", "--data", f.digits},
		"m2":         {"m2", "--data", f.digits, "--labels", "50"},
		"m1-m2":      {"m1-m2", "--data", f.tableCSV, "--label", "kind", "--labels", "20", "--features", "4", "--top-hidden", "8"},
		"completion": {"completion", "--data", f.digits, "--observe", "top"},
	} {
		dirs[name] = filepath.Join(f.root, "classes-"+name)
		if code, _, stderr := elboCommand(append(append([]string{"train"}, append(line, "--out", dirs[name])...), sizes...)...); code != exitOK {
			dirs[name] = stderr
		}
	}
	return dirs
})

// classRun is one of them.
func classRun(t *testing.T, name string) string {
	t.Helper()
	if f := trainOnce(); f.err != nil {
		t.Fatal(f.err)
	}
	dir := classRuns()[name]
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(dir)
	}
	return dir
}

// read reads a file of rows.
func read(t *testing.T, path string) *data.Set {
	t.Helper()
	s, _, err := data.ReadFile(path, data.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Samples are of all classes in turn, or of the one that is asked for by name or number; the files say
// which.
func TestSamplesAreOfAClassOrOfAllInTurn(t *testing.T) {
	dir, out := classRun(t, "cvae"), filepath.Join(t.TempDir(), "s.npz")
	mustRun(t, "sample", dir, "--n", "20", "--out", out)
	for i, l := range read(t, out).Labels {
		if int(l) != i%10 {
			t.Errorf("sample %d: got class %d, want %d", i, l, i%10)
		}
	}
	mustRun(t, "sample", dir, "--n", "5", "--label", "7", "--out", out)
	for i, l := range read(t, out).Labels {
		if l != 7 {
			t.Errorf("sample %d: got class %d, want 7", i, l)
		}
	}
	table := classRun(t, "m1-m2")
	byName, _ := mustRun(t, "sample", table, "--n", "2", "--label", "small")
	byNumber, _ := mustRun(t, "sample", table, "--n", "2", "--label", "1")
	if byName != byNumber || !strings.Contains(byName, ",small\n") {
		t.Errorf("by name:\n%s\nby number:\n%s", byName, byNumber)
	}
}

// What cannot be is one line that names the flag, with exit code 2.
func TestMistakesWithClasses(t *testing.T) {
	cvae, m2, f := classRun(t, "cvae"), classRun(t, "m2"), trainOnce()
	unlabelled := filepath.Join(t.TempDir(), "rows.npy")
	s := read(t, f.digits)
	s.Labels, s.Classes = nil, nil
	if err := data.WriteFile(unlabelled, s); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "--label: elbo: class: got \"eleven\", want one of 0, 1, 2", []string{"sample", cvae, "--label", "eleven", "--out", "x.png"}},
		{exitUsage, "which makes no use of classes", []string{"sample", f.images, "--label", "3", "--out", "x.png"}},
		{exitUsage, "labels: got 5, want 10 (one of each class)", []string{"train", "m2", "--data", f.digits, "--labels", "5", "--out", filepath.Join(t.TempDir(), "r")}},
		{exitUsage, "it needs the class of every row", []string{"train", "cvae", "--data", f.digits, "--labels", "50", "--out", filepath.Join(t.TempDir(), "r")}},
		{exitUsage, "it makes no use of classes", []string{"train", "vae", "--labels", "50", "--out", filepath.Join(t.TempDir(), "r")}},
		{exitUsage, "--label names the column", []string{"train", "cvae", "--data", unlabelled, "--out", filepath.Join(t.TempDir(), "r")}},
		{exitFailed, "wants the class of each row", []string{"encode", cvae, "--in", unlabelled}},
		{exitFailed, "is told the classes of rows", []string{"predict", cvae, "--test"}},
		{exitUsage, "--interval is of runs of", []string{"predict", m2, "--test", "--interval", ".5"}},
		{exitUsage, "makes use of classes", []string{"eval", cvae, "--ais", "10", "--k", "2"}},
	} {
		code, _, stderr := elboCommand(c.args...)
		if code != c.code || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") > 1 {
			t.Errorf("elbo %s: got exit code %d and %q, want %d and %q", strings.Join(c.args, " "), code, stderr, c.code, c.want)
		}
	}
}

// Codes end with the class, between means and standard deviations, and decode again to what the rows
// reconstruct to.
func TestCodesWithClassesDecodeAgain(t *testing.T) {
	for _, name := range []string{"cvae", "m2"} {
		dir, tmp := classRun(t, name), t.TempDir()
		codes, again, direct := filepath.Join(tmp, "codes.npy"), filepath.Join(tmp, "again.npy"), filepath.Join(tmp, "direct.npy")
		mustRun(t, "encode", dir, "--test", "--out", codes)
		c := read(t, codes)
		if c.Dim() != 7 {
			t.Fatalf("%s: codes of %d values, want 3, the class and 3", name, c.Dim())
		}
		mustRun(t, "decode", dir, "--in", codes, "--out", again)
		mustRun(t, "reconstruct", dir, "--rows", "0-"+strconv.Itoa(c.Len()-1), "--out", direct)
		a, b := read(t, again), read(t, direct)
		for i := range a.X {
			if d := a.X[i] - b.X[i]; d > 1e-5 || d < -1e-5 {
				t.Fatalf("%s: value %d: got %v and %v", name, i, a.X[i], b.X[i])
			}
		}
	}
}

// Predictions of a model that finds classes are probabilities that sum to one, with the likeliest class
// before them, and the error rate where rows have theirs; eval and predict agree on it but for few.
func TestPredictFindsClasses(t *testing.T) {
	dir := classRun(t, "m2")
	out, errs := mustRun(t, "predict", dir, "--test", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 100 { // the tenth of the rows that is for testing
		t.Errorf("got %d lines, want 100", len(lines))
	}
	for _, line := range lines {
		var row struct {
			Class string             `json:"class"`
			Probs map[string]float64 `json:"probs"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for _, p := range row.Probs {
			sum += p
			if p > row.Probs[row.Class] {
				t.Errorf("got class %s of %v", row.Class, row.Probs)
			}
		}
		if sum < .999 || sum > 1.001 || len(row.Probs) != 10 {
			t.Errorf("probabilities %v sum to %v", row.Probs, sum)
		}
	}
	var judged, evaluated struct {
		Rate float64 `json:"error_rate"`
	}
	if err := json.Unmarshal([]byte(errs), &judged); err != nil {
		t.Fatalf("%q: %v", errs, err)
	}
	text, _ := mustRun(t, "eval", dir, "--k", "0", "--json")
	if err := json.Unmarshal([]byte(text), &evaluated); err != nil {
		t.Fatal(err)
	}
	if d := judged.Rate - evaluated.Rate; d > .06 || d < -.06 { // eval takes bits that were drawn once, predict the grey levels
		t.Errorf("error rates: predict %v, eval %v", judged.Rate, evaluated.Rate)
	}
	file := filepath.Join(t.TempDir(), "p.csv")
	said, _ := mustRun(t, "predict", classRun(t, "m1-m2"), "--in", trainOnce().tableCSV, "--out", file)
	if !strings.Contains(said, "get another class than theirs") {
		t.Errorf("predict said %q", said)
	}
	b, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(b), "class,p_big,p_small") {
		t.Errorf("got %.40q, %v", b, err)
	}
}

// The other commands take runs of models with classes too, and their identities hold.
func TestRunsWithClassesServeEveryCommand(t *testing.T) {
	for _, name := range []string{"cvae", "m2", "m1-m2"} {
		dir, tmp := classRun(t, name), t.TempDir()
		text, _ := mustRun(t, "eval", dir, "--k", "20", "--rows", "20", "--verify")
		if strings.Contains(text, "failed") {
			t.Errorf("%s: eval --verify:\n%s", name, text)
		}
		if found := strings.Contains(text, "% of the test rows get the wrong one"); found == (name == "cvae") {
			t.Errorf("%s: eval:\n%s", name, text)
		}
		mustRun(t, "score", dir, "--test", "--fpr", ".2", "--out", filepath.Join(tmp, "scores.csv"))
		mustRun(t, "interpolate", dir, "--from", "#0", "--to", "#1", "--steps", "4", "--out", filepath.Join(tmp, "path.npy"))
		mustRun(t, "traverse", dir, "--label", "1", "--dims", "0,1", "--out", filepath.Join(tmp, "dims.npy"))
		if _, err := os.Stat(filepath.Join(dir, "plots", "samples.png")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir, out := classRun(t, "completion"), filepath.Join(t.TempDir(), "again.npy")
	mustRun(t, "reconstruct", dir, "--rows", "0-9", "--out", out)
	again := read(t, out)
	if again.Len() != 10 {
		t.Errorf("got %d completions, want 10", again.Len())
	}
	if text, _ := mustRun(t, "eval", dir, "--k", "20", "--rows", "20", "--verify"); strings.Contains(text, "failed") || !strings.Contains(text, "of the part that is not seen") {
		t.Errorf("completion: eval --verify:\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(dir, "plots", "completions.png")); err != nil {
		t.Error(err)
	}
}

// What a model without codes that stand for rows, or of rows that end otherwise, is asked for is refused with
// what to do.
func TestRunsThatDoNotFitAreTold(t *testing.T) {
	f, completes, given := shared(t), classRun(t, "completion"), classRun(t, "cvae")
	codes := writeText(t, filepath.Join(t.TempDir(), "z.csv"), "a,b,c\n1,2,3\n")
	refuse(t, exitFailed, "`elbo complete "+completes+"` does that", "decode", completes, "--in", codes)
	refuse(t, exitFailed, "model cvae has rows that end with their class, and model vae has not", "score", f.images, "--test", "--score", "ratio", "--background", given)
	refuse(t, exitFailed, "model cvae has rows that end with their class, and model vae has not", "score", given, "--test", "--score", "ratio", "--background", f.images)
}

func TestFlagsOfMapsThatAreNotDrawnAreNamed(t *testing.T) {
	f := shared(t)
	_, note := mustRun(t, "score", f.images, "--test", "--map", "residual", "--shown", "3")
	for _, want := range []string{"note: --map is not used: no maps are drawn, and", "note: --shown is not used: no maps are drawn;"} {
		if !strings.Contains(note, want) {
			t.Errorf("got %q, want %q", note, want)
		}
	}
	_, note = mustRun(t, "score", f.images, "--test", "--map", "residual", "--shown", "3", "--maps", filepath.Join(t.TempDir(), "m.png"))
	if strings.Contains(note, "note") {
		t.Errorf("with --maps: got %q", note)
	}
}
