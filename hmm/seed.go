package hmm

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/elbo-go/elbo/internal/rng"
)

// Seed sets the parameters of an emission from a hard split of the rows into K clusters:
// centres by k-means++ (Arthur and Vassilvitskii 2007), then ten sweeps of k-means.
func Seed(e Emission, key rng.Key, seqs [][]float64) error {
	rows := []float64(nil)
	for i, x := range seqs {
		if err := e.Check(x); err != nil {
			return fmt.Errorf("sequence %d: %w", i, err)
		}
		rows = append(rows, x...)
	}
	if len(rows) == 0 {
		return fmt.Errorf("hmm: seed: got no rows, want at least one")
	}
	k, d := e.States(), e.Dim()
	centres := spread(key.Named("hmm seed").Rand(), rows, k, d)
	label := make([]int, len(rows)/d)
	for range 10 {
		assign(label, rows, centres, d)
		recentre(label, rows, centres, d)
	}
	stats, at := make([]float64, e.Stats()), 0
	for _, x := range seqs {
		weights := make([]float64, len(x)/d*k)
		for t := range len(x) / d {
			weights[t*k+label[at]] = 1
			at++
		}
		e.Accumulate(stats, x, weights)
	}
	return e.Update(stats)
}

// SeedSoft sets the parameters of an emission from random weights, Dirichlet(1) for each row,
// so that all states begin nearly alike. Variational Bayes then lets go of states it does not
// need more easily than after Seed.
func SeedSoft(e Emission, key rng.Key, seqs [][]float64) error {
	r := key.Named("hmm seed soft").Rand()
	k, stats := e.States(), make([]float64, e.Stats())
	for i, x := range seqs {
		if err := e.Check(x); err != nil {
			return fmt.Errorf("sequence %d: %w", i, err)
		}
		weights := make([]float64, len(x)/e.Dim()*k)
		for t := 0; t < len(weights); t += k {
			row, total := weights[t:t+k], 0.0
			for j := range row {
				row[j] = r.ExpFloat64()
				total += row[j]
			}
			for j := range row {
				row[j] /= total
			}
		}
		e.Accumulate(stats, x, weights)
	}
	return e.Update(stats)
}

// distance2 is the squared distance of two rows.
func distance2(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

// spread draws k rows, each with probability in proportion to its squared distance to those
// drawn before.
func spread(r *rand.Rand, rows []float64, k, d int) (centres []float64) {
	n := len(rows) / d
	far := make([]float64, n)
	for i := range far {
		far[i] = 1
	}
	for c := range k {
		i := draw(r, far)
		row := rows[i*d : (i+1)*d]
		centres = append(centres, row...)
		for j := range far {
			if dist := distance2(row, rows[j*d:(j+1)*d]); c == 0 || dist < far[j] {
				far[j] = dist
			}
		}
	}
	return centres
}

// assign labels each row with its nearest centre.
func assign(label []int, rows, centres []float64, d int) {
	for i := range label {
		best := math.Inf(1)
		for c := 0; c*d < len(centres); c++ {
			if dist := distance2(rows[i*d:(i+1)*d], centres[c*d:(c+1)*d]); dist < best {
				best, label[i] = dist, c
			}
		}
	}
}

// recentre moves each centre to the mean of its rows; one without rows stays.
func recentre(label []int, rows, centres []float64, d int) {
	sums, counts := make([]float64, len(centres)), make([]float64, len(centres)/d)
	for i, c := range label {
		plus(sums[c*d:(c+1)*d], rows[i*d:(i+1)*d])
		counts[c]++
	}
	for i := range centres {
		if n := counts[i/d]; n > 0 {
			centres[i] = sums[i] / n
		}
	}
}
