package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/mixture"
)

func TestASweepTakesTimeAndReachesABound(t *testing.T) {
	l, err := sweepMixture(context.Background(), clusters(2000, 3, mixtureParts), mixture.Diagonal)
	if err != nil {
		t.Fatal(err)
	}
	if l.Line != "elbo, diag" || !(l.Seconds > 0) || !(l.Figure < 0) {
		t.Errorf("got %+v", l)
	}
}

// The bound of a stored posterior is the one that the fit reported.
func TestTheJudgeComputesTheBoundOfAStoredPosterior(t *testing.T) {
	x := clusters(500, 2, 3)
	c := mixture.Default()
	c.Components, c.Restarts = 3, 1
	m, err := mixture.Fit(context.Background(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	l := lap{File: filepath.Join(t.TempDir(), "posterior.json")}
	if err := os.WriteFile(l.File, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := boundOf(&l, x); err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", l.Figure, m.Bound/mixtureRows, 1e-12)
	if err := boundOf(&lap{File: "none"}, x); err == nil {
		t.Error("got no error of a file that is not there")
	}
	if err := os.WriteFile(l.File, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := boundOf(&l, x); err == nil {
		t.Error("got no error of a posterior of another format")
	}
}
