package data

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

func TestGreyLevelsAreExactFractionsOf255(t *testing.T) {
	set, _, err := readString("png", string(encodePNG(t, grayRamp(16, 16))), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Shape, []int{16, 16}) || set.Len() != 1 {
		t.Fatalf("got %d rows of %v", set.Len(), set.Shape)
	}
	for i, v := range set.X {
		if v != float32(i)/255 {
			t.Errorf("level %d: got %v, want %v", i, v, float32(i)/255)
		}
	}
}

func TestImageColoursAreReadInEveryModel(t *testing.T) {
	palette := func(c ...color.Color) image.Image { return image.NewPaletted(image.Rect(0, 0, 2, 3), c) }
	deep := image.NewGray16(image.Rect(0, 0, 2, 3))
	deep.SetGray16(0, 0, color.Gray16{Y: 0x8000})
	for name, c := range map[string]struct {
		img   image.Image
		first []float32
	}{
		"colour":         {flat(2, 3, color.NRGBA{255, 51, 0, 255}), []float32{1, .2, 0}},
		"clear is white": {flat(2, 3, color.NRGBA{255, 51, 0, 0}), []float32{1, 1, 1}},
		"16 bits":        {deep, []float32{float32(0x8000) / 0xffff}},
		"grey palette":   {palette(color.Gray{Y: 51}, color.White), []float32{.2}},
		"colour palette": {palette(color.NRGBA{0, 0, 255, 255}, color.White), []float32{0, 0, 1}},
	} {
		set, _, err := readString("png", string(encodePNG(t, c.img)), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shape := []int{3, 2}
		if len(c.first) == 3 {
			shape = append(shape, 3)
		}
		if !slices.Equal(set.Shape, shape) {
			t.Errorf("%s: got shape %v, want %v", name, set.Shape, shape)
		}
		for i, want := range c.first {
			if math.Abs(float64(set.X[i]-want)) > 1e-7 {
				t.Errorf("%s: got %v, want %v", name, set.X[i], want)
			}
		}
	}
	// Half clear black over white; NRGBA alpha 51 of 255 is a fifth.
	set, _, err := readString("png", string(encodePNG(t, flat(1, 1, color.NRGBA{0, 0, 0, 51}))), ReadOptions{})
	if err != nil || math.Abs(float64(set.X[0])-.8) > 1e-4 {
		t.Errorf("alpha: got %v, %v, want 0.8", set, err)
	}
}

// Quality 100 keeps flat colours within two of 255 levels.
func TestJPEGIsReadAsGreyOrColour(t *testing.T) {
	set, rep, err := ReadFile(put(t, t.TempDir(), "a.JPG", encodeJPEG(t, flat(8, 4, color.NRGBA{200, 100, 50, 255}))), ReadOptions{})
	if err != nil || rep.Format != "jpeg" || !slices.Equal(set.Shape, []int{4, 8, 3}) {
		t.Fatal(set, rep, err)
	}
	for i, want := range []float64{200, 100, 50} {
		if math.Abs(float64(set.X[i])*255-want) > 2 {
			t.Errorf("channel %d: got %v, want %v", i, set.X[i]*255, want)
		}
	}
	gray := image.NewGray(image.Rect(0, 0, 8, 4))
	if set, _, err = readString("jpeg", string(encodeJPEG(t, gray)), ReadOptions{}); err != nil || !slices.Equal(set.Shape, []int{4, 8}) {
		t.Error(set, err)
	}
}

func TestImageSizeIsBoundedBeforeDecoding(t *testing.T) {
	b := string(encodePNG(t, grayRamp(20, 10)))
	_, _, err := readString("png", b, ReadOptions{Limits: Limits{MaxPixels: 199}})
	wantFormatError(t, err, "size: got 20×10 pixels, want 1 to 199")
	if _, _, err = readString("png", b, ReadOptions{Limits: Limits{MaxPixels: 200}}); err != nil {
		t.Error(err)
	}
	_, _, err = readString("png", b, ReadOptions{Limits: Limits{MaxBytes: 799}})
	wantFormatError(t, err, "want at most 799")
	// A highly repetitive image stays admitted: flat images compress to the limit of deflate.
	if _, _, err = readString("png", string(encodePNG(t, image.NewGray(image.Rect(0, 0, 4000, 4000)))), ReadOptions{}); err != nil {
		t.Error(err)
	}
	if _, _, err = readString("jpeg", string(encodeJPEG(t, image.NewGray(image.Rect(0, 0, 2000, 2000)))), ReadOptions{}); err != nil {
		t.Error(err)
	}
}

func TestKodakPhotosAreRead(t *testing.T) {
	set, _, err := ReadFile(sharedFile(t, "kodak", "kodim01.png"), ReadOptions{})
	if err != nil || !slices.Equal(set.Shape, []int{512, 768, 3}) {
		t.Fatal(set, err)
	}
}

// What the decoder may have to hold follows from the size of the file, the depth and the
// channels: 1032 bytes out of one by deflate, one bit a block of 64 pixels in a JPEG.
func TestPixelsAreBoundedByTheBytesOfTheFile(t *testing.T) {
	head := func(depth, colour byte) []byte {
		b := make([]byte, pngHeader)
		b[pngHeader-2], b[pngHeader-1] = depth, colour
		return b
	}
	for _, c := range []struct {
		format        string
		depth, colour byte
		want          int64
	}{
		{"png", 1, 0, 1032 * 8 * 100}, // one bit a pixel
		{"png", 8, 0, 1032 * 100},
		{"png", 8, 2, 1032 * 100 / 3},
		{"png", 8, 3, 1032 * 100}, // palette
		{"png", 8, 4, 1032 * 100 / 2},
		{"png", 16, 6, 1032 * 100 / 8},
		{"jpeg", 0, 0, 100 * 8 * 64},
	} {
		if got := mostPixels(c.format, head(c.depth, c.colour), 100); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
	if got := mostPixels("png", head(0, 9), math.MaxInt64/2); got <= 0 {
		t.Errorf("got %d for odd headers and sizes, want a positive bound", got)
	}
}
