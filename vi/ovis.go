package vi

import (
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// OVIS is the importance-weighted bound L_K by the score function, with control variates that are
// the best in the limit of many draws (Liévin et al. 2020):
//
//	∇_φ L_K = E Σ_k (d_k − c_k) ∂ln q(z_k; φ)/∂φ,  d_k = ln Ẑ − v_k,  Ẑ = (1/K) Σ_l w_l,  v_k = w_k/Σ_l w_l,
//
// where c_k depends on the other draws alone. With Auxiliary draws z⁽ˢ⁾ it is the mean of d_k with z⁽ˢ⁾
// in the place of z_k (eq. 12), else, with Ẑ_{−k} the mean of the other weights and K ≥ 2,
//
//	c_k = ln Ẑ_{−k} − γ/K + (1 − γ) ln(1 − 1/K)
//
// (eq. 17, with the mean 1/K of v_k for v_k, which would bias the gradient). Unlike that of plain
// IWAE the signal-to-noise ratio of the guide's gradient grows with K, like √K.
type OVIS struct {
	K         int     // draws of the bound, a datum
	Gamma     float64 // γ: 1 where the weights are alike, 0 where one of them is all; not used with Auxiliary
	Auxiliary int     // S, draws beside those of the bound
	// Alpha makes it the bound of [Renyi] of that order below 1, between L_K at 0 and the ELBO: with α
	// near 1 at first few large weights do not drown the rest.
	Alpha float64
}

// Kind implements [Objective].
func (o OVIS) Kind() string {
	how := fmt.Sprintf("optimal control, γ %v", o.Gamma)
	if o.Auxiliary > 0 {
		how = fmt.Sprintf("optimal control, %d auxiliary", o.Auxiliary)
	}
	if o.Alpha != 0 {
		return fmt.Sprintf("Rényi-%d (α %v, %s)", o.K, o.Alpha, how)
	}
	return fmt.Sprintf("%s-%d (%s)", KindIWAE, o.K, how)
}

// Draws returns K + S.
func (o OVIS) Draws() int { return o.K + max(0, o.Auxiliary) }

// check refuses settings without a bound or a control variate.
func (o OVIS) check() {
	switch {
	case o.K < 1 || o.Auxiliary < 0:
		panic(fmt.Errorf("vi: OVIS: got %d draws and %d auxiliary ones, want at least 1 and 0", o.K, o.Auxiliary))
	case o.K < 2 && o.Auxiliary == 0:
		panic(fmt.Errorf("vi: OVIS: got %d draws, want at least 2 to leave one out, or auxiliary draws", o.K))
	case !(o.Alpha < 1) || math.IsInf(o.Alpha, 0) || math.IsNaN(o.Gamma):
		panic(fmt.Errorf("vi: OVIS: got α = %v and γ = %v, want α below 1 and numbers", o.Alpha, o.Gamma))
	}
}

// Weigh implements [Objective].
func (o OVIS) Weigh(d Draws) Weights {
	o.check()
	t := 1 - o.Alpha
	all := g.MulScalar(d.LogW, t)
	own := g.Slice(all, g.AxisRange(0, o.K))
	bound, v := g.DivScalar(logMeanExp(own), t), normalized(own)
	var control *g.Node
	if rest := withoutOne(own); o.Auxiliary > 0 {
		control = o.replaced(rest, g.Slice(all, g.AxisRange(o.K)), t)
	} else {
		k := float64(o.K)
		// ln Ẑ_{−k} + (1 − γ) ln(1 − 1/K) is ln Σ/K less γ ln(1 − 1/K).
		control = g.AddScalar(g.DivScalar(g.Sub(rest, logOf(rest, o.K)), t), -o.Gamma*(math.Log1p(-1/k)/t+1/k))
	}
	score := g.Sub(g.ExpandAxes(bound, 0), control)
	return Weights{Bound: bound, Model: o.pad(v), Score: o.pad(score)}
}

// replaced returns the mean over the auxiliary draws of d_k with one of them in the place of draw k,
// K×B, from ln Σ_{l≠k} w_l and the ln w of the auxiliary draws.
func (o OVIS) replaced(rest, auxiliary *g.Node, t float64) *g.Node {
	b := rest.Shape().Dim(1)
	dims := []int{o.K, o.Auxiliary, b}
	r := g.BroadcastToDims(g.ExpandAxes(rest, 1), dims...)
	a := g.BroadcastToDims(g.ExpandAxes(auxiliary, 0), dims...)
	sum := special.LogSumExp(g.Stack([]*g.Node{r, a}, 0), 0)
	d := g.Sub(g.DivScalar(g.Sub(sum, logOf(sum, o.K)), t), g.Exp(g.Sub(a, sum)))
	return g.ReduceMean(d, 1)
}

// withoutOne returns ln Σ_{l≠k} w_l, K×B, hugely negative for K = 1.
func withoutOne(logW *g.Node) *g.Node {
	k, b := logW.Shape().Dim(0), logW.Shape().Dim(1)
	rows := g.BroadcastToDims(g.ExpandAxes(logW, 0), k, k, b)
	own := g.BroadcastToDims(g.ExpandAxes(g.Diagonal(logW.Graph(), k), -1), k, k, b)
	return special.LogSumExp(g.Where(own, special.ScalarLike(logW, -1e30), rows), 1)
}

// pad gives the auxiliary draws a weight of 0.
func (o OVIS) pad(w *g.Node) *g.Node {
	if o.Auxiliary == 0 {
		return w
	}
	none := g.BroadcastToDims(special.ScalarLike(w, 0), o.Auxiliary, w.Shape().Dim(1))
	return g.Concatenate([]*g.Node{w, none}, 0)
}
