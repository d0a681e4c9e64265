package bnn_test

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/bnn"
)

// A table with one column, a network with intervals: beside the rows, at 6, the interval is wider
// than among them.
func ExampleFit() {
	var x [][]float32
	var y []float64
	for i := range 60 {
		v := 4 * math.Sin(float64(i)) // a spread over [−4, 4]
		x = append(x, []float32{float32(v)})
		y = append(y, v*v*v+3*math.Cos(7*float64(i)))
	}
	net, err := bnn.Fit(context.Background(), x, y, bnn.Config{Noise: 3, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ps, err := net.Predict([][]float32{{0}, {2}, {6}})
	if err != nil {
		fmt.Println(err)
		return
	}
	lo, hi := ps[1].Interval(.95)
	fmt.Println("interval at 2 holds 8:", lo < 8 && 8 < hi)
	fmt.Println("wider outside:", ps[2].SD > 2*ps[0].SD)
	fmt.Println("what more rows would take away:", ps[2].Epistemic > ps[2].Aleatoric)
	// Output:
	// interval at 2 holds 8: true
	// wider outside: true
	// what more rows would take away: true
}

// Tables that cannot be fitted say where.
func ExampleFit_errors() {
	x := [][]float32{{1, 7}, {2, 7}}
	_, err := bnn.Fit(context.Background(), x, []float64{1, 2}, bnn.Config{})
	fmt.Println(err)
	_, err = bnn.Fit(context.Background(), x[:1], []float64{1}, bnn.Config{})
	fmt.Println(err)
	// Output:
	// bnn: table: column 1: got 7 in all 2 rows, want values that differ; leave it out
	// bnn: table: got 1 rows, want at least 2
}
