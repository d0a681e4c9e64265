package plot

import (
	"image/color"
	"math"
)

// viridis are nine evenly spaced points of the perceptually uniform colour map of that
// name (Smith & van der Walt 2015), dark to light.
var viridis = []color.RGBA{
	hex(0x440154), hex(0x472d7b), hex(0x3b528b), hex(0x2c728e), hex(0x21918c),
	hex(0x28ae80), hex(0x5ec962), hex(0xaddc30), hex(0xfde725),
}

// blues is a light-to-dark map for table cells, so that dark text reads on low values.
var blues = []color.RGBA{hex(0xf4f8fd), hex(0xc9dff3), hex(0x8fbfe6), hex(0x3f90da), hex(0x1f5c99), hex(0x123a66)}

// ramp is the colour at t ∈ [0, 1] of evenly spaced stops; NaN has a colour of its own.
func ramp(stops []color.RGBA, t float64) color.RGBA {
	if math.IsNaN(t) {
		return notANum
	}
	at := min(max(t, 0), 1) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	return mix(stops[i], stops[i+1], at-float64(i))
}

// onto is ink or paper, whichever reads better on a background.
func onto(c color.RGBA) color.RGBA {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) < 114*1000 {
		return paper
	}
	return ink
}
