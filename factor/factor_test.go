package factor

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

var ctx = context.Background()

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.12g, want %.12g ± %g", what, got, want, tol)
	}
}

func last(xs []float64) float64 { return xs[len(xs)-1] }

// made draws n rows of d columns from k factors, with noise of the given sd by column.
func made(seed uint64, n, d, k int, noise func(d int) float64) (x, w *mat.Dense) {
	r := rng.New(seed).Rand()
	w, x = mat.NewDense(d, k, nil), mat.NewDense(n, d, nil)
	for i := range d {
		for j := range k {
			w.Set(i, j, r.NormFloat64())
		}
	}
	z := make([]float64, k)
	for i := range n {
		for j := range z {
			z[j] = r.NormFloat64()
		}
		for j := range d {
			x.Set(i, j, float64(j)+noise(j)*r.NormFloat64()+mat.Dot(w.RowView(j), mat.NewVecDense(k, z)))
		}
	}
	return x, w
}

func same(sd float64) func(int) float64 { return func(int) float64 { return sd } }

func TestFactorsOfNoUseAreSwitchedOff(t *testing.T) {
	for _, diagonal := range []bool{false, true} {
		for seed := range uint64(3) {
			x, _ := made(seed, 300, 10, 3, same(.3))
			cfg := Default()
			cfg.Diagonal = diagonal
			m, err := Fit(ctx, x, cfg)
			if err != nil {
				t.Fatal(err)
			}
			used, idle := 0., math.Inf(1)
			for k, a := range m.Alpha {
				if k < 3 {
					used = max(used, a.Mean())
				} else {
					idle = min(idle, a.Mean())
				}
			}
			t.Logf("diagonal %v, seed %d: α of those used at most %.3g, of those idle at least %.3g; %d sweeps, converged %v", diagonal, seed, used, idle, len(m.Bound), m.Converged)
			if m.Factors != 9 || m.Relevant(.01) != 3 || idle/used <= 100 {
				t.Errorf("diagonal %v, seed %d: got %d factors of use, ratio %g", diagonal, seed, m.Relevant(.01), idle/used)
			}
		}
	}
}

// The likeliest covariance of principal components is known (Tipping & Bishop 1999, eq. 7):
// the K greatest eigenvalues stay, the others become their mean. Under broad priors the
// posterior's lies O(1/N) from it.
func TestBroadPriorsEndAtTheLikeliestPrincipalComponents(t *testing.T) {
	const n, d, k = 20000, 6, 2
	x, _ := made(4, n, d, k, same(.5))
	cfg := Default()
	cfg.Factors = k
	m, err := Fit(ctx, x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			s.SetSym(i, j, e.c.At(i, j)/n)
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(s, true) {
		t.Fatal("no eigenvalues")
	}
	values := eig.Values(nil)
	rest := 0.
	for _, v := range values[:d-k] {
		rest += v / (d - k)
	}
	for i := range d - k {
		values[i] = rest
	}
	var v, scaled, want mat.Dense
	eig.VectorsTo(&v)
	scaled.Mul(&v, mat.NewDiagDense(d, values))
	want.Mul(&scaled, v.T())
	got := m.Covariance()
	for i := range d {
		near(t, "mean", m.Mean[i], e.bar[i], 1e-3)
		for j := range d {
			near(t, "covariance", got.At(i, j), want.At(i, j), 30./n*values[d-1])
		}
	}
	near(t, "noise", 1/m.Noise[0].Mean(), rest, 1e-3*rest)
}

func TestFactorAnalysisFindsTheNoiseOfEveryColumn(t *testing.T) {
	sd := func(d int) float64 { return .2 + .2*float64(d) }
	x, _ := made(5, 5000, 8, 2, sd)
	cfg := Default()
	cfg.Diagonal = true
	cfg.Factors = 4
	m, err := Fit(ctx, x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for d, q := range m.Noise {
		// The sd of an estimate is about sd/√(2N) = 1 %; ten of them.
		near(t, "noise", 1/math.Sqrt(q.Mean()), sd(d), .1*sd(d))
	}
	if m.Relevant(.01) != 2 {
		t.Errorf("got %d factors, want 2", m.Relevant(.01))
	}
}

// byRows is the bound by its definition, row by row, with q(Z) at its optimum.
func byRows(t *testing.T, x *mat.Dense, m *Model, cfg Config) (l float64) {
	t.Helper()
	n, _ := x.Dims()
	k := m.Factors
	for i := range n {
		z, cov, err := m.Infer(x.RawRowView(i))
		if err != nil {
			t.Fatal(err)
		}
		det := mat.Det(cov)
		l += .5 * (float64(k) + math.Log(det) - mat.Trace(cov))
		for _, v := range z {
			l -= v * v / 2
		}
		for d := range m.Dims {
			w, c := m.W[d*k:(d+1)*k], m.WCov[d]
			y := x.At(i, d) - m.Mean[d]
			sq := y*y + m.MeanVar[d]
			for a := range k {
				sq -= 2 * y * w[a] * z[a]
				for b := range k {
					sq += (w[a]*w[b] + c[a*k+b]) * (z[a]*z[b] + cov.At(a, b))
				}
			}
			q := m.Noise[min(d, len(m.Noise)-1)]
			l += (q.MeanLog() - log2Pi - q.Mean()*sq) / 2
		}
	}
	for d := range m.Dims {
		c := mat.NewDense(k, k, m.WCov[d])
		l += .5 * (float64(k) + math.Log(mat.Det(c)))
		for i, a := range m.Alpha {
			w := m.W[d*k+i]
			l += (a.MeanLog() - a.Mean()*(w*w+c.At(i, i))) / 2
		}
		l += .5 * (1 + math.Log(cfg.Mean*m.MeanVar[d]) - cfg.Mean*(m.Mean[d]*m.Mean[d]+m.MeanVar[d]))
	}
	for _, a := range m.Alpha {
		l -= a.KL(cfg.Alpha)
	}
	for _, q := range m.Noise {
		l -= q.KL(cfg.Noise)
	}
	return l
}

func TestTheBoundFromTheScatterIsTheBoundByRows(t *testing.T) {
	for seed := range uint64(4) {
		x, _ := made(40+seed, 30, 5, 2, same(.5))
		cfg := Config{Factors: 3, Diagonal: seed%2 == 0, Alpha: Gamma{Shape: 1, Rate: 2}, Noise: Gamma{Shape: 2, Rate: .5}, Mean: .3, Tolerance: 1e-14, Sweeps: 20000}
		m, err := Fit(ctx, x, cfg)
		if err != nil || !m.Converged {
			t.Fatal(err)
		}
		near(t, "bound", byRows(t, x, m, cfg), last(m.Bound), 1e-8*math.Abs(last(m.Bound)))
		// The end is a maximum: no small move of a parameter raises the bound.
		best := byRows(t, x, m, cfg)
		for _, p := range []*float64{&m.W[0], &m.W[4], &m.Mean[1], &m.MeanVar[2], &m.Alpha[1].Rate, &m.Alpha[0].Shape, &m.Noise[0].Rate, &m.WCov[3][0]} {
			at := *p
			for _, h := range []float64{-1e-2, 1e-2} {
				*p = at + h*math.Abs(at)
				if l := byRows(t, x, m, cfg); l > best+1e-7 {
					t.Errorf("seed %d: bound %.9f rises to %.9f", seed, best, l)
				}
			}
			*p = at
		}
	}
}

// evidence is ln p(x) of one column and one factor by the trapezoid rule over w and ln τ: α is
// integrated in closed form, which gives w Student's t, as are z and μ.
func evidence(x []float64, cfg Config) float64 {
	n := float64(len(x))
	sum, square := 0., 0.
	for _, v := range x {
		sum, square = sum+v, square+v*v
	}
	a, b := cfg.Alpha.Shape, cfg.Alpha.Rate
	la, _ := math.Lgamma(a)
	la5, _ := math.Lgamma(a + .5)
	lc, _ := math.Lgamma(cfg.Noise.Shape)
	total := 0.
	const h = .02
	for w := -25.; w <= 25; w += h {
		prior := la5 - la - .5*math.Log(2*math.Pi*b) - (a+.5)*math.Log1p(w*w/(2*b))
		for u := -6.; u < 6; u += .05 {
			tau := math.Exp(u)
			s := w*w + 1/tau // x ~ N(0, sI + 11ᵀ/β)
			r := cfg.Mean + n/s
			l := -(n*(log2Pi+math.Log(s)) + math.Log(r/cfg.Mean) + square/s - sum*sum/(s*s*r)) / 2
			l += cfg.Noise.Shape*(u+math.Log(cfg.Noise.Rate)) - cfg.Noise.Rate*tau - lc
			total += h * .05 * math.Exp(l+prior)
		}
	}
	return math.Log(total)
}

func TestTheBoundStaysBelowTheEvidenceByQuadrature(t *testing.T) {
	r := rng.New(2).Rand()
	for range 6 {
		x := make([]float64, 2+r.IntN(5))
		for i := range x {
			x[i] = 1.5*r.NormFloat64() + .5
		}
		cfg := Config{Alpha: Gamma{Shape: 3, Rate: 2}, Noise: Gamma{Shape: 3, Rate: 2}, Mean: .5}
		m, err := Fit(ctx, mat.NewDense(len(x), 1, x), cfg)
		if err != nil {
			t.Fatal(err)
		}
		truth := evidence(x, cfg)
		t.Logf("bound %.4f, evidence %.4f", last(m.Bound), truth)
		if l := last(m.Bound); l > truth || l < truth-3 {
			t.Errorf("bound %g, evidence %g", l, truth)
		}
	}
}

func TestRowsAreReconstructedWithinTheirVariances(t *testing.T) {
	x, _ := made(6, 400, 6, 2, same(.4))
	cfg := Default()
	cfg.Factors = 2
	m, err := Fit(ctx, x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	inside := 0.
	for i := range 400 {
		row := x.RawRowView(i)
		mean, v, err := m.Reconstruct(row)
		again, w, err2 := back.Reconstruct(row)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for d := range row {
			if again[d] != mean[d] || w[d] != v[d] {
				t.Fatalf("row %d: JSON changes %g ± %g to %g ± %g", i, mean[d], v[d], again[d], w[d])
			}
			if math.Abs(row[d]-mean[d]) < 1.96*math.Sqrt(v[d]) {
				inside++
			}
		}
	}
	// Rows that were seen lie nearer than new ones would: the share is over .95.
	if share := inside / 2400; share < .95 || share > .999 {
		t.Errorf("share within 1.96 sd: got %g", share)
	}
}

func TestBadSettingsAndDataOfFactorsAreErrors(t *testing.T) {
	x, _ := made(1, 9, 4, 1, same(1))
	nan := mat.DenseCopyOf(x)
	nan.Set(1, 1, math.NaN())
	with := func(f func(c *Config)) Config { c := Default(); f(&c); return c }
	for i, c := range []struct {
		x   *mat.Dense
		cfg Config
	}{
		{nil, Default()}, {&mat.Dense{}, Default()}, {nan, Default()}, {x, Config{}},
		{x, with(func(c *Config) { c.Factors = 5 })}, {x, with(func(c *Config) { c.Factors = -1 })},
		{x, with(func(c *Config) { c.Mean = 0 })}, {x, with(func(c *Config) { c.Noise.Rate = -1 })},
		{x, with(func(c *Config) { c.Alpha.Shape = math.Inf(1) })}, {x, with(func(c *Config) { c.Tolerance = -1 })},
		{mat.NewDense(3, 2, []float64{1, 2, 1, 2, 1, 2}), Default()},
	} {
		if _, err := Fit(ctx, c.x, c.cfg); err == nil {
			t.Errorf("case %d is taken", i)
		}
	}
	m, err := Fit(ctx, x, Default())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Reconstruct([]float64{1}); err == nil {
		t.Error("a row of one column is taken for four")
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Fit(done, x, Default()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
