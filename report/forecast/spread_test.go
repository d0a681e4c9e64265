package forecast

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// Bins by hand: rows sorted by deviation, ten of ten rows.
func TestErrorsAreBinnedByDeviation(t *testing.T) {
	in := numberInput(100, 2)
	s := sceneOf(t, in)
	c, beyond, ence, err := s.errorChart()
	if err != nil {
		t.Fatal(err)
	}
	order := rising(s.sd)
	points := layer(t, c.Marks, "RMSE of a bin")
	if len(points.X) != 10 {
		t.Fatalf("got %d bins, want 10", len(points.X))
	}
	gap := 0.
	for b := range 10 {
		var va, se float64
		for _, i := range order[10*b : 10*b+10] {
			va += in.Predictions[i].SD * in.Predictions[i].SD / 10
			se += s.errors[i] * s.errors[i] / 10
		}
		near(t, "deviation", points.X[b], math.Sqrt(va), 1e-12)
		near(t, "RMSE", points.Y[b], math.Sqrt(se), 1e-12)
		gap += math.Abs(math.Sqrt(va)-math.Sqrt(se)) / math.Sqrt(va) / 10
	}
	near(t, "ENCE", ence, gap, 1e-12)
	dots := layer(t, c.Marks, "|error|")
	above := 0
	for i := range in.Y {
		near(t, "error", dots.Y[i], math.Abs(in.Y[i]-in.Predictions[i].Mean), 1e-12)
		near(t, "deviation of a row", dots.X[i], in.Predictions[i].SD, 0)
		if dots.Y[i] > c.Y[1] {
			above++
		}
	}
	if beyond != above || above > 2 {
		t.Errorf("got %d beyond the chart, want %d and at most 2", beyond, above)
	}
	if g := c.Guides[0]; g.X[0] != g.Y[0] || g.X[1] != g.Y[1] {
		t.Errorf("the ideal runs from (%v, %v) to (%v, %v)", g.X[0], g.Y[0], g.X[1], g.Y[1])
	}
}

// One row, equal deviations, deviations of 0 and an enormous error leave a chart.
func TestErrorChartsOfOddPredictions(t *testing.T) {
	for name, c := range map[string]struct {
		ps []bnn.Prediction
		y  []float64
	}{
		"one row":          {[]bnn.Prediction{normal(1, 2, 0)}, []float64{3}},
		"equal":            {slices.Repeat([]bnn.Prediction{normal(1, 2, 0)}, 40), make([]float64, 40)},
		"certain":          {slices.Repeat([]bnn.Prediction{normal(1, 0, 0)}, 40), make([]float64, 40)},
		"certain of all":   {slices.Repeat([]bnn.Prediction{normal(0, 0, 0)}, 40), make([]float64, 40)},
		"one far off":      {slices.Repeat([]bnn.Prediction{normal(1, 2, 0)}, 200), append(make([]float64, 199), 1e9)},
		"of all sizes":     {[]bnn.Prediction{normal(0, 1e-9, 0), normal(0, 1, 0), normal(0, 1e12, 0)}, make([]float64, 3)},
		"of huge targets":  {[]bnn.Prediction{normal(-1e150, 1e149, 0), normal(1e150, 1e148, 9e149)}, []float64{1e150, -1e150}},
		"of tiny ones too": {[]bnn.Prediction{normal(1e-12, 1e-13, 0), normal(2e-12, 1e-13, 0)}, []float64{1.1e-12, 2e-12}},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "of huge targets" && name != "certain of all" {
				t.Skip("five pictures take a second")
			}
			dir, names := written(t, Input{Predictions: c.ps, Y: c.y})
			want := []string{"intervals.png", "observed.png", "calibration.png", "errors.png", "sources.png"}
			if !slices.Equal(names, want) {
				t.Errorf("got %v, want %v", names, want)
			}
			for _, n := range names {
				decoded(t, dir, n)
			}
		})
	}
}

// Sharpness counts deviations; the bins hold all of them.
func TestSharpnessCountsDeviations(t *testing.T) {
	s := sceneOf(t, numberInput(90, 2))
	c := s.sharpnessChart()
	b := c.Bars[0]
	sum := 0.
	for k, h := range b.Heights {
		count := 0
		for _, v := range s.sd {
			if v >= b.Edges[k] && (v < b.Edges[k+1] || k == len(b.Heights)-1) {
				count++
			}
		}
		near(t, "share", h, 100*float64(count)/90, 1e-9)
		sum += h
	}
	near(t, "all", sum, 100, 1e-9)
	near(t, "middle", c.Guides[0].X[0], rms(s.sd), 0)
}

func TestEdgesHoldTheirValues(t *testing.T) {
	for _, v := range [][]float64{{1}, {0, 0}, {-3, -3}, {1, 2}, {1e-9, 1e9}, {5, 5 + 1e-12}, {-1, 4, 4, 4, 2}} {
		e := edges(v, 20, 20)
		if e[0] > slices.Min(v) || e[len(e)-1] < slices.Max(v) || !slices.IsSorted(e) || e[0] == e[1] || len(e) > 21 {
			t.Errorf("%v: got %v", v, e)
		}
		n := 0.
		for _, h := range histogram(v, e, 1).Heights {
			n += h
		}
		if n != float64(len(v)) {
			t.Errorf("%v: %v of %d values in bins", v, n, len(v))
		}
	}
}

// The share is that of the variances, drawn by rising share, and the two areas fill the chart.
func TestSourcesShareTheVariance(t *testing.T) {
	in := numberInput(120, 2)
	s := sceneOf(t, in)
	p := charts(t, s, sources)
	low, high := layer(t, p.specs[0].Areas, "epistemic"), layer(t, p.specs[0].Areas, "aleatoric")
	var want []float64
	for _, q := range in.Predictions {
		want = append(want, 100*q.Epistemic*q.Epistemic/(q.SD*q.SD))
	}
	slices.Sort(want)
	for k, v := range want {
		near(t, "epistemic share", low.Hi[k], v, 1e-9)
		near(t, "bottom", low.Lo[k], 0, 0)
		near(t, "border", high.Lo[k], low.Hi[k], 0)
		near(t, "top", high.Hi[k], 100, 0)
	}
	dots := p.specs[1].Marks[0]
	for i, q := range in.Predictions {
		if dots.X[i] != q.Aleatoric || dots.Y[i] != q.Epistemic {
			t.Errorf("row %d lies at (%v, %v)", i, dots.X[i], dots.Y[i])
		}
	}
	near(t, "ends", low.X[0]+low.X[len(low.X)-1], 100, 1e-9)
	says(t, p.caption, "On average "+percent(mean(want)/100), "more rows like this one")
	if x := p.specs[1].X; x != p.specs[1].Y {
		t.Errorf("the deviations have axes %v and %v", x, p.specs[1].Y)
	}
}

func TestSharesOfCertainAndSingleRows(t *testing.T) {
	s := sceneOf(t, Input{Predictions: []bnn.Prediction{normal(1, 0, 0)}, Y: []float64{1}})
	if got := s.shares(); got[0] != 0 {
		t.Errorf("a certain row has an epistemic share of %v", got[0])
	}
	a := charts(t, s, sources).specs[0].Areas[0]
	if len(a.X) != 2 || a.X[0] != 0 || a.X[1] != 100 {
		t.Errorf("one row: got an area over %v", a.X)
	}
	big := charts(t, sceneOf(t, numberInput(30_000, 1)), sources)
	if n, m := len(big.specs[0].Areas[0].X), len(big.specs[1].Marks[0].X); n != shareRows || m != scatterRows {
		t.Errorf("30,000 rows: got %d places and %d marks", n, m)
	}
}

// The chart agrees with eval on what it takes from there.
func TestBinsAreThoseOfEval(t *testing.T) {
	s := sceneOf(t, numberInput(37, 1))
	bins, _, err := eval.SpreadSkill(s.sd, s.errors, 3)
	if err != nil {
		t.Fatal(err)
	}
	c, _, _, err := s.errorChart()
	if err != nil {
		t.Fatal(err)
	}
	points := layer(t, c.Marks, "RMSE of a bin")
	for k, b := range bins {
		if points.Lo[k] != b.Lo || points.Hi[k] != b.Hi || points.Y[k] != b.RMSE {
			t.Errorf("bin %d: got %v in [%v, %v], want %+v", k, points.Y[k], points.Lo[k], points.Hi[k], b)
		}
	}
}
