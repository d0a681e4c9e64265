package plot

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Values up to lo leave the image grey, values from hi on are the last colour of the map, and what
// lies between is mixed in the order of the values.
func TestOverlayCoversByValue(t *testing.T) {
	img := []float32{.2, .2, .2, .2, .2, 2}
	out, err := Overlay(img, []int{2, 3}, []float64{-1, 0, .5, 1, 9, 0}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 18 {
		t.Fatalf("got %d values, want three a pixel", len(out))
	}
	pixel := func(i int) []float32 { return out[3*i : 3*i+3] }
	for _, i := range []int{0, 1} {
		for _, v := range pixel(i) {
			if math.Abs(float64(v)-.2) > 1e-6 {
				t.Errorf("pixel %d: got %v, want it grey as it was", i, pixel(i))
			}
		}
	}
	last := embers[len(embers)-1]
	want := []float32{float32(last.R) / 255, float32(last.G) / 255, float32(last.B) / 255}
	if !slices.Equal(pixel(3), want) || !slices.Equal(pixel(4), want) {
		t.Errorf("got %v and %v, want %v", pixel(3), pixel(4), want)
	}
	if mid := pixel(2); mid[0] <= .2 || slices.Equal(mid, want) {
		t.Errorf("between: got %v", mid)
	}
	if white := pixel(5); white[0] != 1 || white[2] != 1 {
		t.Errorf("a value above 1: got %v, want white", white)
	}
}

func TestOverlayOfColourAndOfNaN(t *testing.T) {
	out, err := Overlay([]float32{0, .3, .6, 1, 1, 1}, []int{1, 2, 3}, []float64{0, math.NaN()}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(out[0])-.3) > 1e-6 || out[0] != out[1] {
		t.Errorf("colour: got %v, want the mean of its channels", out[:3])
	}
	if got := out[3]; got != float32(notANum.R)/255 {
		t.Errorf("NaN: got %v, want its own colour", out[3:])
	}
}

func TestOverlayRefusesBadInput(t *testing.T) {
	for _, c := range []struct {
		img    []float32
		shape  []int
		values []float64
		hi     float64
		says   string
	}{
		{make([]float32, 4), []int{4}, make([]float64, 4), 1, "shape"},
		{make([]float32, 3), []int{2, 2}, make([]float64, 4), 1, "3 values"},
		{make([]float32, 4), []int{2, 2}, make([]float64, 5), 1, "5 of a map"},
		{make([]float32, 4), []int{2, 2}, make([]float64, 4), 0, "range"},
		{make([]float32, 4), []int{2, 2}, make([]float64, 4), math.NaN(), "range"},
		{make([]float32, 4), []int{2, 2}, make([]float64, 4), math.Inf(1), "range"},
	} {
		if _, err := Overlay(c.img, c.shape, c.values, 0, c.hi); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error with %q", err, c.says)
		}
	}
}
