package hmm

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// density is T×K of ln p(x_t|k).
func density(e Emission, x []float64) []float64 {
	b := make([]float64, len(x)/e.Dim()*e.States())
	e.LogLik(b, x)
	return b
}

func TestChainsWithoutMemoryAreMixtures(t *testing.T) {
	r := rng.New(401).Named("memory").Rand()
	for range 10 {
		k := 1 + r.IntN(4)
		for name, e := range zoo(t, r, k) {
			m := must(Uniform(e, .5))(t)
			copy(m.Start, simplex(r, k, false))
			for i := range k {
				copy(m.Trans[i*k:], m.Start)
			}
			x, _, err := m.Simulate(rng.New(r.Uint64()), 20)
			if err != nil {
				t.Fatal(err)
			}
			b, want := density(e, x), 0.0
			p := must(m.Smooth(x))(t)
			for i := 0; i < len(b); i += k {
				row := b[i : i+k]
				for j := range row {
					row[j] += math.Log(m.Start[j])
				}
				total := logSumExp(row)
				want += total
				for j, v := range row {
					near(t, name+": marginal", p.Smoothed[i+j], math.Exp(v-total), 1e-11)
					near(t, name+": filtered", p.Filtered[i+j], math.Exp(v-total), 1e-11)
				}
			}
			near(t, name+": log-likelihood", p.LogLik, want, 1e-11)
		}
	}
}

func TestChainsThatNeverMoveAreMixturesOfSequences(t *testing.T) {
	r := rng.New(402).Named("still").Rand()
	for name, e := range zoo(t, r, 3) {
		start := simplex(r, 3, false)
		m := must(New(start, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, e))(t)
		x, z, err := m.Simulate(rng.New(r.Uint64()), 12)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range z {
			if s != z[0] {
				t.Errorf("%s: moved", name)
			}
		}
		b, total := density(e, x), logs(start)
		for i, v := range b {
			total[i%3] += v
		}
		p := must(m.Smooth(x))(t)
		near(t, name+": log-likelihood", p.LogLik, logSumExp(total), 1e-11)
		for i, v := range p.Smoothed {
			near(t, name+": marginal", v, math.Exp(total[i%3]-p.LogLik), 1e-10)
		}
	}
}

// All sequences of symbols of one length have probabilities that add to one.
func TestProbabilitiesOfAllSequencesAddToOne(t *testing.T) {
	r := rng.New(403).Named("all sequences").Rand()
	for range 20 {
		m, _ := randomModel(t, r, true)
		v, n, sum := m.Emit.(*Discrete).Symbols, 1+r.IntN(5), 0.0
		paths(v, n, func(path []int) {
			x := make([]float64, n)
			for i, s := range path {
				x[i] = float64(s)
			}
			logLik, err := m.LogLik(x)
			if err != nil && !errors.Is(err, ErrImpossible) {
				t.Fatal(err)
			}
			sum += math.Exp(logLik)
		})
		near(t, "total", sum, 1, 1e-12)
	}
}

// The slope of ln p(x) along ln A(i,j) is the expected number of steps from i to j, and along
// ln π(k) the marginal of the first state (Fisher's identity).
func TestSlopesAreExpectedCounts(t *testing.T) {
	r := rng.New(404).Named("slopes").Rand()
	for name, e := range zoo(t, r, 3) {
		m := must(Uniform(e, .5))(t)
		randomChain(r, m)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 25)
		if err != nil {
			t.Fatal(err)
		}
		p := must(m.Smooth(x))(t)
		slope := func(at *float64) float64 {
			const h = 1e-5
			old := *at
			value := func(f float64) float64 {
				*at = old * f
				w := newLattice(e, true)
				w.load(x, m.Start, m.Trans)
				return must(w.evidence())(t)
			}
			d := (value(math.Exp(h)) - value(math.Exp(-h))) / (2 * h)
			*at = old
			return d
		}
		for i := range m.Trans {
			near(t, name+": steps", slope(&m.Trans[i]), p.Pairs[i], 1e-6)
		}
		for i := range m.Start {
			near(t, name+": start", slope(&m.Start[i]), p.Smoothed[i], 1e-6)
		}
	}
}

// Read backwards through the reversed chain, Ã(j,i) = p(i)A(i,j)/p(j) with p stationary, a
// sequence is as probable.
func TestAReversedSequenceIsAsProbable(t *testing.T) {
	r := rng.New(405).Named("reversed").Rand()
	for range 50 {
		k := 2 + r.IntN(3)
		e := must(NewDiscrete(3, many(k, func() []float64 { return simplex(r, 3, false) })))(t)
		m := must(Uniform(e, .5))(t)
		randomChain(r, m)
		p, next := slices.Clone(m.Start), make([]float64, k)
		for range 2000 {
			product(next, p, m.Trans)
			p, next = next, p
		}
		back := must(Uniform(e, .5))(t)
		copy(m.Start, p)
		copy(back.Start, p)
		for i := range k {
			for j := range k {
				back.Trans[j*k+i] = p[i] * m.Trans[i*k+j] / p[j]
			}
		}
		x, _, err := m.Simulate(rng.New(r.Uint64()), 30)
		if err != nil {
			t.Fatal(err)
		}
		y := slices.Clone(x)
		slices.Reverse(y)
		near(t, "log-likelihood", must(back.LogLik(y))(t), must(m.LogLik(x))(t), 1e-10)
	}
}

func TestNamesOfStatesDoNotMatter(t *testing.T) {
	r := rng.New(406).Named("names").Rand()
	for range 30 {
		k, v := 2+r.IntN(3), 3
		probs := many(k, func() []float64 { return simplex(r, v, false) })
		m := must(Uniform(must(NewDiscrete(v, probs))(t), .5))(t)
		randomChain(r, m)
		as := r.Perm(k) // state i is called as[i]
		other := must(Uniform(must(NewDiscrete(v, slices.Clone(probs)))(t), .5))(t)
		for i := range k {
			other.Start[as[i]] = m.Start[i]
			copy(other.Emit.(*Discrete).Probs[as[i]*v:], probs[i*v:(i+1)*v])
			for j := range k {
				other.Trans[as[i]*k+as[j]] = m.Trans[i*k+j]
			}
		}
		x, _, err := m.Simulate(rng.New(r.Uint64()), 40)
		if err != nil {
			t.Fatal(err)
		}
		a, b := must(m.Smooth(x))(t), must(other.Smooth(x))(t)
		near(t, "log-likelihood", b.LogLik, a.LogLik, 1e-12)
		for i, p := range a.Smoothed {
			near(t, "marginal", b.Smoothed[i/k*k+as[i%k]], p, 1e-11)
		}
		one, best, err := m.Viterbi(x)
		two, again, err2 := other.Viterbi(x)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		near(t, "best", again, best, 1e-12)
		for i, s := range one { // paths may tie: each is as probable under the other's names
			one[i] = as[s]
		}
		near(t, "path by other names", pathLogProb(other, density(other.Emit, x), one), again, 1e-12)
		near(t, "path by its own", pathLogProb(other, density(other.Emit, x), two), again, 1e-12)
		c := Config{Sweeps: 5}
		res, res2 := must(m.Fit(t.Context(), [][]float64{x}, c))(t), must(other.Fit(t.Context(), [][]float64{x}, c))(t)
		near(t, "after five sweeps", res2.Bound, res.Bound, 1e-10)
	}
}

func TestTheBestPathIsWithinItsBounds(t *testing.T) {
	r := rng.New(407).Named("best").Rand()
	for name, e := range zoo(t, r, 3) {
		m := must(Uniform(e, .6))(t)
		x, z, err := m.Simulate(rng.New(r.Uint64()), 200)
		if err != nil {
			t.Fatal(err)
		}
		path, best, err := m.Viterbi(x)
		if err != nil {
			t.Fatal(err)
		}
		b := density(e, x)
		near(t, name+": its probability", pathLogProb(m, b, path), best, 1e-11)
		if logLik := must(m.LogLik(x))(t); best > logLik || best < logLik-200*math.Log(3) {
			t.Errorf("%s: got %g, want from %g to %g", name, best, logLik-200*math.Log(3), logLik)
		}
		if truth := pathLogProb(m, b, z); truth > best+1e-9 {
			t.Errorf("%s: the true path has %g, more than the best, %g", name, truth, best)
		}
	}
}

func TestTiedPathsTakeTheLowestState(t *testing.T) {
	e := must(NewDiscrete(1, []float64{1, 1, 1}))(t)
	m := must(Uniform(e, 1./3))(t)
	m.Start, m.Trans = []float64{.25, .25, .5}, []float64{.25, .25, .5, .25, .25, .5, .25, .25, .5}
	path, best, err := m.Viterbi(make([]float64, 4))
	if err != nil || !slices.Equal(path, []int{2, 2, 2, 2}) {
		t.Errorf("path: got %v, %v, want all 2", path, err)
	}
	near(t, "probability", best, 4*math.Log(.5), 1e-15)
	m.Start, m.Trans = []float64{.5, .5, 0}, []float64{.5, .5, 0, .5, .5, 0, 0, 0, 1}
	if path, _, _ = m.Viterbi(make([]float64, 4)); !slices.Equal(path, make([]int, 4)) {
		t.Errorf("path: got %v, want all 0", path)
	}
}

func TestSequencesAreCountedOnceEach(t *testing.T) {
	r := rng.New(408).Named("twice").Rand()
	for name, e := range zoo(t, r, 2) {
		m := must(Uniform(e, .7))(t)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 50)
		if err != nil {
			t.Fatal(err)
		}
		one, two := again(t, m), again(t, m)
		c := Config{Sweeps: 1}
		a := must(one.Fit(t.Context(), [][]float64{x}, c))(t)
		b := must(two.Fit(t.Context(), [][]float64{x, x, x}, c))(t)
		near(t, name+": bound", b.Bound, 3*a.Bound, 1e-11)
		near(t, name+": bound", a.Bound, must(m.LogLik(x))(t), 1e-12)
		near(t, name+": rows", b.Occupancy[0]+b.Occupancy[1], 150, 1e-11)
		for i, v := range one.Trans { // without priors three copies say what one says
			near(t, name+": steps", two.Trans[i], v, 1e-10)
		}
	}
}

// Draws of every emission have the mean and the variance of its density, by the sum of many
// and the density's own moments over a grid of draws: importance weights are all one.
func TestDrawsFollowTheDensity(t *testing.T) {
	r := rng.New(409).Named("draws").Rand()
	for name, e := range zoo(t, r, 2) {
		other := zoo(t, r, 2)[name]
		d, ratio, squares := e.Dim(), 0.0, 0.0
		// E over draws of e of q/p is one where q is another density of the same support.
		if a, ok := e.(*Autoregressive); ok {
			copy(other.(*Autoregressive).Coef, a.Coef)
		}
		if g, ok := e.(*Gaussian); ok {
			copy(other.(*Gaussian).Mean, g.Mean)
			if err := other.(*Gaussian).prepare(); err != nil {
				t.Fatal(err)
			}
		}
		const n = 20000
		past := rowsFor(e, rng.New(1), 2)
		for range n {
			row := make([]float64, d)
			e.(Drawer).Draw(r, 1, past, row)
			x := append(slices.Clone(past), row...)
			p, q := density(e, x), density(other, x)
			// half the mixture of both: a ratio between 0 and 2 with a bounded error
			v := 2 / (1 + math.Exp(p[5]-q[5]))
			u := 2 / (1 + math.Exp(q[5]-p[5]))
			ratio += u
			squares += u * v
		}
		// E_p[2p/(p+q)] + E_q[2q/(p+q)] = 2 and E_p[2q/(p+q)] = E_q[2p/(p+q)]: draw from q too.
		back := 0.0
		for range n {
			row := make([]float64, d)
			other.(Drawer).Draw(r, 1, past, row)
			x := append(slices.Clone(past), row...)
			p, q := density(e, x), density(other, x)
			back += 2 / (1 + math.Exp(q[5]-p[5]))
		}
		// E_p[2p/(p+q)] + E_q[2p/(p+q)] = ∫ 2p = 2. The variance of each mean is below 1/n:
		// five standard errors are 5·√2/√n; a right sampler fails 6 times in 10⁷.
		near(t, name, (ratio+back)/n, 2, 5*math.Sqrt2/math.Sqrt(n)/2)
		if squares == 0 {
			t.Errorf("%s: the densities do not overlap", name)
		}
	}
}
