package learn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/pgm"
)

// ErrMissing is the error of data with cells that were not observed where all have to be.
var ErrMissing = errors.New("pgm: learn: data: got cells that were not observed, want all; EM takes the others")

// Prior is a Dirichlet prior of each row θ_ij of a conditional table,
//
//	p(θ_ij) = Dir(α, …, α),  α = Cell + Equivalent / (q_i r_i),
//
// with q_i configurations of the parents and r_i states. Equivalent alone is BDeu's prior,
// which gives equal scores to structures of equal meaning (Buntine 1991; Heckerman et al.
// 1995, eq. 28); Cell = 1 alone is K2's (Cooper & Herskovits 1992). The zero value adds no
// counts: maximum likelihood.
type Prior struct {
	// Cell is added to every cell.
	Cell float64
	// Equivalent is a number of rows, shared out to all cells of a table.
	Equivalent float64
}

// alpha is α of a table of q configurations and r states.
func (p Prior) alpha(q, r float64) float64 { return p.Cell + p.Equivalent/(q*r) }

func (p Prior) check() error {
	if !(p.Cell >= 0 && p.Equivalent >= 0) || math.IsInf(p.Cell+p.Equivalent, 1) {
		return fmt.Errorf("pgm: learn: prior: got %g a cell and %g rows, want finite numbers from 0", p.Cell, p.Equivalent)
	}
	return nil
}

// Posterior is the posterior of the tables of a network,
//
//	q(θ) = Πᵢⱼ Dir(θ_ij | α_ij + N_ij).
type Posterior struct {
	// Vars are the variables.
	Vars []pgm.Variable
	// Parents are the parents of each.
	Parents [][]int
	// Prior is α of each variable's cells.
	Prior []float64
	// Counts are N_ijk, the table of each variable row by row.
	Counts [][]float64
}

// Count makes the posterior of the tables of a structure from data without missing cells.
func Count(parents [][]int, d *Data, prior Prior) (*Posterior, error) {
	if !d.Complete() {
		return nil, ErrMissing
	}
	p, err := noCounts(d.Vars, parents, prior)
	if err != nil {
		return nil, err
	}
	for v := range d.Vars {
		d.tally(v, parents[v], p.Counts[v])
	}
	return p, nil
}

// noCounts is the prior as a posterior of no data.
func noCounts(vars []pgm.Variable, parents [][]int, prior Prior) (*Posterior, error) {
	if err := checkStructure(vars, parents); err != nil {
		return nil, err
	}
	if err := prior.check(); err != nil {
		return nil, err
	}
	p := &Posterior{Vars: vars, Parents: parents, Prior: make([]float64, len(vars)), Counts: make([][]float64, len(vars))}
	for v, x := range vars {
		q, r := configurations(vars, parents[v]), len(x.States)
		p.Prior[v], p.Counts[v] = prior.alpha(float64(q), float64(r)), make([]float64, q*r)
	}
	return p, nil
}

// Mean is the network of posterior means (α + N_ijk) / Σ_k (α + N_ijk): with no prior the
// maximum of the likelihood. A row that no data and no prior speak of is uniform.
func (p *Posterior) Mean() (*pgm.Network, error) {
	rows := make([][]float64, len(p.Vars))
	for v, counts := range p.Counts {
		rows[v] = make([]float64, len(counts))
		for at, row := range p.rows(v) {
			sum := total(row) + float64(len(row))*p.Prior[v]
			for s, n := range row {
				if rows[v][at+s] = 1 / float64(len(row)); sum > 0 {
					rows[v][at+s] = (n + p.Prior[v]) / sum
				}
			}
		}
	}
	return pgm.NewNetwork(p.Vars, p.Parents, rows)
}

// rows goes through the rows of a table by the place of their first cell.
func (p *Posterior) rows(v int) func(yield func(at int, row []float64) bool) {
	k := len(p.Vars[v].States)
	return func(yield func(int, []float64) bool) {
		at := 0
		for row := range slices.Chunk(p.Counts[v], k) {
			if !yield(at, row) {
				return
			}
			at += k
		}
	}
}

// ExpectedLog is E_q[ln θ_ijk] = ψ(α + N_ijk) − ψ(Σ_k (α + N_ijk)) as tables of factors,
// whose exponentials sum to less than 1 (Beal 2003, eq. 2.47). It needs a prior.
func (p *Posterior) ExpectedLog() ([]*pgm.Factor, error) {
	tables := make([]*pgm.Factor, len(p.Vars))
	for v := range p.Vars {
		if !(p.Prior[v] > 0) {
			return nil, fmt.Errorf("pgm: learn: E[ln θ] of %s: got a prior of %g, want above 0", p.Vars[v].Name, p.Prior[v])
		}
		tables[v] = family(p.Vars, p.Parents[v], v)
		for at, row := range p.rows(v) {
			all := polygamma.Digamma(total(row) + float64(len(row))*p.Prior[v])
			for s, n := range row {
				tables[v].Log[at+s] = polygamma.Digamma(n+p.Prior[v]) - all
			}
		}
	}
	return tables, nil
}

// family is an empty factor over the parents of a variable and itself.
func family(vars []pgm.Variable, parents []int, v int) *pgm.Factor {
	f, size := &pgm.Factor{Vars: append(slices.Clone(parents), v)}, 1
	for _, u := range f.Vars {
		f.Card = append(f.Card, len(vars[u].States))
		size *= len(vars[u].States)
	}
	f.Log = make([]float64, size)
	return f
}

// ExpectedLogLikelihood is E_q[ln p(D | θ)] = Σ N_ijk E_q[ln θ_ijk] of complete data.
func (p *Posterior) ExpectedLogLikelihood(d *Data) (sum float64, err error) {
	if !d.Complete() {
		return 0, ErrMissing
	}
	tables, err := p.ExpectedLog()
	if err != nil {
		return 0, err
	}
	for v, t := range tables {
		n := make([]float64, len(t.Log))
		d.tally(v, p.Parents[v], n)
		for i, c := range n {
			sum += c * t.Log[i]
		}
	}
	return sum, nil
}

// LogEvidence is ln p(D | structure) of the counted data (Heckerman et al. 1995, eq. 22),
//
//	Σᵢⱼ ln Γ(r α) − ln Γ(r α + N_ij) + Σ_k ln Γ(α + N_ijk) − ln Γ(α).
func (p *Posterior) LogEvidence() (sum float64) {
	for v := range p.Vars {
		for _, row := range p.rows(v) {
			sum += dirichletEvidence(row, total(row), p.Prior[v])
		}
	}
	return sum
}

// dirichletEvidence is the term of one row, whose counts add up to n.
func dirichletEvidence(row []float64, n, alpha float64) float64 {
	if n == 0 {
		return 0
	}
	all := float64(len(row)) * alpha
	sum := lgamma(all) - lgamma(all+n)
	one := lgamma(alpha)
	for _, c := range row {
		if c > 0 {
			sum += lgamma(alpha+c) - one
		}
	}
	return sum
}

// divergence is KL(q(θ) ‖ p(θ)) of all rows together.
func (p *Posterior) divergence(expected []*pgm.Factor) (sum float64) {
	for v := range p.Vars {
		for at, row := range p.rows(v) {
			sum -= dirichletEvidence(row, total(row), p.Prior[v])
			for s, n := range row {
				sum += n * expected[v].Log[at+s]
			}
		}
	}
	return sum
}

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

func total(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

// Fit finds the tables of a structure from data without missing cells: the posterior means
// under the prior, or the maximum of the likelihood without one.
func Fit(parents [][]int, d *Data, prior Prior) (*pgm.Network, error) {
	p, err := Count(parents, d, prior)
	if err != nil {
		return nil, err
	}
	return p.Mean()
}
