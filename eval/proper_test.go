package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// A proper score is best, in expectation over the truth, for the truth itself. The expectations
// are exact: quadrature over y ~ N(1, 2²), sums over classes.
func TestScoresAreProper(t *testing.T) {
	crps := func(mu, sigma float64) float64 {
		return tk.Integrate(func(y float64) float64 {
			z := (y - 1) / 2
			return CRPSNormal(mu, sigma, y) * math.Exp(-z*z/2) / (2 * math.Sqrt(2*math.Pi))
		}, -20, 22, 40)
	}
	truth := crps(1, 2)
	near(t, "CRPS of the truth", truth, 2/math.Sqrt(math.Pi), 1e-9) // ½E|Y − Y′| = σ/√π
	for _, c := range [][2]float64{{1.2, 2}, {.8, 2}, {1, 2.3}, {1, 1.7}} {
		if v := crps(c[0], c[1]); v <= truth {
			t.Errorf("CRPS of N(%v, %v²): got %v, want it above %v", c[0], c[1], v, truth)
		}
	}
	p := []float64{.5, .3, .2}
	expect := func(q []float64, score func([][]float64, []int) (float64, error)) (sum float64) {
		for k, weight := range p {
			sum += weight * must(score([][]float64{q}, []int{k}))(t)
		}
		return sum
	}
	for name, score := range map[string]func([][]float64, []int) (float64, error){"Brier": Brier, "ClassNLL": ClassNLL} {
		best := expect(p, score)
		for _, q := range [][]float64{{.6, .25, .15}, {.4, .4, .2}, {1. / 3, 1. / 3, 1. / 3}, {.5, .25, .25}} {
			if v := expect(q, score); v <= best {
				t.Errorf("%s of %v: got %v, want it above %v of the truth", name, q, v, best)
			}
		}
	}
	near(t, "Brier of the truth", expect(p, Brier), 1-.25-.09-.04, 1e-14) // Σ p(1 − p)
	near(t, "NLL of the truth", expect(p, ClassNLL), -.5*math.Log(.5)-.3*math.Log(.3)-.2*math.Log(.2), 1e-14)
}

// The score of a large sample is that of its distribution: 20,000 draws, whose score varies with
// a standard error of about .004.
func TestCRPSOfManyDrawsIsThatOfTheirDistribution(t *testing.T) {
	draws := make([]float64, 20000)
	rng.New(4).NormalFloat64(draws)
	for _, y := range []float64{-1, 0, 2.5} {
		near(t, "CRPS", must(CRPSSample(draws, y, false))(t), CRPSNormal(0, 1, y), .02)
	}
}

// Scores are in the units of the target and do not care where its zero is.
func TestCRPSScalesWithTheTarget(t *testing.T) {
	near(t, "normal", CRPSNormal(10+3*.2, 3*.7, 10+3*1.1), 3*CRPSNormal(.2, .7, 1.1), 1e-13)
	near(t, "sample", must(CRPSSample([]float64{4, 7, 1}, 3, true))(t), 3*must(CRPSSample([]float64{1, 2, 0}, 2./3, true))(t), 1e-13)
}

// The error of calibration is at least the difference of mean confidence and accuracy, which is
// that of a single bin, and splitting bins cannot make it less.
func TestFinerBinsNeverHideError(t *testing.T) {
	probs, labels := calibrated(500, 7, func(p float64) float64 { return p * p })
	last := 0.
	for _, bins := range []int{1, 2, 4, 8, 16, 32} {
		e := must(ReliabilityCurve(probs, labels, bins))(t)
		if e.ECE < last-1e-12 || e.MCE < e.ECE-1e-12 {
			t.Errorf("%d bins: got ECE %v after %v and MCE %v", bins, e.ECE, last, e.MCE)
		}
		last = e.ECE
	}
}

// Rows in another order and classes under other names have the same figures.
func TestReliabilityDoesNotDependOnOrderOrNames(t *testing.T) {
	probs, labels := calibrated(301, 8, func(p float64) float64 { return p - .1 })
	var turned [][]float64
	var named []int
	for _, i := range rng.New(9).Perm(301) {
		turned, named = append(turned, []float64{probs[i][1], probs[i][0]}), append(named, 1-labels[i])
	}
	for _, curve := range []func([][]float64, []int, int) (Reliability, error){ReliabilityCurve, AdaptiveReliabilityCurve} {
		a, b := must(curve(probs, labels, 15))(t), must(curve(turned, named, 15))(t)
		near(t, "ECE", b.ECE, a.ECE, 1e-12)
		for k := range a.Bins {
			if a.Bins[k].Count != b.Bins[k].Count {
				t.Errorf("bin %d: got %d and %d rows", k, a.Bins[k].Count, b.Bins[k].Count)
			}
		}
	}
	near(t, "Brier", must(Brier(turned, named))(t), must(Brier(probs, labels))(t), 1e-12)
}
