package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"
)

// A line of a chart goes through its points, in the colour asked for or the next in turn.
func TestLinesOfAChartGoThroughTheirPoints(t *testing.T) {
	for _, c := range []struct{ asked, want int }{{0, 0}, {1, 0}, {4, 3}, {10, 9}} {
		l := Series{X: []float64{0, 1, 2, 3}, Y: []float64{1, 3, 2, 5}, Color: c.asked}
		spec := ChartSpec{X: [2]float64{-.5, 3.5}, Y: [2]float64{.3, 5.7}, Lines: []Series{l}}
		img, f := charted(t, spec), framed(t, spec)
		for i, x := range l.X {
			if i == 0 || i == 3 {
				continue // ends are cut square
			}
			box := image.Rect(device(f.px(x))-3, device(f.py(l.Y[i]))-3, device(f.px(x))+4, device(f.py(l.Y[i]))+4)
			if _, n := extent(img, box, hue(c.want)); n == 0 {
				t.Errorf("colour %d: nothing at (%v, %v)", c.asked, x, l.Y[i])
			}
		}
		for _, x := range []float64{.5, 1.5, 2.5} {
			k := int(x)
			mid := (l.Y[k] + l.Y[k+1]) / 2
			box := image.Rect(device(f.px(x))-2, device(f.py(mid))-2, device(f.px(x))+3, device(f.py(mid))+3)
			if _, n := extent(img, box, hue(c.want)); n == 0 {
				t.Errorf("colour %d: nothing half way at (%v, %v)", c.asked, x, mid)
			}
		}
	}
}

// Guides are dashed and grey: along one there is ink and there are gaps.
func TestGuidesAreDashed(t *testing.T) {
	spec := ChartSpec{X: [2]float64{0, 10}, Y: [2]float64{0, 1.1}, Guides: []Series{{X: []float64{0, 10}, Y: []float64{.53, .53}}}}
	img, f := charted(t, spec), framed(t, spec)
	row := image.Rect(device(f.in.x0), device(f.py(.53))-2, device(f.in.x1), device(f.py(.53))+3)
	inked, gaps, last := 0, 0, false
	for x := row.Min.X; x < row.Max.X; x++ {
		on := column(img, row, x, softInk) > 0
		if on {
			inked++
		}
		if last && !on {
			gaps++
		}
		last = on
	}
	if share := float64(inked) / float64(row.Dx()); share < .25 || share > .75 || gaps < 20 {
		t.Errorf("ink on %.0f %% of the guide with %d gaps, want about half and many", 100*share, gaps)
	}
}

// A point between two gaps is a dot, and gaps stay open.
func TestGapsOfALineStayOpen(t *testing.T) {
	nan := math.NaN()
	l := Series{X: []float64{0, 1, 2, 3, 4, 5, 6}, Y: []float64{1, 1, nan, 1, nan, 1, 1}, Color: 3}
	spec := ChartSpec{X: [2]float64{-.5, 6.5}, Y: [2]float64{.3, 2.3}, Lines: []Series{l}}
	img, f := charted(t, spec), framed(t, spec)
	for _, c := range []struct {
		x    float64
		want bool
	}{{.5, true}, {1.5, false}, {2.5, false}, {3, true}, {3.5, false}, {4.5, false}, {5.5, true}} {
		at := device(f.px(c.x))
		_, n := extent(img, image.Rect(at-1, device(f.py(1))-4, at+2, device(f.py(1))+5), hue(2))
		if (n > 0) != c.want {
			t.Errorf("at %v: %d pixels, want a line: %v", c.x, n, c.want)
		}
	}
}

// Bars without a finite height are left out, and so are those outside a range.
func TestBarsThatCannotBeDrawnAreLeftOut(t *testing.T) {
	b := Bars{Edges: []float64{0, 1, 2, 3, 4}, Heights: []float64{1, math.NaN(), math.Inf(1), 1}, Color: 1, Shade: 1}
	spec := ChartSpec{X: [2]float64{0, 3.5}, Y: [2]float64{0, 1.3}, Bars: []Bars{b}}
	img, f := charted(t, spec), framed(t, spec)
	for x, want := range map[float64][3]uint8{.5: shaded(1, 1), 1.5: white, 2.5: white, 3.3: white} {
		r, g, bl := f.at(img, x, .7)
		same(t, fmt.Sprintf("at %v", x), r, g, bl, want)
	}
}

func TestClippingKeepsTheRange(t *testing.T) {
	r := span{-2, 5}
	for v, want := range map[float64]float64{-9: -2, -2: -2, 0: 0, 5: 5, 77: 5, math.Inf(1): 5, math.Inf(-1): -2} {
		if got := clip(v, r); got != want {
			t.Errorf("clip(%v): got %v, want %v", v, got, want)
		}
	}
	for v, want := range map[float64]bool{-2.1: false, -2: true, -2 - 1e-12: true, 5: true, 5 + 1e-12: true, 5.1: false, math.Inf(1): false} {
		if got := within(v, r); got != want {
			t.Errorf("within(%v): got %v, want %v", v, got, want)
		}
	}
	if within(math.NaN(), r) {
		t.Error("NaN lies within a range")
	}
}

// Tinting blends over what is there, inside the picture alone.
func TestTintingBlends(t *testing.T) {
	s, err := newSheet("test", 20, 20)
	if err != nil {
		t.Fatal(err)
	}
	s.fill(box{0, 0, 10, 20}, ink)
	s.tint(box{-50, 5, 500, 10}, hue(2), .5)
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{{5, 15, mix(ink, hue(2), .5)}, {35, 15, mix(paper, hue(2), .5)}, {5, 5, ink}, {35, 25, paper}} {
		if got := rgb(s.pix, c.x, c.y); got != c.want {
			t.Errorf("(%d, %d): got %v, want %v", c.x, c.y, got, c.want)
		}
	}
	s.polygon([]point{{0, 0}, {20, 0}}, hue(1), 1) // no area
	if got := rgb(s.pix, 20, 0); got == hue(1) {
		t.Error("two points have an area")
	}
}

// A title above one of several charts takes its room, an empty one none.
func TestSubheadingsTakeTheirRoom(t *testing.T) {
	s, err := newSheet("test", 200, 100)
	if err != nil {
		t.Fatal(err)
	}
	b := box{10, 10, 190, 90}
	if got := s.subheading(b, " \n"); got != b {
		t.Errorf("no title: got %v, want %v", got, b)
	}
	if got := s.subheading(b, "Title"); got.y0 <= b.y0+labelSize || got.x0 != b.x0 || got.y1 != b.y1 {
		t.Errorf("a title: got %v", got)
	}
	if _, n := extent(s.pix, s.pix.Bounds(), ink); n == 0 {
		t.Error("no title was drawn")
	}
}
