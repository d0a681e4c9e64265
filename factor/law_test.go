package factor

import (
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestMixedColumnsMixTheAnswer(t *testing.T) {
	x, _ := made(31, 80, 5, 2, func(d int) float64 { return .3 + .1*float64(d) })
	order := []int{3, 0, 4, 1, 2}
	mixed := mat.NewDense(80, 5, nil)
	for to, from := range order {
		mixed.SetCol(to, mat.Col(nil, from, x))
	}
	for _, diagonal := range []bool{false, true} {
		cfg := Default()
		cfg.Diagonal = diagonal
		a, err := Fit(ctx, x, cfg)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Fit(ctx, mixed, cfg)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "bound", last(a.Bound), last(b.Bound), 1e-6)
		ca, cb := a.Covariance(), b.Covariance()
		for i, from := range order {
			near(t, "mean", b.Mean[i], a.Mean[from], 1e-6)
			for j, too := range order {
				near(t, "covariance", cb.At(i, j), ca.At(from, too), 1e-5)
			}
		}
	}
}

// With q(W) and q(τ) sharp, q(z) is the posterior of a linear-Gaussian model,
// cov = (I + τWᵀW)⁻¹ and mean = τ cov Wᵀ(x−μ), and by the other form Wᵀ(WWᵀ+I/τ)⁻¹(x−μ).
func TestARowIsInferredByGaussianConditioning(t *testing.T) {
	x, w := made(3, 2, 4, 2, same(1))
	const tau = 2.5
	m := &Model{Dims: 4, Factors: 2, W: w.RawMatrix().Data, Mean: []float64{1, 2, 3, 4}, Noise: []Gamma{{Shape: tau, Rate: 1}}}
	for range 4 {
		m.WCov = append(m.WCov, make([]float64, 4))
	}
	z, cov, err := m.Infer(x.RawRowView(0))
	if err != nil {
		t.Fatal(err)
	}
	var c, inv, gain mat.Dense
	c.Mul(w, w.T())
	for i := range 4 {
		c.Set(i, i, c.At(i, i)+1/tau)
	}
	if err := inv.Inverse(&c); err != nil {
		t.Fatal(err)
	}
	gain.Mul(w.T(), &inv)
	var ww mat.Dense
	ww.Mul(&gain, w)
	for k := range 2 {
		want := 0.
		for d := range 4 {
			want += gain.At(k, d) * (x.At(0, d) - m.Mean[d])
		}
		near(t, "mean", z[k], want, 1e-12)
		for j := range 2 {
			unit := 0.
			if j == k {
				unit = 1
			}
			near(t, "cov", cov.At(k, j), unit-ww.At(k, j), 1e-12)
		}
	}
}

// Fewer rows than columns, columns that never vary, as many factors as columns, one row in two
// values: the priors answer for what the data leave open.
func TestSmallAndDegenerateDataAreFitted(t *testing.T) {
	wide, _ := made(9, 4, 12, 2, same(.3))
	flat, _ := made(9, 40, 4, 1, same(.3))
	for i := range 40 {
		flat.Set(i, 2, 7)
	}
	for name, x := range map[string]*mat.Dense{"wide": wide, "flat": flat, "pair": mat.NewDense(2, 2, []float64{0, 1, 1, 0})} {
		for _, diagonal := range []bool{false, true} {
			cfg := Default()
			cfg.Diagonal = diagonal
			_, cfg.Factors = x.Dims()
			heard := 0
			cfg.Progress = func(sweep int, _ float64) { heard = sweep }
			m, err := Fit(ctx, x, cfg)
			if err != nil {
				t.Errorf("%s, diagonal %v: %v", name, diagonal, err)
				continue
			}
			if heard != len(m.Bound) {
				t.Errorf("%s: got %d sweeps heard of %d", name, heard, len(m.Bound))
			}
			for _, v := range append(append([]float64{}, m.W...), m.Mean...) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%s, diagonal %v: got %g", name, diagonal, v)
				}
			}
		}
	}
}

// The four measures of 150 irises, in cm: petals and sepals grow together, and the first two
// principal components hold 97.8 % of their variance (a long-known figure of this table).
func TestIrisesAreReconstructedFromTheirFactors(t *testing.T) {
	lines, err := csv.NewReader(tk.DataFile(t, "small-tables", "iris.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(len(lines)-1, 4, nil)
	first := len(lines[0]) - 5
	for i, l := range lines[1:] {
		for j := range 4 {
			v, err := strconv.ParseFloat(l[first+j], 64)
			if err != nil {
				t.Fatal(err)
			}
			x.Set(i, j, v)
		}
	}
	cfg := Default()
	cfg.Factors = 2
	m, err := Fit(ctx, x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	left, total := 0., 0.
	for i := range len(lines) - 1 {
		mean, _, err := m.Reconstruct(x.RawRowView(i))
		if err != nil {
			t.Fatal(err)
		}
		for d, v := range x.RawRowView(i) {
			left += (v - mean[d]) * (v - mean[d])
			total += (v - m.Mean[d]) * (v - m.Mean[d])
		}
	}
	t.Logf("variance kept %.2f %%, %d sweeps, %d factors of use", 100*(1-left/total), len(m.Bound), m.Relevant(.01))
	// The rows' factors are shrunk towards nought, which costs of the 97.8 % some tenths.
	if kept := 1 - left/total; kept < .97 || kept > .9777 {
		t.Errorf("variance kept: got %g, want a little below .9777", kept)
	}
}

// A fall beyond 1e-9 of the bound would be the error of the fit.
func TestTheBoundsOfRandomFactorsNeverFall(t *testing.T) {
	r := rng.New(56).Rand()
	gamma := func() Gamma { return Gamma{Shape: math.Exp(3 * r.NormFloat64()), Rate: math.Exp(3 * r.NormFloat64())} }
	for i := range 40 {
		d := 1 + r.IntN(7)
		x, _ := made(uint64(i), 2+r.IntN(30), d, 1+r.IntN(d), same(math.Exp(2*r.NormFloat64())))
		cfg := Config{Diagonal: i%2 == 0, Alpha: gamma(), Noise: gamma(), Mean: math.Exp(3 * r.NormFloat64()), Sweeps: 300, Tolerance: 1e-13}
		if _, err := Fit(ctx, x, cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// Rows are exchangeable: in another order they end at the same bound and the same noise. Sums of 200
// rows round by 1e-13 or so, and a climb of some hundred sweeps keeps that small.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	x, _ := made(8, 200, 5, 2, same(.5))
	turned := mat.NewDense(200, 5, nil)
	for i := range 200 {
		turned.SetRow(199-i, x.RawRowView(i))
	}
	a, err := Fit(ctx, x, Default())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Fit(ctx, turned, Default())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", last(b.Bound), last(a.Bound), 1e-8)
	tk.Close(t, "noise", b.Noise[0].Mean(), a.Noise[0].Mean(), 1e-6)
}
