package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
)

// drawing is a picture that a test can ask for.
type drawing func(w io.Writer) error

// encode draws into memory.
func encode(t *testing.T, draw drawing) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// picture draws and decodes.
func picture(t *testing.T, draw drawing) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(encode(t, draw)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// rgb is the colour of a pixel.
func rgb(img image.Image, x, y int) color.RGBA {
	if fast, ok := img.(*image.RGBA); ok {
		return fast.RGBAAt(x, y)
	}
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// extent is the smallest rectangle with all pixels of a colour inside r, and their number.
func extent(img image.Image, r image.Rectangle, c color.RGBA) (box image.Rectangle, n int) {
	r = r.Intersect(img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if rgb(img, x, y) == c {
				box = box.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return box, n
}

// column counts the pixels of a colour in column x of r.
func column(img image.Image, r image.Rectangle, x int, c color.RGBA) int {
	_, n := extent(img, image.Rect(x, r.Min.Y, x+1, r.Max.Y), c)
	return n
}

// below is the part of a picture under device row y.
func below(img image.Image, y int) image.Rectangle {
	b := img.Bounds()
	b.Min.Y = y
	return b
}

// fails checks that drawing gives an error of the house's form and writes nothing.
func fails(t *testing.T, draw drawing, parts ...string) {
	t.Helper()
	var b bytes.Buffer
	err := draw(&b)
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range append(parts, "plot: ", "got ", "want ") {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q: want it to contain %q", err, p)
		}
	}
	if b.Len() > 0 {
		t.Errorf("a failed drawing wrote %d bytes", b.Len())
	}
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}
