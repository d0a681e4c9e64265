package learn

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/elbo-go/elbo/pgm"
)

// MaxCells is the most entries that the table of one variable may have.
const MaxCells = 1 << 24

// checkStructure is the error of parents that are not there, come twice, lie on a cycle or
// make a table of more than MaxCells.
func checkStructure(vars []pgm.Variable, parents [][]int) error {
	if len(parents) != len(vars) {
		return fmt.Errorf("pgm: learn: structure: got %d lists of parents, want %d", len(parents), len(vars))
	}
	for v, ps := range parents {
		size := len(vars[v].States)
		for i, p := range ps {
			if p < 0 || p >= len(vars) || p == v || slices.Contains(ps[:i], p) {
				return fmt.Errorf("pgm: learn: structure: parents of %s: got %d, want each once, below %d, another variable", vars[v].Name, ps, len(vars))
			}
			if size > MaxCells/len(vars[p].States) {
				return fmt.Errorf("pgm: learn: structure: table of %s: got more than %d entries, want fewer parents", vars[v].Name, MaxCells)
			}
			size *= len(vars[p].States)
		}
	}
	_, err := (&pgm.Network{Vars: vars, Parents: parents}).Order()
	return err
}

// acyclic is the error of lists of parents of n variables that are no acyclic graph.
func acyclic(n int, parents [][]int) error {
	vars := make([]pgm.Variable, n)
	for v := range vars {
		vars[v] = pgm.Numbered("x"+strconv.Itoa(v), 1)
	}
	return checkStructure(vars, parents)
}

// configurations is the number of assignments of parents.
func configurations(vars []pgm.Variable, parents []int) int {
	q := 1
	for _, p := range parents {
		q *= len(vars[p].States)
	}
	return q
}

// tally adds the rows of a table to the counts N_jk of a family: j the assignment of the
// parents, the last changing fastest, k the state of the variable. Every cell is observed.
func (d *Data) tally(v int, parents []int, into []float64) {
	at := make([]int32, d.Rows())
	for _, u := range append(slices.Clone(parents), v) {
		k := int32(len(d.Vars[u].States))
		for r, s := range d.Cols[u] {
			at[r] = at[r]*k + s
		}
	}
	if d.Weights == nil {
		for _, i := range at {
			into[i]++
		}
		return
	}
	for r, i := range at {
		into[i] += d.Weights[r]
	}
}
