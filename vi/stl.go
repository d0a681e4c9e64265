package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// STL is the ELBO from K draws with the path derivative, "sticking the landing" (Roeder et al.
// 2017, eq. 7): the guide's gradient leaves out the score ∂ln q(z; φ)/∂φ, whose mean is 0. Its
// variance vanishes as q approaches the posterior.
type STL struct {
	K int // draws a datum
}

// Kind implements [Objective].
func (o STL) Kind() string { return fmt.Sprintf("%s-%d (path derivative)", KindELBO, o.K) }

// Draws implements [Objective].
func (o STL) Draws() int { return o.K }

// Weigh implements [Objective].
func (o STL) Weigh(d Draws) Weights {
	return Weights{Bound: g.ReduceMean(d.LogW, 0), Model: even(d.LogW), Path: true}
}
