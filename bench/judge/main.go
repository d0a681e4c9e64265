// Command judge trains the classifier that measures samples of 28×28 grey digits (see package judge),
// and prints its name and its accuracy on test images.
//
//	go run ./bench/judge -out judge/digits.f16            # the shipped one, of 60,000 generated digits
//	go run ./bench/judge -data mnist -out mnist.f16       # one of local data, which stays local
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/judge"
)

// settings are the flags.
type settings struct {
	data, dir, out string
	epochs, rows   int
	seed           uint64
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", judge.Digits, "data set of 28×28 grey images in ten classes")
	flag.StringVar(&s.dir, "data-dir", "", "folder of data sets")
	flag.StringVar(&s.out, "out", "", "file to write")
	flag.IntVar(&s.epochs, "epochs", 4, "passes over the training images")
	flag.IntVar(&s.rows, "rows", 60_000, "generated digits to train on")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of weights and order")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

// run trains, measures and saves.
func run(ctx context.Context, s settings) error {
	sets, err := data.Open(ctx, data.Spec{Name: s.data, Dir: s.dir})
	if err != nil {
		return err
	}
	train := sets.Train
	if s.data == judge.Digits {
		train = data.Digits(s.rows, rng.New(s.seed).Named("judge")) // none of those that models are trained or tested on
	}
	j, err := judge.Fit(ctx, s.data, train.X, train.Labels, judge.Training{Epochs: s.epochs, Seed: s.seed, Epoch: func(epoch int, loss float64) {
		fmt.Printf("epoch %d: cross-entropy %.4f nats\n", epoch, loss)
	}})
	if err != nil {
		return err
	}
	accuracy, err := j.Accuracy(ctx, sets.Test.X, sets.Test.Labels)
	if err != nil {
		return err
	}
	fmt.Printf("%s: trained on %d images, accuracy %.4f on %d test images\n", j.Name(), train.Len(), accuracy, sets.Test.Len())
	if s.out == "" {
		return nil
	}
	return j.Save(s.out)
}
