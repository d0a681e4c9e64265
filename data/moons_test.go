package data

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestLitAreaIsThePhase(t *testing.T) {
	worst := 0.
	for i := range 101 {
		p := float64(i) / 100
		img := MoonImage(p)
		if e := math.Abs(LitFraction(img) - p); e > .01 {
			t.Errorf("phase %.2f: estimated %.4f", p, LitFraction(img))
		} else {
			worst = max(worst, e)
		}
		for j, v := range img {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("phase %.2f: pixel %d is %v", p, j, v)
			}
		}
	}
	t.Logf("largest error of 101 phases: %.5f", worst)
}

// The geometry itself, without the estimator: count the points of a fine grid of the disc
// that the closed form calls lit, and compare single pixels of the picture with them.
func TestMoonPixelsAreCoverage(t *testing.T) {
	const fine = 40
	for _, p := range []float64{0, .1, .25, .5, .73, 1} {
		img := MoonImage(p)
		lit, disc := 0, 0
		for py := range moonSide {
			for px := range moonSide {
				want := 0.
				for k := range fine * fine {
					x := float64(px) + (float64(k%fine)+.5)/fine - 16
					y := float64(py) + (float64(k/fine)+.5)/fine - 16
					if x*x+y*y > moonRadius*moonRadius {
						continue
					}
					disc++
					if w := math.Sqrt(moonRadius*moonRadius - y*y); x >= (1-2*p)*w {
						lit++
						want += 1. / fine / fine
					} else {
						want += moonDark / fine / fine
					}
				}
				if got := float64(img[py*moonSide+px]); math.Abs(got-want) > .03 {
					t.Errorf("phase %.2f: pixel (%d, %d) is %.3f, want %.3f", p, px, py, got, want)
				}
			}
		}
		if got := float64(lit) / float64(disc); math.Abs(got-p) > .002 {
			t.Errorf("phase %.2f: %.4f of the disc is lit", p, got)
		}
	}
}

func TestMoonIsLitFromTheRight(t *testing.T) {
	half := MoonImage(.5)
	left, right := half[16*moonSide+8], half[16*moonSide+24]
	if right != 1 || math.Abs(float64(left)-moonDark) > 1e-6 {
		t.Errorf("half moon: left %v, right %v, want %v and 1", left, right, moonDark)
	}
	if half[0] != 0 {
		t.Errorf("the sky is %v, want 0", half[0])
	}
	if !slices.Equal(MoonImage(1.5), MoonImage(1)) || !slices.Equal(MoonImage(-1), MoonImage(0)) {
		t.Error("phases outside [0, 1] are not clamped")
	}
}

// The estimate holds for shifted discs too, since it is an area.
func TestMoonsAreLabelledWithTheirPhase(t *testing.T) {
	s := Moons(1000, rng.New(1), 0, 0)
	if len(s.Factors) != 1 || s.Factors[0].Name != "phase" {
		t.Fatalf("factors %v, want phase", s.Factors)
	}
	var mean float64
	for i, p := range s.Factors[0].Values {
		if e := math.Abs(LitFraction(s.Row(i)) - float64(p)); e > .01 {
			t.Errorf("row %d: phase %.4f estimated with error %.4f", i, p, e)
		}
		mean += float64(p) / 1000
	}
	if se := math.Sqrt(1. / 12 / 1000); math.Abs(mean-.5) > 5*se { // false alarm 6e-7
		t.Errorf("mean phase %.3f, want .5 ± %.3f", mean, 5*se)
	}
	short := Moons(10, rng.New(1), 0, 0)
	for i := range 10 {
		if !slices.Equal(short.Row(i), s.Row(i)) {
			t.Errorf("row %d depends on the number of rows", i)
		}
	}
}

func TestMoonsLeaveOutTheGap(t *testing.T) {
	const n = 4000
	s := Moons(n, rng.New(2), .4, .6)
	below := 0.
	for _, p := range s.Factors[0].Values {
		if float64(p) > .4 && float64(p) < .6 || p < 0 || p > 1 {
			t.Errorf("phase %v lies in the gap or outside [0, 1]", p)
		}
		if p <= .4 {
			below++
		}
	}
	if sd := math.Sqrt(n * .25); math.Abs(below-n/2) > 5*sd { // false alarm 6e-7
		t.Errorf("%v of %d phases below the gap, want %v ± %.0f", below, n, n/2, 5*sd)
	}
	for _, gap := range [][2]float64{{.6, .4}, {.5, .5}, {-1, 2}} {
		if Moons(9, rng.New(3), gap[0], gap[1]).Fingerprint() != Moons(9, rng.New(3), 0, 0).Fingerprint() {
			t.Errorf("the interval %v excluded something", gap)
		}
	}
	for _, p := range Moons(500, rng.New(4), 0, .3).Factors[0].Values {
		if float64(p) < .3 {
			t.Errorf("phase %v with (0, .3) left out", p)
		}
	}
}

func TestMoonGapIsInTrainOnly(t *testing.T) {
	p, err := registered["moons-gap"].load(context.Background(), Spec{})
	if err != nil {
		t.Fatal(err)
	}
	inGap := func(s *Set) (n int) {
		for _, v := range s.Factors[0].Values {
			if v > .41 && v < .59 {
				n++
			}
		}
		return n
	}
	if n := inGap(p.train); n != 0 || p.train.Len() != moonTrain {
		t.Errorf("train: %d of %d rows in the gap", n, p.train.Len())
	}
	if n := inGap(p.test); n < 120 || n > 240 { // 180 ± 12 expected: five standard deviations
		t.Errorf("test: %d of %d rows in the gap, want about 180", n, p.test.Len())
	}
}
