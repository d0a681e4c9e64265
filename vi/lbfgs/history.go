package lbfgs

import "math"

// History holds the last steps s and gradient changes y, the curvature of f.
type History struct {
	S, Y [][]float64 // oldest first
}

// Len returns the number of pairs.
func (h *History) Len() int { return len(h.S) }

// Add keeps the pair between two iterates if it curves upwards, sᵀy > ε‖y‖² with the rounding
// unit ε, and at most size pairs. It tells whether the pair was kept.
func (h *History) Add(from, to Point, size int) bool {
	s, y := make([]float64, len(to.X)), make([]float64, len(to.X))
	for i := range s {
		s[i], y[i] = to.X[i]-from.X[i], to.Grad[i]-from.Grad[i]
	}
	if !(dot(s, y) > 2.2e-16*dot(y, y)) {
		return false
	}
	h.S, h.Y = append(h.S, s), append(h.Y, y)
	if len(h.S) > size {
		h.S, h.Y = h.S[1:], h.Y[1:]
	}
	return true
}

// direction returns −H∇f by the two loops of Nocedal & Wright (2006), algorithm 7.4, with
// H₀ = (sᵀy/yᵀy) I of the last pair.
func (h *History) direction(grad []float64) []float64 {
	d := make([]float64, len(grad))
	for i, v := range grad {
		d[i] = -v
	}
	m := h.Len()
	if m == 0 {
		return d
	}
	alpha := make([]float64, m)
	for j := m - 1; j >= 0; j-- {
		alpha[j] = dot(h.S[j], d) / dot(h.S[j], h.Y[j])
		axpy(d, -alpha[j], h.Y[j])
	}
	scale := dot(h.S[m-1], h.Y[m-1]) / dot(h.Y[m-1], h.Y[m-1])
	for i := range d {
		d[i] *= scale
	}
	for j := range m {
		axpy(d, alpha[j]-dot(h.Y[j], d)/dot(h.S[j], h.Y[j]), h.S[j])
	}
	return d
}

// advance searches along the direction, and if that leads nowhere once more along the gradient,
// with the history forgotten. The first step along a gradient has length at most 1.
func (h *History) advance(f Func, p Point) (next Point, ok bool, err error) {
	for {
		d, t := h.direction(p.Grad), 1.
		if h.Len() == 0 {
			t = math.Min(1, 1/math.Sqrt(dot(d, d)))
		}
		if dot(d, p.Grad) < 0 {
			next, ok, err = search(f, p, d, t)
		}
		if ok || err != nil || h.Len() == 0 {
			return next, ok, err
		}
		*h = History{}
	}
}

func axpy(dst []float64, a float64, x []float64) {
	for i, v := range x {
		dst[i] += a * v
	}
}
