package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// rates are three groups on a convex curve, and one run that others beat.
func rates() []RateGroup {
	return []RateGroup{
		{"beta 4", []eval.RatePoint{{Rate: 9.9, Distortion: 107}, {Rate: 10.1, Distortion: 106.5}}},
		{"beta 1", []eval.RatePoint{{Rate: 26.9, Distortion: 73.3}}},
		{"beta 0.25", []eval.RatePoint{{Rate: 45.1, Distortion: 63.2}, {Rate: 50, Distortion: 70}}},
		{"none", nil},
	}
}

func TestTheReportOfASweepIsWhole(t *testing.T) {
	dir := t.TempDir()
	in := SweepInput{
		Title: "vae over beta <b>", Verdict: "5 of 6 runs finished.", Rates: rates(), Command: "elbo sweep vae --beta=.25,1,4",
		Figures: []plot.KeyFigure{{Name: "−ELBO, beta 1", Value: "100.1 ± 0.2", Unit: "nats"}},
		Notes:   []plot.Warning{{Name: "beta=9 failed", Text: "the reason", Remedy: "again"}},
		Config:  [][2]string{{"beta", "0.25, 1, 4"}}, Profiles: profiles(),
	}
	for range sweepLines + 3 {
		in.Runs = append(in.Runs, compared("a run"))
	}
	if err := Sweep(dir, in); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"rate-distortion.png", "curves.png", "profiles.png"} {
		decoded(t, filepath.Join(dir, "plots", file))
	}
	b, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, s := range []string{"vae over beta &lt;b&gt;", "5 of 6 runs", "100.1 ± 0.2", "beta=9 failed", "0.25, 1, 4", "elbo sweep vae", "The first 20 of 23 runs are drawn", "minus the β of training"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	if n := strings.Count(page, "data:image/png;base64,"); n != 3 {
		t.Errorf("got %d pictures, want 3", n)
	}
}

// What is not there is left out: a single run lies on no curve, and runs without epochs have none.
func TestTheReportOfASweepLeavesOutWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	if err := Sweep(dir, SweepInput{Title: "one", Rates: rates()[1:2]}); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "plots", "*")); err != nil || len(files) != 0 {
		t.Errorf("got %v, %v, want no picture", files, err)
	}
	if err := Sweep(filepath.Join(dir, "gone", "far"), SweepInput{Title: "one"}); err == nil {
		t.Error("below a folder that is not there: got no error, want one")
	}
	if err := Sweep(dir, SweepInput{}); err == nil || !strings.Contains(err.Error(), "title") {
		t.Errorf("without a title: got %v", err)
	}
}

func TestRateAndDistortionAreRefusedWithoutPoints(t *testing.T) {
	var b bytes.Buffer
	if err := RateDistortion(&b, "t", rates()[3:]); err == nil || !strings.Contains(err.Error(), "got none") {
		t.Errorf("no points: got %v", err)
	}
	broken := []RateGroup{{"a", []eval.RatePoint{{Name: "r", Rate: math.NaN()}}}}
	if err := RateDistortion(&b, "t", broken); err == nil || !strings.Contains(err.Error(), `point 0 "r"`) {
		t.Errorf("no number: got %v", err)
	}
	if b.Len() > 0 {
		t.Error("a picture was written in spite of the error")
	}
	if err := RateDistortion(&b, "t", rates()[1:2]); err != nil || b.Len() == 0 {
		t.Errorf("one point: got %v, want a picture", err)
	}
}

// The line of equal bound passes through the best run and stays within what the runs cover.
func TestTheLineOfEqualBoundIsStraight(t *testing.T) {
	var all []eval.RatePoint
	for _, g := range rates() {
		all = append(all, g.Points...)
	}
	l := equalBound(100.2, all)
	for i := range l.X {
		if d := l.X[i] + l.Y[i] - 100.2; math.Abs(d) > 1e-12 {
			t.Errorf("point %d: got R + D off by %v", i, d)
		}
		if l.X[i] < 9.9 || l.X[i] > 50 || l.Y[i] < 63.2 || l.Y[i] > 107 {
			t.Errorf("point %d: got (%v, %v) outside the runs", i, l.X[i], l.Y[i])
		}
	}
	if l.Name != "equal bound, −100.2 nats" {
		t.Errorf("got name %q", l.Name)
	}
}

// profiles are a figure of two lines over a setting, one of them without its middle value, and one of a
// single line.
func profiles() []Profile {
	return []Profile{
		{"−ELBO", "latent", []ProfileLine{
			{"beta 1", []float64{10, 2, 50}, []float64{103, 149, 94}, []float64{1, 2, 0}},
			{"beta 4", []float64{2, 50}, []float64{160, 120}, []float64{0, 0}},
		}},
		{"active", "latent", []ProfileLine{{"all", []float64{2, 10}, []float64{2, 9.5}, []float64{0, .5}}}},
	}
}

// Values of a setting stand in their order, evenly spaced, and a line that lacks one skips its place.
func TestProfilesPlaceValuesByTheirOrder(t *testing.T) {
	spec := profiles()[0].chart()
	if want := []float64{2, 1, 3}; !slices.Equal(spec.Lines[0].X, want) {
		t.Errorf("got places %v, want %v", spec.Lines[0].X, want)
	}
	if want := []float64{1, 3}; !slices.Equal(spec.Marks[1].X, want) {
		t.Errorf("got places %v, want %v", spec.Marks[1].X, want)
	}
	if want := []string{"2", "10", "50"}; !slices.Equal(spec.Places, want) {
		t.Errorf("got names %v, want %v", spec.Places, want)
	}
	if spec.XLabel != "latent" || spec.Marks[0].Name != "beta 1" || spec.Marks[0].Lo[1] != 147 || spec.Marks[0].Hi[1] != 151 {
		t.Errorf("got %q, %q and %v to %v", spec.XLabel, spec.Marks[0].Name, spec.Marks[0].Lo, spec.Marks[0].Hi)
	}
	if alone := profiles()[1].chart(); alone.Marks[0].Name != "" {
		t.Errorf("a single line is named %q", alone.Marks[0].Name)
	}
	var b bytes.Buffer
	if err := Profiles(&b, "t", nil); err == nil || b.Len() > 0 {
		t.Errorf("no profile: got %v", err)
	}
}
