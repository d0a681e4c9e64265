package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bench"
)

func TestBenchPrintsPeakRatesAndTheStep(t *testing.T) {
	if testing.Short() {
		t.Skip("multiplies matrices of 2048×2048")
	}
	args := []string{"bench", "--backend", "elbo:threads=1", "--time", "1ms", "--rows", "256"}
	o := must(t, args...)
	for _, want := range []string{"GFLOP/s in float32 on one core", "128×784×400 A·Bᵀ", "% of the peak", "64×28×28×32→64 3×3/1 ∂w", "ns an element", "s an epoch of 60,000", "gemm 128×784×400"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("got\n%s\nwant it to contain %q", o.out, want)
		}
	}
	var r bench.Report
	if err := json.Unmarshal([]byte(must(t, append(args, "--json")...).out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Peak <= 0 || len(r.Results) == 0 || r.Step == nil || len(r.Step.Parts) == 0 {
		t.Errorf("got %+v, want all parts of the report", r)
	}
}

func TestBenchRefusesWrongFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"--rows: got 5":       {"bench", "--rows", "5"},
		"--time: got 1h":      {"bench", "--time", "1h"},
		"got 1 arguments":     {"bench", "now"},
		`got "abacus"`:        {"bench", "--backend", "abacus"},
		"want a whole number": {"bench", "--rows", "many"},
	} {
		if o := call(t.Context(), args...); o.code == exitOK || !strings.Contains(o.err, want) || strings.Count(o.err, "\n") != 1 {
			t.Errorf("%v: exit %d, %q, want one line with %q", args, o.code, o.err, want)
		}
	}
}
