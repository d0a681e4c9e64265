package forecast

import (
	"fmt"
	"math"
	"testing"
)

// Rows by rising mean, their intervals about it, true targets inside and outside parted as the
// intervals say.
func TestIntervalsPartWhatLiesInsideAndOutside(t *testing.T) {
	in := numberInput(120, 3)
	in.Y[5], in.Y[6] = in.Predictions[5].Mean+100, in.Predictions[6].Mean-100
	s := sceneOf(t, in)
	p := charts(t, s, intervals)
	c := p.specs[0]
	bars, mean := layer(t, c.Marks, "90 % interval"), layer(t, c.Marks, "predicted mean")
	inside, outside := layer(t, c.Marks, "true, inside"), layer(t, c.Marks, "true, outside")
	truth := map[float64]float64{}
	for i, x := range inside.X {
		truth[x] = inside.Y[i]
	}
	for i, x := range outside.X {
		if _, ok := truth[x]; ok {
			t.Errorf("place %v lies inside and outside", x)
		}
		truth[x] = outside.Y[i]
	}
	want := 0
	for i := range in.Y {
		if math.Abs(in.Y[i]-in.Predictions[i].Mean) > z90*in.Predictions[i].SD {
			want++
		}
	}
	if len(outside.X) != want || want < 2 || outside.Name != fmt.Sprintf("true, outside (%d of 120)", want) {
		t.Errorf("got %d outside, named %q, want %d", len(outside.X), outside.Name, want)
	}
	for k, x := range bars.X {
		y := truth[x]
		if k > 0 && mean.Y[k] < mean.Y[k-1] || x != float64(k+1) {
			t.Errorf("place %d: mean %v after %v at %v", k, mean.Y[k], mean.Y[max(0, k-1)], x)
		}
		if isIn := bars.Lo[k] <= y && y <= bars.Hi[k]; isIn == (len(outside.X) > 0 && contains(outside.X, x)) {
			t.Errorf("place %d: %v in [%v, %v] is drawn on the wrong side", k, y, bars.Lo[k], bars.Hi[k])
		}
		near(t, "middle", (bars.Lo[k]+bars.Hi[k])/2, mean.Y[k], 1e-9)
	}
	about := p.specs[1]
	for k, b := range layer(t, about.Marks, "90 % interval").Hi {
		near(t, "upper bound about the mean", b, bars.Hi[k]-mean.Y[k], 1e-12)
		near(t, "mean about itself", layer(t, about.Marks, "predicted mean").Y[k], 0, 0)
	}
	for k, y := range layer(t, about.Marks, "true, outside").Y {
		at := int(outside.X[k]) - 1
		near(t, "error", y, outside.Y[k]-mean.Y[at], 1e-12)
	}
}

func contains(v []float64, x float64) bool {
	for _, y := range v {
		if y == x {
			return true
		}
	}
	return false
}

func TestOfManyRowsAFewIntervalsAreDrawn(t *testing.T) {
	p := charts(t, sceneOf(t, numberInput(2000, 2)), intervals)
	if n := len(p.specs[0].Marks[0].X); n != intervalRows {
		t.Errorf("got %d intervals, want %d", n, intervalRows)
	}
	says(t, p.caption, "150 of 2,000 test rows", "as they should")
}

// True against predicted on equal axes, with the figures in words.
func TestObservedAgainstPredicted(t *testing.T) {
	in := numberInput(60, 2)
	s := sceneOf(t, in)
	p := charts(t, s, observed)
	c := p.specs[0]
	if c.X != c.Y || c.Guides[0].X[0] != c.Guides[0].Y[0] || c.Guides[0].X[1] != c.X[1] {
		t.Errorf("got axes %v and %v, want equal ones with the diagonal", c.X, c.Y)
	}
	var sse, sst, bias, my float64
	for i, y := range in.Y {
		if c.Marks[0].X[i] != in.Predictions[i].Mean || c.Marks[0].Y[i] != y {
			t.Errorf("row %d lies at (%v, %v)", i, c.Marks[0].X[i], c.Marks[0].Y[i])
		}
		if y < c.Y[0] || y > c.Y[1] || in.Predictions[i].Mean < c.X[0] || in.Predictions[i].Mean > c.X[1] {
			t.Errorf("row %d lies outside", i)
		}
		my += y / 60
		bias += (y - in.Predictions[i].Mean) / 60
	}
	for i, y := range in.Y {
		sse += math.Pow(y-in.Predictions[i].Mean, 2)
		sst += math.Pow(y-my, 2)
	}
	r2, ok := s.explained()
	near(t, "R²", r2, 1-sse/sst, 1e-12)
	if !ok {
		t.Error("no R²")
	}
	says(t, p.caption, "error is "+short(math.Sqrt(sse/60)), "predicted) "+short(bias), "R² is "+short(r2))
}

func TestNoVarianceNoRSquared(t *testing.T) {
	in := numberInput(4, 2)
	for i := range in.Y {
		in.Y[i] = 3
	}
	if _, ok := sceneOf(t, in).explained(); ok {
		t.Error("R² of targets that are all equal")
	}
	if _, ok := sceneOf(t, numberInput(1, 1)).explained(); ok {
		t.Error("R² of one row")
	}
	in = numberInput(4, 2)
	for i := range in.Y {
		in.Predictions[i], in.Y[i] = normal(7, 1, 1), 7
	}
	c := charts(t, sceneOf(t, in), observed).specs[0]
	if !(c.X[0] < 7 && 7 < c.X[1]) {
		t.Errorf("one value: got range %v, want room around 7", c.X)
	}
}
