package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeTable writes a CSV file of two numeric columns and one of text. One cell of column a
// is missing.
func writeTable(t *testing.T, path, header string, rows int, last func(i int) string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(header)
	for i := range rows {
		a := []string{"1.5", "2", "-3.25", "4"}[i%4]
		if i == 7 {
			a = "NA"
		}
		b.WriteString(a + "," + []string{"10", "20", "35"}[i%3] + "," + last(i) + "\n")
	}
	return writeText(t, path, b.String())
}

// writeText writes a file and returns its path.
func writeText(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// wrong is a command line that has to fail.
type wrong struct {
	args string
	code int
	say  []string // what was wrong, and what to do
}

// check runs it and checks that the error is one line, in plain words, and that nothing
// below keep has changed.
func (w wrong) check(t *testing.T, keep string) {
	t.Helper()
	before := tree(t, keep)
	o := call(t.Context(), strings.Fields(w.args)...)
	if o.code != w.code {
		t.Errorf("%s: got exit %d, want %d (%s)", w.args, o.code, w.code, o.err)
	}
	if !strings.HasPrefix(o.err, "elbo: ") || strings.Count(o.err, "\n") != 1 || !strings.HasSuffix(o.err, "\n") {
		t.Errorf("%s: got %q, want one line that begins with elbo:", w.args, o.err)
	}
	for _, s := range w.say {
		if !strings.Contains(o.err, s) {
			t.Errorf("%s: got %q, want it to say %q", w.args, o.err, s)
		}
	}
	for _, s := range []string{"goroutine", "panic", ".go:", "%!"} {
		if strings.Contains(o.err+o.out, s) {
			t.Errorf("%s: output has %q: %s%s", w.args, s, o.out, o.err)
		}
	}
	if !equalTrees(before, tree(t, keep)) {
		t.Errorf("%s: files have changed", w.args)
	}
}

func TestWrongValuesAreNamedWithWhatIsRight(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ELBO_DATA", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const flags = "--help` lists the flags"
	for _, w := range []wrong{
		{"train vea", 2, []string{`model: got "vea"`, "did you mean vae?", "elbo models"}},
		{"train gan", 2, []string{`model: got "gan", want one of aae, ae`, "elbo models"}},
		{"train", 2, []string{"got 0 arguments, want 1, the name of a model", "elbo train --help"}},
		{"train vae ae", 2, []string{"got 2 arguments"}},
		{"trian vae", 2, []string{`unknown command "trian" (did you mean train?)`, "elbo --help"}},
		{"help samle", 2, []string{`unknown command "samle" (did you mean sample?)`}},
		{"frobnicate", 2, []string{`unknown command "frobnicate"; `}},
		{"train vae --latnet 3", 2, []string{"unknown flag: --latnet (did you mean --latent?)", flags}},
		{"train vae --betta=3", 2, []string{"unknown flag: --betta (did you mean --beta?)", flags}},
		{"train vae --frobnicate", 2, []string{"unknown flag: --frobnicate; ", flags}},
		{"train vae --latent", 2, []string{"flag needs an argument: --latent", flags}},
		{"train vae --latent 0", 2, []string{"latent size: got 0, want 1 to 65536", flags}},
		{"train vae --latent 2.5", 2, []string{`--latent: got "2.5", want a whole number`, flags}},
		{"train vae --hidden 0", 2, []string{`--hidden: got width "0"`, "400 or 512,256, or none"}},
		{"train vae --hidden -1", 2, []string{`--hidden: got width "-1"`, "or none"}},
		{"train vae --hidden abc", 2, []string{`--hidden: got width "abc"`, "or none"}},
		{"train vae --hidden 400,,20", 2, []string{`--hidden: got width ""`, "or none"}},
		{"train vae --hidden 99999999", 2, []string{"hidden layer 0: got 99999999, want 1 to 65536"}},
		{"train vae --max-rows 50 --hidden 65536,65536", 2, []string{"network: got 8592687104", "want at most 536870912", "lower --hidden or --latent"}},
		{"train vae --net unet", 2, []string{`net: got "unet", want one of mlp, conv, resnet`, flags}},
		{"train conv-vae --net mlp", 2, []string{`conv-vae: net: got "mlp", want one of conv, resnet`, flags}},
		{"train linear-vae --net conv", 2, []string{`linear-vae: net: got "conv", want none`, flags}},
		{"train conv-vae --channels none", 2, []string{"channels: got none, want at least one", "--channels"}},
		{"train conv-vae --channels 32,99999999", 2, []string{"channels of stage 1: got 99999999, want 1 to 65536"}},
		{"train vae --lr 0", 2, []string{"lr: got 0, want 1e-12", flags}},
		{"train vae --lr -1", 2, []string{"lr: got -1, want", flags}},
		{"train vae --lr NaN", 2, []string{"lr: got NaN, want", flags}},
		{"train vae --lr fast", 2, []string{`--lr: got "fast", want a number`, flags}},
		{"train vae --batch 0", 2, []string{"batch: got 0, want 1 to", flags}},
		{"train vae --epochs 0", 2, []string{"epochs: got 0, want 1 to", flags}},
		{"train vae --samples 0", 2, []string{"samples: got 0, want 1 to", flags}},
		{"train vae --max-rows -1", 2, []string{"max-rows: got -1, want 0", flags}},
		{"train vae --beta Inf", 2, []string{"beta: got +Inf, want 0 to", flags}},
		{"train vae --sigma 0", 2, []string{"sigma: got 0, want a number above 0", flags}},
		{"train vae --seed one", 2, []string{`--seed: got "one", want a whole number at least 0`, flags}},
		{"train vae --seed -1", 2, []string{`--seed: got "-1", want a whole number at least 0`, flags}},
		{"train vae --resume=maybe", 2, []string{`--resume: got "maybe", want true or false`, flags}},
		{"train vae --likelihood poisson", 2, []string{`likelihood: got "poisson", want one of bernoulli, gaussian`}},
		{"train linear-vae --likelihood bernoulli", 2, []string{`got "bernoulli", want one of gaussian, gaussian-learned`}},
		{"train vae --binarize maybe", 2, []string{`binarisation: got "maybe", want none, dynamic, static or threshold`}},
		{"train vae --beta-schedule slow", 2, []string{`β schedule: got "slow", want one of constant, linear`}},
		{"train vae --lr-schedule slow", 2, []string{`schedule: got "slow", want one of constant, linear`}},
		{"train vae --backend xla", 2, []string{`--backend: got "xla", want one of elbo, go`, "-tags xla"}},
		{"train vae --backend gpu", 2, []string{`--backend: got "gpu", want one of elbo, go`}},
		{"train vae --backend elbo:threads=0", 2, []string{`threads: got "0", want a number from 1 to 1024`}},
		{"train vae --backend elbo:isa=sse", 2, []string{`isa: got "sse"`}},
		{"train vq-vae --epochs 1 --max-rows 20", 2, []string{"epochs: got 1 for model vq-vae, want at least 2, one for each of its stages codes, prior"}},
		{"train aae --bound iwae --max-rows 20", 2, []string{"bound: got iwae for model aae, want elbo"}},
		{"train vq-vae --aggressive --max-rows 20", 2, []string{"aggressive: got it for model vq-vae"}},
		{"train ae --aggressive --max-rows 20", 2, []string{"aggressive: got it for model ae, want one with a guide"}},
		{"train vae --data digit", 2, []string{`got "digit", want a path or one of digits`, "did you mean digits?"}},
		{"models vea", 2, []string{"got vea, want a name of `elbo models`", "did you mean vae?"}},
		{"models vae --json", 2, []string{"got names and --json", "want one of the two"}},
		{"models --json --markdown", 2, []string{"want at most one of them"}},
		{"data sow", 2, []string{`data: got "sow", want list, show, windows or fetch`}},
		{"data list digits", 2, []string{"got 1 arguments, want none", "elbo data list --help"}},
		{"data show", 2, []string{"got 0 arguments, want 1, the name of a data set or a path"}},
		{"data show mnits", 2, []string{`got "mnits"`, "did you mean mnist?"}},
		{"data show digits --max-rows -1", 2, []string{"--max-rows: got -1, want at least 0"}},
		{"data show digits --max-rows 10 --out sheet.jpg", 2, []string{`--out: got "sheet.jpg", want a name that ends in .png`}},
		{"data fetch digits", 2, []string{"generated set, which needs no files"}},
		{"data fetch imagenet", 2, []string{`got "imagenet", want one of`, "mnist"}},
		{"data fetch binarized-mnist", 1, []string{"by hand"}},
		{"version now", 2, []string{"got 1 arguments, want none"}},
		{"completion tcsh", 2, []string{`shell: got "tcsh", want one of bash, zsh, fish, powershell`}},
		{"help trian", 2, []string{`unknown command "trian"`, "elbo --help"}},
		{"help data sow", 2, []string{`unknown command "data sow"`, "elbo --help"}},
	} {
		w.check(t, ".")
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 0 {
		t.Errorf("mistakes left %v behind (%v)", entries, err)
	}
}

func TestWrongFilesAreNamedWithTheirFault(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ELBO_DATA", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	writeTable(t, "nan.csv", "a,b,kind\n", 40, func(int) string { return "x" })
	writeText(t, "text.csv", "a,b\n1,red\n2,blue\n3,red\n")
	writeText(t, "ragged.csv", "a,b\n1,2\n3\n")
	writeText(t, "wide.csv", "a,b\n"+strings.Repeat("1,2\n3,-4\n5,1\n", 20))
	writeText(t, "empty.csv", "")
	writeText(t, "short-images-idx3-ubyte", "\x00\x00\x08\x03\x00\x00\x00\x09\x00\x00\x00\x02\x00\x00\x00\x02abc")
	var img bytes.Buffer
	if err := png.Encode(&img, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	writeText(t, "torn.png", img.String()[:img.Len()/2])
	writeText(t, "notes.xyz", "no data")
	writeText(t, "inf.csv", "a\n1\ninf\n")
	for _, w := range []wrong{
		{"train vae --data nowhere/t.csv", 1, []string{"nowhere/t.csv: no such file or directory"}},
		{"train vae --data nan.csv --label kind", 1, []string{`row 9, column "a"`, "--allow-nan"}},
		{"train vae --data nan.csv --label sort", 1, []string{`got no column "sort"`, `want one of "a", "b", "kind"`}},
		{"train vae --data text.csv", 1, []string{`row 2, column "b": got "red", want a number`, "--label"}},
		{"train vae --data ragged.csv", 1, []string{"ragged.csv: row 3", "want 2"}},
		{"train vae --data empty.csv", 1, []string{"empty.csv"}},
		{"train vae --data inf.csv", 1, []string{"inf.csv", "row 3"}},
		{"train vae --data wide.csv --likelihood bernoulli", 1, []string{"train rows of wide.csv", "[0, 1]", "--likelihood gaussian"}},
		{"train vae --data short-images-idx3-ubyte", 1, []string{"short-images-idx3-ubyte", "idx"}},
		{"train vae --data torn.png", 1, []string{"torn.png", "png"}},
		{"train vae --data notes.xyz", 1, []string{"notes.xyz", "unknown file format"}},
		{"train vae --data mnist", 1, []string{"mnist: files not found", "elbo data fetch mnist"}},
		{"train vae --label kind", 1, []string{"digits: got a label"}},
		{"data show ragged.csv", 1, []string{"ragged.csv: row 3"}},
		{"data show fashion-mnist", 1, []string{"elbo data fetch fashion-mnist"}},
		{"data show wide.csv --out sheet.png", 2, []string{"--out: got rows of 2, want images"}},
		{"data show digits --max-rows 10 --out nan.csv/sheet.png", 1, []string{"nan.csv"}},
		{"data fetch mnist --data-dir nan.csv", 1, []string{"nan.csv"}},
		{"train vae --out nan.csv --max-rows 100", 1, []string{"nan.csv: not a directory", "another place with --out"}},
		{"train vae --out nan.csv/r --max-rows 100", 1, []string{"not a directory", "another place with --out"}},
	} {
		w.check(t, ".")
	}
	for _, dir := range []string{"runs", "mnist"} {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("failures left %s behind", dir)
		}
	}
}

func TestBrokenRunsAreNamedAndLeftAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "-q")...)
	for _, w := range []wrong{
		{"train vae --resume", 1, []string{"found no run of vae below runs", "leave --resume out"}},
		{"train vae --resume --out nowhere", 1, []string{"nowhere is no run directory", "`elbo train` makes one"}},
		{"train ae --resume --out r", 2, []string{"r holds a run of vae, got ae", "elbo train vae --out r --resume"}},
		{"train vae --out r", 1, []string{"r holds a run already", "--resume"}},
		{"train vae --resume --out r --batch 64", 2, []string{"--batch: got 64, want 128 as in the run", "another --out"}},
	} {
		w.check(t, ".")
	}
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		say   string
	}{
		{"config", func(t *testing.T, dir string) { writeText(t, filepath.Join(dir, "config.json"), `{"model":`) }, "config.json"},
		{"field", func(t *testing.T, dir string) {
			writeText(t, filepath.Join(dir, "config.json"), `{"model":"vae","colour":1}`)
		}, "colour"},
		{"info", func(t *testing.T, dir string) { writeText(t, filepath.Join(dir, "run.json"), "[]") }, "run.json"},
		{"checkpoints", func(t *testing.T, dir string) { spoilCheckpoints(t, dir) }, "corrupt"},
		{"history", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "metrics.jsonl")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeText(t, path, "?"+string(b[1:]))
		}, "metrics.jsonl"},
	} {
		if err := os.CopyFS(c.name, os.DirFS("r")); err != nil {
			t.Fatal(err)
		}
		c.spoil(t, c.name)
		wrong{"train vae --resume --out " + c.name, 1, []string{c.say}}.check(t, c.name)
	}
}

// spoilCheckpoints flips a bit in the middle of every array file of a run.
func spoilCheckpoints(t *testing.T, dir string) {
	t.Helper()
	n := 0
	for path, text := range tree(t, filepath.Join(dir, "checkpoints")) {
		if strings.HasSuffix(path, ".safetensors") {
			b := []byte(text)
			b[len(b)/2] ^= 1
			writeText(t, path, string(b))
			n++
		}
	}
	if n == 0 {
		t.Fatal("found no array files to spoil")
	}
}
