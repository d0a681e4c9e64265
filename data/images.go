package data

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// imageInfo is what the header of an image declares.
type imageInfo struct {
	w, h int
	gray bool
}

// shape returns H×W, or H×W×3 for colour.
func (i imageInfo) shape(gray bool) []int {
	if gray {
		return []int{i.h, i.w}
	}
	return []int{i.h, i.w, 3}
}

// pngHeader is the number of bytes up to the end of IHDR's fields: signature 8, chunk head 8,
// width, height, depth, colour type.
const pngHeader = 8 + 8 + 4 + 4 + 1 + 1

// inspect reads the header of an image and compares its size with the limits and with the
// bytes that the file has, of which b may be the first part only.
func inspect(format string, b []byte, size int64, lim Limits) (imageInfo, error) {
	decode := jpeg.DecodeConfig
	if format == "png" {
		decode = png.DecodeConfig
	}
	cfg, err := decode(bytes.NewReader(b))
	if err != nil {
		return imageInfo{}, imageError(format, "header", err)
	}
	info := imageInfo{cfg.Width, cfg.Height, isGray(cfg.ColorModel)}
	if format == "png" && len(b) >= pngHeader && b[pngHeader-1] == 4 {
		info.gray = true // grey with alpha
	}
	area, ok := product([]int64{int64(cfg.Width), int64(cfg.Height)}, int64(lim.MaxPixels))
	if !ok {
		return info, malformed(format, "size", "got %d×%d pixels, want 1 to %d", cfg.Width, cfg.Height, lim.MaxPixels)
	}
	if most := mostPixels(format, b, size); area > most {
		return info, malformed(format, "size", "got %d×%d pixels in %d bytes, want at most %d, as many as the file can hold",
			cfg.Width, cfg.Height, size, most)
	}
	return info, nil
}

// mostPixels bounds the pixels that a file of a size can hold: a byte of deflate gives at most
// 1032 bytes, and a JPEG spends at least one bit on a block of 64 pixels.
func mostPixels(format string, b []byte, size int64) int64 {
	if format != "png" || len(b) < pngHeader {
		return mulClamp(size, 8*64)
	}
	channels := map[byte]int64{2: 3, 4: 2, 6: 4}[b[pngHeader-1]]
	bits := max(int64(b[pngHeader-2]), 1) * max(channels, 1)
	return mulClamp(size, deflateRatio*8) / bits
}

// isGray tells whether every colour of the model is a grey.
func isGray(m color.Model) bool {
	p, ok := m.(color.Palette)
	if !ok {
		return m == color.GrayModel || m == color.Gray16Model
	}
	for _, c := range p {
		if r, g, b, _ := c.RGBA(); r != g || g != b {
			return false
		}
	}
	return true
}

// imageError wraps an error of the image packages.
func imageError(format, field string, err error) error {
	return &FormatError{Format: format, Offset: -1, Field: field, Msg: "got " + err.Error() + ", want a readable image", Err: err}
}

// appendPixels decodes an image and appends its pixels in [0, 1], one or three a position.
// Transparent pixels are laid over white.
func appendPixels(x []float32, format string, b []byte, gray bool) ([]float32, error) {
	decode := jpeg.Decode
	if format == "png" {
		decode = png.Decode
	}
	img, err := decode(bytes.NewReader(b))
	if err != nil {
		return nil, imageError(format, "pixels", err)
	}
	at, ok := img.(image.RGBA64Image)
	if !ok {
		return nil, malformed(format, "pixels", "got an image of type %T, want one with 16-bit colours", img)
	}
	r := img.Bounds()
	for i := r.Min.Y; i < r.Max.Y; i++ {
		for j := r.Min.X; j < r.Max.X; j++ {
			c := at.RGBA64At(j, i) // premultiplied by alpha
			white := 0xffff - uint32(c.A)
			x = append(x, float32(float64(uint32(c.R)+white)/0xffff))
			if !gray {
				x = append(x, float32(float64(uint32(c.G)+white)/0xffff), float32(float64(uint32(c.B)+white)/0xffff))
			}
		}
	}
	return x, nil
}

// decodeImage reads one PNG or JPEG image as a set of one row.
func decodeImage(s *source) (*Set, error) {
	b, err := io.ReadAll(s)
	if err != nil {
		return nil, s.cause("pixels", err)
	}
	info, err := inspect(s.format, b, int64(len(b)), s.lim)
	if err != nil {
		return nil, err
	}
	shape := info.shape(info.gray)
	set := &Set{Shape: shape}
	if err := fits(s.format, 1, set.Dim(), s.lim); err != nil {
		return nil, err
	}
	set.X, err = appendPixels(make([]float32, 0, set.Dim()), s.format, b, info.gray)
	return set, err
}

// fits compares n rows of d values with the limits.
func fits(format string, n, d int, lim Limits) error {
	if n > lim.MaxRows {
		return malformed(format, "rows", "got %d, want at most %d", n, lim.MaxRows)
	}
	if _, ok := product([]int64{int64(n), int64(d), 4}, lim.MaxBytes); !ok {
		return malformed(format, "values", "got %d rows of %d values, want at most %d bytes of them", n, d, lim.MaxBytes)
	}
	return nil
}
