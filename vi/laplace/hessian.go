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
	rows := make([][]float64, n)
	for j := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h := 6e-6 * math.Max(1, math.Abs(u[j])) // cube root of the rounding unit
		row, err := difference(d, u, j, []term{{h, -1 / (2 * h)}, {-h, 1 / (2 * h)}})
		if err != nil {
			return nil, err
		}
		if !(row[j] > 0) || math.IsInf(row[j], 0) {
			return nil, fmt.Errorf("laplace: curvature along axis %d at the mode: got %.3g, want it above 0: the target is flat there or has no mode", j, row[j])
		}
		h = 1e-3 / math.Sqrt(row[j])
		w := 1 / (12 * h)
		rows[j], err = difference(d, u, j, []term{{h, -8 * w}, {-h, 8 * w}, {2 * h, w}, {-2 * h, -w}})
		if err != nil {
			return nil, err
		}
	}
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	return out, nil
}

// term is a factor of the gradient at a distance along an axis.
type term struct{ at, factor float64 }

// difference returns Σ factor·∇ln p(u + at·e_j).
func difference(d *vi.Density, u []float64, j int, terms []term) ([]float64, error) {
	x, slope, row := append([]float64(nil), u...), make([]float64, len(u)), make([]float64, len(u))
	for _, t := range terms {
		x[j] = u[j] + t.at
		if _, err := d.Gradient(x, slope); err != nil {
			return nil, err
		}
		for i, v := range slope {
			row[i] += t.factor * v
		}
	}
	return row, nil
}

// factor returns the Cholesky factor of −∇∇ln p at u.
func factor(ctx context.Context, d *vi.Density, u []float64) (*mat.Cholesky, error) {
	h, err := precision(ctx, d, u)
	if err != nil {
		return nil, err
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return nil, fmt.Errorf("laplace: curvature at %.6g: not positive definite, so that it is a saddle or flat, not a mode", u)
	}
	return &chol, nil
}
