package plot

import (
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// charted draws one chart without a legend and returns the part below labels.
func charted(t *testing.T, c ChartSpec) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Charts(w, "", []ChartSpec{c}, ChartsOptions{}) })
}

// framed is the frame that a chart is drawn in, without drawing it.
func framed(t *testing.T, c ChartSpec) *frame {
	t.Helper()
	s, err := newSheet("test", chartW, 250+2*margin)
	if err != nil {
		t.Fatal(err)
	}
	x, y := c.spans()
	return newFrame(s, s.legend(s.subheading(s.page(), c.Title), c.entries()), axes{x: x, y: y, xLabel: c.XLabel, yLabel: c.YLabel, wholeX: c.Whole})
}

// at is the colour of a chart at a value of x and of y.
func (f *frame) at(img image.Image, x, y float64) (r, g, b uint8) {
	c := rgb(img, device(f.px(x)), device(f.py(y)))
	return c.R, c.G, c.B
}

// same tells whether two colours differ by rounding alone.
func same(t *testing.T, what string, r, g, b uint8, want [3]uint8) {
	t.Helper()
	for i, v := range [3]uint8{r, g, b} {
		if d := int(v) - int(want[i]); d < -2 || d > 2 {
			t.Errorf("%s: got %v, want %v", what, [3]uint8{r, g, b}, want)
			return
		}
	}
}

func shaded(color int, shade float64) [3]uint8 {
	c := mix(paper, paintOf(color, faded), shade)
	return [3]uint8{c.R, c.G, c.B}
}

var white = [3]uint8{0xff, 0xff, 0xff}

// A band from x to 2x+1 is coloured between its curves and nowhere else, and nested bands add up.
func TestAreasFillBetweenTheirCurves(t *testing.T) {
	xs := []float64{0, 1, 2, 3, 4}
	var lo, hi []float64
	for _, x := range xs {
		lo, hi = append(lo, x), append(hi, 2*x+1)
	}
	c := ChartSpec{X: [2]float64{-1, 5}, Y: [2]float64{-1.3, 10.3}, Areas: []Area{{X: xs, Lo: lo, Hi: hi, Color: 1, Shade: .3}}}
	img, f := charted(t, c), framed(t, c)
	for _, x := range []float64{.7, 1.5, 2.9, 3.6} {
		r, g, b := f.at(img, x, 1.5*x+.5)
		same(t, fmt.Sprintf("middle of the band at %v", x), r, g, b, shaded(1, .3))
		r, g, b = f.at(img, x, 2*x+1.33)
		same(t, fmt.Sprintf("above the band at %v", x), r, g, b, white)
		r, g, b = f.at(img, x, x-.37)
		same(t, fmt.Sprintf("below the band at %v", x), r, g, b, white)
	}
	c.Areas = append(c.Areas, Area{X: xs, Lo: lo, Hi: hi, Color: 1, Shade: .3})
	r, g, b := f.at(charted(t, c), 2, 3.3)
	same(t, "two bands", r, g, b, shaded(1, 1-.7*.7))
}

func TestAnAreaHasGapsWhereItIsNotFinite(t *testing.T) {
	xs := []float64{0, 1, 2, 3, 4, 5}
	ones, twos := []float64{1, 1, math.NaN(), 1, 1, 1}, []float64{2, 2, 2, 2, 2, math.Inf(1)}
	c := ChartSpec{X: [2]float64{0, 5}, Y: [2]float64{.3, 3.3}, Areas: []Area{{X: xs, Lo: ones, Hi: twos, Color: 3, Shade: .5}}}
	img, f := charted(t, c), framed(t, c)
	for _, s := range []struct {
		x    float64
		want [3]uint8
	}{{.5, shaded(3, .5)}, {1.5, white}, {2.5, white}, {3.5, shaded(3, .5)}, {4.5, white}} {
		r, g, b := f.at(img, s.x, 1.6)
		same(t, fmt.Sprintf("at %v", s.x), r, g, b, s.want)
	}
}

// Bars stand on 0, reach their heights, and hang down where these are negative.
func TestBarsOfAHistogramReachTheirHeights(t *testing.T) {
	b := Bars{Edges: []float64{0, 1, 3, 4, 5}, Heights: []float64{2, 4, 0, -1}, Color: 2, Shade: 1}
	c := ChartSpec{X: [2]float64{-.5, 5.5}, Y: [2]float64{-1.7, 4.7}, Bars: []Bars{b}}
	img, f := charted(t, c), framed(t, c)
	for i, h := range b.Heights {
		mid := (b.Edges[i] + b.Edges[i+1]) / 2
		for _, y := range []float64{-1.3, -.5, .5, 1.5, 2.5, 3.5, 4.5} {
			want := white
			if y > 0 && y < h || y < 0 && y > h {
				want = shaded(2, 1)
			}
			r, g, bl := f.at(img, mid, y)
			same(t, fmt.Sprintf("bar %d at height %v", i, y), r, g, bl, want)
		}
	}
	box, n := extent(img, img.Bounds(), hue(1))
	if n == 0 || box.Min.X < device(f.px(0)) || box.Max.X > device(f.px(5))+1 {
		t.Errorf("bars cover %v, want them between 0 and 5", box)
	}
}

// Translucent bars of two groups both show where they overlap.
func TestTranslucentBarsShowBothGroups(t *testing.T) {
	e := []float64{0, 1}
	c := ChartSpec{Y: [2]float64{0, 3.3}, Bars: []Bars{{Edges: e, Heights: []float64{3}, Color: 1, Shade: .4}, {Edges: e, Heights: []float64{2}, Color: 3, Shade: .4}}}
	img, f := charted(t, c), framed(t, c)
	r, g, b := f.at(img, .5, 2.4)
	same(t, "the first alone", r, g, b, shaded(1, .4))
	both := mix(mix(paper, hue(0), .4), hue(2), .4)
	r, g, b = f.at(img, .5, 1.4)
	same(t, "both", r, g, b, [3]uint8{both.R, both.G, both.B})
}

// Every mark lies at its place with its interval, whatever its shape.
func TestMarksLieAtTheirPoints(t *testing.T) {
	for shape := range shapes {
		m := Marks{X: []float64{1, 2, 3}, Y: []float64{4, 6, 5}, Lo: []float64{3, 5.5, 1}, Hi: []float64{4.5, 6, 9}, Color: 3, Shape: shape, Size: 5}
		c := ChartSpec{X: [2]float64{0, 4}, Y: [2]float64{.4, 9.7}, Marks: []Marks{m}}
		img, f := charted(t, c), framed(t, c)
		for i, x := range m.X {
			if rgb(img, device(f.px(x)), device(f.py(m.Y[i]))) != hue(2) {
				t.Errorf("shape %d: no mark at (%v, %v)", shape, x, m.Y[i])
			}
		}
		r, g, b := f.at(img, 3, 7.3)
		same(t, "inside the interval", r, g, b, shaded(3, .75))
		r, g, b = f.at(img, 3, 9.4)
		same(t, "above the interval", r, g, b, white)
		m.NoPoint = true
		c.Marks = []Marks{m}
		if img := charted(t, c); rgb(img, device(f.px(3)), device(f.py(5))) == hue(2) {
			t.Errorf("shape %d: a mark where intervals alone are asked for", shape)
		}
	}
}

// Lines run along the edge of a given range, marks outside are left out, nothing leaves the frame.
func TestNothingLeavesTheFrame(t *testing.T) {
	xs := []float64{-10, 0, 1, 2, 30}
	wild := []float64{-50, 50, -50, 50, 0}
	c := ChartSpec{X: [2]float64{0, 2}, Y: [2]float64{-1, 1}, Rug: []float64{-3, 1, 7},
		Areas:  []Area{{X: xs, Lo: []float64{-99, -99, -99, -99, -99}, Hi: wild, Color: 1, Shade: 1}},
		Bars:   []Bars{{Edges: []float64{-9, 0, 1, 9}, Heights: []float64{5, -5, 5}, Color: 2, Shade: 1}},
		Guides: []Series{{X: xs, Y: wild}}, Lines: []Series{{X: xs, Y: wild, Color: 3}},
		Marks: []Marks{{X: xs, Y: wild, Lo: wild, Hi: []float64{99, 99, 99, 99, 99}, Color: 4, Size: 3}},
	}
	img, f := charted(t, c), framed(t, c)
	inside := image.Rect(device(f.in.x0)-4, device(f.in.y0)-4, device(f.in.x1)+4, device(f.in.y1)+4)
	for i := range 4 {
		if box, n := extent(img, img.Bounds(), hue(i)); n > 0 && !box.In(inside) {
			t.Errorf("layer of colour %d covers %v, want it inside %v", i+1, box, inside)
		}
	}
}

// Rug strokes stand on the axis at their values.
func TestARugStandsOnTheAxis(t *testing.T) {
	c := ChartSpec{X: [2]float64{0, 10}, Y: [2]float64{0, 1}, Lines: []Series{{X: []float64{0, 10}, Y: []float64{.9, .9}}}, Rug: []float64{2, 7.5}}
	img, f := charted(t, c), framed(t, c)
	ink := mix(paper, softInk, .7)
	for _, v := range []float64{2, 7.5} {
		if got := rgb(img, device(f.px(v)), device(f.in.y1-4)); got != ink {
			t.Errorf("at %v: got %v, want %v", v, got, ink)
		}
	}
	if got := rgb(img, device(f.px(5)), device(f.in.y1-4)); got == ink {
		t.Error("a stroke at 5, where there is no value")
	}
}

// Ranges: given ones are kept; else all layers fit, and bars of counts stand on 0.
func TestRangesHoldAllLayers(t *testing.T) {
	c := ChartSpec{
		Areas: []Area{{X: []float64{-5, 1}, Lo: []float64{1, 1}, Hi: []float64{2, 3}, Shade: 1}},
		Lines: []Series{{X: []float64{0, 8}, Y: []float64{1, math.NaN()}}},
		Marks: []Marks{{X: []float64{1}, Y: []float64{2}, Lo: []float64{-4}, Hi: []float64{9}}},
	}
	x, y := c.spans()
	if x.lo >= -5 || x.hi <= 1 || x.hi > 1.5 || y.lo >= -4 || y.hi <= 9 {
		t.Errorf("got %v and %v, want room around −5 … 1 and −4 … 9", x, y)
	}
	c.Bars = []Bars{{Edges: []float64{0, 12}, Heights: []float64{3}, Shade: 1}}
	c.Marks = nil
	if x, y = c.spans(); y.lo != 0 || x.hi <= 12 {
		t.Errorf("with bars: got %v and %v, want y from 0 and x beyond 12", x, y)
	}
	c.X, c.Y = [2]float64{3, 4}, [2]float64{-7, 7}
	if x, y = c.spans(); x != (span{3, 4}) || y != (span{-7, 7}) {
		t.Errorf("got %v and %v, want the ranges that were given", x, y)
	}
	one := ChartSpec{Whole: true, Marks: []Marks{{X: []float64{1}, Y: []float64{2}}}}
	if x, _ = one.spans(); x.lo > 0.1 || x.hi < 1.9 {
		t.Errorf("one whole place: got %v, want a whole number of room on both sides", x)
	}
}

// The legend names what has a name, in the order marks, lines, areas, bars, guides.
func TestTheLegendNamesTheLayers(t *testing.T) {
	c := ChartSpec{
		Areas: []Area{{Name: "area", Shade: 1}, {Shade: 1}}, Bars: []Bars{{Name: "bars", Shade: 1}},
		Guides: []Series{{Name: "guide"}, {}}, Lines: []Series{{Name: "line"}}, Marks: []Marks{{Name: "marks"}, {Name: "ranges", NoPoint: true}},
	}
	var got []string
	for _, e := range c.entries() {
		got = append(got, e.name)
	}
	if want := []string{"marks", "ranges", "line", "area", "bars", "guide"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Sizes: charts in columns, a wide one alone, and the size that is asked for.
func TestChartsAreLaidOutInColumns(t *testing.T) {
	c := ChartSpec{Lines: []Series{{Y: []float64{1, 2}}}}
	size := func(n int, opt ChartsOptions) image.Point {
		return picture(t, func(w io.Writer) error { return Charts(w, "", slices.Repeat([]ChartSpec{c}, n), opt) }).Bounds().Size()
	}
	if got, want := size(1, ChartsOptions{}), (image.Point{2 * 760, 2 * 290}); got != want {
		t.Errorf("one chart: got %v, want %v", got, want)
	}
	if got, want := size(3, ChartsOptions{Cols: 2}), (image.Point{2 * (832 + 40), 2 * (532 + 40)}); got != want {
		t.Errorf("three in two columns: got %v, want %v", got, want)
	}
	if got, want := size(2, ChartsOptions{Cols: 5, Width: 100, Height: 120}), (image.Point{2 * (232 + 40), 2 * (120 + 40)}); got != want {
		t.Errorf("small ones: got %v, want %v", got, want)
	}
	titled := picture(t, func(w io.Writer) error { return Charts(w, "Title", []ChartSpec{c}, ChartsOptions{}) }).Bounds().Size()
	if titled.Y <= 2*290 {
		t.Errorf("a title takes no room: %v", titled)
	}
}

func TestMarkSizesFallWithTheirNumber(t *testing.T) {
	lastR, lastA := math.Inf(1), math.Inf(1)
	for _, n := range []int{1, 100, 500, 2000, 10_000} {
		r, a := markSize(n)
		if r >= lastR || a >= lastA {
			t.Errorf("%d marks: radius %v and opacity %v, want them below %v and %v", n, r, a, lastR, lastA)
		}
		lastR, lastA = r, a
	}
}

func TestChartsRefuseBadInput(t *testing.T) {
	one := []Series{{Y: []float64{1, 2}}}
	draw := func(c ChartSpec) drawing {
		return func(w io.Writer) error { return Charts(w, "", []ChartSpec{{Lines: one}, c}, ChartsOptions{Cols: 2}) }
	}
	two := []float64{1, 2}
	for want, c := range map[string]ChartSpec{
		"no finite point":         {Lines: []Series{{Y: []float64{math.NaN()}}}},
		"chart 1: layers":         {},
		"1 x, 2 and 2 bounds":     {Areas: []Area{{X: []float64{1}, Lo: two, Hi: two, Shade: 1}}},
		"area 0: got colour 11":   {Areas: []Area{{X: two, Lo: two, Hi: two, Color: 11, Shade: 1}}},
		"colour 1 and shade 0":    {Areas: []Area{{X: two, Lo: two, Hi: two, Color: 1}}},
		"2 edges and 2 heights":   {Bars: []Bars{{Edges: two, Heights: two, Shade: 1}}},
		"bars 0: got colour −1":   {Bars: []Bars{{Edges: two, Heights: two[:1], Color: -1, Shade: 1}}},
		"shade NaN":               {Bars: []Bars{{Edges: two, Heights: two[:1], Shade: math.NaN()}}},
		"2 x, 1 y":                {Marks: []Marks{{X: two, Y: two[:1]}}},
		"2 x, 2 y, 1 and 1 bound": {Marks: []Marks{{X: two, Y: two, Lo: two[:1], Hi: two[:1]}}},
		"shape 4":                 {Marks: []Marks{{X: two, Y: two, Shape: 4}}},
		"size NaN":                {Marks: []Marks{{X: two, Y: two, Size: math.NaN()}}},
		"marks 0: got colour 12":  {Marks: []Marks{{X: two, Y: two, Color: 12}}},
		"line 1":                  {Guides: one, Lines: []Series{{X: two, Y: two[:1]}}},
		"line 0: got colour":      {Guides: []Series{{Y: two, Color: -2}}},
		"range: got [2 1]":        {Lines: one, X: [2]float64{2, 1}},
		"range: got [0 +Inf]":     {Lines: one, Y: [2]float64{0, math.Inf(1)}},
	} {
		fails(t, draw(c), "Charts", strings.ReplaceAll(want, "−", "-"))
	}
	fails(t, func(w io.Writer) error { return Charts(w, "", nil, ChartsOptions{}) }, "charts: got none")
	for _, opt := range []ChartsOptions{{Cols: -1}, {Cols: 9}, {Width: -1}, {Height: math.NaN()}, {Width: 1e9}} {
		fails(t, func(w io.Writer) error { return Charts(w, "", []ChartSpec{{Lines: one}}, opt) }, "options")
	}
}

// chartExhibits show every layer, alone, together and with hostile names and values.
func chartExhibits() []exhibit {
	r := fixedRand()
	n := 300
	xs, lo, mid, hi, ys := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range xs {
		xs[i] = float64(i)/30 - 5
		mid[i] = math.Sin(xs[i])
		lo[i], hi[i] = mid[i]-.2-.05*xs[i]*xs[i], mid[i]+.2+.05*xs[i]*xs[i]
		ys[i] = mid[i] + .2*r.NormFloat64()
	}
	full := ChartSpec{Title: "A band with its points", XLabel: "input (metres)", YLabel: "target (seconds)",
		Areas: []Area{{Name: "90 %", X: xs, Lo: lo, Hi: hi, Color: 1, Shade: .3}}, Lines: []Series{{Name: "mean", X: xs, Y: mid}},
		Marks: []Marks{{Name: "rows", X: xs, Y: ys}}, Guides: []Series{{Name: "zero", X: []float64{-5, 5}, Y: []float64{0, 0}}}, Rug: []float64{-4, -1, 0, 1, 4},
	}
	bars := ChartSpec{Title: "Two groups", XLabel: "nats", YLabel: "share (%)", Bars: []Bars{
		{Name: "right", Edges: []float64{0, 1, 2, 3}, Heights: []float64{60, 30, 10}, Color: 1, Shade: .4},
		{Name: "wrong", Edges: []float64{0, 1, 2, 3}, Heights: []float64{10, 40, 50}, Color: 3, Shade: .4},
	}}
	ranges := ChartSpec{Title: "Intervals", XLabel: "row", YLabel: "target", Whole: true, Marks: []Marks{
		{Name: "90 % interval", NoPoint: true, X: xs[:20], Y: mid[:20], Lo: lo[:20], Hi: hi[:20], Color: 1},
		{Name: "outside", X: xs[:20], Y: ys[:20], Color: 3, Shape: 2, Size: 4},
	}}
	odd := ChartSpec{Title: hostile, XLabel: strings.Repeat(hostile, 5), YLabel: strings.Repeat("wide ", 90),
		Lines: []Series{{Name: hostile, X: []float64{-1e308, 1e308}, Y: []float64{1e-300, 1e308}}}, Marks: []Marks{{Name: strings.Repeat("name ", 60), X: []float64{0}, Y: []float64{0}}}}
	chart := func(name string, opt ChartsOptions, specs ...ChartSpec) exhibit {
		return exhibit{"charts-" + name, func(w io.Writer) error { return Charts(w, "Layers", specs, opt) }}
	}
	return []exhibit{
		chart("one", ChartsOptions{Height: 380}, full), chart("three", ChartsOptions{Cols: 3, Width: 330}, full, bars, ranges),
		chart("hostile", ChartsOptions{Cols: 2}, odd, bars), chart("small", ChartsOptions{Cols: 2, Width: 120, Height: 120}, full, bars),
	}
}
