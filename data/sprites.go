package data

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

const (
	spriteSide  = 32
	spriteTrain = 20_000
	spriteTest  = 2_000
	spriteSeed  = 0x5b17

	spriteFirst = 8 // pixel of the centre at position 0; position i lies i pixels further
)

// Sizes of the sprite factors, in the order of the mixed-radix row number of [Sprites].
const (
	SpriteShapes  = 3
	SpriteScales  = 6
	SpriteOrients = 20
	SpriteSteps   = 16 // positions along each axis
	// SpriteRows is the size of the whole grid, 92,160.
	SpriteRows = SpriteShapes * SpriteScales * SpriteOrients * SpriteSteps * SpriteSteps
)

var spriteNames = [SpriteShapes]string{"square", "ellipse", "heart"}

func init() {
	register(setSource{
		Info: Info{
			Name: "sprites", Summary: "binary shapes with five known factors, 32×32", Source: "generated",
			Shape: []int{spriteSide, spriteSide}, Train: spriteTrain, Test: spriteTest,
			Classes: SpriteShapes, Generated: true,
		},
		load: func(ctx context.Context, _ Spec) (setParts, error) {
			rows := rng.New(spriteSeed).Perm(SpriteRows)
			train, err := Sprites(rows[:spriteTrain])
			if err != nil {
				return setParts{}, err
			}
			test, err := Sprites(rows[spriteTrain : spriteTrain+spriteTest])
			if err != nil {
				return setParts{}, err
			}
			return setParts{train: train, test: test}, ctx.Err()
		},
	})
}

// Sprites returns the given rows of the grid of all factor combinations, which is modelled
// on dSprites (Matthey et al. 2017). A row number counts shape, scale, orientation, x and y
// with y running fastest. The factors hold the indices; the label is the shape.
func Sprites(rows []int) (*Set, error) {
	s := &Set{
		Name: "sprites", Shape: []int{spriteSide, spriteSide}, Classes: spriteNames[:],
		X: make([]float32, len(rows)*spriteSide*spriteSide), Labels: make([]int32, len(rows)),
	}
	for _, name := range []string{"shape", "scale", "orientation", "posX", "posY"} {
		s.Factors = append(s.Factors, Factor{Name: name, Values: make([]float32, len(rows))})
	}
	for i, r := range rows {
		if r < 0 || r >= SpriteRows {
			return nil, fmt.Errorf("data: sprites: row %d: got %d, want 0 to %d", i, r, SpriteRows-1)
		}
	}
	parallel(len(rows), func(i int) {
		f := spriteFactors(rows[i])
		drawSprite(s.Row(i), f)
		s.Labels[i] = int32(f[0])
		for j, v := range f {
			s.Factors[j].Values[i] = float32(v)
		}
	})
	return s, nil
}

// SpriteImage draws the sprite of one factor combination: shape 0–2 (square, ellipse,
// heart), scale 0–5, orientation 0–19 in steps of 18° and the position 0–15 along x and y.
// It returns nil if an index is out of range.
func SpriteImage(shape, scale, orient, x, y int) []float32 {
	f := [5]int{shape, scale, orient, x, y}
	for i, n := range spriteRadix {
		if f[i] < 0 || f[i] >= n {
			return nil
		}
	}
	img := make([]float32, spriteSide*spriteSide)
	drawSprite(img, f)
	return img
}

var spriteRadix = [5]int{SpriteShapes, SpriteScales, SpriteOrients, SpriteSteps, SpriteSteps}

// spriteFactors splits a row number into shape, scale, orientation, x and y.
func spriteFactors(row int) (f [5]int) {
	for i := len(f) - 1; i >= 0; i-- {
		f[i] = row % spriteRadix[i]
		row /= spriteRadix[i]
	}
	return f
}

// drawSprite sets the pixels whose centres lie inside the shape. The half extent runs from
// half of the full size to all of it; the largest shape stays within the image everywhere.
// The centre lies a quarter of a pixel off the grid, without which shapes of different scale
// or turn would cover the same pixels.
func drawSprite(img []float32, f [5]int) {
	const full, off = 5.0, .25 // half side of the largest square and the offset, in pixels
	size := full * (.5 + .1*float64(f[1]))
	period := [SpriteShapes]int{SpriteOrients / 4, SpriteOrients / 2, SpriteOrients}[f[0]]
	sin, cos := math.Sincos(2 * math.Pi * float64(f[2]%period) / SpriteOrients)
	cx, cy := spriteFirst+f[3], spriteFirst+f[4]
	for dy := -spriteFirst; dy <= spriteFirst; dy++ {
		for dx := -spriteFirst; dx <= spriteFirst; dx++ {
			px, py := float64(dx)-off, float64(dy)-off
			u, v := (cos*px+sin*py)/size, (cos*py-sin*px)/size
			if insideSprite(f[0], u, v) {
				img[(cy+dy)*spriteSide+cx+dx] = 1
			}
		}
	}
}

// insideSprite tells whether (u, v), y down, lies in the shape of half extent 1: the square
// |u|, |v| ≤ 1, the ellipse with half axes 1.35 and .7, or the heart
// (a² + b² − 1)³ ≤ a²b³ with a = u/1.1 and b = −v/1.1.
func insideSprite(shape int, u, v float64) bool {
	switch shape {
	case 0:
		return math.Abs(u) <= 1 && math.Abs(v) <= 1
	case 1:
		u, v = u/1.35, v/.7
		return u*u+v*v <= 1
	default:
		a, b := u/1.1, -v/1.1
		q := a*a + b*b - 1
		return q*q*q <= a*a*b*b*b
	}
}
