package vi_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

func sumOf(logW ...float64) *vi.ImportanceSum {
	var s vi.ImportanceSum
	for _, w := range logW {
		s.Add(w)
	}
	return &s
}

// naive is the log-sum-exp over all weights at once.
func naive(logW []float64) float64 {
	top := math.Inf(-1)
	for _, w := range logW {
		top = math.Max(top, w)
	}
	sum := 0.
	for _, w := range logW {
		sum += math.Exp(w - top)
	}
	return top + math.Log(sum/float64(len(logW)))
}

func TestStreamedEvidenceEqualsLogSumExp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.SampledFrom([]float64{1, 100, 1e4}).Draw(t, "scale")
		w := rapid.SliceOfN(rapid.Float64Range(-scale, scale), 1, 60).Draw(t, "weights")
		s := sumOf(w...)
		if got, want := s.LogEvidence(), naive(w); math.Abs(got-want) > 1e-12*math.Max(1, math.Abs(want)) {
			t.Fatalf("ln mean of weights: got %v, want %v", got, want)
		}
		if k := float64(len(w)); s.K() != len(w) || s.ESS() < 1-1e-12 || s.ESS() > k*(1+1e-12) {
			t.Fatalf("effective sample size: got %v, want 1 to %v", s.ESS(), k)
		}
	})
}

func TestExtremeWeightsStayFinite(t *testing.T) {
	inf := math.Inf(-1)
	for _, c := range []struct {
		w         []float64
		want, ess float64
	}{
		{[]float64{1e4, 1e4}, 1e4, 2},
		{[]float64{-1e4, -1e4, -1e4}, -1e4, 3},
		{[]float64{-1e4, 1e4}, 1e4 - math.Ln2, 1},
		{[]float64{1e4, -1e4}, 1e4 - math.Ln2, 1},
		{[]float64{inf, 0}, -math.Ln2, 1},
		{[]float64{0, inf, 0, inf}, -math.Ln2, 2},
		{[]float64{-3}, -3, 1},
	} {
		s := sumOf(c.w...)
		tk.Close(t, "ln p", s.LogEvidence(), c.want, 1e-14)
		tk.Close(t, "effective sample size", s.ESS(), c.ess, 1e-14)
		if se := s.StdErr(); math.IsNaN(se) || se < 0 {
			t.Errorf("%v: standard error: got %v", c.w, se)
		}
	}
	if s := sumOf(inf, inf); !math.IsInf(s.LogEvidence(), -1) || s.ESS() != 0 || s.StdErr() != 0 {
		t.Errorf("weights of 0: got ln p %v with effective size %v", s.LogEvidence(), s.ESS())
	}
	if s := sumOf(0, math.NaN(), 0); !math.IsNaN(s.LogEvidence()) {
		t.Errorf("a weight that is no number: got %v, want NaN", s.LogEvidence())
	}
}

// TestStandardErrorOfEvidenceIsCalibrated: over 2,000 repetitions with log-normal weights the
// spread of ln p̂ is the mean reported error within 10 %.
func TestStandardErrorOfEvidenceIsCalibrated(t *testing.T) {
	const reps, k, sd = 2000, 200, .5
	var est []float64
	reported := 0.
	for r := range reps {
		w := make([]float64, k)
		rng.New(9).At(uint64(r)).NormalFloat64(w)
		var s vi.ImportanceSum
		for _, v := range w {
			s.Add(sd * v)
		}
		est = append(est, s.LogEvidence())
		reported += s.StdErr() / reps
	}
	mean, variance, _ := tk.Moments(est)
	if spread := math.Sqrt(variance); math.Abs(reported/spread-1) > .1 {
		t.Errorf("reported error: got %v, spread %v", reported, spread)
	}
	tk.Close(t, "ln E[w] = sd²/2", mean, sd*sd/2, 5e-3)
}

func TestImportanceSummary(t *testing.T) {
	a, b := sumOf(0, 0, 0, 0), sumOf(math.Log(3), math.Log(1), math.Log(3), math.Log(1))
	r := vi.SummarizeImportance([]vi.ImportanceSum{*a, *b})
	tk.Close(t, "NLL", r.NLL, -math.Ln2/2, 1e-14)
	tk.Close(t, "mean effective size", r.ESS, (4+64./20)/2, 1e-14)
	tk.Close(t, "least effective size", r.MinESS, 3.2, 1e-14)
	// Datum b: weights 3, 1, 3, 1 have mean 2 and variance 4/3, so its error is √(4/3)/(2·2).
	tk.Close(t, "Monte-Carlo error", r.StdErr, math.Sqrt(4./3)/4/2, 1e-14)
	tk.Close(t, "error over data", r.DataStdErr, math.Ln2/2, 1e-14)
	if r.K != 4 || r.N != 2 {
		t.Errorf("got K %d and N %d, want 4 and 2", r.K, r.N)
	}
	if r := vi.SummarizeImportance(nil); r.N != 0 || r.MinESS != 0 || r.NLL != 0 {
		t.Errorf("no data: got %+v, want zeros", r)
	}
}
