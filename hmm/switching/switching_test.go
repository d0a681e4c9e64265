package switching

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/hmm/statespace"
	"github.com/elbo-go/elbo/internal/rng"
	"gonum.org/v1/gonum/mat"
)

// near fails the test unless |got − want| ≤ tol·max(1, |want|).
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Fatalf("%s: got %.17g, want %.17g within %g", what, got, want, tol)
	}
}

func randomMatrix(r *rand.Rand, n, m int, scale float64) *mat.Dense {
	a := mat.NewDense(n, m, nil)
	for i := range n {
		for j := range m {
			a.Set(i, j, scale*r.NormFloat64())
		}
	}
	return a
}

// randomCov draws a well conditioned covariance.
func randomCov(r *rand.Rand, n int) *mat.SymDense {
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, randomMatrix(r, n, n, .6))
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+.4)
	}
	return s
}

// simplex draws a distribution.
func simplex(r *rand.Rand, n int) []float64 {
	p, sum := make([]float64, n), 0.0
	for i := range p {
		p[i] = r.ExpFloat64() + .1
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func randomModel(r *rand.Rand, k, l, d int) *Model {
	m := &Model{Start: simplex(r, k), Mean: mat.VecDenseCopyOf(randomMatrix(r, l, 1, 1).ColView(0)), Cov: randomCov(r, l),
		Emit: randomMatrix(r, d, l, .8), EmitCov: randomCov(r, d)}
	for range k {
		m.Steps = append(m.Steps, simplex(r, k)...)
		m.Trans = append(m.Trans, randomMatrix(r, l, l, .6))
		m.TransCov = append(m.TransCov, randomCov(r, l))
	}
	return m
}

// normal draws from N(0, S).
func normal(r *rand.Rand, s *mat.SymDense) *mat.VecDense {
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		panic("not positive definite")
	}
	var low mat.TriDense
	chol.LTo(&low)
	v := mat.VecDenseCopyOf(randomMatrix(r, s.SymmetricDim(), 1, 1).ColView(0))
	v.MulVec(&low, v)
	return v
}

// draw is the index of a draw from a distribution.
func draw(r *rand.Rand, p []float64) int {
	u := r.Float64()
	for i, v := range p {
		if u -= v; u < 0 {
			return i
		}
	}
	return len(p) - 1
}

// simulate draws rows and regimes.
func simulate(r *rand.Rand, m *Model, n int) (y []float64, regimes []int) {
	k, _, _ := m.size()
	p, z := m.Start, mat.VecDenseCopyOf(m.Mean)
	z.AddVec(z, normal(r, m.Cov))
	for t := range n {
		s := draw(r, p)
		p, regimes = m.Steps[s*k:(s+1)*k], append(regimes, s)
		if t > 0 {
			var next mat.VecDense
			next.MulVec(m.Trans[s], z)
			next.AddVec(&next, normal(r, m.TransCov[s]))
			z = &next
		}
		var row mat.VecDense
		row.MulVec(m.Emit, z)
		row.AddVec(&row, normal(r, m.EmitCov))
		y = append(y, row.RawVector().Data...)
	}
	return y, regimes
}

// kalman is ln p(y | path): the filter in its textbook form.
func kalman(t *testing.T, m *Model, y []float64, path []int) (logp float64) {
	_, _, d := m.size()
	mean, cov := mat.VecDenseCopyOf(m.Mean), mat.DenseCopyOf(m.Cov)
	for i, s := range path {
		if i > 0 {
			var ap, apa mat.Dense
			ap.Mul(m.Trans[s], cov)
			apa.Mul(&ap, m.Trans[s].T())
			apa.Add(&apa, m.TransCov[s])
			var next mat.VecDense
			next.MulVec(m.Trans[s], mean)
			mean, cov = &next, &apa
		}
		row := mat.NewVecDense(d, y[i*d:(i+1)*d])
		if math.IsNaN(mat.Sum(row)) {
			continue
		}
		var cp, sum, gain, kc mat.Dense
		var miss, white, move mat.VecDense
		cp.Mul(m.Emit, cov)
		sum.Mul(&cp, m.Emit.T())
		sum.Add(&sum, m.EmitCov)
		var chol mat.Cholesky
		if !chol.Factorize(symmetric(&sum)) {
			t.Fatal("the covariance of a row is not positive definite")
		}
		miss.MulVec(m.Emit, mean)
		miss.SubVec(row, &miss)
		if err := chol.SolveVecTo(&white, &miss); err != nil {
			t.Fatal(err)
		}
		logp -= .5 * (float64(d)*math.Log(2*math.Pi) + chol.LogDet() + mat.Dot(&miss, &white))
		move.MulVec(cp.T(), &white)
		mean.AddVec(mean, &move)
		if err := chol.SolveTo(&gain, &cp); err != nil {
			t.Fatal(err)
		}
		kc.Mul(cp.T(), &gain)
		cov.Sub(cov, &kc)
	}
	return logp
}

// evidence is ln p(y), the sum over all K^T paths, each row's regimes, and the likeliest path.
func evidence(t *testing.T, m *Model, y []float64, n int) (logp float64, regimes []float64, best float64, likely []int) {
	k := len(m.Start)
	var terms []float64
	var list [][]int
	path := make([]int, n)
	for {
		v := math.Log(m.Start[path[0]]) + kalman(t, m, y, path)
		for i := 1; i < n; i++ {
			v += math.Log(m.Steps[path[i-1]*k+path[i]])
		}
		terms, list = append(terms, v), append(list, append([]int(nil), path...))
		i := 0
		for ; i < n; i++ {
			if path[i]++; path[i] < k {
				break
			}
			path[i] = 0
		}
		if i == n {
			break
		}
	}
	top := math.Inf(-1)
	for i, v := range terms {
		if v > top {
			top, likely = v, list[i]
		}
	}
	sum := 0.0
	for _, v := range terms {
		sum += math.Exp(v - top)
	}
	regimes = make([]float64, n*k)
	for i, p := range list {
		for s, z := range p {
			regimes[s*k+z] += math.Exp(terms[i]-top) / sum
		}
	}
	return top + math.Log(sum), regimes, top, likely
}

func TestWithOneRegimeTheBoundIsTheKalmanFilters(t *testing.T) {
	r := rng.New(1).Named("one regime").Rand()
	for range 50 {
		l, d, n := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(20)
		m := randomModel(r, 1, l, d)
		y, _ := simulate(r, m, n)
		if n > 3 {
			y[d] = math.NaN() // one row is missing
		}
		single := &statespace.Model{Mean: m.Mean, Cov: m.Cov, Trans: m.Trans[0], TransCov: m.TransCov[0], Emit: m.Emit, EmitCov: m.EmitCov}
		want, err := single.Smooth(y)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Infer(y, nil, 1e-12)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "bound", got.Bound, want.LogLik, 1e-10)
		near(t, "bound and the filter here", got.Bound, kalman(t, m, y, make([]int, n)), 1e-10)
		for i, z := range got.Mean {
			for j := range l {
				near(t, "mean", z.AtVec(j), want.Smoothed[i].AtVec(j), 1e-9)
				for h := range l {
					near(t, "second moment", got.q.Second[i].At(j, h), want.SmoothedCov[i].At(j, h)+z.AtVec(j)*z.AtVec(h), 1e-9)
					if i > 0 {
						near(t, "cross moment", got.q.Cross[i].At(j, h), want.Cross[i-1].At(j, h)+z.AtVec(j)*got.Mean[i-1].AtVec(h), 1e-9)
					}
				}
			}
		}
	}
}

// Where all regimes move alike, y says nothing of them and q(s) q(z) is exact.
func TestWithEqualRegimesTheBoundIsExact(t *testing.T) {
	r := rng.New(2).Named("equal").Rand()
	for range 20 {
		m := randomModel(r, 3, 2, 2)
		m.Trans[1], m.Trans[2] = m.Trans[0], m.Trans[0]
		m.TransCov[1], m.TransCov[2] = m.TransCov[0], m.TransCov[0]
		y, _ := simulate(r, m, 8)
		post, err := m.Infer(y, nil, 1e-13)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "bound", post.Bound, kalman(t, m, y, make([]int, 8)), 1e-10)
		p := m.Start
		for i := range 8 { // the regimes are those of the prior
			next := make([]float64, 3)
			for s, v := range p {
				near(t, "regime", post.Regimes[3*i+s], v, 1e-10)
				for j := range next {
					next[j] += v * m.Steps[3*s+j]
				}
			}
			p = next
		}
	}
}

func TestTheBoundIsBelowTheSumOverAllPaths(t *testing.T) {
	r := rng.New(3).Named("paths").Rand()
	far, rows := 0.0, 0.0
	for range 60 {
		k, l, d, n := 2+r.IntN(2), 1+r.IntN(2), 1+r.IntN(2), 2+r.IntN(5)
		m := randomModel(r, k, l, d)
		y, _ := simulate(r, m, n)
		want, regimes, best, path := evidence(t, m, y, n)
		likely := make([]float64, n*k)
		for i, s := range path {
			likely[i*k+s] = 1
		}
		starts := [][]float64{likely, nil}
		for range 2 {
			var begin []float64
			for range n {
				begin = append(begin, simplex(r, k)...)
			}
			starts = append(starts, begin)
		}
		for i, begin := range starts {
			post, err := m.Infer(y, begin, 1e-12)
			if err != nil {
				t.Fatal(err)
			}
			if post.Bound > want+1e-9*math.Abs(want) {
				t.Fatalf("bound: got %.12g, above ln p(y) = %.12g", post.Bound, want)
			}
			// A sure path and its exact q(z) have the bound ln p(y, path); turns only raise it.
			if i == 0 && post.Bound < best-1e-9*math.Abs(best) {
				t.Fatalf("bound: got %.12g from the likeliest path, below its %.12g", post.Bound, best)
			}
			for j, v := range regimes {
				far += math.Abs(v - post.Regimes[j])
				rows++
			}
		}
	}
	if far/rows > .15 {
		t.Errorf("share of a regime: got a mean error of %.3f, want at most .15", far/rows)
	}
}

func TestTheBoundNeverFalls(t *testing.T) {
	r := rng.New(4).Named("rise").Rand()
	for range 30 {
		k, l, d := 1+r.IntN(3), 1+r.IntN(2), 1+r.IntN(3)
		truth, m := randomModel(r, k, l, d), randomModel(r, k, l, d)
		for _, a := range truth.Trans {
			a.Scale(.4, a) // so that the rows do not run away
		}
		y, _ := simulate(r, truth, 60)
		y[4*d] = math.NaN()
		c := Default()
		c.Sweeps = 40
		first, last := math.NaN(), math.Inf(-1)
		c.Progress = func(sweep int, bound float64) {
			if bound < last-1e-9*math.Abs(last) {
				t.Errorf("sweep %d: fell from %.12g to %.12g", sweep, last, bound)
			}
			if last = bound; sweep == 0 {
				first = bound
			}
		}
		post, err := m.Fit(t.Context(), y, c)
		if err != nil {
			t.Fatal(err)
		}
		if !(last > first) || post.Bound != last {
			t.Errorf("got %g after %g, want a rise", last, first)
		}
	}
}

// turning is a model of two regimes that turn at different speeds.
func turning() *Model {
	turn := func(angle float64) *mat.Dense {
		s, c := math.Sincos(angle)
		return mat.NewDense(2, 2, []float64{.99 * c, -.99 * s, .99 * s, .99 * c})
	}
	small := mat.NewSymDense(2, []float64{.02, 0, 0, .02})
	return &Model{Start: []float64{.5, .5}, Steps: []float64{.98, .02, .02, .98}, Mean: mat.NewVecDense(2, []float64{2, 0}),
		Cov: mat.NewSymDense(2, []float64{1, 0, 0, 1}), Trans: []*mat.Dense{turn(.15), turn(-.5)}, TransCov: []*mat.SymDense{small, small},
		Emit: mat.NewDense(2, 2, []float64{1, 0, 0, 1}), EmitCov: mat.NewSymDense(2, []float64{.01, 0, 0, .01})}
}

func TestTheFitFindsTheRegimes(t *testing.T) {
	for seed := range uint64(3) {
		truth := turning()
		y, regimes := simulate(rng.New(5).At(seed).Rand(), truth, 600)
		m, shares, err := Start(t.Context(), y, 2, 2, 2, rng.New(6))
		if err != nil {
			t.Fatal(err)
		}
		c := Default()
		c.Sweeps, c.FixEmit, c.Regimes = 60, true, shares
		post, err := m.Fit(t.Context(), y, c)
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for i, s := range regimes {
			if (post.Regimes[2*i] > .5) == (s == 0) {
				right++
			}
		}
		first := 0
		if right < 300 {
			right, first = 600-right, 1
		}
		t.Logf("seed %d: %d of 600 regimes", seed, right)
		if right < 570 {
			t.Errorf("seed %d: regimes: got %d of 600, want 95%%", seed, right)
		}
		for s := range 2 {
			var off mat.Dense
			off.Sub(m.Trans[(s+first)%2], truth.Trans[s])
			if far := mat.Max(&off) - mat.Min(&off); far > .2 {
				t.Errorf("seed %d: dynamics of regime %d: off by %.3f", seed, s, far)
			}
		}
	}
}

func TestAPrincipalStartHasFewerHiddenValuesThanRows(t *testing.T) {
	truth := turning()
	truth.Emit = mat.NewDense(4, 2, []float64{1, 0, 0, 1, .5, .5, -1, .3})
	truth.EmitCov = mat.NewSymDense(4, []float64{.01, 0, 0, 0, 0, .01, 0, 0, 0, 0, .01, 0, 0, 0, 0, .01})
	y, _ := simulate(rng.New(7).Rand(), truth, 300)
	m, shares, err := Start(t.Context(), y, 4, 2, 2, rng.New(8))
	if err != nil {
		t.Fatal(err)
	}
	var cc mat.Dense
	cc.Mul(m.Emit.T(), m.Emit)
	for i := range 2 {
		for j := range 2 {
			near(t, "directions", cc.At(i, j), map[bool]float64{true: 1}[i == j], 1e-12)
		}
	}
	c := Default()
	c.Sweeps, c.Regimes = 5, shares
	if _, err := m.Fit(t.Context(), y, c); err != nil {
		t.Fatal(err)
	}
}

func TestBadModelsSequencesAndSettingsAreErrors(t *testing.T) {
	y := make([]float64, 40)
	for what, change := range map[string]func(m *Model){
		"start":    func(m *Model) { m.Start = nil },
		"steps":    func(m *Model) { m.Steps = m.Steps[:3] },
		"mean":     func(m *Model) { m.Mean = nil },
		"dynamics": func(m *Model) { m.Trans[1] = nil },
		"sizes":    func(m *Model) { m.Cov = mat.NewSymDense(3, nil) },
		"finite":   func(m *Model) { m.Emit.Set(0, 0, math.Inf(1)) },
		"first":    func(m *Model) { m.Cov.SetSym(0, 0, -1) },
		"noise":    func(m *Model) { m.TransCov[1] = mat.NewSymDense(2, nil) },
		"rows":     func(m *Model) { m.EmitCov.SetSym(1, 1, -1) },
	} {
		m := turning()
		change(m)
		if _, err := m.Infer(y, nil, 1e-6); err == nil {
			t.Errorf("%s: infer: got no error", what)
		}
		if _, err := m.Fit(t.Context(), y, Default()); err == nil {
			t.Errorf("%s: fit: got no error", what)
		}
	}
	for what, y := range map[string][]float64{"none": nil, "half a row": {1}, "infinite": {1, math.Inf(1)}} {
		if _, err := turning().Infer(y, nil, 1e-6); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	for what, c := range map[string]Config{"sweeps": {}, "tolerance": {Sweeps: 1, Tol: -1}, "shares": {Sweeps: 1, Regimes: []float64{1}}} {
		if _, err := turning().Fit(t.Context(), y, c); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turning().Fit(done, y, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, _, err := Start(done, y, 2, 2, 2, rng.New(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("start cancelled: got %v", err)
	}
	for what, n := range map[string][4]int{"hidden": {40, 2, 2, 3}, "short": {6, 2, 2, 2}, "none": {40, 2, 0, 2}, "width": {41, 2, 2, 2}} {
		if _, _, err := Start(t.Context(), make([]float64, n[0]), n[1], n[2], n[3], rng.New(1)); err == nil {
			t.Errorf("start: %s: got no error", what)
		}
	}
	if _, _, err := Start(t.Context(), append(make([]float64, 39), math.NaN()), 2, 2, 2, rng.New(1)); err == nil {
		t.Error("start: not a number: got no error")
	}
}
