package quant

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Update says how a codebook learns.
type Update string

// The ways a codebook learns.
const (
	// ByLoss descends ‖sg[z] − e‖² (van den Oord et al. 2017, eq. 3).
	ByLoss Update = "loss"
	// ByEMA follows the mean of the features that a code stands for (ibid., appendix A.1).
	ByEMA Update = "ema"
	// ByMap keeps the codes as they were drawn and trains a linear map of them all, e = Wc, so that
	// codes that nothing chooses move with the others (Zhu et al. 2024, SimVQ, eq. 6).
	ByMap Update = "simvq"
)

// Codebook is K codes e₁, …, e_K of D numbers. A feature z becomes the nearest, and training
// minimises for it
//
//	‖sg[z] − e‖² + β‖z − sg[e]‖²
//
// (van den Oord et al. 2017, eq. 3), of which the first term is there [ByLoss] and [ByMap] alone.
//
// Its parameters are "codes" and, by what it is, "placed", "map", with state "count" and "idle".
// Of these "codes" must not descend the loss with [ByEMA] and [ByMap], nor "placed" ever: see
// [Codebook.Frozen].
type Codebook struct {
	// Codes is K, Dim is D.
	Codes, Dim int
	// Update says how the codes learn.
	Update Update
	// Unit gives features and codes the length 1: the nearest code is that of the largest cosine.
	Unit bool
	// Commit is β.
	Commit float64
	// Decay is γ of the moving averages.
	Decay float64
	// Reset is the moving average of the number of features of a step below which a code is dead,
	// and becomes a random feature of the batch; 0 is never.
	Reset float64
	// Window is the number of steps in which a code must have been chosen to count as in use.
	Window int
}

// Frozen lists the scopes, below that of the codebook, whose parameters keep out of the descent of
// the loss: they are set by the steps themselves, or never.
func (c Codebook) Frozen() []string {
	switch {
	case c.Update != ByLoss:
		return []string{"codes"}
	case c.Reset > 0:
		return []string{"placed"}
	}
	return nil
}

// drawn is the codes as they are drawn, evenly on ±1/K, but those that a map moves from N(0, 1).
func (c Codebook) drawn(s *model.Scope) *g.Node {
	init := model.Uniform(1 / float64(c.Codes))
	if c.Update == ByMap {
		init = model.Gaussian(1)
	}
	return s.Param("codes", init, c.Codes, c.Dim)
}

// table returns the codes, K×D, with their gradient.
func (c Codebook) table(s *model.Scope) *g.Node {
	e := c.drawn(s)
	switch {
	case c.Update == ByMap:
		e = g.EinsumAxes(e, s.Param("map", model.FanIn(c.Dim), c.Dim, c.Dim), [][2]int{{1, 0}}, nil)
	case c.Update == ByLoss && c.Reset > 0:
		e = g.Add(e, c.placed(s))
	}
	if c.Unit {
		e = Unit(e)
	}
	return e
}

// placed is by how much resets have moved codes that descend the loss. The optimizer has the last
// word on what it trains, so that they need an array of their own.
func (c Codebook) placed(s *model.Scope) *g.Node {
	return s.Param("placed", model.Constant(0), c.Codes, c.Dim)
}

// nearest returns the numbers, N of Int32, of the codes nearest to features z, N×D, and the codes,
// N×D, without a gradient.
func (c Codebook) nearest(s *model.Scope, z *g.Node) (k, q *g.Node) {
	e := c.table(s)
	k = Nearest(z, e)
	return k, g.StopGradient(Rows(e, k))
}

// learn returns the loss of features z, N×D, whose nearest codes have the numbers k, N, and in a
// training step updates the codebook.
func (c Codebook) learn(s *model.Scope, z, k *g.Node) *g.Node {
	e := c.table(s)
	q := Rows(e, k)
	loss := g.MulScalar(squares(z, g.StopGradient(q)), c.Commit)
	if c.Update != ByEMA {
		loss = g.Add(loss, squares(g.StopGradient(z), q))
	}
	if s.Training() {
		c.track(s, z, k)
	}
	return loss
}
