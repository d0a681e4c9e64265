package eval

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// FrechetOfRows is the squared Fréchet distance of the normal distributions with the means and the
// unbiased covariances of two samples of features, N×D and M×D. It is larger than that of the
// distributions by a term of order 1/N + 1/M, so figures of different N do not compare.
func FrechetOfRows(a, b [][]float64) (float64, error) {
	if err := sameWidth("FrechetOfRows", a, b, 2); err != nil {
		return 0, err
	}
	mean1, cov1 := moments(a)
	mean2, cov2 := moments(b)
	return Frechet(mean1, cov1, mean2, cov2)
}

// moments returns the mean of rows and their covariance with the divisor N − 1.
func moments(rows [][]float64) ([]float64, *mat.SymDense) {
	n, d := len(rows), len(rows[0])
	mean := make([]float64, d)
	for _, row := range rows {
		for j, v := range row {
			mean[j] += v / float64(n)
		}
	}
	centred := mat.NewDense(n, d, nil)
	for i, row := range rows {
		for j, v := range row {
			centred.Set(i, j, v-mean[j])
		}
	}
	cov := mat.NewSymDense(d, nil)
	cov.SymOuterK(1/float64(n-1), centred.T())
	return mean, cov
}

// sameWidth checks that two samples of at least so many rows are finite and equally wide.
func sameWidth(what string, a, b [][]float64, least int) error {
	d, err := width(what, a)
	if err != nil {
		return err
	}
	e, err := width(what+": second sample", b)
	if err != nil {
		return err
	}
	if d != e || len(a) < least || len(b) < least {
		return fmt.Errorf("eval: %s: got %d rows of %d values and %d rows of %d, want at least %d rows of equal width", what, len(a), d, len(b), e, least)
	}
	return nil
}

// squaredLengths are the squared lengths of rows.
func squaredLengths(rows [][]float64) []float64 {
	out := make([]float64, len(rows))
	for i, row := range rows {
		for _, v := range row {
			out[i] += v * v
		}
	}
	return out
}

// productRows is the number of rows whose products are formed at a time.
const productRows = 256

// eachProduct hands out the scalar products of every row of a with all rows of b, in order.
func eachProduct(ctx context.Context, a, b [][]float64, fn func(i int, with []float64)) error {
	right := dense(b)
	for first := 0; first < len(a); first += productRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := a[first:min(len(a), first+productRows)]
		var p mat.Dense
		p.Mul(dense(part), right.T())
		for i := range part {
			fn(first+i, p.RawRowView(i))
		}
	}
	return nil
}

// dense copies rows into a matrix.
func dense(rows [][]float64) *mat.Dense {
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		m.SetRow(i, row)
	}
	return m
}
