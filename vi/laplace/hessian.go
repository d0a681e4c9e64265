package laplace

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/vi"
)

// precision returns −∇∇ln p at u from differences of gradients: a first pass of second order
// finds the scale 1/√−H_jj of every axis, a second one of fourth order takes steps of a thousandth
// of it, where truncation is 1e-12 of the curvature and rounding 1e-13 or less of the slopes.
func precision(ctx context.Context, d *vi.Density, u []float64) (*mat.SymDense, error) {
	n := len(u)
	x, slope := append([]float64(nil), u...), make([]float64, n)
	// add adds factor·∇ln p(u + h e_j) to row.
	add := func(row []float64, j int, h, factor float64) error {
		x[j] = u[j] + h
		_, err := d.Gradient(x, slope)
		x[j] = u[j]
		for i, v := range slope {
			row[i] += factor * v
		}
		return err
	}
	raw := make([][]float64, n)
	for j := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := make([]float64, n)
		h := 6e-6 * math.Max(1, math.Abs(u[j])) // cube root of the rounding unit
		for _, s := range []float64{1, -1} {
			if err := add(row, j, s*h, -s/(2*h)); err != nil {
				return nil, err
			}
		}
		if !(row[j] > 0) || math.IsInf(row[j], 0) {
			return nil, fmt.Errorf("laplace: curvature along axis %d at the mode: got %.3g, want it above 0: the target is flat there or has no mode", j, row[j])
		}
		h = 1e-3 / math.Sqrt(row[j])
		raw[j] = make([]float64, n)
		for _, s := range []struct{ at, factor float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
			if err := add(raw[j], j, s.at*h, -s.factor/(12*h)); err != nil {
				return nil, err
			}
		}
	}
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, (raw[i][j]+raw[j][i])/2)
		}
	}
	return out, nil
}
