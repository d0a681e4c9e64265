package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// VRMax is the limit α → −∞ of [Renyi], which follows the draw of the largest weight alone
// (Li & Turner 2016, section 4.2),
//
//	L = E max_k ln w_k.
//
// It is no lower bound on ln p(x) in general. Draws that share the maximum share the gradient.
type VRMax struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o VRMax) Kind() string { return fmt.Sprintf("VR-max-%d", o.K) }

// Draws implements [Objective].
func (o VRMax) Draws() int { return o.K }

// Weigh implements [Objective].
func (o VRMax) Weigh(d Draws) Weights {
	top := g.ReduceMax(d.LogW, 0)
	hit := g.ConvertDType(g.Equal(d.LogW, g.BroadcastToDims(g.ExpandAxes(top, 0), d.LogW.Shape().Dimensions...)), d.LogW.DType())
	return Weights{Bound: top, Model: g.Div(hit, g.ExpandAxes(g.ReduceSum(hit, 0), 0))}
}
