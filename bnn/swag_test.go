package bnn

import (
	"math"
	"testing"
)

// A narrow net whose mode is far from found after three epochs: rows that it takes for quiet pull
// with 1/σ² each, and steps without a bound ended in NaN for most of these.
func TestStepsOfSWAGAreBounded(t *testing.T) {
	for _, n := range []int{60, 150, 400} {
		for _, noise := range []float64{.01, .1, 1} {
			for seed := range uint64(4) {
				x, y := linearTable(n, 3, noise, seed)
				net := fit(t, x, y, Config{Method: "swag", Head: "heteroscedastic", Epochs: 3, Hidden: []int{4}, Batch: 8, Draws: 5, Seed: seed})
				for _, p := range predict(t, net, x[:5]) {
					if math.IsNaN(p.Mean) || math.Abs(p.Mean) > 50 {
						t.Fatalf("%d rows, noise %v, seed %d: mean %v", n, noise, seed, p.Mean)
					}
				}
			}
		}
	}
}
