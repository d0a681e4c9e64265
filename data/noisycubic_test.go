package data

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The residuals y − x³ have mean 0 and deviation 3: with 4,000 rows the mean lies within 4·3/√4000
// and the deviation within 4·3/√8000 but for one seed in 10,000. Rounding adds 1/256.
func TestCubicIsACubicWithNoise(t *testing.T) {
	const n = 4000
	s := Cubic(n, rng.New(1))
	var mean, square float64
	for _, row := range s.Rows() {
		x, y := float64(row[0]), float64(row[1])
		if math.Abs(x) > cubicReach {
			t.Fatalf("x is %v, want it within ±4", x)
		}
		e := y - x*x*x
		mean += e / n
		square += e * e / n
	}
	if math.Abs(mean) > 4*3/math.Sqrt(n) {
		t.Errorf("mean of the noise %v, want 0", mean)
	}
	if sd := math.Sqrt(square); math.Abs(sd-3) > 4*3/math.Sqrt(2*n) {
		t.Errorf("deviation of the noise %v, want 3", sd)
	}
}

func TestGeneratedTablesAreStandardisedByTheirTrainingRows(t *testing.T) {
	s := open(t, Spec{Name: "noisy-cubic"})
	raw := open(t, Spec{Name: "noisy-cubic", Raw: true})
	for j, c := range s.Train.Columns {
		var mean, square float64
		for _, row := range s.Train.Rows() {
			mean += float64(row[j]) / float64(s.Train.Len())
			square += float64(row[j]) * float64(row[j]) / float64(s.Train.Len())
		}
		if math.Abs(mean) > 1e-6 || math.Abs(square-1) > 1e-5 { // rounding of float32
			t.Errorf("column %s: mean %v and square %v, want 0 and 1", c.Name, mean, square)
		}
		if got, want := float64(s.Test.X[j])*c.Scale+c.Mean, float64(raw.Test.X[j]); math.Abs(got-want) > 1e-5 {
			t.Errorf("column %s: got %v, want %v in the units of the data", c.Name, got, want)
		}
	}
	again := open(t, Spec{Name: "noisy-cubic", Columns: s.Train.Columns, MaxRows: 9})
	if again.Test.X[0] != s.Test.X[0] || again.Test.Columns[1] != s.Train.Columns[1] {
		t.Error("stored columns give other values")
	}
	one := []Column{{Name: "x", Scale: 1}}
	if _, err := Open(context.Background(), Spec{Name: "noisy-cubic", Columns: one}); err == nil || !strings.Contains(err.Error(), "got 1 stored columns, want 2") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(context.Background(), Spec{Name: "noisy-cubic", Label: "y"}); err == nil || !strings.Contains(err.Error(), "data: noisy-cubic: got a label") {
		t.Errorf("got %v", err)
	}
}
