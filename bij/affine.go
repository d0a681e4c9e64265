package bij

import g "github.com/gomlx/gomlx/core/graph"

// Affine is y = a + e^s·x by elements, ln|dy/dx| = s.
type Affine struct {
	Shift    *g.Node // a, broadcast against x; nil is 0
	LogScale *g.Node // s, broadcast against x; nil is 0
}

// Forward implements [Bijector].
func (f Affine) Forward(x *g.Node) (y, logDet *g.Node) {
	y, logDet = x, g.ZerosLike(x)
	if f.LogScale != nil {
		s := like(f.LogScale, x)
		y, logDet = g.Mul(y, g.Exp(s)), g.Add(logDet, s)
	}
	if f.Shift != nil {
		y = g.Add(y, like(f.Shift, x))
	}
	return y, logDet
}

// Inverse implements [Bijector].
func (f Affine) Inverse(y *g.Node) (x, logDet *g.Node) {
	x, logDet = y, g.ZerosLike(y)
	if f.Shift != nil {
		x = g.Sub(x, like(f.Shift, y))
	}
	if f.LogScale != nil {
		s := like(f.LogScale, y)
		x, logDet = g.Mul(x, g.Exp(g.Neg(s))), g.Sub(logDet, s)
	}
	return x, logDet
}

// Event implements [Bijector]: a map of numbers.
func (Affine) Event() Event { return Event{} }
