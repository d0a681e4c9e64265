package plot

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// sheet is a picture being drawn. Its coordinates are CSS pixels from the top left corner.
type sheet struct {
	canvas *vgimg.Canvas
	pix    draw.Image
	w, h   float64
}

// point is a position on a sheet.
type point struct{ x, y float64 }

// box is a rectangle on a sheet, y0 above y1.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }

// newSheet is an empty sheet of at least w × h; what names the caller in errors.
func newSheet(what string, w, h float64) (*sheet, error) {
	w, h = math.Ceil(w), math.Ceil(h)
	if !(w >= 1 && h >= 1 && w*h*density*density <= maxPixels) {
		return nil, fmt.Errorf("plot: %s: picture: got %.0f×%.0f pixels, want at most %d in all", what, w*density, h*density, maxPixels)
	}
	// One point of 1/72 inch is one CSS pixel.
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(w), vg.Length(h)), vgimg.UseDPI(72*density), vgimg.UseBackgroundColor(paper))
	return &sheet{canvas: c, pix: c.Image(), w: w, h: h}, nil
}

// write encodes the sheet as PNG.
func (s *sheet) write(w io.Writer) error {
	if err := png.Encode(w, s.pix); err != nil {
		return fmt.Errorf("plot: writing the picture: %w", err)
	}
	return nil
}

// fill paints a rectangle, its edges rounded to device pixels.
func (s *sheet) fill(b box, c color.Color) {
	r := image.Rect(device(b.x0), device(b.y0), device(b.x1), device(b.y1))
	draw.Draw(s.pix, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// device is a coordinate in device pixels.
func device(v float64) int { return int(math.Round(v * density)) }

// hline and vline are crisp hairlines, centred on their coordinate.
func (s *sheet) hline(x0, x1, y float64, c color.Color) {
	y = math.Round(y*density) / density
	s.fill(box{x0, y - hairWidth/2, x1, y + hairWidth/2}, c)
}

func (s *sheet) vline(x, y0, y1 float64, c color.Color) {
	x = math.Round(x*density) / density
	s.fill(box{x - hairWidth/2, y0, x + hairWidth/2, y1}, c)
}

// stroke draws a polyline; dashes are lengths of ink and gap, none for a solid line.
func (s *sheet) stroke(pts []point, c color.Color, width float64, dashes ...float64) {
	if len(pts) < 2 {
		return
	}
	var path vg.Path
	for i, p := range pts {
		at := vg.Point{X: vg.Length(p.x), Y: vg.Length(s.h - p.y)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	lengths := make([]vg.Length, len(dashes))
	for i, d := range dashes {
		lengths[i] = vg.Length(d)
	}
	s.canvas.SetColor(c)
	s.canvas.SetLineWidth(vg.Length(width))
	s.canvas.SetLineDash(lengths, 0)
	s.canvas.Stroke(path)
}

// text draws one line whose capitals are centred on y; align is left, center or right.
func (s *sheet) text(x, y float64, txt string, t typeface, align float64) {
	txt = oneLine(txt)
	x -= align * t.width(txt)
	s.canvas.SetColor(t.color)
	s.canvas.FillString(t.face(), vg.Point{X: vg.Length(x), Y: vg.Length(s.h - y - t.size*capHeight/2)}, txt)
}

// upright draws one line that reads upwards, its capitals centred on x and its start
// (left), middle or end (right) at y.
func (s *sheet) upright(x, y float64, txt string, t typeface, align float64) {
	txt = oneLine(txt)
	s.canvas.Push()
	s.canvas.Translate(vg.Point{X: vg.Length(x + t.size*capHeight/2), Y: vg.Length(s.h - y)})
	s.canvas.Rotate(math.Pi / 2)
	s.canvas.SetColor(t.color)
	s.canvas.FillString(t.face(), vg.Point{X: vg.Length(-align * t.width(txt))}, txt)
	s.canvas.Pop()
}

// heading draws a title at the top of b, if there is one, and returns the rest of b.
func (s *sheet) heading(b box, title string) box {
	if oneLine(title) == "" {
		return b
	}
	s.text(b.x0, b.y0+titleSize/2, titleType.fit(title, b.width()), titleType, left)
	b.y0 += titleSize + 12
	return b
}

// page is the area inside the margins.
func (s *sheet) page() box { return box{margin, margin, s.w - margin, s.h - margin} }
