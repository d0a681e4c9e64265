package bij

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// BatchNorm is y = b + e^s·(x − m)/√(v + ε) for vectors of n elements, ε = 1e-5,
//
//	ln|det| = Σ_i [s_i − ½ ln(v_i + ε)]
//
// (Dinh, Sohl-Dickstein & Bengio 2017, section 3.7). In a training graph Forward takes mean m
// and variance v over all batch axes of x, and moves the running ones by a tenth of the way;
// the log-determinant counts them as constants of x. Elsewhere, and in Inverse, they are the
// running ones. As the direction that training runs is the one that normalises, a model of data
// takes the map by [Invert].
type BatchNorm struct {
	s              *model.Scope
	mean, variance *g.Node // running, n
	shift, log     *g.Node // b and s, n
}

// Of BatchNorm: ε, and the share of a batch in the running statistics.
const (
	batchNormFloor = 1e-5
	batchNormShare = .1
)

// NewBatchNorm returns the map of vectors of n elements, the identity up to ε at the start.
func NewBatchNorm(s *model.Scope, n int) BatchNorm {
	return BatchNorm{
		s, s.State("mean", model.Constant(0), n), s.State("variance", model.Constant(1), n),
		s.Param("shift", model.Constant(0), n), s.Param("logscale", model.Constant(0), n),
	}
}

// affine returns the map x ↦ b + e^l·(x − m) as [Affine] for statistics m and v.
func (f BatchNorm) affine(mean, variance *g.Node) Chain {
	l := g.Sub(f.log, g.MulScalar(g.Log(g.AddScalar(variance, batchNormFloor)), .5))
	return Chain{Affine{Shift: g.Neg(mean)}, Affine{LogScale: l, Shift: f.shift}}
}

// Forward implements [Bijector].
func (f BatchNorm) Forward(x *g.Node) (y, logDet *g.Node) {
	n := f.shift.Shape().Dim(0)
	mustWidth("batch norm", x, n)
	mean, variance := f.mean, f.variance
	if f.s.Training() {
		rows := g.Reshape(x, x.Shape().Size()/n, n)
		mean = g.ReduceMean(rows, 0)
		variance = g.ReduceMean(g.Square(g.Sub(rows, g.ExpandAxes(mean, 0))), 0)
		f.follow("mean", f.mean, mean)
		f.follow("variance", f.variance, variance)
	}
	y, l := f.affine(mean, variance).Forward(x)
	return y, g.ReduceSum(l, -1)
}

// follow moves a running statistic towards that of a batch.
func (f BatchNorm) follow(name string, running, batch *g.Node) {
	step := g.MulScalar(g.Sub(g.StopGradient(batch), running), batchNormShare)
	f.s.UpdateState(name, g.Add(running, step))
}

// Inverse implements [Bijector].
func (f BatchNorm) Inverse(y *g.Node) (x, logDet *g.Node) {
	mustWidth("batch norm", y, f.shift.Shape().Dim(0))
	x, l := f.affine(f.mean, f.variance).Inverse(y)
	return x, g.ReduceSum(l, -1)
}

// Event implements [Bijector]: vectors.
func (BatchNorm) Event() Event { return vectors(0) }

// NewAffine returns an [Affine] with parameters for every element of an array of the dims, the
// identity at the start.
func NewAffine(s *model.Scope, dims ...int) Affine {
	return Affine{Shift: s.Param("shift", model.Constant(0), dims...), LogScale: s.Param("logscale", model.Constant(0), dims...)}
}
