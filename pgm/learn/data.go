// Package learn finds Bayesian networks of discrete variables from a table of observations:
// their conditional tables by maximum likelihood, by Dirichlet priors and, with hidden
// variables, by EM and variational Bayes; and their structure by a search for the best score
// or by tests of independence (Koller & Friedman 2009, chapters 17 to 19).
package learn

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/elbo-go/elbo/pgm"
)

// Missing is the state of a cell that was not observed.
const Missing = -1

// Data is a table of observations by columns.
type Data struct {
	// Vars are the variables, one a column.
	Vars []pgm.Variable
	// Cols are the columns: the state in each row, or Missing.
	Cols [][]int32
	// Weights says how many rows each row stands for; nil means one.
	Weights []float64
}

// NewData makes a table of columns that belong to variables.
func NewData(vars []pgm.Variable, cols [][]int32) (*Data, error) {
	if len(vars) == 0 || len(cols) != len(vars) {
		return nil, fmt.Errorf("pgm: learn: data: got %d columns of %d variables, want one each, at least one", len(cols), len(vars))
	}
	seen := map[string]bool{}
	for v, col := range cols {
		if k := len(vars[v].States); k < 1 || k > pgm.MaxStates || seen[vars[v].Name] {
			return nil, fmt.Errorf("pgm: learn: data: column %q: got %d states, want 1 to %d and names that differ", vars[v].Name, k, pgm.MaxStates)
		}
		seen[vars[v].Name] = true
		if len(col) != len(cols[0]) || len(col) == 0 {
			return nil, fmt.Errorf("pgm: learn: data: column %q: got %d rows, want %d, at least one", vars[v].Name, len(col), len(cols[0]))
		}
		for r, s := range col {
			if s < Missing || int(s) >= len(vars[v].States) {
				return nil, fmt.Errorf("pgm: learn: data: column %q, row %d: got state %d, want below %d", vars[v].Name, r, s, len(vars[v].States))
			}
		}
	}
	return &Data{Vars: vars, Cols: cols}, nil
}

// Names makes a table of the names of states. The states of a column are the names in it,
// sorted as numbers if all are whole numbers; those in missing are cells that were not
// observed. A column of more than most states is refused: it is no variable, but an index.
func Names(names []string, columns [][]string, missing []string, most int) (*Data, error) {
	if len(columns) != len(names) {
		return nil, fmt.Errorf("pgm: learn: data: got %d columns and %d names, want as many", len(columns), len(names))
	}
	vars, cols := make([]pgm.Variable, len(names)), make([][]int32, len(names))
	for v, column := range columns {
		states := slices.Clone(column)
		slices.Sort(states)
		states = slices.DeleteFunc(slices.Compact(states), func(s string) bool { return slices.Contains(missing, s) })
		if len(states) == 0 || len(states) > most {
			return nil, fmt.Errorf("pgm: learn: data: column %q: got %d states, want 1 to %d: leave it out, cut numbers into ranges, or allow more", names[v], len(states), most)
		}
		sortNumbers(states)
		vars[v] = pgm.Variable{Name: names[v], States: states}
		cols[v] = codes(column, states)
	}
	return NewData(vars, cols)
}

// sortNumbers sorts names that are all whole numbers by their size.
func sortNumbers(states []string) {
	value := map[string]int{}
	for _, s := range states {
		n, err := strconv.Atoi(s)
		if err != nil {
			return
		}
		value[s] = n
	}
	slices.SortStableFunc(states, func(a, b string) int { return value[a] - value[b] })
}

// codes are the places of names among states; a name that is not there is missing.
func codes(column, states []string) []int32 {
	place := make(map[string]int32, len(states))
	for i, s := range states {
		place[s] = int32(i)
	}
	col := make([]int32, len(column))
	for r, s := range column {
		var ok bool
		if col[r], ok = place[s]; !ok {
			col[r] = Missing
		}
	}
	return col
}

// For is the table with the columns of a network's variables, by name: columns that the
// network has not are left out, and variables that the table has not are hidden. A state
// that the network does not know is an error.
func (d *Data) For(vars []pgm.Variable) (*Data, error) {
	place := map[string]int{}
	for v, x := range d.Vars {
		place[x.Name] = v
	}
	e := &Data{Vars: vars, Cols: make([][]int32, len(vars)), Weights: d.Weights}
	for v, x := range vars {
		col := make([]int32, d.Rows())
		from, ok := place[x.Name]
		if !ok {
			for r := range col {
				col[r] = Missing
			}
			e.Cols[v] = col
			continue
		}
		to := codes(d.Vars[from].States, x.States)
		for r, s := range d.Cols[from] {
			if col[r] = s; s < 0 {
				continue
			}
			if col[r] = to[s]; col[r] < 0 {
				return nil, fmt.Errorf("pgm: learn: data: column %q, row %d: got state %q, want one of %q", x.Name, r, d.Vars[from].States[s], x.States)
			}
		}
		e.Cols[v] = col
	}
	return e, nil
}

// Rows is the number of rows kept.
func (d *Data) Rows() int {
	if len(d.Cols) == 0 {
		return 0
	}
	return len(d.Cols[0])
}

// Total is the number of rows that the rows kept stand for.
func (d *Data) Total() (n float64) {
	if d.Weights == nil {
		return float64(d.Rows())
	}
	for _, w := range d.Weights {
		n += w
	}
	return n
}

// Complete reports whether every cell was observed.
func (d *Data) Complete() bool {
	return !slices.ContainsFunc(d.Cols, func(col []int32) bool { return slices.Contains(col, Missing) })
}

// Distinct is the table with each row once, weighted, in the order of first appearance.
func (d *Data) Distinct() *Data {
	n := d.Rows()
	row, place := []byte(nil), map[string]int{}
	var first []int
	var weights []float64
	for r := range n {
		row = row[:0]
		for _, col := range d.Cols {
			row = binary.LittleEndian.AppendUint32(row, uint32(col[r]))
		}
		w := 1.
		if d.Weights != nil {
			w = d.Weights[r]
		}
		if i, ok := place[string(row)]; ok {
			weights[i] += w
			continue
		}
		place[string(row)] = len(first)
		first, weights = append(first, r), append(weights, w)
	}
	return d.pick(first, weights)
}

// pick is the table of some rows.
func (d *Data) pick(rows []int, weights []float64) *Data {
	e := &Data{Vars: d.Vars, Cols: make([][]int32, len(d.Cols)), Weights: weights}
	for v, col := range d.Cols {
		e.Cols[v] = make([]int32, len(rows))
		for i, r := range rows {
			e.Cols[v][i] = col[r]
		}
	}
	return e
}

// card is the number of states of each variable.
func (d *Data) card() []int { return (&pgm.Graph{Vars: d.Vars}).Card() }

// weights are those of the rows, ones where none are kept.
func (d *Data) weights() []float64 {
	if d.Weights != nil {
		return d.Weights
	}
	w := make([]float64, d.Rows())
	for r := range w {
		w[r] = 1
	}
	return w
}
