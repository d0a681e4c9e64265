package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A flow goes through every command that a density can do, and refuses images.
func TestAFlowLearnsTheDensityOfATable(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	table := writeTable(t, filepath.Join(dir, "t.csv"), "a,b,kind\n", 400, func(i int) string { return []string{"x", "y"}[i%2] })
	train := must(t, "train", "flow", "--data", table, "--label", "kind", "--allow-nan", "--hidden", "8", "--epochs", "2", "--out", "r", "-q", "--no-report")
	if train.err != "" {
		t.Errorf("stderr: got %q, want nothing", train.err)
	}
	eval := must(t, "eval", "r")
	for _, want := range []string{"likelihood density", "−ln p(x) is the −log-likelihood"} {
		if !strings.Contains(eval.out, want) {
			t.Errorf("eval lacks %q:\n%s", want, eval.out)
		}
	}
	must(t, "sample", "r", "-n", "4", "--out", "s.csv")
	must(t, "encode", "r", "--test", "--out", "z.csv")
	must(t, "score", "r", "--test", "--out", "scores.csv")
	must(t, "train", "flow", "--data", table, "--label", "kind", "--resume", "--out", "r", "--epochs", "3", "-q", "--no-report")
	wrong{"train flow --epochs 1 --out i", 2, []string{"want a table of continuous columns"}}.check(t, dir)
	wrong{"train flow --data t.csv --label kind --likelihood gaussian --out i", 2, []string{"want one of density"}}.check(t, dir)
	wrong{"train vae --data t.csv --label kind --likelihood density --out i", 2, []string{"want one of a decoder"}}.check(t, dir)
}
