package plot

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
)

func TestFillCoversExactlyItsPixels(t *testing.T) {
	s := blank(t)
	s.fill(box{10, 20, 30.5, 20.5}, ink)
	got, n := extent(s.pix, s.pix.Bounds(), ink)
	if want := image.Rect(20, 40, 61, 41); got != want || n != 41 {
		t.Errorf("got %v with %d pixels, want %v", got, n, want)
	}
	s.fill(box{-50, -50, 2, 2}, hue(1)) // clipped at the sheet
	if got, n := extent(s.pix, s.pix.Bounds(), hue(1)); n != 16 {
		t.Errorf("corner: got %v with %d pixels, want 4×4", got, n)
	}
}

func TestHairlinesAreCrisp(t *testing.T) {
	for _, at := range []float64{100, 100.2, 100.5, 100.74} {
		s := blank(t)
		s.hline(10, 50, at, ink)
		s.vline(at, 10, 50, hue(1))
		for c, horizontal := range map[color.RGBA]bool{ink: true, hue(1): false} {
			r, n := extent(s.pix, s.pix.Bounds(), c)
			thick, long, middle := r.Dy(), r.Dx(), float64(r.Min.Y+r.Max.Y)/2
			if !horizontal {
				thick, long, middle = long, thick, float64(r.Min.X+r.Max.X)/2
			}
			if thick != density || long < 78 || n < thick*long-thick*density {
				t.Errorf("line at %v: got %v with %d pixels, want full ink %d pixels thick", at, r, n, density)
			}
			near(t, "middle", middle, at*density, 1)
		}
	}
}

func TestStrokeHasItsWidthAndPlace(t *testing.T) {
	s := blank(t)
	s.stroke([]point{{50, 100}, {350, 100}}, ink, 4)
	r, n := extent(s.pix, s.pix.Bounds(), ink)
	if r != image.Rect(100, 196, 700, 204) || n != 600*8 {
		t.Errorf("got %v with %d pixels, want 600×8 around row 200", r, n)
	}
	before := slices.Clone(s.pix.(*image.RGBA).Pix)
	s.stroke([]point{{5, 5}}, hue(1), 4) // a point has no line
	s.stroke(nil, hue(1), 4)
	if !bytes.Equal(before, s.pix.(*image.RGBA).Pix) {
		t.Error("a line without length left ink")
	}
}

func TestHeadingTakesRoomOnlyForATitle(t *testing.T) {
	s := blank(t)
	page := s.page()
	if got := s.heading(page, " \n "); got != page {
		t.Errorf("blank title: got %v, want %v", got, page)
	}
	if _, n := extent(s.pix, s.pix.Bounds(), paper); n != 800*600 {
		t.Error("a blank title left ink")
	}
	rest := s.heading(page, "Title")
	title, n := extent(s.pix, s.pix.Bounds(), ink)
	if n == 0 || float64(title.Max.Y) > rest.y0*density || float64(title.Min.X) < page.x0*density {
		t.Errorf("title at %v, want it between %v and %v", title, page, rest)
	}
}

// Pictures may be drawn at the same time: the fonts are the only thing shared.
func TestDrawingAtTheSameTimeGivesTheSameBytes(t *testing.T) {
	draw := func(w io.Writer) error {
		return KLBars(w, []float64{3, 2, 1}, []bool{true, true, false}, "KL per latent dimension")
	}
	want := encode(t, draw)
	var group sync.WaitGroup
	got := make([]bytes.Buffer, 4)
	for i := range got {
		group.Go(func() {
			if err := draw(&got[i]); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range got {
		if !bytes.Equal(got[i].Bytes(), want) {
			t.Errorf("drawing %d differs", i)
		}
	}
}

func TestColoursWrapAndMix(t *testing.T) {
	if hue(10) != hue(0) || hue(-1) != hue(9) || hue(23) != palette[3] {
		t.Error("colours do not repeat after ten")
	}
	a, b := hex(0x0080ff), hex(0xff8000)
	if mix(a, b, 0) != a || mix(a, b, 1) != b || mix(a, b, 0.5) != hex(0x808080) {
		t.Errorf("mixtures: got %v, %v, %v", mix(a, b, 0), mix(a, b, 1), mix(a, b, 0.5))
	}
}

// wild is a value that a diverged model may produce.
func wild(pick int, z float64) float64 {
	switch pick % 8 {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1)
	case 2:
		return math.Inf(-1)
	case 3:
		return z * 1e308
	case 4:
		return z * 1e-310
	case 5:
		return 0
	}
	return z
}

// Whatever the values, a drawing either refuses or is a picture; it never panics, and a
// refusal writes nothing.
func TestWildValuesNeverPanic(t *testing.T) {
	r := fixedRand()
	drawn := 0
	for i := range 36 {
		n := 1 + r.IntN(12)
		xs, ys, flags := make([]float64, n), make([]float64, n), make([]bool, n)
		xy, row := make([][2]float64, n), make([]float32, n)
		mild := r.IntN(3) == 0 // else hardly any KL chart would pass
		for j := range n {
			xs[j], ys[j] = wild(r.IntN(16), r.NormFloat64()), wild(r.IntN(16), r.NormFloat64())
			if mild {
				ys[j] = wild(3+r.IntN(5), r.NormFloat64())
			}
			xy[j], row[j], flags[j] = [2]float64{xs[j], ys[j]}, float32(ys[j]), r.IntN(2) == 0
		}
		rows := [][]float32{row, row}
		draw := []drawing{
			func(w io.Writer) error { return Curves(w, CurvesSpec{Series: []Series{{Name: "s", X: xs, Y: ys}}}) },
			func(w io.Writer) error { return KLBars(w, ys, flags, "t") },
			func(w io.Writer) error { return Grid(w, rows, []int{1, n}, 2, GridOptions{}) },
			func(w io.Writer) error { return RowHeat(w, rows, nil, RowHeatOptions{Shared: i%2 == 0}) },
			func(w io.Writer) error { return PairedLines(w, rows, rows, PairedLinesOptions{}) },
			func(w io.Writer) error { return ScatterValues(w, xy, ys, "v", "", "", "") },
		}[i%6]
		var b bytes.Buffer
		if err := draw(&b); err != nil {
			fails(t, draw)
			continue
		}
		drawn++
		img := picture(t, draw)
		if n := edgeInk(img, 2); n > 0 {
			t.Errorf("drawing %d with y = %v: %d pixels at the edge", i, ys, n)
		}
	}
	if drawn < 18 {
		t.Errorf("only %d of 36 drawings were made: the test tests little", drawn)
	}
}
