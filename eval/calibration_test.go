package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// calibrated returns n rows of two classes whose first has the probability p, uniform on (½, 1),
// and the label follows f(p).
func calibrated(n int, seed uint64, f func(p float64) float64) (probs [][]float64, labels []int) {
	r := rng.New(seed).Rand()
	for range n {
		p := .5 + .5*r.Float64()
		probs = append(probs, []float64{p, 1 - p})
		labels = append(labels, b2i(r.Float64() >= f(p)))
	}
	return probs, labels
}

// With N/15 rows a bin and no bias, the error is the mean of |N(0, p(1−p)/n_b)|: below .006 for
// 200,000 rows in 8 bins that are not empty (mean .0022, and .006 is many deviations away).
func TestECEOfCalibratedProbabilitiesGoesToZero(t *testing.T) {
	for i, n := range []int{2000, 200000} {
		probs, labels := calibrated(n, 1, func(p float64) float64 { return p })
		limit := []float64{.06, .006}[i]
		equal := must(ReliabilityCurve(probs, labels, 15))(t)
		adaptive := must(AdaptiveReliabilityCurve(probs, labels, 15))(t)
		if equal.ECE > limit || adaptive.ECE > limit {
			t.Errorf("%d rows: got %v and %v, want at most %v", n, equal.ECE, adaptive.ECE, limit)
		}
	}
}

// Where the accuracy is p − .2 throughout, the error is .2; where it is ½ + (p − ½)/2, it is the
// mean of (p − ½)/2 over p uniform on (½, 1), which is 1/8. Tolerance: four standard errors of
// a mean of 200,000 labels, .0045.
func TestECEOfBiasedProbabilitiesIsTheAnalyticValue(t *testing.T) {
	for _, c := range []struct {
		f    func(p float64) float64
		want float64
	}{{func(p float64) float64 { return p - .2 }, .2}, {func(p float64) float64 { return .5 + (p-.5)/2 }, .125}} {
		probs, labels := calibrated(200000, 2, c.f)
		near(t, "ECE", must(ReliabilityCurve(probs, labels, 15))(t).ECE, c.want, .0045)
		near(t, "adaptive ECE", must(AdaptiveReliabilityCurve(probs, labels, 15))(t).ECE, c.want, .0045)
	}
}

func TestReliabilityByHand(t *testing.T) {
	probs := [][]float64{{.9, .1}, {.2, .8}, {.6, .4}, {.55, .45}, {1, 0}}
	labels := []int{0, 0, 0, 1, 0}
	// Bins of width .25: (.5, .75] holds .6 and .55, one right; (.75, 1] holds .9, .8 and 1, two right.
	r := must(ReliabilityCurve(probs, labels, 4))(t)
	near(t, "ECE", r.ECE, 2./5*(.575-.5)+3./5*(.9-2./3), 1e-15)
	near(t, "MCE", r.MCE, .9-2./3, 1e-15)
	if r.Bins[0].Count != 0 || r.Bins[2].Count != 2 || r.Bins[3].Count != 3 || !math.IsNaN(r.Bins[1].Accuracy) {
		t.Errorf("got bins %+v", r.Bins)
	}
	near(t, "edge", r.Bins[3].Lo, .75, 0)
	a := must(AdaptiveReliabilityCurve(probs, labels, 2))(t) // .55 .6 | .8 .9 1
	near(t, "adaptive ECE", a.ECE, r.ECE, 1e-15)
	near(t, "adaptive bound", a.Bins[1].Lo, .8, 0)
	if many := must(AdaptiveReliabilityCurve(probs, labels, 50))(t); len(many.Bins) != 5 {
		t.Errorf("got %d bins for 5 rows", len(many.Bins))
	}
}

func TestBrierAndClassNLLByHand(t *testing.T) {
	probs := [][]float64{{.7, .2, .1}, {0, 1, 0}}
	near(t, "Brier", must(Brier(probs, []int{0, 1}))(t), (.09+.04+.01)/2, 1e-15)
	near(t, "Brier, worst", must(Brier(probs[1:], []int{0}))(t), 2, 0)
	even := [][]float64{{.25, .25, .25, .25}}
	near(t, "Brier, even", must(Brier(even, []int{2}))(t), .75, 1e-15)
	near(t, "NLL", must(ClassNLL(probs, []int{0, 1}))(t), -math.Log(.7)/2, 1e-15)
	near(t, "NLL, even", must(ClassNLL(even, []int{2}))(t), math.Log(4), 1e-15)
	if v := must(ClassNLL(probs[1:], []int{0}))(t); !math.IsInf(v, 1) {
		t.Errorf("NLL of an impossible label: got %v, want +Inf", v)
	}
}

func TestWrongProbabilitiesAreErrors(t *testing.T) {
	for _, c := range []struct {
		probs  [][]float64
		labels []int
		say    string
	}{
		{nil, nil, "lengths"}, {[][]float64{{.5, .5}}, []int{0, 1}, "lengths"},
		{[][]float64{{.5, .6}}, []int{0}, "sum to 1.1"}, {[][]float64{{-.5, 1.5}}, []int{0}, "class 0"},
		{[][]float64{{math.NaN(), 1}}, []int{0}, "NaN"}, {[][]float64{{.5, .5}}, []int{2}, "label"},
		{[][]float64{{.5, .5}, {1}}, []int{0, 0}, "row 1"}, {[][]float64{{1}}, []int{0}, "at least 2"},
	} {
		_, err := Brier(c.probs, c.labels)
		fails(t, err, c.say)
		_, err = ClassNLL(c.probs, c.labels)
		fails(t, err, c.say)
		_, err = ReliabilityCurve(c.probs, c.labels, 15)
		fails(t, err, c.say)
	}
	_, err := AdaptiveReliabilityCurve([][]float64{{.5, .5}}, []int{0}, 0)
	fails(t, err, "bins")
}

// Labels drawn from softmax(z) with logits 3z given: the best temperature is 3, within four
// standard errors of the estimate (its Fisher information gives .02 for 20,000 rows of these
// logits); calibration error falls with it.
func TestTemperatureUndoesAFactorOfTheLogits(t *testing.T) {
	r := rng.New(3).Rand()
	var logits [][]float64
	var labels []int
	for range 20000 {
		z := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		labels = append(labels, pick(r, Softmax(z, 1)))
		for k := range z {
			z[k] *= 3
		}
		logits = append(logits, z)
	}
	temperature := must(Temperature(logits, labels))(t)
	near(t, "temperature", temperature, 3, .12)
	var before, after [][]float64
	for _, z := range logits {
		before, after = append(before, Softmax(z, 1)), append(after, Softmax(z, temperature))
	}
	b := must(ReliabilityCurve(before, labels, 15))(t)
	a := must(ReliabilityCurve(after, labels, 15))(t)
	if b.ECE < .2 || a.ECE > .02 {
		t.Errorf("ECE: got %v before and %v after, want above .2 and below .02", b.ECE, a.ECE)
	}
}

// pick draws from probabilities.
func pick(r *rand.Rand, p []float64) int {
	u := r.Float64()
	for k, v := range p {
		if u -= v; u < 0 {
			return k
		}
	}
	return len(p) - 1
}

// Two rows with logits ±1 and one label in four against them: the optimum of n ln σ(1/T) + m
// ln σ(−1/T) is σ(1/T) = n/(n+m).
func TestTemperatureInClosedForm(t *testing.T) {
	logits := [][]float64{{.5, -.5}, {.5, -.5}, {.5, -.5}, {.5, -.5}}
	near(t, "temperature", must(Temperature(logits, []int{0, 0, 0, 1}))(t), 1/math.Log(3), 1e-12)
	near(t, "all right", must(Temperature(logits, []int{0, 0, 0, 0}))(t), 1e-3, 1e-15)
	near(t, "mostly wrong", must(Temperature(logits, []int{1, 1, 1, 0}))(t), 1e3, 1e-9)
	for _, c := range []struct {
		logits [][]float64
		labels []int
		say    string
	}{{nil, nil, "lengths"}, {logits[:1], []int{2}, "label"}, {[][]float64{{math.Inf(1), 0}}, []int{0}, "finite"}} {
		_, err := Temperature(c.logits, c.labels)
		fails(t, err, c.say)
	}
}
