package data

import (
	"context"
	"math"
	"slices"
	"testing"
)

// Two combinations give the same picture only by symmetry: the square repeats every 90°,
// the ellipse every 180°.
func TestSpriteCombinationsAreDistinct(t *testing.T) {
	seen := map[string][3]int{}
	for shape := range SpriteShapes {
		for scale := range SpriteScales {
			for orient := range SpriteOrients {
				img := SpriteImage(shape, scale, orient, 4, 9)
				bits := make([]byte, len(img))
				for i, v := range img {
					if v != 0 && v != 1 {
						t.Fatalf("pixel %d is %v, want 0 or 1", i, v)
					}
					bits[i] = byte(v)
				}
				period := []int{5, 10, 20}[shape]
				old, repeated := seen[string(bits)]
				switch want := [3]int{shape, scale, orient % period}; {
				case repeated && old != want:
					t.Errorf("%v and %v look the same", old, want)
				case !repeated && orient >= period:
					t.Errorf("%v differs from its symmetric turn %v", [3]int{shape, scale, orient}, want)
				case !repeated:
					seen[string(bits)] = want
				}
			}
		}
	}
	if want := SpriteScales * (5 + 10 + 20); len(seen) != want {
		t.Errorf("%d distinct pictures, want %d", len(seen), want)
	}
}

func inkAndCenter(img []float32) (n, cx, cy float64) {
	for i, v := range img {
		n, cx, cy = n+float64(v), cx+float64(v)*float64(i%spriteSide), cy+float64(v)*float64(i/spriteSide)
	}
	return n, cx / n, cy / n
}

func TestSpritesGrowWithScale(t *testing.T) {
	for shape := range SpriteShapes {
		for orient := range SpriteOrients {
			last := 0.
			for scale := range SpriteScales {
				n, _, _ := inkAndCenter(SpriteImage(shape, scale, orient, 0, 0))
				if n <= last {
					t.Errorf("shape %d, orientation %d: scale %d has %v pixels after %v", shape, orient, scale, n, last)
				}
				last = n
			}
		}
	}
}

// A square of half side h covers (2h)² pixels, an ellipse π·1.35h·.7h.
func TestSpriteAreas(t *testing.T) {
	for scale := range SpriteScales {
		h := 5 * (.5 + .1*float64(scale))
		for shape, want := range []float64{4 * h * h, math.Pi * 1.35 * .7 * h * h} {
			mean := 0.
			for orient := range SpriteOrients {
				n, _, _ := inkAndCenter(SpriteImage(shape, scale, orient, 8, 8))
				mean += n / SpriteOrients
			}
			if math.Abs(mean/want-1) > .1 {
				t.Errorf("shape %d, scale %d: %.1f pixels on average, want %.1f ± 10 %%", shape, scale, mean, want)
			}
		}
	}
}

func TestSpritesMoveWithPosition(t *testing.T) {
	for shape := range SpriteShapes {
		for _, orient := range []int{0, 3, 11} {
			n0, x0, y0 := inkAndCenter(SpriteImage(shape, 5, orient, 0, 0))
			for i := range SpriteSteps {
				n, x, y := inkAndCenter(SpriteImage(shape, 5, orient, i, SpriteSteps-1-i))
				wantX, wantY := x0+float64(i), y0+float64(SpriteSteps-1-i)
				if n != n0 || math.Abs(x-wantX) > 1e-9 || math.Abs(y-wantY) > 1e-9 {
					t.Errorf("shape %d at %d: %v pixels around (%.2f, %.2f), want %v around (%.2f, %.2f)",
						shape, i, n, x, y, n0, wantX, wantY)
				}
			}
		}
	}
}

func TestHeartPointsDown(t *testing.T) {
	img := SpriteImage(2, 5, 0, 8, 8)
	width := func(y int) (n int) {
		for x := range spriteSide {
			n += int(img[y*spriteSide+x])
		}
		return n
	}
	if top, bottom := width(16-3), width(16+4); top <= bottom {
		t.Errorf("the heart is %d wide above its middle and %d below", top, bottom)
	}
}

func TestSpriteRowsAreTheGrid(t *testing.T) {
	rows := []int{0, 1, 16, 256, 5120, 30720, SpriteRows - 1, 48_213}
	s, err := Sprites(rows)
	if err != nil {
		t.Fatal(err)
	}
	want := [][5]int{{0, 0, 0, 0, 0}, {0, 0, 0, 0, 1}, {0, 0, 0, 1, 0}, {0, 0, 1, 0, 0}, {0, 1, 0, 0, 0},
		{1, 0, 0, 0, 0}, {2, 5, 19, 15, 15}}
	for i := range rows {
		var f [5]int
		for j := range f {
			f[j] = int(s.Factors[j].Values[i])
		}
		if i < len(want) && f != want[i] {
			t.Errorf("row %d: factors %v, want %v", rows[i], f, want[i])
		}
		if !slices.Equal(s.Row(i), SpriteImage(f[0], f[1], f[2], f[3], f[4])) || int(s.Labels[i]) != f[0] {
			t.Errorf("row %d is not the picture of its factors %v", rows[i], f)
		}
	}
}

func TestSpritesOutsideTheGridAreRefused(t *testing.T) {
	for _, r := range []int{-1, SpriteRows} {
		if _, err := Sprites([]int{0, r}); err == nil {
			t.Errorf("row %d was accepted", r)
		}
	}
	for i := range 5 {
		f := [5]int{}
		for _, v := range []int{-1, spriteRadix[i]} {
			f[i] = v
			if SpriteImage(f[0], f[1], f[2], f[3], f[4]) != nil {
				t.Errorf("factors %v were accepted", f)
			}
		}
	}
}

func TestSpritesSampleHasNoRepeats(t *testing.T) {
	p, err := registered["sprites"].load(context.Background(), Spec{})
	if err != nil {
		t.Fatal(err)
	}
	if p.train.Len() != spriteTrain || p.test.Len() != spriteTest {
		t.Fatalf("%d and %d rows", p.train.Len(), p.test.Len())
	}
	seen := map[[5]float32]bool{}
	for _, s := range []*Set{p.train, p.test} {
		for i := range s.Len() {
			var f [5]float32
			for j := range f {
				f[j] = s.Factors[j].Values[i]
			}
			if seen[f] {
				t.Fatalf("factors %v come twice", f)
			}
			seen[f] = true
		}
	}
}
