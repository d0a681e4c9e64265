package testkit

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
)

// known draws a parameter, and posterior draws given data that were drawn for it.
type known struct {
	name string
	draw func(r *rand.Rand) (truth float64, posterior func() float64)
}

// knownModels have posteriors in closed form: skewed ones, one on an interval, one with a heavy
// tail.
var knownModels = []known{
	{"beta–binomial", func(r *rand.Rand) (float64, func() float64) {
		p := distuv.Beta{Alpha: 1, Beta: 1, Src: r}.Rand()
		k := distuv.Binomial{N: 12, P: p, Src: r}.Rand()
		return p, distuv.Beta{Alpha: 1 + k, Beta: 13 - k, Src: r}.Rand
	}},
	{"gamma–Poisson", func(r *rand.Rand) (float64, func() float64) {
		rate := distuv.Gamma{Alpha: 2, Beta: 1, Src: r}.Rand()
		k := distuv.Poisson{Lambda: 3 * rate, Src: r}.Rand()
		return rate, distuv.Gamma{Alpha: 2 + k, Beta: 4, Src: r}.Rand
	}},
	{"uniform–Pareto", func(r *rand.Rand) (float64, func() float64) { // x ~ U(0, θ), θ ~ Pareto(1, 3)
		theta, most := distuv.Pareto{Xm: 1, Alpha: 3, Src: r}.Rand(), 1.
		for range 3 {
			most = math.Max(most, theta*r.Float64())
		}
		return theta, distuv.Pareto{Xm: most, Alpha: 6, Src: r}.Rand
	}},
	{"variance of a normal", func(r *rand.Rand) (float64, func() float64) {
		v, sum := distuv.InverseGamma{Alpha: 3, Beta: 2, Src: r}.Rand(), 0.
		for range 5 {
			sum += v * math.Pow(r.NormFloat64(), 2)
		}
		return v, distuv.InverseGamma{Alpha: 3 + 2.5, Beta: 2 + sum/2, Src: r}.Rand
	}},
}

// sample makes n replicates of a model.
func (m known) sample(n int) []Replicate {
	r, all := rng.New(5).Named(m.name).Rand(), make([]Replicate, n)
	for i := range all {
		truth, posterior := m.draw(r)
		all[i] = Replicate{truth, make([]float64, SBCDraws)}
		for k := range all[i].Draws {
			all[i].Draws[k] = posterior()
		}
	}
	return all
}

// TestCalibrationOfPosteriorsOfManyShapes: right ones pass with a false alarm of 1e-3 each, and
// narrow ones are found in all.
func TestCalibrationOfPosteriorsOfManyShapes(t *testing.T) {
	for _, m := range knownModels {
		all := m.sample(5000)
		t.Log(m.name, ": ", SBC(t, m.name, all))
		t.Log(m.name, ", narrow: ", SBCFinds(t, m.name, all, Narrow))
	}
}

// TestRanksDoNotDependOnTheScale: a growing function of truth and draws keeps every rank, a falling
// one mirrors them.
func TestRanksDoNotDependOnTheScale(t *testing.T) {
	all := knownModels[1].sample(500)
	moved := func(f func(float64) float64) []Replicate {
		out := make([]Replicate, len(all))
		for i, one := range all {
			out[i] = Replicate{f(one.Truth), make([]float64, len(one.Draws))}
			for k, d := range one.Draws {
				out[i].Draws[k] = f(d)
			}
		}
		return out
	}
	want := RankTest(all, nil)
	if got := RankTest(moved(math.Log), nil); got != want {
		t.Errorf("logarithms: got %v, want %v", got, want)
	}
	mirrored := RankTest(moved(func(x float64) float64 { return -x }), nil)
	for i, c := range mirrored.Counts {
		if c != want.Counts[SBCBins-1-i] {
			t.Errorf("bin %d of the mirrored ranks: got %d, want %d", i, c, want.Counts[SBCBins-1-i])
		}
	}
	Close(t, "symmetry of the mirrored ranks", mirrored.Sym, want.Sym, 1e-12)
}

// TestFalseAlarmsOfCalibrationAreAsStated: of 400 right tests as many fail as 1e-3 and 2e-2 allow:
// p below .02 in 8 ± 2.8 of them, here at most 20.
func TestFalseAlarmsOfCalibrationAreAsStated(t *testing.T) {
	low, fails, r := 0, 0, rng.New(9).Rand()
	for range 400 {
		all := make([]Replicate, 400)
		for i := range all {
			all[i] = ranked(r.IntN(SBCDraws+1), make([]float64, SBCDraws))
		}
		if p := RankTest(all, nil).P; p <= SBCAlarm {
			fails++
		} else if p < .02 {
			low++
		}
	}
	if fails > 4 || low > 20 || low < 1 {
		t.Errorf("of 400 right tests: got %d with p up to 1e-3 and %d with p below .02, want about .4 and 8", fails, low)
	}
}

// TestPowerGrowsWithReplicatesAndFaults in every direction.
func TestPowerGrowsWithReplicatesAndFaults(t *testing.T) {
	rising := func(name string, at ...float64) {
		for i := 1; i < len(at); i++ {
			if at[i] < at[i-1] {
				t.Errorf("%s: got powers %v, want them to rise", name, at)
			}
		}
	}
	rising("replicates", SBCPower(200, .1, 1), SBCPower(1000, .1, 1), SBCPower(3000, .1, 1), SBCPower(10000, .1, 1))
	rising("shift", SBCPower(2000, 0, 1), SBCPower(2000, .05, 1), SBCPower(2000, .1, 1), SBCPower(2000, .2, 1))
	rising("narrow", SBCPower(2000, 0, 1), SBCPower(2000, 0, .95), SBCPower(2000, 0, .9), SBCPower(2000, 0, .7))
	rising("wide", SBCPower(2000, 0, 1), SBCPower(2000, 0, 1.1), SBCPower(2000, 0, 1.3))
	Close(t, "power of a shift either way", SBCPower(2000, -.1, 1), SBCPower(2000, .1, 1), 1e-9)
}
