package plot

import (
	"math"
	"testing"
)

func TestImageShapes(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  tileShape
	}{{[]int{28, 20}, tileShape{28, 20, 1}}, {[]int{3, 5, 1}, tileShape{3, 5, 1}}, {[]int{1, 1, 3}, tileShape{1, 1, 3}}} {
		got, err := parseShape("test", c.shape)
		if err != nil || got != c.want {
			t.Errorf("%v: got %v %v, want %v", c.shape, got, err, c.want)
		}
		if n := c.want.h * c.want.w * c.want.c; got.size() != n {
			t.Errorf("%v: got %d values, want %d", c.shape, got.size(), n)
		}
	}
}

// All 256 levels are reached, each from the value it stands for, and rounding is to the nearest.
func TestLevelsRoundToTheNearestByte(t *testing.T) {
	for b := range 256 {
		v := float32(b) / 255
		for _, off := range []float32{0, 0.4 / 255, -0.4 / 255} {
			if got := level(v + off); int(got) != b {
				t.Fatalf("level(%v): got %d, want %d", v+off, got, b)
			}
		}
	}
	if level(-5) != 0 || level(float32(math.Inf(1))) != 255 {
		t.Error("values outside [0, 1] are not clipped")
	}
}
