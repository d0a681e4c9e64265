package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Map is an invertible differentiable map y = f(x) with the logarithms of the volumes that it and
// its inverse stretch, which have the batch axes of the map.
type Map interface {
	// Forward returns y = f(x) and ln|det ∂y/∂x|.
	Forward(x *g.Node) (y, logDet *g.Node)
	// Inverse returns x = f⁻¹(y) and ln|det ∂x/∂y|.
	Inverse(y *g.Node) (x, logDet *g.Node)
}

// Transformed is the distribution of y = f(x), x ~ Base:
//
//	ln p(y) = ln p(f⁻¹(y)) + ln|det ∂x/∂y|.
//
// Where the map and the base differ in their event axes, the log-densities or volumes of the one
// with fewer are summed over the axes that are events of the other. [NewTransformed] adds the
// differentiable draws that the base has.
type Transformed struct {
	Base Distribution // of x
	Map  Map          // f
	Onto Support      // where the values lie; without it they are real
}

// NewTransformed returns a [Transformed] that is [Reparameterized] where its base is.
func NewTransformed(base Distribution, f Map, onto Support) Distribution {
	d := Transformed{base, f, onto}
	if r, ok := base.(Reparameterized); ok {
		return transformedPath{d, r}
	}
	return d
}

// LogProb implements [Distribution].
func (d Transformed) LogProb(y *g.Node) *g.Node {
	x, logDet := d.Map.Inverse(y)
	lp := d.Base.LogProb(lead(x, d.Base.Mean().Rank()))
	// The event axes of y by the map and by the base.
	byMap := y.Rank() - logDet.Rank()
	byBase := max(x.Rank(), d.Base.Mean().Rank()) - lp.Rank() + y.Rank() - x.Rank()
	event := max(byMap, byBase)
	lp, logDet = sumLast(lp, event-byBase), sumLast(logDet, event-byMap)
	return total("Transformed", lp, logDet)
}

// Mean is known for no map in general: NaN.
func (d Transformed) Mean() *g.Node { return d.unknown() }

// Variance is known for no map in general: NaN.
func (d Transformed) Variance() *g.Node { return d.unknown() }

// unknown is NaN in the shape of the values.
func (d Transformed) unknown() *g.Node {
	y, _ := d.Map.Forward(g.ZerosLike(d.Base.Mean()))
	return filled(y, math.NaN())
}

// Sample implements [Distribution].
func (d Transformed) Sample(s *model.Scope, name string, m int) *g.Node {
	y, _ := d.Map.Forward(d.Base.Sample(s, name, m))
	if _, ok := d.Base.(Reparameterized); !ok {
		return g.StopGradient(y)
	}
	return y
}

// Support implements [Declared].
func (d Transformed) Support() Support {
	s := d.Onto
	mean := d.Base.Mean()
	y, logDet := d.Map.Forward(g.ZerosLike(mean))
	batch := min(logDet.Rank(), mean.Rank()-EventRank(d.Base))
	s.Extra = max(0, y.Rank()-batch-Support{Set: s.Set}.Rank())
	return s
}

// Parameters implements [Declared]: they are the base's.
func (d Transformed) Parameters() []Parameter {
	if b, ok := d.Base.(Declared); ok {
		return b.Parameters()
	}
	return nil
}

// transformedPath has differentiable draws.
type transformedPath struct {
	Transformed
	base Reparameterized
}

// Rsample returns f of the base's draws.
func (d transformedPath) Rsample(s *model.Scope, name string, m int) *g.Node {
	y, _ := d.Map.Forward(d.base.Rsample(s, name, m))
	return y
}
