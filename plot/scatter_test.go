package plot

import (
	"image"
	"io"
	"math"
	"testing"
	"time"
)

func TestScatterPutsPointsWhereTheyBelong(t *testing.T) {
	// Four corners of a square and their labels; colours are blended, so that a mixed one
	// is looked for.
	xy := [][2]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}}
	img := picture(t, func(w io.Writer) error {
		return Scatter(w, xy, []int32{0, 1, 2, -1}, []string{"a", "b", "c"}, "", "", "")
	})
	var at [4]image.Rectangle
	for i, c := range []int{0, 1, 2} {
		at[i], _ = extent(img, below(img, 60+2*margin), mix(paper, hue(c), 0.85))
	}
	at[3], _ = extent(img, below(img, 60+2*margin), mix(paper, faded, 0.85))
	for i, r := range at {
		if r.Dx() < 10 || r.Dx() > 24 || r.Dy() < 10 || r.Dy() > 24 {
			t.Fatalf("point %d: got %v, want one disc", i, r)
		}
	}
	if !(at[0].Min.X < at[2].Min.X && at[0].Min.Y > at[1].Min.Y) {
		t.Errorf("points at %v: want x to grow rightwards and y upwards", at)
	}
	near(t, "same x", float64(at[0].Min.X), float64(at[1].Min.X), 1)
	near(t, "same y", float64(at[0].Min.Y), float64(at[2].Min.Y), 1)
	near(t, "unlabelled point", float64(at[3].Min.X), float64(at[2].Min.X), 1)
}

func TestScatterWithoutLabelsHasOneColourAndNoLegend(t *testing.T) {
	xy, labels := ring(50, 2)
	plain := picture(t, func(w io.Writer) error { return Scatter(w, xy, nil, nil, "", "", "") })
	if _, n := extent(plain, plain.Bounds(), mix(paper, hue(1), 0.85)); n > 0 {
		t.Error("a second colour appears")
	}
	named := picture(t, func(w io.Writer) error { return Scatter(w, xy, labels, []string{"a", "b"}, "", "", "") })
	if plain.Bounds().Dy() >= named.Bounds().Dy() {
		t.Errorf("heights: got %d without and %d with a legend", plain.Bounds().Dy(), named.Bounds().Dy())
	}
}

func TestScatterLeavesOutWhatIsNotFinite(t *testing.T) {
	xy := [][2]float64{{0, 0}, {math.NaN(), 1}, {1, math.Inf(1)}, {1, 1}}
	c, err := newCloud("test", xy)
	if err != nil {
		t.Fatal(err)
	}
	if c.lost != 2 || c.x != (span{0, 1}) || c.y != (span{0, 1}) {
		t.Errorf("got %d lost, x %v, y %v", c.lost, c.x, c.y)
	}
	encode(t, func(w io.Writer) error { return Scatter(w, xy, nil, nil, "", "", "") })
}

func TestScatterValuesRunAlongTheColourMap(t *testing.T) {
	xy := [][2]float64{{0, 0}, {1, 0}, {2, 0}, {3, 0}}
	img := picture(t, func(w io.Writer) error {
		return ScatterValues(w, xy, []float64{-5, 0, 5, math.NaN()}, "value", "", "", "")
	})
	for i, c := range []uint32{0x440154, 0x21918c, 0xfde725} {
		if r, n := extent(img, img.Bounds(), mix(paper, hex(c), 0.85)); n < 20 || r.Dx() > 24 {
			t.Errorf("point %d: found %d pixels of its colour at %v", i, n, r)
		}
	}
	if _, n := extent(img, img.Bounds(), mix(paper, notANum, 0.85)); n < 20 {
		t.Error("the point without a value is not marked")
	}
}

func TestMarkersHaveTheAreaOfTheDisc(t *testing.T) {
	area := func(in shape) (a float64) {
		s, err := newSheet("test", 60, 60)
		if err != nil {
			t.Fatal(err)
		}
		s.stamp(point{30.25, 29.9}, 12, in, ink, 1)
		for y := range 120 {
			for x := range 120 {
				a += float64(255-rgb(s.pix, x, y).R) / float64(255-ink.R)
			}
		}
		return a
	}
	want := math.Pi * 24 * 24
	near(t, "disc", area(disc)/want, 1, 0.01)
	for i, in := range shapes[1:] {
		near(t, "marker "+string(rune('1'+i)), area(in)/want, 1, 0.06)
	}
}

func TestMarkersAreClippedAtTheSheet(t *testing.T) {
	s, err := newSheet("test", 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []point{{-100, 5}, {5, 1e6}, {0, 0}, {10, 10}} {
		s.stamp(p, 3, disc, ink, 1)
	}
	if rgb(s.pix, 0, 0) != ink || rgb(s.pix, 19, 19) != ink || rgb(s.pix, 10, 10) != paper {
		t.Error("a marker at the corner is not drawn in the corner")
	}
}

// The promise is quickness, not a figure: 10,000 points take about 0.1 s, and a path per
// point took seconds.
func TestTenThousandPointsAreQuick(t *testing.T) {
	xy, labels := ring(10_000, 10)
	begin := time.Now()
	encode(t, func(w io.Writer) error { return Scatter(w, xy, labels, make([]string, 10), "", "", "") })
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestScatterRefusesBadInput(t *testing.T) {
	xy := [][2]float64{{0, 0}}
	fails(t, func(w io.Writer) error { return Scatter(w, nil, nil, nil, "", "", "") }, "Scatter", "points")
	fails(t, func(w io.Writer) error { return Scatter(w, [][2]float64{{math.NaN(), 0}}, nil, nil, "", "", "") }, "no finite one of 1")
	fails(t, func(w io.Writer) error { return Scatter(w, xy, []int32{0, 1}, []string{"a"}, "", "", "") }, "labels: got 2 for 1")
	fails(t, func(w io.Writer) error { return Scatter(w, xy, []int32{1}, []string{"a"}, "", "", "") }, "label 0: got 1")
	fails(t, func(w io.Writer) error { return ScatterValues(w, xy, nil, "", "", "", "") }, "values: got 0 for 1")
	fails(t, func(w io.Writer) error { return ScatterValues(w, xy, []float64{math.NaN()}, "", "", "", "") }, "ScatterValues", "no finite one")
	fails(t, func(w io.Writer) error { return ScatterValues(w, nil, nil, "", "", "", "") }, "points")
}
