package eval

import (
	"fmt"
	"math"
	"slices"
)

// Factor is a generating factor of N rows, such as the shape or the position of a sprite.
type Factor struct {
	// Name is what it is called.
	Name string
	// Level is its value for each row, a whole number.
	Level []int
	// Ordered tells that levels lie on a line, so that a code may rise with them.
	Ordered bool
}

// factored are codes with the factors behind them, checked: each factor has at least two levels,
// which are numbered from 0 in rising order.
type factored struct {
	codes   [][]float64 // N×L
	level   [][]int     // F×N, from 0
	levels  []int       // F, number of levels
	ordered []bool      // F
}

// newFactored checks codes, N×L, and their factors; what names the caller in errors.
func newFactored(what string, codes [][]float64, factors []Factor) (*factored, error) {
	if _, err := width(what, codes); err != nil {
		return nil, err
	}
	if len(factors) == 0 {
		return nil, fmt.Errorf("eval: %s: factors: got none, want at least one", what)
	}
	d := &factored{codes: codes}
	for k, f := range factors {
		if len(f.Level) != len(codes) {
			return nil, fmt.Errorf("eval: %s: factor %d %q: got %d levels, want %d as there are codes", what, k, f.Name, len(f.Level), len(codes))
		}
		level, n := numbered(f.Level)
		if n < 2 {
			return nil, fmt.Errorf("eval: %s: factor %d %q: got one level, want at least two", what, k, f.Name)
		}
		d.level, d.levels, d.ordered = append(d.level, level), append(d.levels, n), append(d.ordered, f.Ordered)
	}
	return d, nil
}

// width checks that rows are finite and of equal width, which it returns.
func width(what string, rows [][]float64) (int, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return 0, fmt.Errorf("eval: %s: rows: got none with values, want at least one", what)
	}
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return 0, fmt.Errorf("eval: %s: row %d: got %d values, want %d as in row 0", what, i, len(row), len(rows[0]))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return 0, fmt.Errorf("eval: %s: row %d, column %d: got %v, want a finite number", what, i, j, v)
			}
		}
	}
	return len(rows[0]), nil
}

// numbered numbers the values that occur from 0 in rising order, and returns how many there are.
func numbered(values []int) (level []int, n int) {
	seen := slices.Clone(values)
	slices.Sort(seen)
	seen = slices.Compact(seen)
	level = make([]int, len(values))
	for i, v := range values {
		level[i], _ = slices.BinarySearch(seen, v)
	}
	return level, len(seen)
}

// column returns the j-th value of each row.
func column(rows [][]float64, j int) []float64 {
	out := make([]float64, len(rows))
	for i, row := range rows {
		out[i] = row[j]
	}
	return out
}

// topTwo returns the largest of values, its place, and the second largest, which is 0 if there is
// none.
func topTwo(values []float64) (first, second float64, at int) {
	first = math.Inf(-1)
	second = first
	for i, v := range values {
		switch {
		case v > first:
			first, second, at = v, first, i
		case v > second:
			second = v
		}
	}
	if math.IsInf(second, -1) {
		second = 0
	}
	return first, second, at
}

// atLeastTwo refuses one factor where they have to be told apart.
func atLeastTwo(what string, factors int) error {
	if factors < 2 {
		return fmt.Errorf("eval: %s: factors: got %d, want at least 2 to tell apart", what, factors)
	}
	return nil
}
