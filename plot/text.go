package plot

import (
	"image/color"
	"strings"
	"unicode"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

// fonts are the typefaces that travel inside the binary.
var fonts = font.NewCache(liberation.Collection())

// typeface says how a string looks.
type typeface struct {
	size  float64
	bold  bool
	color color.Color
}

// The roles that text plays in a picture.
var (
	titleType = typeface{titleSize, true, ink}
	labelType = typeface{labelSize, false, softInk}
	nameType  = typeface{labelSize, false, ink}
	tickType  = typeface{tickSize, false, softInk}
	smallType = typeface{smallSize, false, softInk}
)

// Where a string lies relative to its point.
const (
	left   = 0.0
	center = 0.5
	right  = 1.0
)

// capHeight is the height of a capital of Liberation Sans as a share of the size: 1409/2048.
const capHeight = 0.688

func (t typeface) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if t.bold {
		f.Weight = xfont.WeightBold
	}
	return fonts.Lookup(f, font.Length(t.size))
}

// width is the advance of txt in CSS pixels.
func (t typeface) width(txt string) float64 {
	f := t.face()
	return float64(f.Width(txt))
}

// fit makes txt one line of at most limit CSS pixels, ending in an ellipsis where it is
// cut.
func (t typeface) fit(txt string, limit float64) string {
	txt = oneLine(txt)
	if t.width(txt) <= limit {
		return txt
	}
	runes := []rune(txt)
	lo, hi := 0, len(runes)-1 // the longest prefix that fits with the ellipsis
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if t.width(string(runes[:mid])+"…") <= limit {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return strings.TrimRight(string(runes[:lo]), " ") + "…"
}

// oneLine keeps at most 400 runes. Control characters become spaces, invisible ones
// vanish, and what the typeface lacks becomes a box, so that widths are those drawn.
func oneLine(txt string) string {
	has := titleType.face().Face
	var buf sfnt.Buffer
	n := 0
	txt = strings.Map(func(r rune) rune {
		n++
		switch {
		case n > 400 || unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		if i, err := has.GlyphIndex(&buf, r); err != nil || i == 0 {
			return '□'
		}
		return r
	}, txt)
	return strings.TrimSpace(txt)
}

// widest is the largest width of the strings.
func (t typeface) widest(txts []string) float64 {
	w := 0.0
	for _, txt := range txts {
		w = max(w, t.width(txt))
	}
	return w
}
