package lanes

import "math"

// routines are the functions of the package in one version.
type routines struct {
	exp, log              func(dst, x []float64)
	expSub, add, mul, max func(dst, x, y []float64)
	shift                 func(dst, x []float64, c float64)
	scaleAdd              func(dst, y []float64, c float64, x []float64)
	squares               func(q, z []float64, stride int, root []float64, d int)
	dots                  func(out, x, z []float64, stride int)
}

// plain is the version in Go.
var plain = routines{
	exp:    apply(math.Exp),
	log:    apply(math.Log),
	expSub: join(func(x, y float64) float64 { return math.Exp(x - y) }),
	add:    join(func(x, y float64) float64 { return x + y }),
	mul:    join(func(x, y float64) float64 { return x * y }),
	max:    join(func(x, y float64) float64 { return max(x, y) }),
	shift: func(dst, x []float64, c float64) {
		for i, v := range x[:len(dst)] {
			dst[i] = v + c
		}
	},
	scaleAdd: func(dst, y []float64, c float64, x []float64) {
		for i, v := range x[:len(dst)] {
			dst[i] = y[i] + c*v
		}
	},
	squares: plainSquares,
	dots:    plainDots,
}

// apply is a function of each element.
func apply(f func(float64) float64) func(dst, x []float64) {
	return func(dst, x []float64) {
		for i, v := range x[:len(dst)] {
			dst[i] = f(v)
		}
	}
}

// join is a function of each pair of elements.
func join(f func(x, y float64) float64) func(dst, x, y []float64) {
	return func(dst, x, y []float64) {
		for i, v := range x[:len(dst)] {
			dst[i] = f(v, y[i])
		}
	}
}

func plainSquares(q, z []float64, stride int, root []float64, d int) {
	for n := range q {
		for j := range d {
			y := 0.
			for i, a := range root[j*d : j*d+j+1] {
				y += a * z[i*stride+n]
			}
			q[n] += y * y
		}
	}
}

func plainDots(out, x, z []float64, stride int) {
	for j := range out {
		s := 0.
		for n, v := range z[j*stride:][:len(x)] {
			s += v * x[n]
		}
		out[j] += s
	}
}
