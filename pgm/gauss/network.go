// Package gauss holds Gaussian graphical models: linear-Gaussian Bayesian networks, and Gaussian
// Markov random fields with belief propagation (Koller & Friedman 2009, chapter 7 and section 14.2).
package gauss

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/pgm"
)

// Network is a linear-Gaussian Bayesian network,
//
//	p(xᵢ | parents of xᵢ) = N(bᵢ + Σₖ wᵢₖ x_pᵢₖ, vᵢ).
type Network struct {
	// Names are the names of the variables.
	Names []string
	// Parents are those of each variable.
	Parents [][]int
	// Intercept is b.
	Intercept []float64
	// Weights are w, one a parent.
	Weights [][]float64
	// Variance is v, from 0: a variable of variance 0 is a linear function of its parents.
	Variance []float64
}

// NewNetwork makes a network of parts that belong together.
func NewNetwork(names []string, parents [][]int, intercept []float64, weights [][]float64, variance []float64) (*Network, error) {
	n := &Network{Names: names, Parents: parents, Intercept: intercept, Weights: weights, Variance: variance}
	if k := len(names); k == 0 || len(parents) != k || len(intercept) != k || len(weights) != k || len(variance) != k {
		return nil, fmt.Errorf("pgm: gauss: network: got %d names, %d lists of parents, %d intercepts, %d lists of weights and %d variances, want one each",
			len(names), len(parents), len(intercept), len(weights), len(variance))
	}
	for i, name := range names {
		if len(weights[i]) != len(parents[i]) {
			return nil, fmt.Errorf("pgm: gauss: network: %s: got %d weights, want %d", name, len(weights[i]), len(parents[i]))
		}
		if !finite(append([]float64{intercept[i], variance[i]}, weights[i]...)) || variance[i] < 0 {
			return nil, fmt.Errorf("pgm: gauss: network: %s: got intercept %g, weights %g and variance %g, want finite numbers and a variance from 0", name, intercept[i], weights[i], variance[i])
		}
	}
	_, err := order(names, parents)
	return n, err
}

// finite reports whether all are numbers.
func finite(xs []float64) bool {
	return !slices.ContainsFunc(xs, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// order lists parents before children, or is the error of what is no acyclic graph.
func order(names []string, parents [][]int) ([]int, error) {
	vars := make([]pgm.Variable, len(names))
	for i, name := range names {
		vars[i].Name = name
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("pgm: gauss: variable %d: got the name %q again, want names that differ", i, name)
		}
		for k, p := range parents[i] {
			if p < 0 || p >= len(names) || slices.Contains(parents[i][:k], p) {
				return nil, fmt.Errorf("pgm: gauss: parents of %s: got %d, want each once, below %d", name, parents[i], len(names))
			}
		}
	}
	return (&pgm.Network{Vars: vars, Parents: parents}).Order()
}

// Joint is the distribution of all variables: in an order of parents before children,
//
//	μᵢ = bᵢ + wᵢᵀμ_P,  Σᵢⱼ = wᵢᵀΣ_Pⱼ for the j before i,  Σᵢᵢ = vᵢ + wᵢᵀΣ_P,i
//
// (Shachter & Kenley 1989).
func (n *Network) Joint() (*Normal, error) {
	list, err := order(n.Names, n.Parents)
	if err != nil {
		return nil, err
	}
	k := len(n.Names)
	mean, cov := make([]float64, k), mat.NewSymDense(k, nil)
	for at, i := range list {
		mean[i] = n.Intercept[i]
		for j, p := range n.Parents[i] {
			mean[i] += n.Weights[i][j] * mean[p]
		}
		for _, j := range list[:at] {
			cov.SetSym(i, j, n.product(cov, i, j))
		}
		cov.SetSym(i, i, n.Variance[i]+n.product(cov, i, i))
	}
	return &Normal{Mean: mean, Cov: cov}, nil
}

// product is wᵢᵀΣ_Pj.
func (n *Network) product(cov *mat.SymDense, i, j int) (sum float64) {
	for k, p := range n.Parents[i] {
		sum += n.Weights[i][k] * cov.At(p, j)
	}
	return sum
}

// Sample draws rows, as columns, each variable after its parents.
func (n *Network) Sample(rows int, key rng.Key) ([][]float64, error) {
	list, err := order(n.Names, n.Parents)
	if err != nil {
		return nil, err
	}
	if rows < 1 {
		return nil, fmt.Errorf("pgm: gauss: sample: got %d rows, want at least 1", rows)
	}
	cols := make([][]float64, len(n.Names))
	for _, i := range list {
		cols[i] = make([]float64, rows)
		key.Named(n.Names[i]).NormalFloat64(cols[i])
		sd := math.Sqrt(n.Variance[i])
		for r := range cols[i] {
			x := n.Intercept[i] + sd*cols[i][r]
			for k, p := range n.Parents[i] {
				x += n.Weights[i][k] * cols[p][r]
			}
			cols[i][r] = x
		}
	}
	return cols, nil
}

// LogLikelihood is Σ ln p of rows given as columns. Variances have to be above 0.
func (n *Network) LogLikelihood(cols [][]float64) (sum float64, err error) {
	rows, err := checkColumns(n.Names, cols)
	if err != nil {
		return 0, err
	}
	for i, v := range n.Variance {
		if !(v > 0) {
			return 0, fmt.Errorf("pgm: gauss: ln p: %s: got variance %g, want above 0", n.Names[i], v)
		}
		squares := 0.
		for r := range rows {
			d := cols[i][r] - n.Intercept[i]
			for k, p := range n.Parents[i] {
				d -= n.Weights[i][k] * cols[p][r]
			}
			squares += d * d
		}
		sum -= (float64(rows)*math.Log(2*math.Pi*v) + squares/v) / 2
	}
	return sum, nil
}

// checkColumns is the number of rows of columns of finite numbers.
func checkColumns(names []string, cols [][]float64) (rows int, err error) {
	if len(cols) != len(names) || len(cols) == 0 || len(cols[0]) == 0 {
		return 0, fmt.Errorf("pgm: gauss: data: got %d columns, want %d of at least one row", len(cols), len(names))
	}
	for i, col := range cols {
		if len(col) != len(cols[0]) || !finite(col) {
			return 0, fmt.Errorf("pgm: gauss: data: column %s: got %d rows, want %d finite numbers", names[i], len(col), len(cols[0]))
		}
	}
	return len(cols[0]), nil
}
