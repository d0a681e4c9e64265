package anomaly

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "complexity", Summary: "−ELBO less what a general compressor needs for the image, nats",
		Formula: "−ELBO(x) − L(x), L the length of x as PNG or deflate, the shorter one", Paper: "Serrà et al. 2020",
		Needs: []Need{NeedsDensity, NeedsImages},
		fit:   fitComplexity,
	})
}

// fitComplexity prepares the score complexity.
func fitComplexity(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	nll := negative(s.Net, s.draws())
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		out, err := nll(ctx, x, key)
		if err != nil {
			return nil, err
		}
		w := s.Net.Width()
		for i := range out {
			l, err := Length(x[i*w:i*w+s.Net.Config.Dim], s.Shape)
			if err != nil {
				return nil, fmt.Errorf("row %d: %w", i, err)
			}
			out[i] -= l
		}
		return out, ctx.Err()
	}, nil
}

// Length is the length of an image in nats under general compressors, the shorter of its PNG and
// its bytes under deflate: 8 ln 2 a byte (Serrà et al. 2020, section 3). Pixels are rounded to 8
// bits; an image of 0 and 1 alone has one bit a pixel.
func Length(x []float32, shape []int) (float64, error) {
	binary := true
	bytesOf := make([]byte, len(x))
	for i, v := range x {
		if !(v >= 0 && v <= 1) {
			return 0, fmt.Errorf("image: value %d: got %v, want 0 to 1", i, v)
		}
		bytesOf[i] = byte(math.Round(255 * float64(v)))
		binary = binary && (v == 0 || v == 1)
	}
	var p, d bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&p, pictured(bytesOf, shape, binary)); err != nil {
		return 0, err
	}
	w, err := flate.NewWriter(&d, flate.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(packed(bytesOf, binary)); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return 8 * math.Ln2 * float64(min(p.Len(), d.Len())), nil
}

// packed holds pixels of 0 and 255 as bits, and others as they are.
func packed(pixels []byte, binary bool) []byte {
	if !binary {
		return pixels
	}
	out := make([]byte, (len(pixels)+7)/8)
	for i, v := range pixels {
		out[i/8] |= v & 1 << (7 - i%8)
	}
	return out
}

// pictured is the image of pixels.
func pictured(pixels []byte, shape []int, binary bool) image.Image {
	h, w := shape[0], shape[1]
	r := image.Rect(0, 0, w, h)
	switch {
	case len(shape) == 3 && shape[2] == 3:
		img := image.NewNRGBA(r)
		for i := range h * w {
			copy(img.Pix[4*i:], pixels[3*i:3*i+3])
			img.Pix[4*i+3] = 255
		}
		return img
	case binary:
		img := image.NewPaletted(r, color.Palette{color.Gray{}, color.Gray{Y: 255}})
		for i, v := range pixels {
			img.Pix[i] = v & 1
		}
		return img
	}
	return &image.Gray{Pix: pixels, Stride: w, Rect: r}
}
