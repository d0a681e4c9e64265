package cut_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/cut"
)

// A row of pixels of which one is unlike its neighbours.
func ExampleSolve() {
	seen := []int{0, 0, 1, 0, 0, 1, 1, 1}
	var vars []pgm.Variable
	var factors []*pgm.Factor
	add := func(vars []int, card []int, values ...float64) {
		f, err := pgm.NewFactor(vars, card, values)
		if err != nil {
			panic(err)
		}
		factors = append(factors, f)
	}
	for i, s := range seen {
		vars = append(vars, pgm.Numbered(fmt.Sprint(i), 2))
		values := []float64{1, 1}
		values[s] = 3 // the pixel is as it was seen, 3 to 1
		add([]int{i}, []int{2}, values...)
		if i > 0 {
			add([]int{i - 1, i}, []int{2, 2}, 2, 1, 1, 2) // neighbours are alike, 2 to 1
		}
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		panic(err)
	}
	best, err := cut.Solve(context.Background(), g, nil)
	if err != nil {
		panic(err)
	}
	_, listed := catalog.Lookup(catalog.Graphical, "graph-cut")
	fmt.Println(best.States, listed)
	// Output: [0 0 0 0 0 1 1 1] true
}
