package anomaly

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// Smoothing equals the weighted mean over the window by a double loop, near edges as well.
func TestSmoothIsAWeightedMean(t *testing.T) {
	const h, w, sigma = 7, 5, 1.3
	x := make([]float64, h*w)
	rng.New(1).NormalFloat64(x)
	got, err := Smooth(x, h, w, sigma)
	if err != nil {
		t.Fatal(err)
	}
	reach := int(math.Ceil(3 * sigma))
	for y0 := range h {
		for x0 := range w {
			var sum, weight float64
			for y := max(0, y0-reach); y <= min(h-1, y0+reach); y++ {
				for u := max(0, x0-reach); u <= min(w-1, x0+reach); u++ {
					k := math.Exp(-float64((y-y0)*(y-y0)+(u-x0)*(u-x0)) / (2 * sigma * sigma))
					sum, weight = sum+k*x[y*w+u], weight+k
				}
			}
			near(t, "smooth", got[y0*w+x0], sum/weight, 1e-13)
		}
	}
	same, err := Smooth(x, h, w, 0)
	if err != nil || !slices.Equal(same, x) {
		t.Errorf("sigma 0: got a changed map (%v)", err)
	}
	flat, err := Smooth([]float64{2, 2, 2, 2, 2, 2}, 2, 3, 4)
	if err != nil || math.Abs(flat[0]-2) > 1e-15 || math.Abs(flat[5]-2) > 1e-15 {
		t.Errorf("a flat map: got %v (%v)", flat, err)
	}
}

func TestPixelsSumChannels(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6}
	if got := Pixels(x, []int{1, 2, 3}); !slices.Equal(got, []float64{6, 15}) {
		t.Errorf("got %v", got)
	}
	if got := Pixels(x, []int{2, 3}); !slices.Equal(got, x) {
		t.Errorf("got %v", got)
	}
}

func TestSmoothRefusesBadInput(t *testing.T) {
	for _, c := range []struct {
		n, h, w int
		sigma   float64
		says    string
	}{{5, 2, 3, 1, "5 values"}, {0, 0, 0, 1, "0 values"}, {6, 2, 3, -1, "sigma"}, {6, 2, 3, math.NaN(), "sigma"}, {6, 2, 3, 1e9, "sigma"}} {
		if _, err := Smooth(make([]float64, c.n), c.h, c.w, c.sigma); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error with %q", err, c.says)
		}
	}
}
