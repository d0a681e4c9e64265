package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
)

// table reads CSV by column name.
func table(t *testing.T, text string) map[string][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v: %q", err, text)
	}
	out := map[string][]string{}
	for j, name := range rows[0] {
		for _, r := range rows[1:] {
			out[name] = append(out[name], r[j])
		}
	}
	return out
}

// numbersOf reads a column.
func numbersOf(t *testing.T, cells []string) (out []float64) {
	t.Helper()
	for _, c := range cells {
		v, err := strconv.ParseFloat(c, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestPredictFindsColumnsByName(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 300)
	must(t, "train", "bnn", "--data", "y.csv", "--target", "y", "--hidden", "none", "--epochs", "1500", "--out", "r", "--no-report", "-q")
	writeText(t, "plain.csv", "a,b\n1,0\n0,1\n-1,2\n")
	writeText(t, "other.csv", "name,b,when,a\nx,0,mon,1\ny,1,tue,0\nz,2,wed,-1\n")
	plain := must(t, "predict", "r", "--in", "plain.csv").out
	if other := must(t, "predict", "r", "--in", "other.csv").out; other != plain {
		t.Errorf("columns in another order and text beside them give\n%s, want\n%s", other, plain)
	}
	got := table(t, plain)
	for i, want := range []float64{1, -2, -5} { // a − 2b
		mean, sd := numbersOf(t, got["mean"])[i], numbersOf(t, got["sd"])[i]
		lo, hi := numbersOf(t, got["lower"])[i], numbersOf(t, got["upper"])[i]
		if math.Abs(mean-want) > .1 || !(lo < mean && mean < hi) {
			t.Errorf("row %d: got %v in [%v, %v], want about %v", i, mean, lo, hi, want)
		}
		// A mixture of 100 normals that agree within a tenth of their deviation is nearly normal.
		if z := (hi - lo) / 2 / sd; math.Abs(z-1.645) > .05 {
			t.Errorf("row %d: the 90 %% interval has %v deviations to a side, want about 1.645", i, z)
		}
	}
	narrow := table(t, must(t, "predict", "r", "--in", "plain.csv", "--interval", "0.5").out)
	if !(numbersOf(t, narrow["upper"])[0] < numbersOf(t, got["upper"])[0]) {
		t.Error("a 50 % interval is not narrower than one of 90 %")
	}
	scaled := table(t, must(t, "predict", "r", "--in", "plain.csv", "--conformal").out)
	m, lo, hi := numbersOf(t, scaled["mean"])[0], numbersOf(t, scaled["lower"])[0], numbersOf(t, scaled["upper"])[0]
	if math.Abs((hi-m)-(m-lo)) > 1e-6 || scaled["upper"][0] == got["upper"][0] {
		t.Errorf("a conformal interval: got [%v, %v] about %v", lo, hi, m)
	}
}

func TestPredictPrintsFiguresWhereTheTargetIsThere(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 200)
	must(t, quick("--out", "r", "--no-report", "-q")...)
	o := call(t.Context(), "predict", "r", "--in", "y.csv")
	if o.code != exitOK || !strings.Contains(o.err, "rows       RMSE ") || !strings.Contains(o.err, "coverage   90 %: ") || strings.Contains(o.out, "RMSE") {
		t.Errorf("exit %d, %s", o.code, o.err)
	}
	o = must(t, "predict", "r", "--in", "y.csv", "--out", "p.csv")
	if !strings.Contains(o.out, "p.csv: 200 rows\nrows       RMSE ") {
		t.Errorf("got %s", o.out)
	}
	writeText(t, "empty.csv", "a,b,y\n1,2,\n3,4,\n") // the targets are to come
	writeText(t, "words.csv", "a,b,y\n1,2,high\n3,4,low\n")
	for _, name := range []string{"empty.csv", "words.csv"} {
		if o := must(t, "predict", "r", "--in", name); strings.Count(o.out, "\n") != 3 {
			t.Errorf("%s: got %s", name, o.out)
		}
	}
	if o := must(t, "predict", "r", "--in", "y.csv", "-q"); strings.Count(o.out, "\n") != 201 {
		t.Errorf("--quiet printed %d lines", strings.Count(o.out, "\n"))
	}
	o = must(t, "predict", "r", "--test", "--out", "t.csv", "--json")
	if !strings.Contains(o.out, `"rmse":`) || !strings.Contains(o.out, `"rows":20`) {
		t.Errorf("got %s", o.out)
	}
}

func TestPredictWritesEveryFormat(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 200)
	must(t, "train", "bnn", "--data", "kind.csv", "--target", "kind", "--epochs", "300", "--hidden", "8", "--out", "k", "--no-report", "-q")
	writeText(t, "new.csv", "b,a\n-2,2\n2,-2\n")
	text := must(t, "predict", "k", "--in", "new.csv").out
	got := table(t, text)
	if strings.Join(got["class"], " ") != "above below" || len(got) != 5 || len(got["mutual_information"]) != 2 {
		t.Errorf("got %s", text)
	}
	sum := numbersOf(t, got["p_above"])[0] + numbersOf(t, got["p_below"])[0]
	if math.Abs(sum-1) > 1e-8 { // nine digits are printed
		t.Errorf("probabilities sum to %v", sum)
	}
	must(t, "predict", "k", "--in", "new.csv", "--out", "p.csv", "-q")
	must(t, "predict", "k", "--in", "new.csv", "--out", "p.jsonl", "-q")
	must(t, "predict", "k", "--in", "new.csv", "--out", "p.npy", "-q")
	if b, err := os.ReadFile("p.csv"); err != nil || string(b) != text {
		t.Errorf("p.csv has %q (%v), want %q", b, err, text)
	}
	var line struct {
		Class   string
		Probs   map[string]float64
		Entropy float64
	}
	b, err := os.ReadFile("p.jsonl")
	if err == nil {
		err = json.Unmarshal([]byte(strings.Split(string(b), "\n")[1]), &line)
	}
	if err != nil || line.Class != "below" || math.Abs(line.Probs["above"]+line.Probs["below"]-1) > 1e-12 {
		t.Errorf("got %+v (%v)", line, err)
	}
	set, _, err := data.ReadFile("p.npy", data.ReadOptions{})
	if err != nil || set.Dim() != 5 || set.X[0] != 0 || set.X[5] != 1 || set.X[3] != float32(numbersOf(t, got["entropy"])[0]) && math.Abs(float64(set.X[3])-numbersOf(t, got["entropy"])[0]) > 1e-7 {
		t.Errorf("got %v (%v)", set, err)
	}
	tempered := table(t, must(t, "predict", "k", "--in", "new.csv", "--tempered").out)
	if tempered["p_above"][0] == got["p_above"][0] || strings.Join(tempered["class"], " ") != "above below" {
		t.Errorf("a temperature changed classes or no probability: %v", tempered)
	}
}

func TestPredictFillsMissingCellsAsInTraining(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 100)
	b, err := os.ReadFile("y.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	lines[3] = "NA" + lines[3][strings.Index(lines[3], ","):]
	writeText(t, "holes.csv", strings.Join(lines, "\n"))
	must(t, quick("--data", "holes.csv", "--allow-nan", "--out", "r", "--no-report", "-q")...)
	writeText(t, "new.csv", "a,b\n?,1\n")
	if o := must(t, "predict", "r", "--in", "new.csv"); strings.Count(o.out, "\n") != 2 {
		t.Errorf("got %s", o.out)
	}
	must(t, "eval", "r", "--verify")
}

func TestPredictNamesMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 60)
	must(t, quick("--out", "r", "--no-report", "-q")...)
	must(t, "train", "bnn", "--data", "kind.csv", "--target", "kind", "--epochs", "5", "--out", "k", "--no-report", "-q")
	must(t, small("--out", "v", "--no-report", "-q")...)
	writeText(t, "short.csv", "a\n1\n2\n")
	writeText(t, "word.csv", "a,b\n1,red\n")
	writeText(t, "hole.csv", "a,b\n1,NA\n")
	writeText(t, "headless.csv", "1,2\n3,4\n")
	writeText(t, "few.csv", "a,b,y\n"+strings.Repeat("1,2,3\n2,3,3.5\n3,2,4\n", 3))
	must(t, "train", "bnn", "--data", "few.csv", "--target", "y", "--epochs", "5", "--out", "f", "--no-report", "-q")
	for _, w := range []wrong{
		{"predict", 2, []string{"got 0 arguments, want RUN"}},
		{"predict r", 2, []string{"--in FILE is missing", "--test"}},
		{"predict r --in y.csv --test", 2, []string{"got --in and --test"}},
		{"predict r --in y.csv --interval 1", 2, []string{"--interval: got 1, want a probability between 0 and 1"}},
		{"predict r --in y.csv --interval 0", 2, []string{"--interval: got 0"}},
		{"predict r --in y.csv --interval NaN", 2, []string{"--interval: got NaN"}},
		{"predict r --in y.csv --interval wide", 2, []string{`--interval: got "wide", want a number`}},
		{"predict r --in y.csv --tempered", 2, []string{"--tempered is of targets that are classes"}},
		{"predict k --in kind.csv --interval 0.8", 2, []string{"--interval is of targets that are numbers"}},
		{"predict k --in kind.csv --conformal", 2, []string{"--conformal is of targets that are numbers"}},
		{"predict f --in few.csv --conformal --interval 0.9", 1, []string{"--conformal: eval: ConformalScale: rows: got 1, want at least 9"}},
		{"predict r --in short.csv", 1, []string{`short.csv: columns of training: got no column "b", want one of "a"`}},
		{"predict r --in word.csv", 1, []string{`row 2, column "b": got "red", want a number`}},
		{"predict r --in hole.csv", 1, []string{`row 2, column "b": got "NA", want a number`}},
		{"predict r --in headless.csv", 1, []string{`got no column "a"`}},
		{"predict r --in nowhere.csv", 1, []string{"nowhere.csv: no such file"}},
		{"predict r --in y.csv --out p.png", 2, []string{`got extension ".png", want .csv, .jsonl or .npy`}},
		{"predict r --in y.csv --out none/p.csv", 1, []string{"folder none", "make it first"}},
		{"predict nowhere --in y.csv", 1, []string{"nowhere is no run directory"}},
		{"predict v --in y.csv", 1, []string{"v: model: got a run of vae, want one of bnn, which predicts a target"}},
		{"sample r -n 3", 1, []string{"r holds a run that predicts a target", "elbo predict r --in FILE", "elbo eval r"}},
		{"encode r --in y.csv", 1, []string{"elbo predict r --in FILE"}},
		{"export r --out p.npz", 1, []string{"elbo predict r --in FILE"}},
		{"compare r v", 1, []string{"r holds a run that predicts a target"}},
		{"eval r --k 5", 2, []string{"--k: is of runs that model rows", "leave it out"}},
	} {
		w.check(t, ".")
	}
}

func TestEvalMeasuresRunsThatPredict(t *testing.T) {
	t.Chdir(t.TempDir())
	planes(t, 200)
	must(t, quick("--out", "r", "--no-report", "-q")...)
	must(t, "train", "bnn", "--data", "kind.csv", "--target", "kind", "--epochs", "50", "--out", "k", "--no-report", "-q")
	o := must(t, "eval", "r", "--verify")
	for _, want := range []string{"r: bnn (vi) of y in y.csv", "test       RMSE ", "MAE ", "CRPS ", "log-likelihood ", "coverage   50 %", "coverage   95 %",
		"ok     figures are those of the run: equal to the bit", "ok     parts add up", "ok     checkpoints match"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	o = must(t, "eval", "k", "--verify")
	for _, want := range []string{"k: bnn (vi) of kind in kind.csv", "test       error ", "NLL ", "Brier ", "ECE ", "tempered   at temperature "} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	var e struct {
		Run, Target string
		Classes     *struct {
			Temperature float64
			Error       float64
		}
	}
	if err := json.Unmarshal([]byte(must(t, "eval", "k", "--json").out), &e); err != nil || e.Run != "k" || e.Classes == nil || !(e.Classes.Temperature > 0) {
		t.Errorf("got %+v (%v)", e, err)
	}
	if o := must(t, "eval", "r", "-q"); strings.Count(o.out, "\n") != 1 || !strings.HasPrefix(o.out, "RMSE ") {
		t.Errorf("got %q", o.out)
	}
	if o := must(t, "eval", "k", "-q"); !strings.HasPrefix(o.out, "error ") {
		t.Errorf("got %q", o.out)
	}
	edit(t, "r/eval.json", func(b []byte) []byte { return []byte(strings.Replace(string(b), `"rmse": `, `"rmse": 1`, 1)) })
	if o := call(t.Context(), "eval", "r", "--verify"); o.code != exitFailed || !strings.Contains(o.out, "failed figures are those of the run") {
		t.Errorf("exit %d: %s", o.code, o.out)
	}
	if err := os.Rename("y.csv", "z.csv"); err != nil {
		t.Fatal(err)
	}
	wrong{"eval r", 1, []string{"if the data of r have moved, --data tells where they are"}}.check(t, ".")
	must(t, "eval", "r", "--data", "z.csv", "-q")
	wrong{"eval r --data kind.csv", 1, []string{"got no column"}}.check(t, ".")
}
