package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/eval"
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
