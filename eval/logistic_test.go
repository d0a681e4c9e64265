package eval

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The table is scipy's (testdata/logistic.py), whose minimiser stops at gradients near 1e-9: weights
// agree to 1e-5.
func TestLogisticRegressionAgreesWithAnotherMinimiser(t *testing.T) {
	raw, err := os.ReadFile("testdata/logistic.json")
	fine(t, err)
	var cases []struct {
		X, Weights, Probs [][]float64
		Y                 []int
		Classes           int
		Lambda, Loss      float64
	}
	fine(t, json.Unmarshal(raw, &cases))
	for _, c := range cases {
		m, err := FitLogistic(context.Background(), c.X, c.Y, c.Classes, c.Lambda)
		fine(t, err)
		for k, row := range c.Weights {
			for j, w := range row {
				near(t, "weight", m.Weights[k][j], w, 1e-5*math.Max(1, math.Abs(w)))
			}
		}
		p, err := m.Probabilities(c.X[:len(c.Probs)])
		fine(t, err)
		for i, row := range c.Probs {
			for k, v := range row {
				near(t, "probability", p[i][k], v, 1e-5)
			}
		}
		loss, err := (&logisticLoss{x: m.standardized(c.X), y: c.Y, classes: c.Classes, width: len(c.X[0]) + 1, lambda: c.Lambda}).at(flat(m), make([]float64, c.Classes*(len(c.X[0])+1)))
		fine(t, err)
		near(t, "loss", loss, c.Loss, 1e-10)
	}
}

// flat are the weights with the bias last.
func flat(m *Logistic) (w []float64) {
	for c, row := range m.Weights {
		w = append(append(w, row...), m.Bias[c])
	}
	return w
}

// A feature of two values without penalty is fitted exactly: probabilities are the frequencies.
func TestWithoutPenaltyProbabilitiesAreFrequencies(t *testing.T) {
	var x [][]float64
	var y []int
	for value, counts := range [][]int{{6, 2, 2}, {1, 8, 11}} {
		for class, n := range counts {
			for range n {
				x, y = append(x, []float64{float64(value)}), append(y, class)
			}
		}
	}
	m, err := FitLogistic(context.Background(), x, y, 3, 0)
	fine(t, err)
	p, err := m.Probabilities([][]float64{{0}, {1}})
	fine(t, err)
	for value, want := range [][]float64{{.6, .2, .2}, {.05, .4, .55}} {
		for class, v := range want {
			near(t, "frequency", p[value][class], v, 1e-6)
		}
	}
}

func TestGradientOfTheLogisticLoss(t *testing.T) {
	r := rng.New(3).Rand()
	p := &logisticLoss{classes: 3, width: 4, lambda: .3}
	for i := range 20 {
		p.x, p.y = append(p.x, []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), 1}), append(p.y, i%3)
	}
	w, grad, scratch := make([]float64, 12), make([]float64, 12), make([]float64, 12)
	for i := range w {
		w[i] = r.NormFloat64()
	}
	_, err := p.at(w, grad)
	fine(t, err)
	const h = 6e-6 // error h²/6·|f‴| + ε|f|/h, near 1e-10
	for i := range w {
		keep := w[i]
		w[i] = keep + h
		up, _ := p.at(w, scratch)
		w[i] = keep - h
		down, _ := p.at(w, scratch)
		w[i] = keep
		near(t, "gradient", grad[i], (up-down)/(2*h), 1e-9)
	}
}

// Three clouds with centres 8 deviations apart are read off along straight lines; a ring around
// another is not, though its nearest neighbours tell.
func TestProbesReadWhatTheyCan(t *testing.T) {
	ctx := context.Background()
	clouds := func(seed uint64, n int) (x [][]float64, y []int) {
		for i, z := range noise(n, 2, seed) {
			c := i % 3
			x, y = append(x, []float64{z[0] + 8*float64(c%2), z[1] + 8*float64(c/2), 5}), append(y, c)
		}
		return x, y
	}
	rings := func(seed uint64, n int) (x [][]float64, y []int) {
		for i, z := range noise(n, 2, seed) {
			r := math.Hypot(z[0], z[1]) / float64(1+2*(i%2))
			x, y = append(x, []float64{z[0] / r, z[1] / r}), append(y, i%2)
		}
		return x, y
	}
	x, y := clouds(1, 300)
	tx, ty := clouds(2, 300)
	a, err := Probe(ctx, x, y, tx, ty, 3, DefaultProbeL2)
	fine(t, err)
	if a.Score < .99 || a.Rows != 300 || !(a.Lo < a.Score && a.Score <= a.Hi) {
		t.Errorf("clouds: got %+v, want at least .99 within its interval", a)
	}
	x, y = rings(3, 400)
	tx, ty = rings(4, 400)
	a, err = Probe(ctx, x, y, tx, ty, 2, DefaultProbeL2)
	fine(t, err)
	near(t, "rings along lines", a.Score, .5, .12) // 4.8 deviations of a blind guess
	a, err = NearestNeighbours(ctx, x, y, tx, ty, 2, DefaultNeighbours)
	fine(t, err)
	near(t, "rings by neighbours", a.Score, 1, 0)
}

func TestLogisticRegressionRefusesWhatItCannotFit(t *testing.T) {
	ctx := context.Background()
	x := [][]float64{{1}, {2}}
	for _, c := range []struct {
		x       [][]float64
		y       []int
		classes int
		lambda  float64
		part    string
	}{
		{nil, nil, 2, 0, "rows: got none"}, {x, []int{0}, 2, 0, "got 2 rows, 1 labels"}, {x, []int{0, 2}, 2, 0, "label 1: got 2, want 0 to 1"},
		{x, []int{0, 1}, 1, 0, "1 classes"}, {x, []int{0, 1}, 2, -1, "lambda: got -1"}, {x, []int{0, -1}, 2, 0, "label 1: got -1"},
	} {
		_, err := FitLogistic(ctx, c.x, c.y, c.classes, c.lambda)
		fails(t, err, "FitLogistic", c.part)
	}
	m, err := FitLogistic(ctx, x, []int{0, 1}, 2, .1)
	fine(t, err)
	_, err = m.Classify([][]float64{{1, 2}})
	fails(t, err, "got 2 values, want 1")
	_, err = Probe(ctx, x, []int{0, 1}, x, []int{0, 5}, 2, .1)
	fails(t, err, "Probe: test: label 1")
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err = FitLogistic(stopped, x, []int{0, 1}, 2, .1); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v", err)
	}
	if _, err = NearestNeighbours(stopped, x, []int{0, 1}, x, []int{0, 1}, 2, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v", err)
	}
	near(t, "a column that does not vary has scale 1", mustFit(t, [][]float64{{1, 7}, {2, 7}}).Scale[1], 1, 0)
}

// mustFit fits two classes.
func mustFit(t *testing.T, x [][]float64) *Logistic {
	t.Helper()
	m, err := FitLogistic(context.Background(), x, []int{0, 1}, 2, .1)
	fine(t, err)
	return m
}
