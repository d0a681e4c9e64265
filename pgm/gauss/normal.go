package gauss

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// ErrSingular is the error of a matrix that has to be positive definite and is not.
var ErrSingular = errors.New("pgm: gauss: got a matrix that is not positive definite, want one that is")

// Normal is the normal distribution N(μ, Σ) of some variables.
type Normal struct {
	// Mean is μ.
	Mean []float64
	// Cov is Σ.
	Cov *mat.SymDense
}

// Marginal is the distribution of some variables, in the order asked for.
func (g *Normal) Marginal(vars []int) (*Normal, error) {
	m := &Normal{Mean: make([]float64, len(vars)), Cov: &mat.SymDense{}}
	for i, v := range vars {
		if v < 0 || v >= len(g.Mean) || slices.Contains(vars[:i], v) {
			return nil, fmt.Errorf("pgm: gauss: marginal of %d: want each once, below %d", vars, len(g.Mean))
		}
		m.Mean[i] = g.Mean[v]
	}
	if len(vars) > 0 {
		m.Cov.SubsetSym(g.Cov, vars)
	}
	return m, nil
}

// Conditional is the distribution of the variables that were not seen, given those that were.
type Conditional struct {
	// Vars are the variables not seen, in order.
	Vars []int
	// Normal is their distribution.
	Normal
	// LogEvidence is the log density of what was seen.
	LogEvidence float64
}

// Condition conditions on values of some variables (Bishop 2006, eqs 2.81 and 2.82),
//
//	μ_F|E = μ_F + Σ_FE Σ_EE⁻¹ (x_E − μ_E),  Σ_F|E = Σ_FF − Σ_FE Σ_EE⁻¹ Σ_EF.
//
// Σ_EE has to be positive definite.
func (g *Normal) Condition(seen map[int]float64) (*Conditional, error) {
	var e, f []int
	for v := range g.Mean {
		if _, in := seen[v]; in {
			e = append(e, v)
		} else {
			f = append(f, v)
		}
	}
	if len(e) != len(seen) {
		return nil, fmt.Errorf("pgm: gauss: evidence: got %v, want variables below %d", seen, len(g.Mean))
	}
	c := &Conditional{Vars: f}
	if len(e) == 0 {
		c.Normal = *g
		return c, nil
	}
	of, err := g.Marginal(e)
	if err != nil {
		return nil, err
	}
	var chol mat.Cholesky
	if !chol.Factorize(of.Cov) {
		return nil, fmt.Errorf("covariance of the evidence: %w", ErrSingular)
	}
	diff := mat.NewVecDense(len(e), nil)
	for i, v := range e {
		diff.SetVec(i, seen[v]-g.Mean[v])
	}
	if !finite(diff.RawVector().Data) {
		return nil, fmt.Errorf("pgm: gauss: evidence: got %v, want finite numbers", seen)
	}
	var solved mat.VecDense
	if err := chol.SolveVecTo(&solved, diff); err != nil {
		return nil, fmt.Errorf("covariance of the evidence: %w", ErrSingular)
	}
	c.LogEvidence = -(float64(len(e))*math.Log(2*math.Pi) + chol.LogDet() + mat.Dot(diff, &solved)) / 2
	return c, c.update(g, e, &chol, &solved)
}

// update finds mean and covariance of the variables not seen.
func (c *Conditional) update(g *Normal, e []int, chol *mat.Cholesky, solved *mat.VecDense) error {
	left, err := g.Marginal(c.Vars)
	if err != nil || len(c.Vars) == 0 {
		c.Normal = *left
		return err
	}
	cross := mat.NewDense(len(e), len(c.Vars), nil)
	for i, u := range e {
		for j, v := range c.Vars {
			cross.Set(i, j, g.Cov.At(u, v))
		}
	}
	var gain, less mat.Dense
	if err := chol.SolveTo(&gain, cross); err != nil {
		return fmt.Errorf("covariance of the evidence: %w", ErrSingular)
	}
	less.Mul(cross.T(), &gain)
	for j := range c.Vars {
		left.Mean[j] += mat.Dot(cross.ColView(j), solved)
		for k := range j + 1 {
			left.Cov.SetSym(j, k, left.Cov.At(j, k)-(less.At(j, k)+less.At(k, j))/2)
		}
	}
	c.Normal = *left
	return nil
}
