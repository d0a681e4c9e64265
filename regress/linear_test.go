package regress

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
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

// made draws n rows of d inputs and targets wᵀx + noise.
func made(seed uint64, n int, w []float64, noise float64) (*mat.Dense, []float64) {
	r := rng.New(seed).Rand()
	x, y := mat.NewDense(n, len(w), nil), make([]float64, n)
	for i := range y {
		for j := range w {
			v := r.NormFloat64()
			x.Set(i, j, v)
			y[i] += w[j] * v
		}
		y[i] += noise * r.NormFloat64()
	}
	return x, y
}

// sharp is a Gamma that is nearly a point.
func sharp(at float64) Gamma { return Gamma{Shape: 1e9, Rate: 1e9 / at} }

func TestWithKnownPrecisionsLinearRegressionIsExact(t *testing.T) {
	for _, n := range []int{1, 3, 4, 40} {
		x, y := made(uint64(n), n, []float64{1, -2, .5}, .7)
		m, err := FitLinear(ctx, x, y, Config{Fixed: .8, Noise: sharp(2)})
		if err != nil {
			t.Fatal(err)
		}
		// y ~ N(0, I/τ + XXᵀ/α)
		var c mat.SymDense
		c.SymOuterK(1/.8, x)
		for i := range n {
			c.SetSym(i, i, c.At(i, i)+.5)
		}
		var ch mat.Cholesky
		if !ch.Factorize(&c) {
			t.Fatal("the covariance of the targets is not positive definite")
		}
		var s mat.VecDense
		if err := ch.SolveVecTo(&s, mat.NewVecDense(n, y)); err != nil {
			t.Fatal(err)
		}
		want := -(float64(n)*log2Pi + ch.LogDet() + mat.Dot(mat.NewVecDense(n, y), &s)) / 2
		// KL of a Gamma of shape 1e9 loses about 1e9·1e-16 in its differences.
		near(t, "bound", last(m.Bound), want, 2e-5)
		// E[w] = XᵀC⁻¹y/α
		var mean mat.VecDense
		mean.MulVec(x.T(), &s)
		for j := range 3 {
			near(t, "mean", m.Mean[j], mean.AtVec(j)/.8, 1e-7)
		}
	}
}

func TestTheBoundOfLinearRegressionStaysBelowTheEvidence(t *testing.T) {
	for seed := range uint64(4) {
		x, y := made(seed, 6, []float64{1.3}, .5)
		a, c := Gamma{Shape: 2, Rate: 1}, Gamma{Shape: 3, Rate: 2}
		m, err := FitLinear(ctx, x, y, Config{Alpha: a, Noise: c})
		if err != nil {
			t.Fatal(err)
		}
		var xx, xy, yy float64
		for i, v := range y {
			xx, xy, yy = xx+x.At(i, 0)*x.At(i, 0), xy+x.At(i, 0)*v, yy+v*v
		}
		// w in closed form, α and τ by the trapezoid rule in their logarithms.
		sum := 0.
		const h = .05
		for u := -14.; u < 6; u += h {
			for v := -8.; v < 6; v += h {
				alpha, tau := math.Exp(u), math.Exp(v)
				p := alpha + tau*xx
				l := 3*(v-log2Pi) + (u-math.Log(p)-tau*yy+tau*tau*xy*xy/p)/2
				sum += h * h * math.Exp(l+logGamma(a, alpha)+u+logGamma(c, tau)+v)
			}
		}
		below(t, "linear", last(m.Bound), math.Log(sum), 1)
	}
}

func logGamma(q Gamma, x float64) float64 {
	lg, _ := math.Lgamma(q.Shape)
	return q.Shape*math.Log(q.Rate) + (q.Shape-1)*math.Log(x) - q.Rate*x - lg
}

// relevant are weights of ten inputs, of which three matter.
var relevant = []float64{0, 2, 0, 0, -1.5, 0, 0, 0, 1, 0}

// apart says whether E[α] of every idle input is over 100 times that of every relevant one.
func apart(t *testing.T, what string, w *Weights) {
	t.Helper()
	idle, used := math.Inf(1), 0.
	for j, v := range relevant {
		if v == 0 {
			idle = min(idle, w.Precision(j))
		} else {
			used = max(used, w.Precision(j))
		}
	}
	t.Logf("%s: least idle %.4g, greatest used %.4g, ratio %.4g after %d sweeps", what, idle, used, idle/used, len(w.Bound))
	if idle/used <= 100 {
		t.Errorf("%s: ratio %g, want over 100", what, idle/used)
	}
}

func TestRelevanceDeterminationSwitchesIdleInputsOff(t *testing.T) {
	cfg := Default()
	cfg.ARD = true
	for seed := range uint64(5) {
		x, y := made(100+seed, 200, relevant, .3)
		m, err := FitLinear(ctx, x, y, cfg)
		if err != nil {
			t.Fatal(err)
		}
		apart(t, "linear", &m.Weights)
	}
	x, y := made(7, 2000, relevant, 1)
	r := rng.New(9).Rand()
	labels := make([]float64, len(y))
	for i := range y {
		a := mat.Dot(x.RowView(i), mat.NewVecDense(10, relevant))
		if r.Float64() < sigmoid(2*a) {
			labels[i] = 1
		}
	}
	l, err := FitLogistic(ctx, x, labels, cfg)
	if err != nil {
		t.Fatal(err)
	}
	apart(t, "logistic", &l.Weights)
	p, err := FitProbit(ctx, x, labels, cfg)
	if err != nil {
		t.Fatal(err)
	}
	apart(t, "probit", &p.Weights)
}

func TestPredictionsCoverNewTargets(t *testing.T) {
	x, y := made(3, 60, []float64{1, 2, -1}, .5)
	m, err := FitLinear(ctx, x, y, Default())
	if err != nil {
		t.Fatal(err)
	}
	x, y = made(4, 4000, []float64{1, 2, -1}, .5)
	inside := 0.
	for i, v := range y {
		mean, variance, err := m.Predict(x.RawRowView(i))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(v-mean) < 1.96*math.Sqrt(variance) {
			inside++
		}
	}
	// The fit of 60 rows moves the share by a few per cent; four sd of the 4000 are 1.4 %.
	near(t, "share within 1.96 sd", inside/4000, .95, .05)
}

func TestModelsSurviveJSONBitForBit(t *testing.T) {
	x, y := made(11, 30, []float64{1, -1}, .5)
	cfg := Default()
	cfg.ARD = true
	m, err := FitLinear(ctx, x, y, cfg)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Linear
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	a, b, _ := m.Predict([]float64{.3, 2})
	c, d, err := back.Predict([]float64{.3, 2})
	if err != nil || a != c || b != d || !reflect.DeepEqual(m.Bound, back.Bound) || m.Noise != back.Noise {
		t.Errorf("got %g ± %g (%v), want %g ± %g", c, d, err, a, b)
	}
}

func TestBadSettingsAndDataOfRegressionAreErrors(t *testing.T) {
	x, y := made(1, 8, []float64{1, 2}, 1)
	labels := []float64{0, 1, 0, 1, 1, 0, 1, 0}
	nan := mat.DenseCopyOf(x)
	nan.Set(2, 1, math.NaN())
	huge := mat.DenseCopyOf(x)
	huge.Set(0, 0, 1e200)
	for i, c := range []struct {
		x   *mat.Dense
		y   []float64
		cfg Config
	}{
		{nil, y, Default()}, {&mat.Dense{}, nil, Default()}, {x, y[:3], Default()}, {nan, labels, Default()}, {huge, labels, Default()},
		{x, []float64{0, 1, 0, 1, 1, 0, 1, math.Inf(1)}, Default()}, {x, labels, Config{}}, {x, labels, Config{Fixed: -1}}, {x, labels, Config{Fixed: 1, Noise: sharp(1), Sweeps: -1}},
	} {
		if _, err := FitLinear(ctx, c.x, c.y, c.cfg); err == nil {
			t.Errorf("case %d: linear takes it", i)
		}
		if _, err := FitLogistic(ctx, c.x, c.y, c.cfg); err == nil {
			t.Errorf("case %d: logistic takes it", i)
		}
		if _, err := FitProbit(ctx, c.x, c.y, c.cfg); err == nil {
			t.Errorf("case %d: probit takes it", i)
		}
	}
	if _, err := FitLogistic(ctx, x, y, Default()); err == nil {
		t.Error("labels that are neither 0 nor 1 are taken")
	}
	if _, err := FitProbit(ctx, x, y, Default()); err == nil {
		t.Error("labels that are neither 0 nor 1 are taken")
	}
	if _, err := FitLinear(ctx, x, y, Config{Fixed: 1}); err == nil {
		t.Error("a noise without a prior is taken")
	}
	m, err := FitLinear(ctx, x, y, Default())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Predict([]float64{1, 2, 3}); err == nil {
		t.Error("three inputs are taken for two")
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := FitProbit(done, x, labels, Default()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
