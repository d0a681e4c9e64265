package report

import (
	"bytes"
	decode "image/png"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/plot"
	"github.com/elbo-go/elbo/vi"
)

// Where the sensitivity was measured, its bars stand below those of the KL divergence and the caption says what
// they are; a code without a KL divergence has a picture of its own, and an older run none.
func TestSensitivityStandsBesideTheKL(t *testing.T) {
	with := func(in *Input) { in.Telemetry.Sensitivity = []float64{2, .5, 1} }
	var heights []int
	for _, edit := range []func(*Input){func(*Input) {}, with} {
		s := sceneOf(t, "vae", 3, edit)
		var png bytes.Buffer
		caption, err := drawKL(t.Context(), s, "KL", &png)
		if err != nil {
			t.Fatal(err)
		}
		if measured := s.sensitivity() != nil; strings.Contains(caption, "Sensitivity") != measured || hasSensitivity(s) {
			t.Errorf("measured %v: got %q and a picture of its own: %v", measured, caption, hasSensitivity(s))
		}
		img, err := decode.Decode(&png)
		if err != nil {
			t.Fatal(err)
		}
		heights = append(heights, img.Bounds().Dy())
	}
	if heights[1] <= heights[0] {
		t.Errorf("got pictures of heights %v, want a taller one with the sensitivity", heights)
	}
	for want, edit := range map[bool]func(*Input){false: func(*Input) {}, true: with} {
		if got := hasSensitivity(sceneOf(t, "ae", 3, edit)); got != want {
			t.Errorf("autoencoder: got a picture %v, want %v", got, want)
		}
	}
	s := sceneOf(t, "ae", 3, with)
	var png bytes.Buffer
	if caption, err := drawSensitivity(t.Context(), s, "Sensitivity", &png); err != nil || !strings.Contains(caption, "units of their own") {
		t.Errorf("got %q, %v", caption, err)
	}
}

// The discrepancy between all codes and the prior is a figure of the report, which says what its noise
// leaves to see.
func TestDiscrepancyIsAFigureOfTheReport(t *testing.T) {
	for want, squared := range map[string]float64{"near enough to be the same": .001, "more than chance": .1} {
		s := sceneOf(t, "vae", 3, func(in *Input) { in.Telemetry.MMD = &vi.Discrepancy{Squared: squared, Noise: .002, Draws: 200} })
		found := slices.IndexFunc(s.codeFigures(), func(f plot.KeyFigure) bool { return strings.HasPrefix(f.Name, "MMD²") })
		if found < 0 || !strings.Contains(s.codeFigures()[found].Note, want) {
			t.Errorf("%v: got %+v, want a note %q", squared, s.codeFigures(), want)
		}
	}
	if n := len(sceneOf(t, "vae", 3, func(*Input) {}).codeFigures()); n != 3 {
		t.Errorf("without: got %d figures, want 3", n)
	}
}
