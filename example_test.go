package elbo_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/supervised"
)

// exampleModel trains a small model of generated digits, in memory.
func exampleModel() (*elbo.Model, *data.Splits) {
	splits, err := data.Split(data.Digits(300, rng.New(1)), nil, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	c := elbo.Config{Data: "my digits", Hidden: []int{16}, Latent: 2, Epochs: 1}
	m, err := elbo.Train(context.Background(), c, splits)
	if err != nil {
		log.Fatal(err)
	}
	return m, splits
}

// The rows come from anywhere: here they are generated, in 28×28 images.
func ExampleTrain() {
	splits, err := data.Split(data.Digits(300, rng.New(1)), nil, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	c := elbo.Config{Data: "my digits", Hidden: []int{16}, Latent: 2, Epochs: 2}
	m, err := elbo.Train(context.Background(), c, splits)
	if err != nil {
		log.Fatal(err)
	}
	run := m.Run()
	fmt.Println("rows of shape", m.Shape(), "with codes of", m.Latent(), "values")
	fmt.Println(len(run.History), "epochs, likelihood", run.Config.Likelihood)
	fmt.Println("test bound on", run.Outcome.Test.N, "rows:", run.Outcome.Test.Bound < 0)
	// Output:
	// rows of shape [28 28] with codes of 2 values
	// 2 epochs, likelihood bernoulli
	// test bound on 30 rows: true
}

// A net that predicts a column, here fitted from Go but usually by the command elbo train bnn, says
// how sure it is: less so where it has seen no rows.
func ExampleOpenPredictor() {
	root, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	ctx, dir := context.Background(), filepath.Join(root, "run")
	c := supervised.Default() // a table of x and y = x³ + noise of deviation 3, x within ±4
	c.Noise, c.Epochs = 3, 1000
	table, err := supervised.OpenTable(ctx, c, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := supervised.Start(ctx, c, table, dir, "example", supervised.Observer{}); err != nil {
		log.Fatal(err)
	}

	p, err := elbo.OpenPredictor(dir)
	if err != nil {
		log.Fatal(err)
	}
	predictions, err := p.Predict(ctx, [][]float32{{2}, {8}})
	if err != nil {
		log.Fatal(err)
	}
	lo, hi := predictions[0].Interval(.9)
	fmt.Println(p.Target(), "by", p.Columns())
	fmt.Println("interval at 2 holds 8:", lo < 8 && 8 < hi)
	fmt.Println("less sure at 8:", predictions[1].SD > 2*predictions[0].SD)
	// Output:
	// y by [x]
	// interval at 2 holds 8: true
	// less sure at 8: true
}

// A run directory, here of elbo.Train but usually of the command elbo train, needs neither
// its data nor any other code to be used.
func ExampleOpen() {
	root, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	dir := filepath.Join(root, "run")
	splits, err := data.Split(data.Digits(300, rng.New(1)), nil, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	c := elbo.Config{Data: "my digits", Hidden: []int{16}, Latent: 2, Epochs: 1}
	if _, err := elbo.Train(ctx, c, splits, elbo.InDir(dir)); err != nil {
		log.Fatal(err)
	}

	m, err := elbo.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	again, err := m.Reconstruct(ctx, [][]float32{splits.Test.Row(0)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Run().Config.Model, len(again), len(again[0]))

	_, err = elbo.Open(filepath.Join(root, "nothing"))
	fmt.Println("a folder without a run:", err != nil)
	// Output:
	// vae 1 784
	// a folder without a run: true
}

func ExampleModel_Encode() {
	m, splits := exampleModel()
	rows := [][]float32{splits.Test.Row(0), splits.Test.Row(1), splits.Test.Row(2)}
	mean, sd, err := m.Encode(context.Background(), rows)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(mean), "means of", len(mean[0]), "values, standard deviations above 0:", sd[0][0] > 0)

	_, _, err = m.Encode(context.Background(), [][]float32{{1, 2, 3}})
	fmt.Println(err)
	// Output:
	// 3 means of 2 values, standard deviations above 0: true
	// elbo: row 0: got 3 values, want 784
}

func ExampleModel_Decode() {
	m, _ := exampleModel()
	images, err := m.Decode(context.Background(), [][]float32{{0, 0}, {1, -1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(images), "images of", len(images[0]), "pixels")
	// Output: 2 images of 784 pixels
}

// The threshold comes from rows that are normal and were not trained on: of new normal rows,
// at most one in ten is flagged on average.
func ExampleModel_Score() {
	m, splits := exampleModel()
	ctx := context.Background()
	var normal [][]float32
	for i := range splits.Valid.Len() {
		normal = append(normal, splits.Valid.Row(i))
	}
	threshold, err := m.Threshold(ctx, normal, elbo.ScoreELBO, .1)
	if err != nil {
		log.Fatal(err)
	}
	noise := make([]float32, m.Dim())
	rng.New(1).Uniform(noise)
	scores, err := m.Score(ctx, [][]float32{noise}, elbo.ScoreELBO)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("noise is strange:", scores[0] > threshold)
	// Output: noise is strange: true
}

// Equal seeds give equal rows.
func ExampleModel_Sample() {
	m, _ := exampleModel()
	a, err := m.Sample(context.Background(), 4, 42)
	if err != nil {
		log.Fatal(err)
	}
	b, err := m.Sample(context.Background(), 4, 42)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(a), "rows of", len(a[0]), "values, the same again:", a[3][100] == b[3][100])
	// Output: 4 rows of 784 values, the same again: true
}

// Both ends of the path are included.
func ExampleModel_Interpolate() {
	m, splits := exampleModel()
	path, err := m.Interpolate(context.Background(), splits.Test.Row(0), splits.Test.Row(1), 9, "slerp")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(path), "rows")
	// Output: 9 rows
}

func ExampleModel_Traverse() {
	m, splits := exampleModel()
	row, err := m.Traverse(context.Background(), splits.Test.Row(0), 1, []float32{-2, 0, 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(row), "rows along latent dimension 1")
	// Output: 3 rows along latent dimension 1
}

// The data behind a run, in the units of the data.
func ExampleModel_Rows() {
	m, _ := exampleModel()
	test, err := m.Rows(context.Background(), "test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(test.Len(), "rows of", len(test.Classes), "classes")
	// Output: 30 rows of 10 classes
}
