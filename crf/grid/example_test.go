package grid_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/crf/grid"
)

// A field learns from one image that neighbours are alike, and mends a spot of another.
func ExampleFit() {
	half := []float64{-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, -1, -1, -1, 1, 1}
	labels := []int{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}
	c := grid.Default()
	c.L2 = .1
	m, err := grid.Fit(context.Background(), []grid.Example{{Image: grid.Image{Height: 4, Width: 4, Features: half}, Labels: labels}}, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.Predict(grid.Image{Height: 3, Width: 3, Features: []float64{-1, -1, -1, -1, 1, -1, -1, -1, -1}})
	fmt.Println(y, err)
	// Output: [0 0 0 0 0 0 0 0 0] <nil>
}
