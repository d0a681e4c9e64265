package pathfinder

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
	"github.com/elbo-go/elbo/vi/lbfgs"
)

// Path is one run of L-BFGS and the best Gaussian along it.
type Path struct {
	Iterations int       // iterates after the start
	Best       int       // the iterate whose Gaussian has the largest bound
	ELBO       float64   // its bound, an average over [Options].ELBODraws draws
	Mean       []float64 // its mean
	Stop       string    // why L-BFGS stopped
	Err        error     // why the path gave nothing; nil if it gave a Gaussian
}

// follow runs L-BFGS from a start and returns the best Gaussian along its path.
func follow(ctx context.Context, d *vi.Density, x0 []float64, key rng.Key, o Options) (Path, *gaussian) {
	var iterates []lbfgs.Point
	negative := func(x, grad []float64) (float64, error) {
		v, err := d.Gradient(x, grad)
		for i := range grad {
			grad[i] = -grad[i]
		}
		return -v, err
	}
	res, err := lbfgs.Minimize(ctx, negative, x0, lbfgs.Options{History: o.History, MaxIterations: o.MaxIterations, ValueTol: o.Tolerance},
		func(p lbfgs.Point) { iterates = append(iterates, p) })
	if err != nil {
		return Path{Err: fmt.Errorf("pathfinder: %w", err)}, nil
	}
	p := Path{Iterations: res.Iterations, Stop: res.Reason, ELBO: math.Inf(-1)}
	best := p.choose(ctx, d, iterates, key, o)
	switch {
	case best != nil:
		p.Err = nil
	case p.Err == nil:
		p.Err = fmt.Errorf("pathfinder: the bound is not finite at any of %d iterates", len(iterates))
	}
	return p, best
}

// choose returns the Gaussian with the largest bound, or nil.
func (p *Path) choose(ctx context.Context, d *vi.Density, iterates []lbfgs.Point, key rng.Key, o Options) (best *gaussian) {
	c := newCurvature(d.Dim(), o.History)
	for l, it := range iterates {
		if l > 0 {
			c.add(iterates[l-1], it)
		} else if len(iterates) > 1 {
			continue // without a step there is no curvature
		}
		grad := make([]float64, len(it.Grad))
		for i, v := range it.Grad {
			grad[i] = -v
		}
		q, err := c.gaussian(it.X, grad)
		if err != nil {
			p.Err = err
			continue
		}
		bound, err := elbo(ctx, d, q, key.At(uint64(l)), o.ELBODraws)
		if err != nil {
			p.Err = err
			return nil
		}
		if bound > p.ELBO {
			p.ELBO, p.Best, p.Mean, best = bound, l, q.mean, q
		}
	}
	return best
}

// elbo estimates E_q[ln p − ln q]; a draw where ln p is no number makes it −∞.
func elbo(ctx context.Context, d *vi.Density, q *gaussian, key rng.Key, draws int) (float64, error) {
	sum := 0.
	err := sample(ctx, d, q, key, draws, func(_ []float64, logP, logQ float64) { sum += logP - logQ })
	if math.IsNaN(sum) || math.IsInf(sum, 1) {
		sum = math.Inf(-1)
	}
	return sum / float64(draws), err
}

// sample hands draws of q, each in memory of its own, with ln p and ln q to use.
func sample(ctx context.Context, d *vi.Density, q *gaussian, key rng.Key, draws int, use func(u []float64, logP, logQ float64)) error {
	for i := range draws {
		if err := ctx.Err(); err != nil {
			return err
		}
		u := make([]float64, d.Dim())
		key.At(uint64(i)).NormalFloat64(u)
		logQ := q.draw(u)
		logP, err := d.At(u)
		if err != nil {
			return err
		}
		use(u, logP, logQ)
	}
	return nil
}
