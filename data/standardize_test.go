package data

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The running moments agree with two passes, also far from zero, where the textbook formula
// E x² − (E x)² has no correct digit left.
func TestRunningMomentsAgreeWithTwoPasses(t *testing.T) {
	for _, c := range []struct{ mean, sd float64 }{{0, 1}, {1e6, 1e-3}, {-3e8, 2}, {1e-20, 1e-22}, {5, 1e12}} {
		x := make([]float64, 5000)
		rng.New(9).Named("moments").NormalFloat64(x)
		var s columnStats
		sum := 0.0
		low, high := math.Inf(1), math.Inf(-1)
		for i := range x {
			x[i] = c.mean + c.sd*x[i]
			s.add(x[i])
			sum += x[i]
			low, high = math.Min(low, x[i]), math.Max(high, x[i])
		}
		mean, m2 := sum/float64(len(x)), 0.0
		for _, v := range x {
			m2 += (v - mean) * (v - mean)
		}
		sd := math.Sqrt(m2 / float64(len(x)))
		// Rounding of the inputs and of 5,000 steps, relative to the larger of mean and sd.
		if math.Abs(s.mean-mean) > 1e-12*math.Max(math.Abs(mean), sd) {
			t.Errorf("%v: got mean %v, want %v", c, s.mean, mean)
		}
		if math.Abs(s.sd()/sd-1) > 1e-6 {
			t.Errorf("%v: got deviation %v, want %v", c, s.sd(), sd)
		}
		if s.n != len(x) || s.min != low || s.max != high {
			t.Errorf("%v: got %d values from %v to %v, want %d from %v to %v", c, s.n, s.min, s.max, len(x), low, high)
		}
	}
}

// A constant column keeps scale 1, although rounding leaves it a tiny variance.
func TestConstantColumnsHaveScaleOne(t *testing.T) {
	for _, v := range []float64{0, 0.1, -1e30, 3} {
		var s columnStats
		for range 1001 {
			s.add(v)
		}
		if got := s.fit("a"); got != (Column{"a", v, 1}) {
			t.Errorf("%v: got %v", v, got)
		}
		if got := s.report("a"); got.Kind != Constant || got.SD != 0 {
			t.Errorf("%v: got %+v", v, got)
		}
	}
	// The variance of distinct values may still be zero in float64.
	var s columnStats
	s.add(0)
	s.add(5e-324)
	if got := s.fit("a").Scale; got != 1 {
		t.Errorf("got scale %v, want 1", got)
	}
}

// Fitting on a set and applying the stored columns to the same rows gives the same values,
// in CSV, where columns go by name, and in arrays, where they go by position.
func TestStoredStandardisationRepeatsTheFit(t *testing.T) {
	s := randomSet(50, nil, 4)
	for _, ext := range []string{".csv", ".npy", ".npz", ".jsonl"} {
		path := t.TempDir() + "/a" + ext
		if err := WriteFile(path, s); err != nil {
			t.Fatal(err)
		}
		fitted, _, err := ReadFile(path, ReadOptions{Standardize: true})
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := ReadFile(path, ReadOptions{Columns: fitted.Columns, Standardize: true})
		if err != nil {
			t.Fatal(err)
		}
		wantValues(t, again.X, fitted.X...)
		for j, c := range again.Columns {
			if c != fitted.Columns[j] {
				t.Errorf("%s: got %v, want %v", ext, c, fitted.Columns[j])
			}
		}
		// And the raw value comes back as x·scale + mean, to float32 rounding.
		for i, v := range fitted.X {
			c := fitted.Columns[i%4]
			if raw := float64(v)*c.Scale + c.Mean; math.Abs(raw-float64(s.X[i])) > 1e-6 {
				t.Errorf("%s: value %d: got %v back, want %v", ext, i, raw, s.X[i])
			}
		}
	}
}
