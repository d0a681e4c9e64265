package learn_test

import (
	"context"
	"fmt"
	"os"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
	"github.com/elbo-go/elbo/pgm/learn"
)

// Tables of a known structure, with one row of each configuration added to what was counted.
func ExampleFit() {
	d, err := learn.Names([]string{"rain", "wet"}, [][]string{
		{"no", "no", "yes", "yes"},
		{"no", "no", "yes", "yes"},
	}, nil, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := learn.Fit([][]int{nil, {0}}, d, learn.Prior{Cell: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := bif.Write(os.Stdout, n); err != nil {
		fmt.Println(err)
	}
	// Output:
	// network unknown {
	// }
	// variable rain {
	//   type discrete [ 2 ] { no, yes };
	// }
	// variable wet {
	//   type discrete [ 2 ] { no, yes };
	// }
	// probability ( rain ) {
	//   table 0.5, 0.5;
	// }
	// probability ( wet | rain ) {
	//   (no) 0.75, 0.25;
	//   (yes) 0.25, 0.75;
	// }
}

// The pattern of a chain is found by tests and by the search for the best score.
func ExampleHill() {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2), pgm.Numbered("c", 2)}
	chain, err := pgm.NewNetwork(vars, [][]int{nil, {0}, {1}}, [][]float64{{.5, .5}, {.9, .1, .2, .8}, {.7, .3, .1, .9}})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := learn.Sample(chain, 1000, rng.New(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	families, err := learn.NewCounted(d, learn.BDeu(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	best, err := learn.Hill(context.Background(), families, learn.HillConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("distance", learn.PatternOf(best.Parents).Distance(learn.PatternOf(chain.Parents)))
	// Output: distance 0
}
