package vi

import "fmt"

// PIWAE trains the model by the importance-weighted bound of all M·K draws and the guide by
// the mean of M bounds of K draws (Rainforth et al. 2018, eq. 15), so that the one has the
// tighter bound and the other the better signal. Its value is that of the model's bound.
type PIWAE struct {
	M int // groups of the guide's bound
	K int // draws of a group
}

// Kind implements [Objective].
func (o PIWAE) Kind() string { return fmt.Sprintf("PIWAE-%d×%d", o.M, o.K) }

// Draws implements [Objective].
func (o PIWAE) Draws() int { return o.M * o.K }

// Weigh implements [Objective].
func (o PIWAE) Weigh(d Draws) Weights {
	_, guide := grouped(d.LogW, o.M, o.K)
	return Weights{Bound: logMeanExp(d.LogW), Model: normalized(d.LogW), Guide: guide}
}
