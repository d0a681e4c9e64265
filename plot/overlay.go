package plot

import (
	"fmt"
	"image/color"
	"math"
)

// embers goes from dark red to light yellow.
var embers = []color.RGBA{hex(0x7a0403), hex(0xd23105), hex(0xfb8022), hex(0xf9fb4b)}

// Overlay lays a map of values over an image of shape [H W], [H W 1] or [H W 3], and returns an
// image of shape [H W 3] for [Grid]. The map has one value a pixel; those up to lo leave the grey
// image as it is, those from hi on cover it with yellow. NaN is shown in magenta.
func Overlay(img []float32, shape []int, values []float64, lo, hi float64) ([]float32, error) {
	if _, err := parseShape("Overlay", shape); err != nil {
		return nil, err
	}
	pixels := shape[0] * shape[1]
	channels := 1
	if len(shape) == 3 {
		channels = shape[2]
	}
	if len(img) != pixels*channels || len(values) != pixels {
		return nil, fmt.Errorf("plot: Overlay: got %d values of an image and %d of a map, want %d and %d", len(img), len(values), pixels*channels, pixels)
	}
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil, fmt.Errorf("plot: Overlay: range: got %v to %v, want the first below the second", lo, hi)
	}
	out := make([]float32, 0, 3*pixels)
	for i, v := range values {
		grey := 0.
		for _, u := range img[i*channels : (i+1)*channels] {
			grey += float64(u) / float64(channels)
		}
		grey = 255 * max(0, min(1, grey))
		t := (v - lo) / (hi - lo)
		c, alpha := ramp(embers, t), max(0, min(1, 1.5*t)) // the lower third fades in
		if math.IsNaN(v) {
			alpha = 1
		}
		for _, ch := range []uint8{c.R, c.G, c.B} {
			out = append(out, float32(((1-alpha)*grey+alpha*float64(ch))/255))
		}
	}
	return out, nil
}
