package grid

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestTheGradientThroughTheSweepsIsThatOfDifferences(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		c := Default()
		c.Labels, c.L2, c.Workers = 2+r.IntN(2), .3, 2
		m, x := random(r, c.Labels, 2, 1+r.IntN(4), 1+r.IntN(4), []float64{0, 1.3}[r.IntN(2)], .7)
		m.Sweeps = 1 + r.IntN(4)
		y := make([]int, x.Pixels())
		for i := range y {
			y[i] = r.IntN(c.Labels)
		}
		data := []Example{{x, y}}
		grad, scratch := make([]float64, m.size()), make([]float64, m.size())
		m.loss(data, c, grad)
		for k, w := range m.Weights {
			const h = 1e-5
			m.Weights[k] = w + h
			up := m.loss(data, c, scratch)
			m.Weights[k] = w - h
			down := m.loss(data, c, scratch)
			m.Weights[k] = w
			if want := (up - down) / (2 * h); math.Abs(grad[k]-want) > 1e-6*max(1, math.Abs(want)) {
				t.Fatalf("%d sweeps, weight %d: got %v, want %v", m.Sweeps, k, grad[k], want)
			}
		}
	}
}

// blobs are images of discs whose pixels are seen through noise: feature = ±1 + deviation·noise.
func blobs(n, size int, sd float64, seed uint64) (out []Example) {
	r := rand.New(rand.NewPCG(seed, 77))
	for range n {
		e := Example{Image{size, size, make([]float64, size*size)}, make([]int, size*size)}
		for range 3 {
			cx, cy, radius := r.Float64()*float64(size), r.Float64()*float64(size), 2+3*r.Float64()
			for i := range e.Labels {
				if math.Hypot(float64(i%size)-cx, float64(i/size)-cy) < radius {
					e.Labels[i] = 1
				}
			}
		}
		for i, y := range e.Labels {
			e.Features[i] = float64(2*y-1) + sd*r.NormFloat64()
		}
		out = append(out, e)
	}
	return out
}

// wrong is the share of pixels that a model labels wrongly.
func wrong(t *testing.T, m *Model, data []Example) float64 {
	t.Helper()
	n, all := 0, 0
	for _, e := range data {
		got, err := m.Predict(e.Image)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range got {
			if y != e.Labels[i] {
				n++
			}
		}
		all += len(got)
	}
	return float64(n) / float64(all)
}

// Neighbours tell what noise hides: the field makes less than half of the errors of a classifier of
// single pixels. Measured: 1.7 % against 10.2 %.
func TestAFieldSeesThroughNoise(t *testing.T) {
	train, test := blobs(20, 24, 1, 1), blobs(20, 24, 1, 2)
	share := map[bool]float64{}
	for _, independent := range []bool{false, true} {
		c := Default()
		c.Independent = independent
		m, err := Fit(context.Background(), train, c)
		if err != nil {
			t.Fatal(err)
		}
		share[independent] = wrong(t, m, test)
	}
	t.Logf("wrong pixels: field %.4f, single pixels %.4f", share[false], share[true])
	if share[true] < .08 || share[false] > share[true]/2 {
		t.Errorf("got %v wrong by the field and %v by single pixels, want less than half", share[false], share[true])
	}
}

func TestTrainingLowersTheLossAndDoesNotDependOnWorkers(t *testing.T) {
	data := blobs(5, 10, 1, 3)
	var models []*Model
	for _, workers := range []int{1, 3} {
		c := Default()
		c.Workers, c.Contrast, c.MaxIterations = workers, 1, 15
		before := math.Inf(1)
		c.Progress = func(p Progress) {
			if p.Loss > before {
				t.Errorf("step %d: loss rose from %v to %v", p.Iteration, before, p.Loss)
			}
			before = p.Loss
		}
		m, err := Fit(context.Background(), data, c)
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, m)
	}
	if !slices.Equal(models[0].Weights, models[1].Weights) {
		t.Error("one and three workers differ")
	}
}

// Of single pixels the field is logistic regression, whose slope for ±1 with noise of variance σ² is
// 2/σ² (Bishop 2006, eq. 4.66).
func TestSinglePixelsAreALogisticRegression(t *testing.T) {
	c := Default()
	c.Independent, c.L2 = true, 1e-6
	m, err := Fit(context.Background(), blobs(60, 24, 1, 4), c)
	if err != nil {
		t.Fatal(err)
	}
	slope := m.Weights[2] - m.Weights[0]
	// 34,560 pixels with a Fisher information of about .06 each: a deviation of .02.
	if math.Abs(slope-2) > .1 {
		t.Errorf("got a slope of %v, want 2", slope)
	}
	tk.Close(t, "pairs", m.Weights[m.unaries()], 0, 0)
}

func TestTrainingStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := Default()
	c.Progress = func(Progress) { cancel() }
	if _, err := Fit(ctx, blobs(2, 8, 1, 5), c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAStoredFieldKeepsEveryBit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	m, x := random(r, 3, 2, 4, 4, .7, 1)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	want, err := m.Infer(x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.Infer(x)
	if err != nil || got.Bound != want.Bound || !slices.Equal(got.Node, want.Node) {
		t.Errorf("got bound %v, %v, want %v", got.Bound, err, want.Bound)
	}
}
