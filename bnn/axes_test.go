package bnn

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
)

// slanted returns n rows of d columns that are far from independent, of mean 1.
func slanted(n, d int, seed uint64) []float32 {
	x := make([]float32, n*d)
	rng.New(seed).Normal(x)
	for i := range n {
		row := x[i*d : (i+1)*d]
		for j := 1; j < d; j++ {
			row[j] = .9*row[j-1] + .3*row[j]
		}
		for j := range row {
			row[j]++
		}
	}
	return x
}

// wide returns values of a matrix with so many columns.
func wide(v []float32, d int) *mat.Dense {
	out := make([]float64, len(v))
	for i, w := range v {
		out[i] = float64(w)
	}
	return mat.NewDense(len(v)/d, d, out)
}

// More rows than are summed at a time: U is orthogonal, (XU)ᵀXU is diagonal and rising. The rows
// are of float32, whose rounding the products have.
func TestAlongPrincipalAxesTheProductsOfColumnsVanish(t *testing.T) {
	const n, d = momentRows + 100, 5
	x := slanted(n, d, 1)
	a, err := principalAxes(x, d)
	if err != nil {
		t.Fatal(err)
	}
	var square, moment mat.Dense
	square.Mul(a.u.T(), a.u)
	turned := wide(a.turn(x, d), d)
	moment.Mul(turned.T(), turned)
	for i := range d {
		for j := range d {
			want := 0.
			if i == j {
				want = 1
			}
			near(t, "UᵀU", square.At(i, j), want, 1e-12)
			if i != j {
				near(t, "products of two axes a row", moment.At(i, j)/n, 0, 1e-6)
			}
		}
		if i > 0 && moment.At(i, i) < moment.At(i-1, i-1) {
			t.Errorf("axis %d: got %v below %v of the axis before", i, moment.At(i, i), moment.At(i-1, i-1))
		}
	}
}

// The outputs of weights for turned rows are those of the weights turned back for the rows.
func TestWeightsTurnedBackHaveTheOutputsOfTurnedRows(t *testing.T) {
	const n, d, out = 7, 4, 3
	x := slanted(n, d, 2)
	a, err := principalAxes(x, d)
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, d*out)
	rng.New(3).NormalFloat64(w)
	var want, got mat.Dense
	want.Mul(wide(a.turn(x, d), d), mat.NewDense(d, out, w))
	got.Mul(wide(x, d), mat.NewDense(d, out, a.back(w, out)))
	if !mat.EqualApprox(&got, &want, 1e-5) {
		t.Errorf("outputs: got %v, want %v", mat.Formatted(&got), mat.Formatted(&want))
	}
	if none := (axes{}); &none.turn(x, d)[0] != &x[0] || &none.back(w, out)[0] != &w[0] {
		t.Error("without axes: got other rows or weights, want the same")
	}
}

// Of a linear model whose columns are standardised, so that the bias is independent of them, the
// mean-field posterior along the principal axes is the exact one, correlations and all; along the
// columns it is not. The noise makes the loss its own expectation, as above the test of the
// precision. The bound then is the evidence.
func TestAlongPrincipalAxesMeanFieldOfALinearModelIsExact(t *testing.T) {
	x, y := linearTable(40, 3, .5, 1)
	x, y = append(x, x...), append(y, y...)
	c := Config{
		Hidden: []int{}, Noise: .7, Prior: Prior{Kind: "gaussian", SD: .8}, Epochs: 6000, LR: .02, Draws: 1,
		Axes: "principal", dtype: dtypes.Float64,
		noise: func(_ string, dims []int) []float64 {
			e := make([]float64, dims[0]*dims[1])
			for i := range e {
				e[i] = 1 - 2*float64(2*i/len(e))
			}
			return e
		},
	}
	loss := 0.
	c.Progress = func(p Progress) { loss = p.Loss }
	q, turned := meanFieldOf(t, x, y, c)
	tab, err := newTable(x, y, Config{})
	if err != nil {
		t.Fatal(err)
	}
	sigma := .7 / tab.target.SD
	want, precision := posterior(tab, .8, sigma)
	mean := turned.axes.back(q["layer0/weight/mean"].Data, 1)
	spread := mat.NewDiagDense(tab.d, nil)
	for j := range tab.d {
		near(t, "mean", mean[j], want[j], 1e-5)
		spread.SetDiag(j, math.Pow(softplus(q["layer0/weight/rho"].Data[j]), 2))
	}
	var got mat.Dense
	got.Product(turned.axes.u, spread, turned.axes.u.T())
	full := invert(t, precision)
	for i := range tab.d {
		for j := range tab.d {
			near(t, "covariance relative to the variance", got.At(i, j)/full.At(i, i), full.At(i, j)/full.At(i, i), 1e-4)
		}
	}
	if rho := full.At(0, 1) / math.Sqrt(full.At(0, 0)*full.At(1, 1)); math.Abs(rho) < .3 {
		t.Errorf("correlation of the exact posterior: got %v, want one that columns would miss", rho)
	}
	near(t, "bound and evidence, nats a row", -loss, evidence(t, tab, .8, sigma)/float64(tab.n), 1e-6)
}

// A net along the principal axes is saved, stopped and gone on with like another: its draws are
// turned back, and what goes on has the same bits.
func TestAFitAlongPrincipalAxesGoesOnToTheSameBits(t *testing.T) {
	x, y := linearTable(30, 3, .3, 4)
	c := Config{Axes: "principal", Hidden: []int{6}, Epochs: 8, Draws: 5, Seed: 2}
	var taken *Snapshot
	c.Checkpoint = func(p Progress, take func() (Snapshot, error)) error {
		if p.Epoch != 3 {
			return nil
		}
		s, err := take()
		taken = &s
		return err
	}
	whole := fit(t, x, y, c)
	c.Checkpoint = nil
	again, err := FitFrom(context.Background(), x, y, c, taken)
	if err != nil {
		t.Fatal(err)
	}
	a, b := predict(t, whole, x), predict(t, again, x)
	for i := range a {
		near(t, "mean", b[i].Mean, a[i].Mean, 0)
		near(t, "deviation", b[i].SD, a[i].SD, 0)
	}
	c.Axes = "columns"
	_, err = FitFrom(context.Background(), x, y, c, taken)
	refused(t, err, "snapshot")
}

func TestAxesGoWithWhatHasNoAxesOfItsOwn(t *testing.T) {
	refused(t, Config{Axes: "rows"}.Validate(), "axes", "rows")
	refused(t, Config{Axes: "principal", Method: "dropout"}.Validate(), "axes", "dropout")
	refused(t, Config{Axes: "principal", Prior: Prior{Kind: "ard"}}.Validate(), "axes", "ard")
	refused(t, Config{Axes: "principal", Prior: Prior{Kind: "mixture"}}.Validate(), "axes", "mixture")
	for _, kind := range []string{"", "gaussian", "hierarchical"} {
		if err := (Config{Axes: "principal", Prior: Prior{Kind: kind}}).Validate(); err != nil {
			t.Errorf("%q: %v", kind, err)
		}
	}
}
