package testkit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
)

// replicates draws θ ~ N(0, 1) and four data N(θ, 1), with draws from the posterior of the prior
// N(0, prior²).
func replicates(r *rand.Rand, n int, prior float64) []Replicate {
	all := make([]Replicate, n)
	for i := range all {
		theta, sum := r.NormFloat64(), 0.
		for range 4 {
			sum += theta + r.NormFloat64()
		}
		precision, draws := 1/(prior*prior)+4, make([]float64, SBCDraws)
		for k := range draws {
			draws[k] = sum/precision + r.NormFloat64()/math.Sqrt(precision)
		}
		all[i] = Replicate{theta, draws}
	}
	return all
}

// TestCalibrationPassesExactPosteriors and finds the three wrong ones: too narrow, shifted, and
// of another prior.
func TestCalibrationPassesExactPosteriors(t *testing.T) {
	const n = 5000
	r := rng.New(3).Rand()
	all := replicates(r, n, 1)
	t.Log("exact: ", SBC(t, "exact", all))
	t.Log("sd × .9: ", SBCFinds(t, "narrow", all, Narrow))
	t.Log("mean + .1 sd: ", SBCFinds(t, "shifted", all, Shifted))
	other := RankTest(replicates(r, n, .7), nil)
	t.Log("another prior: ", other)
	if other.P > SBCAlarm {
		t.Errorf("another prior: got %v, want p at most %g", other, SBCAlarm)
	}
	for say, f := range map[string]func(t testing.TB){
		"want p above":   func(t testing.TB) { SBC(t, "", replicates(rng.New(4).Rand(), n, .7)) },
		"want p at most": func(t testing.TB) { SBCFinds(t, "", all, nil) },
		"symmetric":      func(t testing.TB) { Centred(t, "", bent(all, Shifted)) },
	} {
		if got := found(t, f); !strings.Contains(got, say) {
			t.Errorf("failures: got %q, want one with %q", got, say)
		}
	}
	if r := Centred(t, "narrow", bent(all, Narrow)); r.P > SBCAlarm {
		t.Errorf("a narrow posterior: got %v, want symmetric ranks that are not uniform", r)
	}
}

// bent are replicates with other draws.
func bent(all []Replicate, bend Bend) []Replicate {
	out := make([]Replicate, len(all))
	for i, one := range all {
		mean, variance, _ := Moments(one.Draws)
		out[i] = Replicate{one.Truth, make([]float64, len(one.Draws))}
		for k, d := range one.Draws {
			out[i].Draws[k] = bend(d, mean, math.Sqrt(variance))
		}
	}
	return out
}

// TestPowerOfCalibration: published simulations find a posterior 10 % too narrow in 100 % of runs
// with 5,000 replicates and in 27 % with 1,000, a shift of .1 in 95.5 % and 6 %; and the formula
// agrees with 200 runs of our own at 2,000, within 4 standard errors of .035.
func TestPowerOfCalibration(t *testing.T) {
	for _, c := range []struct {
		n                  int
		shift, scale, want float64
		tol                float64
	}{
		{5000, 0, .9, 1, 2e-3}, {5000, .1, 1, .955, .03}, {1000, 0, .9, .27, .06}, {1000, .1, 1, .06, .03},
		{5000, 0, 1, SBCAlarm, 1e-6},
	} {
		got := SBCPower(c.n, c.shift, c.scale)
		t.Logf("%d replicates, shift %v, scale %v: found with probability %.4f", c.n, c.shift, c.scale, got)
		if math.Abs(got-c.want) > c.tol {
			t.Errorf("%d replicates, shift %v, scale %v: got %v, want %v within %v", c.n, c.shift, c.scale, got, c.want, c.tol)
		}
	}
	hits, r := 0., rng.New(8).Rand()
	for range 200 {
		all := make([]Replicate, 2000)
		draws := make([]float64, SBCDraws)
		for i := range all {
			u := .5 * math.Erfc(-(r.NormFloat64()-.1)/math.Sqrt2) // draws are N(.1, 1): their ranks' chance
			rank := int(distuv.Binomial{N: SBCDraws, P: u, Src: r}.Rand())
			all[i] = ranked(rank, draws)
		}
		if RankTest(all, nil).P <= SBCAlarm {
			hits++
		}
	}
	if got, want := hits/200, SBCPower(2000, .1, 1); math.Abs(got-want) > .14 {
		t.Errorf("200 runs: a shift found in a share of %v, want %v within .14", got, want)
	}
}

// ranked is a replicate of a given rank.
func ranked(rank int, draws []float64) Replicate {
	for k := range draws {
		draws[k] = float64(k)
	}
	return Replicate{float64(rank) - .5, append([]float64(nil), draws...)}
}

func TestRanksByHand(t *testing.T) {
	var all []Replicate
	for rank := range SBCDraws + 1 {
		all = append(all, ranked(rank, make([]float64, SBCDraws)))
	}
	r := RankTest(all, nil)
	if r.Chi2 != 0 || r.P != 1 || r.Sym != 0 || r.Mid != 1 || r.Counts[0] != 5 || r.Counts[19] != 5 {
		t.Errorf("one replicate a rank: got %v in %v, want 5 a bin", r, r.Counts)
	}
	for range 100 { // 100 more of rank 0: counts 105 and nineteen of 5
		all = append(all, ranked(0, make([]float64, SBCDraws)))
	}
	r = RankTest(all, nil)
	Close(t, "χ²", r.Chi2, (95.*95+19*25)/10, 1e-12)
	Close(t, "χ² of mirrored bins", r.Sym, 100.*100/110, 1e-12)
	if !strings.Contains(fmt.Sprint(r), "symmetry χ² 90.9") {
		t.Errorf("printed: got %v", r)
	}
	equal := RankTest([]Replicate{{1, []float64{1, 1, 0}}}, nil) // one of three is smaller
	if equal.Counts[SBCBins/4] != 1 {
		t.Errorf("equal draws: got %v, want rank 1 of 0 … 3", equal.Counts)
	}
	for _, few := range [][]Replicate{all[:99], append(all[:120:120], Replicate{0, []float64{1}})} {
		s := &stopper{TB: t}
		done := make(chan bool)
		go func() { defer close(done); SBC(s, "few", few) }()
		if <-done; !s.fatal {
			t.Errorf("%d replicates, the last with %d draws: the test goes on", len(few), len(few[len(few)-1].Draws))
		}
	}
}

// TestNoncentralTail against the normal: χ² of one degree with λ = μ² is that of |N(μ, 1)|.
func TestNoncentralTail(t *testing.T) {
	for _, mu := range []float64{0, .5, 2, 6} {
		phi := func(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) }
		for _, x := range []float64{.1, 1, 9} {
			want := phi(-math.Sqrt(x)-mu) + phi(mu-math.Sqrt(x))
			Close(t, fmt.Sprint("P(χ² > ", x, "), λ = ", mu*mu), noncentral(1, mu*mu, x), want, 1e-9)
		}
	}
}
