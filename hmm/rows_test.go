package hmm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestExponentialsOfRowsAreThoseOfTheLibrary(t *testing.T) {
	r, worst := rng.New(701).Named("exp").Rand(), 0.0
	for _, spread := range []float64{1e-9, 1e-3, 1, 30, 599} {
		for range 20_000 {
			row := make([]float64, 1+r.IntN(6))
			for j := range row {
				row[j] = 1000*r.NormFloat64() - spread*r.Float64()
				if j > 0 {
					row[j] = row[0] - spread*r.Float64()
				}
			}
			want, top := slices.Clone(row), slices.Max(row)
			if got := expRows(row, len(row)); got != top {
				t.Fatalf("top: got %g, want %g", got, top)
			}
			for j, v := range want {
				e := math.Exp(v - top)
				worst = max(worst, math.Abs(row[j]-e)/e)
			}
		}
	}
	// Half a unit of the product, one of the table and what r lacks.
	t.Logf("worst relative error %.3g", worst)
	if worst > 5e-16 {
		t.Errorf("relative error: got %g, want at most 5e-16", worst)
	}
}

func TestExponentialsOfRowsAtTheirEnds(t *testing.T) {
	inf := math.Inf(1)
	rows := []float64{-inf, -inf, 0, -inf, -1000, -1e300, 5, 5}
	tops := expRows(rows, 2)
	if !math.IsInf(tops, -1) {
		t.Errorf("tops: got %g, want -Inf for a row that is impossible", tops)
	}
	if want := []float64{1, 0, 1, 1e-260, 1, 1}; rows[2] != want[0] || rows[3] != 0 || rows[6] != 1 || rows[7] != 1 {
		t.Errorf("got %v, want %v", rows[2:], want)
	}
	near(t, "far below", math.Log(rows[5]), -600, 1e-3)
	nan := []float64{math.NaN(), 0}
	expRows(nan, 2)
	if !math.IsNaN(nan[0]) {
		t.Errorf("not a number: got %v", nan)
	}
	fine := []float64{0, floor, floor - 1e-9}
	expRows(fine, 3)
	near(t, "at the floor", math.Log(fine[1]), floor, 1e-15)
	if !(fine[2] > 0 && fine[2] <= fine[1]*1.001) {
		t.Errorf("below the floor: got %g beside %g", fine[2], fine[1])
	}
}

// naive is Σ_i v(i) M(i,j), and the same with max and plus.
func naive(v, m []float64) (p, best []float64) {
	k := len(v)
	p, best = make([]float64, k), make([]float64, k)
	for j := range k {
		best[j] = math.Inf(-1)
		for i := range k {
			p[j] += v[i] * m[i*k+j]
			best[j] = max(best[j], v[i]+m[i*k+j])
		}
	}
	return p, best
}

func TestProductsEqualTheirLoops(t *testing.T) {
	r := rng.New(702).Named("products").Rand()
	for k := 1; k <= 13; k++ {
		v, m := normals(r, k, 1), normals(r, k*k, 1)
		p, best := naive(v, m)
		got := make([]float64, k)
		product(got, v, m)
		for j, want := range p {
			near(t, "product", got[j], want, 1e-14) // some processors add and multiply in one rounding
		}
		longest(got, v, m)
		if !slices.Equal(got, best) {
			t.Errorf("%d states: longest: got %v, want %v", k, got, best)
		}
		for _, n := range []int{0, 1, 3, 9, 63, 64, 65, 130} {
			o, want, size := newOuters(k), make([]float64, k*k), make([]float64, k*k)
			for range n {
				a, b := normals(r, k, 1), normals(r, k, 1)
				copy(o.next(a), b)
				outer(want, 1, a, b)
				for i := range size {
					size[i] += math.Abs(a[i/k] * b[i%k])
				}
			}
			o.flush()
			for i, w := range want { // a rounding of each term, of sums in two orders
				if math.Abs(o.sum[i]-w) > 2*float64(n+1)*0x1p-53*size[i] {
					t.Errorf("%d outer products of %d: got %v, want %v", n, k, o.sum[i], w)
				}
			}
			o.reset()
			if sum(o.sum) != 0 {
				t.Errorf("after reset: got %v", o.sum)
			}
		}
	}
}

func TestSumsOfTilesEqualTheirLoops(t *testing.T) {
	r := rng.New(703).Named("tiles").Rand()
	for _, s := range []shape{diagonal, lower} {
		for d := 1; d <= 5; d++ {
			k, n := 1+r.IntN(4), 1+r.IntN(3*tile)
			q := newQuadratic(s, k, d)
			copy(q.mean, normals(r, k*d, 1))
			x, weights := normals(r, n*d, 2), positives(r, n*k)
			got := make([]float64, k*q.centred())
			q.accumulate(got, x, weights)
			for z := range k {
				sums := got[z*q.centred():]
				want := make([]float64, q.centred())
				for t := range n {
					g, dev := weights[t*k+z], make([]float64, d)
					want[0] += g
					for i := range dev {
						dev[i] = x[t*d+i] - q.mean[z*d+i]
						want[1+i] += g * dev[i]
						if s == diagonal {
							want[1+d+i] += g * dev[i] * dev[i]
						}
					}
					for i := range d * d {
						if s == lower && i%d <= i/d { // only the lower triangle is summed
							want[1+d+i] += g * dev[i/d] * dev[i%d]
						}
					}
				}
				for i, v := range want {
					near(t, "sum", sums[i], v, 1e-12)
				}
			}
		}
	}
}

func TestTwoCoresGiveTheBitsOfOne(t *testing.T) {
	r := rng.New(704).Named("cores").Rand()
	for name, e := range zoo(t, r, 3) {
		penalise(e)
		m := must(Uniform(e, .8))(t)
		randomChain(r, m)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 30_000)
		if err != nil {
			t.Fatal(err)
		}
		var logZ [2]float64
		var w [2]*lattice
		stats := [2][]float64{make([]float64, e.Stats()), make([]float64, e.Stats())}
		for i, wide := range []bool{false, true} {
			w[i] = newLattice(e, wide)
			w[i].load(x, m.Start, m.Trans)
			logZ[i] = must(w[i].smooth(true))(t)
			w[i].accumulate(stats[i])
		}
		if logZ[0] != logZ[1] || !slices.Equal(w[0].b, w[1].b) || !slices.Equal(w[0].side, w[1].side) || !slices.Equal(w[0].pairs, w[1].pairs) {
			t.Errorf("%s: results differ: ln Z %.17g and %.17g", name, logZ[0], logZ[1])
		}
		if !slices.Equal(stats[0], stats[1]) {
			t.Errorf("%s: statistics differ", name)
		}
		whole := make([]float64, e.Stats())
		e.Accumulate(whole, x, w[0].b)
		for i, v := range whole {
			near(t, name+": statistics of all rows at once", stats[0][i], v, 1e-9)
		}
	}
}

// A left-to-right chain: the second state is entered at the first row or never, and rows that
// speak against it come one by one, until those that speak for it. What a weight would lose to
// underflow on the way decides the end.
func TestSlowUnderflowInAChainWithZerosIsNoticed(t *testing.T) {
	for _, n := range []int{2, 20, 200, 2000} {
		e := must(NewGaussian(Spherical, 1, []float64{0, 12}, []float64{1, 1}))(t)
		m := must(New([]float64{.5, .5}, []float64{1, 0, 0, 1}, e))(t)
		x := make([]float64, 2*n)
		for i := range x {
			if x[i] = 0; i >= n {
				x[i] = 12.01
			}
		}
		b := density(e, x)
		total := []float64{math.Log(.5), math.Log(.5)}
		for i, v := range b {
			total[i%2] += v
		}
		p := must(m.Smooth(x))(t)
		near(t, "log-likelihood", p.LogLik, logSumExp(total), 1e-11)
		near(t, "log-likelihood alone", must(m.LogLik(x))(t), logSumExp(total), 1e-11)
		for i := range x {
			near(t, "marginal", p.Smoothed[2*i+1], 1/(1+math.Exp(total[0]-total[1])), 1e-9)
		}
	}
}

// Random chains with zeros and far states, against the passes in logarithms.
func TestChainsWithZerosAndFarStatesKeepTheirDigits(t *testing.T) {
	r := rng.New(705).Named("zeros").Rand()
	fell := 0
	for range 300 {
		k, n := 2+r.IntN(3), 2+r.IntN(40)
		spread := math.Pow(10, 3*r.Float64())
		e := must(NewGaussian(Spherical, 1, normals(r, k, spread), positives(r, k)))(t)
		m := must(New(simplex(r, k, true), many(k, func() []float64 { return simplex(r, k, true) }), e))(t)
		x := make([]float64, n)
		for i := range x {
			x[i] = e.Mean[r.IntN(k)] + r.NormFloat64()
		}
		a, b := must(m.ready(x))(t), must(m.ready(x))(t)
		fast, err := a.smooth(true)
		slow, err2 := b.logEvidence()
		if (err == nil) != (err2 == nil) {
			t.Fatalf("got %v and %v", err, err2)
		}
		if err != nil {
			continue
		}
		b.logBackward(slow)
		near(t, "ln Z", fast, slow, 1e-11)
		for i := range a.b {
			near(t, "marginal", a.b[i], b.b[i], 1e-8)
		}
		if _, ok := must(m.ready(x))(t).meet(); !ok {
			fell++
		}
	}
	if fell == 0 || fell == 300 {
		t.Errorf("done again in logarithms: got %d of 300, want some", fell)
	}
}

// plainViterbi is the textbook's one pass with pointers back.
func plainViterbi(m *Model, b []float64) float64 {
	k := len(m.Start)
	lt, best := logs(m.Trans), logs(m.Start)
	for t := range len(b) / k {
		if t > 0 {
			_, best = naive(best, lt)
		}
		plus(best, b[t*k:(t+1)*k])
	}
	return slices.Max(best)
}

func TestTheTwoHalvesOfTheBestPathEqualOnePass(t *testing.T) {
	r := rng.New(706).Named("halves").Rand()
	for range 200 {
		m, _ := randomModel(t, r, true)
		n := 1 + r.IntN(60)
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(m.Emit.(*Discrete).Symbols))
		}
		b := density(m.Emit, x)
		want := plainViterbi(m, b)
		path, got, err := m.Viterbi(x)
		if math.IsInf(want, -1) {
			if err == nil {
				t.Fatalf("impossible: got %v", path)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		near(t, "best", got, want, 1e-12)
		near(t, "its path", pathLogProb(m, b, path), want, 1e-12)
	}
}

func TestMemoryThatIsUsedAgainHoldsNothingOld(t *testing.T) {
	m, x := umbrella(t)
	want := must(m.LogLik(x))(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		y := make([]float64, 1+r.IntN(300))
		for i := range y {
			y[i] = float64(r.IntN(2))
		}
		must(m.LogLik(y))(t)
		if got := must(m.LogLik(x))(t); got != want {
			t.Fatalf("got %.17g, want %.17g", got, want)
		}
		p := must(m.Smooth(x))(t)
		first := slices.Clone(p.Smoothed)
		must(m.LogLik(y))(t)
		if !slices.Equal(first, p.Smoothed) {
			t.Fatal("a result has changed after it was returned")
		}
	}
}
