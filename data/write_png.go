package data

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
)

// writePNG writes the rows as tiles of one image, ⌈√N⌉ a line. Values are cut to [0, 1].
func writePNG(w io.Writer, s *Set) error {
	if !s.IsImage() {
		return fmt.Errorf("png: got rows of shape %v, want images H×W, H×W×1 or H×W×3", s.Shape)
	}
	n := s.Len()
	cols := int(math.Ceil(math.Sqrt(float64(n))))
	rows := (n + cols - 1) / cols
	most := DefaultLimits().MaxPixels
	tile := []int64{int64(cols), int64(rows), int64(s.Shape[0]), int64(s.Shape[1])}
	if _, ok := product(tile, int64(most)); !ok {
		return fmt.Errorf("png: got %d tiles of %d×%d pixels, want at most %d pixels; write fewer rows", n, s.Shape[1], s.Shape[0], most)
	}
	r := image.Rect(0, 0, cols*s.Shape[1], rows*s.Shape[0])
	var img draw.Image = image.NewGray(r)
	if len(s.Shape) == 3 && s.Shape[2] == 3 {
		rgba := image.NewRGBA(r)
		draw.Draw(rgba, r, image.Black, image.Point{}, draw.Src)
		img = rgba
	}
	for i := range n {
		drawTile(img, s, i, (i%cols)*s.Shape[1], (i/cols)*s.Shape[0])
	}
	return png.Encode(w, img)
}

// drawTile draws row i with its left upper corner at (left, top).
func drawTile(img draw.Image, s *Set, i, left, top int) {
	level := func(v float32) uint8 { return uint8(math.Round(255 * float64(min(max(v, 0), 1)))) }
	row, wide := s.Row(i), s.Shape[1]
	for p := range s.Shape[0] * wide {
		x, y := left+p%wide, top+p/wide
		switch img := img.(type) {
		case *image.Gray:
			img.SetGray(x, y, color.Gray{Y: level(row[p])})
		case *image.RGBA:
			img.SetRGBA(x, y, color.RGBA{level(row[3*p]), level(row[3*p+1]), level(row[3*p+2]), 255})
		}
	}
}
