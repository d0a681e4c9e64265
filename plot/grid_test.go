package plot

import (
	"image"
	"image/color"
	"io"
	"math"
	"testing"
)

// Without title and labels the first tile begins at the margin.
const start = margin * density

// ramps are n images of h×w×c values that all differ.
func ramps(n, h, w, c int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, h*w*c)
		for j := range out[i] {
			out[i][j] = float32((i*31+j*7)%256) / 255
		}
	}
	return out
}

// checkTile compares every device pixel of a tile with its image.
func checkTile(t *testing.T, img image.Image, at image.Point, values []float32, h, w, c, scale int) {
	t.Helper()
	for y := range h * scale {
		for x := range w * scale {
			p := values[(y/scale*w+x/scale)*c:][:c]
			want := color.RGBA{A: 255}
			want.R = uint8(math.Round(float64(p[0]) * 255))
			want.G, want.B = want.R, want.R
			if c == 3 {
				want.G, want.B = uint8(math.Round(float64(p[1])*255)), uint8(math.Round(float64(p[2])*255))
			}
			if got := rgb(img, at.X+x, at.Y+y); got != want {
				t.Fatalf("tile at %v, pixel (%d, %d): got %v, want %v", at, x, y, got, want)
			}
		}
	}
}

func TestGridTilesHoldTheImagesExactly(t *testing.T) {
	for _, c := range []struct {
		shape            []int
		h, w, ch         int
		n, cols          int
		gap, scale       int
		wantGap, wantPix int
	}{
		{[]int{5, 4}, 5, 4, 1, 7, 3, 0, 3, 6, 3},
		{[]int{5, 4, 1}, 5, 4, 1, 6, 3, 10, 2, 10, 2},
		{[]int{4, 6, 3}, 4, 6, 3, 5, 5, -1, 4, 0, 4},
		{[]int{28, 28}, 28, 28, 1, 4, 2, 0, 0, 6, 4},
		{[]int{8, 8}, 8, 8, 1, 1, 9, 0, 0, 6, 14},
		{[]int{200, 150, 3}, 200, 150, 3, 2, 2, 0, 0, 6, 1},
	} {
		images := ramps(c.n, c.h, c.w, c.ch)
		img := picture(t, func(w io.Writer) error {
			return Grid(w, images, c.shape, c.cols, GridOptions{Gap: c.gap, Scale: c.scale})
		})
		for i, values := range images {
			at := image.Pt(start+i%c.cols*(c.w*c.wantPix+c.wantGap), start+i/c.cols*(c.h*c.wantPix+c.wantGap))
			checkTile(t, img, at, values, c.h, c.w, c.ch, c.wantPix)
		}
		cols, rows := min(c.cols, c.n), (c.n+c.cols-1)/c.cols
		wantW := 2*start + cols*c.w*c.wantPix + (cols-1)*c.wantGap
		wantH := 2*start + rows*c.h*c.wantPix + (rows-1)*c.wantGap
		near(t, "width", float64(img.Bounds().Dx()), float64(wantW), density)
		near(t, "height", float64(img.Bounds().Dy()), float64(wantH), density)
	}
}

func TestGridClipsAndMarksWhatIsNoNumber(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	img := picture(t, func(w io.Writer) error {
		return Grid(w, [][]float32{{-3, 7, nan, inf, -inf, 0.5}}, []int{1, 6}, 1, GridOptions{Scale: 10})
	})
	for x, want := range []color.RGBA{hex(0), hex(0xffffff), notANum, hex(0xffffff), hex(0), hex(0x808080)} {
		if got := rgb(img, start+10*x+5, start+5); got != want {
			t.Errorf("value %d: got %v, want %v", x, got, want)
		}
	}
	img = picture(t, func(w io.Writer) error {
		return Grid(w, [][]float32{{0.5, nan, 0.5}}, []int{1, 1, 3}, 1, GridOptions{Scale: 10})
	})
	if got := rgb(img, start+5, start+5); got != notANum {
		t.Errorf("colour with one NaN: got %v, want %v", got, notANum)
	}
}

// Labels and title only push the grid: the tiles are where the bright pixels are.
func TestLabelsStandOutsideTheTiles(t *testing.T) {
	images := make([][]float32, 6)
	for i := range images {
		images[i] = []float32{1, 0, 0} // pure red occurs nowhere else
	}
	img := picture(t, func(w io.Writer) error {
		return Grid(w, images, []int{1, 1, 3}, 3, GridOptions{
			Title: "A title", RowLabels: []string{"first", "second"}, ColLabels: []string{"a", "b", "c"}, Scale: 100,
		})
	})
	red := hex(0xff0000)
	tiles, n := extent(img, img.Bounds(), red)
	if n != 6*100*100 || tiles.Dx() != 312 || tiles.Dy() != 206 {
		t.Fatalf("tiles: got %v with %d pixels, want 312×206 with 60000", tiles, n)
	}
	b := img.Bounds()
	for name, r := range map[string]image.Rectangle{
		"row labels":    image.Rect(0, tiles.Min.Y, tiles.Min.X-4, tiles.Max.Y),
		"column labels": image.Rect(tiles.Min.X, tiles.Min.Y-40, tiles.Max.X, tiles.Min.Y-4),
		"title":         image.Rect(0, 0, b.Max.X, tiles.Min.Y-50),
	} {
		if _, blank := extent(img, r, paper); blank == r.Dx()*r.Dy() {
			t.Errorf("%s: found nothing in %v", name, r)
		}
	}
	if r := image.Rect(tiles.Max.X+4, tiles.Min.Y, b.Max.X, b.Max.Y); !r.Empty() {
		if _, blank := extent(img, r, paper); blank != r.Dx()*r.Dy() {
			t.Errorf("right of the tiles: found ink in %v", r)
		}
	}
}

// Each input stands above its own output, over several blocks with an open end.
func TestPairsPutEachOutputBelowItsInput(t *testing.T) {
	const n, cols, side = 5, 3, 100
	inputs, outputs := make([][]float32, n), make([][]float32, n)
	for i := range n {
		inputs[i] = []float32{1, float32(i) / 10, 0}
		outputs[i] = []float32{0, float32(i) / 10, 1}
	}
	img := picture(t, func(w io.Writer) error { return Pairs(w, inputs, outputs, []int{1, 1, 3}, cols, "") })
	for i := range n {
		g := uint8(math.Round(float64(inputs[i][1]) * 255))
		in, a := extent(img, img.Bounds(), color.RGBA{255, g, 0, 255})
		out, b := extent(img, img.Bounds(), color.RGBA{0, g, 255, 255})
		if a < side*side || a != b {
			t.Fatalf("pair %d: got %d and %d pixels", i, a, b)
		}
		if in.Min.X != out.Min.X || out.Min.Y != in.Max.Y+6 {
			t.Errorf("pair %d: input at %v, output at %v", i, in, out)
		}
	}
	first, _ := extent(img, img.Bounds(), color.RGBA{255, 0, 0, 255})
	fourth, _ := extent(img, img.Bounds(), color.RGBA{255, 77, 0, 255})
	if fourth.Min.X != first.Min.X || fourth.Min.Y <= first.Max.Y {
		t.Errorf("fourth pair: at %v, want below the first at %v", fourth, first)
	}
}

func TestGridRefusesBadInput(t *testing.T) {
	one := [][]float32{{0, 1, 0, 1}}
	grid := func(images [][]float32, shape []int, cols int, opt GridOptions) drawing {
		return func(w io.Writer) error { return Grid(w, images, shape, cols, opt) }
	}
	fails(t, grid(nil, []int{2, 2}, 1, GridOptions{}), "Grid", "images: got none")
	fails(t, grid([][]float32{nil}, []int{2, 2}, 1, GridOptions{}), "image 0: got 0 values, want 4")
	fails(t, grid([][]float32{one[0], {1}}, []int{2, 2}, 1, GridOptions{}), "image 1: got 1 values")
	for _, shape := range [][]int{nil, {4}, {2, 2, 2}, {0, 4}, {-2, -2}, {1 << 30, 1 << 30}, {1, 1, 1, 4}, {2, 2, 0}} {
		fails(t, grid(one, shape, 1, GridOptions{}), "image shape")
	}
	for _, cols := range []int{0, -1, 1 << 20} {
		fails(t, grid(one, []int{2, 2}, cols, GridOptions{}), "columns")
	}
	fails(t, grid(one, []int{2, 2}, 1, GridOptions{Scale: -1}), "options")
	fails(t, grid(one, []int{2, 2}, 1, GridOptions{Gap: -2}), "options")
	fails(t, grid(one, []int{2, 2}, 1, GridOptions{RowLabels: []string{"a", "b"}}), "labels")
	fails(t, grid(ramps(400, 100, 100, 1), []int{100, 100}, 20, GridOptions{Scale: 10}), "picture")
	fails(t, func(w io.Writer) error { return Pairs(w, one, nil, []int{2, 2}, 1, "") }, "Pairs", "1 inputs and 0 outputs")
	fails(t, func(w io.Writer) error { return Pairs(w, nil, nil, []int{2, 2}, 3, "") }, "images: got none")
	fails(t, func(w io.Writer) error { return Pairs(w, one, one, []int{2, 2}, 0, "") }, "columns")
	fails(t, func(w io.Writer) error { return Pairs(w, one, [][]float32{{1}}, []int{2, 2}, 1, "") }, "image 1")
}
