package supervised

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// Levels are those at which the coverage of intervals is reported.
var Levels = []float64{.5, .8, .9, .95}

// Outcome is what a finished run reports about its test rows: one of Numbers and Classes.
type Outcome struct {
	Rows     int      `json:"rows"`              // test rows
	Numbers  *Numbers `json:"numbers,omitempty"` // of a target that is a number
	Classes  *Classes `json:"classes,omitempty"` // of a target that is a class
	Warnings []string `json:"warnings"`          // raised by the data or the figures
}

// Numbers are the figures of a regression, in the units of the target.
type Numbers struct {
	RMSE         float64    `json:"rmse"`            // root mean squared error of the predicted means
	MAE          float64    `json:"mae"`             // mean absolute error of the predicted means
	LogLik       float64    `json:"log_lik"`         // mean ln p(y|x), nats a row
	LogLikStdErr float64    `json:"log_lik_std_err"` // over rows
	CRPS         float64    `json:"crps"`            // mean continuous ranked probability score
	MeanRMSE     float64    `json:"mean_rmse"`       // RMSE of the training rows' mean, to compare with; 0 of other rows than the run's
	Coverage     []Coverage `json:"coverage"`        // by level
}

// Coverage is how many of the test rows lie in their intervals.
type Coverage struct {
	Level     float64 `json:"level"`               // wanted share
	Predicted Share   `json:"predicted"`           // of the predictive distribution's intervals
	Conformal *Share  `json:"conformal,omitempty"` // of those that the validation rows have scaled
	Scale     float64 `json:"scale,omitempty"`     // their half width in standard deviations
	Note      string  `json:"note,omitempty"`      // why there are none
}

// Share is an eval.Coverage.
type Share struct {
	Share float64 `json:"share"` // of the targets in their intervals
	Lo    float64 `json:"lo"`    // lower end of its 95 % confidence interval
	Hi    float64 `json:"hi"`    // upper end
	Width float64 `json:"width"` // mean width of the intervals, in the units of the target
	Count int     `json:"count"` // targets
}

// Classes are the figures of a classification. Those after the temperature have no bearing on the
// error.
type Classes struct {
	Error       float64 `json:"error"`       // share of wrong classes
	MeanError   float64 `json:"mean_error"`  // that of always naming the most frequent training class; 0 of other rows than the run's
	NLL         float64 `json:"nll"`         // mean −ln p(class), nats a row
	Brier       float64 `json:"brier"`       // mean Σ(p − 1{class})²
	ECE         float64 `json:"ece"`         // expected calibration error, 15 bins
	Temperature float64 `json:"temperature"` // that the validation rows ask for
	NLLAfter    float64 `json:"nll_after"`   // at the temperature
	BrierAfter  float64 `json:"brier_after"` // at the temperature
	ECEAfter    float64 `json:"ece_after"`   // at the temperature
	Entropy     float64 `json:"entropy"`     // mean entropy of the predictions, nats
	Information float64 `json:"information"` // mean mutual information of class and weights, nats
}

// judge compares predictions of the test rows with their targets.
func judge(ps []bnn.Prediction, t *Table, c Calibration) (o Outcome, err error) {
	o = Outcome{Rows: len(ps), Warnings: slices.Clone(t.Notes)}
	if t.Classes != nil {
		if o.Classes, err = judgeClasses(ps, t.Test.Y, c); err == nil {
			o.Classes.MeanError = t.frequentError()
			o.Warnings = append(o.Warnings, o.Classes.warn()...)
		}
		return o, err
	}
	o.Numbers, err = judgeNumbers(ps, t.Test.Y, c)
	if err != nil {
		return o, err
	}
	mean, _ := eval.MeanStdErr(t.Train.Y)
	for _, y := range t.Test.Y {
		o.Numbers.MeanRMSE += (y - mean) * (y - mean) / float64(len(ps))
	}
	o.Numbers.MeanRMSE = math.Sqrt(o.Numbers.MeanRMSE)
	o.Warnings = append(o.Warnings, o.Numbers.warn()...)
	return o, nil
}

// warn says what a user of the predictions has to know.
func (n *Numbers) warn() (out []string) {
	if n.RMSE > n.MeanRMSE {
		out = append(out, fmt.Sprintf("errors: RMSE %.4g is above the %.4g of the training rows' mean; try more epochs, or another method", n.RMSE, n.MeanRMSE))
	}
	for _, c := range n.Coverage {
		if p := c.Predicted; c.Level == .9 && (p.Hi < c.Level || p.Lo > c.Level) {
			out = append(out, fmt.Sprintf("calibration: intervals of 90 %% hold %.1f %% of the test rows (%.1f to %.1f at 95 %%); `elbo predict` with --conformal scales them", 100*p.Share, 100*p.Lo, 100*p.Hi))
		}
	}
	return out
}

// warn says what a user of the predictions has to know.
func (c *Classes) warn() (out []string) {
	if c.Error >= c.MeanError {
		out = append(out, fmt.Sprintf("errors: %.1f %% is no better than naming the most frequent class (%.1f %%); try more epochs, or another method", 100*c.Error, 100*c.MeanError))
	}
	if c.NLLAfter < c.NLL-.05 {
		out = append(out, fmt.Sprintf("calibration: temperature %.3f takes %.3f nats off the NLL; `elbo predict` with --tempered uses it", c.Temperature, c.NLL-c.NLLAfter))
	}
	return out
}

// Judge compares predictions of rows other than the run's with their targets.
func (r *Run) Judge(ps []bnn.Prediction, y []float64) (o Outcome, err error) {
	o.Rows = len(ps)
	if r.Net.Classes() > 0 {
		o.Classes, err = judgeClasses(ps, y, r.Calibration)
		return o, err
	}
	o.Numbers, err = judgeNumbers(ps, y, r.Calibration)
	return o, err
}

// judgeNumbers compares predictions of numbers with their targets.
func judgeNumbers(ps []bnn.Prediction, y []float64, c Calibration) (*Numbers, error) {
	out, logs := &Numbers{}, make([]float64, len(ps))
	for i, p := range ps {
		e := y[i] - p.Mean
		out.RMSE += e * e / float64(len(ps))
		out.MAE += math.Abs(e) / float64(len(ps))
		out.CRPS += p.CRPS(y[i]) / float64(len(ps))
		logs[i] = p.LogProb(y[i])
	}
	out.RMSE = math.Sqrt(out.RMSE)
	out.LogLik, out.LogLikStdErr = eval.MeanStdErr(logs)
	if len(ps) < 2 {
		out.LogLikStdErr = 0 // which is unknown; JSON has no NaN
	}
	for _, level := range Levels {
		v, err := cover(ps, y, c, level)
		if err != nil {
			return nil, err
		}
		out.Coverage = append(out.Coverage, v)
	}
	return out, nil
}

// cover measures the intervals of one level.
func cover(ps []bnn.Prediction, y []float64, c Calibration, level float64) (out Coverage, err error) {
	lo, hi := make([]float64, len(ps)), make([]float64, len(ps))
	for i, p := range ps {
		lo[i], hi[i] = p.Interval(level)
	}
	out.Level = level
	predicted, err := eval.IntervalCoverage(lo, hi, y)
	if err != nil {
		return out, err
	}
	out.Predicted = Share(predicted)
	if out.Scale, err = c.Scale(level); err != nil {
		out.Note = err.Error() // too few validation rows for the level
		return out, nil
	}
	for i, p := range ps {
		lo[i], hi[i] = Interval(p, out.Scale)
	}
	scaled, err := eval.IntervalCoverage(lo, hi, y)
	conformal := Share(scaled)
	out.Conformal = &conformal
	return out, err
}

// bins is the number of bins of the calibration error, as Guo et al. 2017 have it.
const bins = 15

// judgeClasses does it for classes.
func judgeClasses(ps []bnn.Prediction, y []float64, c Calibration) (*Classes, error) {
	out, labels := &Classes{Temperature: c.Temperature}, make([]int, len(ps))
	before, after := make([][]float64, len(ps)), make([][]float64, len(ps))
	for i, p := range ps {
		labels[i] = int(y[i])
		before[i], after[i] = floored(p.Probs), floored(c.Tempered(p.Probs))
		share := 1 / float64(len(ps))
		if int(p.Mean) != labels[i] {
			out.Error += share
		}
		out.Entropy += p.SD * share
		out.Information += p.Epistemic * share
	}
	for _, at := range []struct {
		probs           [][]float64
		nll, brier, ece *float64
	}{{before, &out.NLL, &out.Brier, &out.ECE}, {after, &out.NLLAfter, &out.BrierAfter, &out.ECEAfter}} {
		var err error
		if *at.nll, err = eval.ClassNLL(at.probs, labels); err != nil {
			return nil, err
		}
		if *at.brier, err = eval.Brier(at.probs, labels); err != nil {
			return nil, err
		}
		curve, err := eval.ReliabilityCurve(at.probs, labels, bins)
		if err != nil {
			return nil, err
		}
		*at.ece = curve.ECE
	}
	return out, nil
}

// frequentError is the share of test rows that are not of the most frequent training class.
func (t *Table) frequentError() (share float64) {
	counts := make([]int, len(t.Classes))
	for _, y := range t.Train.Y {
		counts[int(y)]++
	}
	frequent := slices.Index(counts, slices.Max(counts))
	for _, y := range t.Test.Y {
		if int(y) != frequent {
			share += 1 / float64(len(t.Test.Y))
		}
	}
	return share
}

// floored keeps probabilities off 0, so that a mean of −ln p is a number that JSON can hold.
func floored(probs []float64) []float64 {
	out := make([]float64, len(probs))
	for k, p := range probs {
		out[k] = math.Max(p, 0x1p-1022)
	}
	return out
}
