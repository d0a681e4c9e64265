// Package fixed adds float64s so that the sum does not depend on their order: whatever way a
// cluster cuts, merges and retries a sum, it comes out the same to the bit.
//
// A sum is an integer of 128 bits in units of 2⁻⁶⁴, and integers add associatively. Each number
// is cut to a whole number of units towards 0, so that a sum of n of them is off by less than
// n·2⁻⁶⁴.
package fixed

import (
	"fmt"
	"math"
	"math/bits"
)

// Sum is hi + lo/2⁶⁴ in two's complement. The zero value is 0.
type Sum struct {
	// Hi is the whole part, rounded down.
	Hi int64
	// Lo counts units of 2⁻⁶⁴.
	Lo uint64
}

// largest is where a number or a sum is refused: 2⁶².
const largest = 1 << 62

// Of is x as a sum of one number. It refuses what is not finite and what exceeds 2⁶².
func Of(x float64) (Sum, error) {
	if !(math.Abs(x) < largest) {
		return Sum{}, fmt.Errorf("fixed: number: got %g, want a finite one below 2^62", x)
	}
	whole, part := math.Modf(math.Abs(x)) // both exact
	s := Sum{int64(whole), uint64(part * 0x1p64)}
	if x < 0 {
		s = s.negative()
	}
	return s, nil
}

// negative is −s.
func (s Sum) negative() Sum {
	lo, borrow := bits.Sub64(0, s.Lo, 0)
	return Sum{-s.Hi - int64(borrow), lo}
}

// Plus is s + t; it refuses a sum beyond ±2⁶².
func (s Sum) Plus(t Sum) (Sum, error) {
	lo, carry := bits.Add64(s.Lo, t.Lo, 0)
	hi := s.Hi + t.Hi + int64(carry)
	if s.Hi > largest || s.Hi < -largest || t.Hi > largest || t.Hi < -largest || hi > largest || hi < -largest {
		return Sum{}, fmt.Errorf("fixed: sum: got %g and %g, want less than 2^62 in all", s.Float(), t.Float())
	}
	return Sum{hi, lo}, nil
}

// Float is the sum as a float64.
func (s Sum) Float() float64 {
	if s.Hi >= 0 {
		return float64(s.Hi) + float64(s.Lo)*0x1p-64
	}
	s = s.negative() // else a small one would lose its digits between hi and lo
	return -(float64(uint64(s.Hi)) + float64(s.Lo)*0x1p-64)
}

// Vector is a list of sums.
type Vector []Sum

// Add adds x, number by number.
func (v Vector) Add(x []float64) error {
	if len(x) != len(v) {
		return fmt.Errorf("fixed: vector: got %d numbers for %d sums, want as many", len(x), len(v))
	}
	for i, a := range x {
		f, err := Of(a)
		if err == nil {
			f, err = v[i].Plus(f)
		}
		if err != nil {
			return err
		}
		v[i] = f
	}
	return nil
}

// Merge adds the sums of w.
func (v Vector) Merge(w Vector) error {
	if len(w) != len(v) {
		return fmt.Errorf("fixed: vector: got %d sums for %d, want as many", len(w), len(v))
	}
	for i, s := range w {
		t, err := v[i].Plus(s)
		if err != nil {
			return err
		}
		v[i] = t
	}
	return nil
}

// Floats are the sums as float64s.
func (v Vector) Floats() []float64 {
	x := make([]float64, len(v))
	for i, s := range v {
		x[i] = s.Float()
	}
	return x
}
