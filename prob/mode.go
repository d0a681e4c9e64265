package prob

import (
	"context"
	"math"
)

// memory is the number of pairs that L-BFGS keeps.
const memory = 10

// climber maximises ln p by L-BFGS (Liu & Nocedal 1989) with a line search that asks for
// sufficient increase and curvature (Wolfe), halving and doubling.
type climber struct {
	d     *density
	steps int         // most iterations
	tol   float64     // on the gain that a Newton step still promises, gᵀHg/2
	path  [][]float64 // points of the ascent
	s, y  [][]float64
	done  bool // the promised gain is below tol
}

// climb goes from u, where ln p is finite, to the last point reached.
func (c *climber) climb(ctx context.Context, u []float64) ([]float64, error) {
	n := len(u)
	grad := make([]float64, n)
	lp, err := c.d.gradient(u, grad)
	if err != nil {
		return nil, err
	}
	c.path = append(c.path, append([]float64(nil), u...))
	for range c.steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		dir := c.direction(grad)
		slope := dot(dir, grad)
		if !(slope > 0) {
			c.s, c.y = nil, nil
			dir = c.direction(grad)
			slope = dot(dir, grad)
		}
		if c.done = slope/2 < c.tol && len(c.s) > 0 || slope == 0; c.done {
			return u, nil
		}
		next, nextGrad, nextLP, ok, err := c.search(u, dir, lp, slope)
		if err != nil || !ok {
			return u, err
		}
		c.remember(u, next, grad, nextGrad)
		u, grad, lp = next, nextGrad, nextLP
		c.path = append(c.path, append([]float64(nil), u...))
	}
	return u, nil
}

// direction returns H·grad for the estimate H of the inverse of −∇² ln p; without pairs a step
// of length one at most.
func (c *climber) direction(grad []float64) []float64 {
	dir := append([]float64(nil), grad...)
	if len(c.s) == 0 {
		if norm := math.Sqrt(dot(grad, grad)); norm > 1 {
			for i := range dir {
				dir[i] /= norm
			}
		}
		return dir
	}
	alpha := make([]float64, len(c.s))
	for k := len(c.s) - 1; k >= 0; k-- {
		alpha[k] = dot(c.s[k], dir) / dot(c.s[k], c.y[k])
		for i := range dir {
			dir[i] -= alpha[k] * c.y[k][i]
		}
	}
	last := len(c.s) - 1
	gamma := dot(c.s[last], c.y[last]) / dot(c.y[last], c.y[last])
	for i := range dir {
		dir[i] *= gamma
	}
	for k := range c.s {
		beta := dot(c.y[k], dir) / dot(c.s[k], c.y[k])
		for i := range dir {
			dir[i] += (alpha[k] - beta) * c.s[k][i]
		}
	}
	return dir
}

// search returns a point on the line u + t·dir with sufficient increase, and curvature where a
// few tries find it.
func (c *climber) search(u, dir []float64, lp, slope float64) (next, grad []float64, best float64, ok bool, err error) {
	lo, hi, t := 0., math.Inf(1), 1.
	for range 30 {
		p, q := make([]float64, len(u)), make([]float64, len(u))
		for i := range u {
			p[i] = u[i] + t*dir[i]
		}
		v, err := c.d.gradient(p, q)
		if err != nil {
			return nil, nil, 0, false, err
		}
		switch rise := dot(q, dir); {
		case !finite(v) || !finite(q...) || v < lp+1e-4*t*slope:
			hi = t
		case rise > .9*slope && t < 1e6:
			next, grad, best, ok = p, q, v, true
			lo = t
		default:
			return p, q, v, true, nil
		}
		if math.IsInf(hi, 1) {
			t *= 2
		} else if t = (lo + hi) / 2; ok && hi-lo < 1e-3*hi {
			break
		}
	}
	return next, grad, best, ok, nil
}

// remember keeps the pair of a step if it has positive curvature.
func (c *climber) remember(u, next, grad, nextGrad []float64) {
	s, y := make([]float64, len(u)), make([]float64, len(u))
	for i := range u {
		s[i], y[i] = next[i]-u[i], grad[i]-nextGrad[i]
	}
	if dot(s, y) <= 1e-12*dot(y, y) {
		return
	}
	c.s, c.y = append(c.s, s), append(c.y, y)
	if len(c.s) > memory {
		c.s, c.y = c.s[1:], c.y[1:]
	}
}
