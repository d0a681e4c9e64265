package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// GumbelSoftmax is the concrete distribution on the simplex with unnormalised
// log-probabilities l and temperature τ (Maddison et al. 2017, eq. 10; Jang et al. 2017):
//
//	ln p(x) = ln (C − 1)! + (C − 1) ln τ + Σ_c (z_c − ln x_c) − C ln Σ_c e^(z_c),   z = l − τ ln x.
//
// Draws are softmax((l + G)/τ) with Gumbel noise G. Where Hard is set, a draw is the one-hot
// vector of that one's largest element, with the gradient of the relaxed draw (straight
// through); it then follows [OneHotCategorical], whose log-probability and moments hold.
type GumbelSoftmax struct {
	Logits      *g.Node // l, …×C
	Temperature *g.Node // τ > 0, a number or one for each vector, …
	Hard        bool    // straight through
}

// simplexSlack is how far elements may be from a sum of 1, for data rounded to float32.
const simplexSlack = 1e-5

// OneHot returns the distribution that is relaxed.
func (d GumbelSoftmax) OneHot() OneHotCategorical { return OneHotCategorical{d.Logits} }

// LogProb implements [Distribution]; elements at 0 count as the smallest number.
func (d GumbelSoftmax) LogProb(x *g.Node) *g.Node {
	if d.Hard {
		return d.OneHot().LogProb(x)
	}
	v := together(x, d.Logits, d.temperature())
	x, tau := v[0], v[2]
	c := x.Shape().Dim(-1)
	off := g.Abs(g.AddScalar(g.ReduceSum(x, -1), -1))
	ok := g.LogicalAnd(g.LogicalAll(g.GreaterOrEqual(x, g.ZerosLike(x)), -1), g.LessOrEqual(off, full(off, dims(off), simplexSlack)))
	x = g.Where(g.BroadcastToDims(g.ExpandAxes(ok, -1), dims(x)...), x, full(x, dims(x), 1/float64(c)))
	logX := logAbove(x, tiny(x))
	z := logSoftmax(g.Sub(v[1], g.Mul(tau, logX)))
	factorial, _ := math.Lgamma(float64(c))
	// Σ ln τ over the vector is C ln τ, of which C − 1 count.
	scale := g.MulScalar(g.ReduceMean(g.Log(tau), -1), float64(c-1))
	return supported(ok, g.AddScalar(g.Add(scale, g.ReduceSum(g.Sub(z, logX), -1)), factorial))
}

// temperature gives the temperature the axis of the classes.
func (d GumbelSoftmax) temperature() *g.Node {
	if d.Temperature.Rank() == 0 {
		return d.Temperature
	}
	return g.ExpandAxes(d.Temperature, -1)
}

// Mean returns the probabilities of the classes for hard draws. The mean of relaxed ones, which tends
// to them as τ → 0, has no closed form and is a double integral by quadrature, within 1e-9.
func (d GumbelSoftmax) Mean() *g.Node {
	if d.Hard {
		return d.OneHot().Mean()
	}
	mean, _ := d.moments()
	return mean
}

// Variance returns p(1 − p) of each element for hard draws, and by quadrature E[x²] − E[x]² of
// relaxed ones.
func (d GumbelSoftmax) Variance() *g.Node {
	if d.Hard {
		return d.OneHot().Variance()
	}
	mean, square := d.moments()
	return g.Sub(square, g.Square(mean))
}

// Sample implements [Distribution].
func (d GumbelSoftmax) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns softmax((l + G)/τ), M×…×C, or the one-hot vectors of their largest elements.
func (d GumbelSoftmax) Rsample(s *model.Scope, name string, m int) *g.Node {
	v := together(d.Logits, d.temperature())
	noisy := g.Add(repeat(v[0], m), uniformSides(s, name, m, dims(v[0])).gumbel())
	soft := g.Exp(logSoftmax(g.Div(noisy, repeat(v[1], m))))
	if !d.Hard {
		return soft
	}
	hard := oneHot(g.ConvertDType(g.ArgMax(noisy, -1), noisy.DType()), noisy.Shape().Dim(-1))
	return g.Add(hard, g.Sub(soft, g.StopGradient(soft)))
}

// Support is the simplex, or the one-hot vectors.
func (d GumbelSoftmax) Support() Support {
	if d.Hard {
		return Support{Set: OneHot}
	}
	return Support{Set: Simplex}
}

// Parameters implements [Declared].
func (d GumbelSoftmax) Parameters() []Parameter {
	return append(classLogits(d.Logits), Parameter{"Temperature", d.Temperature, Support{Set: Positive}})
}
