package data

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// Binarization says how pixels x in [0, 1] become the 0/1 data of a Bernoulli likelihood.
// Likelihoods under different ones are not comparable.
type Binarization string

// The ways to binarise.
const (
	// BinarizeNone keeps the grey levels.
	BinarizeNone Binarization = "none"
	// BinarizeDynamic draws b ~ Bernoulli(x) anew at every use, from a key that the caller
	// derives from the step (Salakhutdinov & Murray 2008).
	BinarizeDynamic Binarization = "dynamic"
	// BinarizeStatic draws b ~ Bernoulli(x) once: the same row always gives the same bits.
	BinarizeStatic Binarization = "static"
	// BinarizeThreshold sets b = 1 where x > .5.
	BinarizeThreshold Binarization = "threshold"
)

// DrawsPerKey is the number of values that one key draws: value i of what [Binarization.Apply]
// draws with a key k compares with uniform number i mod DrawsPerKey of k.At(i − i mod DrawsPerKey).
const DrawsPerKey = 1024

// Binarizations lists the ways to binarise.
var Binarizations = []Binarization{BinarizeNone, BinarizeDynamic, BinarizeStatic, BinarizeThreshold}

// ParseBinarization reads one of [Binarizations].
func ParseBinarization(name string) (Binarization, error) {
	b := Binarization(name)
	return b, b.check()
}

func (b Binarization) check() error {
	if slices.Contains(Binarizations, b) {
		return nil
	}
	return fmt.Errorf("data: binarisation: got %q, want none, dynamic, static or threshold", string(b))
}

// Apply binarises src into dst as one row. Dynamic and static draws come from the key as it
// is: derive it from the step, or from the row. The slices may be the same.
func (b Binarization) Apply(dst, src []float32, key rng.Key) error {
	if err := b.checkSlices(dst, src); err != nil {
		return err
	}
	if i := b.row(dst, src, key); i >= 0 {
		return fmt.Errorf("data: binarisation: value %d: got %v, want 0 to 1", i, src[i])
	}
	return nil
}

// ApplyRows binarises src, rows of dim values each, into dst. Static draws come from
// key.At(rows[i]), so that a row keeps its bits whatever batch it is in; dynamic draws from
// key.At(i), the place in the batch. rows may be nil where b is not static.
func (b Binarization) ApplyRows(dst, src []float32, dim int, rows []int, key rng.Key) error {
	if err := b.checkSlices(dst, src); err != nil {
		return err
	}
	if dim <= 0 || len(src)%dim != 0 {
		return fmt.Errorf("data: binarisation: got %d values, want rows of %d", len(src), dim)
	}
	n := len(src) / dim
	if rows != nil && len(rows) != n || rows == nil && b == BinarizeStatic {
		return fmt.Errorf("data: binarisation: got %d row numbers, want %d", len(rows), n)
	}
	for i := range n {
		at := i
		if b == BinarizeStatic {
			at = rows[i]
		}
		x := src[i*dim : (i+1)*dim]
		if j := b.row(dst[i*dim:(i+1)*dim], x, key.At(uint64(at))); j >= 0 {
			if rows != nil {
				i = rows[i]
			}
			return fmt.Errorf("data: binarisation: row %d, column %d: got %v, want 0 to 1", i, j, x[j])
		}
	}
	return nil
}

func (b Binarization) checkSlices(dst, src []float32) error {
	if len(dst) != len(src) {
		return fmt.Errorf("data: binarisation: got room for %d values, want %d", len(dst), len(src))
	}
	return b.check()
}

// row binarises one row. It returns the index of the first value outside [0, 1], which NaN
// is too, or −1; values up to it are written.
func (b Binarization) row(dst, src []float32, key rng.Key) int {
	var u [DrawsPerKey]float32
	for start := 0; start < len(src); start += len(u) {
		x := src[start:min(start+len(u), len(src))]
		out := dst[start : start+len(x)]
		if b == BinarizeDynamic || b == BinarizeStatic {
			key.At(uint64(start)).Uniform(u[:len(x)])
		}
		for i, v := range x {
			if !(v >= 0 && v <= 1) {
				return start + i
			}
			switch b {
			case BinarizeNone:
				out[i] = v
			case BinarizeThreshold:
				out[i] = bit(v > .5)
			default:
				out[i] = bit(u[i] < v) // u lies in [0, 1): never for 0, always for 1
			}
		}
	}
	return -1
}

// IsBinary tells whether all values are 0 or 1.
func IsBinary(x []float32) bool {
	return !slices.ContainsFunc(x, func(v float32) bool { return v != 0 && v != 1 })
}

func bit(b bool) float32 {
	if b {
		return 1
	}
	return 0
}
