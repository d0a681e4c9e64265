package regress

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestTheTriangleHasTheInnerProductsOfTheRows(t *testing.T) {
	for _, n := range []int{2, 4, 5, 50} {
		x, y := made(uint64(n), n, []float64{1, 2, 3}, 1)
		r, z := triangle(x, y)
		rows, _ := r.Dims()
		if rows != min(n, 4) || len(z) != rows {
			t.Errorf("%d rows: got %d", n, rows)
		}
		var a, b, c, d mat.Dense
		a.Mul(x.T(), x)
		b.Mul(r.T(), r)
		c.Mul(x.T(), mat.NewVecDense(n, y))
		d.Mul(r.T(), mat.NewVecDense(rows, z))
		if !mat.EqualApprox(&a, &b, 1e-11) || !mat.EqualApprox(&c, &d, 1e-11) {
			t.Errorf("%d rows: the inner products differ", n)
		}
		near(t, "‖y−Xm‖²", residual(r, z, []float64{.3, -1, 2}), residual(x, y, []float64{.3, -1, 2}), 1e-10)
	}
}

// Data that a plane separates have no likeliest weights; more columns than rows, columns twice
// over and columns of nought have no inverse of XᵀX. The priors answer for all of them.
func TestDataWithoutAMaximumOfLikelihoodAreFitted(t *testing.T) {
	r := rng.New(77).Rand()
	for _, size := range [][2]int{{1, 1}, {5, 20}, {40, 6}} {
		n, d := size[0], size[1]
		x, y := mat.NewDense(n, d, nil), make([]float64, n)
		for i := range n {
			for j := range d {
				x.Set(i, j, r.NormFloat64())
			}
			if x.At(i, 0) > 0 {
				y[i] = 1
			}
			if d > 4 {
				x.Set(i, 3, x.At(i, 1))
				x.Set(i, 4, 0)
			}
		}
		for _, ard := range []bool{false, true} {
			cfg := Default()
			cfg.ARD = ard
			cfg.Alpha = Gamma{Shape: 1, Rate: 1}
			lin, err := FitLinear(ctx, x, y, cfg)
			if err != nil {
				t.Fatal(err)
			}
			logit, err := FitLogistic(ctx, x, y, cfg)
			if err != nil {
				t.Fatal(err)
			}
			probit, err := FitProbit(ctx, x, y, cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range []*Weights{&lin.Weights, &logit.Weights, &probit.Weights} {
				for _, v := range append(append([]float64{last(w.Bound)}, w.Mean...), w.Cov...) {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("%d×%d: got %g", n, d, v)
					}
				}
			}
		}
	}
}

func TestSwappingTheLabelsTurnsTheWeightsRound(t *testing.T) {
	x, y := made(12, 50, []float64{1, -2}, 1)
	labels, swapped := make([]float64, 50), make([]float64, 50)
	for i, v := range y {
		if v > 0 {
			labels[i] = 1
		}
		swapped[i] = 1 - labels[i]
	}
	row := []float64{.4, -.9}
	a, _ := FitLogistic(ctx, x, labels, Default())
	b, _ := FitLogistic(ctx, x, swapped, Default())
	c, _ := FitProbit(ctx, x, labels, Default())
	d, _ := FitProbit(ctx, x, swapped, Default())
	for j := range a.Mean {
		near(t, "logistic weight", a.Mean[j], -b.Mean[j], 1e-9)
		near(t, "probit weight", c.Mean[j], -d.Mean[j], 1e-9)
	}
	p, v, _ := a.Predict(row)
	q, u, _ := b.Predict(row)
	near(t, "logistic p", p, 1-q, 1e-9)
	near(t, "logistic variance", v, u, 1e-9)
	p, v, _ = c.Predict(row)
	q, u, _ = d.Predict(row)
	near(t, "probit p", p, 1-q, 1e-9)
	near(t, "probit variance", v, u, 1e-9)
}

func TestEverySweepIsHeardAndTheInterceptHasAPrecisionOfItsOwn(t *testing.T) {
	x, y := made(2, 30, []float64{1, 2}, .5)
	for i := range y {
		y[i] += 50
	}
	cfg, heard := Default(), 0
	cfg.Progress = func(sweep int, _ float64) { heard = sweep }
	m, err := FitLinear(ctx, x, y, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if heard != len(m.Bound) || len(m.Alpha) != 2 || m.Group[0] != m.Group[1] || m.Group[2] == m.Group[0] {
		t.Errorf("got %d sweeps heard of %d, groups %v", heard, len(m.Bound), m.Group)
	}
	near(t, "intercept", m.Mean[2], 50, 1)
	if m.Precision(2) > m.Precision(0)/100 {
		t.Errorf("the intercept's precision %g follows the weights' %g", m.Precision(2), m.Precision(0))
	}
	for i := 1; i < len(m.Bound); i++ {
		if m.Bound[i] < m.Bound[i-1]-1e-9*math.Abs(m.Bound[i]) {
			t.Errorf("sweep %d: the bound falls", i+1)
		}
	}
}

func BenchmarkSweeps(b *testing.B) {
	r := rng.New(1).Rand()
	x, y := mat.NewDense(20000, 20, nil), make([]float64, 20000)
	for i := range y {
		for j := range 20 {
			x.Set(i, j, r.NormFloat64())
		}
		if r.Float64() < sigmoid(x.At(i, 0)-x.At(i, 1)) {
			y[i] = 1
		}
	}
	cfg := Default()
	cfg.Tolerance, cfg.Sweeps = 1e-300, 20
	for b.Loop() {
		if _, err := FitLogistic(ctx, x, y, cfg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20/20000, "ns/row-sweep")
}

// A fall beyond 1e-9 of the bound would be the error of the fit.
func TestTheBoundsOfRandomModelsNeverFall(t *testing.T) {
	r := rng.New(55).Rand()
	gamma := func() Gamma { return Gamma{Shape: math.Exp(3 * r.NormFloat64()), Rate: math.Exp(3 * r.NormFloat64())} }
	for i := range 60 {
		n, d := 1+r.IntN(40), 1+r.IntN(8)
		x, y, labels := mat.NewDense(n, d, nil), make([]float64, n), make([]float64, n)
		size := math.Exp(2 * r.NormFloat64())
		for i := range n {
			for j := range d {
				x.Set(i, j, size*r.NormFloat64())
			}
			y[i], labels[i] = 10*r.NormFloat64(), float64(r.IntN(2))
		}
		cfg := Config{ARD: i%2 == 0, Intercept: i%3 == 0, Alpha: gamma(), Noise: gamma(), Sweeps: 300, Tolerance: 1e-13}
		if _, err := FitLinear(ctx, x, y, cfg); err != nil {
			t.Errorf("linear, %+v: %v", cfg, err)
		}
		if _, err := FitLogistic(ctx, x, labels, cfg); err != nil {
			t.Errorf("logistic, %+v: %v", cfg, err)
		}
		if _, err := FitProbit(ctx, x, labels, cfg); err != nil {
			t.Errorf("probit, %+v: %v", cfg, err)
		}
	}
}
