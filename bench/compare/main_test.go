package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.x); got != c.want {
			t.Errorf("%v: got %v, want %v", c.x, got, c.want)
		}
	}
}

func TestRatesLeaveTheFirstEpochOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"epoch":1,"examples_per_second":1000}` + "\n" + `{"epoch":2,"examples_per_second":60000}` + "\n" + `{"epoch":3,"examples_per_second":120000}` + "\n")
	if got, err := rates(path, 60_000); err != nil || !slices.Equal(got, []float64{1, .5}) {
		t.Errorf("got %v, %v, want 1 and .5 seconds", got, err)
	}
	write("")
	if got, err := rates(path, 60_000); err != nil || len(got) != 0 {
		t.Errorf("an empty record: got %v, %v", got, err)
	}
	write("no record")
	if _, err := rates(path, 60_000); err == nil {
		t.Error("a broken record: got no error")
	}
}

// TestPeersSpeakJSON: the last line counts; anything else is the reason why a peer is left out.
func TestPeersSpeakJSON(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bench", "peers"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	say := func(text string) ([]float64, error) {
		if err := os.WriteFile(filepath.Join("bench", "peers", "p.sh"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return peers(t.Context(), settings{python: "sh", epochs: 1, threads: 1}, "p.sh")
	}
	if got, err := say("echo warming up; echo '{\"seconds\": [1.5, 2]}'"); err != nil || !slices.Equal(got, []float64{1.5, 2}) {
		t.Errorf("got %v, %v, want 1.5 and 2", got, err)
	}
	if _, err := say("echo skipped: no torch"); err == nil || !strings.Contains(err.Error(), "no torch") {
		t.Errorf("got %v, want the peer's reason", err)
	}
	if _, err := say("exit 3"); err == nil {
		t.Error("a peer that fails: got no error")
	}
}

// TestTimesAreReadOffOtherProgramsOutput: a Go benchmark, and the record of `elbo bench`.
func TestTimesAreReadOffOtherProgramsOutput(t *testing.T) {
	text := "goos: linux\nBenchmarkStep/elbo-2 \t 10\t 27818551 ns/op\t 4601 images/s\nPASS\n"
	if got, err := perOperation([]byte(text)); err != nil || !slices.Equal(got, []float64{.027818551}) {
		t.Errorf("got %v, %v, want 27.8 ms", got, err)
	}
	if _, err := perOperation([]byte("FAIL")); err == nil || !strings.Contains(err.Error(), "FAIL") {
		t.Errorf("got %v, want an error with what was printed", err)
	}
	record := `{"results":[{"name":"c forward","seconds":1},{"name":"c ∂x","seconds":2},{"name":"c ∂w","seconds":4}]}`
	if got, err := passes([]byte(record), "c ", []string{"∂x", "∂w"}); err != nil || !slices.Equal(got, []float64{6}) {
		t.Errorf("got %v, %v, want the sum of both gradients", got, err)
	}
	if _, err := passes([]byte(record), "d ", []string{"∂x"}); err == nil {
		t.Error("an operation that is not there: got no error")
	}
	if _, err := passes([]byte("{"), "c ", nil); err == nil {
		t.Error("a broken record: got no error")
	}
}

// TestEverySuiteHasElboFirst: ratios are to the first contestant.
func TestEverySuiteHasElboFirst(t *testing.T) {
	r := runner{settings: settings{threads: 2, stock: true, xla: "/plugin.so"}}
	for name, list := range map[string][]contestant{
		"dense": r.dense(), "28": r.images28(), "32": r.images32(), "transformer": r.transformer(),
		"forward": r.convolution("forward"), "backward": r.convolution("backward"),
	} {
		elboFirst(t, name, list)
	}
	for _, x := range r.zoo() {
		elboFirst(t, x.name, x.list)
	}
	if got := r.engine(",isa=avx2"); got != "elbo:threads=2,isa=avx2" {
		t.Errorf("got %s", got)
	}
}

// elboFirst asks for elbo before others with other names.
func elboFirst(t *testing.T, suite string, list []contestant) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.name] || c.run == nil {
			t.Errorf("%s: %s stands twice, or cannot run", suite, c.name)
		}
		seen[c.name] = true
	}
	if list[0].name != "elbo" || len(list) < 2 {
		t.Errorf("%s: got %d contestants, %s first", suite, len(list), list[0].name)
	}
}

func TestUnknownSuitesAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Chdir(filepath.Join("..", ".."))
	err := compare(t.Context(), settings{suites: "croquet"}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "croquet") {
		t.Errorf("got %v, want an error that names the suite", err)
	}
}

// TestContestantsAreToldOfTheDataBesideTheModule: of the folder by its full name, since they run elsewhere,
// but not of one that is absent or a file, nor where ELBO_DATA names another.
func TestContestantsAreToldOfTheDataBesideTheModule(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("shared", "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	there := filepath.Join("shared", "data")
	for _, c := range []struct{ set, dir, want string }{
		{"elsewhere", there, "elsewhere"},
		{"", there, filepath.Join(here, there)},
		{"", "absent", ""},
		{"", "file", ""},
	} {
		t.Setenv("ELBO_DATA", c.set)
		if err := findData(c.dir); err != nil {
			t.Error(err)
		}
		if got := os.Getenv("ELBO_DATA"); got != c.want {
			t.Errorf("ELBO_DATA %q, folder %s: got %q, want %q", c.set, c.dir, got, c.want)
		}
	}
}
