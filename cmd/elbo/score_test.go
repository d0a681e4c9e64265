package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// Rows, flags and summary agree with each other in every format.
func TestScoreFormatsAgree(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	table, lines := filepath.Join(dir, "s.csv"), filepath.Join(dir, "s.jsonl")
	stdout, summary := mustRun(t, "score", f.images, "--test", "--fpr", ".1")
	mustRun(t, "score", f.images, "--test", "--fpr", ".1", "--out", table)
	out, stderr := mustRun(t, "score", f.images, "--test", "--fpr", ".1", "--out", lines, "--json")
	if !strings.Contains(summary, "of 100 rows flagged") || stderr != "" {
		t.Errorf("got summary %q and error stream %q", summary, stderr)
	}
	var s scoreSummary
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if r := s.Scores[0]; s.Rows != 100 || len(s.Scores) != 1 || r.Calibration != 90 || r.Score != "elbo" {
		t.Errorf("got %+v, want 100 rows, 90 for calibration, kind elbo", s)
	}
	b, err := os.ReadFile(table)
	if err != nil || string(b) != stdout {
		t.Errorf("the file differs from the standard output (%v)", err)
	}
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(records) != 101 {
		t.Fatalf("got %d records (%v), want 101", len(records), err)
	}
	file, err := os.Open(lines)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	flagged := 0
	in := bufio.NewScanner(file)
	for i := 1; in.Scan(); i++ {
		var r scoredRow
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if v, _ := strconv.ParseFloat(records[i][1], 64); v != r.Score || r.Flag != (v > s.Scores[0].Threshold) || r.Label != records[i][4] {
			t.Fatalf("row %d: got %+v and %v", i, r, records[i])
		}
		if r.Flag {
			flagged++
		}
	}
	if flagged != s.Scores[0].Flagged {
		t.Errorf("got %d flags, want %d as in the summary", flagged, s.Scores[0].Flagged)
	}
}

// Rows like those of training are flagged at the promised rate, within the limits that hold
// in 99 % of cases, and rows that break the correlation of the columns are found.
func TestScoreFindsStrangeRows(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	rows := "height,mass,speed,size,label\n"
	for i, line := range strings.Split(string(exampleTable(200)), "\n")[1:201] {
		cells := strings.Split(line, ",")
		cells[4] = "usual"
		if i%4 == 0 {
			cells[0], cells[2], cells[4] = "12000", "0.02", "strange"
		}
		rows += strings.Join(cells, ",") + "\n"
	}
	mixed := filepath.Join(dir, "mixed.csv")
	if err := os.WriteFile(mixed, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"elbo", "reconstruction", "nll"} {
		out, _ := mustRun(t, "score", f.table, "--in", mixed, "--normal", f.tableCSV, "--score", kind, "--positive", "strange", "--json", "--out", filepath.Join(dir, "x.csv"))
		var s scoreSummary
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatal(err)
		}
		d := s.Scores[0].Detection
		if d == nil || d.AUROC.Value < .99 || d.AUROC.Lo > d.AUROC.Value || d.AUROC.Hi < d.AUROC.Value || d.Positives != 50 || d.Negatives != 150 {
			t.Errorf("%s: got %+v, want an AUROC of at least .99 within its interval, 50 positive rows", kind, s)
		}
		lo, hi, err := eval.BinomialInterval(150, .05, .99)
		if err != nil {
			t.Fatal(err)
		}
		if usual := s.Scores[0].Flagged - 50; usual < lo || usual > hi {
			t.Errorf("%s: got %d usual rows flagged, want %d to %d of 150", kind, usual, lo, hi)
		}
	}
}

// Positive classes do not calibrate the threshold.
func TestScoreCalibratesWithoutPositives(t *testing.T) {
	f := shared(t)
	out, _ := mustRun(t, "score", f.images, "--test", "--positive", "1, 7", "--json", "--out", filepath.Join(t.TempDir(), "x.csv"))
	var s scoreSummary
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if r := s.Scores[0]; r.Calibration >= 90 || r.Calibration < 50 || r.Detection == nil {
		t.Errorf("got %+v, want some of the 90 validation rows left out", s)
	}
}

// A model without a bound scores by reconstruction unless told otherwise.
func TestScoreOfADeterministicModel(t *testing.T) {
	f := shared(t)
	out, summary := mustRun(t, "score", f.plain, "--in", f.tableCSV, "--fpr", ".2", "--json")
	if !strings.Contains(summary, "score reconstruction") || strings.Count(out, "\n") != 300 {
		t.Errorf("got %q and %d lines, want reconstruction and 300", summary, strings.Count(out, "\n"))
	}
	_, quiet := mustRun(t, "score", f.plain, "--in", f.tableCSV, "--threshold", "3", "--quiet")
	if quiet != "" {
		t.Errorf("--quiet: got %q, want no summary", quiet)
	}
}

// summaryOf runs `elbo score … --json --out` and returns what it printed.
func summaryOf(t *testing.T, args ...string) (s scoreSummary) {
	t.Helper()
	out, _ := mustRun(t, append(append([]string{"score"}, args...), "--json", "--out", filepath.Join(t.TempDir(), "x.csv"))...)
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// --score all runs every score that the model has, in one table with a p-value each; further runs add
// the scores that need them.
func TestScoreAll(t *testing.T) {
	f := shared(t)
	names := func(s scoreSummary) (out []string) {
		for _, r := range s.Scores {
			out = append(out, r.Score)
		}
		return out
	}
	alone := names(summaryOf(t, f.images, "--test", "--score", "all", "--weights", "5"))
	for _, n := range []string{"complexity", "elbo", "gradient", "mahalanobis", "nll", "peak", "relative", "typicality"} {
		if !slices.Contains(alone, n) {
			t.Errorf("got %v, want %s among them", alone, n)
		}
	}
	all := names(summaryOf(t, f.images, "--test", "--score", "all", "--weights", "5", "--background", f.images, "--members", f.images))
	if len(all) != len(alone)+2 || !slices.Contains(all, "ratio") || !slices.Contains(all, "waic") {
		t.Errorf("got %v, want ratio and waic beside %v", all, alone)
	}
	out, summary := mustRun(t, "score", f.table, "--test", "--score", "nll, squared", "--weights", "5")
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || strings.Join(records[0], ",") != "row,nll,nll p,nll flag,squared,squared p,squared flag,label" {
		t.Errorf("got the header %v (%v)", records[0], err)
	}
	if strings.Count(summary, "rows flagged") != 2 {
		t.Errorf("got the summary %q, want two scores", summary)
	}
	out, _ = mustRun(t, "score", f.table, "--test", "--score", "nll,squared", "--weights", "5", "--json")
	var line scoredRows
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &line); err != nil || len(line.Scores) != 2 || line.Scores["nll"].P == nil {
		t.Errorf("got %q (%v), want two scores with p-values", out[:80], err)
	}
}

// A flag and a p-value of at most --fpr are the same thing.
func TestScoreFlagsFollowThePValues(t *testing.T) {
	f := shared(t)
	out, _ := mustRun(t, "score", f.table, "--in", f.tableCSV, "--fpr", ".2")
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		p, err := strconv.ParseFloat(r[2], 64)
		if err != nil || (p <= .2) != (r[3] == "true") {
			t.Fatalf("row %v: %v", r, err)
		}
	}
}

// Maps are drawn of images; masks of all pixels of the strangest place give a pixel AUROC.
func TestScoreDrawsMaps(t *testing.T) {
	f := shared(t)
	dir := t.TempDir()
	picture, masks := filepath.Join(dir, "maps.png"), filepath.Join(dir, "masks.npy")
	rows := data.Digits(30, rng.New(9))
	for i := range rows.X {
		rows.X[i] = float32(math.Round(float64(rows.X[i]))) // a mask: the ink, which surprises more than paper
	}
	images := filepath.Join(dir, "images.npy")
	for _, file := range []string{masks, images} {
		if err := data.WriteFile(file, rows); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"surprise", "residual"} {
		s := summaryOf(t, f.images, "--in", images, "--maps", picture, "--masks", masks, "--map", kind, "--shown", "5", "--smooth", ".5")
		if s.Pixels == nil || s.Pixels.AUROC < .6 || s.Pixels.Pixels != 30*784 || s.Maps != picture {
			t.Errorf("%s: got %+v", kind, s.Pixels)
		}
		raw, err := os.ReadFile(picture)
		if err != nil || !strings.HasPrefix(string(raw), "\x89PNG") {
			t.Errorf("%s: no picture (%v)", kind, err)
		}
	}
	refuse(t, exitFailed, "got 30 masks", "score", f.images, "--test", "--masks", masks)
	refuse(t, exitUsage, "want images", "score", f.table, "--test", "--maps", picture)
}

// A series goes through `data windows`, training and `score --series`: the windows are those of
// training, and a jump is found where it is.
func TestScoreOfASeries(t *testing.T) {
	dir := t.TempDir()
	quiet, loud, windows := filepath.Join(dir, "quiet.csv"), filepath.Join(dir, "loud.csv"), filepath.Join(dir, "windows.csv")
	write := func(path string, jump bool) {
		text := "time,value,state\n"
		for i := range 300 {
			v, state := math.Sin(float64(i)/3), "0"
			if jump && i >= 150 && i < 160 {
				v, state = v+6, "1"
			}
			text += "t" + strconv.Itoa(i) + "," + strconv.FormatFloat(v, 'g', 6, 64) + "," + state + "\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(quiet, false)
	write(loud, true)
	mustRun(t, "data", "windows", quiet, "--column", "value", "--length", "8", "--out", windows)
	if n, dim := rowsIn(t, windows); n != 293 || dim != 8 {
		t.Errorf("got %d windows of %d, want 293 of 8", n, dim)
	}
	run := filepath.Join(dir, "run")
	mustRun(t, "train", "vae", "--data", windows, "--hidden", "16", "--latent", "2", "--epochs", "5", "--out", run, "--quiet")
	points := filepath.Join(dir, "points.csv")
	for _, how := range []string{"mean", "max"} {
		out, _ := mustRun(t, "score", run, "--series", loud, "--column", "value", "--label", "state", "--positive", "1", "--aggregate", how, "--json", "--out", points)
		var s seriesSummary
		if err := json.Unmarshal([]byte(out), &s); err != nil {
			t.Fatal(err)
		}
		r := s.Scores[0]
		if s.Points != 300 || s.Windows != 293 || s.Length != 8 || r.Alarms == nil || r.Alarms.EventRecall != 1 || *r.AUROC < .9 {
			t.Errorf("%s: got %+v with %+v, want the event found", how, s, r.Alarms)
		}
		raw, err := os.ReadFile(points)
		if err != nil || strings.Count(string(raw), "\n") != 301 || !strings.HasPrefix(string(raw), "point,elbo,elbo flag,label\n") {
			t.Errorf("%s: got the points %.60q (%v)", how, raw, err)
		}
	}
	out, summary := mustRun(t, "score", run, "--series", loud, "--column", "value", "--stride", "20", "--json")
	if strings.Count(out, "\n") != 300 || !strings.Contains(out, `{"point":10,"scores":{}}`) || !strings.Contains(summary, "points flagged") {
		t.Errorf("stride 20: got %.200q and %q", out, summary)
	}
	refuse(t, exitFailed, "name the columns of numbers", "score", run, "--series", loud)
	refuse(t, exitUsage, "--column: ", "score", run, "--series", loud, "--column", "vv")
	refuse(t, exitUsage, `got no column "vv", want one of `, "score", run, "--series", loud, "--column", "vv")
	refuse(t, exitFailed, "divides the 8 values", "score", run, "--series", windows, "--column", "t0 value,t1 value,t2 value")
}

// What does not go together is refused before any work.
func TestScoreRefusesWhatDoesNotGoTogether(t *testing.T) {
	f := shared(t)
	for _, c := range []struct {
		says string
		args string
	}{
		{"want each score once", "--test --score nll,nll"},
		{"or all alone", "--test --score all,nll"},
		{"each has a unit of its own", "--test --score nll,elbo --threshold 3"},
		{"--resamples", "--test --resamples 0"},
		{"--draws, --weights", "--test --draws 0"},
		{"--background RUN is missing", "--test --score ratio"},
		{"--members RUN,… is missing", "--test --score waic"},
		{"ends in .png", "--test --maps x.jpg"},
		{"--batch: got -1", "--test --batch -1"},
		{"without --threshold", "--test --batch 5 --threshold 1"},
		{"--map: got", "--test --map heat"},
		{"--shown", "--test --shown 0"},
		{"--smooth", "--test --smooth -1"},
		{"without --series", "--test --stride 2"},
		{"want one of them", "--test --series x.csv"},
		{"which are of images", "--series x.csv --maps x.png"},
		{"--stride", "--series x.csv --stride 0"},
		{"want mean or max", "--series x.csv --aggregate median"},
	} {
		refuse(t, exitUsage, c.says, append([]string{"score", f.table}, strings.Fields(c.args)...)...)
	}
}

// Batches of rows like those of training are typical, up to chance, and those of noise are not.
func TestScoreOfBatches(t *testing.T) {
	f := shared(t)
	file := filepath.Join(t.TempDir(), "noise.npy")
	noise := &data.Set{Shape: []int{28, 28}, X: make([]float32, 40*784)}
	rng.New(1).Uniform(noise.X)
	if err := data.WriteFile(file, noise); err != nil {
		t.Fatal(err)
	}
	usual := summaryOf(t, f.images, "--test", "--batch", "20").Scores[0].Batches
	odd := summaryOf(t, f.images, "--in", file, "--batch", "20").Scores[0].Batches
	if len(usual.P) != 5 || usual.Rows != 20 || slices.Max(usual.P) < .05 {
		t.Errorf("test rows: got %+v, want 5 batches, not all of them off", usual)
	}
	if len(odd.P) != 2 || slices.Max(odd.P) > .01 {
		t.Errorf("noise: got %+v, want 2 batches that are off", odd)
	}
	_, summary := mustRun(t, "score", f.images, "--in", file, "--batch", "20")
	if !strings.Contains(summary, "2 of 2 batches of 20 rows have an untypical mean") {
		t.Errorf("got the summary %q", summary)
	}
}
