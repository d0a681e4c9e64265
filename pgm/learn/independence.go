package learn

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Tester judges conditional independence.
type Tester interface {
	// Len is the number of variables.
	Len() int
	// PValue is the probability of data that speak as much or more against the independence
	// of x and y given other variables, if they are independent.
	PValue(x, y int, given []int) (float64, error)
}

// Statistic measures how far a table of counts is from the one expected.
type Statistic struct {
	// Name is the name, as on the command line.
	Name string
	// Cell is the term of a cell with a count and what was expected, which is above 0.
	Cell func(count, expected float64) float64
}

// GSquared is Σ 2 N ln(N / E), twice the log-likelihood ratio (Spirtes et al. 2000, section 5.5).
func GSquared() Statistic {
	return Statistic{"g2", func(n, e float64) float64 {
		if n == 0 {
			return 0
		}
		return 2 * n * math.Log(n/e)
	}}
}

// ChiSquared is Σ (N − E)² / E (Pearson 1900).
func ChiSquared() Statistic {
	return Statistic{"chi2", func(n, e float64) float64 { return (n - e) * (n - e) / e }}
}

// StatisticNamed finds a statistic by its name.
func StatisticNamed(name string) (Statistic, error) {
	for _, s := range []Statistic{GSquared(), ChiSquared()} {
		if s.Name == name {
			return s, nil
		}
	}
	return Statistic{}, fmt.Errorf("pgm: learn: test: got %q, want g2 or chi2", name)
}

// Tests judges by counts: the statistic of x and y summed over the configurations of the
// given variables is, if they are independent, nearly χ² distributed. Each configuration
// adds (a − 1)(b − 1) degrees of freedom, a and b the states of x and y that it holds.
type Tests struct {
	counts *Counted
	stat   Statistic
}

// NewTests makes the tests of a table, which holds no missing cells.
func NewTests(d *Data, s Statistic) (*Tests, error) {
	c, err := NewCounted(d, BIC())
	if err != nil {
		return nil, err
	}
	return &Tests{counts: c, stat: s}, nil
}

// Len is the number of variables.
func (t *Tests) Len() int { return t.counts.Len() }

// PValue is P(χ² ≥ statistic), or 1 where there are no degrees of freedom.
func (t *Tests) PValue(x, y int, given []int) (float64, error) {
	stat, freedom, err := t.Statistic(x, y, given)
	if err != nil || freedom == 0 {
		return 1, err
	}
	return mathext.GammaIncRegComp(freedom/2, max(stat, 0)/2), nil
}

// Statistic is the statistic of x and y given other variables, and its degrees of freedom.
func (t *Tests) Statistic(x, y int, given []int) (stat, freedom float64, err error) {
	c := t.counts
	cfg := c.configure(given)
	a, b := c.card[x], c.card[y]
	if size := float64(cfg.held) * float64(a) * float64(b); size > maxCounts {
		return 0, 0, fmt.Errorf("pgm: learn: test of %s and %s: got %g counts, want at most %d", c.data.Vars[x].Name, c.data.Vars[y].Name, size, maxCounts)
	}
	table := make([]float64, cfg.held*a*b)
	xs, ys := c.data.Cols[x], c.data.Cols[y]
	for r, j := range cfg.of {
		table[(int(j)*a+int(xs[r]))*b+int(ys[r])] += c.w[r]
	}
	row, col := make([]float64, a), make([]float64, b)
	for j := range cfg.held {
		s, f := t.layer(table[j*a*b:(j+1)*a*b], row, col)
		stat, freedom = stat+s, freedom+f
	}
	return stat, freedom, nil
}

// layer is the statistic of one table of counts, with space for its margins.
func (t *Tests) layer(table, row, col []float64) (stat, freedom float64) {
	clear(row)
	clear(col)
	b, n := len(col), 0.
	for i := range row {
		for j, c := range table[i*b : (i+1)*b] {
			row[i] += c
			col[j] += c
		}
		n += row[i]
	}
	for i, r := range row {
		if r == 0 {
			continue
		}
		for j, c := range col {
			if c > 0 {
				stat += t.stat.Cell(table[i*b+j], r*c/n)
			}
		}
	}
	return stat, (positive(row) - 1) * (positive(col) - 1)
}

func positive(xs []float64) (n float64) {
	for _, x := range xs {
		if x > 0 {
			n++
		}
	}
	return n
}

// Oracle judges by d-separation in a known network.
type Oracle struct {
	// Network is the network; its tables are not looked at.
	Network *pgm.Network
}

// Len is the number of variables.
func (o Oracle) Len() int { return len(o.Network.Vars) }

// PValue is 1 where x and y are separated and 0 where not.
func (o Oracle) PValue(x, y int, given []int) (float64, error) {
	apart, err := exact.Separated(o.Network, []int{x}, []int{y}, given)
	if apart {
		return 1, err
	}
	return 0, err
}

// subsets goes through the subsets of k members of a set.
func subsets(set []int, k int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		if k > len(set) {
			return
		}
		out := make([]int, k)
		if k == 0 {
			yield(out)
			return
		}
		g := combin.NewCombinationGenerator(len(set), k)
		at := make([]int, k)
		for g.Next() {
			g.Combination(at)
			for i, j := range at {
				out[i] = set[j]
			}
			if !yield(out) {
				return
			}
		}
	}
}
