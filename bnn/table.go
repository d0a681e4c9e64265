package bnn

import (
	"fmt"
	"math"
)

// scale is the standardisation v ↦ (v − Mean)/SD of a column.
type scale struct{ Mean, SD float64 }

// table is a checked and standardised set of training rows.
type table struct {
	n, d    int
	x       []float32 // N×D
	y       []float32 // N
	columns []scale   // of x; empty if it is taken as it is
	target  scale     // 0 and 1 for classes
	classes int       // C; 0 for a regression
	axes    axes      // that x is along
}

// newTable checks rows and targets and standardises them by their own moments.
func newTable(x [][]float32, y []float64, c Config) (*table, error) {
	if len(x) != len(y) {
		return nil, fmt.Errorf("bnn: table: got %d rows and %d targets, want the same number", len(x), len(y))
	}
	if len(x) < 2 {
		return nil, fmt.Errorf("bnn: table: got %d rows, want at least 2", len(x))
	}
	t := &table{n: len(x), d: len(x[0]), target: scale{0, 1}, y: make([]float32, len(y))}
	if err := checkRows(x, t.d); err != nil {
		return nil, err
	}
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("bnn: table: row %d: target: got %v, want a finite number; leave such rows out", i, v)
		}
	}
	if !c.Raw {
		for j := range t.d {
			column := func(i int) float64 { return float64(x[i][j]) }
			s, err := moments(t.n, column)
			if err != nil {
				return nil, fmt.Errorf("bnn: table: column %d: %w; leave it out", j, err)
			}
			t.columns = append(t.columns, s)
		}
	}
	t.x = standardized(x, t.d, t.columns)
	var err error
	if c.Axes == "principal" {
		if t.axes, err = principalAxes(t.x, t.d); err != nil {
			return nil, err
		}
		t.x = t.axes.turn(t.x, t.d)
	}
	if c.Head == "classes" {
		t.classes, err = countClasses(y)
	} else if t.target, err = moments(t.n, func(i int) float64 { return y[i] }); err != nil {
		err = fmt.Errorf("bnn: table: target: %w", err)
	}
	for i, v := range y {
		t.y[i] = float32((v - t.target.Mean) / t.target.SD)
	}
	return t, err
}

// checkRows tells whether every row has d finite values.
func checkRows(x [][]float32, d int) error {
	if d == 0 {
		return fmt.Errorf("bnn: table: got rows without columns, want at least one")
	}
	for i, row := range x {
		if len(row) != d {
			return fmt.Errorf("bnn: table: row %d: got %d values, want %d", i, len(row), d)
		}
		for j, v := range row {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fmt.Errorf("bnn: table: row %d, column %d: got %v, want a finite number; leave such rows out", i, j, v)
			}
		}
	}
	return nil
}

// moments returns mean and standard deviation √(Σ(v − v̄)²/n), which must not be 0.
func moments(n int, v func(i int) float64) (s scale, err error) {
	lo, hi := v(0), v(0)
	for i := range n {
		s.Mean += v(i) / float64(n)
		lo, hi = min(lo, v(i)), max(hi, v(i))
	}
	if lo == hi {
		return s, fmt.Errorf("got %v in all %d rows, want values that differ", lo, n)
	}
	for i := range n {
		s.SD += (v(i) - s.Mean) * (v(i) - s.Mean) / float64(n)
	}
	s.SD = math.Sqrt(s.SD)
	if s.SD == 0 || math.IsInf(s.SD, 0) {
		return s, fmt.Errorf("got a standard deviation of %v, want one that can be divided by", s.SD)
	}
	return s, nil
}

// countClasses returns C for class numbers 0 … C−1.
func countClasses(y []float64) (int, error) {
	top := 0.
	for i, v := range y {
		if v < 0 || v != math.Trunc(v) || v > 1<<20 {
			return 0, fmt.Errorf("bnn: table: row %d: class: got %v, want a number 0, 1, …", i, v)
		}
		top = max(top, v)
	}
	seen := make([]bool, int(top)+1)
	for _, v := range y {
		seen[int(v)] = true
	}
	for k, ok := range seen {
		if !ok || len(seen) < 2 {
			return 0, fmt.Errorf("bnn: table: classes 0 … %d: got no row of class %d, want some of each and two classes", int(top), k+b2i(ok))
		}
	}
	return len(seen), nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// standardized returns the rows as one array, each column by its scale.
func standardized(x [][]float32, d int, columns []scale) []float32 {
	out := make([]float32, 0, len(x)*d)
	for _, row := range x {
		if columns == nil {
			out = append(out, row...)
			continue
		}
		for j, v := range row {
			out = append(out, float32((float64(v)-columns[j].Mean)/columns[j].SD))
		}
	}
	return out
}
