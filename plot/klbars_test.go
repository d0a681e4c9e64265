package plot

import (
	"image"
	"io"
	"math"
	"testing"
)

// bars draws KL values and returns the part of the picture below title and legend.
func bars(t *testing.T, kl []float64, active []bool) (image.Image, image.Rectangle) {
	t.Helper()
	img := picture(t, func(w io.Writer) error { return KLBars(w, kl, active, "KL") })
	return img, below(img, 190)
}

func TestBarHeightsAreProportionalToKL(t *testing.T) {
	kl, active := []float64{1, 4, 0.25, 2, 3}, []bool{true, true, false, true, true}
	img, area := bars(t, kl, active)
	all, _ := extent(img, area, hue(0))
	// Sorted: four active bars of 4, 3, 2 and 1, then an inactive one of 0.25.
	var heights, middles []float64
	last := 0
	for x := all.Min.X; x < area.Max.X; x++ {
		n := column(img, area, x, hue(0)) + column(img, area, x, faded)
		if n > 0 && last == 0 {
			heights, middles = append(heights, float64(n)), append(middles, float64(x))
		}
		last = n
	}
	if len(heights) != 5 {
		t.Fatalf("found %d bars with heights %v, want 5", len(heights), heights)
	}
	unit := heights[0] / 4
	for i, want := range []float64{4, 3, 2, 1, 0.25} {
		near(t, "height of a bar", heights[i], want*unit, 1.5)
	}
	for i := 2; i < 5; i++ {
		near(t, "distance of bars", middles[i]-middles[i-1], middles[1]-middles[0], 1.5)
	}
	if gray, _ := extent(img, area, faded); gray.Min.X <= all.Max.X {
		t.Errorf("the inactive bar at %v does not follow the active ones at %v", gray, all)
	}
}

func TestBarsSitOnTheAxis(t *testing.T) {
	img, area := bars(t, []float64{1, 2, 3}, []bool{true, true, false})
	up, _ := extent(img, area, hue(0))
	gray, _ := extent(img, area, faded)
	if up.Max.Y != gray.Max.Y {
		t.Errorf("bars end at rows %d and %d, want one axis", up.Max.Y, gray.Max.Y)
	}
	if gray.Min.Y >= up.Min.Y {
		t.Errorf("the largest KL at row %d is not above %d", gray.Min.Y, up.Min.Y)
	}
}

// An estimate may fall below zero; its bar then hangs below the axis.
func TestANegativeEstimateHangsBelowTheAxis(t *testing.T) {
	img, area := bars(t, []float64{2, -1}, []bool{true, false})
	up, _ := extent(img, area, hue(0))
	down, _ := extent(img, area, faded)
	near(t, "common base", float64(down.Min.Y), float64(up.Max.Y), 2)
	near(t, "ratio", float64(up.Dy())/float64(down.Dy()), 2, 0.05)
}

// All sizes: the inked area over its bounding box equals the mean over the largest KL.
func TestBarsFillTheirAreaForAnyNumberOfDimensions(t *testing.T) {
	for _, n := range []int{10, 40, 41, 128, 512, 1500} {
		kl, active := make([]float64, n), make([]bool, n)
		for i := range kl {
			kl[i], active[i] = float64(i+1), true
		}
		img, area := bars(t, kl, active)
		box, ink := extent(img, area, hue(0))
		got := float64(ink) / float64(box.Dx()*box.Dy())
		full := float64(n+1) / float64(2*n) // without gaps between the bars
		if got > full*1.03 || got < full*0.55 {
			t.Errorf("%d dimensions: %.3f of the box is inked, want up to %.3f", n, got, full)
		}
	}
}

func TestHugeKLKeepsItsProportions(t *testing.T) {
	img, area := bars(t, []float64{1.6e308, 0.8e308}, []bool{true, false})
	up, _ := extent(img, area, hue(0))
	half, _ := extent(img, area, faded)
	near(t, "ratio", float64(up.Dy())/float64(half.Dy()), 2, 0.05)
}

func TestKLBarsRefuseBadInput(t *testing.T) {
	fails(t, func(w io.Writer) error { return KLBars(w, nil, nil, "") }, "KLBars", "0 KL values and 0 flags")
	fails(t, func(w io.Writer) error { return KLBars(w, []float64{1}, nil, "") }, "1 KL values and 0 flags")
	fails(t, func(w io.Writer) error { return KLBars(w, []float64{1, math.NaN()}, make([]bool, 2), "") }, "dimension 1", "NaN")
	fails(t, func(w io.Writer) error { return KLBars(w, []float64{math.Inf(1)}, make([]bool, 1), "") }, "dimension 0")
}

// Two measures stand below each other in the order of the first: heights of each are in proportion to its own
// values, and the bars of a dimension have one middle.
func TestFurtherMeasuresKeepTheOrderOfTheFirst(t *testing.T) {
	first, second := Measure{"KL (nats)", []float64{1, 4, 2}}, Measure{"sensitivity", []float64{30, 10, 20}}
	img := picture(t, func(w io.Writer) error {
		return DimensionBars(w, []Measure{first, second}, []bool{true, true, true}, "KL")
	})
	all := below(img, 190)
	split := all.Max.Y - int(math.Round((measureH-measureGap+margin)*density))
	upper, lower := all, all
	upper.Max.Y, lower.Min.Y = split-int(measureGap*density), split
	heights := func(area image.Rectangle) (out, middles []float64) {
		box, _ := extent(img, area, hue(0))
		begin, sum := -1, 0
		for x := box.Min.X; x <= box.Max.X; x++ {
			n := 0
			if x < box.Max.X {
				n = column(img, area, x, hue(0))
			}
			switch {
			case n > 0 && begin < 0:
				begin, sum = x, n
			case n == 0 && begin >= 0:
				out, middles, begin = append(out, float64(sum)), append(middles, float64(begin+x)/2), -1
			}
		}
		return out, middles
	}
	a, x := heights(upper)
	b, y := heights(lower)
	if len(a) != 3 || len(b) != 3 {
		t.Fatalf("got bars of heights %v and %v, want three each", a, b)
	}
	for i, want := range [][2]float64{{4, 10}, {2, 20}, {1, 30}} {
		near(t, "height above", a[i], a[0]*want[0]/4, 1.5)
		near(t, "height below", b[i], b[2]*want[1]/30, 1.5)
		near(t, "middle", y[i], x[i], 2)
	}
}

func TestDimensionBarsRefuseBadInput(t *testing.T) {
	fails(t, func(w io.Writer) error { return DimensionBars(w, nil, []bool{true}, "") }, "DimensionBars", "got none")
	two := []Measure{{"KL (nats)", []float64{1}}, {"sensitivity", []float64{1, 2}}}
	fails(t, func(w io.Writer) error { return DimensionBars(w, two, []bool{true}, "") }, "2 sensitivity values and 1 flags")
}
