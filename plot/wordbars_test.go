package plot

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

// drawn decodes what a function draws.
func drawnSize(t *testing.T, draw func(io.Writer) error) (w, h int) {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img.Bounds().Dx(), img.Bounds().Dy()
}

func TestWordBarsGrowWithTheirGroups(t *testing.T) {
	group := BarGroup{Title: "topic 1", Names: []string{"river", "bank", "a word that is longer than the room for names", ""}, Values: []float64{.3, .1, .02, 0}, Color: 2}
	before := 0
	for n := 1; n <= 7; n++ {
		groups := make([]BarGroup, n)
		for i := range groups {
			groups[i] = group
			groups[i].Color = i % 11
		}
		w, h := drawnSize(t, func(w io.Writer) error { return WordBars(w, groups, "Topics", 3) })
		if want := density * int(2*margin+float64(min(n, 3))*(wordWidth+wordGap)-wordGap); w != want {
			t.Errorf("%d groups: got width %d, want %d", n, w, want)
		}
		if n%3 == 1 && h <= before {
			t.Errorf("%d groups: got height %d, want over %d", n, h, before)
		}
		before = h
	}
	drawnSize(t, func(w io.Writer) error {
		return WordBars(w, []BarGroup{{Names: []string{"a"}, Values: []float64{0}}}, "", 1)
	})
}

func TestWordBarsThatCannotBeDrawnAreErrors(t *testing.T) {
	for want, groups := range map[string][]BarGroup{
		"got 0 groups":             nil,
		"got 1 names and 2 values": {{Names: []string{"a"}, Values: []float64{1, 2}}},
		"value 0: got NaN":         {{Names: []string{"a"}, Values: []float64{math.NaN()}}},
		"value 0: got -1":          {{Names: []string{"a"}, Values: []float64{-1}}},
		"got colour 99":            {{Names: []string{"a"}, Values: []float64{1}, Color: 99}},
	} {
		if err := WordBars(io.Discard, groups, "", 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := WordBars(io.Discard, []BarGroup{{}}, "", 0); err == nil {
		t.Error("drawn in no column")
	}
	if err := WordBars(io.Discard, make([]BarGroup, 1_000_000), "", 1); err == nil {
		t.Error("a picture beyond the limit was drawn")
	}
}

// matrix of n×d values.
func heatOf(n, d int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		for j := range d {
			out[i] = append(out[i], math.Sin(float64(i*d+j)))
		}
	}
	return out
}

func TestHeatMapsOfAnySizeAreDrawn(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 5}, {60, 50}, {2000, 3}, {3, 600}} {
		spec := HeatSpec{Title: "Proportions", XLabel: "topic", YLabel: "document", Name: "share", Values: heatOf(size[0], size[1])}
		w, h := drawnSize(t, func(w io.Writer) error { return HeatMap(w, spec) })
		if w < 400 || w > 3000 || h < 200 || h > 3000 {
			t.Errorf("%v: got %d×%d pixels", size, w, h)
		}
	}
	spec := HeatSpec{Values: heatOf(4, 3), Rows: []string{"a", "b", "c", "a long name of a row"}, Columns: []string{"x", "y", "a long name of a column"}, Range: [2]float64{0, 1}}
	spec.Values[1][1] = math.NaN()
	drawnSize(t, func(w io.Writer) error { return HeatMap(w, spec) })
}

func TestHeatMapsThatCannotBeDrawnAreErrors(t *testing.T) {
	ragged := heatOf(2, 3)
	ragged[1] = ragged[1][:2]
	for want, spec := range map[string]HeatSpec{
		"values: got none":                            {},
		"row 1: got 2 values":                         {Values: ragged},
		"got 1 of rows and 0 of columns":              {Values: heatOf(2, 3), Rows: []string{"a"}},
		"got 0 of rows and 1 of columns":              {Values: heatOf(2, 3), Columns: []string{"a"}},
		"range: got [1 0]":                            {Values: heatOf(2, 3), Range: [2]float64{1, 0}},
		fmt.Sprintf("range: got [0 %v]", math.Inf(1)): {Values: heatOf(2, 3), Range: [2]float64{0, math.Inf(1)}},
		"got no finite one":                           {Values: [][]float64{{math.NaN()}}},
	} {
		if err := HeatMap(io.Discard, spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
