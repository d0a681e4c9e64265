package quant

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Finite is finite scalar quantisation (Mentzer et al. 2024, section 3): the i-th of d numbers is
// bounded to L_i whole numbers and rounded,
//
//	f(z) = tanh(z + s)·h − o,  h = (L−1)(1+ε)/2,  o = ½ for even L, else 0,  s = artanh(o/h),
//
// with ε = 1e-3 and the gradient of f. There is no codebook: a code is round(f(z))/⌊L/2⌋, and its
// number Σ_i (round(f_i) + ⌊L_i/2⌋) Π_{j<i} L_j.
//
// With several levels of refinement the cell of a number is cut into L_i cells again, so that the
// error of each falls by L_i: residual quantisation, with a number a level.
type Finite struct {
	// Levels is L₁, …, L_d, each 3 to [MaxLevels].
	Levels []int
	// Refine is the number of numbers of a feature; 0 is 1.
	Refine int
}

// MaxLevels bounds L: up to it the ε of the bound reaches no further whole number.
const MaxLevels = 256

// MaxFinite bounds the codes: their numbers are floats, which have to keep them apart when divided.
const MaxFinite = 1 << 18

// epsilon is ε: the outermost values are reached at tanh = ±1/(1 + ε) rather than at infinity.
const epsilon = 1e-3

// Size implements [Quantiser].
func (f Finite) Size() (count, values, dim int) {
	values = 1
	for _, l := range f.Levels {
		values *= l
	}
	return max(1, f.Refine), values, len(f.Levels)
}

// row returns a number of each level, 1×d.
func (f Finite) row(like *g.Node, of func(l int) float64) *g.Node {
	v := make([]float64, len(f.Levels))
	for i, l := range f.Levels {
		v[i] = of(l)
	}
	return g.ConvertDType(g.Const(like.Graph(), [][]float64{v}), like.DType())
}

// half is ⌊L/2⌋, h and o those of the bound.
func half(l int) float64 { return float64(l / 2) }
func h(l int) float64    { return float64(l-1) * (1 + epsilon) / 2 }
func o(l int) float64    { return .5 * float64((l+1)%2) }

// Bound returns f(z).
func (f Finite) Bound(z *g.Node) *g.Node {
	shift := f.row(z, func(l int) float64 { return math.Atanh(o(l) / h(l)) })
	return g.Sub(g.Mul(g.Tanh(g.Add(z, shift)), f.row(z, h)), f.row(z, o))
}

// Apply implements [Quantiser].
func (f Finite) Apply(_ *model.Scope, z *g.Node) Output {
	bounded := f.Bound(z)
	fixed := g.StopGradient(bounded)
	whole := g.Round(fixed)
	index := []*g.Node{f.number(g.Add(whole, f.row(z, half)))}
	sum, rest, scale := whole, g.Sub(fixed, whole), g.OnesLike(f.row(z, half))
	levels, middle := f.row(z, func(l int) float64 { return float64(l) }), f.row(z, o)
	for range max(1, f.Refine) - 1 {
		// The cell of ±½ about a number is cut into L, of which the k-th lies at (k + o)/L.
		inner := g.Sub(g.Mul(rest, levels), middle)
		k := g.Min(g.Max(g.Round(inner), g.Neg(f.row(z, half))), f.row(z, func(l int) float64 { return float64((l - 1) / 2) }))
		index = append(index, f.number(g.Add(k, f.row(z, half))))
		scale = g.Div(scale, levels)
		sum = g.Add(sum, g.Mul(g.Add(k, middle), scale))
		rest = g.Sub(inner, k)
	}
	return Output{Codes: g.Div(Through(bounded, sum), f.row(z, half)), Index: g.Concatenate(index, 1)}
}

// number returns Σ_i digit_i Π_{j<i} L_j, N×1.
func (f Finite) number(digits *g.Node) *g.Node {
	return g.ReduceAndKeep(g.Mul(digits, f.basis(digits)), g.ReduceSum, -1)
}

// basis is Π_{j<i} L_j.
func (f Finite) basis(like *g.Node) *g.Node {
	product := 1.
	return f.row(like, func(l int) float64 {
		product *= float64(l)
		return product / float64(l)
	})
}

// Lookup implements [Quantiser].
func (f Finite) Lookup(_ *model.Scope, index *g.Node) *g.Node {
	levels := f.row(index, func(l int) float64 { return float64(l) })
	middle, scale := f.row(index, o), g.OnesLike(levels)
	var sum *g.Node
	for i := range max(1, f.Refine) {
		// The half keeps quotients of whole numbers away from whole numbers.
		above := g.Floor(g.Div(g.AddScalar(columns(index, i, i+1), .5), f.basis(index)))
		digit := g.Sub(above, g.Mul(levels, g.Floor(g.Div(g.AddScalar(above, .5), levels))))
		k := g.Sub(digit, f.row(index, half))
		if i > 0 {
			scale = g.Div(scale, levels)
			k = g.Mul(g.Add(k, middle), scale)
		}
		sum = add(sum, k)
	}
	return g.Div(sum, f.row(index, half))
}
