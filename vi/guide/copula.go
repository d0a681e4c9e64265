package guide

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// Copula is the Gaussian copula with sinh-arcsinh margins (Smith, Loaiza-Maya & Nott 2020, with the
// transformation of Jones & Pewsey 2009, eq. 1):
//
//	u_i = loc_i + s_i (m_i + sinh(e^{t_i} (arcsinh w_i + a_i))),  w = S⁻¹FTε,
//
// T lower triangular with diagonal e^ω, S = diag(s) the standard deviations of the start F. Each
// margin has a skewness a and a tail t of its own: t = ln 2 is the tail of an exponential
// distribution, which a Gaussian guide of a scale's logarithm misses. a = t = 0 is [FullRank].
func Copula(n int, at Start) vi.Guide { return copula{n: n, at: at} }

// IAF returns the family of [Copula] with an inverse autoregressive step (Kingma et al. 2016) of one
// hidden layer, 24 wide if hidden is 0, between T and the margins: the location and scale of a
// coordinate bend with those before it, as in the funnel of a hierarchy.
func IAF(hidden int) Family {
	if hidden == 0 {
		hidden = 24
	}
	return func(n int, at Start) vi.Guide { return copula{n, hidden, at} }
}

type copula struct {
	n, hidden int // hidden 0 is no autoregressive step
	at        Start
}

// margins returns the standard deviations s of the start, S⁻¹F and ln|det F|.
func (q copula) margins() (s, f []float64, logDet float64) {
	n := q.n
	s, f = make([]float64, n), make([]float64, n*n)
	for i := range n {
		row := f[i*n : i*n+n]
		switch {
		case q.at.Factor != nil:
			copy(row, q.at.Factor[i*n:i*n+n])
		case q.at.Scale != nil:
			row[i] = q.at.Scale[i]
		default:
			row[i] = 1
		}
		logDet += math.Log(row[i])
		for _, v := range row {
			s[i] = math.Hypot(s[i], v)
		}
		for j := range row {
			row[j] /= s[i]
		}
	}
	return s, f, logDet
}

// Draw implements [vi.Guide].
func (q copula) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	n := q.n
	sd, f, logDet := q.margins()
	omega := s.Param("logscale", model.Constant(0), n)
	below := s.Param("below", model.Constant(0), n, n)
	eps := s.Normal(name, m, n)
	t := g.Mul(below, strictlyLower(below))
	y := g.Add(g.Mul(eps, g.ExpandAxes(g.Exp(omega), 0)), g.DotGeneral(eps, []int{1}, nil, t, []int{1}, nil))
	logQ = g.Sub(standard(eps), g.AddScalar(g.ReduceAllSum(omega), logDet))
	if q.hidden > 0 {
		var bent *g.Node
		y, bent = bij.NewIAF(s.In("flow"), n, bij.Net{Hidden: []int{q.hidden}}).Forward(y)
		logQ = g.Sub(logQ, bent)
	}
	w := g.DotGeneral(y, []int{1}, nil, s.State("factor", given(f), n, n), []int{1}, nil)
	row := func(name string) *g.Node { return g.ExpandAxes(s.Param(name, model.Constant(0), n), 0) }
	x, slope := sinhArcsinh(w, row("skew"), row("tail"))
	u = g.Mul(g.Add(x, row("mean")), g.ExpandAxes(s.State("scale", given(sd), n), 0))
	if q.at.Loc != nil {
		u = g.Add(u, g.ExpandAxes(s.State("loc", given(q.at.Loc), n), 0))
	}
	return u, g.Sub(logQ, g.ReduceSum(slope, 1))
}

// sinhArcsinh returns sinh(v), v = e^t (arcsinh w + a), and the logarithm of its derivative by w,
// t + ln cosh v − ½ ln(1 + w²).
func sinhArcsinh(w, a, t *g.Node) (x, slope *g.Node) {
	sq := g.Square(w)
	// arcsinh |w| = ln(1 + |w| + w²/(1 + √(1 + w²))), which keeps small w.
	asinh := g.Mul(g.Sign(w), g.Log1p(g.Add(g.Abs(w), g.Div(sq, g.AddScalar(g.Sqrt(g.AddScalar(sq, 1)), 1)))))
	v := g.Mul(g.Add(asinh, a), g.Exp(t))
	size := g.Abs(v)
	logCosh := g.Add(size, g.AddScalar(special.Softplus(g.MulScalar(size, -2)), -math.Ln2))
	x = g.MulScalar(g.Sub(g.Exp(v), g.Exp(g.Neg(v))), .5)
	return x, g.Add(g.Add(logCosh, g.Mul(t, g.OnesLike(w))), g.MulScalar(g.Log1p(sq), -.5))
}
