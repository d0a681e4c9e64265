package bnn

import (
	"context"
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// fitSGLD follows the posterior with stochastic gradient Langevin dynamics from its mode on
// (Welling & Teh 2011, eq. 4),
//
//	w ← w − (ε/2) N ∇loss + √ε ξ,  ξ ~ N(0, 1),
//
// with a constant ε (Vollmer et al. 2016: its bias is of the order ε). Draws are iterates at
// equal distances over as many epochs as the mode had, after a fifth of them.
func fitSGLD(ctx context.Context, r *trainer, n *Net) error {
	p := point{shape: n.shape, sd: r.c.Prior.SD}
	arrays, err := r.mode(ctx, n, p, "mode")
	if err != nil {
		return err
	}
	step := langevinStep * r.variance(arrays) / float64(r.t.n)
	return r.run(ctx, phase{name: "sgld", net: p, epochs: r.c.Epochs, update: langevin(step, r.t.n), path: langevinPath{r, n}})
}

// langevinPath takes the draws.
type langevinPath struct {
	r *trainer
	n *Net
}

// due is the number of draws after step t, at most one a step.
func (p langevinPath) due(t, steps int) int {
	burn := steps / 5
	if t <= burn {
		return 0
	}
	return min(t-burn, (t-burn)*p.r.c.Draws/(steps-burn))
}

func (p langevinPath) after(t, steps int) error {
	if p.due(t, steps) == len(p.n.draws) {
		return nil
	}
	arrays, err := p.r.arrays()
	if err != nil {
		return err
	}
	return p.n.add(p.n.shape.point(arrays), p.r.sigma(arrays))
}

// rows are the draws, each with its σ.
func (p langevinPath) rows() (rows [][]float64) {
	for k, w := range p.n.draws {
		rows = append(rows, append(w.flat(), p.n.sigmas[k]))
	}
	return rows
}

func (p langevinPath) restore(rows [][]float64, t, steps int) error {
	count := p.n.Weights()
	if err := checkPath(rows, p.due(t, steps), count+1); err != nil {
		return err
	}
	for j, row := range rows {
		if row[count] < 0 {
			return unfit(fmt.Sprintf("path: row %d: deviation", j), row[count], "at least 0")
		}
		if err := p.n.add(p.n.shape.unflat(row[:count]), row[count]); err != nil {
			return err
		}
	}
	return nil
}

// langevinStep is ε relative to σ²/N, the variance that N rows of variance σ² with standardised
// inputs leave a weight: steps of .1 bias variances by some per cent.
const langevinStep = .1

// langevin is the update of the dynamics with step ε for a table of n rows.
func langevin(epsilon float64, n int) update {
	return update{
		graph: func(s *model.Scope, loss, step, root *g.Node) {
			names, nodes := s.Trainable()
			for i, d := range g.Gradient(loss, nodes...) {
				xi := s.In("langevin").Normal(names[i], nodes[i].Shape().Dimensions...)
				s.Update(names[i], g.Add(g.Sub(nodes[i], g.Mul(step, d)), g.Mul(root, xi)))
			}
		},
		scalars: func(int, int) (float64, float64) {
			return epsilon / 2 * float64(n), math.Sqrt(epsilon)
		},
	}
}
