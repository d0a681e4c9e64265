package hmm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// allPaths lists every path with its ln p(x, path).
func allPaths(m *Model, b []float64) (list [][]int, logp []float64) {
	k := len(m.Start)
	paths(k, len(b)/k, func(p []int) {
		list = append(list, slices.Clone(p))
		logp = append(logp, pathLogProb(m, b, p))
	})
	return list, logp
}

// randomChain replaces the uniform chain of a model by a random one.
func randomChain(r *rand.Rand, m *Model) {
	k := len(m.Start)
	copy(m.Start, simplex(r, k, false))
	for i := range k {
		copy(m.Trans[i*k:], simplex(r, k, false))
	}
}

func TestAllEmissionsEqualTheSumOverAllPaths(t *testing.T) {
	r := rng.New(91).Named("all emissions").Rand()
	for range 60 {
		k := 1 + r.IntN(3)
		for name, e := range zoo(t, r, k) {
			m := must(Uniform(e, .5))(t)
			randomChain(r, m)
			n := 1 + r.IntN(6)
			x, _, err := m.Simulate(rng.New(r.Uint64()), n)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]float64, n*k)
			e.LogLik(b, x)
			list, logp := allPaths(m, b)
			logZ := logSumExp(logp)
			p := must(m.Smooth(x))(t)
			near(t, name+": log-likelihood", p.LogLik, logZ, 1e-10)
			near(t, name+": log-likelihood alone", must(m.LogLik(x))(t), logZ, 1e-10)
			path, best, err := m.Viterbi(x)
			if err != nil {
				t.Fatal(err)
			}
			near(t, name+": best", best, slices.Max(logp), 1e-10)
			near(t, name+": path", pathLogProb(m, b, path), slices.Max(logp), 1e-10)
			marginal, pairs := make([]float64, n*k), make([]float64, k*k)
			for i, path := range list {
				w := math.Exp(logp[i] - logZ)
				for s, z := range path {
					marginal[s*k+z] += w
					if s > 0 {
						pairs[path[s-1]*k+z] += w
					}
				}
			}
			for i, v := range marginal {
				near(t, name+": marginal", p.Smoothed[i], v, 1e-10)
			}
			for i, v := range pairs {
				near(t, name+": pair", p.Pairs[i], v, 1e-10)
			}
		}
	}
}

func TestMarginalsAndStepsAgree(t *testing.T) {
	r := rng.New(92).Named("agree").Rand()
	for name, e := range zoo(t, r, 3) {
		m := must(Uniform(e, .6))(t)
		randomChain(r, m)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 500)
		if err != nil {
			t.Fatal(err)
		}
		p := must(m.Smooth(x))(t)
		for j := range 3 {
			left, entered, out, in := 0.0, 0.0, 0.0, 0.0
			for s := range 500 {
				if s < 499 {
					left += p.Smoothed[3*s+j]
				}
				if s > 0 {
					entered += p.Smoothed[3*s+j]
				}
			}
			for i := range 3 {
				out += p.Pairs[3*j+i]
				in += p.Pairs[3*i+j]
			}
			near(t, name+": steps out", out, left, 1e-11)
			near(t, name+": steps in", in, entered, 1e-11)
			near(t, name+": last row", p.Smoothed[3*499+j], p.Filtered[3*499+j], 0)
		}
	}
}

// With sub-normalised weights, as variational Bayes has them, the passes still sum over paths.
func TestSubNormalisedWeightsSumOverAllPaths(t *testing.T) {
	r := rng.New(93).Named("weights").Rand()
	for range 100 {
		k, n := 1+r.IntN(3), 1+r.IntN(6)
		e := must(NewDirichletSymbols(k, 3, .5))(t)
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(3))
		}
		if err := SeedSoft(e, rng.New(r.Uint64()), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		v := must(NewBayes(e, .4, .4))(t)
		v.update(positives(r, k), positives(r, k*k))
		weights := &Model{Start: v.start, Trans: v.trans}
		b := make([]float64, n*k)
		e.LogLik(b, x)
		want, got := enumerate(weights, b), must(v.Smooth(x))(t)
		near(t, "ln Z", got.LogLik, math.Log(want.z), 1e-10)
		for i, p := range want.smoothed {
			near(t, "marginal", got.Smoothed[i], p/want.z, 1e-10)
		}
		for i, p := range want.pairs {
			near(t, "pair", got.Pairs[i], p/want.z, 1e-10)
		}
	}
}

// Sampled paths have the exact joint distribution, not only its marginals.
func TestSampledPathsHaveTheirJointProbabilities(t *testing.T) {
	m, x := umbrella(t)
	b := make([]float64, 2*len(x))
	m.Emit.LogLik(b, x)
	list, logp := allPaths(m, b)
	logZ := logSumExp(logp)
	const n = 50000
	counts := map[[5]int]int{}
	for _, path := range must(m.Sample(x, rng.New(94), n))(t) {
		counts[[5]int(path)]++
	}
	for i, path := range list {
		p := math.Exp(logp[i] - logZ)
		// Five standard errors and one: a right sampler fails 2 times in 10⁵ over 32 paths.
		if d := math.Abs(float64(counts[[5]int(path)]) - n*p); d > 5*math.Sqrt(n*p)+1 {
			t.Errorf("path %v: got %d draws, want %.1f", path, counts[[5]int(path)], n*p)
		}
	}
}

func TestMovingAllRowsMovesTheFitAndKeepsTheLikelihood(t *testing.T) {
	truth, _ := threeStates(t)
	x, _, err := truth.Simulate(rng.New(95), 400)
	if err != nil {
		t.Fatal(err)
	}
	fitted := func(shift float64) (*Gaussian, float64) {
		y := slices.Clone(x)
		for i := range y {
			y[i] += shift
		}
		e := must(NewGaussian(Full, 2, []float64{shift, shift, 5 + shift, shift, shift, 5 + shift}, []float64{1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1}))(t)
		m := must(Uniform(e, .6))(t)
		c := Default()
		c.Sweeps = 20
		res := must(m.Fit(t.Context(), [][]float64{y}, c))(t)
		return e, res.Bound
	}
	at, bound := fitted(0)
	// Rows near 2²⁰ lose 2⁻³³ in the addition; sums not centred would lose the square of that.
	far, moved := fitted(1 << 20)
	near(t, "bound", moved, bound, 1e-8)
	for i, v := range at.Cov {
		near(t, "covariance", far.Cov[i], v, 1e-7)
	}
	for i, v := range at.Mean {
		near(t, "mean", far.Mean[i]-1<<20, v, 1e-7)
	}
}
