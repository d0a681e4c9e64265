package dist

import g "github.com/gomlx/gomlx/core/graph"

// Set is a kind of set that values or parameters lie in.
type Set int

// The sets. Those of vectors and matrices speak of the last axes.
const (
	Real             Set = iota // every number
	Positive                    // x > 0
	NonNegative                 // x ≥ 0
	Unit                        // 0 ≤ x ≤ 1; parameters that are probabilities
	Interval                    // Low ≤ x ≤ High
	AtLeast                     // x ≥ Low
	Circle                      // angles, −π ≤ x ≤ π
	Boolean                     // 0 or 1
	Natural                     // 0, 1, 2, …
	Count                       // whole numbers, Low ≤ x ≤ High; High may be nil
	Vector                      // real vectors
	OneHot                      // vectors of zeros and a single one
	Counts                      // vectors of naturals
	Simplex                     // vectors of non-negative numbers whose sum is one
	Ordered                     // vectors of increasing numbers
	Sphere                      // vectors of length one
	Ball                        // vectors shorter than a bound
	Matrix                      // real matrices
	LowerCholesky               // lower triangular matrices with positive diagonal
	CorrCholesky                // Cholesky factors of correlation matrices
	PositiveDefinite            // symmetric positive definite matrices
)

// Support is the set of a distribution's values or a constraint on a parameter.
type Support struct {
	Set       Set     // which kind
	Low, High *g.Node // bounds of Interval, AtLeast and Count, broadcast against the values
	Extra     int     // event axes beyond those of the set, which holds for every slice along them
}

// Rank is the number of event axes: 0 for numbers, 1 for vectors, 2 for matrices.
func (s Support) Rank() int {
	switch {
	case s.Set >= Matrix:
		return 2 + s.Extra
	case s.Set >= Vector:
		return 1 + s.Extra
	}
	return s.Extra
}

// Discrete tells whether the set is countable.
func (s Support) Discrete() bool {
	switch s.Set {
	case Boolean, Natural, Count, OneHot, Counts:
		return true
	}
	return false
}

// Parameter is a parameter of a distribution with what is asked of it.
type Parameter struct {
	Name string  // the field's name
	Node *g.Node // its value
	Must Support // where its values have to lie
}

// Declared is a distribution that says where its values and its parameters lie. All of this
// package do.
type Declared interface {
	Distribution
	// Support returns the set of the values.
	Support() Support
	// Parameters lists the parameters.
	Parameters() []Parameter
}

// Cumulative is a distribution of numbers with a distribution function.
type Cumulative interface {
	Distribution
	// CDF returns P(X ≤ x).
	CDF(x *g.Node) *g.Node
}

// EventRank is the number of event axes of a distribution's values.
func EventRank(d Distribution) int {
	if s, ok := d.(Declared); ok {
		return s.Support().Rank()
	}
	return 0
}
