package plot

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// tileShape is the layout of one image: H×W×C values, C = 1 or 3.
type tileShape struct{ h, w, c int }

// parseShape reads H×W, H×W×1 or H×W×3.
func parseShape(what string, shape []int) (tileShape, error) {
	t := tileShape{c: 1}
	bad := len(shape) != 2 && len(shape) != 3
	if !bad {
		t.h, t.w = shape[0], shape[1]
		if len(shape) == 3 {
			t.c = shape[2]
		}
		bad = t.h < 1 || t.w < 1 || t.h > 1<<14 || t.w > 1<<14 || t.c != 1 && t.c != 3
	}
	if bad {
		return t, fmt.Errorf("plot: %s: image shape: got %v, want [H W], [H W 1] or [H W 3] with sides from 1 to %d", what, shape, 1<<14)
	}
	return t, nil
}

func (t tileShape) size() int { return t.h * t.w * t.c }

// level turns a value in [0, 1] into a byte, clipping what lies outside.
func level(v float32) uint8 { return uint8(min(max(float64(v), 0), 1)*255 + 0.5) }

// at is the colour of pixel (y, x) of an image.
func (t tileShape) at(img []float32, y, x int) color.RGBA {
	p := img[(y*t.w+x)*t.c:][:t.c]
	for _, v := range p {
		if math.IsNaN(float64(v)) {
			return notANum
		}
	}
	if t.c == 1 {
		g := level(p[0])
		return color.RGBA{g, g, g, 0xff}
	}
	return color.RGBA{level(p[0]), level(p[1]), level(p[2]), 0xff}
}

// paste draws an image with its top left corner at a device pixel, each of its pixels a
// square of scale device pixels.
func (s *sheet) paste(img []float32, t tileShape, at image.Point, scale int) {
	dst, ok := s.pix.(*image.RGBA)
	if !ok {
		return
	}
	for y := range t.h {
		first := dst.PixOffset(at.X, at.Y+y*scale)
		row := dst.Pix[first : first+4*t.w*scale]
		for x := range t.w {
			c := t.at(img, y, x)
			for k := range scale {
				copy(row[4*(x*scale+k):], []uint8{c.R, c.G, c.B, c.A})
			}
		}
		for k := 1; k < scale; k++ {
			copy(dst.Pix[dst.PixOffset(at.X, at.Y+y*scale+k):], row)
		}
	}
}
