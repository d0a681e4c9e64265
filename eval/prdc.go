package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Manifold is how far two samples of features, of real data and of what a model drew, cover each
// other. A ball is drawn around every row, as far as its k-th neighbour in its own sample, NN_k.
type Manifold struct {
	// Precision is the share of drawn rows inside the ball of any real one, Recall that of real rows
	// inside the ball of any drawn one (Kynkäänniemi et al. 2019, eq. 2).
	Precision, Recall float64
	// Density is the mean number of balls of real rows around a drawn one, over k: 1 in expectation
	// where both have one distribution, and possibly more (Naeem et al. 2020, eq. 5).
	Density float64
	// Coverage is the share of real rows with a drawn one in their ball (Naeem et al. 2020, eq. 6).
	Coverage float64
	K        int // neighbours
	N, M     int // rows of both samples
}

// Neighbourhoods compares the two samples by balls of k neighbours. All figures depend on the numbers of
// rows. The time grows with their product.
func Neighbourhoods(ctx context.Context, real, drawn [][]float64, k int) (Manifold, error) {
	m := Manifold{K: k, N: len(real), M: len(drawn)}
	if err := sameWidth("Neighbourhoods", real, drawn, 2); err != nil {
		return m, err
	}
	if most := min(m.N, m.M) - 1; k < 1 || k > most {
		return m, fmt.Errorf("eval: Neighbourhoods: k: got %d, want 1 to %d, below the rows of the smaller sample", k, most)
	}
	reach, err := radii(ctx, real, k)
	if err != nil {
		return m, err
	}
	back, err := radii(ctx, drawn, k)
	if err != nil {
		return m, err
	}
	n2, m2 := squaredLengths(real), squaredLengths(drawn)
	inside := make([]bool, m.M)
	var hits, covered, found, precise int
	err = eachProduct(ctx, real, drawn, func(i int, with []float64) {
		near, far := 0, 0
		for j, p := range with {
			d := n2[i] + m2[j] - 2*p
			if d <= reach[i] {
				inside[j] = true
				near++
			}
			if d <= back[j] {
				far++
			}
		}
		hits += near
		covered += min(near, 1)
		found += min(far, 1)
	})
	for _, in := range inside {
		if in {
			precise++
		}
	}
	m.Precision, m.Recall = float64(precise)/float64(m.M), float64(found)/float64(m.N)
	m.Density, m.Coverage = float64(hits)/float64(k*m.M), float64(covered)/float64(m.N)
	return m, err
}

// radii are the squared distances of rows from their k-th neighbour. The products that they come from
// round by some 1e-16 of the squared lengths, which is added, so that equal rows are inside.
func radii(ctx context.Context, rows [][]float64, k int) ([]float64, error) {
	out, lengths := make([]float64, len(rows)), squaredLengths(rows)
	longest := slices.Max(lengths)
	near := make([]float64, 0, k+1)
	err := eachProduct(ctx, rows, rows, func(i int, with []float64) {
		near = near[:0]
		for j, p := range with {
			d := lengths[i] + lengths[j] - 2*p
			if j == i || len(near) == k && d >= near[k-1] {
				continue
			}
			at, _ := slices.BinarySearch(near, d)
			near = slices.Insert(near, at, d)
			near = near[:min(k, len(near))]
		}
		out[i] = math.Max(near[k-1], 0) + 1e-14*longest
	})
	return out, err
}
