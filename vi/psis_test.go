package vi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi"
)

// ratiosOf repeats the log-ratios of testdata/psis.py.
func ratiosOf(kind string, s int) []float64 {
	out := make([]float64, s)
	for i := range out {
		p := (float64(i) + .5) / float64(s)
		switch kind {
		case "pareto .3":
			out[i] = -.3 * math.Log1p(-p)
		case "pareto .9":
			out[i] = -.9 * math.Log1p(-p)
		case "uniform":
			out[i] = math.Log(p)
		case "logistic":
			out[i] = 2 * math.Log(p/(1-p))
		case "shifted logistic":
			out[i] = 300 + .4*math.Log(p/(1-p))
		}
	}
	return out
}

// TestSmoothingMatchesAnotherImplementation: arviz-stats on tails light and heavy.
func TestSmoothingMatchesAnotherImplementation(t *testing.T) {
	raw, err := os.ReadFile("testdata/psis.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Kind     string
		S        int
		K        float64
		Largest  []float64
		Smallest float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 15 {
		t.Fatalf("got %d cases, want 15", len(cases))
	}
	for _, c := range cases {
		name := fmt.Sprintf("%s, %d ratios", c.Kind, c.S)
		lw, k := vi.PSIS(ratiosOf(c.Kind, c.S))
		tk.Close(t, name+": k̂", k, c.K, 1e-9)
		tk.Close(t, name+": smallest", lw[0], c.Smallest, 1e-9)
		for i, want := range c.Largest {
			tk.Close(t, name+": largest", lw[c.S-3+i], want, 1e-9)
		}
	}
}

// TestShapeOfExactParetoDraws: ratios whose tail is a generalised Pareto distribution of shape k;
// the posterior standard deviation of k at 300 tail draws is (1+k)/√300 ≤ .12, so that 4.5 of them
// fail with probability 1e-5.
func TestShapeOfExactParetoDraws(t *testing.T) {
	for i, k := range []float64{.1, .3, .5, .7, 1} {
		u := make([]float32, 10000)
		rng.New(uint64(40 + i)).Uniform(u)
		ratios := make([]float64, len(u))
		for j, v := range u {
			// x = ((1−p)^−k − 1)/k + 1/k is Pareto of index 1/k: its tail beyond any cut has shape k.
			ratios[j] = -k * math.Log1p(-float64(v))
		}
		_, got := vi.PSIS(ratios)
		if limit := 4.5 * (1 + k) / math.Sqrt(300); math.Abs(got-k) > limit {
			t.Errorf("k = %v: got %.3f, want it within %.3f", k, got, limit)
		}
	}
}

func TestWeightsSumToOneAndKeepTheirOrder(t *testing.T) {
	x := make([]float64, 2000)
	rng.New(8).NormalFloat64(x)
	for i := range x {
		x[i] = 3*x[i] + 700 // e^700 overflows when squared
	}
	before := append([]float64(nil), x...)
	lw, k := vi.PSIS(x)
	sum := 0.
	for i, v := range lw {
		sum += math.Exp(v)
		if x[i] != before[i] {
			t.Fatal("the ratios have been changed in place")
		}
		for j := range i {
			if x[i] > x[j] && lw[i] < lw[j] {
				t.Fatalf("ratios %v > %v got weights %v < %v", x[i], x[j], v, lw[j])
			}
		}
	}
	tk.Close(t, "Σw", sum, 1, 1e-12)
	if !(k > .5) {
		t.Errorf("k̂ of log-normal ratios with σ = 3: got %v, want above .5", k)
	}
}

// TestSmoothedEvidence: ∫p for p = N(0, 1) and q = N(0, 1.5²), exact 1.
func TestSmoothedEvidence(t *testing.T) {
	eps := make([]float64, 4000)
	rng.New(9).NormalFloat64(eps)
	ratios := make([]float64, len(eps))
	for i, e := range eps {
		u := 1.5 * e
		ratios[i] = -.5*u*u + .5*e*e + math.Log(1.5)
	}
	lw, k := vi.PSIS(ratios)
	// Var(p/q)/4000 = (1.5²/√(2·1.5²−1) − 1)/4000: .0086 standard error, five of them.
	if got := vi.LogMeanRatio(ratios, lw); math.Abs(got) > 5*.0086 || k > .5 {
		t.Errorf("got ln ∫p = %.4f with k̂ %.2f, want 0 within .043 and k̂ below .5", got, k)
	}
}

func TestTailsThatCannotBeFitted(t *testing.T) {
	inf := math.Inf(1)
	constant := make([]float64, 100)
	impossible := make([]float64, 100)
	nan, huge, few := make([]float64, 100), make([]float64, 100), make([]float64, 20)
	for i := range 100 {
		constant[i], impossible[i], nan[i], huge[i] = 5, -inf, float64(i%7), float64(i%7)
	}
	nan[3], huge[3] = math.NaN(), inf
	for _, c := range []struct {
		name   string
		ratios []float64
		k      float64
	}{{"constant", constant, 0}, {"all zero", impossible, inf}, {"one NaN", nan, inf}, {"one infinite", huge, inf}, {"few", few, inf}} {
		lw, k := vi.PSIS(c.ratios)
		if k != c.k {
			t.Errorf("%s: k̂: got %v, want %v", c.name, k, c.k)
		}
		sum := 0.
		for _, v := range lw {
			sum += math.Exp(v)
		}
		tk.Close(t, c.name+": Σw", sum, 1, 1e-12)
		if v := lw[3]; (c.name == "one NaN" || c.name == "one infinite") && !math.IsInf(v, -1) {
			t.Errorf("%s: weight of the broken ratio: got %v, want 0", c.name, math.Exp(v))
		}
	}
	if got := vi.LogMeanRatio(impossible, impossible); !math.IsInf(got, -1) {
		t.Errorf("evidence of impossible draws: got %v, want −∞", got)
	}
	ties := make([]float64, 1000) // more than half of the tail is tied with the cut
	for i := range 10 {
		ties[i] = float64(i)
	}
	if _, k := vi.PSIS(ties); math.IsNaN(k) {
		t.Error("tied ratios: k̂ is NaN")
	}
}

func TestVerdictsNameTheirLimits(t *testing.T) {
	for _, c := range []struct {
		k    float64
		want string
	}{{.2, "good"}, {-.4, "good"}, {.5, "good"}, {.6, "usable"}, {.7, "usable"}, {.71, "do not trust"}, {1.2, "above 1"}, {math.Inf(1), "do not trust"}, {math.NaN(), "do not trust"}} {
		if v := vi.Verdict(c.k); !strings.Contains(v, c.want) || c.k > vi.TrustLimit != strings.Contains(v, "do not trust") && !math.IsNaN(c.k) {
			t.Errorf("k̂ = %v: got %q, want it to say %q", c.k, v, c.want)
		}
	}
}

// TestStandardErrorOfTheShapeIsItsScatter: 300 samples of exact Pareto ratios. The standard deviation
// of 300 normal numbers has a relative error of 4.1 %; four of these and the order 1/√M that the
// formula leaves out, .07, make .24.
func TestStandardErrorOfTheShapeIsItsScatter(t *testing.T) {
	for _, k := range []float64{.3, .7} {
		got := make([]float64, 300)
		for r := range got {
			u := make([]float32, 4000)
			rng.New(uint64(1000 + r)).Uniform(u)
			ratios := make([]float64, len(u))
			for j, v := range u {
				ratios[j] = -k * math.Log1p(-float64(v))
			}
			_, got[r] = vi.PSIS(ratios)
		}
		_, variance, _ := tk.Moments(got)
		want := vi.KStdErr(k, 4000)
		if ratio := math.Sqrt(variance) / want; math.Abs(ratio-1) > .24 {
			t.Errorf("k = %v: scatter of k̂: got %.4f, want %.4f within .24", k, math.Sqrt(variance), want)
		}
	}
	for _, v := range []float64{vi.KStdErr(.5, 20), vi.KStdErr(math.NaN(), 4000), vi.KStdErr(math.Inf(1), 4000)} {
		if !math.IsNaN(v) {
			t.Errorf("standard error without a tail: got %v, want NaN", v)
		}
	}
}

func TestLimitOfTheShapeGrowsWithTheDraws(t *testing.T) {
	for s, want := range map[int]float64{1: 0, 10: 0, 100: .5, 1000: 2. / 3, 2154: .7, 100000: .7} {
		tk.Close(t, fmt.Sprintf("limit at %d draws", s), vi.KLimit(s), want, 1e-4)
	}
}
