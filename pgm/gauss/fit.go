package gauss

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Moments are the means and covariances of the columns of a table, all that learning needs.
type Moments struct {
	// Names are those of the columns.
	Names []string
	// Rows is the number of rows.
	Rows int
	// Mean is the mean of each column.
	Mean []float64
	// Cov is the covariance, divided by the number of rows.
	Cov *mat.SymDense
}

// NewMoments takes the moments of columns.
func NewMoments(names []string, cols [][]float64) (*Moments, error) {
	rows, err := checkColumns(names, cols)
	if err != nil {
		return nil, err
	}
	m := &Moments{Names: names, Rows: rows, Mean: make([]float64, len(cols)), Cov: mat.NewSymDense(len(cols), nil)}
	centred := make([][]float64, len(cols))
	for i, col := range cols {
		for _, x := range col {
			m.Mean[i] += x / float64(rows)
		}
		centred[i] = make([]float64, rows)
		for r, x := range col {
			centred[i][r] = x - m.Mean[i]
		}
		for j := range i + 1 {
			sum := 0.
			for r, x := range centred[i] {
				sum += x * centred[j][r]
			}
			m.Cov.SetSym(i, j, sum/float64(rows))
		}
	}
	if !finite(m.Cov.RawSymmetric().Data) {
		return nil, fmt.Errorf("pgm: gauss: data: got numbers whose squares are not finite, want smaller ones")
	}
	return m, nil
}

// regress finds the weights and the variance of a column on others by least squares with
// the penalty ridge·Σw², in the units of the squares of one row.
func (m *Moments) regress(i int, parents []int, ridge float64) (w []float64, v float64, err error) {
	v = m.Cov.At(i, i)
	if len(parents) == 0 {
		return nil, v, nil
	}
	var of mat.SymDense
	of.SubsetSym(m.Cov, parents)
	cross := mat.NewVecDense(len(parents), nil)
	for k, p := range parents {
		of.SetSym(k, k, of.At(k, k)+ridge)
		cross.SetVec(k, m.Cov.At(p, i))
	}
	var chol mat.Cholesky
	var weights mat.VecDense
	if !chol.Factorize(&of) || chol.SolveVecTo(&weights, cross) != nil {
		return nil, 0, fmt.Errorf("parents of %s: %w; a ridge above 0 makes it so", m.Names[i], ErrSingular)
	}
	of.SubsetSym(m.Cov, parents) // the squares left over are those of the data, without the ridge
	v += mat.Inner(&weights, &of, &weights) - 2*mat.Dot(&weights, cross)
	return weights.RawVector().Data, max(v, 0), nil
}

// Fit finds the network of a structure by maximum likelihood: each variable is regressed on
// its parents, and its variance is the mean square left over. A ridge λ above 0 adds λ·N·Σw²
// to the squares, which keeps parents apart that are nearly copies (Hoerl & Kennard 1970).
func (m *Moments) Fit(parents [][]int, ridge float64) (*Network, error) {
	if !(ridge >= 0) || math.IsInf(ridge, 1) || len(parents) != len(m.Names) {
		return nil, fmt.Errorf("pgm: gauss: fit: got ridge %g and %d lists of parents, want a finite number from 0 and %d lists", ridge, len(parents), len(m.Names))
	}
	if _, err := order(m.Names, parents); err != nil {
		return nil, err
	}
	n := &Network{Names: m.Names, Parents: parents, Intercept: slices.Clone(m.Mean), Weights: make([][]float64, len(parents)), Variance: make([]float64, len(parents))}
	for i, ps := range parents {
		w, v, err := m.regress(i, ps, ridge)
		if err != nil {
			return nil, err
		}
		n.Weights[i], n.Variance[i] = w, v
		for k, p := range ps {
			n.Intercept[i] -= w[k] * m.Mean[p]
		}
	}
	return n, nil
}

// Len is the number of variables.
func (m *Moments) Len() int { return len(m.Names) }

// Score is BIC of a variable with parents: the largest log-likelihood less ½ ln N for each of
// its weights, intercept and variance. Searches of package learn take it as it is. Parents
// that determine each other or the variable score −∞.
func (m *Moments) Score(i int, parents []int) float64 {
	_, v, err := m.regress(i, parents, 0)
	rows := float64(m.Rows)
	if err != nil || !(v > 1e-12*m.Cov.At(i, i)) {
		return math.Inf(-1)
	}
	return -rows/2*(math.Log(2*math.Pi*v)+1) - math.Log(rows)/2*float64(len(parents)+2)
}

// PValue is that of the partial correlation r of x and y given others by Fisher's z (1924),
//
//	√(N − |given| − 3) · artanh r ~ N(0, 1) under independence.
//
// PC of package learn takes it as it is.
func (m *Moments) PValue(x, y int, given []int) (float64, error) {
	freedom := float64(m.Rows - len(given) - 3)
	if freedom <= 0 {
		return 1, nil
	}
	_, vx, err := m.regress(x, given, 0)
	if err != nil {
		return 0, err
	}
	w, vy, err := m.regress(y, given, 0)
	if err != nil {
		return 0, err
	}
	if !(vx > 0 && vy > 0) {
		return 1, nil // constant given the others
	}
	cross := m.Cov.At(x, y)
	for k, p := range given {
		cross -= w[k] * m.Cov.At(x, p)
	}
	r := min(max(cross/math.Sqrt(vx*vy), -1), 1)
	return 2 * distuv.UnitNormal.Survival(math.Sqrt(freedom)*math.Abs(math.Atanh(r))), nil
}
