package data

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestHuesGoRoundTheColourCircle(t *testing.T) {
	for hue, want := range map[float64][3]float64{
		0: {1, 0, 0}, 1. / 6: {1, 1, 0}, 1. / 3: {0, 1, 0}, .5: {0, 1, 1}, 2. / 3: {0, 0, 1}, 5. / 6: {1, 0, 1}, 1. / 12: {1, .5, 0},
	} {
		got := hueColour(hue)
		for c := range got {
			if math.Abs(got[c]-want[c]) > 1e-12 {
				t.Errorf("hue %.3f: got %v, want %v", hue, got, want)
			}
		}
	}
}

// An ellipse covers π·1.35·.7·h² pixels and a square 4h², whatever their turn; pixel edges
// are smooth, so the sum of coverages is that area up to the sampling.
func TestCoverageSumsToTheArea(t *testing.T) {
	for shape, area := range []float64{4, math.Pi * 1.35 * .7} {
		for _, turn := range []float64{0, .4, 1.3} {
			const h = 6.3
			sum := 0.
			for i := range 40 * 40 {
				sum += coverage(shape, float64(i%40)-19.7, float64(i/40)-20.2, math.Cos(turn)/h, math.Sin(turn)/h)
			}
			if want := area * h * h; math.Abs(sum/want-1) > .02 {
				t.Errorf("shape %d, turn %v: got %.1f pixels, want %.1f", shape, turn, sum, want)
			}
		}
	}
}

// The centre has the colour of the shape and a corner that of the ground, which is darker.
func TestShapesStandBeforeTheirGround(t *testing.T) {
	s := ColouredShapes(300, rng.New(3))
	for i := range s.Len() {
		hue, ground := float64(s.Factors[4].Values[i]), float64(s.Factors[5].Values[i])
		x, y := int(s.Factors[2].Values[i]), int(s.Factors[3].Values[i])
		at := s.Row(i)[(y*shapesSide+x)*3:][:3]
		for c, v := range hueColour(hue) {
			if math.Abs(float64(at[c])-(.25+.7*v)) > .01 {
				t.Errorf("row %d: centre: got %v, want the hue %.3f", i, at, hue)
				break
			}
		}
		corner := s.Row(i)[:3]
		for c, v := range hueColour(ground) {
			if float64(corner[c]) > .75*(.3+.7*v) || float64(corner[c]) < .15*(.3+.7*v) {
				t.Errorf("row %d: corner: got %v, want a shade of the hue %.3f", i, corner, ground)
			}
		}
	}
}

// Every class comes about a third of the time (χ² with 2 degrees of freedom, 13.8 at p = .001
// for the fixed key), and every factor spreads over its range.
func TestFactorsOfShapesSpread(t *testing.T) {
	s := ColouredShapes(3000, rng.New(1))
	var counts [SpriteShapes]float64
	for _, l := range s.Labels {
		counts[l]++
	}
	chi2 := 0.
	for _, n := range counts {
		chi2 += (n - 1000) * (n - 1000) / 1000
	}
	if chi2 > 13.8 {
		t.Errorf("classes: got %v, want about 1000 each", counts)
	}
	for j, f := range s.Factors {
		lo, hi := slices.Min(f.Values), slices.Max(f.Values)
		r := shapesFactors[j]
		if f.Name != r.name || float64(lo) < r.lo-1e-6 || float64(hi) > r.hi+1e-6 || float64(hi-lo) < .98*(r.hi-r.lo) {
			t.Errorf("%s: got values from %v to %v, want %v to %v", f.Name, lo, hi, r.lo, r.hi)
		}
	}
	for i, v := range s.X {
		if level := float64(v) * 255; v < 0 || v > 1 || math.Abs(level-math.Round(level)) > 1e-4 {
			t.Fatalf("value %d: got %v, want a level of bytes", i, v)
		}
	}
}

func TestARowDoesNotDependOnTheOthers(t *testing.T) {
	long, short := ColouredShapes(40, rng.New(9)), ColouredShapes(7, rng.New(9))
	if !slices.Equal(long.X[:len(short.X)], short.X) || !slices.Equal(long.Labels[:7], short.Labels) {
		t.Error("seven rows are not the first of forty")
	}
	if other := ColouredShapes(7, rng.New(8)); slices.Equal(other.X, short.X) {
		t.Error("two keys give the same rows")
	}
}

func TestShapes32IsRegistered(t *testing.T) {
	p, err := registered["shapes32"].load(context.Background(), Spec{})
	if err != nil {
		t.Fatal(err)
	}
	if p.train.Len() != shapesTrain || p.test.Len() != shapesTest || !p.train.IsImage() || p.train.Dim() != 3072 {
		t.Errorf("got %d and %d rows of %v", p.train.Len(), p.test.Len(), p.train.Shape)
	}
	if slices.Equal(p.train.Row(0), p.test.Row(0)) {
		t.Error("training and test rows are the same")
	}
}
