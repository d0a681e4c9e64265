package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
)

// elboCommand runs one command line in process.
func elboCommand(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, streams{strings.NewReader(""), &out, &err})
	return code, out.String(), err.String()
}

// mustRun fails the test unless the command line succeeds.
func mustRun(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, out, err := elboCommand(args...)
	if code != exitOK {
		t.Fatalf("elbo %s: exit code %d, %s", strings.Join(args, " "), code, err)
	}
	return out, err
}

// The runs that the tests of commands share.
type fixtures struct {
	root, images, table, plain, tableCSV, digits string
	err                                          error
}

// sharedRoot is the folder of the shared runs, once there is one.
var sharedRoot string

var trainOnce = sync.OnceValue(func() (f fixtures) {
	f.root, f.err = os.MkdirTemp("", "elbo-test-")
	if f.err != nil {
		return f
	}
	sharedRoot = f.root
	f.images, f.table, f.plain = filepath.Join(f.root, "images"), filepath.Join(f.root, "table"), filepath.Join(f.root, "plain")
	f.tableCSV = filepath.Join(f.root, "table.csv")
	if f.err = os.WriteFile(f.tableCSV, exampleTable(300), 0o644); f.err != nil {
		return f
	}
	f.digits = filepath.Join(f.root, "digits.npz") // 1,000 rows open faster than the whole set
	if f.err = data.WriteFile(f.digits, data.Digits(1000, rng.New(3))); f.err != nil {
		return f
	}
	sizes := []string{"--epochs", "1", "--hidden", "32", "--latent", "3", "--quiet"}
	for _, line := range [][]string{
		{"train", "vae", "--data", f.digits, "--out", f.images},
		{"train", "vae", "--data", f.tableCSV, "--label", "kind", "--out", f.table},
		{"train", "ae", "--data", f.tableCSV, "--label", "kind", "--out", f.plain},
	} {
		if code, _, stderr := elboCommand(append(line, sizes...)...); code != exitOK {
			f.err = fmt.Errorf("%v: exit code %d: %s", line, code, stderr)
			return f
		}
	}
	return f
})

// exampleTable is a table of columns whose scales differ by thousands, with a class.
func exampleTable(n int) []byte {
	var b bytes.Buffer
	b.WriteString("height,mass,speed,size,kind\n")
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		a := r.NormFloat64()
		kind := "small"
		if a > 0 {
			kind = "big"
		}
		fmt.Fprintf(&b, "%.2f,%.4f,%.4f,%.4f,%s\n", 5000+1000*a+10*r.NormFloat64(), 70+12*a, .001*r.NormFloat64(), a+r.NormFloat64(), kind)
	}
	return b.Bytes()
}

// shared returns the runs, trained once.
func shared(t *testing.T) fixtures {
	t.Helper()
	f := trainOnce()
	if f.err != nil {
		t.Fatal(f.err)
	}
	return f
}

func TestMain(m *testing.M) {
	code := m.Run()
	if sharedRoot != "" {
		os.RemoveAll(sharedRoot)
	}
	os.Exit(code)
}

// rowsIn reads a file of rows back and returns their number and width.
func rowsIn(t *testing.T, path string) (n, dim int) {
	t.Helper()
	if filepath.Ext(path) == ".png" {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		img, err := png.Decode(file)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		first, lively := img.At(0, 0), false
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y && !lively; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				lively = lively || img.At(x, y) != first
			}
		}
		if !lively {
			t.Errorf("%s: all pixels are equal, want a picture", path)
		}
		return -1, -1
	}
	for _, label := range []string{"label", ""} {
		s, _, err := data.ReadFile(path, data.ReadOptions{Label: label})
		if err == nil {
			return s.Len(), s.Dim()
		}
		if label == "" {
			t.Fatal(err)
		}
	}
	return 0, 0
}

// Every command that makes rows writes them in every format, and they read back whole.
func TestRowsInEveryFormat(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	const pixels, columns = 784, 4
	codes := filepath.Join(dir, "codes.csv")
	mustRun(t, "encode", f.images, "--test", "--out", codes)
	tableCodes := filepath.Join(dir, "table-codes.npy")
	mustRun(t, "encode", f.table, "--in", f.tableCSV, "--out", tableCodes)
	for i, c := range []struct {
		line   []string
		n, dim int
		table  bool
	}{
		{[]string{"sample", f.images, "--n", "5"}, 5, pixels, true},
		{[]string{"sample", f.table, "--n", "7"}, 7, columns, true},
		{[]string{"reconstruct", f.images, "--rows", "0-3,8"}, 5, pixels, true},
		{[]string{"reconstruct", f.table, "--in", f.tableCSV}, 300, columns, true},
		{[]string{"reconstruct", f.plain, "--rows", "1,2"}, 2, columns, true},
		{[]string{"interpolate", f.images, "--from", "label:3", "--to", "mean:8", "--steps", "4"}, 4, pixels, true},
		{[]string{"interpolate", f.images, "--from", "#1", "--to", "2", "--path", "slerp"}, 9, pixels, true},
		{[]string{"interpolate", f.table, "--from", "label:big", "--to", "label:small"}, 9, columns, true},
		{[]string{"traverse", f.images, "--dims", "0,2", "--steps", "5"}, 10, pixels, true},
		{[]string{"traverse", f.table, "--row", "3", "--dims", "all", "--range", "2", "--steps", "3"}, 9, columns, true},
		{[]string{"decode", f.images, "--in", codes}, 100, pixels, true},
		{[]string{"decode", f.table, "--in", tableCodes}, 300, columns, true},
		{[]string{"encode", f.images, "--test"}, 100, 6, false},
		{[]string{"encode", f.plain, "--in", f.tableCSV}, 300, 6, false},
	} {
		for _, ext := range withPicture {
			if ext == ".png" && !c.table {
				continue
			}
			path := filepath.Join(dir, fmt.Sprintf("out%d%s", i, ext))
			out, stderr := mustRun(t, append(c.line, "--out", path)...)
			if !strings.Contains(out, path) || stderr != "" {
				t.Errorf("%v: got output %q and %q, want the name of the file alone", c.line, out, stderr)
			}
			n, dim := rowsIn(t, path)
			if ext != ".png" && (n != c.n || dim != c.dim) {
				t.Errorf("%v %s: got %d rows of %d values, want %d of %d", c.line, ext, n, dim, c.n, c.dim)
			}
		}
	}
}

// One image is written pixel by pixel, so that it can be read again.
func TestSingleImageReadsBack(t *testing.T) {
	f := shared(t)
	path := filepath.Join(t.TempDir(), "one.png")
	mustRun(t, "sample", f.images, "--n", "1", "--out", path)
	out, _ := mustRun(t, "encode", f.images, "--in", path, "--json")
	var row struct{ X []float64 }
	if err := json.Unmarshal([]byte(out), &row); err != nil || len(row.X) != 6 {
		t.Errorf("code of the picture: got %q (%v), want one line of 6 values", out, err)
	}
	mustRun(t, "interpolate", f.images, "--from", path, "--to", "#0", "--out", path)
}

// Without --out, rows of a table go to the standard output.
func TestRowsOnStandardOutput(t *testing.T) {
	f := shared(t)
	out, _ := mustRun(t, "sample", f.table, "--n", "3")
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(records) != 4 {
		t.Fatalf("got %d records (%v), want a header and 3 rows", len(records), err)
	}
	if got, want := strings.Join(records[0], " "), "height mass speed size"; got != want {
		t.Errorf("columns: got %q, want %q as in training", got, want)
	}
	out, _ = mustRun(t, "encode", f.table, "--test")
	head, rest, _ := strings.Cut(out, "\n")
	if want := "mean_0,mean_1,mean_2,sd_0,sd_1,sd_2,label"; head != want {
		t.Errorf("header: got %q, want %q", head, want)
	}
	if !strings.Contains(rest, ",big\n") || !strings.Contains(rest, ",small\n") {
		t.Errorf("labels are missing in %q", rest)
	}
	for _, line := range [][]string{{"sample", f.images, "--n", "2", "--json"}, {"reconstruct", f.table, "--rows", "0,1", "--json"}} {
		out, _ := mustRun(t, line...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 2 {
			t.Errorf("%v: got %d lines, want 2", line, len(lines))
		}
		for _, l := range lines {
			if !json.Valid([]byte(l)) {
				t.Errorf("%v: got %.60q, want JSON", line, l)
			}
		}
	}
}

// A table may have its columns in another order, more of them, and no label.
func TestTableColumnsGoByName(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	ordered, mixed := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
	for path, text := range map[string]string{
		ordered: "height,mass,speed,size\n5100,71,0.001,0.2\n",
		mixed:   "extra,size,mass,speed,height\n9,0.2,71,0.001,5100\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := mustRun(t, "encode", f.table, "--in", ordered)
	b, _ := mustRun(t, "encode", f.table, "--in", mixed)
	if a != b {
		t.Errorf("got\n%s and\n%s, want the same code", a, b)
	}
}

// Equal seeds give equal samples, another seed others.
func TestSampleFollowsTheSeed(t *testing.T) {
	f := shared(t)
	a, _ := mustRun(t, "sample", f.table, "--n", "4", "--seed", "5")
	b, _ := mustRun(t, "sample", f.table, "--n", "4", "--seed", "5")
	c, _ := mustRun(t, "sample", f.table, "--n", "4", "--seed", "6")
	if a != b || a == c {
		t.Errorf("seeds 5, 5, 6: got equal %t and %t, want true and false", a == b, a == c)
	}
}

// The ends of a path are the reconstructions of its rows.
func TestInterpolationEndsAtReconstructions(t *testing.T) {
	f := shared(t)
	path, _ := mustRun(t, "interpolate", f.table, "--from", "#2", "--to", "5", "--steps", "3", "--path", "slerp", "--json")
	ends, _ := mustRun(t, "reconstruct", f.table, "--rows", "2,5", "--json")
	x := func(line string) []float64 {
		var row struct{ X []float64 }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		return row.X
	}
	got, want := strings.Split(strings.TrimSpace(path), "\n"), strings.Split(strings.TrimSpace(ends), "\n")
	if len(got) != 3 || len(want) != 2 {
		t.Fatalf("got %d and %d rows, want 3 and 2", len(got), len(want))
	}
	for i, pair := range [][2]string{{got[0], want[0]}, {got[2], want[1]}} {
		a, b := x(pair[0]), x(pair[1])
		for j := range b {
			if math.Abs(a[j]-b[j]) > 1e-5*math.Abs(b[j])+1e-6 { // float32 sums of batches of other sizes
				t.Errorf("end %d: got %v, want %v", i, a, b)
				break
			}
		}
	}
}

// Codes that encode wrote decode to the reconstructions.
func TestDecodeInvertsEncode(t *testing.T) {
	f := shared(t)
	for _, ext := range rowsAlone {
		codes := filepath.Join(t.TempDir(), "codes"+ext)
		mustRun(t, "encode", f.table, "--in", f.tableCSV, "--out", codes)
		got, _ := mustRun(t, "decode", f.table, "--in", codes)
		want, _ := mustRun(t, "reconstruct", f.table, "--in", f.tableCSV)
		if ext == ".npy" { // holds no labels
			want = strings.NewReplacer(",label", "", ",big", "", ",small", "").Replace(want)
		}
		if got != want {
			t.Errorf("%s: decoded codes differ from the reconstructions: %.80q, want %.80q", ext, got, want)
		}
	}
}

// In a run that allows missing cells, one stands for the mean of its column in training.
func TestMissingCellsTakeTheMeanOfTraining(t *testing.T) {
	dir := t.TempDir()
	file, run := filepath.Join(dir, "t.csv"), filepath.Join(dir, "run")
	var b strings.Builder
	b.WriteString("a,b\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d,%d\n", 1000+i, i%7)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "train", "vae", "--data", file, "--allow-nan", "--epochs", "1", "--hidden", "8", "--latent", "2", "--quiet", "--out", run)
	_, info, err := train.ReadConfig(run)
	if err != nil {
		t.Fatal(err)
	}
	holes, filled := filepath.Join(dir, "holes.csv"), filepath.Join(dir, "filled.csv")
	for path, cell := range map[string]string{holes: "NA", filled: fmt.Sprint(info.Columns[0].Mean)} {
		if err := os.WriteFile(path, []byte("a,b\n"+cell+",3\n1010,2\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	codes := func(path string) (out []float64) {
		text, _ := mustRun(t, "encode", run, "--in", path, "--json")
		for line := range strings.Lines(text) {
			var row struct{ X []float64 }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			out = append(out, row.X...)
		}
		return out
	}
	got, want := codes(holes), codes(filled)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-4 { // float32 of a column around 1,000 with a scale of 17
			t.Fatalf("got codes %v, want %v", got, want)
		}
	}
}

// Every command has an example whose flags it knows, and --help succeeds.
func TestExamplesUseFlagsThatExist(t *testing.T) {
	for _, cmd := range newRoot(streams{}).Commands() {
		name := cmd.Name()
		if name == "help" || name == "completion" {
			continue
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "elbo" || words[1] != name {
				t.Errorf("%s: got example %q, want a line elbo %s …", name, line, name)
				continue
			}
			target, _, err := cmd.Root().Find(words[1:]) // may be a command below this one
			if err != nil {
				t.Errorf("%s: example %q: %v", name, line, err)
				continue
			}
			for _, w := range words {
				flag, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
				if strings.HasPrefix(w, "--") && target.Flags().Lookup(flag) == nil {
					t.Errorf("%s: example %q: no flag --%s", name, line, flag)
				}
			}
		}
		if out, stderr := mustRun(t, name, "--help"); !strings.Contains(out, "Examples:") || stderr != "" {
			t.Errorf("%s --help: got %q and %q, want an example", name, out, stderr)
		}
	}
}

// --quiet prints nothing once the file is written.
func TestQuiet(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	for _, line := range [][]string{
		{"sample", f.table, "--out", filepath.Join(dir, "a.csv")},
		{"reconstruct", f.images, "--rows", "1", "--out", filepath.Join(dir, "a.png")},
		{"score", f.table, "--in", f.tableCSV, "--out", filepath.Join(dir, "s.csv")},
		{"export", f.table, "--out", filepath.Join(dir, "m.npz")},
	} {
		out, stderr := mustRun(t, append(line, "--quiet")...)
		if _, err := os.Stat(line[len(line)-1]); err != nil || out != "" || stderr != "" {
			t.Errorf("%v: got %q and %q (%v), want the file alone", line, out, stderr, err)
		}
	}
}

// eval --quiet prints the bound on one line.
func TestQuietEval(t *testing.T) {
	f := shared(t)
	if out, _ := mustRun(t, "eval", f.table, "--k", "0", "--quiet"); !strings.HasPrefix(out, "−ELBO") || strings.Count(out, "\n") != 1 {
		t.Errorf("got %q, want the bound on one line", out)
	}
}

// A command that is interrupted ends with its own exit code and leaves no file.
func TestInterruptedUse(t *testing.T) {
	f := shared(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "x.csv")
	for _, line := range [][]string{{"sample", f.table, "--out", path}, {"encode", f.table, "--in", f.tableCSV, "--out", path}, {"eval", f.table}} {
		var out, errs bytes.Buffer
		if code := run(ctx, line, streams{strings.NewReader(""), &out, &errs}); code != exitInterrupted || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%v: got exit code %d, %q, %q, want %d and one line", line, code, out.String(), errs.String(), exitInterrupted)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("%s was written", path)
	}
}
