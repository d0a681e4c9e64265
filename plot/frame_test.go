package plot

import (
	"image"
	"math"
	"testing"
)

// blank is a sheet to draw a frame on.
func blank(t *testing.T) *sheet {
	t.Helper()
	s, err := newSheet("test", 400, 300)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFrameMapsItsSpanOntoItsRectangle(t *testing.T) {
	f := newFrame(blank(t), box{20, 20, 380, 280}, axes{x: span{-2, 6}, y: span{10, 30}, xLabel: "x", yLabel: "y"})
	near(t, "left", f.px(-2), f.in.x0, 1e-9)
	near(t, "right", f.px(6), f.in.x1, 1e-9)
	near(t, "bottom", f.py(10), f.in.y1, 1e-9)
	near(t, "top", f.py(30), f.in.y0, 1e-9)
	near(t, "middle", f.px(2), (f.in.x0+f.in.x1)/2, 1e-9)
	if f.in.width() < 280 || f.in.height() < 160 {
		t.Errorf("data rectangle: got %v×%v, want most of 360×260", f.in.width(), f.in.height())
	}
}

func TestGridLinesLieAtTheirTicks(t *testing.T) {
	s := blank(t)
	f := newFrame(s, box{20, 20, 380, 280}, axes{x: span{0, 1}, y: span{0, 4}})
	for _, k := range ticks(0, 4, 4, false)[1:] {
		y := int(math.Round(f.py(k.at) * density))
		row, n := extent(s.pix, image.Rect(0, y-3, 800, y+3), gridInk)
		if n < 2*int(f.in.width()) {
			t.Fatalf("tick %v: found %d pixels of a grid line", k.at, n)
		}
		near(t, "height of the grid line", float64(row.Min.Y+row.Max.Y)/2, f.py(k.at)*density, 1)
		near(t, "start of the grid line", float64(row.Min.X), f.in.x0*density, 1)
	}
	zero, n := extent(s.pix, s.pix.Bounds(), axisInk)
	if n == 0 || math.Abs(float64(zero.Max.Y)-f.in.y1*density) > 10 {
		t.Errorf("axis line: got %v, want it at %v", zero, f.in.y1*density)
	}
}

func TestSheetRefusesImpossibleSizes(t *testing.T) {
	for _, size := range [][2]float64{{0, 10}, {1e6, 1e6}, {math.NaN(), 5}, {-1, -1}} {
		if _, err := newSheet("test", size[0], size[1]); err == nil {
			t.Errorf("size %v: got no error", size)
		}
	}
}

func TestLegendEntriesNeverOverlap(t *testing.T) {
	sample := func(n int, name string) (out []entry) {
		for i := range n {
			out = append(out, boxEntry(name+" "+string(rune('a'+i%26)), hue(i)))
		}
		return out
	}
	for _, n := range []int{1, 2, 7, 40, 1000} {
		for _, name := range []string{"a", "middling name", "a name so long that it has to be cut somewhere near its end"} {
			for _, width := range []float64{80, 360, 720} {
				items, rows := arrange(sample(n, name), width)
				if rows > legendRows || len(items) > n {
					t.Fatalf("%d entries: got %d rows and %d items", n, rows, len(items))
				}
				end, row := -1.0, -1
				for _, p := range items {
					if p.row != row {
						end, row = -1, p.row
					}
					if p.x <= end {
						t.Fatalf("%q starts at %v, before %v", p.name, p.x, end)
					}
					end = p.x + p.width + sampleGap + nameType.width(p.name)
					if end > width+60 && width > 100 { // the count may stand out a little
						t.Fatalf("%q ends at %v of %v", p.name, end, width)
					}
				}
				if row != rows-1 {
					t.Fatalf("last entry in row %d of %d", row, rows)
				}
			}
		}
	}
	if got := legendHeight(nil, 100); got != 0 {
		t.Errorf("no entries: height %v, want 0", got)
	}
}
