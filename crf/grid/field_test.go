package grid

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// random is a model with weights of a deviation, and an image.
func random(r *rand.Rand, c, f, height, width int, contrast, sd float64) (*Model, Image) {
	m := &Model{Labels: c, Features: f, Sweeps: 4, Contrast: contrast}
	m.Weights = make([]float64, m.size())
	for k := range m.Weights {
		m.Weights[k] = sd * r.NormFloat64()
	}
	x := Image{height, width, make([]float64, height*width*f)}
	for k := range x.Features {
		x.Features[k] = r.NormFloat64()
	}
	return m, x
}

// enumerate calls do with every labelling.
func enumerate(n, c int, do func(y []int)) {
	y := make([]int, n)
	for {
		do(y)
		k := 0
		for ; k < n; k++ {
			if y[k]++; y[k] < c {
				break
			}
			y[k] = 0
		}
		if k == n {
			return
		}
	}
}

// exact is ln Z and the marginals by enumeration.
func exact(t *testing.T, m *Model, x Image) (logZ float64, node []float64) {
	t.Helper()
	n, c, z := x.Pixels(), m.Labels, 0.
	node = make([]float64, n*c)
	enumerate(n, c, func(y []int) {
		s, err := m.Score(Example{x, y})
		if err != nil {
			t.Fatal(err)
		}
		p := math.Exp(s)
		z += p
		for i, a := range y {
			node[i*c+a] += p
		}
	})
	for k := range node {
		node[k] /= z
	}
	return math.Log(z), node
}

func TestTheBoundIsBelowTheEvidenceAndNeverFalls(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		c, height, width := 2+r.IntN(2), 1+r.IntN(3), 1+r.IntN(3)
		m, x := random(r, c, 2, height, width, []float64{0, 1}[r.IntN(2)], 1.5)
		logZ, _ := exact(t, m, x)
		before := math.Inf(-1)
		for m.Sweeps = 1; m.Sweeps <= 6; m.Sweeps++ {
			q, err := m.Infer(x)
			if err != nil {
				t.Fatal(err)
			}
			if q.Bound > logZ+1e-12*math.Abs(logZ)+1e-12 || q.Bound < before-1e-12*math.Abs(before) {
				t.Fatalf("%d labels, %d×%d, sweep %d: got bound %v after %v, ln Z %v", c, height, width, m.Sweeps, q.Bound, before, logZ)
			}
			before = q.Bound
		}
	}
}

// Where pixels do not lean on each other mean field is exact.
func TestIndependentPixelsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m, x := random(r, 3, 2, 2, 2, 0, 1)
	clear(m.Weights[m.unaries():])
	logZ, node := exact(t, m, x)
	q, err := m.Infer(x)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", q.Bound, logZ, 1e-13)
	for k, want := range node {
		tk.Close(t, "marginal", q.Node[k], want, 1e-13)
	}
}

// Two pixels whose potential is far weaker than their scores: mean field errs by the square of the
// potential.
func TestWeakPotentialsAreAlmostExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	m, x := random(r, 2, 1, 3, 3, 1, 1)
	for k := m.unaries(); k < len(m.Weights); k++ {
		m.Weights[k] *= 1e-3
	}
	_, node := exact(t, m, x)
	q, err := m.Infer(x)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range node {
		if math.Abs(q.Node[k]-want) > 1e-5 { // some (12 · 1e-3)² · ⅛
			t.Errorf("marginal %d: got %v, want %v", k, q.Node[k], want)
		}
	}
}

func TestTheScoreIsTheSumOfItsParts(t *testing.T) {
	// One feature; w_0 = (1, .5), w_1 = (−1, 0); A to the right (1 2; 3 4), below (10 20; 30 40).
	m := &Model{Labels: 2, Features: 1, Sweeps: 1, Weights: []float64{1, .5, -1, 0, 1, 2, 3, 4, 10, 20, 30, 40}}
	x := Image{2, 2, []float64{1, 2, 3, 4}}
	got, err := m.Score(Example{x, []int{0, 1, 1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	// u: 1.5 − 2 − 3 + 4.5; right: A(0,1) + A(1,0) = 2 + 3; below: A(0,1) + A(1,0) = 20 + 30.
	tk.Close(t, "score", got, 1+5+50, 0)
	m.Contrast = 2
	m.Weights = append(m.Weights, 1, 1, 1, 1, 0, 0, 0, 0)
	if got, err = m.Score(Example{x, []int{0, 1, 1, 0}}); err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "score with contrast", got, 56+2*math.Exp(-1./8), 1e-15)
}

func TestWhatDoesNotFitIsNamed(t *testing.T) {
	good, x := random(rand.New(rand.NewPCG(7, 8)), 2, 1, 2, 2, 0, 1)
	change := func(f func(m *Model)) *Model { m := *good; f(&m); return &m }
	nan := append([]float64(nil), good.Weights...)
	nan[3] = math.NaN()
	for want, c := range map[string]struct {
		m *Model
		x Image
	}{
		"labels: got 1":            {change(func(m *Model) { m.Labels = 1 }), x},
		"features: got -1":         {change(func(m *Model) { m.Features = -1 }), x},
		"sweeps: got 0":            {change(func(m *Model) { m.Sweeps = 0 }), x},
		"contrast: got NaN":        {change(func(m *Model) { m.Contrast = math.NaN() }), x},
		"weights: got 3":           {change(func(m *Model) { m.Weights = m.Weights[:3] }), x},
		"weight 3: got NaN":        {change(func(m *Model) { m.Weights = nan }), x},
		"got 0×2 pixels":           {good, Image{0, 2, nil}},
		"got 3 features, want 1":   {good, Image{2, 2, []float64{1, 2, 3}}},
		"feature 1: got +Inf":      {good, Image{1, 2, []float64{1, math.Inf(1)}}},
		"got 40000×1 pixels, want": {good, Image{40000, 1, make([]float64, 40000)}},
	} {
		if _, err := c.m.Infer(c.x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for want, y := range map[string][]int{"got 1 labels": {0}, "pixel 2: got 2": {0, 1, 2, 0}, "pixel 0: got -1": {-1, 0, 0, 0}} {
		if _, err := good.Score(Example{x, y}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := good.Predict(Image{1, 1, nil}); err == nil {
		t.Error("predicted an image without features")
	}
	c := Default()
	for want, data := range map[string][]Example{
		"no examples":          nil,
		"got 3 features for":   {{Image{1, 2, []float64{1, 2, 3}}, []int{0, 0}}},
		"example 0: grid: exa": {{Image{1, 2, []float64{1, 2}}, []int{0, 5}}},
		"got 0 features for 0": {{}},
	} {
		if _, err := Fit(context.Background(), data, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	fine := []Example{{x, []int{0, 1, 0, 1}}}
	for want, change := range map[string]func(c *Config){
		"L2: got -1":       func(c *Config) { c.L2 = -1 },
		"got 0 iterations": func(c *Config) { c.MaxIterations = 0 },
		"labels: got 0":    func(c *Config) { c.Labels = 0 },
	} {
		c := Default()
		change(&c)
		if _, err := Fit(context.Background(), fine, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
