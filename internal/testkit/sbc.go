package testkit

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Sizes of simulation-based calibration (Talts et al. 2018): with 5,000 replicates and these a
// posterior 10 % too narrow is noticed always, one off by .1 of its deviation in 95 % of the runs
// (see [SBCPower]).
const (
	SBCDraws = 99   // posterior draws of a replicate
	SBCBins  = 20   // bins of ranks; they divide SBCDraws + 1
	SBCAlarm = 1e-3 // probability with which [SBC] fails on a right posterior
)

// Replicate is a parameter drawn from the prior with SBCDraws draws from what an algorithm says
// is its posterior given data that were drawn for it.
type Replicate struct {
	Truth float64   // the parameter
	Draws []float64 // of the posterior, independent
}

// Bend makes a wrong posterior of a right one: it maps a draw, given mean and deviation of its
// replicate's draws.
type Bend func(draw, mean, sd float64) float64

// Narrow is a posterior with .9 of the deviation.
func Narrow(draw, mean, _ float64) float64 { return mean + .9*(draw-mean) }

// Shifted is a posterior that is off by .1 of its deviation.
func Shifted(draw, _, sd float64) float64 { return draw + .1*sd }

// Ranks are the ranks of truths among their posterior draws, by bin.
type Ranks struct {
	Counts   [SBCBins]int // of ranks, from the lowest bin
	Chi2, P  float64      // Σ (count − expected)²/expected, and its probability if ranks are uniform
	Sym, Mid float64      // χ² of mirrored bins' differences, and its probability if ranks are symmetric
}

// String prints the test on one line.
func (r Ranks) String() string {
	return fmt.Sprintf("χ² %.1f, p %.3g; symmetry χ² %.1f, p %.3g", r.Chi2, r.P, r.Sym, r.Mid)
}

// RankTest ranks every truth among its draws, bent unless bend is nil, and tests whether ranks
// are uniform, as for a right posterior, and whether they are symmetric, as for one whose
// location is right (Yao et al. 2018, section 3). A draw equal to the truth does not count as
// smaller.
func RankTest(all []Replicate, bend Bend) (r Ranks) {
	for _, one := range all {
		mean, variance, _ := Moments(one.Draws)
		sd, rank := math.Sqrt(variance), 0
		for _, d := range one.Draws {
			if bend != nil {
				d = bend(d, mean, sd)
			}
			if d < one.Truth {
				rank++
			}
		}
		r.Counts[rank*SBCBins/(len(one.Draws)+1)]++
	}
	expected := float64(len(all)) / SBCBins
	for i, c := range r.Counts {
		r.Chi2 += math.Pow(float64(c)-expected, 2) / expected
		if o := r.Counts[SBCBins-1-i]; i < SBCBins/2 && c+o > 0 {
			r.Sym += math.Pow(float64(c-o), 2) / float64(c+o)
		}
	}
	r.P = distuv.ChiSquared{K: SBCBins - 1}.Survival(r.Chi2)
	r.Mid = distuv.ChiSquared{K: SBCBins / 2}.Survival(r.Sym)
	return r
}

// enough stops a test whose replicates are too few for χ² or have other numbers of draws.
func enough(t testing.TB, name string, all []Replicate) {
	t.Helper()
	if len(all) < 5*SBCBins {
		t.Fatalf("%s: got %d replicates, want at least %d for χ² to hold", name, len(all), 5*SBCBins)
	}
	for i, one := range all {
		if len(one.Draws) != SBCDraws {
			t.Fatalf("%s: replicate %d: got %d draws, want %d", name, i, len(one.Draws), SBCDraws)
		}
	}
}

// SBC holds ranks to the uniform distribution: simulation-based calibration. A right posterior
// fails with probability SBCAlarm.
func SBC(t testing.TB, name string, all []Replicate) Ranks {
	t.Helper()
	enough(t, name, all)
	r := RankTest(all, nil)
	if !(r.P > SBCAlarm) {
		t.Errorf("%s: %d replicates: ranks %v have %v, want p above %g", name, len(all), r.Counts, r, SBCAlarm)
	}
	return r
}

// SBCFinds is the negative control of [SBC]: it fails the test unless the bent posterior is
// found.
func SBCFinds(t testing.TB, name string, all []Replicate, bend Bend) Ranks {
	t.Helper()
	enough(t, name, all)
	r := RankTest(all, bend)
	if !(r.P <= SBCAlarm) {
		t.Errorf("%s: %d replicates: a wrong posterior has %v, want p at most %g", name, len(all), r, SBCAlarm)
	}
	return r
}

// Centred holds ranks to a symmetric distribution, as far as a guide's location goes: one that
// is too narrow or too wide passes. A right location fails with probability SBCAlarm.
func Centred(t testing.TB, name string, all []Replicate) Ranks {
	t.Helper()
	enough(t, name, all)
	r := RankTest(all, nil)
	if !(r.Mid > SBCAlarm) {
		t.Errorf("%s: %d replicates: ranks %v have %v, want them symmetric with p above %g", name, len(all), r.Counts, r, SBCAlarm)
	}
	return r
}

// SBCPower is the probability with which [SBC] finds a normal posterior that is off by shift
// deviations and has scale of the right deviation: that of χ² with 19 degrees and noncentrality
// λ = n Σ (π_b − 1/20)² · 20, π_b the bins' probabilities by quadrature over the truth.
func SBCPower(n int, shift, scale float64) float64 {
	const panels, reach = 64, 9.
	var bins [SBCBins]float64
	for r := range SBCDraws + 1 {
		ways, _ := math.Lgamma(SBCDraws + 1)
		a, _ := math.Lgamma(float64(r + 1))
		b, _ := math.Lgamma(float64(SBCDraws - r + 1))
		bins[r*SBCBins/(SBCDraws+1)] += Integrate(func(z float64) float64 {
			u := (z - shift) / scale
			below, above := .5*math.Erfc(-u/math.Sqrt2), .5*math.Erfc(u/math.Sqrt2)
			p := ways - a - b - z*z/2 - .5*math.Log(2*math.Pi)
			return math.Exp(p + power(r, below) + power(SBCDraws-r, above))
		}, -reach, reach, panels)
	}
	lambda := 0.
	for _, p := range bins {
		lambda += float64(n) * SBCBins * (p - 1./SBCBins) * (p - 1./SBCBins)
	}
	return noncentral(SBCBins-1, lambda, distuv.ChiSquared{K: SBCBins - 1}.Quantile(1-SBCAlarm))
}

// power is n ln p, 0 for n = 0.
func power(n int, p float64) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) * math.Log(p)
}

// noncentral is P(χ² > x) for k degrees and noncentrality λ: a Poisson mixture of central ones
// with k + 2J degrees, J ~ Pois(λ/2).
func noncentral(k, lambda, x float64) (tail float64) {
	mean := lambda / 2
	first := math.Max(0, math.Floor(mean-12*math.Sqrt(mean+1)))
	for j := first; j <= mean+12*math.Sqrt(mean+1)+20; j++ {
		weight := 1.
		if mean > 0 {
			weight = distuv.Poisson{Lambda: mean}.Prob(j)
		} else if j > 0 {
			break
		}
		tail += weight * distuv.ChiSquared{K: k + 2*j}.Survival(x)
	}
	return tail
}
