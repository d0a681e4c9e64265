package bnn

import (
	"context"
	"math"
	"testing"
)

func TestTablesAreStandardizedByTheirOwnMoments(t *testing.T) {
	x := [][]float32{{1, 10}, {2, 30}, {3, 20}}
	tab, err := newTable(x, []float64{5, 1, 3}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", tab.columns[1].Mean, 20, 1e-12)
	near(t, "deviation", tab.columns[0].SD, math.Sqrt(2./3), 1e-12)
	near(t, "target", tab.target.SD, math.Sqrt(8./3), 1e-12)
	for i, want := range []float64{-1, -1, 0, 1, 1, 0} {
		near(t, "x", float64(tab.x[i]), want*math.Sqrt(1.5), 1e-6)
	}
	for i, want := range []float64{1, -1, 0} {
		near(t, "y", float64(tab.y[i]), want*math.Sqrt(1.5), 1e-6)
	}
	raw, err := newTable([][]float32{{1, 7}, {2, 7}}, []float64{0, 1}, Config{Raw: true, Head: "classes"})
	if err != nil || raw.x[3] != 7 || raw.classes != 2 || raw.target != (scale{0, 1}) {
		t.Errorf("got %+v, %v, want rows as they are", raw, err)
	}
}

// What a file can hold that no network can be fitted to, each with a message that says where.
func TestTablesThatCannotBeFittedAreErrors(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name string
		x    [][]float32
		y    []float64
		c    Config
		say  string
	}{
		{"no row", nil, nil, Config{}, "got 0 rows"},
		{"one row", [][]float32{{1}}, []float64{1}, Config{}, "got 1 rows, want at least 2"},
		{"lengths", [][]float32{{1}, {2}}, []float64{1}, Config{}, "2 rows and 1 targets"},
		{"no column", [][]float32{{}, {}}, []float64{1, 2}, Config{}, "without columns"},
		{"ragged", [][]float32{{1, 2}, {1}}, []float64{1, 2}, Config{}, "row 1: got 1 values, want 2"},
		{"NaN", [][]float32{{1}, {nan}}, []float64{1, 2}, Config{}, "row 1, column 0: got NaN"},
		{"infinite", [][]float32{{1, inf}, {1, 2}}, []float64{1, 2}, Config{Raw: true}, "row 0, column 1: got +Inf"},
		{"NaN target", [][]float32{{1}, {2}}, []float64{1, math.NaN()}, Config{}, "row 1: target: got NaN"},
		{"constant column", [][]float32{{1, 3}, {2, 3}}, []float64{1, 2}, Config{}, "column 1: got 3 in all 2 rows"},
		{"constant target", [][]float32{{1}, {2}}, []float64{4, 4}, Config{}, "target: got 4 in all 2 rows"},
		{"target too wide", [][]float32{{1}, {2}}, []float64{-1e308, 1e308}, Config{}, "standard deviation of +Inf"},
		{"half a class", [][]float32{{1}, {2}}, []float64{0, .5}, Config{Head: "classes"}, "row 1: class: got 0.5"},
		{"class without rows", [][]float32{{1}, {2}}, []float64{0, 2}, Config{Head: "classes"}, "no row of class 1"},
		{"one class", [][]float32{{1}, {2}}, []float64{0, 0}, Config{Head: "classes"}, "two classes"},
		{"negative class", [][]float32{{1}, {2}}, []float64{0, -1}, Config{Head: "classes"}, "row 1: class: got -1"},
	} {
		_, err := Fit(context.Background(), c.x, c.y, c.c)
		if err == nil {
			t.Errorf("%s: got no error", c.name)
			continue
		}
		refused(t, err, c.say)
	}
}

func TestWrongConfigurationsAreErrors(t *testing.T) {
	x, y := waves(10, 1)
	for _, c := range []struct {
		c   Config
		say string
	}{
		{Config{Method: "mcmc"}, `method: got "mcmc", want one of vi, dropout`},
		{Config{Estimator: "score"}, "estimator"}, {Config{Head: "poisson"}, "head"},
		{Config{Prior: Prior{Kind: "laplace"}}, "prior"}, {Config{Prior: Prior{SD: -1}}, "deviation of the prior"},
		{Config{Noise: -1}, "noise"}, {Config{Noise: 1, Head: "classes"}, "homoscedastic"},
		{Config{InitSD: math.NaN()}, "initial"}, {Config{Epochs: -1}, "epochs"}, {Config{Batch: -1}, "batch"},
		{Config{LR: -1}, "learning rate"}, {Config{Draws: -1}, "draws"}, {Config{Members: -1}, "members"},
		{Config{Dropout: 1}, "dropout"}, {Config{Hidden: []int{3, 0}}, "hidden"},
		{Config{Method: "last-layer", Head: "heteroscedastic"}, "exact"},
		{Config{Method: "dropout", Hidden: []int{}}, "hidden layer"},
		{Config{Method: "swag", Prior: Prior{Kind: "mixture"}}, "mixture"},
		{Config{Backend: "abacus"}, "abacus"},
	} {
		_, err := Fit(context.Background(), x, y, c.c)
		if err == nil {
			t.Errorf("%+v: got no error", c.c)
		} else if c.c.Backend == "" {
			refused(t, err, c.say)
		}
	}
}

func TestDefaultsMakeThreeThousandSteps(t *testing.T) {
	for _, c := range []struct{ n, batch, epochs int }{{20, 20, 3000}, {1024, 1024, 3000}, {1025, 128, 334}, {60000, 128, 7}} {
		d := Config{}.withDefaults(c.n, 1)
		if d.Batch != c.batch || d.Epochs != c.epochs || d.Draws != 100 || len(d.Hidden) != 1 {
			t.Errorf("%d rows: got %+v, want batches of %d and %d epochs", c.n, d, c.batch, c.epochs)
		}
	}
	if d := (Config{Batch: 500, Hidden: []int{}}).withDefaults(20, 1); d.Batch != 20 || len(d.Hidden) != 0 {
		t.Errorf("got %+v, want a batch of 20 and no hidden layer", d)
	}
}
