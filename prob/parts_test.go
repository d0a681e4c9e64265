package prob

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vi/guide"
)

// spd is a random positive definite matrix, n×n.
func spd(n int, seed uint64) []float64 {
	a := make([]float64, n*n)
	rng.New(seed).NormalFloat64(a)
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			for k := range n {
				out[i*n+j] += a[i*n+k] * a[j*n+k]
			}
		}
		out[i*n+i] += .5
	}
	return out
}

// times is the product of n×n matrices, the second one transposed if t is set.
func times(a, b []float64, n int, t bool) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			for k := range n {
				if t {
					out[i*n+j] += a[i*n+k] * b[j*n+k]
				} else {
					out[i*n+j] += a[i*n+k] * b[k*n+j]
				}
			}
		}
	}
	return out
}

func TestFactorsMultiplyBack(t *testing.T) {
	for n := 1; n <= 8; n++ {
		a := spd(n, uint64(n))
		l, ok := cholesky(a, n)
		if !ok {
			t.Fatalf("n = %d: got no factor", n)
		}
		for i, v := range times(l, l, n, true) {
			tk.Close(t, fmt.Sprintf("n = %d: LLᵀ[%d]", n, i), v, a[i], 1e-12)
		}
		f, ok := inverseFactor(a, n)
		if !ok {
			t.Fatalf("n = %d: got no factor of the inverse", n)
		}
		unit := times(times(f, f, n, true), a, n, false)
		for i, v := range unit {
			want := 0.
			if i%(n+1) == 0 {
				want = 1
			}
			tk.Close(t, fmt.Sprintf("n = %d: FFᵀA[%d]", n, i), v, want, 1e-9)
		}
		for i := range n {
			for j := i + 1; j < n; j++ {
				if l[i*n+j] != 0 || f[i*n+j] != 0 {
					t.Errorf("n = %d: a factor has %v and %v above its diagonal", n, l[i*n+j], f[i*n+j])
				}
			}
		}
	}
}

func TestMatricesWithoutAFactorAreTold(t *testing.T) {
	for _, a := range [][]float64{{-1}, {0}, {math.NaN()}, {math.Inf(1)}, {1, 2, 2, 1}, {1, 1, 1, 1}} {
		n := side(a)
		if _, ok := cholesky(a, n); ok {
			t.Errorf("%v: got a factor", a)
		}
		if _, ok := inverseFactor(a, n); ok {
			t.Errorf("%v: got a factor of the inverse", a)
		}
	}
}

func TestFiniteNumbers(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want bool
	}{{nil, true}, {[]float64{1, -2, 0}, true}, {[]float64{1, math.NaN()}, false}, {[]float64{math.Inf(-1)}, false}, {[]float64{math.MaxFloat64}, true}} {
		if got := finite(c.v...); got != c.want {
			t.Errorf("%v: got %v, want %v", c.v, got, c.want)
		}
	}
	if got := dot([]float64{1, 2, 3}, []float64{4, -5, 6}); got != 12 {
		t.Errorf("dot product: got %v, want 12", got)
	}
}

// The softest direction of Q diag(λ) Qᵀ is the column of its smallest eigenvalue.
func TestTheSoftestDirectionHasTheLeastCurvature(t *testing.T) {
	for _, small := range []float64{1e-3, 1e-9, 0} {
		c, s := math.Cos(.7), math.Sin(.7)
		h := []float64{c*c*2 + s*s*small, c*s*2 - c*s*small, 0, c*s*2 - c*s*small, s*s*2 + c*c*small, 0, 0, 0, 5}
		v, curve, ok := softest(h, 3)
		if !ok {
			t.Fatalf("λ = %v: got no direction", small)
		}
		within := math.Abs(math.Abs(v[0]*-s+v[1]*c) - 1)
		if within > 1e-6 || math.Abs(curve-small) > 1e-6 {
			t.Errorf("λ = %v: got direction %v with curvature %v", small, v, curve)
		}
		first, second := largest(v)
		if first != 1 || second != 0 {
			t.Errorf("largest elements of %v: got %d and %d, want 1 and 0", v, first, second)
		}
	}
	if _, _, ok := softest([]float64{-1, 0, 0, 1}, 2); ok {
		t.Error("a matrix with a negative eigenvalue has a softest direction")
	}
	for _, c := range []struct {
		v             []float64
		first, second int
	}{{[]float64{3, 1, 2}, 0, 2}, {[]float64{1, -3, 2}, 1, 2}, {[]float64{1, 2, -3}, 2, 1}, {[]float64{7}, 0, 0}} {
		if a, b := largest(c.v); a != c.first || b != c.second {
			t.Errorf("%v: got %d and %d, want %d and %d", c.v, a, b, c.first, c.second)
		}
	}
}

// All joint values are met once, and the last is told by false.
func TestAssignmentsAreAllMetOnce(t *testing.T) {
	gr := &group{choices: []*site{{name: "a", levels: 2}, {name: "b", levels: 3}, {name: "c", levels: 4}}}
	choice := map[string]int{}
	seen := map[[3]int]int{}
	for next := gr.assignments(choice); next(); {
		seen[[3]int{choice["a"], choice["b"], choice["c"]}]++
	}
	if len(seen) != 24 {
		t.Fatalf("got %d joint values, want 24", len(seen))
	}
	for k, n := range seen {
		if n != 1 || k[0] > 1 || k[1] > 2 || k[2] > 3 {
			t.Errorf("%v: met %d times", k, n)
		}
	}
}

// fill puts n iterates into a history by a rule.
func fill(n int, rule func(i int) []float64) *history {
	h := &history{}
	for i := range n {
		row := rule(i)
		for j := range row {
			row[j] = -row[j] // as the step's graph returns them
		}
		h.add([][]float64{row[:1], row[1:]})
	}
	return h
}

func TestHistoriesThinButReachBack(t *testing.T) {
	h := fill(10000, func(i int) []float64 { return []float64{float64(i), 1} })
	if len(h.rows) >= keptSteps || len(h.rows) < keptSteps/4 {
		t.Errorf("got %d iterates, want between %d and %d", len(h.rows), keptSteps/4, keptSteps)
	}
	for i := 1; i < len(h.rows); i++ {
		if gap := h.rows[i][0] - h.rows[i-1][0]; gap != float64(h.every) {
			t.Fatalf("iterate %d: got a gap of %v, want %d", i, gap, h.every)
		}
	}
	later := h.later()
	if first := later[0][0]; first < 4500 || first > 5500 {
		t.Errorf("the later half begins at %v, want about 5000", first)
	}
	m := h.mean()
	if math.Abs(m[0]-7500) > 100 || math.Abs(m[1]-1) > 1e-12 {
		t.Errorf("got averages %v, want 7500 and 1", m)
	}
	if !slices.Equal(h.begin, []float64{0, 1}) {
		t.Errorf("got a beginning of %v, want 0 and 1", h.begin)
	}
}

// R̂ is one for noise, large for a drift, and does not look at drifts of a twentieth.
func TestRHatTellsDriftFromNoise(t *testing.T) {
	eps := make([]float64, 4000)
	rng.New(3).NormalFloat64(eps)
	noise := fill(2000, func(i int) []float64 { return []float64{eps[i], eps[2000+i]} })
	if r := noise.rhat(); !(r < 1.05) {
		t.Errorf("noise: got R̂ = %v, want about 1", r)
	}
	drift := fill(2000, func(i int) []float64 { return []float64{.1*eps[i] + float64(i)/500, eps[2000+i]} })
	if r := drift.rhat(); !(r > 2) {
		t.Errorf("drift: got R̂ = %v, want above 2", r)
	}
	slow := fill(2000, func(i int) []float64 { return []float64{float64(i) / 1e5, 0} })
	if r := slow.rhat(); r != 1 {
		t.Errorf("a drift of .005: got R̂ = %v, want 1", r)
	}
	if r := fill(6, func(int) []float64 { return []float64{0, 0} }).rhat(); !math.IsInf(r, 1) {
		t.Errorf("six iterates: got R̂ = %v, want none", r)
	}
}

// The error of an average is σ/√N for noise: the later half of 390 iterates in 8 batches of 24 or
// so, within 50 % (the batches' sd of 2×8 means).
func TestErrorsOfAverages(t *testing.T) {
	eps := make([]float64, 800)
	rng.New(5).NormalFloat64(eps)
	h := fill(390, func(i int) []float64 { return []float64{eps[i], eps[400+i]} })
	want := 1 / math.Sqrt(192)
	if got := h.stdErr(); math.Abs(got/want-1) > .5 {
		t.Errorf("got %v, want %v within half", got, want)
	}
	if got := fill(390, func(int) []float64 { return []float64{2, 3} }).stdErr(); got > 1e-7 {
		t.Errorf("iterates at rest: got %v, want 0", got)
	}
	if got := fill(20, func(i int) []float64 { return []float64{eps[i], 1} }).stdErr(); !math.IsInf(got, 1) {
		t.Errorf("20 iterates: got %v, want none", got)
	}
}

// Weighted figures against plain ones: equal weights give the sample's moments and quantiles, and
// whole weights those of repeated values.
func TestSummariesWeighTheirDraws(t *testing.T) {
	x := []float64{5, 1, 4, 2, 3}
	equal := []float64{.2, .2, .2, .2, .2}
	e := summarize("x", slices.Clone(x), equal)
	tk.Close(t, "mean", e.Mean, 3, 1e-14)
	tk.Close(t, "sd", e.SD, math.Sqrt(2.5), 1e-14)
	tk.Close(t, "median", e.Q50, 3, 1e-14)
	tk.Close(t, "5 %", e.Q05, 1, 1e-14)
	tk.Close(t, "95 %", e.Q95, 5, 1e-14)
	w := []float64{.1, .4, .1, .3, .1}
	e = summarize("x", x, w)
	tk.Close(t, "weighted mean", e.Mean, .5+.4+.4+.6+.3, 1e-14)
	variance, sq := 0., 0.
	for i, v := range x {
		variance += w[i] * (v - e.Mean) * (v - e.Mean)
		sq += w[i] * w[i]
	}
	tk.Close(t, "weighted sd", e.SD, math.Sqrt(variance/(1-sq)), 1e-14)
	// Middles of the steps: 1 at .2, 2 at .55, 3 at .75, 4 at .85, 5 at .95.
	tk.Close(t, "weighted median", e.Q50, 1+(.5-.2)/.35, 1e-12)
	tk.Close(t, "weighted 95 %", e.Q95, 5, 1e-12)
	one := summarize("x", []float64{3, 9}, []float64{1, 0})
	tk.Close(t, "all the weight on one", one.Q50, 3, 1e-12)
}

func TestElementsAreNamedByTheirIndices(t *testing.T) {
	for _, c := range []struct {
		dims []int
		k    int
		want string
	}{{nil, 0, "x"}, {[]int{3}, 2, "x[2]"}, {[]int{2, 3}, 4, "x[1,1]"}, {[]int{2, 3, 4}, 23, "x[1,2,3]"}} {
		if got := element(field{name: "x", dims: c.dims}, c.k); got != c.want {
			t.Errorf("element %d of %v: got %s, want %s", c.k, c.dims, got, c.want)
		}
	}
	table := Table([]Estimate{{Name: "theta[3]", Mean: 1.5, SD: .25, Q05: -1, Q50: 2, Q95: 1234.5}})
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 2 || len(lines[0]) == 0 || strings.Join(strings.Fields(lines[1]), " ") != "theta[3] 1.5 0.25 -1 2 1234" {
		t.Errorf("got the table\n%s", table)
	}
}

func TestOptionsHaveDefaults(t *testing.T) {
	o, err := (Options{}).fill(3)
	if err != nil || o.Draws != 4 || o.Steps != 10000 || o.Window != 50 || o.Check != 1000 || o.Tolerance != .01 || o.Rate != 0 {
		t.Errorf("got %+v, %v", o, err)
	}
	if guideName(t, o, 3) != "fullRank" {
		t.Errorf("3 dimensions: got %s, want full rank", guideName(t, o, 3))
	}
	if o, _ = (Options{}).fill(101); guideName(t, o, 101) != "meanField" {
		t.Errorf("101 dimensions: got %s, want mean field", guideName(t, o, 101))
	}
	if o, _ = (Options{Steps: 7}).fill(1); o.Window != 7 {
		t.Errorf("7 steps: got a window of %d", o.Window)
	}
	kept := Options{Draws: 2, Steps: 300, Window: 30, Check: 50, Tolerance: .5, Rate: .2, Guide: guide.Delta}
	if o, _ = kept.fill(1); o.Draws != 2 || o.Steps != 300 || o.Window != 30 || o.Check != 50 || o.Tolerance != .5 || o.Rate != .2 || guideName(t, o, 1) != "delta" {
		t.Errorf("got %+v, want what was given", o)
	}
}

// guideName is the type of the guide that options make.
func guideName(t *testing.T, o Options, n int) string {
	t.Helper()
	name := fmt.Sprintf("%T", o.Guide(n, guide.Start{}))
	return name[strings.LastIndex(name, ".")+1:]
}

func TestErrorsOfModelsLoseTheProgramsName(t *testing.T) {
	inner := errors.New("prob: variable \"a\": oh")
	if got := plain(fmt.Errorf("model: step: %w", inner)); got != inner {
		t.Errorf("got %v, want %v", got, inner)
	}
	if got := plain(errors.New("model: broken")); got.Error() != "prob: model: broken" {
		t.Errorf("got %v", got)
	}
}

// quadratic is the model −½(u − m)ᵀA(u − m) of n numbers, with its density.
func quadratic(t *testing.T, a, mean []float64) (*Model, *density) {
	t.Helper()
	n := len(mean)
	m := New(func(p *Trace) {
		x := p.Flat("x", dist.Support{Set: dist.Real}, n)
		d := g.Sub(x, p.Data("mean"))
		p.Factor("f", g.MulScalar(g.ReduceAllSum(g.Mul(d, g.Dot(p.Data("a", n, n), d).Product())), -.5))
	}, Data{"a": a, "mean": mean})
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	p, err := m.params(1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.density(p, true)
	if err != nil {
		t.Fatal(err)
	}
	return m, d
}

func TestCurvatureIsTheHessian(t *testing.T) {
	for _, n := range []int{1, 2, 6} {
		a := spd(n, 20+uint64(n))
		_, d := quadratic(t, a, make([]float64, n))
		u := make([]float64, n)
		rng.New(1).NormalFloat64(u)
		diag, h, err := curvature(d, u)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			tk.Close(t, "diagonal", diag[i], a[i*n+i], 1e-7)
			for j := range n {
				tk.Close(t, "Hessian", h[i*n+j], a[i*n+j], 1e-7)
			}
		}
		v := make([]float64, n)
		rng.New(2).NormalFloat64(v)
		got, err := d.product(u, v, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			tk.Close(t, "product", got[i], dot(a[i*n:(i+1)*n], v), 1e-8)
		}
	}
}

// The start of a Gaussian target is the target: location, scales 1/√A_jj, factor of A⁻¹, whose
// bound is the log-normaliser of the mean field.
func TestTheStartOfAGaussianIsExact(t *testing.T) {
	const n = 5
	a, mean := spd(n, 31), []float64{3, -1, 10, 0, -60}
	m, d := quadratic(t, a, mean)
	u, err := initial(d, rng.New(4))
	if err != nil {
		t.Fatal(err)
	}
	at, mode, err := m.findStart(context.Background(), d, u, rng.New(4))
	if !mode {
		t.Error("the start is not said to be a maximum")
	}
	if err != nil {
		t.Fatal(err)
	}
	f, _ := inverseFactor(a, n)
	want := .5 * n * math.Log(2*math.Pi)
	for i := range n {
		tk.Close(t, "location", at.Loc[i], mean[i], 5e-3)
		tk.Close(t, "scale", at.Scale[i], 1/math.Sqrt(a[i*n+i]), 1e-5)
		want -= .5 * math.Log(a[i*n+i])
		for j := range n {
			tk.Close(t, "factor", at.Factor[i*n+j], f[i*n+j], 1e-5)
		}
	}
	got, err := d.bound(guide.Start{Loc: mean, Scale: at.Scale}, rng.New(2))
	if err != nil {
		t.Fatal(err)
	}
	// The quadratic form of 25 draws has sd √(2 Σ_ij A_ij²/(A_ii A_jj))/2 ≤ n/√2; 4 of them over √25.
	if math.Abs(got-want) > 4*n/math.Sqrt2/5 {
		t.Errorf("bound: got %v, want about %v", got, want)
	}
}

// The diagonal of many dimensions by probes is that of the Hessian, exactly where that is diagonal.
func TestProbesFindTheDiagonal(t *testing.T) {
	const n = maxHessian + 5
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 + float64(i%7)
	}
	m := New(func(p *Trace) {
		x := p.Flat("x", dist.Support{Set: dist.Real}, n)
		p.Factor("f", g.MulScalar(g.ReduceAllSum(g.Mul(p.Data("w"), g.Square(x))), -.5))
	}, Data{"w": weights})
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	p, err := m.params(1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.density(p, true)
	if err != nil {
		t.Fatal(err)
	}
	diag, h, err := curvature(d, make([]float64, n))
	if err != nil || h != nil {
		t.Fatalf("got a matrix of %d numbers, error %v, want none", len(h), err)
	}
	for i, v := range diag {
		tk.Close(t, "diagonal", v, weights[i], 1e-7)
	}
	at, h, ok, err := gaussianAt(d, make([]float64, n))
	if err != nil || !ok || h != nil || at.Factor != nil {
		t.Fatalf("got ok %v, factor %v, error %v", ok, at.Factor != nil, err)
	}
	for i, v := range at.Scale {
		tk.Close(t, "scale", v, 1/math.Sqrt(weights[i]), 1e-6)
	}
}

// L-BFGS needs few steps at a quadratic, whatever its scales, and says when it has arrived.
func TestTheClimbIsShortAtAQuadratic(t *testing.T) {
	for _, spread := range []float64{1, 1e2, 1e4} {
		a := []float64{1, 0, 0, 0, spread, 0, 0, 0, 1 / spread}
		mean := []float64{1, 2, 3}
		_, d := quadratic(t, a, mean)
		c := &climber{d: d, steps: 200, tol: 1e-12}
		u, err := c.climb(context.Background(), []float64{-1, .5, 0})
		if err != nil {
			t.Fatal(err)
		}
		if !c.done || len(c.path) > 60 {
			t.Errorf("spread %v: arrived %v after %d points", spread, c.done, len(c.path))
		}
		for i := range u {
			// A promised gain of 1e-12 is a distance of √2e-12 standard deviations.
			if off := math.Abs(u[i]-mean[i]) * math.Sqrt(a[i*4]); off > 1e-4 {
				t.Errorf("spread %v: element %d: %v standard deviations off", spread, i, off)
			}
		}
		last := math.Inf(-1)
		for _, p := range c.path {
			lp, err := d.at(p)
			if err != nil {
				t.Fatal(err)
			}
			if lp < last {
				t.Errorf("spread %v: ln p falls from %v to %v", spread, last, lp)
			}
			last = lp
		}
	}
}

func TestTheClimbStopsWithItsContext(t *testing.T) {
	_, d := quadratic(t, []float64{1, 0, 0, 1}, []float64{1, 1})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&climber{d: d, steps: 10, tol: 1e-9}).climb(ctx, []float64{5, 5}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a stop", err)
	}
}

// A start needs a finite gradient somewhere; where half of the space has none, another point is
// taken.
func TestStartsAvoidPointsWithoutADensity(t *testing.T) {
	m := New(func(p *Trace) {
		x := p.Sample("x", dist.NewNormal(p.Const(0), p.Const(1)))
		inside := g.GreaterThan(x, p.Const(0))
		p.Factor("wall", g.Where(inside, p.Const(0), p.Const(math.Inf(-1))))
	}, nil)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	p, err := m.params(1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.density(p, true)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(10) {
		u, err := initial(d, rng.New(seed))
		if err != nil {
			t.Fatal(err)
		}
		if !(u[0] > 0) {
			t.Errorf("seed %d: got %v, want a point above 0", seed, u[0])
		}
	}
}

// Numbers of variables are told from their owners.
func TestEveryRealHasAnOwner(t *testing.T) {
	m := New(func(p *Trace) {
		p.Sample("a", dist.NewNormal(p.Const(0, 2), p.Const(1)))
		p.Plate("n", 3, func(p *Trace) { p.Sample("b", dist.Dirichlet{Concentration: p.Const(1, 3)}) })
		p.Sample("c", dist.HalfCauchy{Scale: p.Const(1)})
	}, nil)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "a", "b", "b", "b", "b", "b", "b", "c"}
	if m.dim != len(want) {
		t.Fatalf("got %d reals, want %d", m.dim, len(want))
	}
	for j, w := range want {
		if got := m.owner(j); got != w {
			t.Errorf("real %d: got %q, want %q", j, got, w)
		}
	}
	if got := m.owner(99); got != "" {
		t.Errorf("real 99: got %q, want none", got)
	}
}
