package plot

import (
	"image"
	"io"
	"math"
	"strings"
	"testing"
)

// A field of four cells: each has a quarter of the frame, the first row below.
func TestFieldsPutCellsWhereTheyBelong(t *testing.T) {
	spec := FieldSpec{X: [2]float64{0, 2}, Y: [2]float64{0, 2}, Values: [][]float64{{0, 1}, {2, 5}}}
	img := picture(t, func(w io.Writer) error { return Field(w, spec) })
	var found [4]struct{ x, y, n float64 }
	for i, v := range []float64{0, 1, 2, 5} {
		r, n := extent(img, img.Bounds(), ramp(blues, v/5))
		found[i].x, found[i].y, found[i].n = float64(r.Min.X), float64(r.Min.Y), float64(n)
		if n < 10_000 {
			t.Fatalf("cell %d: got %d pixels of its colour", i, n)
		}
	}
	if !(found[1].x > found[0].x) || !(found[2].y < found[0].y) || !(found[3].x > found[2].x) {
		t.Errorf("got cells at %v, want values to grow rightwards and upwards", found)
	}
	near(t, "cells of a row begin at one height", found[2].y, found[3].y, 2)
}

func TestDotsLieOverTheField(t *testing.T) {
	spec := FieldSpec{X: [2]float64{-1, 1}, Y: [2]float64{-1, 1}, Values: [][]float64{{0, 1}}, Dots: [][2]float64{{-.5, 0}, {5, 0}, {math.NaN(), 0}}, DotsName: "draws"}
	img := picture(t, func(w io.Writer) error { return Field(w, spec) })
	bare := spec
	bare.Dots = nil
	plain := picture(t, func(w io.Writer) error { return Field(w, bare) })
	if img.Bounds().Dy() <= plain.Bounds().Dy() {
		t.Error("dots have no legend")
	}
	over := mix(ramp(blues, 0), hue(fieldDots), .8)
	if r, n := extent(img, img.Bounds(), over); n == 0 || r.Dx() > 16 {
		t.Errorf("got %d pixels of dots at %v, want one dot within the field", n, r)
	}
}

func TestACellWithoutANumberIsMarked(t *testing.T) {
	spec := FieldSpec{X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Values: [][]float64{{0, math.NaN()}}}
	img := picture(t, func(w io.Writer) error { return Field(w, spec) })
	if _, n := extent(img, img.Bounds(), notANum); n < 1000 {
		t.Errorf("got %d pixels of its colour", n)
	}
}

func TestFieldsThatCannotBeDrawnAreRefused(t *testing.T) {
	unit := [2]float64{0, 1}
	for want, spec := range map[string]FieldSpec{
		"range: got [1 1]":            {X: [2]float64{1, 1}, Y: unit, Values: [][]float64{{1}}},
		"range: got [0 NaN]":          {X: unit, Y: [2]float64{0, math.NaN()}, Values: [][]float64{{1}}},
		"row 1: got 1 values, want 2": {X: unit, Y: unit, Values: [][]float64{{1, 2}, {1}}},
		"row 0: got 0 values":         {X: unit, Y: unit, Values: [][]float64{{}}},
		"values: got no finite one":   {X: unit, Y: unit, Values: [][]float64{{math.NaN()}}},
	} {
		if err := Field(io.Discard, spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Names of places stand below the axis in place of numbers, and change nothing above it.
func TestPlacesAreNamedBelowTheAxis(t *testing.T) {
	spec := ChartSpec{X: [2]float64{.5, 3.5}, Marks: []Marks{{X: []float64{1, 2, 3}, Y: []float64{1, 3, 2}, Color: 1, Size: 4}}}
	draw := func(names ...string) image.Image {
		s := spec
		s.Places = names
		return picture(t, func(w io.Writer) error { return Charts(w, "", []ChartSpec{s}, ChartsOptions{}) })
	}
	plain, named, other := draw(), draw("a", "b", "c"), draw("a", "b", "W")
	if plain.Bounds() != named.Bounds() {
		t.Fatalf("got %v, want %v", named.Bounds(), plain.Bounds())
	}
	changed := image.Rectangle{}
	for y := range named.Bounds().Dy() {
		for x := range named.Bounds().Dx() {
			if named.At(x, y) != other.At(x, y) {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	marks, _ := extent(named, named.Bounds(), hue(0))
	if changed.Empty() || changed.Min.Y < marks.Max.Y || changed.Min.X < named.Bounds().Dx()*2/3 {
		t.Errorf("another name changes %v, want a place at the lower right, below %v", changed, marks)
	}
}
