package forecast

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/bnn"
)

// Of an additive prediction the curve of a column is its own term up to a constant; the columns
// come by effect, with the epistemic deviation averaged.
func TestPartialDependenceOfAnAdditivePrediction(t *testing.T) {
	in := numberInput(200, 5)
	s := sceneOf(t, in)
	curves, others, err := s.influential()
	if err != nil || len(curves) != shownColumns || others != 1 {
		t.Fatalf("got %d curves and %d others (%v)", len(curves), others, err)
	}
	slopes := []float64{3, -1, .2, 0, 0}
	rows := s.some("averaged", averagedRows)
	for k, c := range curves {
		if k < 3 && c.column != k {
			t.Errorf("place %d: column %d, want the columns by effect", k, c.column)
		}
		for i := 1; i < len(c.at); i++ {
			near(t, fmt.Sprintf("slope of column %d", c.column), (c.mean[i]-c.mean[i-1])/(c.at[i]-c.at[i-1]), slopes[c.column], 1e-5)
		}
		for i, v := range c.at {
			var m, e float64
			var each []float64
			for _, r := range rows {
				row := slices.Clone(in.X[r])
				row[c.column] = float32(v)
				p := linear(row)
				m, e = m+p.Mean/float64(len(rows)), e+p.Epistemic/float64(len(rows))
				each = append(each, p.Mean)
			}
			near(t, "average", c.mean[i], m, 1e-9)
			near(t, "epistemic", c.epistemic[i], e, 1e-9)
			inside := 0
			for _, v := range each {
				if c.lo[i] <= v && v <= c.hi[i] {
					inside++
				}
			}
			if inside != 24 { // of 30
				t.Errorf("column %d at %v: the band holds %d of %d rows, want the middle 80 %%", c.column, v, inside, len(rows))
			}
		}
	}
}

// The rows that are predicted are bounded whatever the table.
func TestAskingIsBounded(t *testing.T) {
	for _, c := range [][2]int{{1, 2}, {3, 4}, {40, 5}, {200, 24}, {300, 150}, {2000, 3}} {
		asked := 0
		in := numberInput(c[0], c[1])
		in.At = predictor(linear, &asked)
		if s := sceneOf(t, in); hasColumns(s) {
			charts(t, s, dependence)
		}
		if asked > triedColumns*triedPoints*triedRows+shownColumns*curveValues*averagedRows {
			t.Errorf("%v rows and columns: %d rows asked", c, asked)
		}
	}
}

// Of many columns those that correlate are tried.
func TestOfManyColumnsTheCorrelatedAreTried(t *testing.T) {
	in := numberInput(300, 100)
	weight := func(row []float32) bnn.Prediction { return normal(5*float64(row[77])-2*float64(row[31]), 1, .1) }
	for i := range in.X {
		in.Predictions[i] = weight(in.X[i])
	}
	in.At = predictor(weight, nil)
	s := sceneOf(t, in)
	curves, _, err := s.influential()
	if err != nil || curves[0].column != 77 || curves[1].column != 31 {
		t.Errorf("got columns %d and %d (%v), want 77 and 31", curves[0].column, curves[1].column, err)
	}
	if got := s.correlated(s.varying(), triedColumns); len(got) != triedColumns || got[0] != 77 || got[1] != 31 {
		t.Errorf("got %v, want 24 from 77 and 31 on", got)
	}
}

// Columns that never change are left out; without another there is no picture.
func TestConstantColumnsAreLeftOut(t *testing.T) {
	in := numberInput(30, 3)
	for i := range in.X {
		in.X[i][0], in.X[i][2] = 4, -1
	}
	s := sceneOf(t, in)
	if got := s.varying(); !slices.Equal(got, []int{1}) {
		t.Errorf("got %v, want column 1", got)
	}
	for i := range in.X {
		in.X[i][1] = 0
	}
	if hasColumns(sceneOf(t, in)) {
		t.Error("a picture of columns that never change")
	}
	in = numberInput(30, 3)
	in.At = nil
	if hasColumns(sceneOf(t, in)) {
		t.Error("a picture without a function")
	}
}

// Few values are tried one by one, many along the inner 98 %, and outliers alone not at all.
func TestPlacesOfAColumn(t *testing.T) {
	for _, c := range []struct {
		name   string
		column []float64
		most   int
		want   []float64
	}{
		{"two values", []float64{1, 0, 1, 1, 0}, 25, []float64{0, 1}},
		{"more than asked for", []float64{1, 2, 3, 4, 5, 6, 7}, 3, []float64{1.06, 4, 6.94}},
		{"one outlier", append(make([]float64, 3000), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), 2, []float64{0, 13}},
	} {
		got, err := places(c.column, c.most)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("%s: got %v (%v), want %v", c.name, got, err, c.want)
		}
		for k, v := range c.want {
			near(t, c.name, got[k], v, 1e-12)
		}
	}
	long := make([]float64, 1001)
	for i := range long {
		long[i] = float64(i)
	}
	got, err := places(long, 25)
	if err != nil || len(got) != 25 || math.Abs(got[0]-10) > 1e-9 || math.Abs(got[24]-990) > 1e-9 {
		t.Errorf("got %v (%v), want 25 places from 10 to 990", got, err)
	}
}

// The picture has a chart a column on one scale, with deciles and a caption.
func TestDependenceChartsShareTheirScale(t *testing.T) {
	in := numberInput(100, 3)
	for i := range in.X {
		in.X[i][1] = float32(i % 3)
	}
	p := charts(t, sceneOf(t, in), dependence)
	if len(p.specs) != 3 {
		t.Fatalf("got %d charts, want 3", len(p.specs))
	}
	for _, c := range p.specs {
		if c.Y != p.specs[0].Y || len(c.Rug) != rugQuantiles || c.YLabel != "predicted price ($)" {
			t.Errorf("%s: range %v, %d deciles, label %q", c.Title, c.Y, len(c.Rug), c.YLabel)
		}
		if dotted := len(c.Marks) > 0; dotted != (c.XLabel == "c1") {
			t.Errorf("%s: dots %v, want them for the column of three values alone", c.Title, dotted)
		}
	}
	says(t, p.caption, "30 test rows", "epistemic", "middle 80 %", "deciles", "may not exist")
	if x := p.specs[0].XLabel; x != "c0" {
		t.Errorf("the first chart is of %s, want the column of the largest effect", x)
	}
}
