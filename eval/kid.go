package eval

import (
	"context"
	"fmt"
	"math"
)

// Averaged is a mean with its standard error.
type Averaged struct {
	Mean float64 // over blocks or rows
	SE   float64 // its standard error
}

// String prints both.
func (e Averaged) String() string { return fmt.Sprintf("%.4g ± %.2g", e.Mean, e.SE) }

// KernelDistance is the unbiased estimate of the squared maximum mean discrepancy of two samples of
// features under the kernel k(x, y) = (xᵀy/D + 1)³ (Bińkowski et al. 2018, section 4),
//
//	Σ_{i≠j} k(x_i, x_j)/(n(n−1)) + Σ_{i≠j} k(y_i, y_j)/(n(n−1)) − 2 Σ_ij k(x_i, y_j)/n²,
//
// averaged over blocks of n consecutive rows of both; rows have to be in random order. What does not
// fill a block is left out. The standard error is that of the mean of the blocks, which share no row.
// Of features of images it is what papers call KID, whose value depends on the features.
func KernelDistance(ctx context.Context, a, b [][]float64, block int) (Averaged, error) {
	if err := sameWidth("KernelDistance", a, b, 2); err != nil {
		return Averaged{}, err
	}
	if most := min(len(a), len(b)); block < 2 || 2*block > most {
		return Averaged{}, fmt.Errorf("eval: KernelDistance: rows of a block: got %d, want 2 to %d, half of the smaller sample", block, most/2)
	}
	var blocks []float64
	for at := 0; at+block <= min(len(a), len(b)); at += block {
		v, err := discrepancy(ctx, a[at:at+block], b[at:at+block])
		if err != nil {
			return Averaged{}, err
		}
		blocks = append(blocks, v)
	}
	n, mean, sum := float64(len(blocks)), 0., 0.
	for _, v := range blocks {
		mean += v / n
	}
	for _, v := range blocks {
		sum += (v - mean) * (v - mean)
	}
	return Averaged{mean, math.Sqrt(sum / (n - 1) / n)}, nil
}

// discrepancy is the estimate of one block of n rows each.
func discrepancy(ctx context.Context, a, b [][]float64) (float64, error) {
	n, d := float64(len(a)), float64(len(a[0]))
	sum := func(x, y [][]float64, same bool) (float64, error) {
		total := 0.
		err := eachProduct(ctx, x, y, func(i int, with []float64) {
			for j, p := range with {
				if same && i == j {
					continue
				}
				k := p/d + 1
				total += k * k * k
			}
		})
		return total, err
	}
	within, err := sum(a, a, true)
	if err != nil {
		return 0, err
	}
	beside, err := sum(b, b, true)
	if err != nil {
		return 0, err
	}
	across, err := sum(a, b, false)
	return (within+beside)/(n*(n-1)) - 2*across/(n*n), err
}
