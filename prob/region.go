package prob

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/dist"
)

// region is a set that the values of an array have to lie in.
type region struct {
	must        dist.Support
	dims        []int     // of the array
	low, high   []float64 // bounds
	lowD, highD []int     // and their shapes
}

// slack is the rounding error that sums over events may have.
const slack = 1e-8

// outside returns the index of the first value, or event, that is not in the region with what
// was got and what is wanted; −1 if there is none.
func (q region) outside(v []float64) (at int, got, want string) {
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return i, fmt.Sprint(x), q.describe(i)
		}
	}
	event := 1
	for k := range (dist.Support{Set: q.must.Set}).Rank() {
		event *= q.dims[len(q.dims)-1-k]
	}
	for i := 0; i+event <= len(v); i += event {
		e := v[i : i+event]
		if !q.holds(e, i) {
			if event == 1 {
				return i, fmt.Sprint(e[0]), q.describe(i)
			}
			return i / event, fmt.Sprint(e), q.describe(i)
		}
	}
	return -1, "", ""
}

// holds tells whether one event, which begins at index i, is in the region.
func (q region) holds(e []float64, i int) bool {
	x := e[0]
	switch q.must.Set {
	case dist.Positive:
		return x > 0
	case dist.NonNegative:
		return x >= 0
	case dist.Unit:
		return x >= 0 && x <= 1
	case dist.Circle:
		return math.Abs(x) <= math.Pi+slack
	case dist.Boolean:
		return x == 0 || x == 1
	case dist.Natural:
		return x >= 0 && x == math.Floor(x)
	case dist.Interval, dist.AtLeast, dist.Count:
		lo, hi := q.bounds(i)
		return x >= lo && x <= hi && (q.must.Set != dist.Count || x == math.Floor(x))
	}
	return q.holdsEvent(e)
}

// holdsEvent is holds for vectors and matrices.
func (q region) holdsEvent(e []float64) bool {
	sum, sq, whole, low := 0., 0., true, math.Inf(1)
	for _, x := range e {
		sum, sq, low = sum+x, sq+x*x, math.Min(low, x)
		whole = whole && x == math.Floor(x)
	}
	switch q.must.Set {
	case dist.OneHot:
		return whole && low >= 0 && sum == 1
	case dist.Counts:
		return whole && low >= 0
	case dist.Simplex:
		return low >= 0 && math.Abs(sum-1) < slack
	case dist.Sphere:
		return math.Abs(sq-1) < slack
	case dist.Ordered:
		for i := range len(e) - 1 {
			if e[i] >= e[i+1] {
				return false
			}
		}
	case dist.LowerCholesky, dist.CorrCholesky:
		return lowerTriangular(e)
	case dist.PositiveDefinite:
		return positiveDefinite(e)
	}
	return true
}

// side is the number of rows of a square matrix.
func side(e []float64) int { return int(math.Round(math.Sqrt(float64(len(e))))) }

// lowerTriangular tells whether a matrix is lower triangular with positive diagonal.
func lowerTriangular(e []float64) bool {
	n := side(e)
	for i := range n {
		if !(e[i*n+i] > 0) {
			return false
		}
		for j := i + 1; j < n; j++ {
			if e[i*n+j] != 0 {
				return false
			}
		}
	}
	return true
}

// positiveDefinite tells whether a matrix has a Cholesky factor.
func positiveDefinite(e []float64) bool {
	_, ok := cholesky(e, side(e))
	return ok
}

// bounds returns the bounds of the value at index i; a missing bound is infinite.
func (q region) bounds(i int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if q.low != nil {
		lo = q.low[broadcastIndex(i, q.dims, q.lowD)]
	}
	if q.high != nil {
		hi = q.high[broadcastIndex(i, q.dims, q.highD)]
	}
	return lo, hi
}

// broadcastIndex is the index in an array of shape from of what is at index i of an array of
// shape to, the shapes being aligned at their last axes.
func broadcastIndex(i int, to, from []int) int {
	at, stride := 0, 1
	for k := range from {
		n := 1
		if k < len(to) {
			n = to[len(to)-1-k]
		}
		if m := from[len(from)-1-k]; m > 1 {
			at += (i % n) * stride
			stride *= m
		}
		i /= n
	}
	return at
}

// describe says what is wanted of the value at index i.
func (q region) describe(i int) string {
	lo, hi := q.bounds(i)
	switch q.must.Set {
	case dist.Positive:
		return "a number above 0"
	case dist.NonNegative:
		return "a number of 0 or more"
	case dist.Unit:
		return "a number from 0 to 1"
	case dist.Interval:
		return fmt.Sprintf("a number from %v to %v", lo, hi)
	case dist.AtLeast:
		return fmt.Sprintf("a number of %v or more", lo)
	case dist.Circle:
		return "an angle from −π to π"
	case dist.Boolean:
		return "0 or 1"
	case dist.Natural:
		return "a whole number of 0 or more"
	case dist.Count:
		return fmt.Sprintf("a whole number from %v to %v", lo, hi)
	}
	if w, ok := eventWords[q.must.Set]; ok {
		return w
	}
	return "a finite number"
}

// eventWords describes the sets of vectors and matrices.
var eventWords = map[dist.Set]string{
	dist.OneHot:           "zeros and a single one",
	dist.Counts:           "whole numbers of 0 or more",
	dist.Simplex:          "numbers of 0 or more with sum 1",
	dist.Ordered:          "increasing numbers",
	dist.Sphere:           "a vector of length 1",
	dist.LowerCholesky:    "a lower triangular matrix with positive diagonal",
	dist.CorrCholesky:     "a lower triangular matrix with positive diagonal",
	dist.PositiveDefinite: "a positive definite matrix",
}
