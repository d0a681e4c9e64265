package pgm

import (
	"fmt"
	"math"
	"slices"
)

// Factor is a non-negative function φ of some variables, kept as a table of ln φ. The table
// is row-major: the last variable changes fastest.
type Factor struct {
	// Vars are the variables of the scope.
	Vars []int
	// Card is the number of states of each.
	Card []int
	// Log holds ln φ of each assignment; −∞ is a φ of 0.
	Log []float64
}

// NewFactor makes a factor of the values φ, which are finite and not negative.
func NewFactor(vars, card []int, values []float64) (*Factor, error) {
	size := 1
	for i, v := range vars {
		if slices.Contains(vars[:i], v) {
			return nil, fmt.Errorf("pgm: factor: got variable %d twice, want once", v)
		}
		if card[i] < 1 || size > len(values)/card[i] {
			return nil, fmt.Errorf("pgm: factor over %d: got %d values, want one for each of the assignments of %d states", vars, len(values), card)
		}
		size *= card[i]
	}
	if size != len(values) {
		return nil, fmt.Errorf("pgm: factor over %d: got %d values, want %d", vars, len(values), size)
	}
	f := &Factor{Vars: slices.Clone(vars), Card: slices.Clone(card), Log: make([]float64, size)}
	for i, x := range values {
		if !(x >= 0) || math.IsInf(x, 1) {
			return nil, fmt.Errorf("pgm: factor over %d: value %d: got %g, want a finite number from 0", vars, i, x)
		}
		f.Log[i] = math.Log(x)
	}
	return f, nil
}

// Product is the factor Πᵢ φᵢ over vars, which hold the scopes of all φᵢ. Its table lies in
// buf where that is long enough.
func Product(vars, card []int, buf []float64, factors ...*Factor) *Factor {
	size := 1
	for _, c := range card {
		size *= c
	}
	if cap(buf) < size {
		buf = make([]float64, size)
	}
	f := &Factor{Vars: vars, Card: card, Log: buf[:size]}
	clear(f.Log)
	for _, g := range factors {
		f.multiply(g)
	}
	return f
}

// multiply adds ln φ of a factor whose scope lies inside this one's.
func (f *Factor) multiply(g *Factor) {
	newWalk(f.Vars, f.Card, g.Vars, g.Card).runs(func(at, from, n, stride int) {
		row := f.Log[at : at+n]
		switch stride {
		case 0:
			c := g.Log[from]
			for i := range row {
				row[i] += c
			}
		case 1:
			for i, c := range g.Log[from : from+n] {
				row[i] += c
			}
		default:
			for i := range row {
				row[i] += g.Log[from+i*stride]
			}
		}
	})
}

// Divide is this factor over one whose scope lies inside it, with 0/0 = 0 (Lauritzen &
// Spiegelhalter 1988).
func (f *Factor) Divide(g *Factor) {
	newWalk(f.Vars, f.Card, g.Vars, g.Card).runs(func(at, from, n, stride int) {
		for i := range n {
			if c := g.Log[from+i*stride]; !math.IsInf(c, -1) {
				f.Log[at+i] -= c
			}
		}
	})
}

// sub is an empty factor over those of the variables that are kept, filled with x.
func (f *Factor) sub(keep []int, x float64) *Factor {
	m, size := &Factor{}, 1
	for i, v := range f.Vars {
		if slices.Contains(keep, v) {
			m.Vars, m.Card = append(m.Vars, v), append(m.Card, f.Card[i])
			size *= f.Card[i]
		}
	}
	m.Log = make([]float64, size)
	for i := range m.Log {
		m.Log[i] = x
	}
	return m
}

// Max is max over the variables that are not kept, in the order of this factor.
func (f *Factor) Max(keep []int) *Factor {
	m := f.sub(keep, math.Inf(-1))
	newWalk(f.Vars, f.Card, m.Vars, m.Card).runs(func(at, from, n, stride int) {
		for i, x := range f.Log[at : at+n] {
			if j := from + i*stride; x > m.Log[j] {
				m.Log[j] = x
			}
		}
	})
	return m
}

// Marginal is ln Σ exp over the variables that are not kept, in the order of this factor. The
// largest term of each sum is taken out, without which sums below e^−745 would be 0.
func (f *Factor) Marginal(keep []int) *Factor {
	top := f.Max(keep)
	for i, x := range top.Log {
		if math.IsInf(x, -1) {
			top.Log[i] = 0
		}
	}
	sum := make([]float64, len(top.Log))
	newWalk(f.Vars, f.Card, top.Vars, top.Card).runs(func(at, from, n, stride int) {
		for i, x := range f.Log[at : at+n] {
			j := from + i*stride
			sum[j] += math.Exp(x - top.Log[j])
		}
	})
	for i, s := range sum {
		top.Log[i] += math.Log(s)
	}
	return top
}

// Sum is the table Σ x over the variables that are not kept, of a table x with this factor's
// scope that is not in log space.
func (f *Factor) Sum(x []float64, keep []int) *Factor {
	m := f.sub(keep, 0)
	newWalk(f.Vars, f.Card, m.Vars, m.Card).runs(func(at, from, n, stride int) {
		for i, x := range x[at : at+n] {
			m.Log[from+i*stride] += x
		}
	})
	return m
}

// LogSum is ln Σ φ over all assignments.
func (f *Factor) LogSum() float64 { return f.Marginal(nil).Log[0] }

// Reduce is the factor of the variables that are not evidence, at the states of those that are.
func (f *Factor) Reduce(e Evidence) *Factor {
	r, size, start := &Factor{}, 1, 0
	for i, v := range f.Vars {
		start *= f.Card[i]
		if s, seen := e[v]; seen {
			start += s
			continue
		}
		r.Vars, r.Card = append(r.Vars, v), append(r.Card, f.Card[i])
		size *= f.Card[i]
	}
	if len(r.Vars) == len(f.Vars) {
		return f
	}
	r.Log = make([]float64, size)
	newWalk(r.Vars, r.Card, f.Vars, f.Card).runs(func(at, from, n, stride int) {
		for i := range n {
			r.Log[at+i] = f.Log[start+from+i*stride]
		}
	})
	return r
}

// Normalise makes the factor sum to 1 and returns ln of what it summed to. A factor of zeros
// is left as it is.
func (f *Factor) Normalise() float64 {
	z := f.LogSum()
	if !math.IsInf(z, -1) {
		for i := range f.Log {
			f.Log[i] -= z
		}
	}
	return z
}

// At is ln φ of an assignment, the state of every variable of the model.
func (f *Factor) At(states []int) float64 {
	at := 0
	for i, v := range f.Vars {
		at = at*f.Card[i] + states[v]
	}
	return f.Log[at]
}
