package plot

import (
	"image"
	"image/color"
	"math"
)

// shape measures how far an offset from the centre lies outside a marker of radius r:
// negative inside, in the unit of the offset.
type shape func(dx, dy, r float64) float64

// shapes are told apart in this order once the colours are used up; all have about the
// area of the disc.
var shapes = []shape{disc, square, diamond, triangle}

func disc(dx, dy, r float64) float64 { return math.Hypot(dx, dy) - r }

func square(dx, dy, r float64) float64 { return max(math.Abs(dx), math.Abs(dy)) - 0.89*r }

func diamond(dx, dy, r float64) float64 {
	return (math.Abs(dx)+math.Abs(dy))/math.Sqrt2 - 0.89*r
}

// triangle points up; 0.78 r is the distance of its sides from its centre.
func triangle(dx, dy, r float64) float64 {
	return max(dy, (math.Sqrt(3)*math.Abs(dx)-dy)/2) - 0.78*r
}

// stamp blends an antialiased marker of radius r over the sheet. It works on the pixels
// because a path per point is too slow for thousands of points.
func (s *sheet) stamp(p point, r float64, in shape, c color.RGBA, alpha float64) {
	img, ok := s.pix.(*image.RGBA)
	if !ok {
		return
	}
	x, y, r := p.x*density, p.y*density, r*density
	reach := 1.6*r + 1 // the corners of the triangle reach farthest
	area := image.Rect(int(x-reach), int(y-reach), int(x+reach)+1, int(y+reach)+1).Intersect(img.Rect)
	for j := area.Min.Y; j < area.Max.Y; j++ {
		for i := area.Min.X; i < area.Max.X; i++ {
			cover := alpha * min(max(0.5-in(float64(i)+0.5-x, float64(j)+0.5-y, r), 0), 1)
			if cover > 0 {
				img.SetRGBA(i, j, mix(img.RGBAAt(i, j), c, cover))
			}
		}
	}
}
