package lbfgs

import "math"

// The strong Wolfe conditions (Nocedal & Wright 2006, eq. 3.7): f(t) ≤ f(0) + c₁tf′(0) and
// |f′(t)| ≤ c₂|f′(0)|.
const (
	decrease  = 1e-4 // c₁
	curvature = .9   // c₂
)

// maxTrials bounds the evaluations of one search.
const maxTrials = 40

// trial is a point on the ray.
type trial struct {
	t, f, slope float64
	at          Point
}

// bracket is the part of a ray in which a step is looked for: low is its lowest end that meets the
// first condition, high the other end, nil while the ray still falls.
type bracket struct {
	low  trial
	high *trial
}

// narrow takes a trial into account and returns the next step (Nocedal & Wright 2006, algorithms 3.5
// and 3.6); it is 0 where the bracket is as short as rounding.
func (b *bracket) narrow(c trial, falls bool) float64 {
	switch {
	case !falls || c.f >= b.low.f:
		b.high = &c
	case b.high == nil && c.slope < 0:
		b.low = c
		return 4 * c.t
	default:
		if b.high == nil || c.slope*(b.high.t-b.low.t) >= 0 {
			previous := b.low
			b.high = &previous
		}
		b.low = c
	}
	if math.Abs(b.high.t-b.low.t) <= 1e-15*math.Max(b.high.t, b.low.t) {
		return 0
	}
	return between(b.low, *b.high)
}

// search looks for a step t along d that meets the strong Wolfe conditions. If none is found it
// takes the lowest point that meets the first condition; ok is false if there is none.
func search(f Func, p Point, d []float64, t float64) (next Point, ok bool, err error) {
	slope0 := dot(d, p.Grad)
	b := bracket{low: trial{0, p.F, slope0, p}}
	var best *trial
	for trials := 0; trials < maxTrials && t > 0; trials++ {
		c, err := evaluate(f, p, d, t)
		if err != nil {
			return Point{}, false, err
		}
		falls := c.f <= p.F+decrease*t*slope0 && c.f < p.F
		if falls && math.Abs(c.slope) <= -curvature*slope0 {
			return c.at, true, nil
		}
		if falls && (best == nil || c.f < best.f) {
			best = &c
		}
		t = b.narrow(c, falls)
	}
	if best == nil {
		return Point{}, false, nil
	}
	return best.at, true, nil
}

// evaluate returns f at x + t d; what is no number counts as +∞.
func evaluate(f Func, p Point, d []float64, t float64) (trial, error) {
	at := Point{make([]float64, len(p.X)), make([]float64, len(p.X)), 0}
	for i, v := range p.X {
		at.X[i] = v + t*d[i]
	}
	v, err := f(at.X, at.Grad)
	if err != nil {
		return trial{}, err
	}
	slope := dot(at.Grad, d)
	if math.IsNaN(v) || math.IsNaN(slope) || math.IsInf(slope, 0) {
		v, slope = math.Inf(1), math.NaN()
	}
	at.F = v
	return trial{t, v, slope, at}, nil
}

// between returns the minimum of the cubic through two trials, kept a tenth off the ends, or
// the middle where the cubic has none.
func between(a, b trial) float64 {
	middle := (a.t + b.t) / 2
	w := b.t - a.t
	d1 := a.slope + b.slope - 3*(b.f-a.f)/w
	root := math.Sqrt(d1*d1 - a.slope*b.slope)
	t := b.t - w*(b.slope+math.Copysign(root, w)-d1)/(b.slope-a.slope+2*math.Copysign(root, w))
	if math.IsNaN(t) || math.IsInf(t, 0) {
		return middle
	}
	lo, hi := math.Min(a.t, b.t), math.Max(a.t, b.t)
	margin := .1 * (hi - lo)
	return math.Max(lo+margin, math.Min(hi-margin, t))
}
