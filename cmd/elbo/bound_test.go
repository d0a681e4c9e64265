package main

import (
	"strings"
	"testing"
)

// TestBoundsAndPosteriorsAreFlagsOfTraining: what is maximised and how the guide is bent is said
// before training, and every use of the run works.
func TestBoundsAndPosteriorsAreFlagsOfTraining(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, small("--out", "r", "--bound", "piwae", "--samples", "2", "--groups", "3", "--posterior", "planar", "--flow-steps", "2", "--prior", "realnvp")...)
	for _, want := range []string{"objective  PIWAE-3×2, maximised", "posterior planar of 2 steps, prior realnvp", "highest validation PIWAE-3×2 at β = 1"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("got %s, want %q in it", o.out, want)
		}
	}
	o = must(t, "eval", "r", "--verify", "--k", "20", "--rows", "20")
	if strings.Contains(o.out, "two forms") || !strings.Contains(o.out, "ELBO does not exceed ln p(x)") {
		t.Errorf("checks of a flow: got %s", o.out)
	}
	must(t, "encode", "r", "--test", "--out", "codes.csv")
	must(t, "sample", "r", "--out", "s.png")
	if o := call(t.Context(), small("--out", "q", "--bound", "elvis")...); o.code != exitUsage || !strings.Contains(o.err, "want one of elbo, iwae") {
		t.Errorf("got exit %d: %s", o.code, o.err)
	}
	if o := call(t.Context(), "train", "ae", "--posterior", "iaf", "--max-rows", "300", "--out", "q"); o.code != exitUsage || !strings.Contains(o.err, "its guide is its own") {
		t.Errorf("got exit %d: %s", o.code, o.err)
	}
	if o := call(t.Context(), "train", "vae", "--resume", "--out", "r", "--bound", "iwae"); o.code != exitUsage || !strings.Contains(o.err, "--bound: got iwae, want piwae") {
		t.Errorf("got exit %d: %s", o.code, o.err)
	}
}
