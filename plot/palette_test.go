package plot

import (
	"image/color"
	"math"
	"testing"
)

// linear is an sRGB colour in linear light (IEC 61966-2-1).
func linear(c color.RGBA) (v [3]float64) {
	for i, b := range [3]uint8{c.R, c.G, c.B} {
		s := float64(b) / 255
		if v[i] = s / 12.92; s > 0.04045 {
			v[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return v
}

// lab is the CIE 1976 L*a*b* of linear light under D65.
func lab(v [3]float64) (out [3]float64) {
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124*v[0] + 0.3576*v[1] + 0.1805*v[2]) / 0.9505)
	y := f(0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2])
	z := f((0.0193*v[0] + 0.1192*v[1] + 0.9505*v[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// visions are full deuteranopia and protanopia in linear light (Machado, Oliveira &
// Fernandes 2009, severity 1.0), after ordinary vision.
var visions = map[string][9]float64{
	"ordinary":     {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
}

func seen(m [9]float64, c color.RGBA) [3]float64 {
	v := linear(c)
	var out [3]float64
	for i := range out {
		out[i] = min(max(m[3*i]*v[0]+m[3*i+1]*v[1]+m[3*i+2]*v[2], 0), 1)
	}
	return lab(out)
}

// A difference of 2.3 is just noticeable; the palette keeps several times that between any
// two colours for every reader, and between each colour and the paper.
func TestPaletteStaysApartForEveryReader(t *testing.T) {
	for name, m := range visions {
		for i, a := range palette {
			for j, b := range append(palette[:i:i], paper) {
				p, q := seen(m, a), seen(m, b)
				if d := math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])); d < 8 {
					t.Errorf("%s: colours %d and %d differ by %.1f, want at least 8", name, i, j, d)
				}
			}
		}
	}
}

// Order must survive print in grey: lightness rises or falls all along a scale.
func TestColourScalesAreMonotoneInLightness(t *testing.T) {
	for name, c := range map[string]struct {
		stops []color.RGBA
		sign  float64
	}{"viridis": {viridis, 1}, "blues": {blues, -1}} {
		last := math.Inf(-1)
		for i := range 201 {
			l := c.sign * lab(linear(ramp(c.stops, float64(i)/200)))[0]
			if l < last-0.3 { // rounding to bytes
				t.Errorf("%s: lightness turns back at %d of 200", name, i)
			}
			last = l
		}
		if ramp(c.stops, -1) != c.stops[0] || ramp(c.stops, 2) != c.stops[len(c.stops)-1] || ramp(c.stops, math.NaN()) != notANum {
			t.Errorf("%s: values outside [0, 1] are not clipped", name)
		}
	}
}

// Text on any cell keeps the contrast of 4.5 that WCAG 2.1 (success criterion 1.4.3) asks
// of small text, or comes as near as ink and paper allow on middle tones.
func TestTextReadsOnEveryCell(t *testing.T) {
	luminance := func(c color.RGBA) float64 {
		v := linear(c)
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2] + 0.05
	}
	for i := range 101 {
		g := ramp(blues, float64(i)/100)
		a, b := luminance(g), luminance(onto(g))
		if ratio := max(a, b) / min(a, b); ratio < 3.9 {
			t.Errorf("at %d%%: contrast %.2f, want at least 3.9", i, ratio)
		}
	}
}
