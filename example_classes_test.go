package elbo_test

import (
	"context"
	"fmt"
	"log"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// The model M1 of Kingma et al. 2014 is a VAE that sees no class, with a classifier on its codes. Here
// twenty digits show theirs, and those of the others spread along the graph of nearest codes; on the
// command line elbo encode writes codes for a classifier of any kind.
func ExampleModel_Encode_classes() {
	ctx := context.Background()
	splits, err := data.Split(data.Digits(1500, rng.New(1)), nil, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	m, err := elbo.Train(ctx, elbo.Config{Data: "my digits", Hidden: []int{100}, Latent: 10, Epochs: 20}, splits)
	if err != nil {
		log.Fatal(err)
	}
	codes, _, err := m.Encode(ctx, splits.Train.Rows())
	if err != nil {
		log.Fatal(err)
	}
	z, labels, shown := make([][]float64, len(codes)), make([]int, len(codes)), map[int32]int{}
	for i, row := range codes {
		for _, v := range row {
			z[i] = append(z[i], float64(v))
		}
		labels[i] = -1 // not known
		if c := splits.Train.Labels[i]; shown[c] < 2 {
			labels[i], shown[c] = int(c), shown[c]+1
		}
	}
	found, err := eval.DefaultLabelSpreading().Classify(ctx, z, labels, 10)
	if err != nil {
		log.Fatal(err)
	}
	right := 0
	for i, c := range found {
		if c == int(splits.Train.Labels[i]) {
			right++
		}
	}
	fmt.Println("more than two thirds of", len(found), "are right:", 3*right > 2*len(found))
	// Output:
	// more than two thirds of 1215 are right: true
}

// A model that finds classes needs few rows that show theirs; a model that is told them draws rows of
// the one that is asked for.
func ExampleModel_Classify() {
	ctx := context.Background()
	splits, err := data.Split(data.Digits(300, rng.New(1)), nil, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	c := elbo.Config{Model: "m2", Data: "my digits", Labels: 50, Hidden: []int{16}, Latent: 2, Epochs: 2}
	m, err := elbo.Train(ctx, c, splits)
	if err != nil {
		log.Fatal(err)
	}
	probabilities, err := m.Classify(ctx, splits.Test.Rows())
	if err != nil {
		log.Fatal(err)
	}
	threes, err := m.SampleOf(ctx, 5, 3, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(probabilities), "rows, probabilities of", len(probabilities[0]), "classes each")
	fmt.Println(len(threes), "samples of class", m.Classes()[3], "of", len(threes[0]), "values")
	// Output:
	// 30 rows, probabilities of 10 classes each
	// 5 samples of class 3 of 784 values
}
