package bnn

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// mixture returns the prediction of draws.
func mixture(pairs ...float64) (p Prediction) {
	for i := 0; i < len(pairs); i += 2 {
		p.addNormal(pairs[i], pairs[i+1])
	}
	p.summarize()
	return p
}

// classes returns the prediction of draws with probabilities.
func classes(rows ...[]float64) (p Prediction) {
	for _, row := range rows {
		logits := make([]float64, len(row))
		for k, v := range row {
			logits[k] = 7 + math.Log(v)
		}
		p.addClasses(logits)
	}
	p.summarize()
	return p
}

func TestQuantilesOfOneDrawAreThoseOfItsNormal(t *testing.T) {
	n := distuv.Normal{Mu: 3, Sigma: .2}
	p := mixture(3, .2)
	for _, q := range []float64{1e-12, .025, .3, .5, .9, 1 - 1e-6} {
		near(t, "quantile", p.Quantile(q), n.Quantile(q), 1e-10)
	}
	near(t, "log-density", p.LogProb(3.1), n.LogProb(3.1), 1e-12)
	lo, hi := p.Interval(.9)
	near(t, "interval", hi-lo, n.Quantile(.95)-n.Quantile(.05), 1e-12)
	for _, q := range []float64{0, 1, -1, math.NaN()} {
		if v := p.Quantile(q); !math.IsNaN(v) {
			t.Errorf("quantile %v: got %v, want NaN", q, v)
		}
	}
}

// Two draws that disagree: the density integrates to 1 and to the moments, the quantile inverts
// the distribution function, and the interval is not that of a normal of the same moments.
func TestPredictionsAreTheMixtureOfTheirDraws(t *testing.T) {
	p := mixture(-4, 1, 4, .5)
	moment := func(k float64) float64 {
		return tk.Integrate(func(y float64) float64 { return math.Pow(y, k) * math.Exp(p.LogProb(y)) }, -16, 12, 60)
	}
	near(t, "mass", moment(0), 1, 1e-12)
	near(t, "mean", p.Mean, moment(1), 1e-10)
	near(t, "variance", p.SD*p.SD, moment(2)-moment(1)*moment(1), 1e-9)
	near(t, "law of total variance", p.Epistemic*p.Epistemic+p.Aleatoric*p.Aleatoric, p.SD*p.SD, 1e-12)
	near(t, "epistemic", p.Epistemic, 4, 1e-12)
	near(t, "aleatoric", p.Aleatoric, math.Sqrt((1+.25)/2), 1e-12)
	for _, q := range []float64{.001, .2, .499, .6, .999} {
		near(t, "CDF of the quantile", p.CDF(p.Quantile(q)), q, 1e-12)
	}
	near(t, "CDF", p.CDF(1), tk.Integrate(func(y float64) float64 { return math.Exp(p.LogProb(y)) }, -16, 1, 60), 1e-12)
	if lo, _ := p.Interval(.9); math.Abs(lo-(p.Mean-1.6449*p.SD)) < .5 {
		t.Errorf("lower bound: got %v, want it away from the normal's %v", lo, p.Mean-1.6449*p.SD)
	}
	if p := mixture(0, 1e-3, 1e6, 1e-3); math.Abs(p.Quantile(.25)) > 1 {
		t.Errorf("quantile of draws far apart: got %v, want it near 0", p.Quantile(.25))
	}
}

// Draws that agree have no mutual information; draws that are sure of different classes have
// all of it, ln 2, and no entropy of their own.
func TestClassesSplitTheirEntropyByMutualInformation(t *testing.T) {
	agree := classes([]float64{.7, .2, .1}, []float64{.7, .2, .1})
	near(t, "entropy", agree.SD, -.7*math.Log(.7)-.2*math.Log(.2)-.1*math.Log(.1), 1e-14)
	near(t, "mutual information", agree.Epistemic, 0, 1e-14)
	near(t, "expected entropy", agree.Aleatoric, agree.SD, 1e-14)
	differ := classes([]float64{1 - 1e-15, 1e-15}, []float64{1e-15, 1 - 1e-15})
	near(t, "mutual information", differ.Epistemic, math.Ln2, 1e-12)
	near(t, "expected entropy", differ.Aleatoric, 0, 1e-12)
	p := classes([]float64{.6, .4, 0}, []float64{0, .5, .5})
	near(t, "class", p.Mean, 1, 0)
	near(t, "log-probability", p.LogProb(0), math.Log(.3), 1e-14)
	near(t, "CDF", p.CDF(1.5), .75, 1e-14)
	near(t, "quantile", p.Quantile(.8), 2, 0)
	near(t, "median", p.Quantile(.5), 1, 0)
	near(t, "sum", p.Epistemic+p.Aleatoric, p.SD, 1e-14)
	for _, y := range []float64{-1, 3, .5} {
		if v := p.LogProb(y); !math.IsInf(v, -1) {
			t.Errorf("log-probability of class %v: got %v, want −Inf", y, v)
		}
	}
}
