package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Principal is the result of PCA: the linear map that keeps the most variance.
type Principal struct {
	// Mean is the mean of the rows, D values.
	Mean []float64
	// Components are K orthonormal directions of length D, by falling variance.
	Components [][]float64
	// Scores are the centred rows in these directions, N × K.
	Scores [][]float64
	// Explained is the variance of each score, with the divisor N − 1.
	Explained []float64
	// Total is the variance summed over all D directions; Explained/Total is the share kept.
	Total float64
}

// PCA finds the first k principal components of N rows of D values by the singular value
// decomposition of the centred rows (Hotelling 1933). The sign of a component is fixed by
// making its entry of largest magnitude positive, the first one among equals.
func PCA(rows [][]float64, k int) (*Principal, error) {
	x, err := matrix("PCA", rows)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	if n < 2 {
		return nil, fmt.Errorf("eval: PCA: rows: got %d, want at least 2", n)
	}
	if k < 1 || k > min(n, d) {
		return nil, fmt.Errorf("eval: PCA: components: got %d, want 1 to %d for %d rows of %d values", k, min(n, d), n, d)
	}
	p := &Principal{Mean: center(x)}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThinV) {
		return nil, fmt.Errorf("eval: PCA: singular value decomposition of %d×%d values did not converge", n, d)
	}
	values := svd.Values(nil)
	for _, s := range values {
		p.Total += s * s / float64(n-1)
	}
	var v mat.Dense
	svd.VTo(&v)
	for j := range k {
		c := mat.Col(nil, j, &v)
		fixSign(c)
		p.Components = append(p.Components, c)
		p.Explained = append(p.Explained, values[j]*values[j]/float64(n-1))
	}
	p.Scores = project(x, p.Components)
	return p, nil
}

// Project returns the scores of other rows of D values, N × K.
func (p *Principal) Project(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, row := range rows {
		out[i] = make([]float64, len(p.Components))
		for j, c := range p.Components {
			for t, v := range row {
				out[i][j] += (v - p.Mean[t]) * c[t]
			}
		}
	}
	return out
}

// center subtracts the column means from x and returns them.
func center(x *mat.Dense) []float64 {
	n, d := x.Dims()
	mean := make([]float64, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			mean[j] += v / float64(n)
		}
	}
	for i := range n {
		row := x.RawRowView(i)
		for j := range row {
			row[j] -= mean[j]
		}
	}
	return mean
}

// fixSign flips c so that its entry of largest magnitude is positive. Magnitudes within
// 1e-9 of each other count as equal, so that rounding does not choose between them.
func fixSign(c []float64) {
	best := 0
	for i, v := range c {
		if math.Abs(v) > math.Abs(c[best])*(1+1e-9) {
			best = i
		}
	}
	if c[best] >= 0 {
		return
	}
	for i := range c {
		c[i] = -c[i]
	}
}

// project returns the inner products of the rows of x with each component, N × K.
func project(x *mat.Dense, components [][]float64) [][]float64 {
	n, _ := x.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, len(components))
		for j, c := range components {
			for t, v := range x.RawRowView(i) {
				out[i][j] += v * c[t]
			}
		}
	}
	return out
}

// matrix copies rows into a matrix; what names the caller in errors.
func matrix(what string, rows [][]float64) (*mat.Dense, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("eval: %s: rows: got none with values, want at least one", what)
	}
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("eval: %s: row %d: got %d values, want %d as in row 0", what, i, len(row), len(rows[0]))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("eval: %s: row %d, column %d: got %v, want a finite number", what, i, j, v)
			}
		}
		x.SetRow(i, row)
	}
	return x, nil
}
