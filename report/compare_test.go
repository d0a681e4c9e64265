package report

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// compared is a run whose test bound is v.
func compared(name string, v float64) CompareInput {
	r := epochs(12, 2)[11].Valid
	r.Bound = v
	return CompareInput{Name: name, History: epochs(12, 2), Record: r, Telemetry: vi.Telemetry{ActiveUnits: 1, Latent: 2}, Data: "mnist", Binarization: "dynamic"}
}

func TestCompareDrawsAndPrints(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compare.png")
	var out strings.Builder
	second := compared("beta-vae", -101.25)
	second.NLL = &vi.ImportanceRecord{NLL: 99.5, K: 500, N: 10}
	second.Record.DataStdErr = .75
	if err := Compare(path, &out, []CompareInput{compared("vae", -103.5), second}); err != nil {
		t.Fatal(err)
	}
	decoded(t, path)
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{
		"run bound nats ± data −rec. KL −ln p(x) in use epochs best rows",
		"vae −ELBO 103.50 0.00 42.00 3.00 – 1/2 12 12 100",
		"beta-vae −ELBO 101.25 0.75 42.00 3.00 99.50 (K=500) 1/2 12 12 100",
		"Test data, nats, sum over dimensions, mean over rows, at β = 1; smaller is better.",
		"Best: beta-vae",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d: got %q, want %q", i, got, want)
		}
	}
}

func TestCompareRanksOnlyWhatCanBeRanked(t *testing.T) {
	for what, edit := range map[string]func(*CompareInput){
		"bound":          func(r *CompareInput) { r.Record.Kind = vi.KindLogProb },
		"data":           func(r *CompareInput) { r.Data = "digits" },
		"binarisation":   func(r *CompareInput) { r.Binarization = "static" },
		"number of rows": func(r *CompareInput) { r.Record.N = 7 },
	} {
		other := compared("b", -50)
		edit(&other)
		var out strings.Builder
		if err := Compare("", &out, []CompareInput{compared("a", -60), other}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "The runs differ in "+what+", so these figures cannot be ranked.") || strings.Contains(out.String(), "Best") {
			t.Errorf("%s: got %q, want no ranking", what, out.String())
		}
	}
	var out strings.Builder
	if err := Compare("", &out, []CompareInput{compared("a", -60), compared("b", nan)}); err != nil || !strings.Contains(out.String(), "Best: a") {
		t.Errorf("a bound that is no number: got %q, %v, want a as the best", out.String(), err)
	}
}

func TestCompareCleansNames(t *testing.T) {
	var out strings.Builder
	evil := compared("\x1b[2Ja\tb\nc\u202e\xff", -1)
	if err := Compare(filepath.Join(t.TempDir(), "c.png"), &out, []CompareInput{evil, compared("plain", -2)}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\t\u202e") || strings.Count(out.String(), "\n") != 5 {
		t.Errorf("got %q, want control characters as spaces and five lines", out.String())
	}
}

// fullDisk fails every write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestCompareReportsWhatItCannotWrite(t *testing.T) {
	if err := Compare("", &strings.Builder{}, nil); err == nil || !strings.Contains(err.Error(), "got none") {
		t.Errorf("no runs: got %v", err)
	}
	runs := []CompareInput{compared("a", -1)}
	if err := Compare("", fullDisk{}, runs); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("full disk: got %v", err)
	}
	if err := Compare(filepath.Join(t.TempDir(), "gone", "c.png"), &strings.Builder{}, runs); err == nil {
		t.Error("below a folder that is not there: got no error, want one")
	}
	path := filepath.Join(t.TempDir(), "c.png")
	runs[0].History = nil
	if err := Compare(path, &strings.Builder{}, runs); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("without a history: got %v, want no picture", err)
	}
}
