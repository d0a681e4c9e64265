package engine

import (
	"context"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train/rundir"
)

func TestAReportHoldsItsPicturesAndFigures(t *testing.T) {
	r := start(t, rootConfig(number(t, 5)))
	names, err := Report(t.Context(), r)
	if err != nil || !slices.Equal(names, []string{"sweeps.png", "root.png"}) {
		t.Fatalf("got %v, %v", names, err)
	}
	for _, name := range names {
		f, err := os.Open(filepath.Join(r.Dir, "plots", name))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(f); err != nil || img.Bounds().Dx() < 100 {
			t.Errorf("%s: got %v", name, err)
		}
		f.Close()
	}
	page := file(t, r.Dir, "report.html")
	for _, want := range []string{"test-root on number.txt", "a root", "One root.", "irrational", "sha-of-5", "Training", "Roots", "minus error by step", "best start"} {
		if !strings.Contains(page, want) && !strings.Contains(strings.ReplaceAll(page, "The minus error by step", "minus error by step"), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Count(page, "data:image/png") != 2 {
		t.Errorf("got %d pictures, want 2", strings.Count(page, "data:image/png"))
	}
}

func TestAPictureThatFailsLeavesNoReport(t *testing.T) {
	r := start(t, rootConfig(number(t, 5)))
	r.Task.Draw = func(Model, []Record) ([]Picture, error) {
		return []Picture{{File: "bad.png", Draw: func(io.Writer) error { return errors.New("no ink") }}}, nil
	}
	_, err := Report(t.Context(), r)
	says(t, err, "engine: report: bad.png: no ink")
	r.Task.Draw = func(Model, []Record) ([]Picture, error) { return nil, errors.New("no paper") }
	_, err = Report(t.Context(), r)
	says(t, err, "no paper")
	if _, err := os.Stat(filepath.Join(r.Dir, "report.html")); err == nil {
		t.Error("a report was written")
	}
	r.Task = nil
	_, err = Report(t.Context(), r)
	says(t, err, "without its data")
	again := start(t, rootConfig(number(t, 5)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Report(ctx, again); !errors.Is(err, rundir.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

func TestPhasesAreLinesOfTheirOwn(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	h := []Record{{Phase: "a", Sweep: 1, Bound: v(-9)}, {Phase: "a", Sweep: 2}, {Phase: "a", Sweep: 3, Bound: v(-2)}, {Phase: "b", Sweep: 1, Bound: v(-7)}}
	got := lines(h, func(r Record) *float64 { return r.Bound })
	if len(got) != 2 || !slices.Equal(got[0].X, []float64{1, 3}) || !slices.Equal(got[0].Y, []float64{-9, -2}) || !slices.Equal(got[1].Y, []float64{-7}) {
		t.Errorf("got %+v", got)
	}
	if got := lines(h, func(r Record) *float64 { return r.HeldOut }); got != nil {
		t.Errorf("got %+v of none", got)
	}
}

func TestAChartLeavesOutWhereLinesBeganFarAway(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	h := []Record{{Sweep: 1, Bound: v(-1e6)}}
	for i := range 10 {
		h = append(h, Record{Sweep: i + 2, Bound: v(-10 + float64(i))})
	}
	c := curveChart(lines(h, func(r Record) *float64 { return r.Bound }), "sweep", "ELBO")
	if !math.IsNaN(c.Lines[0].Y[0]) || math.IsNaN(c.Lines[0].Y[1]) || c.Lines[0].Name != "" {
		t.Errorf("got %+v", c.Lines[0])
	}
	one := curveChart(lines(h[:1], func(r Record) *float64 { return r.Bound }), "sweep", "ELBO")
	if len(one.Marks) != 1 || one.Lines[0].Y[0] != -1e6 {
		t.Errorf("one sweep: got %+v", one)
	}
}
