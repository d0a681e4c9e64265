package approx

import (
	"context"
	"errors"

	"github.com/elbo-go/elbo/pgm"
)

// Belief is loopy belief propagation and Bethe's approximation
//
//	ln Z ≈ Σ_f E[ln φ_f] + Σ_f H_f + Σᵢ (1 − dᵢ) Hᵢ,
//
// exact on trees (Yedidia, Freeman & Weiss 2005, eq. 37).
func Belief(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	m, err := newMessages(g, e)
	if err != nil {
		return nil, err
	}
	last, err := m.run(ctx, c)
	if err != nil && !errors.Is(err, ErrNotConverged) {
		return nil, err
	}
	return m.result(last), err
}
