package main

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func TestModelsAreThoseOfTheCatalogue(t *testing.T) {
	var list []struct {
		Group, Name, Paper, Command string
		Notes                       map[string]string
	}
	if err := json.Unmarshal([]byte(must(t, "models", "--json").out), &list); err != nil {
		t.Fatal(err)
	}
	table, markdown := must(t, "models").out, must(t, "models", "--markdown").out
	entries := catalog.Entries()
	if len(list) != len(entries) {
		t.Fatalf("got %d entries, want %d", len(list), len(entries))
	}
	for i, e := range entries {
		if list[i].Name != e.Name || list[i].Group != e.Group || list[i].Paper != e.Paper || list[i].Command != e.Command {
			t.Errorf("got %+v, want %+v", list[i], e)
		}
		for _, part := range []string{e.Group, "  " + e.Name + " ", e.Summary} {
			if !strings.Contains(table, part) {
				t.Errorf("%s: %q is not listed", e.Name, part)
			}
		}
		alone := must(t, "models", e.Name).out
		for _, part := range []string{e.Group, e.Name, e.Paper, e.Summary, e.Command} {
			if !strings.Contains(alone, part) || !strings.Contains(markdown, part) {
				t.Errorf("%s: %q is not printed", e.Name, part)
			}
		}
		for _, part := range []string{e.Sections, e.Measured, e.Test} {
			if part == "" || !strings.Contains(markdown, strings.ReplaceAll(part, "|", `\|`)) {
				t.Errorf("%s: %q is not in the documentation", e.Name, part)
			}
		}
	}
	for _, want := range []string{bnn.Methods[0], vi.BoundNames()[1], "pathfinder", "realnvp", vae.Names()[0]} {
		if !strings.Contains(table, "  "+want+" ") {
			t.Errorf("%s is not listed", want)
		}
	}
}

// A part of a name stands for all methods that have it; a name that is there for that method alone.
func TestModelsOfAPartOfAName(t *testing.T) {
	for part, want := range map[string]string{"vq": "vq-vae vq-vae-2", "VQ-VAE": "vq-vae", "ladder-vae vq-vae": "ladder-vae vq-vae", "flow": "flow flow"} {
		var got []string
		for _, line := range strings.Split(must(t, append([]string{"models"}, strings.Fields(part)...)...).out, "\n") {
			if line != "" && line[0] != ' ' {
				got = append(got, line)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", part, got, want)
		}
	}
}

// Words fill the columns and go on below the first; what is not a terminal has one line.
func TestFactsAreWrapped(t *testing.T) {
	for columns, want := range map[int]string{
		math.MaxInt: "  β      one two three, which are the words\n",
		30:          "  β      one two three, which\n         are the words\n",
		3:           "  β      one two three, which\n         are the words\n",
	} {
		var b strings.Builder
		writeFact(&b, columns, "  β", 9, "one two  three, which are the words")
		if b.String() != want {
			t.Errorf("%d columns: got %q, want %q", columns, b.String(), want)
		}
	}
}

func TestWhatTheCatalogueNamesIsThere(t *testing.T) {
	root := newRoot(streams{})
	for _, e := range catalog.Entries() {
		for _, path := range strings.Split(e.Test, ", ") {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(path))); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
		words := strings.Fields(e.Command)
		if words[0] != "elbo" {
			continue
		}
		if cmd, _, err := root.Find(words[1:]); err != nil || cmd == root {
			t.Errorf("%s: `%s` is no command (%v)", e.Name, e.Command, err)
		}
	}
}

func TestTheDocumentedTableOfModelsIsCurrent(t *testing.T) {
	b, err := os.ReadFile("../../docs/models.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != must(t, "models", "--markdown").out {
		t.Error("docs/models.md differs from `elbo models --markdown`; run `make docs`")
	}
}

func TestDataListNamesEverySet(t *testing.T) {
	text := must(t, "data").out
	if text != must(t, "data", "list").out {
		t.Error("`elbo data` and `elbo data list` differ")
	}
	var list []struct {
		Name  string
		Train int
	}
	if err := json.Unmarshal([]byte(must(t, "data", "--json").out), &list); err != nil {
		t.Fatal(err)
	}
	for i, d := range data.List() {
		if list[i].Name != d.Name || list[i].Train != d.Train || !strings.Contains(text, d.Summary) {
			t.Errorf("got %+v, want %+v", list[i], d)
		}
	}
}

func TestDataShowDescribesImages(t *testing.T) {
	sheet := filepath.Join(t.TempDir(), "sheet.png")
	o := must(t, "data", "show", "digits", "--max-rows", "200", "--out", sheet)
	for _, want := range []string{"row         28×28", "200 training, 200 validation, 200 test", "classes     10 in training: 0 (", "values      0 to 1, mean 0.1", sheet} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	f, err := os.Open(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Dx() < 8*28 || img.Bounds().Dy() < 8*28 {
		t.Errorf("contact sheet: %v, %v", img, err)
	}
	s, err := data.Open(t.Context(), data.Spec{Name: "digits", MaxRows: 200})
	if err != nil {
		t.Fatal(err)
	}
	var p portrait
	if err := json.Unmarshal([]byte(must(t, "data", "show", "digits", "--max-rows", "200", "--json").out), &p); err != nil {
		t.Fatal(err)
	}
	rows, mean := 0, 0.
	for _, c := range p.Classes {
		rows += c.Rows
	}
	for _, v := range s.Train.X {
		mean += float64(v)
	}
	mean /= float64(len(s.Train.X))
	if rows != 200 || p.Fingerprint != s.Train.Fingerprint() || p.Min != 0 || p.Max != 1 || p.Mean-mean > 1e-12 || mean-p.Mean > 1e-12 {
		t.Errorf("got %+v, want mean %v, fingerprint %s", p, mean, s.Train.Fingerprint())
	}
	if o := must(t, "data", "show", "sprites", "--max-rows", "50"); !strings.Contains(o.out, "factors     shape, scale") {
		t.Errorf("output lacks the factors:\n%s", o.out)
	}
}

func TestDataShowDescribesTables(t *testing.T) {
	table := writeTable(t, filepath.Join(t.TempDir(), "t.csv"), "a,b,kind\n", 60, func(i int) string { return []string{"x", "y"}[i%2] })
	o := must(t, "data", "show", table, "--label", "kind", "--allow-nan")
	for _, want := range []string{"after standardisation", "a       numeric      1        -3.25  4", "b       numeric      0        10     35", "kind    categorical"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	var p portrait
	if err := json.Unmarshal([]byte(must(t, "data", "show", table, "--label", "kind", "--allow-nan", "--json").out), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Columns) != 3 || p.Columns[0].Missing != 1 || p.Columns[1].Max != 35 {
		t.Errorf("got %+v", p.Columns)
	}
}

func TestFetchTellsWhereACompleteSetIs(t *testing.T) {
	root := os.Getenv("ELBO_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	if _, err := os.Stat(filepath.Join(root, "mnist", "train-images-idx3-ubyte.gz")); err != nil {
		t.Skip("MNIST is not here; set ELBO_DATA to a folder that has it")
	}
	if o := must(t, "data", "fetch", "mnist", "--data-dir", root, "-q"); o.out != strings.TrimSuffix(root, "/")+"\n" {
		t.Errorf("got %q", o.out)
	}
	if o := must(t, "data", "fetch", "mnist", "--data-dir", root); !strings.Contains(o.out, "mnist is complete below "+root) {
		t.Errorf("got %q", o.out)
	}
}

func TestVersionNamesWhatFiguresDependOn(t *testing.T) {
	var v versions
	if err := json.Unmarshal([]byte(must(t, "version", "--json").out), &v); err != nil {
		t.Fatal(err)
	}
	if v.Elbo == "" || v.Go != runtime.Version() || v.Platform != runtime.GOOS+"/"+runtime.GOARCH || len(v.Backends) == 0 || v.Backends[0] != "elbo" {
		t.Errorf("got %+v", v)
	}
	text := must(t, "version").out
	for _, part := range append(v.Backends, v.Elbo, v.Go, v.Platform) {
		if !strings.Contains(text, part) {
			t.Errorf("output lacks %q:\n%s", part, text)
		}
	}
}

// Numbers of the specification mean nothing to those who read of a model; the table of models keeps them.
func TestWhatIsSaidOfAModelHasNoNumbersOfTheSpecification(t *testing.T) {
	if out := must(t, "models", "vq-vae").out; strings.Contains(out, "spec") || strings.Contains(out, "D9") || !strings.Contains(out, "measured") {
		t.Errorf("got %s", out)
	}
	if out := must(t, "models", "--markdown").out; !strings.Contains(out, "D9") {
		t.Error("the table of models has lost the sections")
	}
}
