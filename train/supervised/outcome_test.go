package supervised

import (
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// class is a prediction of probabilities.
func class(probs ...float64) bnn.Prediction {
	best, entropy := 0, 0.
	for k, p := range probs {
		if p > probs[best] {
			best = k
		}
		if p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return bnn.Prediction{Mean: float64(best), SD: entropy, Aleatoric: entropy, Probs: probs}
}

func TestFiguresOfClassesAreTheirDefinitions(t *testing.T) {
	ps := []bnn.Prediction{class(.9, .1), class(.2, .8), class(.6, .4), class(.3, .7)}
	y := []float64{0, 1, 1, 1} // the third is wrong
	c := Calibration{Temperature: 1}
	k, err := judgeClasses(ps, y, c)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "error", k.Error, .25, 1e-15)
	near(t, "NLL", k.NLL, -(math.Log(.9)+math.Log(.8)+math.Log(.4)+math.Log(.7))/4, 1e-12)
	near(t, "Brier", k.Brier, 2*(.01+.04+.36+.09)/4, 1e-12)
	near(t, "NLL at temperature 1", k.NLLAfter, k.NLL, 1e-12)
	c.Temperature = 2 // p² ∝ at 1/2: √p over the sum of roots
	k, err = judgeClasses(ps, y, c)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.
	for _, p := range []float64{.9, .8, .4, .7} {
		want -= math.Log(math.Sqrt(p)/(math.Sqrt(p)+math.Sqrt(1-p))) / 4
	}
	near(t, "NLL at temperature 2", k.NLLAfter, want, 1e-12)
	tab := &Table{Classes: []string{"a", "b"}, Train: Part{Y: []float64{0, 0, 1}}, Test: Part{Y: y}}
	near(t, "error of the most frequent class", tab.frequentError(), .75, 1e-15)
}

// A class that got probability 0 costs much, and leaves figures that JSON can hold.
func TestAnImpossibleClassHasAFiniteCost(t *testing.T) {
	k, err := judgeClasses([]bnn.Prediction{class(1, 0)}, []float64{1}, Calibration{Temperature: 1})
	if err != nil || math.IsInf(k.NLL, 0) || k.NLL < 700 || k.Error != 1 {
		t.Errorf("got %+v (%v)", k, err)
	}
}

// The temperature is that of the least negative log-likelihood on the validation rows.
func TestCalibrationFindsTheTemperature(t *testing.T) {
	var ps []bnn.Prediction
	var y []float64
	for i := range 100 { // confidence .99, right for 80 of 100
		ps, y = append(ps, class(.99, .01)), append(y, float64(b2i(i%5 == 0)))
	}
	c, err := calibrate(ps, y, true)
	if err != nil || c.Rows != 100 {
		t.Fatal(err)
	}
	near(t, "calibrated probability", c.Tempered(ps[0].Probs)[0], .8, 1e-9)
	if _, err := c.Scale(.9); err == nil || !strings.Contains(err.Error(), "got no scores") {
		t.Errorf("got %v", err)
	}
	if got := (Calibration{}).Tempered([]float64{.3, .7}); got[0] != .3 {
		t.Errorf("without a temperature: got %v", got)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Of n scores the scale at a level is the ⌈(n+1)·level⌉-th smallest.
func TestTheScaleIsAnOrderStatistic(t *testing.T) {
	var ps []bnn.Prediction
	var y []float64
	for i := range 19 {
		ps, y = append(ps, bnn.Prediction{Mean: 1, SD: 2}), append(y, 1+2*float64(i+1))
	}
	c, err := calibrate(ps, y, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct{ level, want float64 }{{.5, 10}, {.9, 18}, {.95, 19}} {
		if got, err := c.Scale(v.level); err != nil || got != v.want {
			t.Errorf("level %v: got %v, want %v (%v)", v.level, got, v.want, err)
		}
	}
	_, err = c.Scale(.99)
	says(t, err, "rows: got 19, want at least 99")
	lo, hi := Interval(ps[0], 3)
	if lo != -5 || hi != 7 {
		t.Errorf("got [%v, %v], want [-5, 7]", lo, hi)
	}
}

// The figures of numbers are those of package eval, and few validation rows leave a note.
func TestFiguresOfNumbersAreTheirDefinitions(t *testing.T) {
	r := start(t, tiny(numberColumns(t, 100), "y"))
	ps, err := r.Predict(t.Context(), r.Table.Test.X)
	if err != nil {
		t.Fatal(err)
	}
	n, lo, hi := r.Outcome.Numbers, []float64(nil), []float64(nil)
	var square, abs, logs, crps float64
	for i, p := range ps {
		e := r.Table.Test.Y[i] - p.Mean
		square, abs, logs, crps = square+e*e/10, abs+math.Abs(e)/10, logs+p.LogProb(r.Table.Test.Y[i])/10, crps+p.CRPS(r.Table.Test.Y[i])/10
		a, b := p.Interval(.8)
		lo, hi = append(lo, a), append(hi, b)
	}
	near(t, "RMSE", n.RMSE, math.Sqrt(square), 1e-12)
	near(t, "MAE", n.MAE, abs, 1e-12)
	near(t, "log-likelihood", n.LogLik, logs, 1e-12)
	near(t, "CRPS", n.CRPS, crps, 1e-12)
	c, err := eval.IntervalCoverage(lo, hi, r.Table.Test.Y)
	if err != nil || n.Coverage[1].Predicted != Share(c) {
		t.Errorf("got %+v, want %+v (%v)", n.Coverage[1].Predicted, c, err)
	}
	if last := n.Coverage[3]; last.Conformal != nil || !strings.Contains(last.Note, "rows: got 9, want at least 19") {
		t.Errorf("got %+v, want a note that nine rows are too few", last)
	}
	o, err := r.Judge(ps[:1], r.Table.Test.Y[:1])
	if err != nil || o.Rows != 1 || o.Numbers.LogLikStdErr != 0 {
		t.Errorf("got %+v (%v)", o, err)
	}
}

func TestWarningsSayWhatToDo(t *testing.T) {
	share := func(level, lo, hi float64) Coverage {
		return Coverage{Level: level, Predicted: Share{Share: (lo + hi) / 2, Lo: lo, Hi: hi}}
	}
	for _, v := range []struct {
		n    Numbers
		want string
	}{
		{Numbers{RMSE: 1, MeanRMSE: 2, Coverage: []Coverage{share(.5, 0, .1), share(.9, .85, .95)}}, ""},
		{Numbers{RMSE: 2, MeanRMSE: 1}, "errors: RMSE 2 is above the 1 "},
		{Numbers{MeanRMSE: 1, Coverage: []Coverage{share(.9, .4, .6)}}, "calibration: intervals of 90 % hold 50.0 % of the test rows (40.0 to 60.0 at 95 %); `elbo predict` with --conformal"},
		{Numbers{MeanRMSE: 1, Coverage: []Coverage{share(.9, .92, 1)}}, "hold 96.0 %"},
	} {
		if got := strings.Join(v.n.warn(), "; "); (got == "") != (v.want == "") || !strings.Contains(got, v.want) {
			t.Errorf("got %q, want %q", got, v.want)
		}
	}
	for _, v := range []struct {
		c    Classes
		want string
	}{
		{Classes{Error: .1, MeanError: .5, NLL: .3, NLLAfter: .27}, ""},
		{Classes{Error: .5, MeanError: .5}, "errors: 50.0 % is no better"},
		{Classes{MeanError: .5, NLL: .4, NLLAfter: .3, Temperature: 2}, "temperature 2.000 takes 0.100 nats off the NLL; `elbo predict` with --tempered"},
	} {
		if got := strings.Join(v.c.warn(), "; "); (got == "") != (v.want == "") || !strings.Contains(got, v.want) {
			t.Errorf("got %q, want %q", got, v.want)
		}
	}
}
