package gauss

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// randomForest has n variables, most joined to one before them.
func randomForest(t testing.TB, r *rand.Rand, n int) *Field {
	t.Helper()
	h, diagonal, edges := make([]float64, n), make([]float64, n), []Edge{}
	for i := range n {
		h[i], diagonal[i] = r.NormFloat64(), .1+r.Float64()
		if i > 0 && r.IntN(8) > 0 {
			j, x := r.IntN(i), r.NormFloat64()
			edges = append(edges, Edge{i, j, x})
			diagonal[i] += math.Abs(x)
			diagonal[j] += math.Abs(x)
		}
	}
	f, err := NewField(h, diagonal, edges)
	return must(t, f, err)
}

// randomGraph is a field whose |R| is scaled to about a radius.
func randomGraph(t testing.TB, r *rand.Rand, n int, radius float64) *Field {
	t.Helper()
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			if r.IntN(2) == 0 {
				a.SetSym(i, j, r.NormFloat64())
			}
		}
	}
	top := spectral(t, a)
	h, diagonal, edges := make([]float64, n), make([]float64, n), []Edge{}
	for i := range n {
		h[i], diagonal[i] = r.NormFloat64(), .5+r.ExpFloat64()
	}
	for i := range n {
		for j := range i {
			if x := a.At(i, j); x != 0 {
				edges = append(edges, Edge{i, j, -x * radius / top * math.Sqrt(diagonal[i]*diagonal[j])})
			}
		}
	}
	f, err := NewField(h, diagonal, edges)
	return must(t, f, err)
}

// spectral is the largest eigenvalue of |A|.
func spectral(t testing.TB, a *mat.SymDense) float64 {
	t.Helper()
	n := a.SymmetricDim()
	b := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			b.SetSym(i, j, math.Abs(a.At(i, j)))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(b, false) {
		t.Fatal("no eigenvalues")
	}
	if top := slices.Max(e.Values(nil)); top > 0 {
		return top
	}
	return 1
}

func TestBeliefsAreExactOnForests(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 1000 {
		f := randomForest(t, r, 1+r.IntN(15))
		want, z, err := f.Solve()
		must(t, want, err)
		b, err := f.Propagate(t.Context(), BeliefConfig{})
		must(t, b, err)
		if !b.Exact || !b.Converged {
			t.Fatalf("got %+v on a forest", b)
		}
		tk.Close(t, "ln Z", b.LogZ, z, 1e-10)
		for i := range b.Mean {
			tk.Close(t, "mean", b.Mean[i], want.Mean[i], 1e-10)
			tk.Close(t, "variance", b.Variance[i], want.Cov.At(i, i), 1e-10)
		}
	}
}

// Walk-summable fields converge, and where sweeps converge the means are right, whether walks
// sum up or not. The variances are too small or too large; on walk-summable graphs they are
// those of some of the walks.
func TestMeansAreRightWhereSweepsConverge(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	beyond, inexact := 0, 0
	for range 1000 {
		f := randomGraph(t, r, 3+r.IntN(7), .3+r.Float64())
		want, _, err := f.Solve()
		w := f.Walks()
		if w.Summable && err != nil {
			t.Fatalf("radius %g: %v, want a positive definite matrix", w.High, err)
		}
		if err != nil {
			continue
		}
		b, err := f.Propagate(t.Context(), BeliefConfig{Sweeps: 5000})
		switch {
		case w.Summable && (err != nil || !b.Converged):
			t.Fatalf("radius %g: got %v, %v, want an end", w.High, b, err)
		case err != nil || !b.Converged:
			continue
		case !w.Summable:
			beyond++
		}
		for i := range b.Mean {
			// The end is where a sweep moves less than 1e-12 deviations.
			tk.Close(t, "mean", b.Mean[i], want.Mean[i], 1e-8)
			if math.Abs(b.Variance[i]-want.Cov.At(i, i)) > 1e-6 && !b.Exact {
				inexact++
			}
		}
	}
	if beyond < 5 || inexact < 100 {
		t.Errorf("got %d that converged beyond summable walks and %d variances that are approximate, want some", beyond, inexact)
	}
}

func TestWalksHoldTheSpectralRadius(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for range 300 {
		n := 2 + r.IntN(10)
		f := randomGraph(t, r, n, .2+1.5*r.Float64())
		a := mat.NewSymDense(n, nil)
		for _, e := range f.Edges {
			a.SetSym(e.I, e.J, e.Value/math.Sqrt(f.Diagonal[e.I]*f.Diagonal[e.J]))
		}
		want := 0.
		if len(f.Edges) > 0 {
			want = spectral(t, a)
		}
		w := f.Walks()
		if w.Low > want+1e-9 || w.High < want-1e-9 || w.Summable != (w.High < 1) || math.Abs(want-1) > 1e-6 && w.Summable != (want < 1) {
			t.Errorf("got %+v, want bounds of %g", w, want)
		}
	}
}

// Three variables, R all of one value ρ: walks sum up below ½, J is positive definite below ½
// for ρ > 0 and to −1 below; a frustrated triangle at −.7 is the textbook's field whose walks
// do not sum up.
func TestATriangleByHand(t *testing.T) {
	field := func(rho float64) *Field {
		f, err := NewField([]float64{1, 0, 0}, []float64{1, 1, 1}, []Edge{{0, 1, -rho}, {1, 2, -rho}, {0, 2, -rho}})
		return must(t, f, err)
	}
	for rho, want := range map[float64]bool{.4: true, .49: true, .51: false, -.4: true, -.7: false} {
		if w := field(rho).Walks(); w.Summable != want {
			t.Errorf("ρ = %g: got %+v, want summable %v", rho, w, want)
		}
	}
	if _, _, err := field(.6).Solve(); !errors.Is(err, ErrSingular) {
		t.Errorf("got %v, want %v", err, ErrSingular)
	}
	if _, _, err := field(-.7).Solve(); err != nil {
		t.Error(err)
	}
	b, err := field(.4).Propagate(t.Context(), BeliefConfig{})
	must(t, b, err)
	// J = 1.4 I − .4·11ᵀ has the inverse (I + 2·11ᵀ)/1.4.
	for i, want := range []float64{3 / 1.4, 2 / 1.4, 2 / 1.4} {
		tk.Close(t, "mean", b.Mean[i], want, 1e-10)
	}
	if b.Exact || !math.IsNaN(b.LogZ) {
		t.Errorf("got %+v, want an approximation", b)
	}
}

// The average of values on a ring is the mean that all beliefs agree on as ties grow (the
// specification's consensus: sixteen nodes).
func TestARingAgreesOnTheAverage(t *testing.T) {
	const n, tie = 16, 1e4
	h, diagonal, edges := make([]float64, n), make([]float64, n), []Edge{}
	average := 0.
	for i := range n {
		h[i] = float64(i * i % 7)
		average += h[i] / n
		diagonal[i] = 1 + 2*tie
		edges = append(edges, Edge{i, (i + 1) % n, -tie})
	}
	f, err := NewField(h, diagonal, edges)
	must(t, f, err)
	b, err := f.Propagate(t.Context(), BeliefConfig{Sweeps: 100000})
	must(t, b, err)
	want, _, err := f.Solve()
	must(t, want, err)
	for i := range n {
		tk.Close(t, "mean", b.Mean[i], want.Mean[i], 1e-7)
		tk.Close(t, "average", b.Mean[i], average, 1e-2) // ties of 10⁴ leave differences of 10⁻³
	}
}

// A chain of a million variables takes two passes over its edges. The middle of a long chain
// with J_ii = 2.5 and J_ij = −1 has h / (2.5 − 2) for a mean and 1/√(2.5² − 4) for a variance.
func TestAChainOfAMillionIsLinear(t *testing.T) {
	f := chain(t, 1_000_000)
	b, err := f.Propagate(t.Context(), BeliefConfig{})
	must(t, b, err)
	tk.Close(t, "mean", b.Mean[500_000], 1/.5, 1e-12)
	tk.Close(t, "variance", b.Variance[500_000], 1/math.Sqrt(2.25), 1e-12)
	short := chain(t, 1000)
	want, z, err := short.Solve()
	must(t, want, err)
	c, err := short.Propagate(t.Context(), BeliefConfig{})
	must(t, c, err)
	tk.Close(t, "ln Z of a thousand", c.LogZ, z, 1e-11)
	for i := range c.Mean {
		tk.Close(t, "mean of a thousand", c.Mean[i], want.Mean[i], 1e-11)
		tk.Close(t, "the same end of a million", b.Mean[i/2], c.Mean[i/2], 1e-11)
	}
}

func chain(t testing.TB, n int) *Field {
	t.Helper()
	h, diagonal, edges := make([]float64, n), make([]float64, n), make([]Edge, n-1)
	for i := range n {
		h[i], diagonal[i] = 1, 2.5
		if i > 0 {
			edges[i-1] = Edge{i - 1, i, -1}
		}
	}
	f, err := NewField(h, diagonal, edges)
	return must(t, f, err)
}

func BenchmarkChain(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		f := chain(b, n)
		b.Run("", func(b *testing.B) {
			for b.Loop() {
				if _, err := f.Propagate(b.Context(), BeliefConfig{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/variable")
		})
	}
}

func TestDampingReachesTheSameMeans(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for range 100 {
		f := randomGraph(t, r, 6, .8)
		a, err := f.Propagate(t.Context(), BeliefConfig{})
		must(t, a, err)
		b, err := f.Propagate(t.Context(), BeliefConfig{Damping: .5, Sweeps: 10000})
		must(t, b, err)
		for i := range a.Mean {
			tk.Close(t, "mean", b.Mean[i], a.Mean[i], 1e-9)
			tk.Close(t, "variance", b.Variance[i], a.Variance[i], 1e-9)
		}
	}
}

func TestFieldsAndSettingsThatCannotBeAreRefused(t *testing.T) {
	one := []float64{1, 1}
	for want, f := range map[string]func() (*Field, error){
		"want as many":         func() (*Field, error) { return NewField(one, nil, nil) },
		"at least one":         func() (*Field, error) { return NewField(nil, nil, nil) },
		"variable 1: got h 1":  func() (*Field, error) { return NewField(one, []float64{1, 0}, nil) },
		"h NaN":                func() (*Field, error) { return NewField([]float64{math.NaN(), 1}, one, nil) },
		"two variables below":  func() (*Field, error) { return NewField(one, one, []Edge{{0, 2, 1}}) },
		"edge 0: got {I:1 J:1": func() (*Field, error) { return NewField(one, one, []Edge{{1, 1, 1}}) },
		"finite number":        func() (*Field, error) { return NewField(one, one, []Edge{{0, 1, math.Inf(1)}}) },
		"twice":                func() (*Field, error) { return NewField(one, one, []Edge{{0, 1, 1}, {1, 0, 1}}) },
	} {
		_, err := f()
		fails(t, err, want)
	}
	bad, err := NewField(one, one, []Edge{{0, 1, 2}})
	must(t, bad, err)
	if _, err := bad.Propagate(t.Context(), BeliefConfig{}); !errors.Is(err, ErrNotProper) {
		t.Errorf("got %v, want %v", err, ErrNotProper)
	}
	f := randomGraph(t, rand.New(rand.NewPCG(12, 12)), 5, .5)
	for _, c := range []BeliefConfig{{Sweeps: -1}, {Tolerance: -1}, {Damping: 1}, {Damping: math.NaN()}} {
		_, err := f.Propagate(t.Context(), c)
		fails(t, err, "belief propagation: got")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := f.Propagate(ctx, BeliefConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	for _, seen := range []map[int]float64{{9: 1}, {0: 1, 1: 1, 2: 1, 3: 1, 4: 1}} {
		_, _, err := f.Given(seen)
		fails(t, err, "evidence: got")
	}
	large := chain(t, MaxDense+1)
	_, _, err = large.Solve()
	fails(t, err, "want at most 4096")
}

func TestSweepsAreTold(t *testing.T) {
	f := randomGraph(t, rand.New(rand.NewPCG(13, 13)), 6, .6)
	var sweeps []int
	last := math.Inf(1)
	b, err := f.Propagate(t.Context(), BeliefConfig{Progress: func(sweep int, move float64) { sweeps, last = append(sweeps, sweep), move }})
	must(t, b, err)
	if len(sweeps) != b.Sweeps || sweeps[0] != 1 || last > 1e-12 || !b.Converged {
		t.Errorf("got sweeps %v, last move %g, %+v", sweeps, last, b)
	}
	short, err := f.Propagate(t.Context(), BeliefConfig{Sweeps: 2})
	if must(t, short, err); short.Converged || short.Sweeps != 2 {
		t.Errorf("got %+v after two sweeps", short)
	}
}
