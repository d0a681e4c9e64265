package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/train/supervised"
)

// planes writes n rows of numbers a and b with y = a − 2b + noise of deviation .1 to y.csv, and
// with a word for whether a is below b to kind.csv.
func planes(t *testing.T, n int) {
	t.Helper()
	v := make([]float64, 3*n)
	rng.New(5).NormalFloat64(v)
	y, kind := "a,b,y\n", "a,b,kind\n"
	for i := range n {
		a, b := math.Round(1000*v[3*i])/1000, math.Round(1000*v[3*i+1])/1000
		y += fmt.Sprintf("%v,%v,%.4f\n", a, b, a-2*b+.1*v[3*i+2])
		kind += fmt.Sprintf("%v,%v,%s\n", a, b, map[bool]string{true: "below", false: "above"}[a < b])
	}
	writeText(t, "y.csv", y)
	writeText(t, "kind.csv", kind)
}

// quick are the settings of a fit of some milliseconds.
func quick(args ...string) []string {
	return append([]string{"train", "bnn", "--data", "y.csv", "--target", "y", "--epochs", "20", "--hidden", "4", "--draws", "5"}, args...)
}

func TestColumnsOfTextCanBeLeftOut(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "when,a,b,y\n"
	for i := range 60 {
		text += fmt.Sprintf("monday,%d,%d,%d\n", i, i*i%7, 3*i-i*i%7)
	}
	writeText(t, "y.csv", text)
	must(t, quick("--drop", "when", "--out", "r", "--no-report", "-q")...)
	o := call(t.Context(), "predict", "r", "--in", "y.csv")
	if n := strings.Count(o.out, "\n"); o.code != 0 || n < 60 {
		t.Errorf("%d lines for 60 rows that have the column still:\n%s", n, o.out)
	}
	must(t, "eval", "r")
	must(t, "train", "bnn", "--out", "r", "--resume", "-q")
	must(t, "train", "vae", "--data", "y.csv", "--drop", "when,a", "--epochs", "2", "--latent", "1", "--hidden", "4", "--out", "v", "-q")
	must(t, "eval", "v")
	must(t, "encode", "v", "--in", "y.csv", "--out", "z.csv")
	must(t, "data", "show", "y.csv", "--drop", "when")
	for _, w := range []wrong{
		{"train bnn --data y.csv --target y --drop y,when", 1, []string{"columns to drop", `"y"`}},
		{"train vae --data y.csv --drop who", 1, []string{`no column "who"`}},
		{"train vae --drop when", 1, []string{"digits: got columns to drop"}},
	} {
		w.check(t, ".")
	}
}

func TestTheEvidenceAndTheAxesAreChosenByFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 80)
	nets := map[string]bool{}
	for _, args := range [][]string{{"--method", "laplace-kfac"}, {"--method", "laplace-kfac", "--evidence", "off"}, {"--axes", "columns"}, {"--axes", "principal"}} {
		out := fmt.Sprintf("r%d", len(nets))
		must(t, quick(append(args, "--out", out, "--no-report", "-q")...)...)
		b, err := os.ReadFile(filepath.Join(out, "net.json"))
		if err != nil {
			t.Fatal(err)
		}
		nets[string(b)] = true
	}
	if len(nets) != 4 {
		t.Errorf("four settings gave %d networks", len(nets))
	}
}

func TestTrainBNNLeavesACompleteRunWithin60Seconds(t *testing.T) {
	t.Chdir(t.TempDir())
	began := time.Now()
	o := must(t, "train", "bnn")
	if s := time.Since(began); s > time.Minute {
		t.Errorf("took %v, want at most a minute", s)
	}
	const run = "runs/bnn-noisy-cubic-001"
	for _, name := range []string{"config.json", "run.json", "metrics.jsonl", "eval.json", "report.html", "net.json", "calibration.json", "checkpoints", "plots"} {
		if _, err := os.Stat(filepath.Join(run, name)); err != nil {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
	for _, want := range []string{
		"405 training, 45 validation, 150 test rows of 1", "target     y, a number", "columns    x; standardised",
		"method vi, head homoscedastic", "3,000 epochs", "vi  epoch 300/3000  loss ", "epoch 3000/3000", "test       RMSE ", "coverage   95 %: ",
		"scaled by the validation rows", "report     " + run + "/report.html", "next       elbo predict " + run + " --in FILE",
	} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	if n := strings.Count(o.out, "vi  epoch "); n != lines {
		t.Errorf("got %d lines of epochs, want %d", n, lines)
	}
	r, err := supervised.Load(run)
	if err != nil {
		t.Fatal(err)
	}
	// The noise has deviation 3: of 150 rows the RMSE scatters by 3/√300, and the net misses a little.
	if rmse := r.Outcome.Numbers.RMSE; math.Abs(rmse-3) > .7 {
		t.Errorf("RMSE %v, want about 3", rmse)
	}
	page, err := os.ReadFile(filepath.Join(run, "report.html"))
	if err != nil || !strings.Contains(string(page), "RMSE") || !strings.Contains(string(page), "elbo train bnn") {
		t.Errorf("the report lacks figures or command (%v)", err)
	}
}

func TestTrainBNNTakesTextForClasses(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 200)
	o := must(t, "train", "bnn", "--data", "kind.csv", "--target", "kind", "--epochs", "300", "--hidden", "8", "--out", "k", "--method", "ensemble", "--members", "2")
	for _, want := range []string{"one of 2 classes: above, below", "member 2  epoch 300/300", "error ", "of the most frequent class", "tempered   at temperature ", "doubt      entropy "} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	writeText(t, "digits.csv", "a,b\n"+strings.Repeat("1,0\n2,1\n3,2\n1.5,0\n2.5,1\n3.5,2\n", 10))
	o = must(t, "train", "bnn", "--data", "digits.csv", "--target", "b", "--head", "classes", "--epochs", "5", "--no-report")
	if !strings.Contains(o.out, "one of 3 classes: 0, 1, 2") {
		t.Errorf("got %s", o.out)
	}
	o = must(t, "train", "bnn", "--data", "digits", "--max-rows", "300", "--hidden", "16", "--epochs", "10", "--draws", "5", "--no-report")
	if !strings.Contains(o.out, "target     label, one of 10 classes") || !strings.Contains(o.out, "test rows of 28×28") {
		t.Errorf("got %s", o.out)
	}
}

func TestTrainBNNPrintsJSONForPrograms(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 100)
	o := call(t.Context(), quick("--json", "--out", "r", "--no-report")...)
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if o.code != exitOK || len(lines) != 21 {
		t.Fatalf("exit %d, %d lines, want 20 epochs and a result: %s", o.code, len(lines), o.err)
	}
	var epoch struct {
		Type  string
		Epoch int
		Loss  float64
	}
	var result struct {
		Type    string
		Run     string
		Epochs  int
		Numbers struct{ RMSE float64 }
		Config  supervised.Config
	}
	if err := errors.Join(json.Unmarshal([]byte(lines[19]), &epoch), json.Unmarshal([]byte(lines[20]), &result)); err != nil {
		t.Fatal(err)
	}
	if epoch.Type != "epoch" || epoch.Epoch != 20 || result.Type != "result" || result.Run != "r" || result.Epochs != 20 || result.Numbers.RMSE <= 0 || result.Config.Target != "y" {
		t.Errorf("got %+v and %+v", epoch, result)
	}
	if o := must(t, quick("--quiet", "--no-report")...); o.out != "runs/bnn-y-001\n" {
		t.Errorf("--quiet printed %q", o.out)
	}
}

func TestEveryFieldOfASupervisedConfigHasAFlagWithItsDefault(t *testing.T) {
	fields := reflect.TypeFor[supervised.Config]()
	if got, want := len(supervisedFlags), fields.NumField()-1; got != want {
		t.Errorf("got %d flags, want %d", got, want)
	}
	for i := range fields.NumField() {
		name := strings.ReplaceAll(fields.Field(i).Tag.Get("json"), "_", "-")
		if name == "model" {
			continue
		}
		c := supervised.Default()
		cmd := &cobra.Command{}
		addFlags(cmd, &c, supervisedFlags, name)
		given := map[reflect.Kind]string{reflect.Bool: "true", reflect.Slice: "3,5"}[fields.Field(i).Type.Kind()]
		if given == "" {
			given = "7"
		}
		if err := cmd.Flags().Set(name, given); err != nil {
			t.Errorf("--%s: %v", name, err)
		}
		was, is := reflect.ValueOf(supervised.Default()), reflect.ValueOf(c)
		for j := range fields.NumField() {
			if same := reflect.DeepEqual(is.Field(j).Interface(), was.Field(j).Interface()); same == (i == j) {
				t.Errorf("--%s %s: field %s: changed is %v", name, given, fields.Field(j).Name, !same)
			}
		}
	}
	help := must(t, "train", "bnn", "--help").out
	_, list, _ := strings.Cut(help, "\nFlags:\n")
	for _, f := range supervisedFlags {
		line := list[strings.Index(list, "--"+f.name+" "):]
		if line, _, _ = strings.Cut(line, "\n"); !strings.Contains(line, "(default") {
			t.Errorf("help of --%s shows no default: %s", f.name, line)
		}
	}
	for _, name := range append(append(append(append([]string{}, bnn.Methods...), bnn.Heads...), bnn.PriorKinds...), bnn.Estimators...) {
		if !strings.Contains(help, name) {
			t.Errorf("help does not name %s", name)
		}
	}
	if !strings.Contains(must(t, "train", "--help").out, "elbo train bnn --help") {
		t.Error("`elbo train --help` does not mention bnn")
	}
}

// The words before the flags are what a user reads first: a change must be deliberate.
func TestTheHelpOfTrainBNNBeginsAsItShould(t *testing.T) {
	help := must(t, "help", "train", "bnn").out
	head, _, _ := strings.Cut(help, "\nFlags:\n")
	const want = `Train a neural net whose weights have a distribution, so that it predicts a column of a table,
or the label of images, with intervals or probabilities. A column of numbers is a regression, a
column of text a classification. The training rows are fitted, the validation rows calibrate the
intervals and the probabilities, and the figures are those of the test rows.
Ctrl-C saves the epochs that are done and stops; --resume goes on bit for bit.

Usage:
  elbo train bnn [flags]

Examples:
  elbo train bnn
  elbo train bnn --data table.csv --target price
  elbo train bnn --data table.csv --target species --method ensemble --members 10
  elbo train bnn --data mnist --hidden 200 --epochs 10
  elbo predict runs/bnn-table-001 --in new.csv --interval 0.9
`
	if head != want {
		t.Errorf("got %s", head)
	}
}

func TestTrainBNNNamesMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("ELBO_DATA", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	planes(t, 60)
	writeText(t, "nan.csv", "a,b,y\n1,2,3\n2,NA,4\n3,4,5\n4,5,6\n5,5,6\n7,6,6\n")
	writeText(t, "hole.csv", "a,y\n1,3\n2,NA\n3,5\n4,5\n5,5\n7,6\n")
	writeText(t, "same.csv", "a,y\n1,3\n2,3\n3,3\n4,3\n5,3\n7,3\n")
	writeText(t, "flat.csv", "a,y\n1,3\n1,4\n1,5\n1,6\n1,7\n1,8\n")
	writeText(t, "one.csv", "a,y\n1,3\n")
	writeText(t, "alone.csv", "y\n3\n4\n5\n")
	var names strings.Builder // a class a row
	for i := range 30 {
		fmt.Fprintf(&names, "%d,r%d\n", i%7, i)
	}
	writeText(t, "rare.csv", "a,y\n"+names.String())
	const flags = "elbo train bnn --help` lists the flags"
	for _, w := range []wrong{
		{"train bnm", 2, []string{`model: got "bnm", want one of aae, `, "did you mean bnn?"}},
		{"train bnn extra", 2, []string{"got 1 arguments, want none: the data and the target are flags"}},
		{"train bnn --data y.csv", 2, []string{"y.csv: target: got none", `"a", "b", "y"`, "--target names the column"}},
		{"train bnn --data y.csv --target z", 2, []string{`y.csv: target: got no column "z", want one of "a", "b", "y"`}},
		{"train bnn --target z", 2, []string{`noisy-cubic: target: got "z", want one of x, y`}},
		{"train bnn --data nan.csv --target y", 1, []string{`row 3, column "b"`, `got "NA"`}},
		{"train bnn --data hole.csv --target y", 1, []string{`target y: got "NA" in 1 rows`, "remove"}},
		{"train bnn --data same.csv --target y", 1, []string{"target y: got 3 in all 4 training rows, want values that differ"}},
		{"train bnn --data flat.csv --target y", 1, []string{"columns: got one value in all 4 training rows of a"}},
		{"train bnn --data one.csv --target y", 1, []string{"got 1 rows, want at least 3"}},
		{"train bnn --data alone.csv --target y", 1, []string{`got no feature column, want at least one besides "y"`}},
		{"train bnn --data rare.csv --target y", 1, []string{`target y: class "`, "got no training row"}},
		{"train bnn --data kind.csv --target y", 2, []string{`got no column "y"`}},
		{"train bnn --data kind.csv --target a", 1, []string{`column "kind"`, "want a number", "all columns but the target have to be numbers"}},
		{"train bnn --data kind.csv --target kind --head heteroscedastic", 1, []string{"got classes such as", "want numbers, or head classes"}},
		{"train bnn --data moons", 1, []string{"moons: target: got rows of shape [32 32] without labels"}},
		{"train bnn --data digits --target digit", 2, []string{`digits: target: got "digit", want label`}},
		{"train bnn --data nowhere.csv --target y", 1, []string{"nowhere.csv: no such file"}},
		{"train bnn --data nothing", 2, []string{`got "nothing", want a path or one of`}},
		{"train bnn --method hmc", 2, []string{`method: got "hmc", want one of vi, dropout`, flags}},
		{"train bnn --head normal", 2, []string{`head: got "normal", want one of homoscedastic`, flags}},
		{"train bnn --prior flat", 2, []string{`prior: got "flat", want one of gaussian`, flags}},
		{"train bnn --prior mixture --method swag", 2, []string{"got a mixture with method swag", flags}},
		{"train bnn --data kind.csv --target kind --method last-layer", 2, []string{"method last-layer: got a classes head"}},
		{"train bnn --noise -1", 2, []string{"noise: got -1, want 0 to", flags}},
		{"train bnn --lr 0", 2, []string{"lr: got 0, want 1e-12", flags}},
		{"train bnn --dropout 1", 2, []string{"dropout: got 1, want 0 to", flags}},
		{"train bnn --draws 0", 2, []string{"draws: got 0, want 1 to", flags}},
		{"train bnn --epochs -1", 2, []string{"epochs: got -1, want 0 to", flags}},
		{"train bnn --hidden 0", 2, []string{`--hidden: got width "0"`}},
		{"train bnn --latent 3", 2, []string{"unknown flag: --latent", flags}},
		{"train bnn --backend gpu", 2, []string{`--backend: got "gpu"`}},
		{"train bnn --resume", 1, []string{"found no run of bnn below runs", "leave --resume out"}},
		{"train bnn --resume --out nowhere", 1, []string{"nowhere is no run directory"}},
		{"train bnn --out y.csv", 1, []string{"y.csv: not a directory", "another place with --out"}},
	} {
		w.check(t, ".")
	}
	if _, err := os.Stat("runs"); err == nil {
		t.Error("failures left runs behind")
	}
}

func TestTrainBNNLeavesRunsAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 60)
	must(t, quick("--out", "r", "--no-report", "-q")...)
	must(t, small("--out", "v", "--no-report", "-q")...)
	for _, w := range []wrong{
		{strings.Join(quick("--out", "r"), " "), 1, []string{"r holds a run already", "--resume"}},
		{"train bnn --resume --out r --epochs 40", 2, []string{"--epochs: got 40, want 20 as in the run", "another --out"}},
		{"train bnn --resume --out r --method swag", 2, []string{"--method: got swag, want vi as in the run"}},
		{"train bnn --resume --out v", 2, []string{"v holds a run of vae, got bnn; resume it with `elbo train vae --out v --resume`"}},
		{"train vae --resume --out r", 2, []string{"r holds a run of bnn, got vae; resume it with `elbo train bnn --out r --resume`"}},
	} {
		w.check(t, ".")
	}
	before := tree(t, "r")
	o := must(t, "train", "bnn", "--resume", "--out", "r", "--no-report")
	if !strings.Contains(o.out, "the run was finished already") || !equalTrees(before, tree(t, "r")) {
		t.Errorf("a finished run changed: %s", o.out)
	}
	must(t, "train", "bnn", "--resume", "--out", "r", "-q")
	if _, err := os.Stat("r/report.html"); err != nil {
		t.Errorf("the report was not written later: %v", err)
	}
	if err := os.Rename("y.csv", "z.csv"); err != nil {
		t.Fatal(err)
	}
	wrong{"train bnn --resume --out r", 1, []string{"y.csv", "if the data of r have moved, --data tells where they are"}}.check(t, "r")
	must(t, "train", "bnn", "--resume", "--out", "r", "--data", "z.csv", "--no-report", "-q")
}

func TestAnInterruptedFitGoesOnBitForBit(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 60)
	args := quick("--method", "swag", "--batch", "20", "--no-report")
	must(t, append(args, "--out", "whole", "-q")...)
	o := call(stopAfter(t, "r", 9), append(args, "--out", "r")...)
	if o.code != exitInterrupted || o.err != "elbo: interrupted; saved; resume with: elbo train bnn --out r --resume\n" {
		t.Fatalf("exit %d: %q", o.code, o.err)
	}
	wrong{"predict r --in y.csv", 1, []string{"the fit was not finished; go on with it: elbo train bnn --out r --resume"}}.check(t, ".")
	o = must(t, "train", "bnn", "--resume", "--out", "r", "--no-report")
	if strings.Contains(o.out, "finished already") {
		t.Errorf("got %s", o.out)
	}
	for _, name := range []string{"net.json", "metrics.jsonl", "eval.json", "calibration.json"} {
		a, errA := os.ReadFile(filepath.Join("whole", name))
		b, errB := os.ReadFile(filepath.Join("r", name))
		if err := errors.Join(errA, errB); err != nil || string(a) != string(b) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

// Two real tables from end to end. The error of irises of a net of this size is below 10 % in the
// literature; resistances of yachts have a mean of 10 and a deviation of 15.
func TestRealTablesFromEndToEnd(t *testing.T) {
	dir := tk.DataDir(t)
	t.Chdir(t.TempDir())
	iris := filepath.Join(dir, "small-tables", "iris.csv")
	if _, err := os.Stat(iris); err == nil {
		must(t, "train", "bnn", "--data", iris, "--target", "Species", "--out", "iris", "-q")
		r, err := supervised.Load("iris")
		if err != nil || r.Outcome.Classes.Error > .14 || r.Outcome.Rows != 15 { // two of fifteen
			t.Errorf("got %+v (%v)", r.Outcome.Classes, err)
		}
	}
	must(t, "train", "bnn", "--data", yacht(t, dir), "--target", "resistance", "--out", "yacht", "-q")
	r, err := supervised.Load("yacht")
	if err != nil || r.Outcome.Numbers.RMSE > 3 || r.Outcome.Numbers.MeanRMSE < 8 {
		t.Errorf("got %+v (%v)", r.Outcome.Numbers, err)
	}
	if m, err := rundir.ModelOf("yacht"); err != nil || m != "bnn" {
		t.Errorf("got a run of %q (%v)", m, err)
	}
	must(t, "predict", "yacht", "--test", "--conformal", "--interval", "0.8", "--out", "forecast.csv", "-q")
	if rows, dim := rowsIn(t, "forecast.csv"); rows != r.Outcome.Rows || dim != 6 {
		t.Errorf("got %d×%d, want %d×6", rows, dim, r.Outcome.Rows)
	}
}

// yacht writes the table of yachts as CSV.
func yacht(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "uci-yacht", "data.txt.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	text := "position,prismatic,displacement,draught,beam,froude,resistance\n"
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		text += strings.Join(strings.Fields(line), ",") + "\n"
	}
	return writeText(t, "yacht.csv", text)
}
