package field_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/pgm/field"
)

// The coupling of a grid of spins, found again from states that were drawn by it.
func ExampleFit() {
	ctx := context.Background()
	truth, err := field.Uniform(16, field.Grid(4, 4), .4, .1).Potts()
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := field.Sample(ctx, truth, field.DefaultSampling())
	if err != nil {
		fmt.Println(err)
		return
	}
	c := field.DefaultConfig()
	c.Tied = true
	p, err := field.Fit(ctx, draws, 2, truth.Edges, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := field.IsingOf(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, listed := catalog.Lookup(catalog.Graphical, "potts")
	fmt.Printf("%v: J = %.1f, listed: %v\n", c.Method, m.J[0], listed)
	// Output: pseudo-likelihood: J = 0.4, listed: true
}
