package hmm

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// near fails the test unless |got − want| ≤ tol·max(1, |want|).
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Fatalf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

// must fails the test on an error.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// umbrella is the model of Russell and Norvig, figure 15.2, with the days they observe.
func umbrella(t testing.TB) (*Model, []float64) {
	e := must(NewDiscrete(2, []float64{.9, .1, .2, .8}))(t)
	return must(New([]float64{.5, .5}, []float64{.7, .3, .3, .7}, e))(t), []float64{0, 0, 1, 0, 0}
}

func TestUmbrellaWorldToThePrintedDigits(t *testing.T) {
	m, x := umbrella(t)
	p := must(m.Smooth(x))(t)
	if math.Abs(p.LogLik+3.372502) > 5e-7 {
		t.Errorf("log-likelihood: got %.7f, want -3.372502", p.LogLik)
	}
	filtered := []float64{.8182, .8834, .1907, .7308, .8673}
	smoothed := []float64{.8673, .8204, .3075, .8204, .8673}
	for i := range x {
		if math.Abs(p.Filtered[2*i]-filtered[i]) > 5e-5 || math.Abs(p.Smoothed[2*i]-smoothed[i]) > 5e-5 {
			t.Errorf("day %d: got %.5f and %.5f, want %.4f and %.4f", i, p.Filtered[2*i], p.Smoothed[2*i], filtered[i], smoothed[i])
		}
	}
	path, _, err := m.Viterbi(x)
	if want := []int{0, 0, 1, 0, 0}; err != nil || !slices.Equal(path, want) {
		t.Errorf("path: got %v, %v, want %v", path, err, want)
	}
}

// simplex draws a distribution in which about one entry in five is zero, if zeros.
func simplex(r *rand.Rand, n int, zeros bool) []float64 {
	p, sum := make([]float64, n), 0.0
	for i := range p {
		if p[i] = r.ExpFloat64(); zeros && i > 0 && r.Float64() < .2 {
			p[i] = 0
		}
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// randomModel draws a discrete model and a sequence of its symbols.
func randomModel(t testing.TB, r *rand.Rand, zeros bool) (*Model, []float64) {
	k, v, n := 1+r.IntN(4), 1+r.IntN(4), 1+r.IntN(6)
	var trans, probs []float64
	for range k {
		trans = append(trans, simplex(r, k, zeros)...)
		probs = append(probs, simplex(r, v, zeros)...)
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(r.IntN(v))
	}
	return must(New(simplex(r, k, zeros), trans, must(NewDiscrete(v, probs))(t)))(t), x
}

// paths calls f with every path of n states out of k.
func paths(k, n int, f func(path []int)) {
	path := make([]int, n)
	for {
		f(path)
		i := 0
		for ; i < n; i++ {
			if path[i]++; path[i] < k {
				break
			}
			path[i] = 0
		}
		if i == n {
			return
		}
	}
}

// enumerated is what the sum over all paths says.
type enumerated struct {
	z, best         float64
	smoothed, pairs []float64
}

// enumerate weighs every path with the densities exp(b).
func enumerate(m *Model, b []float64) enumerated {
	k := len(m.Start)
	n := len(b) / k
	e := enumerated{smoothed: make([]float64, n*k), pairs: make([]float64, k*k)}
	paths(k, n, func(path []int) {
		p := m.Start[path[0]] * math.Exp(b[path[0]])
		for i := 1; i < n; i++ {
			p *= m.Trans[path[i-1]*k+path[i]] * math.Exp(b[i*k+path[i]])
		}
		e.z, e.best = e.z+p, max(e.best, p)
		for i, s := range path {
			e.smoothed[i*k+s] += p
			if i > 0 {
				e.pairs[path[i-1]*k+s] += p
			}
		}
	})
	return e
}

// pathLogProb is ln p(x, path).
func pathLogProb(m *Model, b []float64, path []int) float64 {
	k := len(m.Start)
	sum := math.Log(m.Start[path[0]]) + b[path[0]]
	for i := 1; i < len(path); i++ {
		sum += math.Log(m.Trans[path[i-1]*k+path[i]]) + b[i*k+path[i]]
	}
	return sum
}

func TestPassesEqualTheSumOverAllPaths(t *testing.T) {
	r, impossible := rng.New(1).Named("paths").Rand(), 0
	for range 1000 {
		m, x := randomModel(t, r, r.IntN(2) == 0)
		b := make([]float64, len(x)*len(m.Start))
		m.Emit.LogLik(b, x)
		want := enumerate(m, b)
		got, err := m.Smooth(x)
		path, best, err2 := m.Viterbi(x)
		if want.z == 0 {
			impossible++
			if !errors.Is(err, ErrImpossible) || !errors.Is(err2, ErrImpossible) {
				t.Fatalf("impossible: got %v and %v", err, err2)
			}
			continue
		}
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		near(t, "log-likelihood", got.LogLik, math.Log(want.z), 1e-10)
		near(t, "best path", best, math.Log(want.best), 1e-10)
		near(t, "best path's own probability", pathLogProb(m, b, path), best, 1e-10)
		for i, v := range want.smoothed {
			near(t, "smoothed", got.Smoothed[i], v/want.z, 1e-10)
		}
		for i, v := range want.pairs {
			near(t, "pairs", got.Pairs[i], v/want.z, 1e-10)
		}
	}
	if impossible == 0 || impossible > 500 {
		t.Errorf("impossible sequences: got %d of 1000, want some", impossible)
	}
}

func TestScaledPassesEqualThoseInLogarithms(t *testing.T) {
	r := rng.New(2).Named("twin").Rand()
	for range 200 {
		m, x := randomModel(t, r, true)
		a, b := must(m.ready(x))(t), must(m.ready(x))(t)
		fast, err := a.smooth(true)
		slow, err2 := b.logEvidence()
		if err != nil || err2 != nil {
			if !errors.Is(err, ErrImpossible) || !errors.Is(err2, ErrImpossible) {
				t.Fatal(err, err2)
			}
			continue
		}
		b.logBackward(slow)
		fa, fb := a.side, b.side
		near(t, "ln Z", fast, slow, 1e-12)
		for i := range fa {
			near(t, "filtered", fa[i], fb[i], 1e-12)
			near(t, "smoothed", a.b[i], b.b[i], 1e-12)
		}
		for i := range a.pairs {
			near(t, "pairs", a.pairs[i], b.pairs[i], 1e-12)
		}
	}
}

func TestSimulatedStepsAndSymbolsHaveTheirFrequencies(t *testing.T) {
	m, _ := umbrella(t)
	const n = 100000
	x, z, err := m.Simulate(rng.New(3), n)
	if err != nil {
		t.Fatal(err)
	}
	stay, rain, wet := 0.0, 0.0, 0.0
	for i := range n {
		if i > 0 && z[i] == z[i-1] {
			stay++
		}
		if z[i] == 0 {
			rain++
			wet += 1 - x[i]
		}
	}
	// Four standard errors of a share of n/2 draws are below .009: a right sampler fails 1 time in 10⁴.
	near(t, "stay", stay/(n-1), .7, .009)
	near(t, "umbrella in rain", wet/rain, .9, .009)
	if _, _, err := m.Simulate(rng.New(1), 0); err == nil {
		t.Error("no rows: got no error")
	}
}

func TestBadModelsAndSequencesAreErrors(t *testing.T) {
	m, _ := umbrella(t)
	for what, x := range map[string][]float64{"none": nil, "fraction": {.5}, "negative": {-1}, "too large": {2}, "not a number": {math.NaN()}, "infinite": {math.Inf(1)}} {
		if _, err := m.LogLik(x); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	e := m.Emit
	half := []float64{.5, .5}
	for what, bad := range map[string]*Model{
		"no emission": {Start: half, Trans: m.Trans}, "short": {Start: half[:1], Trans: m.Trans, Emit: e},
		"sum": {Start: []float64{.5, .6}, Trans: m.Trans, Emit: e}, "row": {Start: half, Trans: []float64{1, 0, 1, 1}, Emit: e},
		"negative": {Start: []float64{-.5, 1.5}, Trans: m.Trans, Emit: e}, "pseudo": {Start: half, Trans: m.Trans, Emit: e, Pseudo: -1},
	} {
		if _, err := bad.Smooth([]float64{0}); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := NewDiscrete(2, []float64{.5, .6}); err == nil {
		t.Error("probabilities above one: got no error")
	}
	if _, err := NewDiscrete(2, []float64{1}); err == nil {
		t.Error("half a row: got no error")
	}
}
