package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBackendStatsFollowTheCommand: they come last, on the error stream, and only when asked for.
func TestBackendStatsFollowTheCommand(t *testing.T) {
	for name, want := range map[string][]string{
		"elbo:threads=1":         {"programs ", "kernels  ", "fallback none"},
		"elbo:threads=1,profile": {"µs a call", "gemm"},
		"go":                     {"backend go keeps no statistics"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		o := call(t.Context(), small("--backend", name, "--backend-stats", "--no-report", "-o", dir)...)
		if o.code != exitOK {
			t.Fatalf("%s: exit %d: %s", name, o.code, o.err)
		}
		for _, w := range want {
			if !strings.Contains(o.err, w) {
				t.Errorf("%s: got %q, want it to contain %q", name, o.err, w)
			}
		}
	}
}
