package hmm

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// With one state q(z) is exact and so is the bound: it equals ln p(x), known in closed form.
func TestWithOneStateTheBoundIsTheEvidence(t *testing.T) {
	counts := []float64{3, 0, 2, 5, 1}
	rows := []float64{1, 2, -.5, .3, 2, 1.7, .1, -1}
	evidence := func(e Emission, err error, x []float64) float64 {
		b := must(NewBayes(must(e, err)(t), 1, 1))(t)
		c := Default()
		c.Sweeps = 4
		return must(b.Fit(context.Background(), [][]float64{x}, c))(t).Bound
	}
	sym, err := NewDirichletSymbols(1, 6, .7)
	want, seen := 0.0, make([]float64, 6)
	for i, v := range counts {
		want += math.Log((.7 + seen[int(v)]) / (6*.7 + float64(i)))
		seen[int(v)]++
	}
	near(t, "symbols", evidence(sym, err, counts), want, 1e-12)

	rate, err := NewGammaRate(1, 1.5, .8)
	a, want := 1.5, 0.0
	for i, v := range counts { // each count given those before is negative binomial
		b := .8 + float64(i)
		want += lgamma(a+v) - lgamma(a) - lgamma(v+1) + a*math.Log(b/(b+1)) - v*math.Log(b+1)
		a += v
	}
	near(t, "rates", evidence(rate, err, counts), want, 1e-12)

	m0, v0 := []float64{.2, -.4}, []float64{1.3, .4, .4, 2}
	nw, err := NewNormalWishart(1, m0, .6, 3.5, v0)
	near(t, "normal-Wishart", evidence(nw, err, rows), studentChain(rows, m0, v0, .6, 3.5), 1e-11)

	ng, err := NewNormalGamma(1, m0, .6, 1.75, []float64{.65, 1})
	want = 0
	for j := range 2 { // one value: the Wishart of ν, V is the Gamma of ν/2, V/2
		col := []float64{rows[j], rows[2+j], rows[4+j], rows[6+j]}
		want += studentChain(col, m0[j:j+1], []float64{[]float64{1.3, 2}[j]}, .6, 3.5)
	}
	near(t, "normal-Gamma", evidence(ng, err, rows), want, 1e-11)
}

// studentChain is ln p(x) under a normal-Wishart prior as a product of Student-t predictives
// (Bishop 2006, eq. 10.81), for one or two values a row.
func studentChain(x, m0, v0 []float64, beta, nu float64) (sum float64) {
	d := len(m0)
	m, v := append([]float64(nil), m0...), append([]float64(nil), v0...)
	for i := 0; i < len(x); i += d {
		df, gap := nu+1-float64(d), make([]float64, d)
		for j := range d {
			gap[j] = x[i+j] - m[j]
		}
		det, quad := v[0], gap[0]*gap[0]/v[0]
		if d == 2 {
			det = v[0]*v[3] - v[1]*v[2]
			quad = (v[3]*gap[0]*gap[0] - 2*v[1]*gap[0]*gap[1] + v[0]*gap[1]*gap[1]) / det
		}
		scale := (1 + beta) / beta // the t has scale matrix V(1+β)/(β·df)
		sum += lgamma((nu+1)/2) - lgamma(df/2) - .5*float64(d)*math.Log(math.Pi*scale) - .5*math.Log(det) -
			(nu+1)/2*math.Log1p(quad/scale)
		for j := range d {
			for l := range d {
				v[j*d+l] += beta / (beta + 1) * gap[j] * gap[l]
			}
		}
		for j := range d {
			m[j] += gap[j] / (beta + 1)
		}
		beta, nu = beta+1, nu+1
	}
	return sum
}

func TestTheBoundOfVariationalBayesNeverFalls(t *testing.T) {
	r := rng.New(4).Named("bound").Rand()
	for i := range 40 {
		k, symbols := 1+r.IntN(4), 2+r.IntN(3)
		var seqs, whole [][]float64
		for range 1 + r.IntN(20) {
			x, w := make([]float64, 2*(1+r.IntN(30))), make([]float64, 1+r.IntN(30))
			for j := range x {
				x[j] = 100 + r.NormFloat64()*3
			}
			for j := range w {
				w[j] = float64(r.IntN(symbols))
			}
			seqs, whole = append(seqs, x), append(whole, w)
		}
		for j, e := range []Emission{
			must(NewDirichletSymbols(k, symbols, .5))(t), must(NewGammaRate(k, 1, 1))(t),
			must(NewNormalGamma(k, []float64{100, 100}, .1, 1, []float64{1, 1}))(t),
			must(NewNormalWishart(k, []float64{100, 100}, .1, 2, []float64{1, .2, .2, 1}))(t),
		} {
			data := whole
			if j > 1 {
				data = seqs
			}
			if err := Seed(e, rng.New(uint64(i)), data); err != nil {
				t.Fatal(err)
			}
			b := must(NewBayes(e, .3, .3))(t)
			last := math.Inf(-1)
			c := Default()
			c.Sweeps, c.Progress = 40, func(r Record) {
				if r.Bound < last-1e-9*math.Abs(last) {
					t.Errorf("%T: sweep %d: fell from %.15g to %.15g", e, r.Sweep, last, r.Bound)
				}
				last = r.Bound
			}
			must(b.Fit(context.Background(), data, c))(t)
		}
	}
}

// threeStates is a chain of three well separated Gaussians.
func threeStates(t testing.TB) (*Model, []float64) {
	e := must(NewGaussian(Diagonal, 2, []float64{0, 0, 6, 0, 0, 6}, []float64{1, 1, 1, 2, .5, 1}))(t)
	trans := []float64{.8, .15, .05, .1, .7, .2, .25, .05, .7}
	return must(New([]float64{1. / 3, 1. / 3, 1. / 3}, trans, e))(t), trans
}

// pruned fits ten states to a simulated sequence of three, best bound of five starts, and
// returns the number of states above one row in a hundred and the largest error of a step.
func pruned(t *testing.T, seed uint64) (alive int, far float64) {
	truth, trans := threeStates(t)
	x, _, err := truth.Simulate(rng.New(seed), 3000)
	if err != nil {
		t.Fatal(err)
	}
	var best *Bayes
	var res Result
	for restart := range uint64(5) {
		e := must(NewNormalWishart(10, []float64{2, 2}, .1, 3, []float64{3, 0, 0, 3}))(t)
		if err := SeedSoft(e, rng.New(12).At(restart), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		b := must(NewBayes(e, .1, .1))(t)
		c := Default()
		c.Sweeps = 3000
		got := must(b.Fit(t.Context(), [][]float64{x}, c))(t)
		if best == nil || got.Bound > res.Bound {
			best, res = b, got
		}
	}
	of := [3]int{-1, -1, -1} // which state of the fit is which of the truth
	for s, n := range res.Occupancy {
		if n <= 30 {
			continue
		}
		alive++
		for g := range 3 {
			mean := truth.Emit.(*Gaussian).Mean[2*g : 2*g+2]
			if distance2(best.Emit.(*NormalWishart).M[2*s:2*s+2], mean) < 1 {
				of[g] = s
			}
		}
	}
	if min(of[0], of[1], of[2]) < 0 {
		return alive, 1
	}
	got := best.MeanTrans()
	for i := range 3 {
		for j := range 3 {
			far = max(far, math.Abs(got[of[i]*10+of[j]]-trans[3*i+j]))
		}
	}
	return alive, far
}

// Starts were chosen on the sequence of seed 11; these others are seen here alone.
func TestVariationalBayesPrunesTenStatesToThree(t *testing.T) {
	for seed := range uint64(8) {
		alive, far := pruned(t, 1001+seed)
		t.Logf("seed %d: %d states, steps within %.3f", 1001+seed, alive, far)
		if alive != 3 || far > .05 {
			t.Errorf("seed %d: got %d states and a step off by %.3f, want 3 and at most .05", 1001+seed, alive, far)
		}
	}
}

func TestBadPriorsAreErrors(t *testing.T) {
	one := []float64{0}
	for what, err := range map[string]error{
		"rows":     second(NewBayes(nil, 1, 1)),
		"symbols":  second(NewDirichletSymbols(1, 2, 0)),
		"rate":     second(NewGammaRate(0, 1, 1)),
		"gamma":    second(NewNormalGamma(1, one, 1, 1, one)),
		"wishart":  second(NewNormalWishart(1, one, 1, 0, []float64{1})),
		"definite": second(NewNormalWishart(1, one, 1, 1, []float64{-1})),
		"mean":     second(NewNormalWishart(1, []float64{math.NaN()}, 1, 1, []float64{1})),
	} {
		if err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func TestABayesThatNewBayesDidNotMakeIsAnError(t *testing.T) {
	b := &Bayes{Emit: must(NewGammaRate(2, 1, 1))(t)}
	if _, err := b.Fit(t.Context(), [][]float64{{1}}, Default()); err == nil {
		t.Error("fit: got no error")
	}
	if _, err := b.Smooth([]float64{1}); err == nil {
		t.Error("smooth: got no error")
	}
	made := must(NewBayes(b.Emit, 1, 1))(t)
	if _, err := made.Smooth([]float64{.5}); err == nil {
		t.Error("half a count: got no error")
	}
	for i := range 2 {
		p := made.MeanTrans()
		near(t, "total", p[2*i]+p[2*i+1], 1, 1e-15)
	}
}

func second[T any](_ T, err error) error { return err }
