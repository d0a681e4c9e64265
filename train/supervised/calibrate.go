package supervised

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
)

// Calibration is what the validation rows, which the fit has not seen, say about predictions.
type Calibration struct {
	Rows        int       `json:"rows"`                  // validation rows
	Scores      []float64 `json:"scores,omitempty"`      // |y − mean|/sd of numbers, by row
	Temperature float64   `json:"temperature,omitempty"` // of the classes' probabilities
}

// calibrate compares predictions of the validation rows with their targets.
func calibrate(ps []bnn.Prediction, y []float64, classes bool) (c Calibration, err error) {
	c.Rows = len(y)
	if !classes {
		for i, p := range ps {
			c.Scores = append(c.Scores, math.Abs(y[i]-p.Mean)/p.SD)
		}
		return c, nil
	}
	logits, labels := make([][]float64, len(ps)), make([]int, len(ps))
	for i, p := range ps {
		logits[i], labels[i] = logProbs(p.Probs), int(y[i])
	}
	c.Temperature, err = eval.Temperature(logits, labels)
	return c, err
}

// logProbs returns logarithms; those of 0 are that of the smallest normal float64, for a finite
// one is wanted.
func logProbs(probs []float64) []float64 {
	out := make([]float64, len(probs))
	for k, p := range probs {
		out[k] = math.Log(math.Max(p, 0x1p-1022))
	}
	return out
}

// Tempered returns the probabilities of classes at the temperature: p^(1/T), scaled to sum to 1.
func (c Calibration) Tempered(probs []float64) []float64 {
	if !(c.Temperature > 0) {
		return probs
	}
	return eval.Softmax(logProbs(probs), c.Temperature)
}

// Scale is the q for which mean ± q·sd holds a new target with at least the given probability,
// whatever its distribution, if it is exchangeable with the validation rows (Lei et al. 2018).
func (c Calibration) Scale(level float64) (float64, error) {
	if len(c.Scores) == 0 {
		return 0, fmt.Errorf("supervised: calibration: got no scores, want those of the validation rows of a regression")
	}
	zeros, ones := make([]float64, len(c.Scores)), make([]float64, len(c.Scores))
	for i := range ones {
		ones[i] = 1
	}
	return eval.ConformalScale(zeros, ones, c.Scores, level)
}

// Interval returns the interval of a number at the scale q.
func Interval(p bnn.Prediction, q float64) (lo, hi float64) { return p.Mean - q*p.SD, p.Mean + q*p.SD }
