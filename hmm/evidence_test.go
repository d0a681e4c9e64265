package hmm

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// pólya is the probability of an ordered sequence of draws with the given counts from a
// distribution with a symmetric Dirichlet prior: Π over draws of (a + seen)/(aK + drawn).
func polya(counts []float64, prior float64) (logp float64) {
	total, all := 0.0, prior*float64(len(counts))
	for _, n := range counts {
		logp += lgamma(prior+n) - lgamma(prior)
		total += n
	}
	return logp + lgamma(all) - lgamma(all+total)
}

// evidence is ln p(x) of a discrete chain with Dirichlet priors: the sum over all paths of
// the closed form of ln p(x, z).
func evidence(k, symbols int, x []float64, start, trans, emit float64) float64 {
	var terms []float64
	paths(k, len(x), func(path []int) {
		first, steps, seen := make([]float64, k), make([]float64, k*k), make([]float64, k*symbols)
		first[path[0]] = 1
		for i, s := range path {
			seen[s*symbols+int(x[i])]++
			if i > 0 {
				steps[path[i-1]*k+s]++
			}
		}
		logp := polya(first, start)
		for s := range k {
			logp += polya(steps[s*k:(s+1)*k], trans) + polya(seen[s*symbols:(s+1)*symbols], emit)
		}
		terms = append(terms, logp)
	})
	return logSumExp(terms)
}

func TestTheBoundIsBelowTheEvidence(t *testing.T) {
	r := rng.New(601).Named("evidence").Rand()
	closest := math.Inf(1)
	for i := range 1000 {
		k, symbols, n := 1+r.IntN(3), 2+r.IntN(2), 1+r.IntN(6)
		start, trans, emit := .2+r.ExpFloat64(), .2+r.ExpFloat64(), .2+r.ExpFloat64()
		x := make([]float64, n)
		for j := range x {
			x[j] = float64(r.IntN(symbols))
		}
		e := must(NewDirichletSymbols(k, symbols, emit))(t)
		if err := SeedSoft(e, rng.New(uint64(i)), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		b := must(NewBayes(e, start, trans))(t)
		want := evidence(k, symbols, x, start, trans, emit)
		res := must(b.Fit(t.Context(), [][]float64{x}, Default()))(t)
		if res.Bound > want+1e-10*math.Abs(want) {
			t.Fatalf("chain %d: bound: got %.15g, above the evidence %.15g", i, res.Bound, want)
		}
		if k == 1 {
			near(t, "one state", res.Bound, want, 1e-12)
		} else {
			closest = min(closest, want-res.Bound)
		}
	}
	if !(closest > 0 && closest < .2) {
		t.Errorf("the closest bound of more than one state is %g below the evidence, want little", closest)
	}
}

// The bound is E[ln p(x,z,θ)] − E[ln q(z)] − E[ln q(θ)]: with q(z) listed path by path and
// the expectations under q(θ) taken from draws of Dirichlets.
func TestTheBoundIsTheMeanOfItsIntegrand(t *testing.T) {
	const k, symbols, draws = 2, 2, 40_000
	x := []float64{0, 1, 1, 0, 1}
	r := rng.New(602).Named("integrand").Rand()
	e := must(NewDirichletSymbols(k, symbols, .8))(t)
	b := must(NewBayes(e, .7, .9))(t)
	for i := range e.Conc {
		e.Conc[i] = 1 + 3*r.Float64()
	}
	b.update([]float64{1.2, .4}, []float64{2, 1, .5, 3})
	density, p := density(e, x), must(b.Smooth(x))(t)
	bound := p.LogLik + e.LogPrior() + b.logPrior()

	weights := &Model{Start: b.start, Trans: b.trans}
	list, logq := allPaths(weights, density)
	for i := range logq {
		logq[i] -= p.LogLik
	}
	dirichlet := func(a []float64, prior float64) (log []float64, ratio float64) {
		log, total := make([]float64, len(a)), 0.0
		for i, v := range a {
			log[i] = gammaDraw(r, v)
			total += log[i]
		}
		sum, all := 0.0, 0.0
		for i, v := range a { // ln p − ln q
			log[i] = math.Log(log[i] / total)
			ratio += (prior-v)*log[i] + lgamma(v) - lgamma(prior)
			sum, all = sum+v, all+prior
		}
		return log, ratio + lgamma(all) - lgamma(sum)
	}
	mean, square := 0.0, 0.0
	for range draws {
		start, ratio := dirichlet(b.Start, .7)
		m := &Model{Start: expOf(start)}
		var log []float64
		for i := range k {
			row, more := dirichlet(b.Trans[i*k:(i+1)*k], .9)
			m.Trans, ratio = append(m.Trans, expOf(row)...), ratio+more
			row, more = dirichlet(e.Conc[i*symbols:(i+1)*symbols], .8)
			log, ratio = append(log, row...), ratio+more
		}
		rows := make([]float64, len(x)*k)
		lookup(rows, x, transposed(log, symbols))
		for i, path := range list {
			ratio += math.Exp(logq[i]) * (pathLogProb(m, rows, path) - logq[i])
		}
		mean += ratio / draws
		square += ratio * ratio / draws
	}
	// Five standard errors: a right bound fails 6 times in 10⁷.
	if width := 5 * math.Sqrt((square-mean*mean)/draws); math.Abs(mean-bound) > width || width > .1 {
		t.Errorf("bound: got %.5f, want %.5f ± %.5f", bound, mean, width)
	}
}

// expOf returns exponentials.
func expOf(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Exp(x)
	}
	return out
}

// gammaDraw draws from Gamma(a, 1), a ≥ 1, by rejection (Marsaglia and Tsang 2000).
func gammaDraw(r interface {
	NormFloat64() float64
	Float64() float64
}, a float64) float64 {
	d := a - 1./3
	for {
		z := r.NormFloat64()
		v := 1 + z/math.Sqrt(9*d)
		if v = v * v * v; v > 0 && math.Log(r.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// Where the fit has stopped, no small change of any concentration raises the bound.
func TestTheFitStopsAtAMaximumOfTheBound(t *testing.T) {
	r := rng.New(603).Named("stationary").Rand()
	for range 10 {
		x := make([]float64, 40)
		for i := range x {
			x[i] = float64(r.IntN(3))
		}
		e := must(NewDirichletSymbols(2, 3, .5))(t)
		if err := SeedSoft(e, rng.New(r.Uint64()), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		b := must(NewBayes(e, .6, .7))(t)
		c := Default()
		c.Sweeps, c.Tol = 20_000, 0
		must(b.Fit(t.Context(), [][]float64{x}, c))(t)
		value := func() float64 {
			b.expect()
			return must(b.Smooth(x))(t).LogLik + e.LogPrior() + b.logPrior()
		}
		top := value()
		for _, part := range [][]float64{b.Start, b.Trans, e.Conc} {
			for i, v := range part {
				for _, h := range []float64{-1e-4, 1e-4} {
					part[i] = v * (1 + h)
					if got := value(); got > top+1e-8 {
						t.Errorf("a change of %g raises the bound from %.12g to %.12g", h, top, got)
					}
				}
				part[i] = v
			}
		}
	}
}

// The posterior of a long simulated chain closes in on the chain.
func TestThePosteriorClosesInOnTheTruth(t *testing.T) {
	e := must(NewDiscrete(3, []float64{.8, .1, .1, .1, .1, .8}))(t)
	truth := must(New([]float64{.5, .5}, []float64{.9, .1, .2, .8}, e))(t)
	last := math.Inf(1)
	for _, n := range []int{300, 3000, 30_000} {
		x, _, err := truth.Simulate(rng.New(604), n)
		if err != nil {
			t.Fatal(err)
		}
		q := must(NewDirichletSymbols(2, 3, 1))(t)
		copy(q.Conc, []float64{3, 1, 1, 1, 1, 3})
		b := must(NewBayes(q, 1, 1))(t)
		must(b.Fit(t.Context(), [][]float64{x}, Default()))(t)
		far := 0.0
		for i, p := range b.MeanTrans() {
			far = max(far, math.Abs(p-truth.Trans[i]))
		}
		// The standard error of a row that is left for one state in three is about 1.2/√n.
		if far > 6/math.Sqrt(float64(n)) || far > 2*last {
			t.Errorf("%d rows: got a step off by %.4f, want at most %.4f", n, far, 6/math.Sqrt(float64(n)))
		}
		last = far
	}
}
