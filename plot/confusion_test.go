package plot

import (
	"fmt"
	"image"
	"io"
	"math"
	"strings"
	"testing"
)

// confused draws a matrix and returns it with its layout.
func confused(t *testing.T, counts [][]int, classes []string) (image.Image, *matrix) {
	t.Helper()
	img := picture(t, func(w io.Writer) error { return Confusion(w, counts, classes, "Confusion") })
	return img, layMatrix(counts, classes)
}

// corner is the colour of a cell beside its text.
func (m *matrix) corner(img image.Image, i, j int) [3]uint8 {
	in := max(.25, math.Min(3, m.cell/4))
	c := rgb(img, device(m.x+float64(j)*m.cell+in), device(m.y+float64(i)*m.cell+in))
	return [3]uint8{c.R, c.G, c.B}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("class %d", i)
	}
	return out
}

// Each cell has the colour of its share of the row: blue on the diagonal, orange beside it, paper
// where nothing is counted. All sizes.
func TestEveryCellOfAMatrixHasTheColourOfItsShare(t *testing.T) {
	r := fixedRand()
	for _, n := range []int{1, 2, 5, 12, 13, 40, 41, 200} {
		counts := make([][]int, n)
		for i := range counts {
			counts[i] = make([]int, n)
			counts[i][i] = r.IntN(50)
			for range 3 {
				counts[i][r.IntN(n)] += r.IntN(9)
			}
		}
		counts[n-1] = make([]int, n) // a class without rows
		img, m := confused(t, counts, numbered(n))
		for i := range n {
			total := 0
			for _, k := range counts[i] {
				total += k
			}
			for j, k := range counts[i] {
				want := paper
				if share := float64(k) / float64(total); k > 0 && i == j {
					want = ramp(blues, .08+.92*share)
				} else if k > 0 {
					want = ramp(oranges, .08+.92*math.Pow(share, .6))
				}
				if got := m.corner(img, i, j); got != [3]uint8{want.R, want.G, want.B} {
					t.Fatalf("%d classes, cell (%d, %d) with %d of %d: got %v, want %v", n, i, j, k, total, got, want)
				}
			}
		}
	}
}

// Cells of few classes carry their count, those of hundreds none.
func TestCellsCarryCountsWhereThereIsRoom(t *testing.T) {
	counts := [][]int{{7, 0}, {0, 3}}
	img, m := confused(t, counts, []string{"a", "b"})
	cell := func(i, j int) image.Rectangle {
		return image.Rect(device(m.x+float64(j)*m.cell)+4, device(m.y+float64(i)*m.cell)+4, device(m.x+float64(j+1)*m.cell)-4, device(m.y+float64(i+1)*m.cell)-4)
	}
	if _, n := extent(img, cell(0, 0), paper); n < 50 {
		t.Errorf("%d pixels of text in a counted cell, want a number", n)
	}
	if _, n := extent(img, cell(0, 1), paper); n != cell(0, 1).Dx()*cell(0, 1).Dy() {
		t.Error("text in an empty cell")
	}
}

// The picture grows with the classes up to a bound, and names leave their cells free.
func TestMatricesStayWithinBounds(t *testing.T) {
	last := 0.0
	for _, n := range []int{2, 4, 12, 40} {
		m := layMatrix(make([][]int, n), make([]string, n))
		if side := m.cell * float64(n); side < last-1 {
			t.Errorf("%d classes: side %v after %v", n, side, last)
		} else {
			last = side
		}
	}
	for _, n := range []int{41, 100, 200, 1000} {
		if m := layMatrix(make([][]int, n), make([]string, n)); m.w > 1200 || m.h > 1200 {
			t.Errorf("%d classes: %v×%v pixels", n, m.w, m.h)
		}
	}
	long := layMatrix(make([][]int, 2), []string{strings.Repeat("w", 900), "b"})
	if !long.turned || long.x > 250 || long.y > 350 {
		t.Errorf("long names: turned %v, first cell at (%v, %v)", long.turned, long.x, long.y)
	}
	if short := layMatrix(make([][]int, 2), []string{"a", "b"}); short.turned {
		t.Error("short names stand upright")
	}
}

func TestPercentIsShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0.0 %", .0004: "<.1 %", .012: "1.2 %", .0995: "10 %", .5: "50 %", 1: "100 %"} {
		if got := percent(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

// Both maps keep their order in grey, and blue and orange of one share stay apart for every reader.
func TestRightAndWrongStayApart(t *testing.T) {
	last := math.Inf(1)
	for i := range 201 {
		l := lab(linear(ramp(oranges, float64(i)/200)))[0]
		if l > last+.3 { // rounding to bytes
			t.Errorf("oranges: lightness turns back at %d of 200", i)
		}
		last = l
	}
	for name, m := range visions {
		for _, share := range []float64{.3, .5, .8, 1} {
			p, q := seen(m, ramp(blues, .08+.92*share)), seen(m, ramp(oranges, .08+.92*math.Pow(share, .6)))
			if d := math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])); d < 15 {
				t.Errorf("%s: right and wrong at %v differ by %.1f, want at least 15", name, share, d)
			}
		}
	}
}

func TestConfusionRefusesBadInput(t *testing.T) {
	draw := func(counts [][]int, classes ...string) drawing {
		return func(w io.Writer) error { return Confusion(w, counts, classes, "") }
	}
	fails(t, draw(nil), "Confusion", "0 rows and 0 names")
	fails(t, draw([][]int{{1}}, "a", "b"), "1 rows and 2 names")
	fails(t, draw([][]int{{1, 2}, {1}}, "a", "b"), "row 1: got 1 counts")
	fails(t, draw([][]int{{1, -2}, {1, 0}}, "a", "b"), "row 0, column 1: got -2")
	fails(t, draw(make([][]int, MaxConfusion+1), numbered(MaxConfusion+1)...), "1201 rows")
}

func confusionExhibits() []exhibit {
	matrix := func(n int) [][]int {
		r := fixedRand()
		out := make([][]int, n)
		for i := range out {
			out[i] = make([]int, n)
			for range 60 {
				j := i
				if r.Float64() < .25 {
					j = (i + 1 + r.IntN(3)) % n
				}
				out[i][j]++
			}
		}
		return out
	}
	show := func(name string, counts [][]int, classes []string) exhibit {
		return exhibit{"confusion-" + name, func(w io.Writer) error { return Confusion(w, counts, classes, "Confusion matrix") }}
	}
	return []exhibit{
		show("one", [][]int{{3}}, []string{""}), show("two", matrix(2), []string{"no", "yes"}), show("ten", matrix(10), numbered(10)),
		show("thirty", matrix(30), numbered(30)), show("many", matrix(200), numbered(200)),
		show("hostile", matrix(3), []string{hostile, strings.Repeat("long ", 99), ""}),
		show("huge", [][]int{{1 << 60, 1}, {1 << 40, 1 << 60}}, []string{"a", "b"}),
	}
}
