package eval

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// pathKinds maps a kind of path between two codes to its point at t.
var pathKinds = map[string]func(a, b []float32, t float64) []float32{"linear": Linear, "slerp": Slerp}

// PathKinds lists the kinds of [Path].
var PathKinds = []string{"linear", "slerp"}

// Path returns steps points from a to b, both included, at equal steps of t. Its first point
// equals a and its last equals b, bit by bit.
func Path(kind string, a, b []float32, steps int) ([][]float32, error) {
	at, ok := pathKinds[kind]
	if !ok {
		return nil, fmt.Errorf("eval: path: kind: got %q, want one of %s", kind, strings.Join(PathKinds, ", "))
	}
	if len(a) != len(b) || len(a) == 0 {
		return nil, fmt.Errorf("eval: path: ends: got %d and %d values, want as many and at least one", len(a), len(b))
	}
	const most = 1 << 20
	if steps < 2 || steps > most {
		return nil, fmt.Errorf("eval: path: steps: got %d, want 2 to %d", steps, most)
	}
	out := make([][]float32, steps)
	for i := range out {
		out[i] = at(a, b, float64(i)/float64(steps-1))
	}
	return out, nil
}

// Linear is the point (1 − t) a + t b. Values that only one of a and b has are left out.
func Linear(a, b []float32, t float64) []float32 { return combine(a, b, 1-t, t) }

// minAngle is the angle in radians below which a great circle is a straight line to float32,
// and sin ω in the formula of [Slerp] loses all digits. It holds at 0 and at π.
const minAngle = 1e-6

// Slerp is the spherical interpolation of Shoemake 1985,
//
//	sin((1 − t) ω)/sin ω a + sin(t ω)/sin ω b,  ω = ∠(a, b),
//
// which keeps the norm where a and b have equal norms, as draws from N(0, I) nearly have. Below
// ω = 1e-6 it is [Linear]. Opposite ends have no single great circle: the one through the
// coordinate axis that is nearest to a right angle with a, the first one among equals, is taken.
// An end at zero, or opposite ends in one dimension, leave only the straight line.
func Slerp(a, b []float32, t float64) []float32 {
	a, b = a[:min(len(a), len(b))], b[:min(len(a), len(b))]
	na, nb := norm(a), norm(b)
	if t <= 0 || t >= 1 || na == 0 || nb == 0 {
		return Linear(a, b, t)
	}
	omega := angle(a, b, na, nb)
	switch {
	case omega < minAngle:
		return Linear(a, b, t)
	case omega > math.Pi-minAngle:
		return half(a, b, na, nb, t)
	}
	return combine(a, b, math.Sin((1-t)*omega)/math.Sin(omega), math.Sin(t*omega)/math.Sin(omega))
}

// combine returns p a + q b. An end with weight 0 does not enter, so that the other is exact.
func combine(a, b []float32, p, q float64) []float32 {
	n := min(len(a), len(b))
	switch {
	case q == 0 && p == 1:
		return slices.Clone(a[:n])
	case p == 0 && q == 1:
		return slices.Clone(b[:n])
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(p*float64(a[i]) + q*float64(b[i]))
	}
	return out
}

// half is the point at t of half a great circle from a to b = −a·nb/na, whose radius goes
// linearly from na to nb.
func half(a, b []float32, na, nb, t float64) []float32 {
	if len(a) < 2 {
		return Linear(a, b, t)
	}
	axis := 0
	for i := range a {
		if math.Abs(float64(a[i])) < math.Abs(float64(a[axis])) {
			axis = i
		}
	}
	// w = e − (e·u) u, |w|² = 1 − u_axis², with u = a/na.
	ua := float64(a[axis]) / na
	nw := math.Sqrt(1 - ua*ua)
	r := (1-t)*na + t*nb
	sin, cos := math.Sincos(math.Pi * t)
	out := make([]float32, len(a))
	for i := range out {
		u, e := float64(a[i])/na, 0.
		if i == axis {
			e = 1
		}
		out[i] = float32(r * (cos*u + sin*(e-ua*u)/nw))
	}
	return out
}

// angle is ∠(a, b) = 2 atan2(‖u − v‖, ‖u + v‖) of the unit vectors u and v; arccos u·v would
// lose half of the digits near 0 and π (Kahan 2006).
func angle(a, b []float32, na, nb float64) float64 {
	var minus, plus float64
	for i := range a {
		u, v := float64(a[i])/na, float64(b[i])/nb
		minus += (u - v) * (u - v)
		plus += (u + v) * (u + v)
	}
	return 2 * math.Atan2(math.Sqrt(minus), math.Sqrt(plus))
}

// norm is ‖a‖.
func norm(a []float32) float64 {
	sum := 0.
	for _, v := range a {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}
