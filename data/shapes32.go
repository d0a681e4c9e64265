package data

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	shapesSide  = 32
	shapesTrain = 10_000
	shapesTest  = 2_000
	shapesSeed  = 0x5a93

	shapesFine = 4 // samples of a pixel along each axis
)

// shapesFactors names the factors of [ColouredShapes] with their ranges.
var shapesFactors = []struct {
	name   string
	lo, hi float64
}{
	{"size", 5, 9},            // half extent in pixels
	{"turn", 0, 2 * math.Pi},  // radians
	{"posX", 11, 21},          // centre, pixels from the left
	{"posY", 11, 21},          // and from the top
	{"hue", 0, 1},             // of the shape, around the colour circle
	{"background hue", 0, 1},  // of the ground behind it
	{"light", 0, 2 * math.Pi}, // direction in which the ground grows brighter, radians
}

func init() {
	register(setSource{
		Info: Info{
			Name: "shapes32", Summary: "coloured shapes on shaded grounds with seven known factors, 32×32 RGB", Source: "generated",
			Shape: []int{shapesSide, shapesSide, 3}, Train: shapesTrain, Test: shapesTest,
			Classes: SpriteShapes, Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			root := rng.New(shapesSeed)
			p := setParts{
				train: ColouredShapes(shapesTrain, root.Named("train")),
				test:  ColouredShapes(shapesTest, root.Named("test")),
			}
			return p, ctx.Err()
		},
	})
}

// ColouredShapes paints n images of 32×32 pixels in red, green and blue: a square, an ellipse
// or a heart, which is the label, of uniform size, turn, place and hue before a ground of
// another hue whose brightness rises across the image. Row i is a function of the key and i
// alone. Edges are smooth, and values have the 256 levels of bytes.
func ColouredShapes(n int, key rng.Key) *Set {
	s := &Set{
		Name: "shapes32", Shape: []int{shapesSide, shapesSide, 3}, Classes: spriteNames[:],
		X: make([]float32, n*shapesSide*shapesSide*3), Labels: make([]int32, n),
	}
	for _, f := range shapesFactors {
		s.Factors = append(s.Factors, Factor{Name: f.name, Values: make([]float32, n)})
	}
	parallel(n, func(i int) {
		u := make([]float32, 1+len(shapesFactors))
		key.At(uint64(i)).Uniform(u)
		shape := min(int(u[0]*SpriteShapes), SpriteShapes-1)
		s.Labels[i] = int32(shape)
		var f [7]float64
		for j, r := range shapesFactors {
			s.Factors[j].Values[i] = float32(r.lo) + u[1+j]*float32(r.hi-r.lo)
			f[j] = float64(s.Factors[j].Values[i])
		}
		paintShape(s.Row(i), shape, f)
	})
	return s
}

// paintShape paints one image with the factors f in the order of [shapesFactors].
func paintShape(img []float32, shape int, f [7]float64) {
	ink, ground := hueColour(f[4]), hueColour(f[5])
	sin, cos := math.Sincos(f[1])
	lightY, lightX := math.Sincos(f[6])
	for y := range shapesSide {
		for x := range shapesSide {
			px, py := float64(x)+.5-f[2], float64(y)+.5-f[3]
			cover := coverage(shape, px, py, cos/f[0], sin/f[0])
			mid := float64(shapesSide) / 2
			shade := .45 + .2*((float64(x)+.5-mid)*lightX+(float64(y)+.5-mid)*lightY)/mid
			for c := range 3 {
				v := cover*(.25+.7*ink[c]) + (1-cover)*shade*(.3+.7*ground[c])
				img[(y*shapesSide+x)*3+c] = float32(v)
			}
		}
	}
	quantize(img)
}

// coverage is the part of a pixel inside a shape; (px, py) is the way from the centre of the
// shape to that of the pixel, cos and sin turn it and divide it by the shape's half extent.
func coverage(shape int, px, py, cos, sin float64) float64 {
	inside := 0
	for i := range shapesFine * shapesFine {
		dx := px + (float64(i%shapesFine)+.5)/shapesFine - .5
		dy := py + (float64(i/shapesFine)+.5)/shapesFine - .5
		if insideSprite(shape, cos*dx+sin*dy, cos*dy-sin*dx) {
			inside++
		}
	}
	return float64(inside) / (shapesFine * shapesFine)
}

// hueColour is the fully saturated colour of a hue on [0, 1): red at 0, green at ⅓, blue at ⅔.
func hueColour(hue float64) (rgb [3]float64) {
	for c := range rgb {
		away := math.Abs(math.Mod(6*hue+6-2*float64(c), 6) - 3) // 3 at the channel's own hue
		rgb[c] = math.Min(1, math.Max(0, away-1))
	}
	return rgb
}
