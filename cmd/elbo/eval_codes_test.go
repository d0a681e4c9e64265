package main

import (
	"strings"
	"testing"
)

// What people read of codes says which prior the KL term is of.
func TestLinesOfCodesNameThePrior(t *testing.T) {
	c := codeUse{Values: 128, Numbers: 49, Usage: .985, Perplexity: 80.54, Bits: 343, EntropyBits: 300.04, AdaptiveBits: 301.2}
	for learned, want := range map[bool]string{false: "constant of a uniform prior", true: "with the learned prior"} {
		c.LearnedPrior = learned
		text := strings.Join(c.lines(), "\n")
		for _, part := range []string{want, "49 numbers below 128, 98.5 % of the values in use, perplexity 80.5", "343 bits, 300.0 by the frequencies of its values, 301.2 with"} {
			if !strings.Contains(text, part) {
				t.Errorf("learned %v: got %q, want %q in it", learned, text, part)
			}
		}
	}
}

// An evaluation of a run of codes holds their use, in words and as JSON.
func TestAnEvaluationOfCodesTellsTheirUse(t *testing.T) {
	dir := t.TempDir() + "/run"
	mustRun(t, "train", "vq-vae", "--max-rows", "64", "--epochs", "1", "--code-prior", "uniform", "--codes", "8", "--channels", "4", "--no-report", "--quiet", "--out", dir)
	if out, _ := mustRun(t, "eval", dir); !strings.Contains(out, "codes: ") || !strings.Contains(out, " numbers below 8") || !strings.Contains(out, "point mass") {
		t.Errorf("got %s", out)
	}
	if out, _ := mustRun(t, "eval", dir, "--json"); !strings.Contains(out, `"adaptive_bits"`) || !strings.Contains(out, `"learned_prior": false`) {
		t.Errorf("JSON: got %s", out)
	}
	out, _ := mustRun(t, "eval", dir, "--metrics", "bound,rate-distortion,nll,active,information")
	for _, want := range []string{"−ELBO", "rate", "point mass", "has codes of whole numbers"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %s, want %q in it", out, want)
		}
	}
	if strings.Contains(out, "no bound") {
		t.Errorf("got %s, want the bound that eval prints", out)
	}
}
