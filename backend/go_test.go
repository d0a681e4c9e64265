package backend_test

import (
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
)

// TestProductsOfOneGraphDoNotHang runs many independent batches of matrix products, each of a
// size that the stock backend spreads over its workers.
func TestProductsOfOneGraphDoNotHang(t *testing.T) {
	b, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	exec := graph.MustNewExec(b, func(x *graph.Node) *graph.Node {
		sum := graph.Scalar(x.Graph(), x.DType(), 0.)
		for i := range 16 {
			y := graph.Einsum("bqd,bkd->bqk", graph.AddScalar(x, float64(i)), x)
			sum = graph.Add(sum, graph.ReduceAllSum(y))
		}
		return sum
	})
	x := make([][][]float32, 16)
	for i := range x {
		x[i] = make([][]float32, 49)
		for j := range x[i] {
			x[i][j] = []float32{1, 2, 3, 4, 5, 6, 7, 8}
		}
	}
	done := make(chan error, 1)
	go func() {
		for range 30 {
			if _, err := exec.Call(x); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("got no result within a minute, want thirty")
	}
}
