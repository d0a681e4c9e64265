package bij

import (
	"slices"

	g "github.com/gomlx/gomlx/core/graph"
)

// Chain applies maps one after the other, the first first:
//
//	y = f_K(… f_1(x)),  ln|det| = Σ_k ln|det ∂f_k|.
//
// Its event axes are the fewest that every part can work on; the log-determinants of parts
// with fewer are summed over the axes that these lack. An empty chain is the identity.
type Chain []Bijector

// ranks returns the number of event axes of x and of y.
func (c Chain) ranks() (in, out int) {
	gain := 0
	for _, f := range c {
		e := f.Event()
		in = max(in, e.In-gain)
		gain += e.Out - e.In
	}
	return in, in + gain
}

// Forward implements [Bijector].
func (c Chain) Forward(x *g.Node) (y, logDet *g.Node) {
	rank, _ := c.ranks()
	mustRank("chain", x, rank)
	if len(c) == 0 {
		return Identity{}.Forward(x)
	}
	for _, f := range c {
		e := f.Event()
		var l *g.Node
		x, l = f.Forward(x)
		logDet = plus(logDet, sumLast(l, rank-e.In))
		rank += e.Out - e.In
	}
	return x, logDet
}

// Inverse implements [Bijector].
func (c Chain) Inverse(y *g.Node) (x, logDet *g.Node) {
	_, rank := c.ranks()
	mustRank("chain", y, rank)
	if len(c) == 0 {
		return Identity{}.Inverse(y)
	}
	for _, f := range slices.Backward(c) {
		e := f.Event()
		var l *g.Node
		y, l = f.Inverse(y)
		logDet = plus(logDet, sumLast(l, rank-e.Out))
		rank += e.In - e.Out
	}
	return y, logDet
}

// plus adds to a sum that may have no terms yet.
func plus(sum, term *g.Node) *g.Node {
	if sum == nil {
		return term
	}
	return g.Add(sum, term)
}

// Event implements [Bijector].
func (c Chain) Event() Event {
	in, out := c.ranks()
	e := Event{In: in, Out: out}
	if !slices.ContainsFunc(c, func(f Bijector) bool { return f.Event().Dims != nil }) {
		return e
	}
	e.Dims = func(d []int) []int {
		for _, f := range c {
			p := f.Event()
			d = tail(d, p.In, p.Dims)
		}
		return d
	}
	e.Undo = func(d []int) []int {
		for _, f := range slices.Backward(c) {
			p := f.Event()
			d = tail(d, p.Out, p.Undo)
		}
		return d
	}
	return e
}

// tail applies a function to the last n sizes.
func tail(d []int, n int, f func([]int) []int) []int {
	if f == nil {
		return d
	}
	k := len(d) - n
	return slices.Concat(d[:k], f(d[k:]))
}
