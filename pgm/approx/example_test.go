package approx_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
)

// Rain and a sprinkler both wet the grass, and it is wet.
func Example() {
	vars := []pgm.Variable{pgm.Numbered("rain", 2), pgm.Numbered("sprinkler", 2), pgm.Numbered("wet", 2)}
	n, err := pgm.NewNetwork(vars, [][]int{nil, nil, {0, 1}}, [][]float64{{.8, .2}, {.7, .3}, {1, 0, .1, .9, .2, .8, .01, .99}})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := pgm.Observe(vars, map[string]string{"wet": "1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range approx.Methods() {
		r, err := m.Run(context.Background(), n.Graph(), e, m.Default)
		if err != nil {
			fmt.Println(m.Name, "cannot")
			continue
		}
		fmt.Printf("%s: p(rain | wet) = %.1f\n", m.Name, r.Marginals[0][1])
	}
	// Output:
	// bp: p(rain | wet) = 0.4
	// mf cannot
	// trw: p(rain | wet) = 0.4
	// gibbs: p(rain | wet) = 0.4
	// lw: p(rain | wet) = 0.4
	// ais: p(rain | wet) = 0.4
}
