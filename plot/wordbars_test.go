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

// A cell of the largest value is the darkest and one of the least value the lightest; one that is not
// finite stays paper.
func TestTheColoursOfAHeatMapFollowTheValues(t *testing.T) {
	spec := HeatSpec{Values: [][]float64{{0, .5, 1}, {math.NaN(), .25, .75}}}
	var b bytes.Buffer
	if err := HeatMap(&b, spec); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]int{}
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X*2/3; x++ { // left of the colour bar
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	cell := density * density * 34 * 22
	for _, v := range []float64{0, .25, .5, .75, 1} {
		c := ramp(blues, v)
		if n := seen[[3]uint32{uint32(c.R), uint32(c.G), uint32(c.B)}]; n < cell-4 || n > cell+200 {
			t.Errorf("value %v: got %d pixels of its colour, want %d", v, n, cell)
		}
	}
}

// Bars are as long as their values, the longest of all groups filling the room.
func TestWordBarsAreAsLongAsTheirValues(t *testing.T) {
	var b bytes.Buffer
	groups := []BarGroup{{Names: []string{"a", "b"}, Values: []float64{.4, .1}, Color: 1}, {Names: []string{"c", "d"}, Values: []float64{.2, 0}, Color: 3}}
	if err := WordBars(&b, groups, "", 2); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	long := func(color, row int) (n int) {
		c := hue(color - 1)
		y := int(density * (margin + wordRow*(float64(row)+.5)))
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r>>8 == uint32(c.R) && g>>8 == uint32(c.G) && b>>8 == uint32(c.B) {
				n++
			}
		}
		return n
	}
	top := float64(long(1, 0))
	for _, c := range []struct {
		color, row int
		share      float64
	}{{1, 1, .25}, {3, 0, .5}} {
		if got := float64(long(c.color, c.row)) / top; math.Abs(got-c.share) > .02 {
			t.Errorf("bar %d of colour %d: got %v of the longest, want %v", c.row, c.color, got, c.share)
		}
	}
	if n := long(3, 1); n > 2*density {
		t.Errorf("a value of 0 has a bar of %d pixels", n)
	}
}
