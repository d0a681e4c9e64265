package bij_test

import (
	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"

	g "github.com/gomlx/gomlx/core/graph"
)

// small is a network with units of every degree for few elements.
var small = bij.Net{Hidden: []int{7, 6}}

// given returns the network with a context that is the same for all data.
func given(s *model.Scope) bij.Net {
	return bij.Net{Hidden: []int{7}, Context: s.Param("context", model.Gaussian(1), 2)}
}

var flows = []entry{
	{name: "Planar", make: func(s *model.Scope) bij.Bijector { return bij.NewPlanar(s, 3, 2) }, x: []int{3}, zero: true},
	{name: "Planar of one", make: func(s *model.Scope) bij.Bijector { return bij.NewPlanar(s, 1, 3) }, x: []int{1}, zero: true},
	{name: "Planar with given parameters", make: func(s *model.Scope) bij.Bijector {
		return bij.PlanarOf(s.Param("u", model.Gaussian(.7), 4), s.Param("w", model.Gaussian(.7), 4), s.Param("b", model.Constant(0)))
	}, x: []int{4}},
	{name: "Planar, amortized", make: func(s *model.Scope) bij.Bijector {
		return bij.NewAmortizedPlanar(s, 3, 2, s.Param("delta", model.Constant(0), bij.PlanarSize(3, 2)))
	}, x: []int{3}, zero: true},
	{name: "Radial", make: func(s *model.Scope) bij.Bijector { return bij.NewRadial(s, 3, 2) }, x: []int{3}, zero: true},
	{name: "Radial of one", make: func(s *model.Scope) bij.Bijector { return bij.NewRadial(s, 1, 2) }, x: []int{1}, zero: true},
	{name: "Radial with given parameters", make: func(s *model.Scope) bij.Bijector {
		return bij.RadialOf(s.Param("c", model.Gaussian(1), 4), s.Param("a", model.Constant(-1)), s.Param("b", model.Constant(2)))
	}, x: []int{4}},
	{name: "Radial, amortized", make: func(s *model.Scope) bij.Bijector {
		return bij.NewAmortizedRadial(s, 3, 2, s.Param("delta", model.Constant(0), bij.RadialSize(3, 2)))
	}, x: []int{3}, zero: true},
	{name: "Sylvester, orthogonal", make: func(s *model.Scope) bij.Bijector { return bij.NewOrthogonalSylvester(s, 4, 2, 1, nil) }, x: []int{4}, zero: true},
	{name: "Sylvester, orthogonal, as many columns", make: func(s *model.Scope) bij.Bijector { return bij.NewOrthogonalSylvester(s, 2, 2, 1, nil) }, x: []int{2}, zero: true},
	{name: "Sylvester, Householder", make: func(s *model.Scope) bij.Bijector { return bij.NewHouseholderSylvester(s, 3, 2, 1, nil) }, x: []int{3}, zero: true},
	{name: "Sylvester, triangular", make: func(s *model.Scope) bij.Bijector { return bij.NewTriangularSylvester(s, 2, 2, nil) }, x: []int{2}, zero: true},
	{name: "NICE", make: func(s *model.Scope) bij.Bijector { return bij.NewNICE(s, 3, false, small) }, x: []int{3}, zero: true},
	{name: "RealNVP", make: func(s *model.Scope) bij.Bijector { return bij.NewRealNVP(s, 3, true, small) }, x: []int{3}, zero: true},
	{name: "RealNVP, conditional", make: func(s *model.Scope) bij.Bijector { return bij.NewRealNVP(s, 4, false, given(s)) }, x: []int{4}, zero: true},
	{name: "Coupling with a gate", make: func(s *model.Scope) bij.Bijector { return bij.NewCoupling(s, 2, false, bij.Gated{}, small) }, x: []int{2}},
	{name: "Spline", make: func(s *model.Scope) bij.Bijector { return bij.NewSpline(s, bij.SplineLaw{}, 3) }, x: []int{3}, sd: 2, zero: true},
	{name: "Spline of numbers", make: func(s *model.Scope) bij.Bijector {
		return bij.NewSpline(s, bij.SplineLaw{Bins: 2, Bound: 1.5})
	}, zero: true},
	{name: "Spline with free ends", make: func(s *model.Scope) bij.Bijector {
		return bij.NewSpline(s, bij.SplineLaw{Bins: 3, Bound: 3, Ends: true}, 2)
	}, x: []int{2}, zero: true},
	{name: "Spline coupling", make: func(s *model.Scope) bij.Bijector {
		return bij.NewSplineCoupling(s, 3, false, bij.SplineLaw{Bins: 4, Bound: 2}, small)
	}, x: []int{3}, move: .25, zero: true},
	{name: "Spline, autoregressive", make: func(s *model.Scope) bij.Bijector {
		return bij.NewSplineAutoregressive(s, 3, bij.SplineLaw{Bins: 3, Bound: 3}, given(s))
	}, x: []int{3}, move: .25, zero: true},
	{name: "IAF", make: func(s *model.Scope) bij.Bijector { return bij.NewIAF(s, 4, small) }, x: []int{4}, zero: true},
	{name: "IAF of one", make: func(s *model.Scope) bij.Bijector { return bij.NewIAF(s, 1, small) }, x: []int{1}, zero: true},
	{name: "IAF with a gate", make: func(s *model.Scope) bij.Bijector { return bij.NewAutoregressive(s, 3, bij.Gated{}, small) }, x: []int{3}},
	{name: "IAF, conditional", make: func(s *model.Scope) bij.Bijector { return bij.NewIAF(s, 3, given(s)) }, x: []int{3}, zero: true},
	{name: "MAF", make: func(s *model.Scope) bij.Bijector { return bij.NewMAF(s, 3, small) }, x: []int{3}, zero: true},
	{name: "Linear", make: func(s *model.Scope) bij.Bijector { return bij.NewLinear(s, 5, nil) }, x: []int{5}, zero: true},
	{name: "Linear of one", make: func(s *model.Scope) bij.Bijector { return bij.NewLinear(s, 1, nil) }, x: []int{1}, zero: true},
	{name: "Linear, permuted, of an image", make: func(s *model.Scope) bij.Bijector {
		return bij.Independent{Of: bij.NewLinear(s, 3, []int{1, 2, 0}), Axes: 2}
	}, x: []int{2, 2, 3}},
	{name: "BatchNorm", make: func(s *model.Scope) bij.Bijector {
		f := bij.NewBatchNorm(s, 3)
		return bij.Chain{bij.NewAffine(s, 3), f}
	}, x: []int{3}},
	{name: "Stack", make: func(s *model.Scope) bij.Bijector {
		return bij.Chain{
			bij.NewAffine(s.In("base"), 3), bij.NewRealNVP(s.In("a"), 3, false, small), bij.NewReverse(3),
			bij.NewIAF(s.In("b"), 3, small), bij.Sigmoid{Low: g.Scalar(s.Graph(), s.DType(), -4), High: g.Scalar(s.Graph(), s.DType(), 4)},
		}
	}, x: []int{3}, sd: .7},
}
