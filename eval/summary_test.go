package eval

import (
	"math"
	"testing"
)

func TestMeanStdErr(t *testing.T) {
	mean, stdErr := MeanStdErr([]float64{2, 4, 4, 4, 5, 5, 7, 9})
	near(t, "mean", mean, 5, 1e-15)
	near(t, "standard error", stdErr, math.Sqrt(32.0/7/8), 1e-15)
	mean, stdErr = MeanStdErr([]float64{1e9 + 1, 1e9 + 3}) // far from zero
	near(t, "mean", mean, 1e9+2, 0)
	near(t, "standard error", stdErr, 1, 1e-12)
	if mean, stdErr = MeanStdErr([]float64{3}); mean != 3 || !math.IsNaN(stdErr) {
		t.Errorf("one value: got %v ± %v, want 3 ± NaN", mean, stdErr)
	}
	if mean, stdErr = MeanStdErr(nil); !math.IsNaN(mean) || !math.IsNaN(stdErr) {
		t.Errorf("no value: got %v ± %v, want NaN ± NaN", mean, stdErr)
	}
}

func TestQuantiles(t *testing.T) {
	xs := []float64{40, 10, 30, 20}
	got := must(Quantiles(xs, 0, 0.5, 1, 1.0/3, 0.9))(t)
	for i, want := range []float64{10, 25, 40, 20, 37} {
		near(t, "quantile", got[i], want, 1e-12)
	}
	if xs[0] != 40 {
		t.Error("the input was reordered")
	}
	inf := math.Inf(1)
	near(t, "below an infinite value", must(Quantiles([]float64{1, 2, inf}, 0.5))(t)[0], 2, 0)
	near(t, "single value", must(Quantiles([]float64{7}, 0.3))(t)[0], 7, 0)
	_, err := Quantiles(nil, 0.5)
	fails(t, err, "values")
	_, err = Quantiles([]float64{1, math.NaN()}, 0.5)
	fails(t, err, "value 1", "NaN")
	_, err = Quantiles([]float64{1}, 0.5, 1.1)
	fails(t, err, "probability 1")
}
