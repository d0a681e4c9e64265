package bij

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Sigmoid is y = l + (h − l)/(1 + e^−x) onto the interval from l to h,
//
//	ln|dy/dx| = ln(h − l) − x − 2 ln(1 + e^−x).
type Sigmoid struct {
	Low, High *g.Node // l and h, broadcast against x; both nil is 0 and 1
}

// bounds returns the bounds for x; ok is false where there are none.
func (f Sigmoid) bounds(x *g.Node) (low, high *g.Node, ok bool) {
	if (f.Low == nil) != (f.High == nil) {
		panic(fmt.Errorf("bij: sigmoid: got one bound, want two or none"))
	}
	if f.Low == nil {
		return nil, nil, false
	}
	return like(f.Low, x), like(f.High, x), true
}

// Forward implements [Bijector].
func (f Sigmoid) Forward(x *g.Node) (y, logDet *g.Node) {
	y = g.Logistic(x)
	logDet = g.Neg(g.Add(x, g.MulScalar(special.Softplus(g.Neg(x)), 2)))
	if low, high, ok := f.bounds(x); ok {
		size := g.Sub(high, low)
		y, logDet = g.Add(low, g.Mul(size, y)), g.Add(logDet, g.Log(size))
	}
	return y, logDet
}

// Inverse returns x = ln(y − l) − ln(h − y), whose derivative is (h − l)/((y − l)(h − y)).
func (f Sigmoid) Inverse(y *g.Node) (x, logDet *g.Node) {
	low, high, ok := f.bounds(y)
	if !ok {
		a, b := g.Log(y), g.Log1p(g.Neg(y))
		return g.Sub(a, b), g.Neg(g.Add(a, b))
	}
	a, b := g.Log(g.Sub(y, low)), g.Log(g.Sub(high, y))
	return g.Sub(a, b), g.Sub(g.Log(g.Sub(high, low)), g.Add(a, b))
}

// Event implements [Bijector]: a map of numbers.
func (Sigmoid) Event() Event { return Event{} }
