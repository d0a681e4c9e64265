package bij

import g "github.com/gomlx/gomlx/core/graph"

// Invert is the inverse of another map: y = f⁻¹(x).
type Invert struct {
	Of Bijector // f
}

// Forward implements [Bijector].
func (f Invert) Forward(x *g.Node) (y, logDet *g.Node) { return f.Of.Inverse(x) }

// Inverse implements [Bijector].
func (f Invert) Inverse(y *g.Node) (x, logDet *g.Node) { return f.Of.Forward(y) }

// Event implements [Bijector].
func (f Invert) Event() Event {
	e := f.Of.Event()
	return Event{In: e.Out, Out: e.In, Dims: e.Undo, Undo: e.Dims}
}
