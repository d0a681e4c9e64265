package hmm

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// spd draws a well conditioned covariance, d×d.
func spd(r *rand.Rand, d int) []float64 {
	a, out := make([]float64, d*d), make([]float64, d*d)
	for i := range a {
		a[i] = r.NormFloat64()
	}
	for i := range d {
		for j := range d {
			for l := range d {
				out[i*d+j] += a[i*d+l] * a[j*d+l]
			}
		}
		out[i*d+i] += .5
	}
	return out
}

func normals(r *rand.Rand, n int, scale float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = scale * r.NormFloat64()
	}
	return out
}

func positives(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = .3 + r.ExpFloat64()
	}
	return out
}

func many(n int, f func() []float64) (out []float64) {
	for range n {
		out = append(out, f()...)
	}
	return out
}

// zoo draws one emission of each kind for k states.
func zoo(t testing.TB, r *rand.Rand, k int) map[string]Emission {
	gauss := func(kind Kind, k int, cov []float64) *Gaussian {
		return must(NewGaussian(kind, 2, normals(r, 2*k, 3), cov))(t)
	}
	cov := func() []float64 { return spd(r, 2) }
	return map[string]Emission{
		"discrete":       must(NewDiscrete(3, many(k, func() []float64 { return simplex(r, 3, false) })))(t),
		"poisson":        must(NewPoisson(positives(r, k)))(t),
		"full":           gauss(Full, k, many(k, cov)),
		"diagonal":       gauss(Diagonal, k, positives(r, 2*k)),
		"tied":           gauss(Tied, k, cov()),
		"spherical":      gauss(Spherical, k, positives(r, k)),
		"mixture":        must(NewMixture(gauss(Diagonal, 2*k, positives(r, 4*k)), 2, many(k, func() []float64 { return simplex(r, 2, false) })))(t),
		"autoregressive": must(NewAutoregressive(2, 2, normals(r, k*2*5, .2), many(k, cov)))(t),
	}
}

// penalise gives an emission a prior.
func penalise(e Emission) {
	switch e := e.(type) {
	case *Discrete:
		e.Pseudo = .5
	case *Poisson:
		e.Shape, e.Exposure = .5, .2
	case *Gaussian:
		e.Count, e.Scale = 2, .3
	case *Mixture:
		e.Pseudo = .5
		penalise(e.Parts)
	case *Autoregressive:
		e.Count, e.Scale, e.Ridge = 2, .3, .7
	}
}

func TestDensitiesEqualTheirFormulas(t *testing.T) {
	got := func(e Emission, err error, x []float64) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, len(x)/e.Dim()*e.States())
		e.LogLik(out, x)
		return out[len(out)-1]
	}
	normal := func(x, m, v float64) float64 { return -.5*math.Log(2*math.Pi*v) - (x-m)*(x-m)/(2*v) }
	p, err := NewPoisson([]float64{2.5})
	near(t, "poisson", got(p, err, []float64{3}), 3*math.Log(2.5)-2.5-math.Log(6), 1e-14)
	g, err := NewGaussian(Diagonal, 2, []float64{1, 2}, []float64{3, 4})
	near(t, "diagonal", got(g, err, []float64{0, 1}), normal(0, 1, 3)+normal(1, 2, 4), 1e-14)
	g, err = NewGaussian(Spherical, 2, []float64{1, 2}, []float64{3})
	near(t, "spherical", got(g, err, []float64{0, 1}), normal(0, 1, 3)+normal(1, 2, 3), 1e-14)
	// Σ = ((2, 1), (1, 3)): x_1 ~ N(1, 2), x_2 | x_1 ~ N(2 + (x_1 − 1)/2, 5/2).
	want := normal(0, 1, 2) + normal(1, 1.5, 2.5)
	for _, kind := range []Kind{Full, Tied} {
		g, err = NewGaussian(kind, 2, []float64{1, 2}, []float64{2, 1, 1, 3})
		near(t, string(kind), got(g, err, []float64{0, 1}), want, 1e-14)
	}
	g, _ = NewGaussian(Spherical, 1, []float64{0, 2}, []float64{1, 3})
	mix, err := NewMixture(g, 2, []float64{.3, .7})
	near(t, "mixture", got(mix, err, []float64{1}), math.Log(.3*math.Exp(normal(1, 0, 1))+.7*math.Exp(normal(1, 2, 3))), 1e-14)
	ar, err := NewAutoregressive(1, 2, []float64{.1, .5, -.2}, []float64{2})
	near(t, "autoregressive", got(ar, err, []float64{1, 2, 3}), normal(3, .1+.5*2-.2*1, 2), 1e-14)
	near(t, "autoregressive, first rows", got(ar, err, []float64{1, 2}), 0, 0)
}

func TestNoEmissionLetsTheLikelihoodFall(t *testing.T) {
	r := rng.New(21).Named("rise").Rand()
	for i := range 25 {
		k := 1 + r.IntN(3)
		truth, fitted := zoo(t, r, k), zoo(t, r, k)
		for name, e := range truth {
			var seqs [][]float64
			for s := range 1 + r.IntN(4) {
				m := must(Uniform(e, .8))(t)
				x, _, err := m.Simulate(rng.New(uint64(100*i+s)), 60+r.IntN(60))
				if err != nil {
					t.Fatal(err)
				}
				seqs = append(seqs, x)
			}
			m := must(Uniform(fitted[name], .7))(t)
			if i%2 == 1 || name == "mixture" {
				penalise(m.Emit)
				m.Pseudo = .5
			}
			last, first := math.Inf(-1), math.NaN()
			c := Default()
			c.Sweeps, c.Progress = 30, func(rec Record) {
				if rec.Bound < last-1e-9*math.Abs(last) {
					t.Errorf("%s: fell from %.15g to %.15g", name, last, rec.Bound)
				}
				if last = rec.Bound; rec.Sweep == 0 {
					first = last
				}
			}
			if _, err := m.Fit(context.Background(), seqs, c); errors.Is(err, ErrCollapsed) {
				continue // without a prior a state may close in on a few rows
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !(last > first) {
				t.Errorf("%s: got %g after %g, want a rise", name, last, first)
			}
		}
	}
}

// The update of one state is a maximum: steps of any parameter to either side lower the bound.
func TestTheUpdateIsAMaximum(t *testing.T) {
	r := rng.New(22).Named("maximum").Rand()
	for name, e := range zoo(t, r, 1) {
		penalise(e)
		x, _, err := must(Uniform(e, 1))(t).Simulate(rng.New(5), 80)
		if err != nil {
			t.Fatal(err)
		}
		if name == "mixture" { // its update maximises a bound, whose fixed point is the maximum
			m, c := must(Uniform(e, 1))(t), Default()
			c.Sweeps, c.Tol = 3000, 1e-15
			must(m.Fit(context.Background(), [][]float64{x}, c))(t)
		} else {
			stats, ones := make([]float64, e.Stats()), make([]float64, len(x)/e.Dim())
			for i := range ones {
				ones[i] = 1
			}
			e.Accumulate(stats, x, ones)
			if err := e.Update(stats); err != nil {
				t.Fatal(err)
			}
		}
		value := func() float64 {
			out, sum := make([]float64, len(x)/e.Dim()), e.LogPrior()
			e.LogLik(out, x)
			for _, v := range out {
				sum += v
			}
			return sum
		}
		top := value()
		for _, move := range moves(t, e) {
			for _, h := range []float64{-1e-3, 1e-3} {
				move(h)
				if v := value(); v > top+1e-9 {
					t.Errorf("%s: a step raises the bound from %.12g to %.12g", name, top, v)
				}
				move(-h)
			}
		}
	}
}

// moves are steps along the parameters of an emission of one state; sums stay.
func moves(t *testing.T, e Emission) (out []func(h float64)) {
	each := func(p []float64, after func() error) {
		for i := range p {
			out = append(out, func(h float64) {
				p[i] += h
				if err := after(); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
	none := func() error { return nil }
	symmetric := func(cov []float64, after func() error) {
		out = append(out, func(h float64) { cov[1] += h; cov[2] += h; _ = after() })
		each(cov[:1], after)
		each(cov[3:], after)
	}
	switch e := e.(type) {
	case *Poisson:
		each(e.Rate, none)
	case *Discrete:
		out = append(out, func(h float64) { e.Probs[0] += h; e.Probs[1] -= h }, func(h float64) { e.Probs[1] += h; e.Probs[2] -= h })
	case *Gaussian:
		each(e.Mean, e.prepare)
		if e.Kind == Full || e.Kind == Tied {
			symmetric(e.Cov, e.prepare)
		} else {
			each(e.Cov, e.prepare)
		}
	case *Mixture:
		out = append(moves(t, e.Parts), func(h float64) { e.Weight[0] += h; e.Weight[1] -= h })
	case *Autoregressive:
		each(e.Coef, e.prepare)
		symmetric(e.Cov, e.prepare)
	}
	return out
}

func TestBadEmissionsAreErrors(t *testing.T) {
	one := must(NewGaussian(Spherical, 1, []float64{0, 1}, []float64{1, 1}))(t)
	for what, err := range map[string]error{
		"rates":      second(NewPoisson(nil)),
		"rate":       second(NewPoisson([]float64{0})),
		"kind":       second(NewGaussian("round", 1, []float64{0}, []float64{1})),
		"size":       second(NewGaussian(Full, 2, []float64{0, 0}, []float64{1})),
		"width":      second(NewGaussian(Full, 0, nil, nil)),
		"variance":   second(NewGaussian(Diagonal, 1, []float64{0}, []float64{0})),
		"mean":       second(NewGaussian(Diagonal, 1, []float64{math.NaN()}, []float64{1})),
		"indefinite": second(NewGaussian(Full, 2, []float64{0, 0}, []float64{1, 2, 2, 1})),
		"weights":    second(NewMixture(one, 2, []float64{.5, .6})),
		"parts":      second(NewMixture(one, 3, []float64{.5, .5})),
		"lags":       second(NewAutoregressive(1, 0, []float64{1}, []float64{1})),
		"singular":   second(NewAutoregressive(1, 1, []float64{0, 0}, []float64{0})),
		"no rows":    Seed(one, rng.New(1), nil),
		"soft":       SeedSoft(one, rng.New(1), [][]float64{{math.NaN()}}),
		"seed":       Seed(one, rng.New(1), [][]float64{{math.Inf(1)}}),
	} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

// The reference is x ln λ − λ − ln x! in 200 bits: ln x! by Stirling's series to x⁻⁵, whose next
// term is below 1e-38 here, and ln by [big.Float] sums of small arguments.
func TestLargeCountsKeepTheirDigits(t *testing.T) {
	for _, x := range []float64{1e5, 1e8, 1e12, 1 << 52} {
		for _, far := range []float64{0, 1e-9, -1e-6, 1e-3, -.009, .011, .5, -.9} {
			rate := x * (1 + far)
			d := (rate - x) / x
			var bracket big.Float // Σ (−d)^i/i from 2, for d that converge quickly
			if math.Abs(d) > .02 {
				continue
			}
			bracket.SetPrec(200)
			power := new(big.Float).SetPrec(200).SetFloat64(-d)
			minus := new(big.Float).SetPrec(200).SetFloat64(-d)
			for i := 2; i < 60; i++ {
				power.Mul(power, minus)
				bracket.Add(&bracket, new(big.Float).SetPrec(200).Quo(power, new(big.Float).SetPrec(200).SetInt64(int64(i))))
			}
			exact, _ := bracket.Mul(&bracket, new(big.Float).SetFloat64(x)).Float64()
			want := -exact - .5*math.Log(2*math.Pi*x) - 1/(12*x)
			tol := 4e-15
			if math.Abs(d) >= 1e-2 {
				tol = 4 * 0x1p-53 / math.Abs(d) // d − ln(1+d) ≈ d²/2 from two numbers of size d
			}
			if got := logManyCounts(x, rate); math.Abs(got-want) > tol*math.Abs(want) {
				t.Errorf("%v counts at rate %v: got %v, want %v", x, rate, got, want)
			}
		}
	}
	// It joins the other formula where both hold.
	for _, rate := range []float64{5e4, 9.95e4, 1e5, 1.02e5, 3e5} {
		var plain [1]float64
		countDensity(plain[:], []float64{manyCounts}, []float64{math.Log(rate)}, []float64{rate})
		if got := logManyCounts(manyCounts, rate); math.Abs(got-plain[0]) > 1e-9 { // 1e5·ln 1e5 holds 1e-10
			t.Errorf("rate %v: got %v, want %v", rate, got, plain[0])
		}
	}
	if got := logManyCounts(1e6, 0); !math.IsInf(got, -1) {
		t.Errorf("rate 0: got %v", got)
	}
}

func TestCountsOfATrillionAreFitted(t *testing.T) {
	x := make([]float64, 20)
	for i := range x {
		x[i] = 1e12 + float64(i)
	}
	e, err := NewPoisson([]float64{1e12, 1e12 + 1e6})
	if err != nil {
		t.Fatal(err)
	}
	m, err := New([]float64{.5, .5}, []float64{.9, .1, .1, .9}, e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(t.Context(), [][]float64{x}, Config{Sweeps: 50, Tol: 1e-9}); err != nil {
		t.Error(err) // a bound that falls is one
	}
}
