package plot

import "image/color"

// palette holds ten categorical colours that remain apart for readers with a colour-vision
// deficiency and in grey (Petroff 2021, "Accessible color sequences for data visualization").
var palette = [10]color.RGBA{
	hex(0x3f90da), hex(0xffa90e), hex(0xbd1f01), hex(0x832db6), hex(0x94a4a2),
	hex(0xa96b59), hex(0xe76300), hex(0xb9ac70), hex(0x717581), hex(0x92dadd),
}

// The neutral colours of every picture.
var (
	paper   = hex(0xffffff)
	ink     = hex(0x1d2330) // titles and values
	softInk = hex(0x5b6475) // labels and ticks
	gridInk = hex(0xe8ebf0) // grid lines
	axisInk = hex(0xaeb6c4) // axis and zero lines
	mat     = hex(0xe3e7ed) // behind image tiles
	faded   = hex(0xc6ccd6) // what is present but not at work
	notANum = hex(0xff2fd0) // a value that is no number: must catch the eye
)

// Type sizes and spacing in CSS pixels.
const (
	titleSize  = 17.0
	labelSize  = 13.0
	tickSize   = 12.0
	smallSize  = 10.5
	margin     = 20.0 // around every picture
	lineWidth  = 2.0
	hairWidth  = 1.0
	chartW     = 760.0
	chartH     = 430.0
	density    = 2        // device pixels per CSS pixel
	maxPixels  = 64 << 20 // of one picture
	legendRows = 8        // more names than fit are counted instead
)

// hex is the opaque colour 0xRRGGBB.
func hex(rgb uint32) color.RGBA {
	return color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 0xff}
}

// hue is the i-th categorical colour.
func hue(i int) color.RGBA {
	n := len(palette)
	return palette[((i%n)+n)%n]
}

// mix is the colour at t of the way from a to b, 0 ≤ t ≤ 1.
func mix(a, b color.RGBA, t float64) color.RGBA {
	at := func(x, y uint8) uint8 { return uint8(float64(x) + t*(float64(y)-float64(x)) + 0.5) }
	return color.RGBA{at(a.R, b.R), at(a.G, b.G), at(a.B, b.B), 0xff}
}
