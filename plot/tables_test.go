package plot

import (
	"image"
	"io"
	"math"
	"testing"
)

// cellAt is the ground colour of a cell: its top left corner carries no text.
func cellAt(img image.Image, i, j int, cell float64) (c [3]uint8) {
	p := rgb(img, device(margin+float64(j)*cell)+4, device(margin+float64(i)*cellH)+4)
	return [3]uint8{p.R, p.G, p.B}
}

func ground(c uint32) [3]uint8 { return [3]uint8{uint8(c >> 16), uint8(c >> 8), uint8(c)} }

func TestRowHeatScalesEachColumnByItself(t *testing.T) {
	rows := [][]float32{{0, 1000}, {1, 3000}, {2, 2000}}
	low, high := ground(0xf4f8fd), ground(0x123a66)
	img := picture(t, func(w io.Writer) error { return RowHeat(w, rows, nil, RowHeatOptions{}) })
	for _, c := range []struct {
		i, j int
		want [3]uint8
	}{{0, 0, low}, {2, 0, high}, {0, 1, low}, {1, 1, high}} {
		if got := cellAt(img, c.i, c.j, 84); got != c.want {
			t.Errorf("cell (%d, %d): got %v, want %v", c.i, c.j, got, c.want)
		}
	}
	if cellAt(img, 1, 0, 84) != cellAt(img, 2, 1, 84) {
		t.Error("the middle of both columns differs")
	}
	shared := picture(t, func(w io.Writer) error { return RowHeat(w, rows, nil, RowHeatOptions{Shared: true}) })
	if got := cellAt(shared, 2, 0, 84); got == high {
		t.Error("a shared scale shows 2 of 3000 as the highest value")
	}
	if got := cellAt(shared, 1, 1, 84); got != high {
		t.Errorf("a shared scale shows its highest value as %v", got)
	}
}

func TestRowHeatMarksWhatIsNoNumber(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	img := picture(t, func(w io.Writer) error {
		return RowHeat(w, [][]float32{{nan, inf, 3}, {nan, 1, 3}}, nil, RowHeatOptions{})
	})
	for i, j := range []int{0, 1} {
		if got := cellAt(img, 0, j, 84); got != ground(0xff2fd0) {
			t.Errorf("case %d: got %v", i, got)
		}
	}
	if a, b := cellAt(img, 0, 2, 84), cellAt(img, 1, 2, 84); a != b || a == ground(0xff2fd0) {
		t.Errorf("constant column: got %v and %v, want one ordinary colour", a, b)
	}
}

// Two known rows: where they differ both colours show, where they agree the
// reconstruction covers the input.
func TestPairedLinesDrawBothRows(t *testing.T) {
	in, out := make([]float32, 100), make([]float32, 100)
	for j := range in {
		if in[j] = 1; j < 50 {
			in[j] = -1
		}
		out[j] = -in[j]
	}
	img := picture(t, func(w io.Writer) error {
		return PairedLines(w, [][]float32{in}, [][]float32{out}, PairedLinesOptions{})
	})
	area := below(img, 140)
	a, n := extent(img, area, hue(0))
	b, m := extent(img, area, hue(1))
	if n < 200 || m < 100 {
		t.Fatalf("found %d and %d pixels of the two lines", n, m)
	}
	near(t, "left ends", float64(a.Min.X), float64(b.Min.X), 3)
	near(t, "top", float64(a.Min.Y), float64(b.Min.Y), 3)
	near(t, "bottom", float64(a.Max.Y), float64(b.Max.Y), 3)
	// The input starts low and ends high.
	half := a.Min.X + a.Dx()/4
	left, _ := extent(img, image.Rect(a.Min.X, area.Min.Y, half, area.Max.Y), hue(0))
	near(t, "input starts at the bottom", float64(left.Max.Y), float64(a.Max.Y), 2)
	if left.Min.Y < a.Max.Y-8 {
		t.Errorf("input reaches up to row %d in its first quarter", left.Min.Y)
	}
}

func TestPairedLinesGrowWithTheRowsUpToALimit(t *testing.T) {
	rows := func(n int) [][]float32 { return ramps(n, 1, 2, 1) }
	height := func(n int) int {
		img := picture(t, func(w io.Writer) error { return PairedLines(w, rows(n), rows(n), PairedLinesOptions{}) })
		return img.Bounds().Dy()
	}
	if one, three, four := height(1), height(3), height(4); one != three || four <= three {
		t.Errorf("heights of 1, 3 and 4 rows: got %d, %d, %d", one, three, four)
	}
	if a, b := height(24), height(200); a != b {
		t.Errorf("heights of 24 and 200 rows: got %d and %d, want the same", a, b)
	}
}

func TestTablesRefuseBadInput(t *testing.T) {
	one := [][]float32{{1, 2}}
	heat := func(rows [][]float32, names []string, opt RowHeatOptions) drawing {
		return func(w io.Writer) error { return RowHeat(w, rows, names, opt) }
	}
	fails(t, heat(nil, nil, RowHeatOptions{}), "RowHeat", "rows: got none")
	fails(t, heat([][]float32{{}}, nil, RowHeatOptions{}), "rows: got none")
	fails(t, heat([][]float32{{1, 2}, {1}}, nil, RowHeatOptions{}), "row 1: got 1 values")
	fails(t, heat(one, []string{"a"}, RowHeatOptions{}), "names: got 1")
	fails(t, heat(one, nil, RowHeatOptions{RowLabels: []string{"a", "b"}}), "row labels: got 2")
	fails(t, heat([][]float32{make([]float32, 1<<22)}, nil, RowHeatOptions{}), "picture")
	lines := func(a, b [][]float32, opt PairedLinesOptions) drawing {
		return func(w io.Writer) error { return PairedLines(w, a, b, opt) }
	}
	fails(t, lines(nil, nil, PairedLinesOptions{}), "PairedLines", "0 inputs and 0 outputs")
	fails(t, lines(one, nil, PairedLinesOptions{}), "1 inputs and 0 outputs")
	fails(t, lines(one, [][]float32{{1}}, PairedLinesOptions{}), "row 0: got 2 inputs and 1 outputs")
	fails(t, lines([][]float32{{}}, [][]float32{{}}, PairedLinesOptions{}), "no finite one")
	fails(t, lines(one, one, PairedLinesOptions{Names: []string{"a"}}), "names: got 1")
	fails(t, lines(one, one, PairedLinesOptions{Cols: -1}), "columns")
}

// Every cell of a random table has the colour of its value on its scale, with and without
// values written into it.
func TestEveryCellHasTheColourOfItsValue(t *testing.T) {
	r := fixedRand()
	for _, d := range []int{3, 12, 30} {
		rows := make([][]float32, 6)
		for i := range rows {
			rows[i] = make([]float32, d)
			for j := range rows[i] {
				rows[i][j] = float32(r.NormFloat64())
			}
		}
		for _, shared := range []bool{false, true} {
			img := picture(t, func(w io.Writer) error { return RowHeat(w, rows, nil, RowHeatOptions{Shared: shared}) })
			cell := min(84, 1000/float64(d))
			for i := range rows {
				for j, v := range rows[i] {
					s := empty()
					for _, row := range rows {
						for k, u := range row {
							if shared || k == j {
								s.add(float64(u))
							}
						}
					}
					p := ramp(blues, (float64(v)-s.lo)/(s.hi-s.lo))
					if got := cellAt(img, i, j, cell); got != [3]uint8{p.R, p.G, p.B} {
						t.Fatalf("%d columns, cell (%d, %d): got %v, want %v", d, i, j, got, p)
					}
				}
			}
		}
	}
}

// Names stand upright or lie, but always above their own column.
func TestColumnNamesStandAboveTheirColumns(t *testing.T) {
	for _, name := range []string{"ab", "a name that has to stand"} {
		names := []string{"", name, ""}
		img := picture(t, func(w io.Writer) error {
			return RowHeat(w, [][]float32{{1, 2, 3}, {3, 2, 1}}, names, RowHeatOptions{})
		})
		txt, n := extent(img, image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()-device(2*cellH+margin+tickSize+14)), ink)
		if n == 0 {
			t.Fatalf("%q: nothing above the table", name)
		}
		if lo, hi := device(margin+84), device(margin+2*84); txt.Min.X < lo || txt.Max.X > hi {
			t.Errorf("%q: at %v, want columns %d to %d", name, txt, lo, hi)
		}
	}
}
