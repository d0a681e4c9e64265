package report

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

func TestComparedCurvesOverlayTheRuns(t *testing.T) {
	runs := []CompareInput{compared("first"), compared("second")}
	for i := range runs[1].History {
		runs[1].History[i].Valid.Bound -= 10
	}
	specs := compareCurves(runs)
	var titles []string
	for _, s := range specs {
		titles = append(titles, s.Title)
		if len(s.Series) != 2 || s.Series[0].Name != "first" || s.Series[1].Name != "second" {
			t.Errorf("%s: got %d lines, want one a run", s.Title, len(s.Series))
		}
	}
	if want := []string{"Bound", "Reconstruction, E ln p(x|z)", "KL to the prior", "Bound on the training data"}; !slices.Equal(titles, want) {
		t.Fatalf("charts: got %q, want %q", titles, want)
	}
	last := len(specs[0].Series[0].Y) - 1
	if got := specs[0].Series[0].Y[last] - specs[0].Series[1].Y[last]; got != 10 {
		t.Errorf("validation bounds differ by %v, want 10", got)
	}
	if specs[3].Series[0].Y[last] != specs[3].Series[1].Y[last] {
		t.Error("training bounds differ, want them equal")
	}
}

func TestARunKeepsItsColourInEveryChart(t *testing.T) {
	runs := []CompareInput{compared("without a prior"), compared("with")}
	for i := range runs[0].History {
		e := &runs[0].History[i]
		e.Train.KLPerDim, e.Valid.KLPerDim = nil, nil
	}
	for _, s := range compareCurves(runs) {
		for _, l := range s.Series {
			if want := map[string]int{"without a prior": 1, "with": 2}[l.Name]; l.Color != want {
				t.Errorf("%s: %s: got colour %d, want %d", s.Title, l.Name, l.Color, want)
			}
			if strings.HasPrefix(s.Title, "KL") && l.Name != "with" {
				t.Errorf("%s: got a line for a run without a KL", s.Title)
			}
		}
	}
}

func TestManyRunsAreCompared(t *testing.T) {
	var runs []CompareInput
	for i := range 14 {
		runs = append(runs, compared(strings.Repeat("x", i+1)))
	}
	path := t.TempDir() + "/c.png"
	if err := Compare(path, runs); err != nil {
		t.Fatal(err)
	}
	decoded(t, path)
}

func TestUnknownMonteCarloErrorIsNotPrinted(t *testing.T) {
	s := measured(t, "vae", func(s *scene) { s.Record.StdErr, s.Record.Samples = 0, 1 })
	if note := figureOf(s, "−ELBO, test").Note; strings.Contains(note, "Monte Carlo") || !strings.Contains(note, "1 draw of z a row") {
		t.Errorf("one draw: got %q", note)
	}
}

func TestFiguresOfAnEmptyRunAreFew(t *testing.T) {
	s := measured(t, "vae", func(s *scene) {
		s.Record, s.Telemetry, s.History = vi.Record{}, vi.Telemetry{}, nil
	})
	if got := s.keyFigures(); len(got) != 0 {
		t.Errorf("got %+v, want none", got)
	}
	if kindOf(vi.Record{}, vi.Record{Kind: vi.KindIWAE}) != vi.KindIWAE || kindOf() != vi.KindELBO {
		t.Error("kind: want that of the first record that states one, else ELBO")
	}
}

func TestSpeedIsTheMedian(t *testing.T) {
	h := epochs(5, 2)
	h[0].ExamplesPerSecond = 1
	h[4].ExamplesPerSecond = math.Inf(1)
	if got := medianSpeed(h); got != 1002 {
		t.Errorf("got %v, want 1002", got)
	}
	for i := range h {
		h[i].ExamplesPerSecond = math.Inf(1)
	}
	if got := medianSpeed(h); got != 0 {
		t.Errorf("infinite: got %v, want 0, which is not printed", got)
	}
}

func TestTrainingIsDrawnFromWhatIsThere(t *testing.T) {
	s := sceneOf(t, "vae", 3, func(in *Input) {
		for i := range in.History {
			in.History[i].GradNorm = nan
		}
	})
	if _, err := drawTraining(t.Context(), s, "", io.Discard); err != nil {
		t.Errorf("no gradient norm: %v", err)
	}
	for i := range s.History {
		e := &s.History[i]
		e.LR, e.Beta, e.ExamplesPerSecond = nan, nan, nan
	}
	if _, err := drawTraining(t.Context(), s, "", io.Discard); err == nil || !strings.Contains(err.Error(), "no finite value in 4 epochs") {
		t.Errorf("nothing at all: got %v", err)
	}
}

func TestRandomStreamsOfAReportAreApart(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	again := *s
	if s.key("rows") == s.key("samples") || s.key("rows") != again.key("rows") {
		t.Error("streams: want one for each name")
	}
	other := *s
	other.Seed++
	if s.key("rows") == other.key("rows") {
		t.Error("streams: want them to depend on the seed")
	}
}
