package plot

import (
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"testing"
)

// curvePicture draws series without names, so that their colours occur in the data alone.
func curvePicture(t *testing.T, series ...Series) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Curves(w, CurvesSpec{Series: series}) })
}

func TestALineRunsBetweenItsPoints(t *testing.T) {
	img := curvePicture(t, Series{X: []float64{0, 10}, Y: []float64{0, 1}})
	line, n := extent(img, img.Bounds(), hue(0))
	if n < 1000 {
		t.Fatalf("found %d pixels of the line", n)
	}
	// Along the line y falls (on the sheet) as x grows, in proportion.
	for _, q := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		x := line.Min.X + int(q*float64(line.Dx()))
		at, _ := extent(img, image.Rect(x, 0, x+1, img.Bounds().Max.Y), hue(0))
		near(t, "height", float64(at.Min.Y+at.Max.Y)/2, float64(line.Max.Y)-q*float64(line.Dy()), 3)
	}
}

func TestAMissingPointLeavesAGap(t *testing.T) {
	y := []float64{1, 2, 1, 2, math.NaN(), 2, 1, 2, 1}
	img := curvePicture(t, Series{Y: y})
	line, _ := extent(img, img.Bounds(), hue(0))
	step := float64(line.Dx()) / 8
	for x := line.Min.X; x < line.Max.X; x++ {
		at := float64(x-line.Min.X) / step
		n := column(img, img.Bounds(), x, hue(0))
		if at > 3.1 && at < 4.9 && n > 0 {
			t.Fatalf("column at point %.2f has %d pixels, want a gap", at, n)
		}
		if (at < 2.9 || at > 5.1) && n == 0 {
			t.Fatalf("column at point %.2f is empty, want the line", at)
		}
	}
}

func TestASinglePointIsADot(t *testing.T) {
	img := curvePicture(t, Series{Y: []float64{-120}})
	dot, n := extent(img, img.Bounds(), hue(0))
	if dot.Dx() < 8 || dot.Dx() > 18 || max(dot.Dx()-dot.Dy(), dot.Dy()-dot.Dx()) > 1 {
		t.Errorf("dot: got %v with %d pixels, want a disc", dot, n)
	}
	near(t, "place", float64(dot.Min.X+dot.Max.X)/2, float64(img.Bounds().Dx())/2, 60)
}

func TestAConstantSeriesIsLevel(t *testing.T) {
	img := curvePicture(t, Series{Y: slices.Repeat([]float64{3}, 20)})
	line, n := extent(img, img.Bounds(), hue(0))
	if line.Dy() > 5 || line.Dx() < 1000 || n == 0 {
		t.Errorf("line: got %v, want a level one", line)
	}
}

func TestDashesLeavePaperBetween(t *testing.T) {
	level := slices.Repeat([]float64{3}, 20)
	count := func(s Series) int {
		img := curvePicture(t, s)
		_, n := extent(img, img.Bounds(), hue(2))
		return n
	}
	solid, dashed := count(Series{Y: level, Color: 3}), count(Series{Y: level, Color: 3, Dashed: true})
	near(t, "share of ink in dashes of 6 and gaps of 4", float64(dashed)/float64(solid), 0.6, 0.08)
}

// The title and legend lie above all data, whatever the data.
func TestTheLegendStandsAboveTheData(t *testing.T) {
	spec := CurvesSpec{Title: "T", Series: []Series{{Name: "up", Y: []float64{0, 1}}, {Name: "down", Y: []float64{1, 0}}}}
	img := picture(t, func(w io.Writer) error { return Curves(w, spec) })
	for c := range 2 {
		rows := map[int]bool{}
		all, _ := extent(img, img.Bounds(), hue(c))
		for y := all.Min.Y; y < all.Max.Y; y++ {
			_, n := extent(img, image.Rect(0, y, img.Bounds().Max.X, y+1), hue(c))
			rows[y] = n > 0
		}
		if !rows[all.Min.Y] {
			t.Fatal("no legend sample")
		}
		blankRows := 0
		for y := all.Min.Y; y < all.Min.Y+80; y++ {
			if !rows[y] {
				blankRows++
			}
		}
		if blankRows < 40 {
			t.Errorf("series %d: %d blank rows between legend and data, want at least 40", c, blankRows)
		}
	}
}

// Thinning keeps the envelope: the lowest and highest of every pixel column.
func TestThinningKeepsTheEnvelope(t *testing.T) {
	r := fixedRand()
	var run []point
	for i := range 5000 {
		run = append(run, point{float64(i) / 50, r.NormFloat64()})
	}
	kept := thin(run)
	if len(kept) > 4*101 || kept[0] != run[0] || kept[len(kept)-1] != run[len(run)-1] {
		t.Fatalf("kept %d of %d points", len(kept), len(run))
	}
	for col := range 100 {
		ends := func(ps []point) span {
			s := empty()
			for _, p := range ps {
				if int(p.x) == col {
					s.add(p.y)
				}
			}
			return s
		}
		if ends(kept) != ends(run) {
			t.Fatalf("column %d: got %v, want %v", col, ends(kept), ends(run))
		}
	}
	if !slices.IsSortedFunc(kept, func(a, b point) int { return int(math.Ceil(a.x - b.x)) }) {
		t.Error("the order of the points changed")
	}
	few := run[:1]
	if got := thin(few); !slices.Equal(got, few) {
		t.Errorf("one point: got %v", got)
	}
}

func TestPanelsGiveEachChartItsPlace(t *testing.T) {
	var specs []CurvesSpec
	for i := range 5 {
		specs = append(specs, CurvesSpec{Series: []Series{{Y: []float64{0, 1}, Color: i + 1}}})
	}
	img := picture(t, func(w io.Writer) error { return Panels(w, "", specs, 2) })
	size := img.Bounds().Size()
	for i := range specs {
		got, n := extent(img, img.Bounds(), hue(i))
		cell := image.Rect(i%2*size.X/2, i/2*size.Y/3, (i%2+1)*size.X/2, (i/2+1)*size.Y/3)
		if n == 0 || !got.In(cell) {
			t.Errorf("chart %d: drawn at %v, want inside %v", i, got, cell)
		}
	}
}

func TestCurvesRefuseWhatCannotBeDrawn(t *testing.T) {
	one := CurvesSpec{Series: []Series{{Y: []float64{1}}}}
	for _, c := range []struct {
		spec CurvesSpec
		say  string
	}{
		{CurvesSpec{}, "no finite one in 0 series"},
		{CurvesSpec{Series: []Series{{Name: "a"}}}, "no finite one"},
		{CurvesSpec{Series: []Series{{Y: []float64{math.NaN(), math.Inf(-1)}}}}, "no finite one"},
		{CurvesSpec{Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{1, 2}}}}, `series 0 "a": got 1 x and 2 y`},
		{CurvesSpec{Series: []Series{{Y: []float64{1}, Color: 11}}}, "colour"},
	} {
		fails(t, func(w io.Writer) error { return Curves(w, c.spec) }, "Curves", c.say)
		fails(t, func(w io.Writer) error { return Panels(w, "", []CurvesSpec{one, c.spec}, 1) }, "Panels: chart 1", c.say)
	}
	fails(t, func(w io.Writer) error { return Panels(w, "", nil, 1) }, "charts")
	fails(t, func(w io.Writer) error { return Panels(w, "", []CurvesSpec{one}, 0) }, "columns")
	if err := Curves(brokenWriter{}, one); err == nil {
		t.Error("a writer that fails: got no error")
	}
}

// brokenWriter refuses every byte.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
