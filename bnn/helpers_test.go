package bnn

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// linearTable returns n rows of d columns with a linear target and noise of a deviation.
func linearTable(n, d int, noise float64, seed uint64) (x [][]float32, y []float64) {
	key := rng.New(seed)
	values, eps := make([]float32, n*d), make([]float64, n)
	key.Named("x").Normal(values)
	key.Named("y").NormalFloat64(eps)
	for i := range n {
		row := values[i*d : (i+1)*d]
		if d > 1 {
			row[1] += .6 * row[0] // correlated columns, so that mean field is not exact
		}
		target := 1.5 + noise*eps[i]
		for j, v := range row {
			target += float64(v) * float64(j+1) / float64(d)
		}
		x, y = append(x, row), append(y, target)
	}
	return x, y
}

// waves returns n rows of one column on [−2, 2] with target sin 2x and noise of deviation .1.
func waves(n int, seed uint64) (x [][]float32, y []float64) {
	u, eps := make([]float32, n), make([]float64, n)
	rng.New(seed).Named("x").Uniform(u)
	rng.New(seed).Named("y").NormalFloat64(eps)
	for i := range n {
		v := 4*u[i] - 2
		x, y = append(x, []float32{v}), append(y, math.Sin(2*float64(v))+.1*eps[i])
	}
	return x, y
}

// blobs returns n rows of two columns in C classes around points of a circle.
func blobs(n, classes int, sd float64, seed uint64) (x [][]float32, y []float64) {
	eps := make([]float64, 2*n)
	rng.New(seed).NormalFloat64(eps)
	for i := range n {
		c := i % classes
		sin, cos := math.Sincos(2 * math.Pi * float64(c) / float64(classes))
		x = append(x, []float32{float32(cos + sd*eps[2*i]), float32(sin + sd*eps[2*i+1])})
		y = append(y, float64(c))
	}
	return x, y
}

// fit fits or fails the test.
func fit(t *testing.T, x [][]float32, y []float64, c Config) *Net {
	t.Helper()
	n, err := Fit(context.Background(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// predict predicts or fails the test.
func predict(t *testing.T, n *Net, x [][]float32) []Prediction {
	t.Helper()
	p, err := n.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// near fails unless got is within tol of want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.8g, want %.8g within %g", what, got, want, tol)
	}
}

// refused fails unless err says all parts.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range append(parts, "bnn: ", "got ", "want ") {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q: want it to contain %q", err, p)
		}
	}
}

// meanFieldOf trains the mean-field posterior and returns its arrays and the table.
func meanFieldOf(t *testing.T, x [][]float32, y []float64, c Config) (map[string]model.Array, *table) {
	t.Helper()
	tab, err := newTable(x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	r, n := trainerOf(t, tab, c)
	if err := fitMeanField(context.Background(), r, n); err != nil {
		t.Fatal(err)
	}
	arrays, err := r.arrays()
	if err != nil {
		t.Fatal(err)
	}
	return arrays, tab
}

// trainerOf prepares a fit as Fit does.
func trainerOf(t *testing.T, tab *table, c Config) (*trainer, *Net) {
	t.Helper()
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	r, n := newTrainer(tab, c.withDefaults(tab.n, tab.d), b)
	return r, n
}
